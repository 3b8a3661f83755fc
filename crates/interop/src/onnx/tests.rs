//! Small graphs, and what onnxruntime 1.32 (one thread) told for them.

use super::proto::{NodeProto, element};
use super::write::{self, AttributeList, Parts, Width};
use super::{from_bytes, to_bytes};
use sapwood_score::ndarray::Array2;
use sapwood_score::{Model, Output, Scorer};

const NAN: f64 = f64::NAN;

fn list() -> AttributeList {
    AttributeList::default()
}

/// A graph with these nodes, from `x`, rows of two floats, to outputs.
fn graph(nodes: Vec<NodeProto>, outputs: &[&str], version: i64) -> Vec<u8> {
    let output = |name: &&str| write::value(name, element::FLOAT, Some(1));
    let parts = Parts {
        nodes,
        constants: vec![write::tensor("one", Width::Single, &[1.0]), write::tensor("two", Width::Single, &[2.0])],
        input: write::value("x", element::FLOAT, Some(2)),
        outputs: outputs.iter().map(output).collect(),
        metadata: Vec::new(),
    };
    write::file(parts, version)
}

/// A tree of one split and two leaves.
fn stump(mode: &str, value: f64, nan: i64) -> AttributeList {
    list()
        .ints("nodes_treeids", vec![0; 3])
        .ints("nodes_nodeids", vec![0, 1, 2])
        .ints("nodes_featureids", vec![0; 3])
        .texts("nodes_modes", [mode, "LEAF", "LEAF"])
        .numbers("nodes_values", Width::Single, &[value, 0.0, 0.0])
        .ints("nodes_truenodeids", vec![1, 0, 0])
        .ints("nodes_falsenodeids", vec![2, 0, 0])
        .ints("nodes_missing_value_tracks_true", vec![nan, 0, 0])
}

fn regressor(attributes: AttributeList) -> NodeProto {
    write::node("TreeEnsembleRegressor", &["x"], &["y"], attributes)
}

fn targets(attributes: AttributeList, nodes: &[i64], ids: &[i64], weights: &[f64]) -> AttributeList {
    attributes
        .ints("target_treeids", vec![0; nodes.len()])
        .ints("target_nodeids", nodes.to_vec())
        .ints("target_ids", ids.to_vec())
        .numbers("target_weights", Width::Single, weights)
        .int("n_targets", ids.iter().max().map_or(1, |most| most + 1))
}

/// A classifier of a stump at 0.5.
fn classifier(ids: &[i64], weights: &[f64], post_transform: &str) -> AttributeList {
    let nodes = (0..ids.len()).map(|at| if at < ids.len() / 2 { 1 } else { 2 }).collect();
    stump("BRANCH_LT", 0.5, 0)
        .ints("class_treeids", vec![0; ids.len()])
        .ints("class_nodeids", nodes)
        .ints("class_ids", ids.to_vec())
        .numbers("class_weights", Width::Single, weights)
        .text("post_transform", post_transform)
}

fn classified(attributes: AttributeList) -> NodeProto {
    write::node("TreeEnsembleClassifier", &["x"], &["label", "y"], attributes)
}

fn scores(model: &Model, output: Output, column: &[f64]) -> Vec<f32> {
    let scorer = Scorer::new(model.clone()).unwrap();
    let rows = Array2::from_shape_fn((column.len(), 2), |(row, feature)| if feature == 0 { column[row] } else { 0.0 });
    scorer.output(output, rows.view()).unwrap().values().iter().map(|&value| value as f32).collect()
}

fn values(bytes: &[u8], column: &[f64]) -> Vec<f32> {
    scores(&from_bytes(bytes).unwrap(), Output::Value, column)
}

