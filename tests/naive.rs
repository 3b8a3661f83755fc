//! A gradient booster written as plainly as possible: floats, no histograms, every threshold tried on every row. The oracle for
//! what the real trainer computes with integers and bins.

use ndarray::{ArrayView1, ArrayView2};

pub enum Tree {
    Leaf(f64),
    Split { feature: usize, threshold: f64, missing_left: bool, children: Box<[Tree; 2]> },
}

impl Tree {
    pub fn predict(&self, row: ArrayView1<'_, f64>) -> f64 {
        match self {
            Self::Leaf(value) => *value,
            Self::Split { feature, threshold, missing_left, children } => {
                let left = if row[*feature].is_nan() { *missing_left } else { row[*feature] <= *threshold };
                children[usize::from(!left)].predict(row)
            }
        }
    }
}

/// Settings of a squared-error booster that grows level by level.
pub struct Naive {
    pub rounds: usize,
    pub eta: f64,
    pub depth: usize,
    pub lambda: f64,
}

impl Naive {
    /// The base score and the trees.
    pub fn fit(&self, x: ArrayView2<'_, f64>, y: &[f64]) -> (f64, Vec<Tree>) {
        let base = y.iter().sum::<f64>() / y.len() as f64;
        let mut scores = vec![base; y.len()];
        let mut trees = Vec::new();
        for _ in 0..self.rounds {
            let gradients: Vec<f64> = scores.iter().zip(y).map(|(s, y)| s - y).collect();
            let tree = self.grow(x, &gradients, &(0..y.len()).collect::<Vec<_>>(), 0);
            scores.iter_mut().zip(x.rows()).for_each(|(score, row)| *score += tree.predict(row));
            trees.push(tree);
        }
        (base, trees)
    }

    fn grow(&self, x: ArrayView2<'_, f64>, gradients: &[f64], rows: &[usize], depth: usize) -> Tree {
        let score = |grad: f64, count: f64| grad * grad / (count + self.lambda);
        let total: f64 = rows.iter().map(|&r| gradients[r]).sum();
        let leaf = Tree::Leaf(-self.eta * total / (rows.len() as f64 + self.lambda));
        if depth == self.depth {
            return leaf;
        }
        // Smaller gains are rounding noise.
        let noise = 1e-12 * score(total, rows.len() as f64);
        let mut best = (noise, 0, 0.0, false);
        for feature in 0..x.ncols() {
            let mut present: Vec<usize> = rows.iter().copied().filter(|&r| !x[[r, feature]].is_nan()).collect();
            present.sort_by(|&a, &b| x[[a, feature]].total_cmp(&x[[b, feature]]));
            let missing = rows.len() - present.len();
            let missing_grad = total - present.iter().map(|&r| gradients[r]).sum::<f64>();
            let mut left = 0.0;
            for (i, &row) in present.iter().enumerate() {
                left += gradients[row];
                if present.get(i + 1).is_some_and(|&next| x[[next, feature]] == x[[row, feature]]) {
                    continue;
                }
                for missing_left in [false, true] {
                    let (grad, count) = if missing_left { (left + missing_grad, i + 1 + missing) } else { (left, i + 1) };
                    if count == rows.len() || (missing_left && missing == 0) {
                        continue;
                    }
                    let (count, rest) = (count as f64, (rows.len() - count) as f64);
                    let gain = score(grad, count) + score(total - grad, rest) - score(total, rows.len() as f64);
                    if gain > best.0 {
                        let next = present.get(i + 1).map_or(f64::INFINITY, |&next| x[[next, feature]]);
                        let here = x[[row, feature]];
                        best = (gain, feature, if next.is_finite() { here / 2.0 + next / 2.0 } else { next }, missing_left);
                        if missing == 0 {
                            best.3 = 2.0 * count >= rows.len() as f64;
                        }
                    }
                }
            }
        }
        let (gain, feature, threshold, missing_left) = best;
        if gain <= noise {
            return leaf;
        }
        let goes_left = |&&r: &&usize| if x[[r, feature]].is_nan() { missing_left } else { x[[r, feature]] <= threshold };
        let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|r| goes_left(r));
        let children = [left, right].map(|rows| self.grow(x, gradients, &rows, depth + 1));
        Tree::Split { feature, threshold, missing_left, children: Box::new(children) }
    }
}
