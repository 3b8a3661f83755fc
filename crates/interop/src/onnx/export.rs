//! From a model to a graph: an operator for the trees, and what its scores need after it.

use super::flat::{self, FlatNode, Nodes};
use super::metadata::{CATEGORIES, CLASSES, FEATURE_NAMES, OBJECTIVE};
use super::proto::element;
use super::write::{self, AttributeList, Parts, Width};
use super::{v3, write_v3, write_v5};
use crate::{Error, Rounding};
use sapwood_score::{Aggregation, Feature, FeatureKind, Link, Model, OnnxTransform, Outputs, Precision, Prediction};

/// The operators that trees are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// TreeEnsembleRegressor and TreeEnsembleClassifier of `ai.onnx.ml` 3.
    Three,
    /// TreeEnsemble of `ai.onnx.ml` 5.
    Five,
}

fn refused(what: impl Into<String>) -> Error {
    Error::unsupported(format!("ONNX cannot say it: {}", what.into()), "keep the model in Sapwood's own format")
}

/// What the trees' scores go through.
struct Plan {
    is_classifier: bool,
    post_transform: &'static str,
    /// An operator of its own after them, and what its result is multiplied by.
    after: Option<(&'static str, f64)>,
}

/// The bytes of a file, and what is rounded in it.
///
/// # Errors
/// What ONNX does not have, by name.
pub fn bytes(model: &Model, version: Version) -> Result<(Vec<u8>, Rounding), Error> {
    check(model, version)?;
    let plan = plan(model, version).map_err(refused)?;
    let mut trees = flat::trees(model).map_err(refused)?;
    if plan.is_classifier && model.num_outputs() == 1 {
        set_signs(model, &mut trees).map_err(refused)?;
    }
    let width = if model.precision == Precision::Single { Width::Single } else { Width::Double };
    let (parts, categories) = parts(model, version, &plan, &trees, width).map_err(refused)?;
    let outputs = version == Version::Three && width == Width::Double;
    let rounding = Rounding { outputs, fractions: categories, ..Rounding::default() };
    let version = if version == Version::Three { 3 } else { 5 };
    Ok((write::file(parts, version), rounding))
}

fn check(model: &Model, version: Version) -> Result<(), Error> {
    let has_base = model.base_score.iter().any(|&base| base != 0.0);
    let is_sum = model.aggregation == Aggregation::Sum;
    let lacking = [
        (model.ensemble.is_some(), "an average of several models"),
        (model.calibration.is_some(), "calibrated predictions"),
        (!model.required_roles.is_empty(), "that rows must have a base margin"),
        (model.schema.is_empty(), "a model without features"),
        (
            !is_sum && has_base && version == Version::Five,
            "a base score beside the mean or the extreme of trees (give the operators of version 3)",
        ),
        (
            model.aggregation == Aggregation::Mean && model.num_outputs() > 1 && !model.has_vector_leaves(),
            "means of trees that each have one of several outputs",
        ),
        (!is_sum && model.trees.is_empty(), "the mean or extreme of no trees"),
    ];
    lacking.iter().find(|(holds, _)| *holds).map_or(Ok(()), |(_, what)| Err(refused(*what)))
}

fn plan(model: &Model, version: Version) -> Result<Plan, String> {
    let outputs = model.num_outputs();
    let plain = |is_classifier, post_transform| Ok(Plan { is_classifier, post_transform, after: None });
    let followed = |operator| Ok(Plan { is_classifier: false, post_transform: "NONE", after: Some((operator, 1.0)) });
    let unknown = || Err(format!("the link {:?} of outputs that are {:?}", model.link, model.outputs));
    let is_double = model.precision == Precision::Double;
    if version == Version::Three && model.num_classes().is_some() {
        if model.aggregation != Aggregation::Sum {
            return Err("classes whose trees are not summed (TreeEnsemble of version 5 has that)".into());
        }
        if outputs == 2 {
            return Err("a margin for each of two classes (TreeEnsemble of version 5 has that)".into());
        }
        let is_binary = outputs == 1;
        return match model.link {
            _ if is_binary && model.prediction == Prediction::Margin => plain(true, "NONE"),
            Link::LOGIT | Link::Onnx(OnnxTransform::Logistic { .. }) => plain(true, "LOGISTIC"),
            Link::Softmax | Link::Onnx(OnnxTransform::Softmax) if !is_binary => plain(true, "SOFTMAX"),
            Link::Onnx(OnnxTransform::SoftmaxZero) if !is_binary => plain(true, "SOFTMAX_ZERO"),
            Link::Onnx(OnnxTransform::Probit) if !is_binary => plain(true, "PROBIT"),
            Link::Identity | Link::Onnx(OnnxTransform::None) => plain(true, "NONE"),
            _ => unknown(),
        };
    }
    let is_several = outputs > 1 && version == Version::Three;
    match model.link {
        _ if model.prediction == Prediction::Margin => plain(false, "NONE"),
        Link::Identity => plain(false, "NONE"),
        Link::Onnx(OnnxTransform::None) if version == Version::Three || !is_double => plain(false, "NONE"),
        Link::Logit { scale: 1.0 } => followed("Sigmoid"),
        Link::Onnx(OnnxTransform::Logistic { cut: 0.0 }) if outputs == 1 && !is_double => followed("Sigmoid"),
        Link::Softmax => followed("Softmax"),
        Link::Log => followed("Exp"),
        Link::Onnx(OnnxTransform::Exp { factor }) if version == Version::Three || !is_double => {
            Ok(Plan { is_classifier: false, post_transform: "NONE", after: Some(("Exp", factor)) })
        }
        Link::Onnx(OnnxTransform::Probit) => plain(false, "PROBIT"),
        // What TreeEnsemble of version 5 calls these is told apart in two ways.
        Link::Onnx(OnnxTransform::Logistic { .. }) if !is_several && outputs > 1 && !is_double => followed("Sigmoid"),
        Link::Onnx(OnnxTransform::Softmax) if !is_several && outputs > 1 && !is_double => followed("Softmax"),
        Link::Onnx(OnnxTransform::Logistic { .. }) if is_several => plain(false, "LOGISTIC"),
        Link::Onnx(OnnxTransform::Softmax) if is_several => plain(false, "SOFTMAX"),
        Link::Onnx(OnnxTransform::SoftmaxZero) if is_several => plain(false, "SOFTMAX_ZERO"),
        _ => unknown(),
    }
}

/// Sees to it that onnxruntime takes weights of two classes for margins or shares, as which it is: by whether one is negative.
fn set_signs(model: &Model, trees: &mut Vec<Nodes>) -> Result<(), String> {
    let are_shares = match model.link {
        Link::Identity | Link::Onnx(OnnxTransform::None) => model.prediction != Prediction::Margin,
        Link::Onnx(OnnxTransform::Logistic { cut }) => cut != 0.0,
        _ => false,
    };
    let is_negative = |node: &FlatNode| matches!(node, FlatNode::Leaf(votes) if votes.iter().any(|(_, weight)| *weight < 0.0));
    let has_negative = trees.iter().flatten().any(is_negative);
    if are_shares && has_negative {
        return Err("shares of two classes some of which are negative".into());
    }
    if !are_shares && !has_negative {
        // What these two add is nothing.
        trees.splice(0..0, [flat::constant(0, -1.0), flat::constant(0, 1.0)]);
    }
    Ok(())
}

fn parts(model: &Model, version: Version, plan: &Plan, trees: &[Nodes], width: Width) -> Result<(Parts, usize), String> {
    const INPUT: &str = "input";
    let outputs = model.num_outputs();
    let (operator, attributes, categories) = operator(model, version, plan, trees, width)?;
    // The older operators tell floats, whatever they sum.
    let told = if version == Version::Three { element::FLOAT } else { width.element() };
    let result = if plan.is_classifier { "probabilities" } else { "variable" };
    let mut parts = Parts {
        nodes: Vec::new(),
        constants: Vec::new(),
        input: write::value(INPUT, width.element(), Some(model.schema.len())),
        outputs: Vec::new(),
        metadata: metadata(model),
    };
    if plan.is_classifier {
        let label = if model.classes.is_some() { element::STRING } else { element::INT64 };
        parts.outputs.push(write::value("label", label, None));
    }
    let columns = if plan.is_classifier { outputs.max(2) } else { outputs };
    parts.outputs.push(write::value(result, told, Some(columns)));
    let scores = if plan.after.is_some() { "scores" } else { result };
    let names: &[&str] = if plan.is_classifier { &["label", scores] } else { &[scores] };
    parts.nodes.push(write::node(operator, &[INPUT], names, attributes));
    if let Some((operator, factor)) = plan.after {
        let attributes = if operator == "Softmax" { AttributeList::default().int("axis", 1) } else { AttributeList::default() };
        let unscaled = if factor == 1.0 { result } else { "unscaled" };
        parts.nodes.push(write::node(operator, &[scores], &[unscaled], attributes));
        if factor != 1.0 {
            parts.nodes.push(write::node("Mul", &[unscaled, "factor"], &[result], AttributeList::default()));
            parts.constants.push(write::tensor("factor", Width::Single, &[factor]));
        }
    }
    Ok((parts, categories))
}

fn operator(
    model: &Model,
    version: Version,
    plan: &Plan,
    trees: &[Nodes],
    width: Width,
) -> Result<(&'static str, AttributeList, usize), String> {
    let outputs = model.num_outputs();
    let (name, number) = match model.aggregation {
        Aggregation::Mean => ("AVERAGE", 0),
        Aggregation::Sum => ("SUM", 1),
        Aggregation::Min => ("MIN", 2),
        Aggregation::Max => ("MAX", 3),
        _ => return Err("what becomes of its trees".into()),
    };
    if version == Version::Five {
        // Of the others onnxruntime takes the numbers for each other's.
        let transform = if plan.post_transform == "PROBIT" { 4 } else { 0 };
        let (attributes, categories) = write_v5::attributes(trees, width)?;
        let attributes = attributes.int("n_targets", outputs as i64).int("aggregate_function", number);
        return Ok(("TreeEnsemble", attributes.int("post_transform", transform as i64), categories));
    }
    if plan.is_classifier {
        let (attributes, categories) = write_v3::attributes(trees, &v3::CLASS, width);
        let attributes = attributes.text("post_transform", plan.post_transform);
        let classes = match &model.classes {
            Some(texts) => attributes.texts("classlabels_strings", texts),
            None => attributes.ints("classlabels_int64s", (0..outputs.max(2) as i64).collect()),
        };
        return Ok(("TreeEnsembleClassifier", classes, categories));
    }
    let (attributes, categories) = write_v3::attributes(trees, &v3::TARGET, width);
    let attributes =
        attributes.text("post_transform", plan.post_transform).int("n_targets", outputs as i64).text("aggregate_function", name);
    let has_base = model.aggregation != Aggregation::Sum && model.base_score.iter().any(|&base| base != 0.0);
    let attributes = if has_base { attributes.numbers("base_values", width, &model.base_score) } else { attributes };
    Ok(("TreeEnsembleRegressor", attributes, categories))
}

/// What the operators have no place for.
fn metadata(model: &Model) -> Vec<(&'static str, String)> {
    let list = |texts: Vec<&str>| serde_json::to_string(&texts).unwrap_or_default();
    let features = &model.schema.features;
    let mut metadata = vec![(OBJECTIVE, model.objective.name.clone())];
    if model.schema.named {
        metadata.push((FEATURE_NAMES, list(features.iter().map(|feature| feature.name.as_str()).collect())));
    }
    if let (Some(classes), Outputs::Binary | Outputs::Classes) = (&model.classes, &model.outputs) {
        metadata.push((CLASSES, list(classes.iter().map(String::as_str).collect())));
    }
    let levels = |(at, feature): (usize, &Feature)| match &feature.kind {
        FeatureKind::Categorical { levels } => Some((at, levels.clone())),
        _ => None,
    };
    let levels: Vec<(usize, Vec<String>)> = features.iter().enumerate().filter_map(levels).collect();
    if !levels.is_empty() {
        metadata.push((CATEGORIES, serde_json::to_string(&levels).unwrap_or_default()));
    }
    metadata
}
