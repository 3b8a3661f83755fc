//! [`InitialModel`]: the model that training goes on from, when it is to have more rounds.
//!
//! Its thresholds need not be cuts of the new data, so its trees score raw values, once, before the first new round. They are never dropped
//! nor changed.

use crate::names::list;
use crate::params::ProcessType;
use crate::predict::predict_margins;
use crate::{Dataset, Error, FeatureKind, FeatureSchema, Model, Params, Result, Tree};
use sapwood_score::{Aggregation, Condition, LeafValue, MissingRule, Node, Precision};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// What tells a model to go on from from others, in a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialId {
    /// Its rounds.
    pub rounds: usize,
    /// XXH3 (64 bits) of its file.
    pub hash: u64,
}

/// A model to go on from, whose trees take the features of the new data.
#[derive(Clone, Debug)]
pub(super) struct InitialModel {
    pub model: Model,
    pub id: InitialId,
}

impl InitialModel {
    /// Makes `model` ready for `train`, a data set of its features.
    ///
    /// # Errors
    /// A model of other columns, classes or another objective, or one that is more than a sum of trees.
    pub fn new(model: &Model, params: &Params, train: &Dataset, outputs: usize) -> Result<Self> {
        check_kind(model, params, outputs)?;
        check_classes(model, train)?;
        let id = InitialId { rounds: model.num_rounds(), hash: xxh3_64(&model.to_bytes()?) };
        let mut model = model.clone();
        extend(&mut model, train.schema())?;
        Ok(Self { model, id })
    }

    /// What it predicts for the rows of a data set, output by output.
    ///
    /// # Errors
    /// Rows that cannot be read again, or lack the base margins that the model was trained with.
    pub fn margins(&self, data: &Dataset) -> Result<Vec<f64>> {
        let margins = predict_margins(&self.model, data)?;
        let outputs = self.model.num_outputs();
        Ok((0..outputs).flat_map(|output| margins.iter().skip(output).step_by(outputs).copied()).collect())
    }

    pub fn trees(&self) -> &[Tree] {
        &self.model.trees
    }
}

/// The error for a parameter that is not what it was when the model was trained.
fn other(name: &str, now: &str, then: &str) -> Error {
    let error = Error::parameter(format!("{name} is {now}, and the model to go on from was trained with {then}"));
    error.with_parameter(name).with_remedy("train with the same, or train a new model")
}

fn check_kind(model: &Model, params: &Params, outputs: usize) -> Result<()> {
    let (name, trees) = (params.objective.name(), params.num_parallel_tree);
    if model.objective.name != name {
        return Err(other("objective", name, &model.objective.name));
    }
    let is_update = params.process_type == ProcessType::Update;
    let more_than_trees = [
        (model.ensemble.is_some(), "averages several models"),
        (model.calibration.is_some(), "is calibrated"),
        (!model.derived.is_empty(), "computes features of its own"),
        (model.aggregation != Aggregation::Sum, "averages its trees"),
        (model.precision != Precision::Double, "adds in single precision"),
        (model.layout.is_some(), "has rounds of different numbers of trees"),
        (is_update && model.has_vector_leaves(), "has leaves with a value for each output"),
        (is_update && has_linear_leaves(model), "has linear leaves"),
        (model.trees.iter().flat_map(|tree| &tree.nodes).any(has_other_rules), "has another library's rules for missing values"),
    ];
    if let Some((_, what)) = more_than_trees.iter().find(|(holds, _)| *holds) {
        let cannot = if is_update { "its leaves cannot be computed anew" } else { "no new trees can be added to it" };
        return Err(Error::schema(format!("the model to go on from {what}, and {cannot}; train a new model")));
    }
    if model.outputs != params.outputs() {
        let levels = if params.objective == crate::Objective::Expectile { "expectile_alpha" } else { "quantile_alpha" };
        return Err(other(levels, &params.render(levels).unwrap_or_default(), "other levels"));
    }
    if model.num_outputs() != outputs {
        return Err(other("num_class", &outputs.to_string(), &model.num_outputs().to_string()));
    }
    let (is_vector, was_vector) = (params.outputs_of_tree(outputs) > 1, model.has_vector_leaves());
    if is_vector != was_vector && !model.trees.is_empty() {
        let strategy = |is_vector| if is_vector { "multi_output_tree" } else { "one_output_per_tree" };
        return Err(other("multi_strategy", strategy(is_vector), strategy(was_vector)));
    }
    if model.parallel_trees != trees {
        return Err(other("num_parallel_tree", &trees.to_string(), &model.parallel_trees.to_string()));
    }
    Ok(())
}

fn has_linear_leaves(model: &Model) -> bool {
    model.trees.iter().flat_map(Tree::leaves).any(|leaf| matches!(leaf.value, LeafValue::Linear(_)))
}

fn has_other_rules(node: &Node) -> bool {
    matches!(node, Node::Split(split) if split.missing != MissingRule::Nan)
}

fn check_classes(model: &Model, train: &Dataset) -> Result<()> {
    let (now, then) = (train.classes(), model.classes.as_deref());
    if now == then {
        return Ok(());
    }
    let words = |classes: Option<&[String]>| classes.map_or_else(|| "numbers".to_string(), list);
    Err(Error::schema(format!(
        "the labels are {}, those of the model to go on from {}; give the same classes in the same order",
        words(now),
        words(then)
    )))
}

/// Gives a model the levels that features have only in the new data. They go where missing values go, as they did before the model knew them.
fn extend(model: &mut Model, schema: &FeatureSchema) -> Result<()> {
    let mut known = schema.clone();
    for (now, then) in known.features.iter_mut().zip(&model.schema.features) {
        if let (FeatureKind::Categorical { levels: now }, FeatureKind::Categorical { levels: then }) = (&mut now.kind, &then.kind)
            && now.starts_with(then)
        {
            now.truncate(then.len());
        }
    }
    model.schema.check(&known).map_err(|error| Error::from(error).within("the model to go on from"))?;
    for node in model.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let Node::Split(split) = node
            && let Condition::Levels(words) = &mut split.condition
            && let [Some(then), Some(now)] = [&model.schema, schema].map(|schema| levels_of(schema, split.feature))
        {
            // Codes beyond the last word are unseen as it is.
            for code in then..now.min(64 * words.len()) {
                words[code / 64] |= u64::from(split.default_left) << (code % 64);
            }
        }
    }
    model.schema = schema.clone();
    Ok(())
}

fn levels_of(schema: &FeatureSchema, feature: u32) -> Option<usize> {
    match &schema.features.get(feature as usize)?.kind {
        FeatureKind::Categorical { levels } => Some(levels.len()),
        _ => None,
    }
}
