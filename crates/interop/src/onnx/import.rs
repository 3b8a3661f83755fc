//! From what a graph computes to a model: what its scores mean, and what is added last.

use super::ensemble::{Aggregate, Ensemble, RawNode, Transform};
use super::graph::{After, Graph};
use super::metadata::Metadata;
use super::operator::{Classes, Operator};
use super::trees::{self, Forest};
use sapwood_score::{
    Aggregation, FeatureSchema, Layout, Leaf, LeafValue, Link, Model, Node, Objective, OnnxTransform, Outputs, Precision,
    Prediction, Tree,
};

/// What a model's outputs are, and what becomes of them.
struct Meaning {
    objective: Objective,
    outputs: Outputs,
    link: Link,
    prediction: Prediction,
}

/// The model of a graph.
///
/// # Errors
/// What Sapwood, or what it does not do as onnxruntime does.
pub fn model(graph: Graph, metadata: &Metadata) -> Result<Model, String> {
    let Graph { names, features, columns, operator, after } = graph;
    let meaning = meaning(&operator, after, metadata.is_own)?;
    let Operator { mut ensemble, classes, .. } = operator;
    if classes.is_none() {
        drop_unused_base(&mut ensemble)?;
    }
    let ensemble = match meaning.outputs {
        Outputs::Binary if classes.is_some() => of_second_class(ensemble)?,
        _ => ensemble,
    };
    if let Some(base) = ensemble.base.iter().find(|base| !base.is_finite()) {
        return Err(format!("the base value {base}"));
    }
    let precision = if ensemble.is_double { Precision::Double } else { Precision::Single };
    let (base, targets, aggregate) = (ensemble.base.clone(), ensemble.targets, ensemble.aggregate);
    let base = match base.len() {
        0 => vec![0.0; targets],
        found if found == targets => base,
        found => return Err(format!("{found} base values for {targets} targets")),
    };
    let mut schema = schema(features, names);
    metadata.add_to(&mut schema);
    let forest = trees::convert(ensemble, &columns, &schema)?;
    let mut model = Model::new(schema, meaning.objective, base, Vec::new());
    model.link = meaning.link;
    model.outputs = meaning.outputs;
    model.prediction = meaning.prediction;
    model.precision = precision;
    model.reading.infinite_values = true;
    model.aggregation = match aggregate {
        Aggregate::Sum => Aggregation::Sum,
        Aggregate::Average => Aggregation::Mean,
        Aggregate::Min => Aggregation::Min,
        Aggregate::Max => Aggregation::Max,
    };
    if model.num_classes().is_some() {
        model.classes = classes.and_then(Classes::texts);
    }
    add_trees(&mut model, forest);
    Ok(model)
}

/// What the scores of an operator mean.
fn meaning(operator: &Operator, after: After, is_own: bool) -> Result<Meaning, String> {
    match &operator.classes {
        None => of_targets(operator, after, is_own),
        Some(classes) => {
            let meaning = of_classes(operator, classes.len())?;
            match after {
                After::Scores => Ok(meaning),
                After::Labels => Ok(Meaning { prediction: Prediction::Class, ..meaning }),
                _ => Err("an operator after a classifier whose effect is not read".into()),
            }
        }
    }
}

fn of_targets(operator: &Operator, after: After, is_own: bool) -> Result<Meaning, String> {
    let Ensemble { targets, transform, is_double, .. } = operator.ensemble;
    let outputs = match targets {
        1 => Outputs::Value,
        _ => Outputs::Targets((0..targets).map(|target| target.to_string()).collect()),
    };
    let mean = |objective, outputs, link| Ok(Meaning { objective, outputs, link, prediction: Prediction::Mean });
    // Of one target onnxruntime knows PROBIT alone, and passes over the others.
    let transform = if targets == 1 && transform != Transform::Probit { Transform::None } else { transform };
    let squared = Objective::SquaredError;
    // ONNX's own functions of floats are approximations, each runtime's another. A file of Sapwood's says by them which link it had.
    let is_exact = operator.tells_doubles || is_own;
    match (after, transform) {
        (After::Scores, Transform::None) if is_double && !operator.tells_doubles => {
            mean(squared, outputs, Link::Onnx(OnnxTransform::None))
        }
        (After::Scores, Transform::None) => mean(squared, outputs, Link::Identity),
        (After::Scores, transform) => mean(squared, outputs, Link::Onnx(of_transform(transform, is_double)?)),
        (After::Exp { factor: 1.0 }, Transform::None) if operator.tells_doubles => mean(squared, outputs, Link::Log),
        (After::Exp { factor }, Transform::None) if !operator.tells_doubles => {
            mean(squared, outputs, Link::Onnx(OnnxTransform::Exp { factor: factor.into() }))
        }
        (After::Sigmoid, Transform::None) if is_exact => match targets {
            1 => mean(Objective::Logistic, Outputs::Value, Link::LOGIT),
            _ => mean(Objective::BinaryLogistic, outputs, Link::LOGIT),
        },
        (After::Softmax, Transform::None) if is_exact && targets > 1 => mean(Objective::Softprob, Outputs::Classes, Link::Softmax),
        _ => Err("an operator after the trees whose effect on these scores is not read to the last bits".into()),
    }
}