fn refusal(bytes: &[u8]) -> String {
    from_bytes(bytes).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn modes_divide_as_in_onnxruntime() {
    let column = [-1.0, 0.5, 1.0, NAN, -0.0, 0.5 + 1e-12];
    for (mode, yes) in [
        ("BRANCH_LEQ", [true, true, false, false, true, true]),
        ("BRANCH_LT", [true, false, false, false, true, false]),
        ("BRANCH_GTE", [false, true, true, false, false, true]),
        ("BRANCH_GT", [false, false, true, false, false, false]),
        ("BRANCH_EQ", [false, true, false, false, false, true]),
        ("BRANCH_NEQ", [true, false, true, true, true, false]),
    ] {
        for nan in [0, 1] {
            let attributes = targets(stump(mode, 0.5, nan), &[1, 2], &[0, 0], &[10.0, 20.0]);
            let mut expected = yes.map(|yes| if yes { 10.0 } else { 20.0 });
            if nan == 1 {
                expected[3] = 10.0;
            }
            assert_eq!(values(&graph(vec![regressor(attributes)], &["y"], 3), &column), expected, "{mode} {nan}");
        }
    }
}

#[test]
fn one_target_knows_probit_alone_and_several_all_transforms() {
    for (transform, one, two) in [
        ("NONE", 0.3, [0.3, 0.0]),
        ("LOGISTIC", 0.3, [0.574_442_5, 0.5]),
        ("SOFTMAX", 0.3, [0.574_442_5, 0.425_557_46]),
        ("SOFTMAX_ZERO", 0.3, [1.0, 0.0]),
        ("PROBIT", -0.524_445_9, [-0.524_445_9, f32::NEG_INFINITY]),
    ] {
        let attributes = |ids: &[i64], weights: &[f64]| {
            let leaves =
                targets(stump("BRANCH_LEQ", f64::INFINITY, 1), &[&[1, 2][..], &[1, 2]].concat()[..ids.len()], ids, weights);
            graph(vec![regressor(leaves.text("post_transform", transform))], &["y"], 3)
        };
        assert_eq!(values(&attributes(&[0, 0], &[0.3, 0.3]), &[1.0]), [one], "{transform}");
        assert_eq!(values(&attributes(&[0, 0, 1, 1], &[0.3, 0.3, 0.0, 0.0]), &[1.0]), two, "{transform}");
    }
}

#[test]
fn two_classes_follow_the_rules_of_onnxruntime() {
    let numbers = |attributes: AttributeList| attributes.ints("classlabels_int64s", vec![0, 1]);
    for (ids, weights, transform, shares, classes) in [
        (&[0, 0][..], &[0.2, 0.7][..], "LOGISTIC", &[0.549_833_95, 0.668_187_74][..], [0.0, 1.0]),
        (&[0, 0], &[-0.2, 0.7], "LOGISTIC", &[0.450_166_05, 0.668_187_74], [0.0, 1.0]),
        (&[1, 1], &[0.2, 0.7], "LOGISTIC", &[0.549_833_95, 0.668_187_74], [0.0, 1.0]),
        (&[0, 1, 0, 1], &[0.2, -0.2, -0.7, 0.7], "LOGISTIC", &[0.450_166_05, 0.668_187_74], [0.0, 1.0]),
        (&[0, 0], &[0.2, 0.7], "NONE", &[0.2, 0.7], [0.0, 1.0]),
        (&[0, 0], &[-0.2, 0.7], "NONE", &[-0.2, 0.7], [0.0, 1.0]),
        (&[0, 0], &[0.2, 0.7], "SOFTMAX", &[0.2, 0.7], [0.0, 1.0]),
        (&[0, 1, 0, 1], &[3.0, 1.0, -1.0, -0.5], "SOFTMAX", &[0.880_797, 0.119_202_92, 0.377_540_68, 0.622_459_35], [1.0, 0.0]),
    ] {
        let model = from_bytes(&graph(vec![classified(numbers(classifier(ids, weights, transform)))], &["label", "y"], 3)).unwrap();
        assert_eq!(scores(&model, Output::Value, &[0.0, 1.0]), shares, "{ids:?} {weights:?} {transform}");
        assert_eq!(scores(&model, Output::Class, &[0.0, 1.0]), classes, "{ids:?} {weights:?} {transform}");
    }
    let based = numbers(classifier(&[0, 0], &[-0.2, 0.7], "LOGISTIC")).numbers("base_values", Width::Single, &[1.0]);
    assert_eq!(values(&graph(vec![classified(based)], &["label", "y"], 3), &[0.0, 1.0]), [0.689_974_5, 0.845_534_8]);
}

#[test]
fn labels_that_are_no_positions_are_texts() {
    let model = |attributes| from_bytes(&graph(vec![classified(attributes)], &["label", "y"], 3)).unwrap();
    let three = || classifier(&[0, 1, 2, 0, 1, 2], &[3.0, 1.0, 0.5, -1.0, -0.5, 0.2], "SOFTMAX");
    let numbers = model(three().ints("classlabels_int64s", vec![4, 5, 6]));
    assert_eq!(numbers.classes.as_deref(), Some(&["4", "5", "6"].map(String::from)[..]));
    assert_eq!(scores(&numbers, Output::Class, &[0.0, 1.0]), [0.0, 2.0]);
    let texts = model(three().texts("classlabels_strings", ["a", "b", "c"]));
    assert_eq!(texts.classes.as_deref(), Some(&["a", "b", "c"].map(String::from)[..]));
    assert_eq!(model(three().ints("classlabels_int64s", vec![0, 1, 2])).classes, None);
}

#[test]
fn operators_around_the_trees_are_known_or_refused() {
    let trees = || targets(stump("BRANCH_LT", 0.5, 0), &[1, 2], &[0, 0], &[1.0, 2.0]);
    let after = |operator: &str, inputs: &[&str], attributes| {
        graph(vec![regressor(trees()), write::node(operator, inputs, &["z"], attributes)], &["z"], 3)
    };
    assert_eq!(values(&after("Identity", &["y"], list()), &[0.0, 1.0]), [1.0, 2.0]);
    assert_eq!(values(&after("Mul", &["y", "one"], list()), &[0.0, 1.0]), [1.0, 2.0]);
    assert_eq!(values(&after("Cast", &["y"], list().int("to", 11)), &[0.0, 1.0]), [1.0, 2.0]);
    assert_eq!(values(&after("Exp", &["y"], list()), &[0.0, 1.0]), [2.718_281_7, 7.389_056]);
    for (bytes, name) in [
        (after("Mul", &["y", "two"], list()), "Mul \"z\""),
        (after("Neg", &["y"], list()), "Neg \"z\""),
        (after("Cast", &["y"], list().int("to", 7)), "a cast to the type 7"),
        (graph(vec![write::node("Abs", &["x"], &["y"], list())], &["y"], 3), "Abs \"y\""),
        (graph(Vec::new(), &["y"], 3), "no tree ensemble"),
        (graph(vec![regressor(trees())], &["w"], 3), "the output \"w\""),
        (graph(vec![regressor(trees()), regressor(trees())], &["y"], 3), "a second tree ensemble"),
    ] {
        let refused = refusal(&bytes);
        assert!(refused.contains(name), "{refused}");
    }
}

#[test]
fn what_contradicts_itself_or_onnxruntime_is_refused() {
    let tree = |attributes| graph(vec![regressor(attributes)], &["y"], 3);
    let two =
        |attributes: AttributeList| graph(vec![classified(attributes.ints("classlabels_int64s", vec![0, 1]))], &["label", "y"], 3);
    let stumps = || stump("BRANCH_LT", 0.5, 0);
    let based = |attributes: AttributeList| attributes.numbers("base_values", Width::Single, &[1.0, 2.0]);
    for (bytes, what) in [
        (tree(targets(stump("BRANCH_XOR", 0.5, 0), &[1, 2], &[0, 0], &[1.0, 2.0])), "the mode \"BRANCH_XOR\""),
        (tree(targets(stump("BRANCH_LT", NAN, 0), &[1, 2], &[0, 0], &[1.0, 2.0])), "the threshold NaN"),
        (tree(targets(stumps(), &[1, 2], &[0, 0], &[1.0])), "target_weights has 1 entries in place of 2"),
        (tree(targets(stumps(), &[1, 1], &[0, 0], &[1.0, 2.0])), "several weights for one target"),
        (
            tree(targets(stumps(), &[1, 2], &[0, 1], &[1.0, 2.0]).numbers("base_values", Width::Single, &[1.0, 2.0])),
            "only some rows",
        ),
        (tree(stumps().int("n_targets", 1 << 40)), "1099511627776 targets"),
        (tree(stumps()), "no targets, classes or trees"),
        (two(based(classifier(&[0, 0], &[-0.2, 0.7], "LOGISTIC"))), "two base values"),
        (two(based(classifier(&[0, 1, 0, 1], &[0.2, -0.2, -0.7, 0.7], "LOGISTIC"))), "base values of two classes"),
        (two(classifier(&[0, 0], &[-0.2, 0.7], "PROBIT")), "PROBIT"),
        (
            graph(vec![classified(classifier(&[0, 0], &[-0.2, 0.7], "NONE").ints("classlabels_int64s", vec![5]))], &["y"], 3),
            "two classes",
        ),
        (
            graph(vec![classified(classifier(&[0, 1], &[1.0, 2.0], "NONE").ints("classlabels_int64s", vec![4, 5, 6]))], &["y"], 3),
            "no leaf may vote for",
        ),
        (graph(vec![regressor(targets(stumps(), &[1, 2], &[0, 0], &[1.0, 2.0]))], &["y"], 6), "version 6 of ai.onnx.ml"),
    ] {
        let refused = refusal(&bytes);
        assert!(refused.contains(what), "{refused}");
    }
}

#[test]
fn models_are_written_with_all_that_they_mean() {
    use sapwood_score::{Condition, Feature, FeatureKind, FeatureSchema, Leaf, Node, Objective, Split, Tree};

    let leaf = |value| Node::Leaf(Leaf::new(value, 0.0));
    let levels = ["blue", "green", "red"].map(String::from).to_vec();
    let mut schema = FeatureSchema::numeric(2);
    schema.features[1] = Feature { name: "colour".into(), kind: FeatureKind::Categorical { levels } };
    schema.named = true;
    for (default_left, base) in [(false, 0.0), (true, -0.3), (true, 0.3)] {
        let split = Split::new(1, Condition::Levels(vec![0b011]), default_left, (1, 2), 0.0, 0.0);
        let threshold = Split::new(0, Condition::Threshold(0.1), !default_left, (1, 2), 0.0, 0.0);
        let trees = vec![
            Tree::new(vec![Node::Split(split), leaf(0.25), leaf(1.0 / 3.0)]),
            Tree::new(vec![Node::Split(threshold), leaf(0.7), leaf(0.9)]),
        ];
        let mut model = Model::new(schema.clone(), Objective::BinaryLogistic, vec![base], trees);
        model.classes = Some(["no", "yes"].map(String::from).to_vec());
        for version in [super::Version::Three, super::Version::Five] {
            let (bytes, rounding) = to_bytes(&model, version).unwrap();
            assert_eq!((rounding.thresholds, rounding.outputs), (0, version == super::Version::Three));
            let again = from_bytes(&bytes).unwrap();
            assert_eq!((&again.schema, &again.classes, &again.outputs), (&model.schema, &model.classes, &model.outputs));
            assert_eq!(again.objective, model.objective);
            let codes = [0.0, 1.0, 2.0, 3.0, -1.0, NAN];
            let rows = Array2::from_shape_fn(
                (18, 2),
                |(row, feature)| if feature == 1 { codes[row % 6] } else { [0.1, 0.2, NAN][row / 6] },
            );
            let margins = |model: &Model| Scorer::new(model.clone()).unwrap().margins(rows.view()).unwrap();
            assert_eq!(margins(&again), margins(&model), "{version:?} {default_left} {base}");
        }
    }
}
