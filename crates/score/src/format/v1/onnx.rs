//! What models from ONNX have beyond version 1: the key `onnx` of the header, which these models require.

use super::header as h;
use crate::{Aggregation, Derivation, DerivedFeature, Error, Link, Model, OnnxTransform, Precision};

/// The name in `requires`.
pub(super) const REQUIREMENT: &str = "onnx";

/// Checks that the model's derived features can be told: codes are listed after all others.
///
/// # Errors
/// Another derived feature after a code.
pub(super) fn check(model: &Model) -> Result<(), Error> {
    let is_code = |feature: &DerivedFeature| matches!(feature.derivation, Derivation::Code { .. });
    match model.derived.is_sorted_by_key(is_code) {
        true => Ok(()),
        false => Err(Error::Inconsistent("a derived feature after one that is the code of a number".into())),
    }
}

impl h::Onnx {
    /// What the model has of it, if anything.
    pub fn of(model: &Model) -> Option<Self> {
        let transform = match model.link {
            Link::Onnx(transform) => Some(match transform {
                OnnxTransform::None => h::OnnxTransform::None,
                OnnxTransform::Logistic { cut } => h::OnnxTransform::Logistic { cut },
                OnnxTransform::Softmax => h::OnnxTransform::Softmax,
                OnnxTransform::SoftmaxZero => h::OnnxTransform::SoftmaxZero,
                OnnxTransform::Probit => h::OnnxTransform::Probit,
                OnnxTransform::Exp { factor } => h::OnnxTransform::Exp { factor },
            }),
            _ => None,
        };
        let extreme = match model.aggregation {
            Aggregation::Min => Some(h::Extreme::Min),
            Aggregation::Max => Some(h::Extreme::Max),
            Aggregation::Sum | Aggregation::Mean => None,
        };
        let onnx = Self { transform, extreme, codes: model.derived.iter().filter_map(code).collect() };
        (onnx != Self::default()).then_some(onnx)
    }

    /// Gives it to the model of the rest of the file.
    pub fn add_to(self, model: &mut Model) {
        if let Some(transform) = self.transform {
            model.link = Link::Onnx(match transform {
                h::OnnxTransform::None => OnnxTransform::None,
                h::OnnxTransform::Logistic { cut } => OnnxTransform::Logistic { cut },
                h::OnnxTransform::Softmax => OnnxTransform::Softmax,
                h::OnnxTransform::SoftmaxZero => OnnxTransform::SoftmaxZero,
                h::OnnxTransform::Probit => OnnxTransform::Probit,
                h::OnnxTransform::Exp { factor } => OnnxTransform::Exp { factor },
            });
        }
        if let Some(extreme) = self.extreme {
            model.aggregation = match extreme {
                h::Extreme::Min => Aggregation::Min,
                h::Extreme::Max => Aggregation::Max,
            };
        }
        model.derived.extend(self.codes.into_iter().map(|h::Code { name, source, values, precision }| {
            let is_single = precision == h::Precision::Single;
            DerivedFeature { name, derivation: Derivation::Code { source, values, is_single } }
        }));
    }
}

fn code(feature: &DerivedFeature) -> Option<h::Code> {
    match &feature.derivation {
        Derivation::Code { source, values, is_single } => {
            let (name, values) = (feature.name.clone(), values.clone());
            let precision = if *is_single { h::Precision::Single } else { h::Precision::Double };
            Some(h::Code { name, source: *source, values, precision })
        }
        _ => None,
    }
}

impl From<Precision> for h::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Double => Self::Double,
            Precision::Single => Self::Single,
        }
    }
}

impl From<h::Precision> for Precision {
    fn from(precision: h::Precision) -> Self {
        match precision {
            h::Precision::Double => Self::Double,
            h::Precision::Single => Self::Single,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Condition, FeatureSchema, Leaf, MissingRule, Node, Objective, Scorer, Split, Tree};
    use ndarray::array;

    fn model(aggregation: Aggregation) -> Model {
        let mut split = Split::new(1, Condition::Levels(vec![0b10]), false, (1, 2), 0.0, 0.0);
        split.missing = MissingRule::UnseenRight;
        let leaf = |value| Node::Leaf(Leaf::new(value, 0.0));
        let trees = vec![Tree::new(vec![Node::Split(split), leaf(-3.0), leaf(5.0)]), Tree::leaf(1.0, 0.0)];
        let mut model = Model::new(FeatureSchema::numeric(1), Objective::SquaredError, vec![10.0], trees);
        let derivation = Derivation::Code { source: 0, values: vec![-7.5, 0.0, f64::from(0.1f32)], is_single: true };
        model.derived.push(DerivedFeature { name: "code".into(), derivation });
        (model.link, model.aggregation) = (Link::Onnx(OnnxTransform::Exp { factor: 2.0 }), aggregation);
        model
    }

    fn margins(aggregation: Aggregation) -> Vec<f64> {
        let scorer = Scorer::new(model(aggregation)).unwrap();
        scorer.margins(array![[0.0], [-0.0], [1e-60], [-7.5], [0.1], [f64::NAN]].view()).unwrap().into_raw_vec_and_offset().0
    }

    #[test]
    fn the_least_or_the_greatest_tree_counts() {
        assert_eq!(margins(Aggregation::Min), [7.0, 7.0, 7.0, 11.0, 11.0, 11.0]);
        assert_eq!(margins(Aggregation::Max), [11.0, 11.0, 11.0, 15.0, 15.0, 15.0]);
        assert_eq!(margins(Aggregation::Sum), [8.0, 8.0, 8.0, 16.0, 16.0, 16.0]);
    }

    #[test]
    fn files_keep_it_and_require_it() {
        for aggregation in [Aggregation::Min, Aggregation::Max, Aggregation::Mean] {
            let model = model(aggregation);
            let bytes = model.to_bytes().unwrap();
            assert!(bytes.windows(19).any(|window| window == br#""requires":["onnx"]"#));
            assert_eq!(Model::from_bytes(&bytes).unwrap(), model);
        }
    }

    #[test]
    fn only_what_is_added_up_is_explained() {
        let refused = crate::Explainer::new(&model(Aggregation::Min)).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("the least or the greatest"), "{refused}");
        assert!(crate::Explainer::new(&model(Aggregation::Mean)).is_ok());
    }
}