fn of_transform(transform: Transform, is_double: bool) -> Result<OnnxTransform, String> {
    Ok(match transform {
        Transform::None => OnnxTransform::None,
        Transform::Logistic => OnnxTransform::Logistic { cut: 0.0 },
        Transform::Softmax => OnnxTransform::Softmax,
        Transform::SoftmaxZero if is_double => return Err("SOFTMAX_ZERO of doubles, which onnxruntime rounds now and then".into()),
        Transform::SoftmaxZero => OnnxTransform::SoftmaxZero,
        Transform::Probit => OnnxTransform::Probit,
    })
}

/// Of two classes onnxruntime has rules of its own, by which weights there are.
fn of_classes(operator: &Operator, classes: usize) -> Result<Meaning, String> {
    let ensemble = &operator.ensemble;
    let Ensemble { transform, is_double, .. } = *ensemble;
    let has_base = ensemble.base.iter().any(|&base| base != 0.0);
    let link = |transform| Link::Onnx(transform);
    let several = |transform| {
        let (objective, outputs, prediction) = (Objective::Softprob, Outputs::Classes, Prediction::Mean);
        Ok(Meaning { objective, outputs, link: link(transform), prediction })
    };
    let binary = |transform| {
        let (objective, outputs, prediction) = (Objective::BinaryLogistic, Outputs::Binary, Prediction::Mean);
        Ok(Meaning { objective, outputs, link: link(transform), prediction })
    };
    let raw = Meaning {
        objective: Objective::BinaryLogitraw,
        outputs: Outputs::Binary,
        link: link(OnnxTransform::Logistic { cut: 0.0 }),
        prediction: Prediction::Margin,
    };
    let cut = if operator.is_positive { 0.5 } else { 0.0 };
    match (classes, votes(ensemble)) {
        (0 | 1, _) => Err("a classifier of less than two classes".into()),
        (2, Votes::Both | Votes::Opposite) if has_base => {
            Err("base values of two classes that both have weights, which onnxruntime adds in another way".into())
        }
        (2, Votes::Second) if has_base => Err("base values of a class without weights".into()),
        (2, Votes::First) if ensemble.base.len() > 1 => Err("two base values of classes of which one has weights".into()),
        (2, Votes::First | Votes::Second | Votes::Opposite) if transform == Transform::Logistic => {
            let cut = if votes(ensemble) == Votes::Opposite { 0.0 } else { cut };
            binary(OnnxTransform::Logistic { cut })
        }
        (2, Votes::Opposite) if transform == Transform::None => Ok(raw),
        (2, Votes::First | Votes::Second) if transform == Transform::Probit => Err("PROBIT of one weight for two classes".into()),
        (2, Votes::Second) if transform != Transform::None => {
            Err(format!("{transform:?} of two classes of which one has no weights"))
        }
        (2, Votes::First | Votes::Second) if operator.is_positive => binary(OnnxTransform::None),
        (2, Votes::First | Votes::Second) => Ok(raw),
        (2, _) if !is_scored(ensemble, 1) => Err("rows that no leaf may vote for the second class for".into()),
        (2, _) => several(of_transform(transform, is_double)?),
        _ if ensemble.base.is_empty() && !(0..classes).all(|class| is_scored(ensemble, class)) => {
            Err("classes that no leaf may vote for, which onnxruntime then leaves out".into())
        }
        _ => several(of_transform(transform, is_double)?),
    }
}

