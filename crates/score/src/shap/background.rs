//! [`BackgroundExplainer`]: contributions against background rows (interventional SHAP values).
//!
//! What a coalition does not know is taken from a background row, whatever the row itself has: a causal reading that the path-dependent
//! values of [`Explainer`](super::Explainer) do not have. For one background row, a player matters at a leaf only if one of the two rows
//! satisfies its splits there and the other does not: with `p` players of the row's kind and `q` of the background's, each of the former
//! contributes `v (p − 1)! q! / (p + q)!`, each of the latter `−v p! (q − 1)! / (p + q)!` (Lundberg and others 2020). Walks go both ways only
//! where the rows part.

use super::players::Players;
use super::terms::{Term, terms};
use crate::row_view::RowView;
use crate::{Error, Model, Node, Tree};
use ndarray::{Array3, ArrayView2};

/// Explains predictions of a model by what becomes of them where values of background rows take the place of a row's.
///
/// Contributions are laid out as those of [`Explainer`](crate::Explainer). The bias is the mean of the background rows' margins.
///
/// ```
/// use ndarray::array;
/// use sapwood_score::{BackgroundExplainer, Condition, Error, FeatureSchema, Leaf, Model, Node, Objective, Split, Tree};
///
/// let split = Split::new(0, Condition::Threshold(2.5), false, (1, 2), 9.0, 4.0);
/// let leaf = |value, cover| Node::Leaf(Leaf::new(value, cover));
/// let trees = vec![Tree::new(vec![Node::Split(split), leaf(-1.0, 3.0), leaf(1.0, 1.0)])];
/// let model = Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![10.0], trees);
/// let explainer = BackgroundExplainer::new(&model, array![[0.0, 0.0], [4.0, 0.0]].view())?;
/// assert_eq!(explainer.contributions(array![[3.0, 0.0]].view())?, array![[[1.0, 0.0, 10.0]]]);
/// # Ok::<(), Error>(())
/// ```
pub struct BackgroundExplainer {
    view: RowView,
    players: Players,
    trees: Vec<Outcomes>,
    /// Background rows as trees see them, one after the other.
    background: Vec<f64>,
    /// What each output begins with, and the mean of the trees over the background.
    base: Vec<f64>,
    expected: Vec<f64>,
    needs_base_margins: bool,
}

/// A tree, the number of each node among its leaves, and what these add.
struct Outcomes {
    tree: Tree,
    ordinals: Vec<u32>,
    terms: Vec<Term>,
}

/// A way that a walk has yet to go.
#[derive(Clone, Copy)]
struct Way {
    node: u32,
    /// The players that part the rows so far.
    parted: u32,
    /// How many of them are of the row's kind.
    ours: u32,
    /// `p! q! / (p + q)!` of those players.
    weight: f64,
    /// The player that the way parts the rows by, and whether it is the row that goes there.
    by: Option<(u32, bool)>,
}

impl BackgroundExplainer {
    /// Makes a model ready to be explained against some rows, at least one. To explain takes as many times longer as there are rows: a hundred
    /// to a thousand are usual.
    ///
    /// # Errors
    /// A model that [`Model::validate`] refuses, or whose leaves are linear functions; no rows, or rows of another length than the model has
    /// columns.
    pub fn new(model: &Model, background: ArrayView2<'_, f64>) -> Result<Self, Error> {
        model.validate()?;
        model.schema.check_count(background.ncols())?;
        if background.nrows() == 0 {
            return Err(Error::Output("contributions against a background need at least one row of it".into()));
        }
        let (view, players) = (RowView::new(model), Players::new(model));
        let (terms, base) = terms(model)?;
        let trees = model.trees.iter().zip(terms).map(|(tree, terms)| Outcomes::new(tree.clone(), terms)).collect();
        let (mut seen, mut rows) = (Vec::new(), Vec::new());
        for row in background.rows() {
            view.fill(&row.to_vec(), &mut seen);
            rows.extend_from_slice(&seen);
        }
        let expected = vec![0.0; base.len()];
        let needs_base_margins = model.requires_base_margin();
        let mut explainer = Self { view, players, trees, background: rows, base, expected, needs_base_margins };
        explainer.expected = explainer.mean_of_background();
        Ok(explainer)
    }

