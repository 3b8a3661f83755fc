//! Models that are written as LightGBM's text and read again predict as before. `scripts/check-interop` has LightGBM read them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod models;

use models::{kinds, model, rows};
use sapwood_interop::{Rounding, lightgbm, read};
use sapwood_score::ndarray::{Array2, ArrayView2};
use sapwood_score::{
    Condition, Feature, FeatureKind, FeatureSchema, Leaf, LeafValue, LinearLeaf, LinearTerm, Link, MissingRule, Model, Node,
    Objective, Output, Outputs, Precision, Prediction, Scorer, Split, Tree,
};
use std::collections::BTreeMap;

fn text(model: &Model) -> (String, Rounding) {
    let (bytes, rounding) = lightgbm::to_text(model).unwrap();
    (String::from_utf8(bytes).unwrap(), rounding)
}

#[test]
fn what_was_written_and_read_again_predicts_the_same() {
    for (index, kind) in kinds().iter().enumerate() {
        for seed in 0..8 {
            let model = model(kind, 1000 * index as u64 + seed);
            let (text, rounding) = text(&model);
            assert!(!rounding.changes_predictions() && !rounding.sums, "{}: {rounding:?}", kind.name);
            let again = read(text.as_bytes()).unwrap();
            let rows = rows(&model, 300, seed);
            let of = |model: &Model, output| Scorer::new(model.clone()).unwrap().output(output, rows.view()).unwrap();
            for output in [Output::Margin, Output::Value] {
                let (before, after) = (of(&model, output), of(&again, output));
                let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
                assert!(before.values().iter().zip(after.values()).all(same), "{} {seed} {output:?}", kind.name);
            }
        }
    }
}

/// LightGBM reads trees at the places that `tree_sizes` tells.
#[test]
fn sizes_of_trees_are_those_of_the_text() {
    let model = model(&kinds()[0], 3);
    let (text, _) = text(&model);
    let sizes = text.lines().find_map(|line| line.strip_prefix("tree_sizes=")).unwrap();
    let mut at = text.find("\n\n").unwrap() + 2;
    for (index, size) in sizes.split(' ').enumerate() {
        assert!(text[at..].starts_with(&format!("Tree={index}\n")));
        at += size.parse::<usize>().unwrap();
    }
    assert!(text[at..].starts_with("end of trees\n"));
}

fn numeric(names: &[&str]) -> FeatureSchema {
    let feature = |name: &&str| Feature { name: name.to_string(), kind: FeatureKind::Numeric };
    FeatureSchema { features: names.iter().map(feature).collect(), named: true, index_base: None }
}

fn stump(condition: Condition, rule: MissingRule, default_left: bool) -> Tree {
    let mut split = Split::new(0, condition, default_left, (1, 2), 1.0, 3.0);
    split.missing = rule;
    Tree::new(vec![Node::Split(split), Node::Leaf(Leaf::new(-1.0, 1.0)), Node::Leaf(Leaf::new(1.0, 2.0))])
}

/// What a scorer predicts for a single value.
fn of(scorer: &Scorer, x: f64) -> f64 {
    scorer.predict(ArrayView2::from_shape((1, 1), &[x]).unwrap()).unwrap()[[0, 0]]
}

fn small(tree: Tree) -> Model {
    Model::new(numeric(&["a"]), Objective::SquaredError, vec![0.25], vec![tree])
}

#[test]
fn the_first_tree_bears_the_base_score() {
    let (text, _) = text(&small(stump(Condition::Threshold(0.5), MissingRule::Nan, true)));
    for line in ["leaf_value=-0.75 1.25", "decision_type=10", "threshold=0.5", "leaf_count=1 2", "internal_count=3", "[alpha: "] {
        assert_eq!(text.lines().any(|found| found == line), line != "[alpha: ", "{line}");
    }
    assert_eq!(text.matches("Tree=").count(), 1);
}

/// LightGBM takes numbers near 0 for 0, so that a threshold among them cannot be said.
#[test]
fn thresholds_that_must_move_are_counted() {
    let zero = f64::from(1e-35f32);
    for (threshold, rule, moved) in [
        (0.0, MissingRule::Nan, 1),
        (-0.0, MissingRule::NanIsZero, 1),
        (1e-40, MissingRule::Nan, 1),
        (-zero, MissingRule::Nan, 1),
        (f64::NEG_INFINITY, MissingRule::Nan, 0),
        (0.0, MissingRule::NanOrZero, 0),
        (zero, MissingRule::Nan, 0),
        ((-zero).next_down(), MissingRule::Nan, 0),
        (f64::INFINITY, MissingRule::Nan, 0),
    ] {
        let model = small(stump(Condition::Threshold(threshold), rule, false));
        let (text, rounding) = text(&model);
        assert_eq!(rounding.thresholds, moved, "{threshold:e}");
        // Ordinary numbers, 0 among them, are divided as before.
        let again = Scorer::new(read(text.as_bytes()).unwrap()).unwrap();
        let before = Scorer::new(model).unwrap();
        for x in [0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, f64::NAN, f64::MAX] {
            assert_eq!(of(&before, x), of(&again, x), "{threshold:e} {x:e}");
        }
    }
}