/// Which of two classes have weights.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Votes {
    First,
    Second,
    /// Each leaf has opposite ones for both.
    Opposite,
    Both,
}

fn votes(ensemble: &Ensemble) -> Votes {
    let has = |class| ensemble.weights.iter().any(|(target, _)| *target == class);
    let is_opposite = |node: &RawNode| match node {
        RawNode::Leaf { weights, .. } => {
            matches!(ensemble.weights[weights.clone()], [(0, first), (1, second)] if first == -second)
        }
        RawNode::Split(_) => true,
    };
    match (has(0), has(1)) {
        (true, true) if ensemble.trees.iter().flatten().all(is_opposite) => Votes::Opposite,
        (true, true) => Votes::Both,
        (_, false) => Votes::First,
        (false, true) => Votes::Second,
    }
}

/// Whether every row gets a vote for a class: some tree has none but leaves that vote for it.
fn is_scored(ensemble: &Ensemble, class: usize) -> bool {
    let votes = |node: &RawNode| match node {
        RawNode::Leaf { weights, .. } => ensemble.weights[weights.clone()].iter().any(|(target, _)| *target == class),
        RawNode::Split(_) => true,
    };
    ensemble.trees.iter().any(|tree| tree.iter().all(votes))
}

/// Of several targets, one that no leaf voted for is 0, whatever its base value.
fn drop_unused_base(ensemble: &mut Ensemble) -> Result<(), String> {
    if ensemble.targets == 1 {
        return Ok(());
    }
    for target in 0..ensemble.base.len() {
        if ensemble.base[target] == 0.0 || is_scored(ensemble, target) {
            continue;
        }
        if ensemble.weights.iter().any(|(voted, _)| *voted == target) {
            return Err("a base value of a target that only some rows get votes for, which onnxruntime then leaves out".into());
        }
        ensemble.base[target] = 0.0;
    }
    Ok(())
}

/// An ensemble of the one target that stands for two classes: the second where both have weights, else the one that has.
fn of_second_class(mut ensemble: Ensemble) -> Result<Ensemble, String> {
    let is_opposite = votes(&ensemble) == Votes::Opposite;
    let mut weights = Vec::with_capacity(ensemble.weights.len());
    for node in ensemble.trees.iter_mut().flatten() {
        let RawNode::Leaf { weights: range, own } = node else { continue };
        let kept = ensemble.weights[range.clone()].iter().filter(|(target, _)| !is_opposite || *target == 1);
        let start = weights.len();
        weights.extend(kept.map(|(_, weight)| (0, *weight)));
        // Nothing is added where a leaf has no weight.
        (*range, *own) = (start..weights.len(), 0.0);
    }
    (ensemble.weights, ensemble.targets) = (weights, 1);
    ensemble.base.retain(|&base| base != 0.0);
    Ok(ensemble)
}

fn schema(features: usize, names: Option<Vec<String>>) -> FeatureSchema {
    let mut schema = FeatureSchema::numeric(features);
    if let Some(names) = names {
        schema.named = true;
        schema.features.iter_mut().zip(names).for_each(|(feature, name)| feature.name = name);
    }
    schema
}

/// Gives a model its trees. What onnxruntime adds last is a tree of its own, so that sums are rounded as there.
fn add_trees(model: &mut Model, forest: Forest) {
    let Forest { trees, mut outputs, derived } = forest;
    (model.trees, model.derived) = (trees, derived);
    let targets = model.base_score.len();
    let has_vectors = model.has_vector_leaves();
    if model.aggregation == Aggregation::Sum && model.base_score.iter().any(|&base| base != 0.0) {
        let base = std::mem::replace(&mut model.base_score, vec![0.0; targets]);
        match has_vectors {
            true => model.trees.push(Tree::new(vec![Node::Leaf(Leaf::of(LeafValue::Vector(base), 0.0))])),
            false => {
                outputs.extend(0..targets as u32);
                model.trees.extend(base.into_iter().map(|base| Tree::leaf(base, 0.0)));
            }
        }
    }
    let is_regular =
        outputs.len().is_multiple_of(targets) && outputs.iter().enumerate().all(|(at, &output)| at % targets == output as usize);
    if !has_vectors && !is_regular {
        model.layout = Some(Layout { rounds: vec![1; outputs.len()], outputs });
    }
}
