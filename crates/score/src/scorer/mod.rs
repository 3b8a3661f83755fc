//! [`Scorer`]: a model made ready for scoring.

mod forest;
mod interpreter;
mod kernel;
mod keys;
mod output;
mod ranks;
mod set_layout;
mod sets;
mod single;
#[cfg(test)]
mod tests;

pub use output::{Output, Predictions, push_text, write_number};
use output::{to_means, to_votes};

use crate::meaning::is_plain;
use crate::{Error, Explainer, Feature, FeatureKind, LevelIndex, MeanOf, Model};
use forest::Forest;
use interpreter::{Interpreter, Rows};
use ndarray::{Array2, ArrayView2, Axis};
use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

/// Scores rows with a model, whose trees it holds in a form made for speed.
///
/// A row holds one `f64` per feature, in the order of the schema: a number, or the code of a level (its position in the
/// feature's levels, see [`Scorer::code`]). NaN is missing. What is no code of a level goes where missing values go.
///
/// A margin is the base score plus the leaf of every tree, added in the order of the trees: the same bits whether rows are
/// scored one by one or in blocks.
///
/// ```
/// use ndarray::array;
/// use sapwood_score::{Condition, Error, FeatureSchema, Leaf, Model, Node, Objective, Scorer, Split, Tree};
///
/// let split = Split::new(0, Condition::Threshold(2.5), false, (1, 2), 9.0, 4.0);
/// let leaf = |value| Node::Leaf(Leaf::new(value, 2.0));
/// let trees = vec![Tree::new(vec![Node::Split(split), leaf(-1.0), leaf(1.0)])];
/// let model = Model::new(FeatureSchema::numeric(1), Objective::SquaredError, vec![10.0], trees);
/// let scorer = Scorer::new(model)?;
/// let rows = array![[1.0], [3.0], [f64::NAN]];
/// assert_eq!(scorer.predict(rows.view())?, array![[9.0], [11.0], [11.0]]);
/// # Ok::<(), Error>(())
/// ```
pub struct Scorer {
    model: Model,
    engine: Engine,
    levels: LevelIndex,
    explainer: OnceLock<Explainer>,
}

/// How the trees are walked.
enum Engine {
    /// Ordinary models.
    Forest(Forest),
    /// Those that need more.
    Interpreter(Interpreter),
}

/// Rows that an [`Interpreter`] is best given at a time.
const INTERPRETED_ROWS: usize = 256;

impl Scorer {
    /// Compiles the trees of `model`.
    ///
    /// # Errors
    /// A model that [`Model::validate`] refuses.
    pub fn new(model: Model) -> Result<Self, Error> {
        model.validate()?;
        let engine = match is_plain(&model) {
            true => Engine::Forest(Forest::new(&model)?),
            false => Engine::Interpreter(Interpreter::new(&model)),
        };
        let levels = LevelIndex::new(&model.schema);
        Ok(Self { model, engine, levels, explainer: OnceLock::new() })
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// Those of [`Model::load`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Model::load(path)?)
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What explains the model's predictions; compiled when it is asked for first.
    ///
    /// # Errors
    /// Those of [`Explainer::new`].
    pub fn explainer(&self) -> Result<&Explainer, Error> {
        if let Some(explainer) = self.explainer.get() {
            return Ok(explainer);
        }
        let compiled = Explainer::new(&self.model)?;
        Ok(self.explainer.get_or_init(|| compiled))
    }

    /// The number of values in a row: the columns of the schema.
    pub fn num_features(&self) -> usize {
        self.model.schema.len()
    }

    /// The number of margins per row: the number of classes, targets or levels, else 1.
    pub fn num_outputs(&self) -> usize {
        self.model.num_outputs()
    }

    /// The value that stands for the level `text` of the categorical feature number `feature`: its code. [`Scorer::row`] looks codes up by
    /// itself.
    ///
    /// # Errors
    /// [`Error::Schema`] where the model does not know the level, or the feature is not categorical. Scoring an unknown level means to score
    /// NaN in its place: say so where that is meant.
    pub fn code(&self, feature: usize, text: &str) -> Result<f64, Error> {
        let code = self.levels.code(feature, text).map(f64::from);
        code.ok_or_else(|| match self.model.schema.features.get(feature) {
            Some(Feature { name, kind: FeatureKind::Categorical { levels } }) => {
                let some = levels.iter().take(20).map(|level| format!("{level:?}")).collect::<Vec<_>>().join(", ");
                let more = if levels.len() > 20 { ", …" } else { "" };
                Error::Schema(format!("feature {name:?} has no level {text:?}; its levels are {some}{more}"))
            }
            Some(Feature { name, kind }) => Error::Schema(format!("feature {name:?} is {}, it has no levels", kind.word())),
            None => Error::Schema(format!("there is no feature {feature}; the model has {}", self.num_features())),
        })
    }

    /// What the model predicts, as an array of shape (rows, 1), for `multi:softprob` of shape (rows, classes): the mean, the
    /// probability of class 1 or of each class, the margin for `binary:logitraw`, the most probable class's index for `multi:softmax`.
    ///
    /// # Errors
    /// Rows of another length than the model has features.
    pub fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let predictions = self.output(Output::Value, rows)?;
        let shape = (predictions.rows(), predictions.columns());
        Ok(matrix(shape, predictions.into_values()))
    }