/// A threshold that divides numbers after they were rounded to four bytes divides them before as well.
#[test]
fn thresholds_of_four_bytes_stay_exact() {
    let mut model = small(stump(Condition::Threshold(0.1), MissingRule::Nan, false));
    model.precision = Precision::Single;
    let (text, rounding) = text(&model);
    assert!(rounding.sums && rounding.thresholds == 0);
    let again = Scorer::new(read(text.as_bytes()).unwrap()).unwrap();
    let before = Scorer::new(model).unwrap();
    let near = [0.1f64, f64::from(0.1f32), f64::from(0.1f32.next_down())];
    for x in near.into_iter().flat_map(|x| [x, x.next_up(), x.next_down(), x + 2e-9, x - 2e-9, x + 4e-9]) {
        assert_eq!(of(&before, x), of(&again, x), "{x:e}");
    }
}

/// XGBoost's categories without texts: unknown ones go left there and right in LightGBM; missing ones either way.
#[test]
fn categories_without_texts_change_sides_or_take_two_splits() {
    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 63.0, 64.0, 1e6, 1e12, -1.0, -3.0, f64::NAN];
    for (default_left, leaves) in [(true, 2), (false, 3)] {
        let model = small(stump(Condition::Levels(vec![0b1011]), MissingRule::UnseenLeft, default_left));
        let (text, rounding) = text(&model);
        assert_eq!((rounding.fractions, rounding.thresholds), (1, 0));
        assert!(text.contains(&format!("num_leaves={leaves}\n")));
        let (before, again) = (Scorer::new(model).unwrap(), Scorer::new(read(text.as_bytes()).unwrap()).unwrap());
        values.iter().for_each(|&x| assert_eq!(of(&before, x), of(&again, x), "{x} {default_left}"));
    }
}

/// Trees in which such splits lie below each other on both sides.
#[test]
fn two_splits_for_one_keep_every_path() {
    let mut numbers = models::Numbers::new(5);
    for depth in 0..6 {
        let mut nodes = vec![Node::Leaf(Leaf::new(0.0, 1.0)); (2 << depth) - 1];
        for at in 0..(1 << depth) - 1 {
            let set = Condition::Levels(vec![numbers.next(), numbers.next() & 3]);
            let mut split = Split::new(numbers.below(2) as u32, set, numbers.chance(0.3), (2 * at + 1, 2 * at + 2), 1.0, 2.0);
            split.missing = MissingRule::UnseenLeft;
            nodes[at as usize] = Node::Split(split);
        }
        for (at, node) in nodes.iter_mut().enumerate().skip((1 << depth) - 1) {
            *node = Node::Leaf(Leaf::new(at as f64, 1.0));
        }
        let model = Model::new(numeric(&["a", "b"]), Objective::SquaredError, vec![0.0], vec![Tree::new(nodes)]);
        let (before, again) = (Scorer::new(model.clone()).unwrap(), Scorer::new(read(text(&model).0.as_bytes()).unwrap()).unwrap());
        let cell = |_| numbers.of(&[f64::NAN, -1.0, 1000.0, 1.0, 5.0, 62.0, 64.0, 65.0]);
        let rows = Array2::from_shape_fn((200, 2), cell);
        assert_eq!(before.predict(rows.view()).unwrap(), again.predict(rows.view()).unwrap(), "{depth}");
    }
}

#[test]
fn a_tree_that_would_become_much_larger_is_refused() {
    let mut nodes = Vec::new();
    for depth in 0..40 {
        let mut split = Split::new(0, Condition::Levels(vec![1]), false, (2 * depth + 1, 2 * depth + 2), 1.0, 2.0);
        split.missing = MissingRule::UnseenLeft;
        nodes.extend([Node::Split(split), Node::Leaf(Leaf::new(1.0, 1.0))]);
    }
    nodes.push(Node::Leaf(Leaf::new(2.0, 1.0)));
    let refused = lightgbm::to_text(&small(Tree::new(nodes))).unwrap_err().to_string();
    assert!(refused.contains("tree 0: unknown categories that go another way than missing ones"), "{refused}");
}

