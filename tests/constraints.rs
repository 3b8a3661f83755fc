//! Constraints of features as jobs and people write them: in every form, with every format of data.

use crate::util::{Run, Tree, amount, csv_with_header, sapwood};
use std::fs;

/// Trains on a file, with these parameters besides; the run and the model.
fn train(tree: &Tree, file: &str, arguments: &[&str]) -> (Run, Option<Vec<u8>>) {
    let (data, model) = (tree.text(file), tree.text("m"));
    let _ = fs::remove_file(&model);
    let base = ["train", "--train", &data, "--model-out", &model, "num_round=8", "max_depth=4"];
    let run = sapwood(base.iter().chain(arguments));
    (run, fs::read(model).ok())
}

fn model(tree: &Tree, file: &str, arguments: &[&str]) -> Vec<u8> {
    let (run, model) = train(tree, file, arguments);
    run.ok();
    model.unwrap()
}

/// The trees as JSON, without the parameters that are stored beside them.
fn trees(tree: &Tree, file: &str, arguments: &[&str]) -> serde_json::Value {
    model(tree, file, arguments);
    let run = sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok();
    serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()["trees"].clone()
}

fn named() -> Tree {
    let tree = Tree::new();
    tree.write("t.csv", csv_with_header(900, 4, amount));
    tree
}

#[test]
fn tuples_lists_and_maps_are_the_same_constraint() {
    let tree = named();
    let found = |value: &str| trees(&tree, "t.csv", &["--label", "y", value]);
    let expected = found("monotone_constraints=(1,-1,0,0)");
    assert!(expected.as_array().is_some_and(|trees| trees.len() == 8));
    for value in [
        "monotone_constraints=[1, -1, 0, 0]",
        "monotone_constraints=1,-1,0,0",
        "mc=1,-1,0,0",
        "monotonic_cst={'a': 1, 'b': -1}",
        "monotone_constraints={\"b\": -1, \"a\": 1, \"c\": 0}",
        "monotone_constraints={0: 1, 1: -1}",
        "monotone_constraints=a:1,b:-1",
    ] {
        assert_eq!(found(value), expected, "{value}");
    }
    assert_ne!(found("monotone_constraints=(0,-1,1,0)"), expected);
}

#[test]
fn the_label_is_no_feature_wherever_it_stands() {
    let tree = named();
    let text = fs::read_to_string(tree.path("t.csv")).unwrap();
    let last = |line: &str| line.split_once(',').map(|(label, rest)| format!("{rest},{label}\n")).unwrap();
    tree.write("last.csv", text.lines().map(last).collect::<String>());
    let value = ["--label", "y", "monotone_constraints=(1,-1,0,0)", "interaction_constraints=[[0,1],[2]]"];
    assert_eq!(trees(&tree, "t.csv", &value), trees(&tree, "last.csv", &value));
}

#[test]
fn nothing_to_constrain_gives_the_model_of_no_constraint() {
    let tree = named();
    let plain = model(&tree, "t.csv", &["--label", "y"]);
    for value in [
        "monotone_constraints=(0,0,0,0)",
        "monotone_constraints=()",
        "monotone_constraints={}",
        "monotone_constraints={\"a\": 0}",
        "monotone_constraints=None",
        "interaction_constraints=[]",
        "interaction_constraints=",
        "feature_weights=[]",
        "path_smooth=0",
        "extra_trees=false",
        "monotone_constraints_method=basic",
    ] {
        assert!(plain == model(&tree, "t.csv", &["--label", "y", value]), "{value}");
    }
}

#[test]
fn interactions_are_given_by_name_or_position() {
    let tree = named();
    let found = |value: &str| trees(&tree, "t.csv", &["--label", "y", value]);
    let expected = found("interaction_constraints=[[\"a\",\"d\"],[\"b\"]]");
    for value in ["[[0,3],[1]]", "[['a', 'd'], ['b']]", "[a,d],[b]", "[0,3],[1]", "[[0, \"d\"], [1]]"] {
        assert_eq!(found(&format!("interaction_constraints={value}")), expected, "{value}");
    }
    assert_ne!(found("interaction_constraints=[[\"a\",\"c\"],[\"b\"]]"), expected);
}

