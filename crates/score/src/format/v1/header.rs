//! The JSON header of version 1: everything but trees and derived features. Keys are written in the order of the fields.

use crate::json_float;
use serde::{Deserialize, Serialize};

/// What a reader must know before it believes that it knows the rest.
#[derive(Deserialize)]
pub(super) struct Requirements {
    /// Absent from the files of development versions.
    pub requires: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    /// Names of what predictions depend on and version 1 itself does not describe: keys at the end of this header.
    pub requires: Vec<String>,
    pub schema: Schema,
    pub reading: Reading,
    pub required_roles: Vec<String>,
    pub objective: Objective,
    pub link: Link,
    pub outputs: Outputs,
    pub prediction: Prediction,
    pub classes: Option<Vec<String>>,
    pub calibration: Option<Calibration>,
    pub base_score: Vec<f64>,
    pub parallel_trees: u32,
    pub layout: Option<Layout>,
    pub aggregation: Aggregation,
    pub precision: Precision,
    pub ensemble: Option<Ensemble>,
    /// The number of derived features in the payload.
    pub derived: u64,
    /// The number of trees in the payload.
    pub trees: u64,
    /// The number of nodes over all trees.
    pub nodes: u64,
    pub best_iteration: Option<u32>,
    #[serde(with = "json_float")]
    pub best_score: Option<f64>,
    pub params: Vec<(String, String)>,
    pub attributes: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub onnx: Option<Onnx>,
}

/// What only models from ONNX have.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Onnx {
    /// In place of the link.
    pub transform: Option<OnnxTransform>,
    /// In place of the aggregation.
    pub extreme: Option<Extreme>,
    /// Derived features that follow those of the payload.
    pub codes: Vec<Code>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub(super) enum OnnxTransform {
    None,
    Logistic { cut: f64 },
    Softmax,
    SoftmaxZero,
    Probit,
    Exp { factor: f64 },
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Extreme {
    Min,
    Max,
}

#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct Code {
    pub name: String,
    pub source: u32,
    pub values: Vec<f64>,
    pub precision: Precision,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Schema {
    pub features: Vec<Feature>,
    pub named: bool,
    pub index_base: Option<u8>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Feature {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FeatureType,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub levels: Option<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FeatureType {
    Numeric,
    Boolean,
    Date,
    Datetime,
    Categorical,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Reading {
    pub missing_values: Option<Vec<String>>,
    pub decimal_mark: Option<char>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub infinite_values: bool,
    /// Always null: white space around texts is always cut off.
    pub trim: Option<bool>,
    /// Always empty: the type of a feature says whether it is a date, and there is one form of dates.
    pub dates: Vec<(String, String)>,
    pub ignored_columns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label_lower_bound_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label_upper_bound_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base_margin_column: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Objective {
    pub name: String,
    pub parameters: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub(super) enum Link {
    Identity,
    Logit { scale: f64 },
    Log,
    Softplus,
    SignedSquare,
    Step,
    Softmax,
    Sorted,
    CumulativeSoftplus,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum Outputs {
    Value,
    Binary,
    Classes,
    Targets { names: Vec<String> },
    Quantiles { levels: Vec<f64> },
    Expectiles { levels: Vec<f64> },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Prediction {
    Mean,
    Margin,
    Class,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub(super) enum Calibration {
    Linear { slopes: Vec<f64>, intercepts: Vec<f64> },
    Isotonic { outputs: Vec<Vec<(f64, f64)>> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Layout {
    pub rounds: Vec<u32>,
    pub outputs: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Aggregation {
    Sum,
    Mean,
}

#[derive(PartialEq, Serialize, Deserialize)]
pub(super) enum Precision {
    #[serde(rename = "f64")]
    Double,
    #[serde(rename = "f32")]
    Single,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Ensemble {
    pub mean_of: MeanOf,
    pub members: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MeanOf {
    Margins,
    Means,
    Votes,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Member {
    pub trees: u32,
    pub base_score: Vec<f64>,
    pub weight: f64,
    pub best_iteration: Option<u32>,
    #[serde(with = "json_float")]
    pub best_score: Option<f64>,
}
