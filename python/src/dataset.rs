//! [`Dataset`]: features of Python's, and what goes with their rows.

use crate::column::Column;
use crate::error::{exception, warn};
use crate::files::Files;
use crate::finite::Finite;
use crate::frame;
use crate::like::Like;
use crate::matrix::{Rows, matrix};
use crate::pool::on_pool;
use crate::sparse::Sparse;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use sapwood::data::BlockSource;
use sapwood::{Error, FeatureKind, FeatureSchema, Result};
use std::path::PathBuf;
use std::sync::Arc;

/// Where feature values are.
enum Features {
    Matrix(Arc<dyn Rows>),
    Sparse(Arc<Sparse>),
    Columns(Vec<Arc<Column>>),
    Files(Arc<Files>),
}

/// Labels by target, weights, base margins, query groups, and classes.
type Told<'py> = (
    Vec<Bound<'py, PyArray1<f64>>>,
    Option<Bound<'py, PyArray1<f64>>>,
    Option<Bound<'py, PyArray1<f64>>>,
    Option<Bound<'py, PyArray1<u64>>>,
    Option<Vec<String>>,
);

/// What each row has besides features.
#[derive(Clone, Default)]
struct Attributes {
    /// Labels, target by target.
    labels: Vec<Vec<f64>>,
    weights: Option<Vec<f64>>,
    base_margin: Option<Vec<f64>>,
    groups: Option<Vec<u64>>,
    bounds: Option<(Vec<f64>, Vec<f64>)>,
    classes: Option<Vec<String>>,
}

/// Features with what goes with their rows. Nothing of it changes once it is made.
#[pyclass(frozen, module = "sapwood._sapwood")]
pub struct Dataset {
    features: Features,
    /// The names of columns, where features are a matrix.
    names: Option<Arc<[String]>>,
    /// Whether columns have names that came with the data.
    named: bool,
    attributes: Attributes,
}

#[pymethods]
impl Dataset {
    /// Features that are an array of two dimensions, which stays where it is.
    #[staticmethod]
    #[pyo3(signature = (array, names=None))]
    fn of_matrix(array: &Bound<'_, PyAny>, names: Option<Vec<String>>) -> PyResult<Self> {
        let names = names.map(Arc::<[String]>::from);
        let rows = matrix(array, names.as_ref());
        let rows = rows.unwrap_or_else(|| Err(PyTypeError::new_err("the data are no array of numbers of two dimensions")))?;
        check_names(names.as_deref(), rows.width()).map_err(exception)?;
        let named = names.is_some();
        Ok(Self { features: Features::Matrix(rows), names, named, attributes: Attributes::default() })
    }

    /// Features that are a sparse matrix in the form CSC, with rows in order within columns.
    #[staticmethod]
    #[pyo3(signature = (rows, starts, places, values, names=None))]
    fn of_sparse(
        rows: usize,
        starts: PyReadonlyArray1<'_, i64>,
        places: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, f64>,
        names: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let starts: Vec<_> = starts.as_array().iter().map(|start| usize::try_from(*start).unwrap_or(usize::MAX)).collect();
        let places: Vec<_> = places.as_array().iter().map(|place| u32::try_from(*place).unwrap_or(u32::MAX)).collect();
        let sparse = Sparse::new(rows, starts, places, values.as_array().to_vec()).map_err(exception)?;
        let names = names.map(Arc::<[String]>::from);
        check_names(names.as_deref(), sparse.width()).map_err(exception)?;
        let named = names.is_some();
        Ok(Self { features: Features::Sparse(Arc::new(sparse)), names, named, attributes: Attributes::default() })
    }

    /// Features that are columns.
    #[staticmethod]
    fn of_columns(columns: Vec<Py<Column>>, named: bool) -> Self {
        let columns = columns.iter().map(|column| {
            let Column { name, kind, values } = column.get();
            Arc::new(Column { name: name.clone(), kind: kind.clone(), values: Arc::clone(values) })
        });
        Self { features: Features::Columns(columns.collect()), names: None, named, attributes: Attributes::default() }
    }

