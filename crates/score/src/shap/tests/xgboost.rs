//! What XGBoost says about its own model, to the precision of its floats.

use crate::{Condition, Explainer, FeatureSchema, Leaf, Model, Node, Objective, Precision, Split, Tree, approximate_contributions};
use ndarray::Array2;
use serde_json::Value;

/// How far single precision may be off.
const CLOSE: f64 = 3e-6;

fn case() -> Value {
    serde_json::from_str(include_str!("xgboost.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn numbers(value: &Value) -> Vec<f64> {
    match value.as_array() {
        Some(list) => list.iter().flat_map(numbers).collect(),
        None => vec![number(value)],
    }
}

fn node(json: &Value) -> Node {
    let cover = number(&json["cover"]);
    if !json["leaf"].is_null() {
        return Node::Leaf(Leaf::new(number(&json["leaf"]), cover));
    }
    let whole = |key: &str| json[key].as_u64().unwrap() as u32;
    // `x < c` is `x <=` the single before c.
    let threshold = f64::from((number(&json["less_than"]) as f32).next_down());
    let default_left = json["default_left"].as_bool().unwrap();
    let condition = Condition::Threshold(threshold);
    Node::Split(Split::new(whole("feature"), condition, default_left, (whole("left"), whole("right")), 1.0, cover))
}

pub fn model_and_rows() -> (Model, Array2<f64>) {
    let case = case();
    let tree = |nodes: &Value| Tree::new(nodes.as_array().unwrap().iter().map(node).collect());
    let trees = case["trees"].as_array().unwrap().iter().map(tree).collect();
    let mut model = Model::new(FeatureSchema::numeric(4), Objective::SquaredError, vec![number(&case["base_score"])], trees);
    model.precision = Precision::Single;
    (model, Array2::from_shape_vec((12, 4), numbers(&case["rows"])).unwrap())
}

fn assert_close(found: impl IntoIterator<Item = f64>, expected: &Value) {
    let (found, expected): (Vec<f64>, _) = (found.into_iter().collect(), numbers(expected));
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() < CLOSE, "number {at}: {found}, XGBoost {expected}");
    }
}

#[test]
fn contributions_are_those_of_xgboost() {
    let (model, rows) = model_and_rows();
    let found = Explainer::new(&model).unwrap().contributions(rows.view()).unwrap();
    assert_close(found, &case()["contributions"]);
}

#[test]
fn interactions_are_those_of_xgboost() {
    let (model, rows) = model_and_rows();
    let found = Explainer::new(&model).unwrap().interactions(rows.slice(ndarray::s![..6, ..])).unwrap();
    assert_close(found, &case()["interactions"]);
}

#[test]
fn approximate_contributions_are_those_of_xgboost() {
    let (model, rows) = model_and_rows();
    assert_close(approximate_contributions(&model, rows.view()).unwrap(), &case()["approximate"]);
}
