//! From the model to the types of version 1.

use super::{header as h, payload as p};
use crate::{
    Aggregation, Calibration, Condition, Derivation, DerivedFeature, Ensemble, Feature, FeatureKind, FeatureSchema, Leaf,
    LeafValue, Link, MeanOf, Member, MissingRule, Model, Node, Outputs, Prediction, Split, TargetStatistic, Tree,
};

impl h::Header {
    pub fn of(model: &Model) -> Self {
        let reading = &model.reading;
        let payload_derived = model.derived.iter().filter_map(derived).count();
        let onnx = h::Onnx::of(model);
        Self {
            requires: onnx.iter().map(|_| super::onnx::REQUIREMENT.to_string()).collect(),
            schema: schema(&model.schema),
            reading: h::Reading {
                missing_values: reading.missing_values.clone(),
                decimal_mark: reading.decimal_mark,
                infinite_values: reading.infinite_values,
                trim: None,
                dates: Vec::new(),
                ignored_columns: reading.ignored_columns.clone(),
                label_column: reading.label_column.clone(),
                label_lower_bound_column: reading.label_lower_bound_column.clone(),
                label_upper_bound_column: reading.label_upper_bound_column.clone(),
                weight_column: reading.weight_column.clone(),
                group_column: reading.group_column.clone(),
                base_margin_column: reading.base_margin_column.clone(),
            },
            required_roles: model.required_roles.iter().map(|role| role.name().to_string()).collect(),
            objective: h::Objective { name: model.objective.name.clone(), parameters: model.objective.parameters.clone() },
            link: link(model.link),
            outputs: outputs(&model.outputs),
            prediction: match model.prediction {
                Prediction::Mean => h::Prediction::Mean,
                Prediction::Margin => h::Prediction::Margin,
                Prediction::Class => h::Prediction::Class,
            },
            classes: model.classes.clone(),
            calibration: model.calibration.as_ref().map(calibration),
            base_score: model.base_score.clone(),
            parallel_trees: model.parallel_trees,
            layout: model.layout.as_ref().map(|l| h::Layout { rounds: l.rounds.clone(), outputs: l.outputs.clone() }),
            aggregation: match model.aggregation {
                Aggregation::Sum | Aggregation::Min | Aggregation::Max => h::Aggregation::Sum,
                Aggregation::Mean => h::Aggregation::Mean,
            },
            precision: model.precision.into(),
            ensemble: model.ensemble.as_ref().map(ensemble),
            derived: payload_derived as u64,
            trees: model.trees.len() as u64,
            nodes: model.num_nodes() as u64,
            best_iteration: model.best_iteration,
            best_score: model.best_score,
            params: model.params.clone(),
            attributes: model.attributes.clone(),
            onnx,
        }
    }
}

fn schema(schema: &FeatureSchema) -> h::Schema {
    let feature = |feature: &Feature| {
        let (kind, levels) = match &feature.kind {
            FeatureKind::Numeric => (h::FeatureType::Numeric, None),
            FeatureKind::Boolean => (h::FeatureType::Boolean, None),
            FeatureKind::Date => (h::FeatureType::Date, None),
            FeatureKind::Datetime => (h::FeatureType::Datetime, None),
            FeatureKind::Categorical { levels } => (h::FeatureType::Categorical, Some(levels.clone())),
        };
        h::Feature { name: feature.name.clone(), kind, levels }
    };
    h::Schema { features: schema.features.iter().map(feature).collect(), named: schema.named, index_base: schema.index_base }
}

fn link(link: Link) -> h::Link {
    match link {
        Link::Identity | Link::Onnx(_) => h::Link::Identity,
        Link::Logit { scale } => h::Link::Logit { scale },
        Link::Log => h::Link::Log,
        Link::Softplus => h::Link::Softplus,
        Link::SignedSquare => h::Link::SignedSquare,
        Link::Step => h::Link::Step,
        Link::Softmax => h::Link::Softmax,
        Link::Sorted => h::Link::Sorted,
        Link::CumulativeSoftplus => h::Link::CumulativeSoftplus,
    }
}

