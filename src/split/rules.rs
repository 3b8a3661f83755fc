//! [`FeatureRules`]: what parameters say about single features, with names turned into positions.

use crate::names::{list, nearest};
use crate::params::{FeatureName, Params, PerFeature};
use crate::{Error, FeatureSchema, Result};

/// What parameters say about single features.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeatureRules {
    /// How the weights of a split's children must differ, by feature: 1, the right one is the larger; -1, the smaller; 0, either. Empty if
    /// no feature has such a rule.
    directions: Vec<f64>,
    /// Groups of features that may meet on the way to a leaf, each as a flag by feature.
    groups: Vec<Vec<bool>>,
    /// How likely each feature is drawn, in proportion to the others. Empty if all alike.
    weights: Vec<f64>,
}

impl FeatureRules {
    /// The rules for features of a schema.
    ///
    /// # Errors
    /// Names that no feature has, numbers for more or fewer features than there are, and an order of levels.
    pub fn new(params: &Params, schema: &FeatureSchema) -> Result<Self> {
        let directions = by_feature("monotone_constraints", &params.monotone_constraints.0, schema, 0.0)?;
        check_order(&directions, schema)?;
        let weights = by_feature("feature_weights", &params.feature_weights, schema, 1.0)?;
        if !weights.is_empty() && weights.iter().all(|&weight| weight == 0.0) {
            let error = Error::parameter("feature_weights are 0 for all features, so that none can be drawn");
            return Err(error.with_parameter("feature_weights").with_remedy("give at least one feature a weight above 0"));
        }
        let group = |names: &Vec<FeatureName>| {
            let mut flags = vec![false; schema.len()];
            for name in names {
                flags[position("interaction_constraints", name, schema)?] = true;
            }
            Ok(flags)
        };
        let groups = params.interaction_constraints.0.iter().map(group).collect::<Result<_>>()?;
        Ok(Self { directions, groups, weights })
    }

    /// How the weights of the children of a split on a feature must differ.
    #[inline(always)]
    pub fn direction(&self, feature: u32) -> f64 {
        self.directions.get(feature as usize).copied().unwrap_or(0.0)
    }

    /// Whether any feature has a direction.
    pub fn are_monotone(&self) -> bool {
        !self.directions.is_empty()
    }

    /// How likely each feature is drawn.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Whether features on the way to a leaf say which ones may follow.
    pub fn limit_interactions(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Those of some features that may be split on below splits on `used`: these themselves, and those in a group with all of them, as in
    /// XGBoost. A feature in no group can so only be used alone.
    pub fn allowed(&self, features: &[u32], used: &[u32]) -> Vec<u32> {
        let groups: Vec<_> = self.groups.iter().filter(|group| used.iter().all(|&feature| group[feature as usize])).collect();
        let may_follow = |feature: &u32| used.contains(feature) || groups.iter().any(|group| group[*feature as usize]);
        features.iter().copied().filter(may_follow).collect()
    }
}

/// The number of each feature, `default` for those that a map leaves out; nothing if nothing is given.
fn by_feature(parameter: &str, given: &PerFeature, schema: &FeatureSchema, default: f64) -> Result<Vec<f64>> {
    match given {
        _ if given.is_empty() => Ok(Vec::new()),
        PerFeature::List(numbers) => in_order(parameter, numbers, schema, default),
        PerFeature::Map(pairs) => {
            let mut numbers = vec![None; schema.len()];
            for (name, number) in pairs {
                let feature = position(parameter, name, schema)?;
                if numbers[feature].replace(*number).is_some() {
                    let cause = format!("{parameter} names the feature {:?} twice", schema.features[feature].name);
                    return Err(Error::parameter(cause).with_parameter(parameter).with_remedy("name it once"));
                }
            }
            Ok(numbers.into_iter().map(|number| number.unwrap_or(default)).collect())
        }
    }
}

/// A list as XGBoost takes it: of sparse data, by the indices of the data.
fn in_order(parameter: &str, numbers: &[f64], schema: &FeatureSchema, neutral: f64) -> Result<Vec<f64>> {
    let base = base(schema);
    if numbers.len() == schema.len() + base && numbers[..base].iter().all(|&number| number == neutral || number == 0.0) {
        return Ok(numbers[base..].to_vec());
    }
    let error = Error::parameter(match base {
        0 => format!(
            "{parameter} has {} entries for {} features: {}",
            numbers.len(),
            schema.len(),
            list(&schema.features.iter().map(|feature| feature.name.clone()).collect::<Vec<_>>())
        ),
        _ => format!(
            "{parameter} has {} entries, and the indices of the data count from 1 to {}: an entry belongs to the index that is its position, \
             counted from 0",
            numbers.len(),
            schema.len()
        ),
    });
    Err(error.with_parameter(parameter).with_remedy(match base {
        0 => "give one for each feature in this order, or a map by name such as {\"NAME\": 1}".to_string(),
        _ => format!("give {}, the first of which is 0, or a map by index such as {{1: 1}}", schema.len() + 1),
    }))
}

/// The number of the first feature. Of sparse data it is the index that stands in them, as in XGBoost.
fn base(schema: &FeatureSchema) -> usize {
    schema.index_base.map_or(0, usize::from)
}

fn check_order(directions: &[f64], schema: &FeatureSchema) -> Result<()> {
    let ordered =
        directions.iter().zip(&schema.features).find(|(direction, feature)| **direction != 0.0 && feature.kind.is_categorical());
    let Some((direction, feature)) = ordered else { return Ok(()) };
    let error = Error::parameter(format!(
        "monotone_constraints gives {:?} the direction {direction}, and the feature is categorical: its levels have no order",
        feature.name
    ));
    Err(error.with_parameter("monotone_constraints").with_remedy("give it 0, or numbers as values"))
}

/// The position of a feature: by name, or by its number.
fn position(parameter: &str, name: &FeatureName, schema: &FeatureSchema) -> Result<usize> {
    let base = base(schema);
    let by_number = |index: usize| index.checked_sub(base).filter(|&position| position < schema.len());
    let error = |cause: String, remedy: String| {
        Err(Error::parameter(format!("{parameter} {cause}")).with_parameter(parameter).with_remedy(remedy))
    };
    match name {
        FeatureName::Name(name) => {
            let number = || name.parse().ok().and_then(by_number);
            let Some(position) = schema.position(name).or_else(number) else {
                let names = || schema.features.iter().map(|feature| feature.name.as_str());
                let hint = nearest(name, names()).map_or_else(String::new, |nearest| format!("did you mean {nearest}? "));
                let all = list(&names().map(str::to_string).collect::<Vec<_>>());
                return error(format!("names {name:?}, which is no feature"), format!("{hint}features are {all}"));
            };
            Ok(position)
        }
        FeatureName::Index(index) => {
            let named = schema.position(&index.to_string()).filter(|_| schema.named);
            let Some(position) = by_number(*index) else {
                return match named {
                    Some(position) => Ok(position),
                    None => error(
                        format!("names feature {index}, and features are numbered from {base} to {}", schema.len() + base - 1),
                        "give a feature's number, or its name in quotes; labels and weights are no features".to_string(),
                    ),
                };
            };
            match named {
                Some(other) if other != position => error(
                    format!(
                        "names {index}, which can be read in two ways: as the feature at position {index} ({:?}), and as the one called {index}",
                        schema.features[position].name
                    ),
                    format!("write the name in quotes, \"{index}\", or name the other one"),
                ),
                _ => Ok(position),
            }
        }
    }
}