    /// Data files, which say all that goes with their rows. Parameters say how they are read.
    #[staticmethod]
    fn of_files(py: Python<'_>, paths: Vec<PathBuf>, params: Vec<(String, String)>) -> PyResult<Self> {
        let files = py.detach(|| on_pool(0, || Files::read(paths, params))).and_then(|files| files).map_err(exception)?;
        warn(py, files.data().warnings())?;
        let named = files.data().schema().named;
        Ok(Self { features: Features::Files(Arc::new(files)), names: None, named, attributes: Attributes::default() })
    }

    /// What files say that goes with their rows.
    fn told_by_files<'py>(&self, py: Python<'py>) -> PyResult<Told<'py>> {
        let Features::Files(files) = &self.features else {
            return Err(PyTypeError::new_err("the data are no files"));
        };
        let (data, targets) = (files.data(), files.data().targets());
        let list = |values: &[f64]| values.to_vec().into_pyarray(py);
        let labels = data.labels().map(|_| (0..targets.num_targets()).map(|target| list(targets.of_target(target).labels())));
        let groups = data.groups().map(|groups| groups.to_vec().into_pyarray(py));
        let classes = data.classes().map(<[String]>::to_vec);
        Ok((labels.into_iter().flatten().collect(), data.weights().map(list), data.base_margin().map(list), groups, classes))
    }

    /// The same features with these attributes of rows.
    #[pyo3(signature = (labels, weights=None, base_margin=None, groups=None, lower=None, upper=None, classes=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python")]
    fn with_attributes(
        &self,
        labels: Vec<PyReadonlyArray1<'_, f64>>,
        weights: Option<PyReadonlyArray1<'_, f64>>,
        base_margin: Option<PyReadonlyArray1<'_, f64>>,
        groups: Option<PyReadonlyArray1<'_, u64>>,
        lower: Option<PyReadonlyArray1<'_, f64>>,
        upper: Option<PyReadonlyArray1<'_, f64>>,
        classes: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let list = |values: PyReadonlyArray1<'_, f64>| values.as_array().to_vec();
        let attributes = Attributes {
            labels: labels.into_iter().map(list).collect(),
            weights: weights.map(list),
            base_margin: base_margin.map(list),
            groups: groups.map(|groups| groups.as_array().to_vec()),
            bounds: lower.map(list).zip(upper.map(list)),
            classes,
        };
        let features = match &self.features {
            Features::Matrix(rows) => Features::Matrix(Arc::clone(rows)),
            Features::Sparse(sparse) => Features::Sparse(Arc::clone(sparse)),
            Features::Columns(columns) => Features::Columns(columns.clone()),
            Features::Files(_) => return Err(PyTypeError::new_err("files say themselves what goes with their rows")),
        };
        Ok(Self { features, names: self.names.clone(), named: self.named, attributes })
    }

    /// The number of rows.
    #[getter]
    fn rows(&self) -> usize {
        self.row_count()
    }

    /// Whether features have names that came with the data.
    #[getter]
    fn named(&self) -> bool {
        self.named
    }

    /// The names of features: `f0`, `f1`, … where they have none.
    #[getter]
    fn feature_names(&self) -> Vec<String> {
        match &self.features {
            Features::Columns(columns) => columns.iter().map(|column| column.name.clone()).collect(),
            Features::Files(files) => files.data().schema().features.iter().map(|feature| feature.name.clone()).collect(),
            _ => self.numeric_schema().features.into_iter().map(|feature| feature.name).collect(),
        }
    }
}

fn check_names(names: Option<&[String]>, width: usize) -> Result<()> {
    let Some(names) = names else { return Ok(()) };
    if names.len() != width {
        return Err(Error::schema(format!("{} names for {width} features; there must be one for each", names.len())));
    }
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::schema(format!("there are two features {:?}; rename one", pair[0]))),
        None => Ok(()),
    }
}

impl Dataset {
    /// The number of rows.
    pub fn row_count(&self) -> usize {
        match &self.features {
            Features::Matrix(rows) => rows.rows(),
            Features::Sparse(sparse) => sparse.rows(),
            Features::Columns(columns) => columns.first().map_or(0, |column| column.values.len()),
            Features::Files(files) => files.data().rows(),
        }
    }

