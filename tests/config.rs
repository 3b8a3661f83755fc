//! Settings from a file, and the file that reproduces a model.

use crate::util::{Tree, amount, csv_with_header, sapwood};
use serde_json::Value;
use std::fs;

fn tree() -> Tree {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(200, 1, amount));
    tree.write("validation.csv", csv_with_header(80, 2, amount));
    tree
}

fn bytes(tree: &Tree, name: &str) -> Vec<u8> {
    fs::read(tree.path(name)).unwrap()
}

#[test]
fn every_format_says_what_the_command_line_would() {
    let tree = tree();
    let [train, validation, m, by_flags] = ["train.csv", "validation.csv", "m", "flags"].map(|name| tree.text(name));
    let words = ["--ignore", "c", "num_round=5", "eta=0.1", "eval_metric=mae,rmse", "max_depth=3"];
    let flags = ["train", "--train", &train, "--validation", &validation, "--model-out", &by_flags, "--label", "y"];
    let expected = sapwood(flags.iter().chain(&words)).ok().stdout;
    for (name, content) in [
        (
            "c.json",
            format!(
                r#"{{"train": "{train}", "validation": ["{validation}"], "model-out": "{m}", "label": "y", "ignore": ["c"], "num_round": 5, "learning_rate": 0.1, "eval_metric": ["mae", "rmse"], "max_depth": "3"}}"#
            ),
        ),
        (
            "c.yaml",
            format!(
                "# Settings.\ntrain: {train}\nvalidation: {validation}\nmodel_out: {m}\nlabel: y\nignore: [c]\nnum_round: 5\neta: 0.1\n\
                 eval_metric:\n  - mae\n  - rmse\nmax_depth: 3\nseed: null\n"
            ),
        ),
        (
            "c.toml",
            format!(
                "train = \"{train}\"\nvalidation = \"{validation}\"\nmodel_out = \"{m}\"\nlabel = \"y\"\nignore = [\"c\"]\nnum_round = 5\n\
                 eta = 0.1\neval_metric = [\"mae\", \"rmse\"]\nmax_depth = 3\n"
            ),
        ),
    ] {
        tree.write(name, content);
        let run = sapwood(["train", "--config", &tree.text(name)]).ok();
        assert_eq!((run.stdout, bytes(&tree, "m")), (expected.clone(), bytes(&tree, "flags")), "{name}");
    }
}

#[test]
fn the_command_line_wins() {
    let tree = tree();
    let [train, m, other] = ["train.csv", "m", "other"].map(|name| tree.text(name));
    tree.write("c.yaml", format!("train: {train}\nmodel-out: {other}\nnum_round: 50\nlearning_rate: 0.1\nlabel_column: d\n"));
    let run =
        sapwood(["train", "--config", &tree.text("c.yaml"), "--model-out", &m, "n_estimators=2", "eta=0.5", "--label", "y"]).ok();
    assert_eq!(run.metric_lines().len(), 2);
    assert!(!tree.path("other").exists());
    let model: Value = serde_json::from_str(&sapwood(["inspect", "--json", "--model", &m]).ok().stdout).unwrap();
    assert_eq!((&model["params"]["eta"], &model["params"]["label_column"]), (&"0.5".into(), &"y".into()));
}

#[test]
fn mistakes_in_the_file_are_named() {
    let tree = tree();
    for (name, content, fragments) in [
        ("c.yaml", "num_round: 5\nlearning_ratte: 1\n", &["did you mean learning_rate?"][..]),
        ("c.yaml", "num_round: 5\nnum_round: 6\n", &["c.yaml:2:", "num_round"]),
        ("c.json", "{\"num_round\": }", &["c.json:1:"]),
        ("c.toml", "eta = 1\nnum_round = \n", &["c.toml:2:13: ", "value"]),
        ("c.yaml", "quiet: 3\n", &["c.yaml: quiet: must be true or false"]),
        ("c.yaml", "format: cvs\n", &["c.yaml: format"]),
        ("c.yaml", "eta: {a: 1}\n", &["c.yaml: eta: must be one value"]),
        ("c.yaml", "- eta\n", &["is no list of names and values"]),
        ("c.ini", "eta=1\n", &["must end with .json, .toml, .yaml or .yml"]),
    ] {
        tree.write(name, content);
        let line = ["train", "--config", &tree.text(name), "--train", &tree.text("train.csv"), "--model-out", &tree.text("m")];
        sapwood(line).user_error(fragments);
    }
    sapwood(["train", "--config", &tree.text("no.yaml")]).user_error(&["no.yaml", "cannot be read"]);
}

#[test]
fn a_model_tells_the_settings_that_reproduce_it() {
    let tree = tree();
    let [train, m, again] = ["train.csv", "m", "again"].map(|name| tree.text(name));
    let words = [
        "--ignore",
        "c",
        "--label",
        "d",
        "num_round=5",
        "eta=0.25",
        "missing_values=-999,NA",
        "categorical_features=",
        "subsample=0.8",
    ];
    sapwood(["train", "--train", &train, "--model-out", &m].iter().chain(&words)).ok();
    tree.write("c.json", sapwood(["inspect", "--config", "--model", &m]).ok().stdout);
    let settings = tree.json("c.json");
    assert_eq!(
        (&settings["ignore_columns"], &settings["label_column"], &settings["eta"]),
        (&serde_json::json!(["c"]), &"d".into(), &"0.25".into())
    );
    sapwood(["train", "--config", &tree.text("c.json"), "--train", &train, "--model-out", &again]).ok();
    assert_eq!(bytes(&tree, "again"), bytes(&tree, "m"));
}

#[test]
fn a_map_of_classes_is_a_map_in_every_form() {
    let tree = Tree::new();
    let rows: String = (0..120).map(|row| format!("{},{}\n", u8::from(row % 6 == 0), row % 7)).collect();
    tree.write("train.csv", &rows);
    let model = |name: &str, text: &str| {
        let (config, train, model) = (tree.write(name, text), tree.text("train.csv"), tree.text("m.sapwood"));
        let flags = ["train", "--config", config.to_str().unwrap(), "--train", &train, "--model-out", &model];
        sapwood(flags).ok();
        std::fs::read(model).unwrap()
    };
    let common = "num_round: 2\nobjective: binary:logistic\nheader: false\n";
    let by_yaml = model("a.yaml", &format!("{common}class_weight: {{0: 1, 1: 5}}\n"));
    let json = "{\"num_round\": 2, \"objective\": \"binary:logistic\", \"header\": false, \"class_weight\": {\"0\": 1, \"1\": 5}}";
    assert!(by_yaml == model("a.json", json));
    let toml = "num_round = 2\nobjective = \"binary:logistic\"\nheader = false\n[class_weight]\n0 = 1\n1 = 5\n";
    assert!(by_yaml == model("a.toml", toml));
    assert!(by_yaml == model("b.yaml", &format!("{common}class_weight: \"{{0: 1, 1: 5}}\"\n")));
    assert!(by_yaml != model("c.yaml", common));
}
