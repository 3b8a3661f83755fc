//! Trees as they are shown. `scripts/check-interop` compares the JSON of XGBoost's models with XGBoost's own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod models;

use sapwood_interop::dump::{TreeForm, all_trees, describe, tree};
use sapwood_score::{
    Condition, Feature, FeatureKind, FeatureSchema, Leaf, LeafValue, LinearLeaf, LinearTerm, MissingRule, Model, Node, Objective,
    Precision, Split, Tree,
};
use serde_json::Value;

/// `age` up to 0.5, then colours.
fn model() -> Model {
    let levels = ["red", "<b>\"green\"", "blue"].map(String::from).to_vec();
    let feature = |name: &str, kind| Feature { name: name.into(), kind };
    let features = vec![feature("age", FeatureKind::Numeric), feature("colour", FeatureKind::Categorical { levels })];
    let root = Split::new(0, Condition::Threshold(0.5), false, (1, 2), 3.25, 10.0);
    let colour = Split::new(1, Condition::Levels(vec![0b011]), true, (3, 4), 1.5, 6.0);
    let leaf = |value, cover| Node::Leaf(Leaf::new(value, cover));
    let nodes = vec![Node::Split(root), leaf(-0.1, 4.0), Node::Split(colour), leaf(0.25, 2.0), leaf(1.0, 4.0)];
    let schema = FeatureSchema { features, named: true, index_base: None };
    Model::new(schema, Objective::SquaredError, vec![0.5], vec![Tree::new(nodes)])
}

#[test]
fn text_is_xgboosts() {
    let text = "0:[age<=0.5] yes=1,no=2,missing=2,gain=3.25,cover=10\n\
                \t1:leaf=-0.1,cover=4\n\
                \t2:[colour:{red,<b>\"green\"}] yes=3,no=4,missing=3,gain=1.5,cover=6\n\
                \t\t3:leaf=0.25,cover=2\n\
                \t\t4:leaf=1,cover=4\n";
    assert_eq!(tree(&model(), 0, TreeForm::Text).unwrap(), text);
    assert_eq!(all_trees(&model(), TreeForm::Text).unwrap(), format!("booster[0]:\n{text}"));
    assert_eq!(tree(&model(), 1, TreeForm::Text), None);
    assert_eq!(all_trees(&model(), TreeForm::Dot), None);
}

#[test]
fn json_is_xgboosts_with_strict_conditions() {
    let told: Value = serde_json::from_str(&tree(&model(), 0, TreeForm::Json).unwrap()).unwrap();
    // What is less than this number is at most .5.
    assert_eq!(told["split_condition"].as_f64().unwrap(), 0.5f64.next_up());
    assert_eq!((told["yes"].as_u64(), told["no"].as_u64(), told["missing"].as_u64()), (Some(1), Some(2), Some(2)));
    assert_eq!(told["children"][0], serde_json::json!({"nodeid": 1, "leaf": -0.1, "cover": 4}));
    let colour = &told["children"][1];
    assert_eq!(colour["split_condition"], serde_json::json!(["red", "<b>\"green\""]));
    assert_eq!((colour["depth"].as_u64(), colour["children"][1]["leaf"].as_f64()), (Some(1), Some(1.0)));
    let all: Value = serde_json::from_str(&all_trees(&model(), TreeForm::Json).unwrap()).unwrap();
    assert_eq!(all, serde_json::json!([told]));

    // Models of XGBoost compare numbers of four bytes, and their limits are told as they were.
    let mut single = model();
    single.precision = Precision::Single;
    assert!(tree(&single, 0, TreeForm::Text).unwrap().starts_with("0:[age<0.50000006] "));
    let told: Value = serde_json::from_str(&tree(&single, 0, TreeForm::Json).unwrap()).unwrap();
    assert_eq!(told["split_condition"].as_f64().unwrap() as f32, 0.5f32.next_up());
}

#[test]
fn leaves_of_every_kind_are_told() {
    let mut vector = models::model(models::kinds().iter().find(|kind| kind.name == "vector").unwrap(), 3);
    vector.trees[0] = Tree::new(vec![Node::Leaf(Leaf::of(LeafValue::Vector(vec![1.0, -2.0, 0.5]), 3.0))]);
    assert_eq!(tree(&vector, 0, TreeForm::Text).unwrap(), "0:leaf=[1,-2,0.5],cover=3\n");
    let json: Value = serde_json::from_str(&tree(&vector, 0, TreeForm::Json).unwrap()).unwrap();
    assert_eq!(json["leaf"], serde_json::json!([1, -2, 0.5]));

    let always = (f64::NEG_INFINITY, f64::INFINITY);
    let terms = vec![LinearTerm { feature: 0, coefficient: -3.0, range: always }];
    let linear = LinearLeaf { constant: 0.5, terms, if_missing: 0.25, range: always };
    let mut model = model();
    model.trees[0] = Tree::new(vec![Node::Leaf(Leaf::of(LeafValue::Linear(Box::new(linear)), 3.0))]);
    model.trees[0].weight = 0.5;
    assert_eq!(tree(&model, 0, TreeForm::Text).unwrap(), "0:leaf=0.25 - 1.5*age,if_missing=0.125,cover=3\n");
    let json: Value = serde_json::from_str(&tree(&model, 0, TreeForm::Json).unwrap()).unwrap();
    assert_eq!((&json["leaf"], &json["linear"]), (&serde_json::json!(0.125), &serde_json::json!("0.25 - 1.5*age")));
    let described = describe(&model, &model.trees[0], 0).unwrap();
    assert_eq!((described.values, described.linear), (vec![0.125], Some("0.25 - 1.5*age".into())));
    assert_eq!(describe(&model, &model.trees[0], 1), None);
}