#[test]
fn linear_leaves_lose_their_limits_and_are_counted() {
    let linear = |range, limits| {
        let term = LinearTerm { feature: 0, coefficient: 2.0, range };
        let leaf = LinearLeaf { constant: 1.0, terms: vec![term], if_missing: 0.5, range: limits };
        let tree = Tree::new(vec![Node::Leaf(Leaf::of(LeafValue::Linear(Box::new(leaf)), 1.0))]);
        let (text, rounding) = text(&small(tree));
        let again = Scorer::new(read(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(of(&again, 3.0), 7.25);
        assert_eq!(of(&again, f64::NAN), 0.75);
        rounding.limits
    };
    let always = (f64::NEG_INFINITY, f64::INFINITY);
    assert_eq!(linear(always, always), 0);
    assert_eq!(linear((0.0, 5.0), always), 1);
    assert_eq!(linear(always, (-9.0, 9.0)), 1);
}

#[test]
fn texts_of_categories_that_are_numbers_are_written_as_numbers() {
    for (levels, written) in [
        (&["1", "20", "-3"][..], "pandas_categorical:[[1, 20, -3]]"),
        (&["1", "02"], r#"pandas_categorical:[["1","02"]]"#),
        (&["é\n", "\"q\""], r#"pandas_categorical:[["é\n","\"q\""]]"#),
        (&[], "pandas_categorical:[[]]"),
    ] {
        let mut model = small(Tree::leaf(1.0, 1.0));
        let levels: Vec<_> = levels.iter().map(|level| level.to_string()).collect();
        model.schema.features[0].kind = FeatureKind::Categorical { levels };
        let (text, _) = text(&model);
        assert_eq!(text.lines().last().unwrap(), written);
        assert_eq!(read(text.as_bytes()).unwrap().schema, model.schema);
    }
}

#[test]
fn what_lightgbm_cannot_say_is_refused_by_name() {
    let plain = || small(stump(Condition::Threshold(0.5), MissingRule::Nan, true));
    let with = |change: fn(&mut Model)| {
        let mut model = plain();
        change(&mut model);
        model
    };
    let renamed = |names: &[&str]| {
        let mut model = plain();
        model.schema = numeric(names);
        model
    };
    let untrained = |objective: Objective, outputs: usize| {
        let mut model = Model::new(numeric(&["a"]), objective, vec![0.0; outputs], Vec::new());
        model.parallel_trees = 1;
        model
    };
    let cases = BTreeMap::from([
        ("a feature called \"a:b\"", renamed(&["a:b"])),
        ("a feature called \"\"", renamed(&[""])),
        ("the objective binary:hinge with the link Step", untrained(Objective::BinaryHinge, 1)),
        ("the objective survival:cox with the link Log", untrained(Objective::Cox, 1)),
        ("the class as prediction of multi:softmax", untrained(Objective::Softmax, 3)),
        ("the objective reg:quantileerror with the link Sorted and 3 outputs", untrained(Objective::Quantile, 3)),
        ("a base margin", with(|model| model.required_roles.push(sapwood_score::Role::BaseMargin))),
        ("the least or the greatest of the leaves", with(|model| model.aggregation = sapwood_score::Aggregation::Min)),
        ("the mean of trees with a base score", with(|model| model.aggregation = sapwood_score::Aggregation::Mean)),
    ]);
    for (what, model) in cases {
        let refused = lightgbm::to_text(&model).unwrap_err().to_string();
        assert!(refused.contains("LightGBM's format cannot say it") && refused.contains(what), "{what}: {refused}");
    }
    let two = renamed(&["a b", "a_b"]);
    assert!(lightgbm::to_text(&two).unwrap_err().to_string().contains("two features called \"a_b\""));
    let (text, rounding) = text(&renamed(&["a b"]));
    assert!(rounding.names == 1 && text.contains("feature_names=a_b\n"));
}

/// What LightGBM has no objective for is written without one where predictions are margins.
#[test]
fn objectives_are_told_by_lightgbms_names() {
    let line = |change: fn(&mut Model)| {
        let mut model = small(stump(Condition::Threshold(0.5), MissingRule::Nan, true));
        change(&mut model);
        let (text, _) = text(&model);
        text.lines().find(|line| line.starts_with("objective=")).unwrap_or("none").to_string()
    };
    assert_eq!(line(|_| {}), "objective=regression");
    assert_eq!(line(|model| model.objective = Objective::PseudoHuber.into()), "none");
    let binary = |model: &mut Model| {
        (model.objective, model.outputs) = (Objective::BinaryLogistic.into(), Outputs::Binary);
        model.link = Link::Logit { scale: 1.0 };
    };
    assert_eq!(line(binary), "objective=binary sigmoid:1");
    assert_eq!(
        line(|model| {
            model.objective = Objective::BinaryLogitraw.into();
            (model.link, model.prediction) = (Link::LOGIT, Prediction::Margin);
        }),
        "none"
    );
    assert_eq!(
        line(|model| {
            model.objective = sapwood_score::ObjectiveSpec::new("regression", Vec::new());
            model.link = Link::SignedSquare;
        }),
        "objective=regression sqrt"
    );
}