/// Indices are those that stand in the file, as in XGBoost.
#[test]
fn sparse_features_are_counted_as_the_file_counts_them() {
    let tree = Tree::new();
    let row = |row: usize, base: usize| {
        let (a, b) = (row * 7 % 31, row * 5 % 17);
        format!("{} {base}:{a} {}:{b}\n", a as f64 * 0.5 - b as f64 + (row % 3) as f64, base + 1)
    };
    for base in [0, 1] {
        tree.write(&format!("{base}.libsvm"), (0..400).map(|i| row(i, base)).collect::<String>());
    }
    let expected = trees(&tree, "0.libsvm", &["monotone_constraints=(1,0)"]);
    for value in ["(0,1,0)", "{1: 1}", "{\"1\": 1}", "{f0: 1}"] {
        assert_eq!(trees(&tree, "1.libsvm", &[&format!("monotone_constraints={value}")]), expected, "{value}");
    }
    assert_ne!(trees(&tree, "1.libsvm", &["monotone_constraints={2: 1}"]), expected);
    let refused =
        |value: &str, parts: &[&str]| train(&tree, "1.libsvm", &[&format!("monotone_constraints={value}")]).0.user_error(parts);
    refused("(1,0)", &["has 2 entries", "count from 1 to 2", "give 3, the first of which is 0"]);
    refused("{0: 1}", &["names feature 0", "numbered from 1 to 2"]);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let tree = named();
    let text = fs::read_to_string(tree.path("t.csv")).unwrap();
    let with_text = |(at, line): (usize, &str)| format!("{line},{}\n", if at == 0 { "colour" } else { ["red", "blue"][at % 2] });
    tree.write("text.csv", text.lines().enumerate().map(with_text).collect::<String>());
    let refused = |file: &str, value: &str, parts: &[&str]| train(&tree, file, &["--label", "y", value]).0.user_error(parts);
    refused("t.csv", "monotone_constraints=(1,0)", &["monotone_constraints has 2 entries for 4 features: a, b, c, d"]);
    refused("t.csv", "monotone_constraints={\"aa\": 1}", &["names \"aa\", which is no feature", "did you mean a?"]);
    refused("t.csv", "monotone_constraints={\"y\": 1}", &["names \"y\", which is no feature"]);
    refused("t.csv", "monotone_constraints=(1,2,0,0)", &["has the direction 2", "1 (up), -1 (down) or 0 (either)"]);
    refused("t.csv", "monotone_constraints=(1,up,0,0)", &["is not a valid value: expected -1, 0 or 1 for each feature"]);
    refused("t.csv", "monotone_constraints={a: 1, a: -1}", &["is not a valid value"]);
    refused("t.csv", "monotone_constraints_method=advanced", &["is not a valid value", "basic or intermediate"]);
    refused("text.csv", "monotone_constraints={\"colour\": 1}", &["\"colour\" the direction 1", "is categorical"]);
    refused("text.csv", "monotone_constraints=(0,0,0,0,-1)", &["\"colour\" the direction -1"]);
    refused("t.csv", "interaction_constraints=[[\"a\",\"e\"]]", &["interaction_constraints names \"e\", which is no feature"]);
    refused("t.csv", "interaction_constraints=[[0,4]]", &["names feature 4, and features are numbered from 0 to 3"]);
    refused("t.csv", "interaction_constraints=a,b", &["is not a valid value: expected groups of features"]);
    refused("t.csv", "feature_weights=(1,1)", &["feature_weights has 2 entries for 4 features"]);
    refused("t.csv", "feature_weights=(1,-1,0,0)", &["has the weight -1"]);
    refused("t.csv", "path_smooth=-1", &["path_smooth=-1 is out of range"]);
    // Columns that are called by numbers, in another order.
    tree.write("numbers.csv", text.replacen("y,a,b,c,d", "y,1,0,3,2", 1));
    refused("numbers.csv", "monotone_constraints={1: 1}", &["can be read in two ways", "position 1 (\"0\")"]);
    model(&tree, "numbers.csv", &["--label", "y", "header=true", "monotone_constraints={\"1\": 1}"]);
}

#[test]
fn what_constraints_do_not_do_is_a_warning() {
    let tree = named();
    let warned = |arguments: &[&str], part: &str| {
        let (run, _) = train(&tree, "t.csv", &[&["--label", "y"], arguments].concat());
        assert!(run.stderr.contains(part), "{}", run.stderr);
    };
    warned(
        &["feature_weights=(1,2,3,4)"],
        "has no effect: it needs colsample_bytree, colsample_bylevel or colsample_bynode below 1",
    );
    let rising = "x,y\n".to_string() + &(0..60).map(|row| format!("{row},{row}\n")).collect::<String>();
    tree.write("rising.csv", rising);
    let (run, _) = train(&tree, "rising.csv", &["--label", "y", "monotone_constraints={x: -1}"]);
    assert!(run.ok().stderr.contains("monotone_constraints allow none: without them, the largest gain is"));
}

#[test]
fn every_form_of_configuration_has_maps_and_groups() {
    let tree = named();
    let train = tree.text("t.csv");
    let model = |name: &str, text: &str| {
        let (config, model) = (tree.write(name, text), tree.text("m.sapwood"));
        sapwood(["train", "--config", config.to_str().unwrap(), "--train", &train, "--label", "y", "--model-out", &model]).ok();
        fs::read(model).unwrap()
    };
    let json = r#"{"num_round": 3, "monotone_constraints": {"a": 1}, "interaction_constraints": [["a", "b"], ["c"]]}"#;
    let expected = model("a.json", json);
    let yaml = "num_round: 3\nmonotone_constraints: {a: 1}\ninteraction_constraints: [[a, b], [c]]\n";
    assert!(expected == model("a.yaml", yaml));
    let toml = "num_round = 3\ninteraction_constraints = [[\"a\", \"b\"], [\"c\"]]\n[monotone_constraints]\na = 1\n";
    assert!(expected == model("a.toml", toml));
    assert!(model("b.json", r#"{"num_round": 3, "monotone_constraints": [1, 0, 0, 0]}"#) != expected);
}

#[test]
fn another_constraint_is_another_job_for_a_checkpoint() {
    let tree = named();
    let checkpoints = tree.text("c");
    let arguments =
        |value: &'static str| ["--label", "y", "--checkpoints", &checkpoints, "checkpoint_interval=0", value].map(str::to_string);
    let run = |value| {
        let arguments = arguments(value);
        train(&tree, "t.csv", &arguments.iter().map(String::as_str).collect::<Vec<_>>()).0
    };
    run("monotone_constraints=(1,0,0,0)").ok();
    let again = run("monotone_constraints=(-1,0,0,0)");
    assert!(again.stderr.contains("monotone_constraints"), "{}", again.stderr);
}
