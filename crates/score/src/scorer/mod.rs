//! [`Scorer`]: a model made ready for scoring.

mod forest;
mod kernel;
mod keys;
mod output;
mod ranks;
mod sets;

pub use output::{Output, Predictions, write_number};

use crate::{Error, LevelIndex, Model};
use forest::Forest;
use ndarray::{Array2, ArrayView2, Axis};
use std::borrow::Cow;
use std::path::Path;

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
/// use sapwood_score::{Condition, Error, FeatureSchema, Model, Node, Objective, Scorer, Split, Tree};
///
/// let split = Split {
///     feature: 0, condition: Condition::Threshold(2.5), default_left: false, left: 1, right: 2, gain: 9.0, cover: 4.0,
/// };
/// let leaf = |value| Node::Leaf { value, cover: 2.0 };
/// let model = Model {
///     schema: FeatureSchema::numeric(1),
///     objective: Objective::SquaredError,
///     classes: None,
///     base_score: vec![10.0],
///     parallel_trees: 1,
///     trees: vec![Tree { nodes: vec![Node::Split(split), leaf(-1.0), leaf(1.0)] }],
///     best_iteration: None,
///     best_score: None,
///     params: Vec::new(),
/// };
/// let scorer = Scorer::new(model)?;
/// let rows = array![[1.0], [3.0], [f64::NAN]];
/// assert_eq!(scorer.predict(rows.view())?, array![[9.0], [11.0], [11.0]]);
/// # Ok::<(), Error>(())
/// ```
pub struct Scorer {
    model: Model,
    forest: Forest,
    levels: LevelIndex,
}

impl Scorer {
    /// Compiles the trees of `model`.
    ///
    /// # Errors
    /// A model that [`Model::validate`] refuses.
    pub fn new(model: Model) -> Result<Self, Error> {
        model.validate()?;
        let forest = Forest::new(&model)?;
        let levels = LevelIndex::new(&model.schema);
        Ok(Self { model, forest, levels })
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

    /// The number of values in a row.
    pub fn num_features(&self) -> usize {
        self.model.schema.len()
    }

    /// The number of margins per row: the number of classes for multiclass objectives, else 1.
    pub fn num_outputs(&self) -> usize {
        self.model.num_outputs()
    }

    /// The value that stands for the level `text` of the categorical feature number `feature`: its code, or NaN if the model does
    /// not know the level or the feature is not categorical.
    pub fn code(&self, feature: usize, text: &str) -> f64 {
        self.levels.code(feature, text).map_or(f64::NAN, f64::from)
    }

    /// What the objective predicts, as an array of shape (rows, 1), for `multi:softprob` of shape (rows, classes): the mean, the
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
        Ok(matrix((rows.nrows(), self.num_outputs()), self.flat_margins(rows)?))
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
    /// # let model = Model {
    /// #     schema: FeatureSchema::numeric(1),
    /// #     objective: Objective::SquaredError,
    /// #     classes: None,
    /// #     base_score: vec![0.5],
    /// #     parallel_trees: 1,
    /// #     trees: vec![Tree::leaf(1.0, 10.0), Tree::leaf(2.0, 10.0)],
    /// #     best_iteration: None,
    /// #     best_score: None,
    /// #     params: Vec::new(),
    /// # };
    /// let scorer = Scorer::new(model)?;
    /// let leaves: Array2<u32> = scorer.leaves(array![[1.0]].view())?;
    /// assert_eq!(leaves, array![[0, 0]]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn leaves(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<u32>, Error> {
        self.model.schema.check_count(rows.ncols())?;
        let (tile, trees) = (self.tile_rows(), self.forest.num_trees());
        let mut leaves = vec![0; rows.nrows() * trees];
        if trees > 0 {
            for (tile, leaves) in row_tiles(&rows, tile).zip(leaves.chunks_mut(tile * trees)) {
                let count = leaves.len() / trees;
                self.forest.leaves(&tile, count, leaves);
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
    /// # let model = Model {
    /// #     schema: FeatureSchema::numeric(2),
    /// #     objective: Objective::BinaryLogistic,
    /// #     classes: None,
    /// #     base_score: vec![0.5],
    /// #     parallel_trees: 1,
    /// #     trees: vec![Tree::leaf(1.0, 10.0)],
    /// #     best_iteration: None,
    /// #     best_score: None,
    /// #     params: Vec::new(),
    /// # };
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
        out.copy_from_slice(&self.model.base_score);
        self.forest.add_to(row, out);
        Ok(())
    }

    /// Any kind of output for many rows.
    ///
    /// # Errors
    /// Rows of another length than the model has features, or an output that the objective does not have.
    pub fn output(&self, output: Output, rows: ArrayView2<'_, f64>) -> Result<Predictions, Error> {
        output.check(self.model.objective)?;
        let values = match output {
            Output::Leaf => self.leaves(rows)?.into_iter().map(f64::from).collect(),
            _ => output.of_margins(self.model.objective, self.num_outputs(), self.flat_margins(rows)?),
        };
        Predictions::new(&self.model, output, rows.nrows(), values)
    }

    /// Any kind of output for rows that begin with `margins` in place of the base score; rows, margins and values lie row by row
    /// (`rows × features`, `rows × outputs`, `rows ×` [`Output::columns`]). For callers who bring base margins or threads of their
    /// own; [`Scorer::tile_rows`] rows a call are best.
    ///
    /// # Errors
    /// Rows and margins that do not hold the same whole number of rows, or an output that the objective does not have.
    pub fn score_tile(&self, output: Output, rows: &[f64], mut margins: Vec<f64>) -> Result<Vec<f64>, Error> {
        output.check(self.model.objective)?;
        let (features, outputs) = (self.num_features(), self.num_outputs());
        let count = margins.len() / outputs;
        if margins.len() != count * outputs || rows.len() != count * features {
            return Err(Error::Schema(format!(
                "{} values and {} margins are not rows of {features} features and {outputs} margins",
                rows.len(),
                margins.len()
            )));
        }
        if output == Output::Leaf {
            let mut leaves = vec![0; count * self.forest.num_trees()];
            self.forest.leaves(rows, count, &mut leaves);
            return Ok(leaves.into_iter().map(f64::from).collect());
        }
        self.forest.add_to(rows, &mut margins);
        Ok(output.of_margins(self.model.objective, outputs, margins))
    }

    /// The number of rows that are best scored together.
    pub fn tile_rows(&self) -> usize {
        self.forest.tile_rows()
    }

    fn flat_margins(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, Error> {
        self.model.schema.check_count(rows.ncols())?;
        let outputs = self.num_outputs();
        let mut margins = self.model.base_score.repeat(rows.nrows());
        for (tile, margins) in row_tiles(&rows, self.tile_rows()).zip(margins.chunks_mut(self.tile_rows() * outputs)) {
            self.forest.add_to(&tile, margins);
        }
        Ok(margins)
    }
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let model = &self.model;
        f.debug_struct("Scorer")
            .field("objective", &model.objective)
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

/// Values that lie row by row as a matrix.
fn matrix<T>(shape: (usize, usize), values: Vec<T>) -> Array2<T> {
    Array2::from_shape_vec(shape, values).expect("every caller has rows × columns values")
}
