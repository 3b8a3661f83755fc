//! What an XGBoost model file says, as it says it. Versions differ in what is there; scalars are texts.

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, de};
use std::collections::BTreeMap;
use std::fmt;

/// Parameters by name.
pub type Params = BTreeMap<String, String>;

/// The whole file.
#[derive(Deserialize)]
pub struct File {
    pub learner: Learner,
    #[serde(default)]
    pub version: Vec<u32>,
}

#[derive(Deserialize)]
pub struct Learner {
    #[serde(default)]
    pub attributes: Params,
    #[serde(default)]
    pub feature_names: Vec<String>,
    pub gradient_booster: Booster,
    pub learner_model_param: LearnerParams,
    pub objective: Objective,
}

#[derive(Deserialize)]
pub struct LearnerParams {
    pub base_score: String,
    #[serde(default)]
    pub num_class: String,
    #[serde(default)]
    pub num_feature: String,
    #[serde(default)]
    pub num_target: String,
}

#[derive(Deserialize)]
pub struct Objective {
    pub name: String,
    #[serde(default)]
    pub quantile_loss_param: Params,
    #[serde(default)]
    pub expectile_loss_param: Params,
    #[serde(default)]
    pub tweedie_regression_param: Params,
    #[serde(default)]
    pub pseudo_huber_param: Params,
    #[serde(default)]
    pub aft_loss_param: Params,
}

/// The trees; until 3.2 those of DART were inside another object, with their weights beside them.
#[derive(Deserialize)]
pub struct Booster {
    pub name: String,
    pub model: Option<Forest>,
    pub gbtree: Option<Box<Booster>>,
    pub weight_drop: Option<Vec<f32>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Forest {
    pub gbtree_model_param: Params,
    pub iteration_indptr: Option<Vec<u32>>,
    pub tree_info: Vec<u32>,
    pub trees: Vec<Tree>,
    pub cats: Option<Categories>,
    pub weight_drop: Option<Vec<f32>>,
}

/// The dictionaries of categorical features, one a feature.
#[derive(Deserialize, Default)]
pub struct Categories {
    #[serde(default)]
    pub enc: Vec<Dictionary>,
}

/// Texts one after the other, cut at offsets; or whole numbers.
#[derive(Deserialize)]
pub struct Dictionary {
    pub offsets: Option<Vec<u32>>,
    pub values: Vec<i64>,
}

#[derive(Deserialize)]
pub struct Tree {
    pub left_children: Vec<i32>,
    pub right_children: Vec<i32>,
    pub split_indices: Vec<u32>,
    pub split_conditions: Vec<f32>,
    pub default_left: Vec<Flag>,
    #[serde(default)]
    pub split_type: Vec<u8>,
    #[serde(default)]
    pub base_weights: Vec<f32>,
    #[serde(default)]
    pub leaf_weights: Vec<f32>,
    #[serde(default)]
    pub loss_changes: Vec<f32>,
    #[serde(default)]
    pub sum_hessian: Vec<f32>,
    #[serde(default)]
    pub categories: Vec<u32>,
    #[serde(default)]
    pub categories_nodes: Vec<u32>,
    #[serde(default)]
    pub categories_segments: Vec<u64>,
    #[serde(default)]
    pub categories_sizes: Vec<u64>,
    #[serde(default)]
    pub tree_param: Params,
}

/// `true`, or a number that is not 0.
#[derive(Clone, Copy)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of;
        impl Visitor<'_> for Of {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0, 1, true or false")
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_i64<E: de::Error>(self, flag: i64) -> Result<Flag, E> {
                Ok(Flag(flag != 0))
            }
        }
        deserializer.deserialize_any(Of)
    }
}