    /// The margins, as an array of shape (rows, outputs).
    ///
    /// # Errors
    /// Rows of another length than the model has features.
    pub fn margins(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let predictions = self.output(Output::Margin, rows)?;
        Ok(matrix((rows.nrows(), self.num_outputs()), predictions.into_values()))
    }

    /// The leaf that each row falls into in each tree, as an array of shape (rows, trees). The leaves of a tree count from 0 in
    /// the order of its nodes.
    ///
    /// # Errors
    /// Rows of another length than the model has features.
    ///
    /// ```
    /// # use ndarray::{Array2, array};
    /// # use sapwood_score::{Error, FeatureSchema, Model, Objective, Scorer, Tree};
    /// # let trees = vec![Tree::leaf(1.0, 10.0), Tree::leaf(2.0, 10.0)];
    /// # let model = Model::new(FeatureSchema::numeric(1), Objective::SquaredError, vec![0.5], trees);
    /// let scorer = Scorer::new(model)?;
    /// let leaves: Array2<u32> = scorer.leaves(array![[1.0]].view())?;
    /// assert_eq!(leaves, array![[0, 0]]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn leaves(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<u32>, Error> {
        self.model.schema.check_count(rows.ncols())?;
        let (tile, trees) = (self.tile_rows(), self.model.trees.len());
        let mut leaves = vec![0; rows.nrows() * trees];
        if trees > 0 {
            for (tile, leaves) in row_tiles(&rows, tile).zip(leaves.chunks_mut(tile * trees)) {
                let count = leaves.len() / trees;
                self.tile_leaves(&tile, count, leaves);
            }
        }
        Ok(matrix((rows.nrows(), trees), leaves))
    }

    /// The margins of one row, into `out` (one per output). Allocates nothing after the first call on a thread.
    ///
    /// # Errors
    /// A row of another length than the model has features, or an `out` of another length than it has outputs.
    ///
    /// ```
    /// # use sapwood_score::{Error, FeatureSchema, Model, Objective, Scorer, Tree};
    /// # let trees = vec![Tree::leaf(1.0, 10.0)];
    /// # let model = Model::new(FeatureSchema::numeric(2), Objective::BinaryLogistic, vec![0.5], trees);
    /// let scorer = Scorer::new(model)?;
    /// let mut margin = [0.0];
    /// scorer.margins_into(&[0.3, f64::NAN], &mut margin)?;
    /// assert_eq!(margin, [1.5]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn margins_into(&self, row: &[f64], out: &mut [f64]) -> Result<(), Error> {
        if out.len() != self.num_outputs() {
            return Err(Error::Output(format!("room for {} margins, the model has {}", out.len(), self.num_outputs())));
        }
        self.model.schema.check_count(row.len())?;
        self.check_base_margins(false)?;
        match &self.engine {
            Engine::Forest(forest) => {
                out.copy_from_slice(&self.model.base_score);
                forest.add_to(row, out);
            }
            Engine::Interpreter(_) => out.copy_from_slice(&self.tile_margins(row, 1, None)),
        }
        Ok(())
    }

    /// Any kind of output for one row, into `out` (as many as [`Output::columns`] says). For margins, means and probabilities of an ordinary
    /// model it allocates nothing after the first call on a thread.
    ///
    /// # Errors
    /// As [`Scorer::margins_into`], and an output that the model does not have.
    ///
    /// ```
    /// # use sapwood_score::{Error, FeatureSchema, Model, Objective, Output, Scorer, Tree};
    /// # let model = Model::new(FeatureSchema::numeric(2), Objective::BinaryLogistic, vec![-1.0], vec![Tree::leaf(1.0, 10.0)]);
    /// let scorer = Scorer::new(model)?;
    /// let mut probability = [0.0];
    /// scorer.output_into(Output::Value, &[0.3, f64::NAN], &mut probability)?;
    /// assert_eq!(probability, [0.5]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn output_into(&self, output: Output, row: &[f64], out: &mut [f64]) -> Result<(), Error> {
        let model = &self.model;
        output.check(model)?;
        if matches!(self.engine, Engine::Forest(_)) && output.is_in_place(model) {
            self.margins_into(row, out)?;
            output.of_row(model, out);
            return Ok(());
        }
        let columns = output.columns(model);
        if out.len() != columns {
            return Err(Error::Output(format!("room for {} values, a row has {columns}", out.len())));
        }
        out.copy_from_slice(&self.score_tile(output, row, 1, None)?);
        Ok(())
    }

    /// Any kind of output for many rows.
    ///
    /// # Errors
    /// Rows of another length than the model has features, an output that the model does not have, or a model whose rows need base
    /// margins: for those there is [`Scorer::score_tile`].
    pub fn output(&self, output: Output, rows: ArrayView2<'_, f64>) -> Result<Predictions, Error> {
        output.check(&self.model)?;
        self.model.schema.check_count(rows.ncols())?;
        let mut values = Vec::with_capacity(rows.nrows() * output.columns(&self.model));
        let tile_rows = self.tile_rows_of(output)?;
        for (tile, count) in row_tiles(&rows, tile_rows).zip(tile_counts(rows.nrows(), tile_rows)) {
            values.extend(self.score_tile(output, &tile, count, None)?);
        }
        Predictions::new(&self.model, output, rows.nrows(), values)
    }

    /// Any kind of output for `count` rows, which begin with `base_margins` in place of the base score if there are any; rows, margins
    /// and values lie row by row (`rows × features`, `rows × outputs`, `rows ×` [`Output::columns`]). For callers who bring base
    /// margins or threads of their own; [`Scorer::tile_rows_of`] rows a call are best.
    ///
    /// # Errors
    /// Values or margins in another number than `count` rows have, an output that the model does not have, or no base margins where
    /// the model needs them.
    pub fn score_tile(
        &self,
        output: Output,
        rows: &[f64],
        count: usize,
        base_margins: Option<Vec<f64>>,
    ) -> Result<Vec<f64>, Error> {
        let model = &self.model;
        output.check(model)?;
        let (features, outputs) = (self.num_features(), self.num_outputs());
        let margins = base_margins.as_ref().map_or(count * outputs, Vec::len);
        if margins != count * outputs || rows.len() != count * features {
            return Err(Error::Schema(format!(
                "{} values and {margins} margins are not {count} rows of {features} features and {outputs} margins",
                rows.len(),
            )));
        }
        if output == Output::Leaf {
            let mut leaves = vec![0; count * model.trees.len()];
            self.tile_leaves(rows, count, &mut leaves);
            return Ok(leaves.into_iter().map(f64::from).collect());
        }
        self.check_base_margins(base_margins.is_some())?;
        if output.explains() {
            return self.explain_tile(output, rows, count, base_margins.as_deref());
        }
        let of_members: Option<fn(&Model, &mut [f64])> = match model.ensemble.as_ref().map(|ensemble| ensemble.mean_of) {
            Some(MeanOf::Means) => Some(to_means),
            Some(MeanOf::Votes) => Some(to_votes),
            Some(MeanOf::Margins) | None => None,
        };
        Ok(match (&self.engine, of_members) {
            (Engine::Interpreter(interpreter), Some(of_member)) if !output.is_margin(model) => {
                let rows = Rows { count, values: rows, base_margins: base_margins.as_deref() };
                output.of_means(model, interpreter.means(model, rows, |margins| of_member(model, margins)))
            }
            _ => output.of_margins(model, self.tile_margins(rows, count, base_margins)),
        })
    }

    /// The number of rows that are best given to [`Scorer::score_tile`].
    ///
    /// # Errors
    /// Those of [`Scorer::explainer`], where it is about contributions.
    pub fn tile_rows_of(&self, output: Output) -> Result<usize, Error> {
        Ok(match output {
            Output::Contributions => self.explainer()?.tile_rows(),
            Output::Interactions => self.explainer()?.interaction_tile_rows(),
            _ => self.tile_rows(),
        })
    }

    /// The number of rows that are best scored together.
    pub fn tile_rows(&self) -> usize {
        match &self.engine {
            Engine::Forest(forest) => forest.tile_rows(),
            Engine::Interpreter(_) => INTERPRETED_ROWS,
        }
    }

    fn explain_tile(&self, output: Output, rows: &[f64], count: usize, base: Option<&[f64]>) -> Result<Vec<f64>, Error> {
        let mut found = vec![0.0; count.saturating_mul(output.columns(&self.model))];
        let explainer = self.explainer()?;
        match output {
            Output::Interactions => explainer.interactions_of_tile(rows, count, base, &mut found)?,
            _ => explainer.contributions_of_tile(rows, count, base, &mut found)?,
        }
        Ok(found)
    }

    fn check_base_margins(&self, are_given: bool) -> Result<(), Error> {
        if self.model.requires_base_margin() && !are_given { Err(Error::BaseMarginRequired) } else { Ok(()) }
    }

    fn tile_margins(&self, rows: &[f64], count: usize, base_margins: Option<Vec<f64>>) -> Vec<f64> {
        match &self.engine {
            Engine::Forest(forest) => {
                let mut margins = base_margins.unwrap_or_else(|| self.model.base_score.repeat(count));
                forest.add_to(rows, &mut margins);
                margins
            }
            Engine::Interpreter(interpreter) => {
                interpreter.means(&self.model, Rows { count, values: rows, base_margins: base_margins.as_deref() }, |_| {})
            }
        }
    }

    fn tile_leaves(&self, rows: &[f64], count: usize, leaves: &mut [u32]) {
        match &self.engine {
            Engine::Forest(forest) => forest.leaves(rows, count, leaves),
            Engine::Interpreter(interpreter) => {
                interpreter.leaves(&self.model, Rows { count, values: rows, base_margins: None }, leaves);
            }
        }
    }
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let model = &self.model;
        f.debug_struct("Scorer")
            .field("objective", &model.objective.name)
            .field("features", &model.schema.len())
            .field("trees", &model.trees.len())
            .finish_non_exhaustive()
    }
}

/// Consecutive rows, `count` at a time, row by row in memory: as they lie where they lie so, else copied.
fn row_tiles<'a>(rows: &'a ArrayView2<'_, f64>, count: usize) -> impl Iterator<Item = Cow<'a, [f64]>> {
    rows.axis_chunks_iter(Axis(0), count).map(|tile| match tile.to_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(tile.iter().copied().collect()),
    })
}

/// The number of rows of each of those tiles.
fn tile_counts(rows: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..rows).step_by(count).map(move |first| count.min(rows - first))
}

/// Values that lie row by row as a matrix.
fn matrix<T>(shape: (usize, usize), values: Vec<T>) -> Array2<T> {
    Array2::from_shape_vec(shape, values).expect("every caller has rows × columns values")
}
