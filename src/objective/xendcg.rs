//! `rank_xendcg`: cross-entropy of each query group's softmax and a distribution that is drawn anew around its grades in every round, an upper
//! bound of NDCG's loss (Bruch, "An Alternative Cross Entropy Loss for Learning-to-Rank", 2021), as LightGBM has it.
//!
//! What a tree is grown on is no plain gradient: it is the first three terms of the series for Newton's step, times the diagonal of the second
//! derivatives.

use super::loss::{GradientPair, Loss, Round};
use super::query_groups::{pick_all, pick_some, split_by_group};
use crate::collective::Collective;
use crate::data::{Groups, TargetsView};
use crate::sampling::{self, Purpose, mix, number};
use crate::{Params, Result};
use rayon::prelude::*;
use sapwood_score::math::exp;

/// The least probability that is divided by; LightGBM divides by 0 where one row has all.
const SMALLEST: f64 = 1e-300;

/// The cross-entropy of query groups.
pub(super) struct Xendcg {
    base_score: f64,
    seed: i64,
    /// As of the start of the round, group by group.
    gradients: Vec<GradientPair>,
}

impl Xendcg {
    pub(super) fn new(params: &Params) -> Self {
        Self { base_score: params.base_score.unwrap_or(0.0), seed: params.seed, gradients: Vec::new() }
    }

    fn all_groups(&mut self, number: usize, round: &Round<'_>, groups: &Groups) {
        let key = sampling::key(self.seed, Purpose::Relevance, number as u64);
        let (targets, margins) = (round.targets, round.margins_of(0));
        self.gradients.clear();
        self.gradients.resize(groups.ids().len(), GradientPair::default());
        let parts = split_by_group(&mut self.gradients, groups);
        parts.into_par_iter().enumerate().for_each_init(Terms::default, |terms, (group, out)| {
            let rows = groups.rows_of(group);
            let of = |values: &'_ [f64]| rows.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
            if rows.len() > 1 {
                terms.fill(&of(margins), &of(targets.labels()), mix(key ^ groups.id(group)));
                terms.pairs(targets.weight(rows[0] as usize), out);
            }
        });
    }
}

/// What gradients of a group follow from, and those as they are added up: a value a row, in the order in which they came.
#[derive(Default)]
struct Terms {
    /// The softmax of the scores, and what each is short of 1, to the last digit also where it is near 1.
    shares: Vec<f64>,
    others: Vec<f64>,
    /// The row with the largest score.
    first: usize,
    gradients: Vec<f64>,
    /// The term that was added last, divided by `others`.
    quotients: Vec<f64>,
}

impl Terms {
    /// The gradients of rows with these scores and grades.
    fn fill(&mut self, scores: &[f64], grades: &[f64], key: u64) {
        self.set_shares(scores);
        let relevance: Vec<f64> = (0..).zip(grades).map(|(row, &grade)| exp2(grade) - number(key, row)).collect();
        let sum: f64 = relevance.iter().sum();
        let first: Vec<f64> = self.shares.iter().zip(relevance).map(|(share, relevance)| share - relevance / sum).collect();
        self.gradients.clear();
        self.gradients.resize(scores.len(), 0.0);
        self.add(first);
        for _ in 0..2 {
            self.add(self.next_terms());
        }
    }

    fn set_shares(&mut self, scores: &[f64]) {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.first = scores.iter().position(|&score| score == largest).unwrap_or_default();
        self.shares.clear();
        self.shares.extend(scores.iter().map(|score| exp(score - largest)));
        let sum: f64 = self.shares.iter().sum();
        self.shares.iter_mut().for_each(|share| *share /= sum);
        self.others.clear();
        self.others.extend(self.shares.iter().map(|share| 1.0 - share));
        self.others[self.first] = self.sum_without_first(&self.shares).max(SMALLEST);
    }

    /// Adds terms of the series.
    fn add(&mut self, terms: Vec<f64>) {
        self.quotients.clear();
        for ((gradient, term), others) in self.gradients.iter_mut().zip(&terms).zip(&self.others) {
            *gradient += term;
            self.quotients.push(term / others);
        }
    }

    /// The terms that follow: each row's share of all other rows' quotients.
    fn next_terms(&self) -> Vec<f64> {
        let sum: f64 = self.quotients.iter().sum();
        let mut terms: Vec<f64> =
            self.shares.iter().zip(&self.quotients).map(|(share, quotient)| share * (sum - quotient)).collect();
        // Beside the first row's quotient others may vanish: a difference would not have their digits.
        terms[self.first] = self.shares[self.first] * self.sum_without_first(&self.quotients);
        terms
    }

