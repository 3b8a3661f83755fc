//! [`Explainer`]: what each feature contributes to a prediction (SHAP values of trees).
//!
//! Contributions are path-dependent Shapley values, as of XGBoost's `pred_contribs`, LightGBM's `pred_contrib` and `shap.TreeExplainer`
//! without background data: what a coalition of features does not know is averaged over, by the cover (sum of hessians) of the training rows
//! that went either way. They are exact: the integrals that give them are of polynomials, and each tree has as many nodes of quadrature as
//! its longest path takes ([kernel]).

mod approximate;
mod background;
mod interactions;
mod kernel;
mod players;
mod program;
mod quadrature;
mod room;
mod simd;
mod terms;
#[cfg(test)]
mod tests;
mod walks;

pub use approximate::approximate_contributions;
pub use background::BackgroundExplainer;

use crate::{Error, Model};
use ndarray::{Array3, ArrayView2, Axis};
use players::Players;
use room::LANES;
pub(crate) use terms::check_covers;
use terms::terms;
use walks::{Found, Walks};

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
    players: Players,
    walks: Walks,
    /// What each output begins with, and the mean of the trees that is added to it.
    base: Vec<f64>,
    expected: Vec<f64>,
    needs_base_margins: bool,
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
        let walks = Walks::new(model, &players, terms);
        let expected = walks.means(base.len());
        Ok(Self { players, walks, base, expected, needs_base_margins: model.requires_base_margin() })
    }

    /// The number of contributions to an output: one a column of the schema, and the bias.
    fn width(&self) -> usize {
        self.walks.view.columns() + 1
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
        self.check(rows, count, base_margins, (out.len(), self.num_contributions()))?;
        out.fill(0.0);
        match count {
            1 => self.walks.each::<1, false>(rows, count, |found| self.add_contributions(&found, out)),
            _ => self.walks.each::<LANES, false>(rows, count, |found| self.add_contributions(&found, out)),
        }
        let (outputs, width) = (self.base.len(), self.width());
        for (at, contributions) in out.chunks_exact_mut(width).enumerate() {
            contributions[width - 1] = self.bias(at % outputs, base_margins.map(|margins| margins[at]));
        }
        Ok(())
    }

    /// Adds what a walk found.
    fn add_contributions<const W: usize>(&self, walked: &Found<'_, W>, out: &mut [f64]) {
        let (stride, width) = (self.num_contributions(), self.width());
        let out = &mut out[walked.first_row * stride + walked.output * width..];
        for (found, &player) in walked.contributions.iter().zip(walked.players) {
            self.players.share(player, |column, share| {
                let places = out[column..].iter_mut().step_by(stride);
                places.zip(found).for_each(|(place, found)| *place += share * found);
            });
        }
    }

    /// What an output begins with: the base score or a row's base margin, and the mean of the trees.
    fn bias(&self, output: usize, base_margin: Option<f64>) -> f64 {
        self.expected[output] + base_margin.unwrap_or(self.base[output])
    }

    /// The number of rows that are best explained together.
    pub fn tile_rows(&self) -> usize {
        tile_rows(self.walks.view.features() + self.num_contributions())
    }

    /// Checks that there are as many values as `count` rows have, and room for as many as they get.
    fn check(&self, rows: &[f64], count: usize, base_margins: Option<&[f64]>, (room, each): (usize, usize)) -> Result<(), Error> {
        let (columns, outputs) = (self.walks.view.columns(), self.base.len());
        if rows.len() != count * columns {
            return Err(Error::Schema(format!("{} values are not {count} rows of {columns} features", rows.len())));
        }
        if base_margins.is_some_and(|margins| margins.len() != count * outputs) {
            return Err(Error::Schema(format!("the base margins are not {count} rows of {outputs}")));
        }
        if count.checked_mul(each) != Some(room) {
            return Err(Error::Output(format!("room for {room} numbers, {count} rows have {each} each")));
        }
        if self.needs_base_margins && base_margins.is_none() { Err(Error::BaseMarginRequired) } else { Ok(()) }
    }
}

/// The number of rows that are best explained together, if each has so many numbers.
fn tile_rows(numbers: usize) -> usize {
    let rows = TILE_BYTES / 8 / numbers;
    (rows - rows % LANES).clamp(LANES, 256)
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer")
            .field("columns", &self.walks.view.columns())
            .field("trees", &self.walks.len())
            .finish_non_exhaustive()
    }
}
