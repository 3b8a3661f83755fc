//! [`Facts`]: what the rules of presets know of the data.

use crate::Params;
use crate::data::Dataset;
use crate::{Feature, FeatureKind, Objective};
use std::collections::BTreeSet;

/// What follows from the training data and the objective. Nothing that a machine, its threads or the time of day could change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Rows of weight.
    pub rows: usize,
    /// What folds are made of: rows, or where rows are ranked their query groups.
    pub units: usize,
    /// Features.
    pub features: usize,
    /// Classes of a multiclass objective; 0 of another.
    pub classes: usize,
    /// Features that are numbers.
    pub numeric: usize,
    /// Levels of the categorical feature with the most; 0 where none is categorical.
    pub levels: usize,
}

impl Facts {
    /// Those of a data set.
    pub fn of(params: &Params, data: &Dataset) -> Self {
        let rows = data.targets.weighted_rows().map_or(data.rows(), |rows| rows.len());
        let units = match data.groups().filter(|_| params.objective.is_ranking()) {
            Some(groups) => groups.iter().collect::<BTreeSet<_>>().len(),
            None => rows,
        };
        let levels = |feature: &Feature| match &feature.kind {
            FeatureKind::Categorical { levels } => levels.len(),
            _ => 0,
        };
        let features = &data.schema().features;
        let numeric = features.iter().filter(|feature| feature.kind == FeatureKind::Numeric).count();
        let is_multiclass = matches!(params.objective, Objective::Softmax | Objective::Softprob);
        let classes = if is_multiclass { params.num_class as usize } else { 0 };
        Self { rows, units, features: features.len(), classes, numeric, levels: features.iter().map(levels).max().unwrap_or(0) }
    }
}