    fn sum_without_first(&self, values: &[f64]) -> f64 {
        values[..self.first].iter().chain(&values[self.first + 1..]).sum()
    }

    /// Puts the derivatives into `out`, times the weight of the group.
    fn pairs(&self, weight: f64, out: &mut [GradientPair]) {
        for (((out, gradient), share), others) in out.iter_mut().zip(&self.gradients).zip(&self.shares).zip(&self.others) {
            *out = GradientPair::new(gradient * weight, share * others * weight);
        }
    }
}

/// 2^grade, of a whole number up to 31.
fn exp2(grade: f64) -> f64 {
    (1_u64 << grade as u32) as f64
}

impl Loss for Xendcg {
    /// Only differences of scores matter.
    fn base_score(&self, _: TargetsView<'_>, _: &dyn Collective) -> Result<Vec<f64>> {
        Ok(vec![self.base_score])
    }

    /// Differences of probabilities, times weights.
    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let heaviest = round.targets.weights().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        Ok(ranks.max_magnitudes([heaviest])[0])
    }

    fn start_round(&mut self, number: usize, round: &Round<'_>, _: &dyn Collective) {
        if let Some(groups) = round.targets.by_group() {
            self.all_groups(number, round, groups);
        }
    }

    fn gradients(&self, _: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        pick_all(&self.gradients, round.targets, out);
    }

    fn gradients_of(&self, _: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        pick_some(&self.gradients, round.targets, rows, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;
    use crate::{Dataset, Objective};
    use approx::assert_relative_eq;
    use ndarray::Array2;

    const SCORES: [f64; 6] = [0.3, -1.2, 2.0, 0.3, 0.0, -0.4];
    const GRADES: [f64; 6] = [0.0, 2.0, 1.0, 0.0, 3.0, 1.0];
    const KEY: u64 = 77;

    fn terms(scores: &[f64], grades: &[f64]) -> Terms {
        let mut terms = Terms::default();
        terms.fill(scores, grades, KEY);
        terms
    }

    fn softmax(scores: &[f64]) -> Vec<f64> {
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        scores.iter().map(|score| score.exp() / sum).collect()
    }

    /// The distribution that is drawn.
    fn drawn() -> Vec<f64> {
        let relevance: Vec<f64> = GRADES.iter().enumerate().map(|(row, grade)| grade.exp2() - number(KEY, row as u64)).collect();
        relevance.iter().map(|value| value / relevance.iter().sum::<f64>()).collect()
    }

    fn cross_entropy(scores: &[f64]) -> f64 {
        -drawn().iter().zip(softmax(scores)).map(|(target, share)| target * share.ln()).sum::<f64>()
    }

    fn moved(by: &[(usize, f64)]) -> f64 {
        let mut scores = SCORES;
        by.iter().for_each(|&(row, step)| scores[row] += step);
        cross_entropy(&scores)
    }

    /// g + (D − H) D⁻¹ g + ((D − H) D⁻¹)² g, where g and H are the derivatives of the cross-entropy, and D is the diagonal of H.
    #[test]
    fn gradients_are_three_terms_of_newtons_step_by_finite_differences() {
        let h = 1e-3;
        let gradient: Vec<f64> = (0..6).map(|i| (moved(&[(i, h)]) - moved(&[(i, -h)])) / (2.0 * h)).collect();
        let second = |i: usize, j: usize| {
            let corner = |a: f64, b: f64| moved(&[(i, a * h), (j, b * h)]);
            (corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0)) / (4.0 * h * h)
        };
        let diagonal: Vec<f64> = (0..6).map(|i| second(i, i)).collect();
        let next = |terms: &[f64]| -> Vec<f64> {
            let of_others = |i: usize| (0..6).filter(move |&j| j != i);
            (0..6).map(|i| -of_others(i).map(|j| second(i, j) * terms[j] / diagonal[j]).sum::<f64>()).collect()
        };
        let found = terms(&SCORES, &GRADES);
        let (second_terms, mut pairs) = (next(&gradient), [GradientPair::default(); 6]);
        let third_terms = next(&second_terms);
        found.pairs(1.0, &mut pairs);
        for row in 0..6 {
            let expected = gradient[row] + second_terms[row] + third_terms[row];
            assert_relative_eq!(found.gradients[row], expected, epsilon = 2e-5);
            assert_relative_eq!(f64::from(pairs[row].grad), expected, epsilon = 2e-5);
            assert_relative_eq!(f64::from(pairs[row].hess), diagonal[row], epsilon = 2e-5);
        }
    }

    /// LightGBM's loops, in another order of additions.
    #[test]
    fn gradients_are_those_of_a_naive_twin() {
        for case in 0..200 {
            let hash = |row: usize, salt: u64| mix((case * 1000 + row as u64) ^ (salt << 40));
            let rows = 2 + (hash(0, 1) % 30) as usize;
            let scores: Vec<f64> = (0..rows).map(|row| (hash(row, 2) % 100) as f64 * 0.05).collect();
            let grades: Vec<f64> = (0..rows).map(|row| (hash(row, 3) % 5) as f64).collect();
            let rho = softmax(&scores);
            let phi: Vec<f64> = (0..rows).map(|row| grades[row].exp2() - number(KEY, row as u64)).collect();
            let sum: f64 = phi.iter().sum();
            let first: Vec<f64> = (0..rows).map(|i| rho[i] - phi[i] / sum).collect();
            let others =
                |terms: &[f64], i: usize| rho[i] * (0..rows).filter(|&j| j != i).map(|j| terms[j] / (1.0 - rho[j])).sum::<f64>();
            let second: Vec<f64> = (0..rows).map(|i| others(&first, i)).collect();
            let found = terms(&scores, &grades);
            for i in 0..rows {
                assert_relative_eq!(found.gradients[i], first[i] + second[i] + others(&second, i), epsilon = 1e-11);
            }
        }
    }

    #[test]
    fn scores_far_apart_keep_their_digits() {
        // Row 0 has all but e^-gap: the others' terms are ratios of what is left.
        for gap in [20.0, 60.0, 400.0, 800.0, 1e6] {
            let found = terms(&[gap, 0.0, 1.0, 0.0], &[0.0, 1.0, 0.0, 1.0]);
            let mut pairs = [GradientPair::default(); 4];
            found.pairs(1.0, &mut pairs);
            assert!(found.gradients.iter().all(|gradient| gradient.abs() < 10.0), "{gap} {:?}", found.gradients);
            assert!(pairs.iter().all(|pair| pair.hess >= 0.0 && pair.grad.is_finite()), "{gap} {pairs:?}");
            // Where e^-gap is 0, nothing but the first terms is left.
            assert!(pairs[1].grad < 0.0 && (pairs[0].grad > 0.0 || gap > 745.0), "{gap} {pairs:?}");
        }
        // Further away the others' shares of what is left stay what they are.
        let limit = terms(&[60.0, 0.0, 1.0, 0.0], &[0.0, 1.0, 0.0, 1.0]).gradients;
        let further = terms(&[300.0, 0.0, 1.0, 0.0], &[0.0, 1.0, 0.0, 1.0]).gradients;
        limit.iter().zip(further).for_each(|(near, far)| assert_relative_eq!(*near, far, max_relative = 1e-12));
    }

    /// Each round draws anew; neither where rows lie nor threads matter.
    #[test]
    fn draws_follow_from_seed_round_group_and_row() {
        let (rows, groups) = (600, |row: usize| mix(row as u64) % 40);
        let data = |order: &[usize]| {
            let labels = order.iter().map(|&row| (mix(row as u64 + 9) % 4) as f64).collect();
            let data = Dataset::from_array(Array2::zeros((order.len(), 1)).view(), labels, None).unwrap();
            data.with_groups(order.iter().map(|&row| groups(row)).collect()).unwrap()
        };
        let of = |data: &Dataset, margins: &[f64], number: usize, seed: i64| {
            let mut loss =
                Xendcg::new(&Params::builder().num_round(1).seed(seed).objective(Objective::RankXendcg).build().unwrap());
            let round = Round { targets: data.targets(), margins };
            loss.start_round(number, &round, &crate::collective::Solo);
            let mut out = vec![GradientPair::default(); data.rows()];
            loss.gradients(0, &round, &mut out);
            out
        };
        let order: Vec<usize> = (0..rows).collect();
        let all = data(&order);
        let margins: Vec<f64> = order.iter().map(|&row| (row % 7) as f64 * 0.3).collect();
        let expected = of(&all, &margins, 3, 5);
        assert!(of(&all, &margins, 4, 5) != expected && of(&all, &margins, 3, 6) != expected);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| of(&all, &margins, 3, 5)) == expected);
        }
        // Groups side by side, the rows of each in their order.
        let mut sorted = order.clone();
        sorted.sort_by_key(|&row| groups(row));
        let found = of(&data(&sorted), &sorted.iter().map(|&row| margins[row]).collect::<Vec<_>>(), 3, 5);
        assert!(sorted.iter().zip(found).all(|(&row, pair)| pair == expected[row]));
    }
}
