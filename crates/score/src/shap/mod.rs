//! [`Explainer`]: what each feature contributes to a prediction (SHAP values of trees).
//!
//! Contributions are path-dependent Shapley values, as of XGBoost's `pred_contribs`, LightGBM's `pred_contrib` and `shap.TreeExplainer`
//! without background data: what a coalition of features does not know is averaged over, by the cover (sum of hessians) of the training rows
//! that went either way. They are exact: the integrals that give them are of polynomials, and each tree has as many nodes of quadrature as
//! its longest path takes ([kernel]).

mod kernel;
mod players;
mod program;
mod quadrature;
mod room;
mod simd;
mod terms;
#[cfg(test)]
mod tests;

use crate::row_view::RowView;
use crate::{Error, Model};
use kernel::{Frame, Walk};
use ndarray::{Array3, ArrayView2, Axis};
use players::Players;
use program::Program;
use quadrature::Rule;
use room::{Framed, LANES, Room, with_room};
use simd::Simd;
use terms::{Term, terms};

/// Nodes of quadrature that one walk takes: more would need more room than the first-level cache has.
const NODES: usize = 16;

/// Bytes of rows that are explained together.
const TILE_BYTES: usize = 256 * 1024;

/// Explains predictions of a model, whose trees it holds in a form made for that.
///
/// Contributions are in the space of margins, before link and calibration. For each output there is one number per column of the schema,
/// in its order, and last the *bias*, what the model predicts on average over the training rows (by their hessians), the base score or
/// the row's base margin included. Their sum is the margin.
///
/// A feature that is derived from a column counts as that column; what one derived from several columns contributes is shared among them in
/// equal parts.
///
/// ```
/// use ndarray::array;
/// use sapwood_score::{Condition, Error, Explainer, FeatureSchema, Leaf, Model, Node, Objective, Split, Tree};
///
/// let split = Split::new(0, Condition::Threshold(2.5), false, (1, 2), 9.0, 4.0);
/// let leaf = |value, cover| Node::Leaf(Leaf::new(value, cover));
/// let trees = vec![Tree::new(vec![Node::Split(split), leaf(-1.0, 3.0), leaf(1.0, 1.0)])];
/// let model = Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![10.0], trees);
/// let contributions = Explainer::new(&model)?.contributions(array![[3.0, 0.0]].view())?;
/// assert_eq!(contributions, array![[[1.5, 0.0, 9.5]]]);
/// # Ok::<(), Error>(())
/// ```
pub struct Explainer {
    view: RowView,
    players: Players,
    trees: Vec<Explained>,
    /// By number of nodes; empty where no tree needs it.
    rules: Vec<Option<Rule>>,
    /// What each output begins with, and the mean of the trees that is added to it.
    base: Vec<f64>,
    expected: Vec<f64>,
    needs_base_margins: bool,
    simd: Simd,
}

/// A tree with what its leaves add.
struct Explained {
    program: Program,
    terms: Vec<Term>,
}

impl Explained {
    /// Nodes of quadrature: of a polynomial whose degree is one less than the number of players.
    fn nodes(&self) -> usize {
        self.program.distinct.div_ceil(2)
    }
}

impl Explainer {
    /// Compiles the trees of `model`.
    ///
    /// # Errors
    /// A model that [`Model::validate`] refuses, or whose leaves are linear functions: their contributions are not defined.
    pub fn new(model: &Model) -> Result<Self, Error> {
        model.validate()?;
        let players = Players::new(model);
        let (terms, base) = terms(model)?;
        let trees = model.trees.iter().zip(terms);
        let trees: Vec<_> = trees.map(|(tree, terms)| Explained { program: Program::new(tree, &players), terms }).collect();
        let most = trees.iter().map(Explained::nodes).max().unwrap_or(0);
        let mut rules = vec![None; most + 1];
        for tree in trees.iter().filter(|tree| tree.nodes() > 0) {
            rules[tree.nodes()].get_or_insert_with(|| Rule::new(tree.nodes()));
        }
        let mut expected = vec![0.0; base.len()];
        for Explained { program, terms } in &trees {
            for Term { output, values } in terms {
                expected[*output] += values.iter().zip(&program.leaf_shares).map(|(value, share)| value * share).sum::<f64>();
            }
        }
        let (view, needs_base_margins) = (RowView::new(model), model.requires_base_margin());
        Ok(Self { view, players, trees, rules, base, expected, needs_base_margins, simd: Simd::detect() })
    }

    /// The number of contributions to an output: one a column of the schema, and the bias.
    fn width(&self) -> usize {
        self.view.columns() + 1
    }

    /// The number of contributions of a row: outputs × (columns + 1).
    pub fn num_contributions(&self) -> usize {
        self.base.len() * self.width()
    }

    /// The contributions to each row's margins, as an array of shape (rows, outputs, columns + 1), the bias last.
    ///
    /// # Errors
    /// Rows of another length than the model has columns, or a model whose rows need base margins: for those there is
    /// [`Explainer::contributions_of_tile`].
    pub fn contributions(&self, rows: ArrayView2<'_, f64>) -> Result<Array3<f64>, Error> {
        let mut found = Array3::zeros((rows.nrows(), self.base.len(), self.width()));
        let tile = self.tile_rows();
        for (rows, mut found) in rows.axis_chunks_iter(Axis(0), tile).zip(found.axis_chunks_iter_mut(Axis(0), tile)) {
            let (values, count) = (rows.as_standard_layout(), rows.nrows());
            let places = (values.as_slice(), found.as_slice_mut());
            let (Some(values), Some(found)) = places else { unreachable!("rows in standard layout are slices") };
            self.contributions_of_tile(values, count, None, found)?;
        }
        Ok(found)
    }