    fn mean_of_background(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.base.len()];
        for row in self.background_rows() {
            for tree in &self.trees {
                let leaf = tree.ordinals[tree.tree.leaf_index(row)] as usize;
                tree.terms.iter().for_each(|term| sums[term.output] += term.values[leaf]);
            }
        }
        let count = self.background_rows().len() as f64;
        sums.into_iter().map(|sum| sum / count).collect()
    }

    /// A model that has trees has features.
    fn background_rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.background.chunks_exact(self.view.features().max(1))
    }

    /// The number of contributions of a row: outputs × (columns + 1).
    pub fn num_contributions(&self) -> usize {
        self.base.len() * (self.view.columns() + 1)
    }

    /// The contributions to each row's margins, as an array of shape (rows, outputs, columns + 1), the bias last.
    ///
    /// # Errors
    /// Rows of another length than the model has columns, or a model whose rows need base margins.
    pub fn contributions(&self, rows: ArrayView2<'_, f64>) -> Result<Array3<f64>, Error> {
        let mut found = Array3::zeros((rows.nrows(), self.base.len(), self.view.columns() + 1));
        for (row, mut found) in rows.rows().into_iter().zip(found.outer_iter_mut()) {
            let Some(found) = found.as_slice_mut() else { unreachable!("a fresh array lies row by row") };
            self.contributions_into(&row.to_vec(), None, found)?;
        }
        Ok(found)
    }

    /// The contributions to one row's margins, which begin with `base_margins` in place of the base score if there are any, into `out`
    /// ([`BackgroundExplainer::num_contributions`]).
    ///
    /// # Errors
    /// A row of another length than the model has columns, margins or an `out` of another length, or no base margins where the model needs
    /// them.
    pub fn contributions_into(&self, row: &[f64], base_margins: Option<&[f64]>, out: &mut [f64]) -> Result<(), Error> {
        let (outputs, width) = (self.base.len(), self.view.columns() + 1);
        if row.len() != self.view.columns() || base_margins.is_some_and(|margins| margins.len() != outputs) {
            return Err(Error::Schema(format!("the row has {} values, the model {} features", row.len(), self.view.columns())));
        }
        if out.len() != self.num_contributions() {
            return Err(Error::Output(format!("room for {} contributions, a row has {}", out.len(), self.num_contributions())));
        }
        if self.needs_base_margins && base_margins.is_none() {
            return Err(Error::BaseMarginRequired);
        }
        out.fill(0.0);
        let mut seen = Vec::with_capacity(self.view.features());
        self.view.fill(row, &mut seen);
        let (mut ways, mut parted) = (Vec::new(), Vec::new());
        for tree in &self.trees {
            for background in self.background_rows() {
                tree.walk(&self.players, [&seen, background], (&mut ways, &mut parted), |leaf, player, share| {
                    for term in &tree.terms {
                        let out = &mut out[term.output * width..][..width];
                        self.players.share(player, |column, part| out[column] += part * share * term.values[leaf]);
                    }
                });
            }
        }
        let count = self.background_rows().len() as f64;
        for (output, out) in out.chunks_exact_mut(width).enumerate() {
            out.iter_mut().for_each(|contribution| *contribution /= count);
            out[width - 1] = self.expected[output] + base_margins.map_or(self.base[output], |margins| margins[output]);
        }
        Ok(())
    }
}

impl Outcomes {
    fn new(tree: Tree, terms: Vec<Term>) -> Self {
        let mut leaves = 0;
        let ordinals = tree.nodes.iter().map(|node| {
            leaves += u32::from(matches!(node, Node::Leaf(_)));
            leaves.saturating_sub(1)
        });
        Self { ordinals: ordinals.collect(), tree, terms }
    }

    /// Goes wherever a mixture of the row and the background row may go. Calls `take` with each leaf that it comes to, each player that
    /// parts the rows there, and how much of the leaf's value the player contributes.
    fn walk(
        &self,
        players: &Players,
        [row, background]: [&[f64]; 2],
        (ways, parted): (&mut Vec<Way>, &mut Vec<(u32, bool)>),
        mut take: impl FnMut(usize, u32, f64),
    ) {
        ways.push(Way { node: 0, parted: 0, ours: 0, weight: 1.0, by: None });
        while let Some(way) = ways.pop() {
            parted.truncate(way.parted as usize);
            parted.extend(way.by);
            let ours = way.ours + u32::from(way.by.is_some_and(|(_, is_ours)| is_ours));
            let count = parted.len() as u32;
            let weight = match way.by {
                Some((_, true)) => way.weight * f64::from(ours) / f64::from(count),
                Some((_, false)) => way.weight * f64::from(count - ours) / f64::from(count),
                None => way.weight,
            };
            match &self.tree.nodes[way.node as usize] {
                Node::Leaf(_) => {
                    let leaf = self.ordinals[way.node as usize] as usize;
                    let shares = [-weight / f64::from(count - ours), weight / f64::from(ours)];
                    parted.iter().for_each(|&(player, is_ours)| take(leaf, player, shares[usize::from(is_ours)]));
                }
                Node::Split(split) => {
                    let player = players.of_feature(split.feature);
                    let child = |row: &[f64]| if split.goes_left(row[split.feature as usize]) { split.left } else { split.right };
                    let (here, there) = (child(row), child(background));
                    let onward = |node, by| Way { node, parted: count, ours, weight, by };
                    match parted.iter().find(|(known, _)| *known == player) {
                        Some((_, true)) => ways.push(onward(here, None)),
                        Some((_, false)) => ways.push(onward(there, None)),
                        None if here == there => ways.push(onward(here, None)),
                        None => ways.extend([onward(there, Some((player, false))), onward(here, Some((player, true)))]),
                    }
                }
            }
        }
    }
}

impl std::fmt::Debug for BackgroundExplainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackgroundExplainer")
            .field("rows", &self.background_rows().len())
            .field("trees", &self.trees.len())
            .finish_non_exhaustive()
    }
}