fn outputs(outputs: &Outputs) -> h::Outputs {
    match outputs.clone() {
        Outputs::Value => h::Outputs::Value,
        Outputs::Binary => h::Outputs::Binary,
        Outputs::Classes => h::Outputs::Classes,
        Outputs::Targets(names) => h::Outputs::Targets { names },
        Outputs::Quantiles(levels) => h::Outputs::Quantiles { levels },
        Outputs::Expectiles(levels) => h::Outputs::Expectiles { levels },
    }
}

fn calibration(calibration: &Calibration) -> h::Calibration {
    match calibration.clone() {
        Calibration::Linear { slopes, intercepts } => h::Calibration::Linear { slopes, intercepts },
        Calibration::Isotonic { outputs } => h::Calibration::Isotonic { outputs },
    }
}

fn ensemble(ensemble: &Ensemble) -> h::Ensemble {
    let member = |member: &Member| h::Member {
        trees: member.trees,
        base_score: member.base_score.clone(),
        weight: member.weight,
        best_iteration: member.best_iteration,
        best_score: member.best_score,
    };
    let mean_of = match ensemble.mean_of {
        MeanOf::Margins => h::MeanOf::Margins,
        MeanOf::Means => h::MeanOf::Means,
        MeanOf::Votes => h::MeanOf::Votes,
    };
    h::Ensemble { mean_of, members: ensemble.members.iter().map(member).collect() }
}

impl p::Payload {
    pub fn of(model: &Model) -> Self {
        Self { derived: model.derived.iter().filter_map(derived).collect(), trees: model.trees.iter().map(tree).collect() }
    }
}

/// What the payload has of it; codes are in the header.
fn derived(feature: &DerivedFeature) -> Option<p::Derived> {
    let derivation = match feature.derivation.clone() {
        Derivation::TargetStatistic(TargetStatistic { source, target, prior, prior_weight, sums, counts }) => {
            p::Derivation::TargetStatistic { source, target, prior, prior_weight, sums, counts }
        }
        Derivation::Count { source, counts } => p::Derivation::Count { source, counts },
        Derivation::Pair { first, second, levels } => p::Derivation::Pair { first, second, levels },
        Derivation::Difference { first, second } => p::Derivation::Difference { first, second },
        Derivation::Sum { first, second } => p::Derivation::Sum { first, second },
        Derivation::Product { first, second } => p::Derivation::Product { first, second },
        Derivation::Code { .. } => return None,
    };
    Some(p::Derived { name: feature.name.clone(), derivation })
}

fn tree(tree: &Tree) -> p::Tree {
    p::Tree { weight: tree.weight, counts: tree.counts.clone(), nodes: tree.nodes.iter().map(node).collect() }
}

fn node(node: &Node) -> p::Node {
    match node {
        Node::Leaf(leaf) => self::leaf(leaf),
        Node::Split(split) => p::Node::Split(self::split(split)),
    }
}

fn leaf(leaf: &Leaf) -> p::Node {
    let cover = leaf.cover;
    match &leaf.value {
        LeafValue::Scalar(value) => p::Node::Leaf { value: *value, cover },
        LeafValue::Vector(values) => p::Node::VectorLeaf { values: values.clone(), cover },
        LeafValue::Linear(linear) => {
            let term =
                |term: &crate::LinearTerm| p::Term { feature: term.feature, coefficient: term.coefficient, range: term.range };
            let terms = linear.terms.iter().map(term).collect();
            let (constant, if_missing, range) = (linear.constant, linear.if_missing, linear.range);
            p::Node::LinearLeaf(Box::new(p::LinearLeaf { constant, terms, if_missing, range, cover }))
        }
    }
}

fn split(split: &Split) -> p::Split {
    p::Split {
        feature: split.feature,
        condition: match &split.condition {
            Condition::Threshold(threshold) => p::Condition::Threshold(*threshold),
            Condition::Levels(words) => p::Condition::Levels(words.clone()),
        },
        default_left: split.default_left,
        missing: match split.missing {
            MissingRule::Nan => p::MissingRule::Nan,
            MissingRule::NanOrZero => p::MissingRule::NanOrZero,
            MissingRule::NanIsZero => p::MissingRule::NanIsZero,
            MissingRule::UnseenLeft => p::MissingRule::UnseenLeft,
            MissingRule::UnseenRight => p::MissingRule::UnseenRight,
        },
        left: split.left,
        right: split.right,
        gain: split.gain,
        cover: split.cover,
    }
}