    /// The contributions to one row's margins, into `out` ([`Explainer::num_contributions`]): output by output, each column by column and
    /// the bias last. Allocates nothing after the first call on a thread.
    ///
    /// # Errors
    /// A row of another length than the model has columns, an `out` of another length, or a model whose rows need base margins.
    pub fn contributions_into(&self, row: &[f64], out: &mut [f64]) -> Result<(), Error> {
        self.contributions_of_tile(row, 1, None, out)
    }

    /// The contributions of `count` rows, which begin with `base_margins` in place of the base score if there are any; rows, margins and `out`
    /// lie row by row (`rows × columns`, `rows × outputs`, `rows ×` [`Explainer::num_contributions`]). For callers who bring base margins or
    /// threads of their own; [`Explainer::tile_rows`] rows a call are best. How rows are grouped changes no bit.
    ///
    /// # Errors
    /// Values, margins or room in another number than `count` rows have, or no base margins where the model needs them.
    pub fn contributions_of_tile(
        &self,
        rows: &[f64],
        count: usize,
        base_margins: Option<&[f64]>,
        out: &mut [f64],
    ) -> Result<(), Error> {
        self.check(rows, count, base_margins, out.len() == count * self.num_contributions())?;
        out.fill(0.0);
        with_room(&self.view, rows, count, |room| match count {
            1 => self.add_trees::<1>(room, out),
            _ => self.add_trees::<LANES>(room, out),
        });
        let (outputs, width) = (self.base.len(), self.width());
        for (at, contributions) in out.chunks_exact_mut(width).enumerate() {
            let base = base_margins.map_or(self.base[at % outputs], |margins| margins[at]);
            contributions[width - 1] = self.expected[at % outputs] + base;
        }
        Ok(())
    }

    /// The number of rows that are best explained together.
    pub fn tile_rows(&self) -> usize {
        let rows = TILE_BYTES / (8 * (self.view.features() + self.num_contributions()));
        (rows - rows % LANES).clamp(LANES, 256)
    }

    fn check(&self, rows: &[f64], count: usize, base_margins: Option<&[f64]>, has_room: bool) -> Result<(), Error> {
        let (columns, outputs) = (self.view.columns(), self.base.len());
        if rows.len() != count * columns {
            return Err(Error::Schema(format!("{} values are not {count} rows of {columns} features", rows.len())));
        }
        if base_margins.is_some_and(|margins| margins.len() != count * outputs) {
            return Err(Error::Schema(format!("the base margins are not {count} rows of {outputs}")));
        }
        if !has_room {
            return Err(Error::Output(format!("room for what {count} rows do not have: each has {}", self.num_contributions())));
        }
        if self.needs_base_margins && base_margins.is_none() { Err(Error::BaseMarginRequired) } else { Ok(()) }
    }

    /// Adds what the trees contribute, tree by tree.
    fn add_trees<const W: usize>(&self, room: &mut Room, out: &mut [f64])
    where
        Frame<W>: Framed,
    {
        for tree in &self.trees {
            let Some(rule) = &self.rules[tree.nodes()] else { continue };
            for (nodes, weights) in rule.nodes.chunks(NODES).zip(rule.weights.chunks(NODES)) {
                self.add_tree::<W>(tree, nodes, weights, room, out);
            }
        }
    }

    /// Adds what a tree contributes, as far as some nodes of the quadrature go.
    fn add_tree<const W: usize>(&self, tree: &Explained, nodes: &[f64], weights: &[f64], room: &mut Room, out: &mut [f64])
    where
        Frame<W>: Framed,
    {
        let (program, stride, width) = (&tree.program, self.num_contributions(), self.width());
        room.make_ready::<W>(program, nodes);
        let Room { rows, products, sums, inverses, found, frames, narrow_frames, .. } = room;
        let frames = Frame::<W>::among(frames, narrow_frames);
        let found = &mut found[..program.slots.len() * W];
        for Term { output, values } in &tree.terms {
            for (rows, out) in rows.chunks(W * self.view.features().max(1)).zip(out.chunks_mut(W * stride)) {
                found.fill(0.0);
                let mut walk = Walk::<W> {
                    program,
                    nodes,
                    weights,
                    inverses,
                    values,
                    rows: rows.as_chunks().0,
                    products: products.as_chunks_mut().0,
                    sums: sums.as_chunks_mut().0,
                    frames,
                    found: found.as_chunks_mut().0,
                };
                simd::run(self.simd, &mut walk);
                for (found, &player) in found.as_chunks::<W>().0.iter().zip(&program.slots) {
                    self.players.share(player, |column, share| {
                        let places = out[output * width + column..].iter_mut().step_by(stride);
                        places.zip(found).for_each(|(place, found)| *place += share * found);
                    });
                }
            }
        }
    }
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer").field("columns", &self.view.columns()).field("trees", &self.trees.len()).finish_non_exhaustive()
    }
}
