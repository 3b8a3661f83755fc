//! [`Model`]: a trained model, ready to score.

use crate::dataset::Dataset;
use crate::error::{exception, of_score, warn};
use crate::files;
use crate::finite::infinite;
use crate::like::Like;
use crate::matrix::{Rows, matrix};
use crate::pool::on_pool;
use numpy::{IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;
use sapwood::predict::predict;
use sapwood::{Error, ErrorKind, Result};
use sapwood_score::{FeatureKind, Output, Scorer};
use std::path::PathBuf;
use std::sync::Arc;

/// A model. Any number of threads may use it at once.
#[pyclass(frozen, module = "sapwood._sapwood")]
pub struct Model {
    pub scorer: Arc<Scorer>,
}

/// Leaves that are looked up (rows × trees) by one thread; starting others takes as long.
const WORK_OF_ONE_THREAD: usize = 100_000;

impl Model {
    /// # Errors
    /// A model that contradicts itself.
    pub fn new(model: sapwood::Model) -> PyResult<Self> {
        Scorer::new(model).map(Self::of).map_err(of_score)
    }

    fn of(scorer: Scorer) -> Self {
        Self { scorer: Arc::new(scorer) }
    }

    fn model(&self) -> &sapwood::Model {
        self.scorer.model()
    }

    /// The values as an array: of shape (rows,) where there is one a row, else with a dimension for what there is more than one of.
    pub fn array<'py>(&self, py: Python<'py>, output: Output, values: Vec<f64>) -> PyResult<Bound<'py, PyAny>> {
        let model = self.model();
        let columns = output.columns(model);
        let rows = values.len().checked_div(columns).unwrap_or_default();
        let outputs = (model.num_outputs() > 1).then_some(model.num_outputs());
        let width = model.schema.len() + 1;
        let shape: Vec<usize> = match output {
            Output::Contributions => [rows].into_iter().chain(outputs).chain([width]).collect(),
            Output::Interactions => [rows].into_iter().chain(outputs).chain([width, width]).collect(),
            Output::Leaf => vec![rows, columns],
            _ if columns == 1 => vec![rows],
            _ => vec![rows, columns],
        };
        let values = values.into_pyarray(py);
        Ok(if shape.len() == 1 { values.into_any() } else { PyArrayMethods::reshape(&values, shape)?.into_any() })
    }

    /// Refuses infinite values of rows, the first of which is number `first`, unless the model takes them.
    fn check_finite(&self, first: usize, values: &[f64]) -> Result<()> {
        if self.model().reading.infinite_values {
            return Ok(());
        }
        match values.iter().position(|value| value.is_infinite()) {
            None => Ok(()),
            Some(at) => {
                let features = &self.model().schema.features;
                Err(infinite(first + at / features.len(), &features[at % features.len()].name))
            }
        }
    }

    fn score(&self, rows: &dyn Rows, output: Output, threads: u32) -> Result<Vec<f64>> {
        output.check(self.model())?;
        self.model().schema.check_count(rows.width())?;
        let (count, step) = (rows.rows(), self.scorer.tile_rows_of(output)?);
        let tile = |first: usize| {
            let count = step.min(count - first);
            let mut values = Vec::with_capacity(count * rows.width());
            rows.append(first, count, &mut values)?;
            self.check_finite(first, &values)?;
            Ok::<_, Error>(self.scorer.score_tile(output, &values, count, None)?)
        };
        let starts = (0..count.div_ceil(step)).map(|tile| tile * step);
        let is_little = count * self.model().trees.len().max(1) <= WORK_OF_ONE_THREAD && !output.explains();
        if is_little || count <= step || threads == 1 {
            return Ok(starts.map(tile).collect::<Result<Vec<_>>>()?.concat());
        }
        let starts: Vec<_> = starts.collect();
        let tiles = on_pool(threads, || starts.into_par_iter().map(tile).collect::<Result<Vec<_>>>())??;
        Ok(tiles.concat())
    }
}

/// The error for bytes that are no model.
fn unreadable(error: sapwood_interop::Error) -> Error {
    Error::new(ErrorKind::Model, error.to_string())
}

fn output(name: &str) -> PyResult<Output> {
    Output::from_name(name).ok_or_else(|| PyValueError::new_err(format!("there is no output {name:?}")))
}

