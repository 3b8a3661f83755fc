//! What must hold inside a [`Model`] before anything walks its trees.

mod outputs;
mod trees;

use crate::{Derivation, DerivedFeature, Error, FeatureKind, FeatureSchema, Model, TargetStatistic};
use std::collections::HashSet;

/// The most features a model may have, derived ones counted.
pub const MAX_FEATURES: usize = 1 << 24;
/// The most levels a feature may have.
pub const MAX_LEVELS: usize = 1 << 30;
/// The most nodes that the trees of a model may have together.
pub const MAX_NODES: usize = 1 << 30;
/// The most outputs a model may have.
pub const MAX_OUTPUTS: usize = 1 << 24;

/// What is wrong, without the words around it.
type Check = Result<(), String>;

impl Model {
    /// Checks that the model is one that scoring can rely on: outputs, classes and rounds agree with each other, every index
    /// points where it may, every node is reached from its root by one path, conditions fit their features, numbers are numbers.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the first contradiction.
    pub fn validate(&self) -> Result<(), Error> {
        outputs::check(self)
            .and_then(|()| check_schema(self))
            .and_then(|()| check_derived(self))
            .and_then(|()| trees::check(self))
            .map_err(Error::Inconsistent)
    }
}

fn check_schema(model: &Model) -> Check {
    let FeatureSchema { features, index_base, .. } = &model.schema;
    if model.num_features() > MAX_FEATURES {
        return Err(format!("{} features, more than {MAX_FEATURES}", model.num_features()));
    }
    if let Some(base) = index_base.filter(|&base| base > 1) {
        return Err(format!("feature indices count from {base}"));
    }
    for feature in features {
        let FeatureKind::Categorical { levels } = &feature.kind else { continue };
        check_level_count(&feature.name, levels.len())?;
        if let Some(text) = repeated(levels) {
            return Err(format!("feature {:?} has level {text:?} twice", feature.name));
        }
    }
    Ok(())
}

fn check_level_count(name: &str, levels: usize) -> Check {
    if levels > MAX_LEVELS { Err(format!("feature {name:?} has {levels} levels, more than {MAX_LEVELS}")) } else { Ok(()) }
}

fn repeated(texts: &[String]) -> Option<&str> {
    let mut seen = HashSet::with_capacity(texts.len());
    texts.iter().map(String::as_str).find(|text| !seen.insert(*text))
}

fn check_derived(model: &Model) -> Check {
    model.derived.iter().enumerate().try_for_each(|(index, feature)| {
        let position = model.schema.len() + index;
        check_derivation(model, position, feature).map_err(|what| format!("derived feature {:?}: {what}", feature.name))
    })
}

/// Checks the feature at `position`, which may be computed from those before it.
fn check_derivation(model: &Model, position: usize, feature: &DerivedFeature) -> Check {
    if let Some(source) = feature.derivation.sources().into_iter().find(|&source| source as usize >= position) {
        return Err(format!("computed from feature {source}, which does not come before it"));
    }
    match &feature.derivation {
        Derivation::TargetStatistic(TargetStatistic { source, prior, prior_weight, sums, counts, .. }) => {
            check_table("sums", sums, levels_of(model, *source)?)?;
            check_table("counts", counts, levels_of(model, *source)?)?;
            let is_positive = prior_weight.is_finite() && *prior_weight > 0.0;
            if !prior.is_finite() || !is_positive || counts.iter().any(|count| *count < 0.0) {
                return Err(format!("prior {prior} of weight {prior_weight}, or a negative count"));
            }
            Ok(())
        }
        Derivation::Count { source, counts } => check_table("counts", counts, levels_of(model, *source)?),
        Derivation::Pair { first, second, levels } => {
            check_level_count(&feature.name, levels.len())?;
            let limits = (levels_of(model, *first)?, levels_of(model, *second)?);
            let is_known = |code: u32, limit: usize| (code as usize) < limit || code == Derivation::MISSING;
            if let Some(pair) = levels.iter().find(|pair| !is_known(pair.0, limits.0) || !is_known(pair.1, limits.1)) {
                return Err(format!("the pair {pair:?} of {} and {} levels", limits.0, limits.1));
            }
            if levels.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err("pairs that are not ascending".into()) }
        }
        Derivation::Difference { first, second } | Derivation::Sum { first, second } | Derivation::Product { first, second } => {
            [first, second].into_iter().try_for_each(|&source| check_numeric(model, source))
        }
        Derivation::Code { source, values, .. } => {
            check_numeric(model, *source)?;
            check_level_count(&feature.name, values.len())?;
            let ascend = values.is_sorted_by(|a, b| a < b) && values.iter().all(|value| value.is_finite());
            if ascend { Ok(()) } else { Err("numbers that do not ascend".into()) }
        }
    }
}

fn check_table(what: &str, table: &[f64], levels: usize) -> Check {
    if table.len() != levels + 1 {
        return Err(format!("{} {what} for {levels} levels and what is none of them", table.len()));
    }
    table.iter().find(|number| !number.is_finite()).map_or(Ok(()), |number| Err(format!("{number} among the {what}")))
}

/// The number of levels of a feature that must be categorical.
fn levels_of(model: &Model, feature: u32) -> Result<usize, String> {
    model.levels_of(feature as usize).ok_or_else(|| format!("feature {feature} is not categorical"))
}

fn check_numeric(model: &Model, feature: u32) -> Check {
    match model.levels_of(feature as usize) {
        Some(_) => Err(format!("feature {feature} is categorical")),
        None => Ok(()),
    }
}