    fn numeric_schema(&self) -> FeatureSchema {
        let width = match &self.features {
            Features::Matrix(rows) => rows.width(),
            Features::Sparse(sparse) => sparse.width(),
            Features::Columns(columns) => columns.len(),
            Features::Files(files) => files.data().schema().len(),
        };
        let mut schema = FeatureSchema::numeric(width);
        if let Some(names) = &self.names {
            schema.features.iter_mut().zip(names.iter()).for_each(|(feature, name)| feature.name.clone_from(name));
            schema.named = true;
        }
        schema
    }

    /// The engine's data set to train `initial` further with.
    ///
    /// # Errors
    /// As [`Dataset::engine`].
    pub fn engine_for(&self, initial: Option<&sapwood::Model>) -> Result<sapwood::Dataset> {
        match (&self.features, initial) {
            (Features::Files(files), Some(model)) => files.extending(model),
            _ => self.engine(None),
        }
    }

    /// The engine's data set, under the schema of `like` that its features are to fit, or under one of its own. Runs on the current thread pool.
    ///
    /// # Errors
    /// Features that do not fit, or attributes of rows that are none; when it is read, infinite values, unless it is for a model that takes them.
    pub fn engine(&self, like: Option<Like<'_>>) -> Result<sapwood::Dataset> {
        if let Features::Files(files) = &self.features {
            return like.map_or_else(|| Ok(files.data().clone()), |like| files.matching(like));
        }
        let takes_infinite = like.and_then(|like| like.reading).is_some_and(|reading| reading.infinite_values);
        let like = like.map(|like| like.schema);
        let (schema, source): (FeatureSchema, Arc<dyn BlockSource>) = match (&self.features, like) {
            (Features::Columns(columns), None) => {
                let (schema, frame) = frame::own(columns, self.named)?;
                (schema, Arc::new(frame))
            }
            (Features::Columns(columns), Some(schema)) => (schema.clone(), Arc::new(frame::like(columns, self.named, schema)?)),
            (Features::Matrix(rows), like) => (self.of_numbers(like)?, Arc::clone(rows) as Arc<dyn BlockSource>),
            (Features::Sparse(sparse), like) => (self.of_numbers(like)?, Arc::clone(sparse) as Arc<dyn BlockSource>),
            (Features::Files(files), _) => return Ok(files.data().clone()),
        };
        let source = if takes_infinite { source } else { Arc::new(Finite::new(source, &schema)) };
        self.attributes.clone().added_to(sapwood::Dataset::new(schema, source))
    }

    /// The schema of a matrix, which has nothing but numbers.
    fn of_numbers(&self, like: Option<&FeatureSchema>) -> Result<FeatureSchema> {
        let own = self.numeric_schema();
        let Some(like) = like else { return Ok(own) };
        like.check_count(own.len())?;
        let is_number = |kind: &FeatureKind| matches!(kind, FeatureKind::Numeric | FeatureKind::Boolean);
        if let Some(other) = like.features.iter().find(|feature| !is_number(&feature.kind)) {
            return Err(Error::schema(format!(
                "feature {:?} is {} in the model, and the data are a sparse matrix; give a frame",
                other.name,
                other.kind.word()
            )));
        }
        let differs = own.features.iter().zip(&like.features).find(|(own, like)| own.name != like.name);
        match differs.filter(|_| own.named && like.named) {
            Some((own, like)) => Err(Error::schema(format!(
                "feature {:?} of the data is {:?} in the model; put the columns into the model's order",
                own.name, like.name
            ))),
            None => Ok(like.clone()),
        }
    }
}

impl Attributes {
    fn added_to(self, mut data: sapwood::Dataset) -> Result<sapwood::Dataset> {
        let mut labels = self.labels.into_iter();
        if let Some(first) = labels.next() {
            data = data.with_labels(first)?;
        }
        for more in labels {
            data = data.with_another_target(more)?;
        }
        if let Some((lower, upper)) = self.bounds {
            data = data.with_label_bounds(lower, upper)?;
        }
        if let Some(weights) = self.weights {
            data = data.with_weights(weights)?;
        }
        if let Some(margin) = self.base_margin {
            data = data.with_base_margin(margin)?;
        }
        if let Some(groups) = self.groups {
            data = data.with_groups(groups)?;
        }
        Ok(data.with_classes(self.classes))
    }
}