#[pymethods]
impl Model {
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let read = || Ok(Scorer::new(sapwood_interop::read(bytes).map_err(unreadable)?)?);
        py.detach(read).map(Self::of).map_err(exception)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.model().to_bytes()).map_err(of_score)?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let name = path.display().to_string();
        let read = || {
            let file = std::fs::File::open(&path).map_err(|error| Error::unreadable(&path, &error))?;
            let model = sapwood_interop::read_from(&name, file).map_err(|error| unreadable(error).within(&name))?;
            Ok(Scorer::new(model)?)
        };
        py.detach(read).map(Self::of).map_err(exception)
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.model().save(&path)).map_err(of_score)
    }

    /// Predicts the rows of an array of two dimensions, which are numbers alone.
    fn predict_matrix<'py>(
        &self,
        py: Python<'py>,
        array: &Bound<'py, PyAny>,
        kind: &str,
        threads: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        let output = output(kind)?;
        let rows = matrix(array, None);
        let rows = rows.unwrap_or_else(|| Err(PyTypeError::new_err("the data are no array of numbers of two dimensions")))?;
        let values = py.detach(|| self.score(&*rows, output, threads)).map_err(exception)?;
        self.array(py, output, values)
    }

    /// Predicts the rows of a data set.
    fn predict_dataset<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, Dataset>,
        kind: &str,
        threads: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        let output = output(kind)?;
        let data = data.get();
        let predicted = py.detach(|| {
            on_pool(threads, || {
                let data = data.engine(Some(Like::model(self.model())))?;
                Ok((predict(&self.scorer, &data, output)?.into_values(), data.unknown_levels()))
            })?
        });
        let (values, unknown) = predicted.map_err(exception)?;
        warn(py, &unknown)?;
        self.array(py, output, values)
    }

    /// Predicts the rows of files.
    fn predict_files<'py>(&self, py: Python<'py>, paths: Vec<PathBuf>, kind: &str, threads: u32) -> PyResult<Bound<'py, PyAny>> {
        let output = output(kind)?;
        let predicted = py.detach(|| {
            on_pool(threads, || {
                let data = files::to_predict(&paths, Like::model(self.model()))?;
                let values = predict(&self.scorer, &data, output)?.into_values();
                Ok((values, [data.warnings(), &data.unknown_levels()].concat()))
            })?
        });
        let (values, warnings) = predicted.map_err(exception)?;
        warn(py, &warnings)?;
        self.array(py, output, values)
    }

    /// The model of the first rounds.
    fn truncated(&self, rounds: usize, best_score: Option<f64>) -> PyResult<Self> {
        let mut model = self.model().clone();
        if model.layout.is_some() || model.ensemble.is_some() {
            return Err(PyValueError::new_err("the model's rounds have different numbers of trees, or are several models'"));
        }
        model.trees.truncate(rounds * model.trees_per_round());
        model.best_iteration = model.best_iteration.filter(|best| (*best as usize) < rounds);
        if best_score.is_some() {
            model.best_iteration = rounds.checked_sub(1).map(|best| best as u32);
            model.best_score = best_score;
        }
        Self::new(model)
    }

    /// `weight`, `gain`, `cover`, `total_gain` or `total_cover` of each feature.
    fn importance<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let of = |importance: sapwood_score::Importance| {
            Some(match kind {
                "weight" => importance.weight as f64,
                "gain" => importance.gain(),
                "cover" => importance.cover(),
                "total_gain" => importance.total_gain,
                "total_cover" => importance.total_cover,
                _ => return None,
            })
        };
        let values: Option<Vec<_>> = self.model().importance().into_iter().map(of).collect();
        let unknown = || PyValueError::new_err(format!("importance {kind:?}: give weight, gain, cover, total_gain or total_cover"));
        Ok(values.ok_or_else(unknown)?.into_pyarray(py))
    }

    /// The whole model as text, JSON.
    fn to_json(&self) -> String {
        self.model().to_json().to_string()
    }

    #[getter]
    fn num_features(&self) -> usize {
        self.model().schema.len()
    }

    #[getter]
    fn feature_names(&self) -> Vec<&str> {
        self.model().schema.features.iter().map(|feature| &*feature.name).collect()
    }

    #[getter]
    fn feature_types(&self) -> Vec<&'static str> {
        self.model().schema.features.iter().map(|feature| feature.kind.word()).collect()
    }

    /// The levels of each categorical feature.
    #[getter]
    fn levels(&self) -> Vec<(String, Vec<String>)> {
        let levels = |feature: &'_ sapwood::Feature| match &feature.kind {
            FeatureKind::Categorical { levels } => Some(levels.clone()),
            _ => None,
        };
        self.model().schema.features.iter().filter_map(|feature| Some((feature.name.clone(), levels(feature)?))).collect()
    }

    /// Whether the names of features came with the data.
    #[getter]
    fn named(&self) -> bool {
        self.model().schema.named
    }

    /// Whether all features are numbers, so that rows may be an array.
    #[getter]
    fn is_numeric(&self) -> bool {
        let is_number = |kind: &FeatureKind| matches!(kind, FeatureKind::Numeric | FeatureKind::Boolean);
        self.model().schema.features.iter().all(|feature| is_number(&feature.kind))
    }

    #[getter]
    fn requires_base_margin(&self) -> bool {
        self.model().requires_base_margin()
    }

    #[getter]
    fn num_rounds(&self) -> usize {
        self.model().num_rounds()
    }

    #[getter]
    fn num_trees(&self) -> usize {
        self.model().trees.len()
    }

    #[getter]
    fn num_outputs(&self) -> usize {
        self.model().num_outputs()
    }

    #[getter]
    fn num_classes(&self) -> Option<usize> {
        self.model().num_classes()
    }

    #[getter]
    fn classes(&self) -> Option<Vec<String>> {
        self.model().classes.clone()
    }

    #[getter]
    fn base_score(&self) -> Vec<f64> {
        self.model().base_score.clone()
    }

    #[getter]
    fn best_iteration(&self) -> Option<u32> {
        self.model().best_iteration
    }

    #[getter]
    fn best_score(&self) -> Option<f64> {
        self.model().best_score
    }

    #[getter]
    fn objective(&self) -> &str {
        &self.model().objective.name
    }

    #[getter]
    fn params(&self) -> Vec<(String, String)> {
        self.model().params.clone()
    }
}
