//! From the types of version 1 to the model.

use super::{header as h, payload as p};
use crate::{
    Aggregation, Calibration, Condition, Derivation, DerivedFeature, Ensemble, Error, Feature, FeatureKind, FeatureSchema, Layout,
    Leaf, LeafValue, LinearLeaf, LinearTerm, Link, MeanOf, Member, MissingRule, Model, Node, ObjectiveSpec, Outputs, Prediction,
    Reading, Role, Split, TargetStatistic, Tree,
};

impl h::Header {
    /// The model of this header and `payload`.
    pub fn into_model(self, payload: p::Payload) -> Result<Model, Error> {
        let nodes: usize = payload.trees.iter().map(|tree| tree.nodes.len()).sum();
        let held = (payload.derived.len() as u64, payload.trees.len() as u64, nodes as u64);
        let stated = (self.derived, self.trees, self.nodes);
        if stated != held {
            return Err(Error::Malformed(format!(
                "the header states {} derived features and {} trees of {} nodes, the payload holds {} and {} of {}",
                stated.0, stated.1, stated.2, held.0, held.1, held.2
            )));
        }
        let mut model = Model {
            schema: schema(self.schema)?,
            reading: Reading {
                missing_values: self.reading.missing_values,
                decimal_mark: self.reading.decimal_mark,
                infinite_values: self.reading.infinite_values,
                ignored_columns: self.reading.ignored_columns,
                label_column: self.reading.label_column,
                label_lower_bound_column: self.reading.label_lower_bound_column,
                label_upper_bound_column: self.reading.label_upper_bound_column,
                weight_column: self.reading.weight_column,
                group_column: self.reading.group_column,
                base_margin_column: self.reading.base_margin_column,
            },
            required_roles: self.required_roles.iter().map(|name| role(name)).collect::<Result<_, _>>()?,
            derived: payload.derived.into_iter().map(derived).collect(),
            objective: ObjectiveSpec::new(self.objective.name, self.objective.parameters),
            link: link(&self.link),
            outputs: outputs(self.outputs),
            prediction: match self.prediction {
                h::Prediction::Mean => Prediction::Mean,
                h::Prediction::Margin => Prediction::Margin,
                h::Prediction::Class => Prediction::Class,
            },
            classes: self.classes,
            calibration: self.calibration.map(calibration),
            base_score: self.base_score,
            parallel_trees: self.parallel_trees,
            layout: self.layout.map(|layout| Layout { rounds: layout.rounds, outputs: layout.outputs }),
            trees: payload.trees.into_iter().map(tree).collect(),
            aggregation: match self.aggregation {
                h::Aggregation::Sum => Aggregation::Sum,
                h::Aggregation::Mean => Aggregation::Mean,
            },
            precision: self.precision.into(),
            ensemble: self.ensemble.map(ensemble),
            best_iteration: self.best_iteration,
            best_score: self.best_score,
            params: self.params,
            attributes: self.attributes,
        };
        if let Some(onnx) = self.onnx {
            onnx.add_to(&mut model);
        }
        Ok(model)
    }
}

fn schema(schema: h::Schema) -> Result<FeatureSchema, Error> {
    let feature = |feature: h::Feature| {
        let kind = match (feature.kind, feature.levels) {
            (h::FeatureType::Categorical, Some(levels)) => FeatureKind::Categorical { levels },
            (h::FeatureType::Numeric, None) => FeatureKind::Numeric,
            (h::FeatureType::Boolean, None) => FeatureKind::Boolean,
            (h::FeatureType::Date, None) => FeatureKind::Date,
            (h::FeatureType::Datetime, None) => FeatureKind::Datetime,
            (_, levels) => {
                let has = if levels.is_some() { "has levels but is not" } else { "has no levels but is" };
                return Err(Error::Malformed(format!("header: feature {:?} {has} categorical", feature.name)));
            }
        };
        Ok(Feature { name: feature.name, kind })
    };
    let features = schema.features.into_iter().map(feature).collect::<Result<_, _>>()?;
    Ok(FeatureSchema { features, named: schema.named, index_base: schema.index_base })
}

fn role(name: &str) -> Result<Role, Error> {
    Role::from_name(name).ok_or_else(|| Error::UnknownRequirements(format!("the role {name:?}")))
}