/// XGBoost's categories without texts: those that go right are named, and this side is called `yes`.
#[test]
fn categories_without_texts_are_xgboosts() {
    let mut model = model();
    model.schema.features[1].kind = FeatureKind::Numeric;
    let Node::Split(split) = &mut model.trees[0].nodes[2] else { panic!() };
    (split.missing, split.condition) = (MissingRule::UnseenLeft, Condition::Levels(vec![!0b10110]));
    let text = tree(&model, 0, TreeForm::Text).unwrap();
    assert!(text.contains("2:[colour:{1,2,4}] yes=4,no=3,missing=3,"), "{text}");
    let json: Value = serde_json::from_str(&tree(&model, 0, TreeForm::Json).unwrap()).unwrap();
    let colour = &json["children"][1];
    assert_eq!((&colour["split_condition"], &colour["yes"]), (&serde_json::json!([1, 2, 4]), &serde_json::json!(4)));
    assert!(tree(&model, 0, TreeForm::Dot).unwrap().contains("    2 -> 4 [label=\"yes\""));
    assert_eq!(describe(&model, &model.trees[0], 2).unwrap().sides, Some((4, 3)));
}

#[test]
fn rules_of_lightgbm_are_named() {
    let mut model = model();
    let Node::Split(split) = &mut model.trees[0].nodes[0] else { panic!() };
    split.missing = MissingRule::NanOrZero;
    assert!(tree(&model, 0, TreeForm::Text).unwrap().contains(",cover=10,missing_rule=nan_or_zero\n"));
    let json: Value = serde_json::from_str(&tree(&model, 0, TreeForm::Json).unwrap()).unwrap();
    assert_eq!(json["missing_rule"], "nan_or_zero");
}

#[test]
fn graphs_have_a_box_for_each_node() {
    let dot = tree(&model(), 0, TreeForm::Dot).unwrap();
    for line in [
        "digraph {",
        r#"    0 [ label="age<=0.5\ngain=3.25\ncover=10" ]"#,
        r##"    0 -> 1 [label="yes" color="#FF0000"]"##,
        r##"    0 -> 2 [label="no, missing" color="#0000FF"]"##,
        r#"    2 [ label="colour:{red,<b>\"green\"}\ngain=1.5\ncover=6" ]"#,
        r#"    4 [ label="leaf=1\ncover=4" ]"#,
        "}",
    ] {
        assert!(dot.lines().any(|found| found == line), "{line}\n{dot}");
    }
    let svg = tree(&model(), 0, TreeForm::Svg).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!((svg.matches("<rect ").count(), svg.matches("<path ").count()), (5, 4));
    assert!(svg.contains("colour:{red,&lt;b&gt;\"green\"}") && svg.contains("no, missing") && !svg.contains("<b>"));
}

/// Boxes of one level do not touch, whatever the shape of the tree.
#[test]
fn boxes_do_not_overlap() {
    for kind in models::kinds().iter().filter(|kind| kind.rounds > 0) {
        for seed in 0..3 {
            let svg = tree(&models::model(kind, seed), 0, TreeForm::Svg).unwrap();
            let number = |text: &str, key: &str| -> f64 {
                text.split(&format!(" {key}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
            };
            let boxes = svg.split("<rect ").skip(1).map(|text| (number(text, "y"), number(text, "x"), number(text, "width")));
            let mut boxes: Vec<_> = boxes.collect();
            boxes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let apart = |pair: &[(f64, f64, f64)]| pair[0].0 != pair[1].0 || pair[0].1 + pair[0].2 < pair[1].1;
            assert!(boxes.windows(2).all(apart), "{}", kind.name);
        }
    }
}

/// A tree that is a chain, deeper than any stack.
#[test]
fn depth_has_no_limit() {
    let mut model = model();
    let depth = 100_000;
    let mut nodes = Vec::new();
    for at in 0..depth {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        nodes.push(Node::Split(Split::new(0, Condition::Threshold(f64::from(at)), true, (left, right), 1.0, 1.0)));
        nodes.push(Node::Leaf(Leaf::new(1.0, 1.0)));
    }
    nodes.push(Node::Leaf(Leaf::new(2.0, 1.0)));
    model.trees[0] = Tree::new(nodes);
    assert_eq!(tree(&model, 0, TreeForm::Dot).unwrap().matches(" -> ").count(), 200_000);
    assert_eq!(tree(&model, 0, TreeForm::Svg).unwrap().matches("<rect ").count(), 200_001);
    assert_eq!(tree(&model, 0, TreeForm::Text).unwrap().lines().count(), 200_001);
    assert_eq!(tree(&model, 0, TreeForm::Json).unwrap().matches("nodeid").count(), 200_001);
}