fn link(link: &h::Link) -> Link {
    match *link {
        h::Link::Identity => Link::Identity,
        h::Link::Logit { scale } => Link::Logit { scale },
        h::Link::Log => Link::Log,
        h::Link::Softplus => Link::Softplus,
        h::Link::SignedSquare => Link::SignedSquare,
        h::Link::Step => Link::Step,
        h::Link::Softmax => Link::Softmax,
        h::Link::Sorted => Link::Sorted,
        h::Link::CumulativeSoftplus => Link::CumulativeSoftplus,
    }
}

fn outputs(outputs: h::Outputs) -> Outputs {
    match outputs {
        h::Outputs::Value => Outputs::Value,
        h::Outputs::Binary => Outputs::Binary,
        h::Outputs::Classes => Outputs::Classes,
        h::Outputs::Targets { names } => Outputs::Targets(names),
        h::Outputs::Quantiles { levels } => Outputs::Quantiles(levels),
        h::Outputs::Expectiles { levels } => Outputs::Expectiles(levels),
    }
}

fn calibration(calibration: h::Calibration) -> Calibration {
    match calibration {
        h::Calibration::Linear { slopes, intercepts } => Calibration::Linear { slopes, intercepts },
        h::Calibration::Isotonic { outputs } => Calibration::Isotonic { outputs },
    }
}

fn ensemble(ensemble: h::Ensemble) -> Ensemble {
    let member = |member: h::Member| Member {
        trees: member.trees,
        base_score: member.base_score,
        weight: member.weight,
        best_iteration: member.best_iteration,
        best_score: member.best_score,
    };
    let mean_of = match ensemble.mean_of {
        h::MeanOf::Margins => MeanOf::Margins,
        h::MeanOf::Means => MeanOf::Means,
        h::MeanOf::Votes => MeanOf::Votes,
    };
    Ensemble { mean_of, members: ensemble.members.into_iter().map(member).collect() }
}

fn derived(feature: p::Derived) -> DerivedFeature {
    let derivation = match feature.derivation {
        p::Derivation::TargetStatistic { source, target, prior, prior_weight, sums, counts } => {
            Derivation::TargetStatistic(TargetStatistic { source, target, prior, prior_weight, sums, counts })
        }
        p::Derivation::Count { source, counts } => Derivation::Count { source, counts },
        p::Derivation::Pair { first, second, levels } => Derivation::Pair { first, second, levels },
        p::Derivation::Difference { first, second } => Derivation::Difference { first, second },
        p::Derivation::Sum { first, second } => Derivation::Sum { first, second },
        p::Derivation::Product { first, second } => Derivation::Product { first, second },
    };
    DerivedFeature { name: feature.name, derivation }
}

fn tree(tree: p::Tree) -> Tree {
    Tree { nodes: tree.nodes.into_iter().map(node).collect(), counts: tree.counts, weight: tree.weight }
}

fn node(node: p::Node) -> Node {
    match node {
        p::Node::Split(split) => Node::Split(self::split(split)),
        p::Node::Leaf { value, cover } => Node::Leaf(Leaf::new(value, cover)),
        p::Node::VectorLeaf { values, cover } => Node::Leaf(Leaf::of(LeafValue::Vector(values), cover)),
        p::Node::LinearLeaf(linear) => {
            let p::LinearLeaf { constant, terms, if_missing, range, cover } = *linear;
            let term = |term: p::Term| LinearTerm { feature: term.feature, coefficient: term.coefficient, range: term.range };
            let linear = LinearLeaf { constant, terms: terms.into_iter().map(term).collect(), if_missing, range };
            Node::Leaf(Leaf::of(LeafValue::Linear(Box::new(linear)), cover))
        }
    }
}

fn split(split: p::Split) -> Split {
    Split {
        feature: split.feature,
        condition: match split.condition {
            p::Condition::Threshold(threshold) => Condition::Threshold(threshold),
            p::Condition::Levels(words) => Condition::Levels(words),
        },
        default_left: split.default_left,
        missing: match split.missing {
            p::MissingRule::Nan => MissingRule::Nan,
            p::MissingRule::NanOrZero => MissingRule::NanOrZero,
            p::MissingRule::NanIsZero => MissingRule::NanIsZero,
            p::MissingRule::UnseenLeft => MissingRule::UnseenLeft,
            p::MissingRule::UnseenRight => MissingRule::UnseenRight,
        },
        left: split.left,
        right: split.right,
        gain: split.gain,
        cover: split.cover,
    }
}
