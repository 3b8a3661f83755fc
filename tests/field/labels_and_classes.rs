//! Which column is the label, which class is class 1, and what classes are called.

use super::reading::parquet;
use crate::serve::client::Server;
use crate::util::{Run, Tree, sapwood};
use polars::prelude::df;

const BINARY: &str = "objective=binary:logistic";

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model, summary) = (tree.text(file), tree.text("m"), tree.text("s.json"));
    let args = ["train", "--train", &data, "--model-out", &model, "--summary", &summary, "num_round=3"];
    sapwood(args.iter().chain(more))
}

fn predict(tree: &Tree, file: &str, more: &[&str]) -> Vec<String> {
    let (data, model) = (tree.text(file), tree.text("m"));
    let run = sapwood(["predict", "--model", &model, "--data", &data].iter().chain(more)).ok();
    run.stdout.lines().map(String::from).collect()
}

/// Rows of age and text, the label last.
fn adults(tree: &Tree) {
    let rows: String =
        (0..80).map(|i| format!("{},{},{}\n", 17 + i % 40, i % 5, if i % 40 > 20 { "paid" } else { "default" })).collect();
    tree.write("adult.csv", format!("age,hours,status\n{rows}"));
}

#[test]
fn new_user_a_forgotten_label_is_told() {
    let tree = Tree::new();
    adults(&tree);
    let run = train(&tree, "adult.csv", &[]).ok();
    assert!(run.stderr.contains("\nlabel: age (the first column; none was named)\n"), "{run:?}");
    assert!(run.stderr.contains("warning: \"age\", the first column of ") && run.stderr.contains("label_column"), "{run:?}");
    let run = train(&tree, "adult.csv", &["--label", "age"]).ok();
    assert!(run.stderr.contains("\nlabel: age\n") && !run.stderr.contains("warning"), "{run:?}");
    let message =
        train(&tree, "adult.csv", &[BINARY]).user_error(&["column age (the first column; none was named)", "label_column"]);
    assert!(!message.contains("reg:logistic"), "{message}");
    train(&tree, "adult.csv", &[BINARY, "--label", "hours"]).user_error(&["it is 2 at ", ", column hours; renumber"]);
    train(&tree, "adult.csv", &["--label", "status"]).user_error(&["the labels are texts (", "of column status"]);
    let rows: String = (0..60).map(|i| format!("{},{}\n", i % 2, i % 7)).collect();
    tree.write("bare.csv", rows);
    let run = train(&tree, "bare.csv", &[]).ok();
    assert!(run.stderr.contains("\nlabel: column 0 (the first column; none was named)\n"), "{run:?}");
    assert!(!run.stderr.contains("warning"), "{run:?}");
}

#[test]
fn new_user_a_forgotten_label_is_told_whatever_the_format() {
    let tree = Tree::new();
    let lines: String = (0..60).map(|i| format!("{{\"age\":{},\"y\":{}}}\n", 20 + i % 30, i % 2)).collect();
    tree.write("a.jsonl", lines);
    let ages: Vec<i64> = (0..60).map(|i| 20 + i % 30).collect();
    parquet(&tree, "a.parquet", df!["age" => &ages, "y" => ages.iter().map(|age| age % 2).collect::<Vec<_>>()].unwrap());
    for file in ["a.jsonl", "a.parquet"] {
        let run = train(&tree, file, &[]).ok();
        assert!(run.stderr.contains("label: age (the first column; none was named)"), "{run:?}");
        assert!(run.stderr.contains("warning: \"age\", the first column of "), "{run:?}");
        train(&tree, file, &[BINARY]).user_error(&["column age (the first column; none was named)"]);
        assert!(!train(&tree, file, &["--label", "y", BINARY]).ok().stderr.contains("warning"));
    }
}

#[test]
fn new_user_which_text_is_class_1_is_told_and_can_be_chosen() {
    let tree = Tree::new();
    adults(&tree);
    let label = ["--label", "status", BINARY];
    let run = train(&tree, "adult.csv", &label).ok();
    assert!(run.stderr.contains("\nclasses: default = 0, paid = 1\n"), "{run:?}");
    assert_eq!(tree.json("s.json")["classes"], serde_json::json!(["default", "paid"]));
    let (paid, classes) = (predict(&tree, "adult.csv", &[]), predict(&tree, "adult.csv", &["--output", "class"]));
    let run =
        train(&tree, "adult.csv", &[&label[..], &["positive_class=default", "--validation", &tree.text("adult.csv")]].concat())
            .ok();
    assert!(run.stderr.contains("\nclasses: paid = 0, default = 1\n"), "{run:?}");
    assert_eq!(predict(&tree, "adult.csv", &["--output", "class"]), classes);
    for (paid, default) in paid.iter().zip(predict(&tree, "adult.csv", &[])) {
        assert!((paid.parse::<f64>().unwrap() + default.parse::<f64>().unwrap() - 1.0).abs() < 1e-6);
    }
    let run = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &tree.text("adult.csv"), "--metric", "auc,error"]).ok();
    assert!(run.stdout.contains("\"auc\":1.0"), "{run:?}");
    assert!(sapwood(["inspect", "--config", "--model", &tree.text("m")]).ok().stdout.contains("\"positive_class\": \"default\""));
    for (more, fragments) in [
        (&["positive_class=payd"][..], &["no label has this text", "did you mean \"paid\"?"][..]),
        (&["positive_class=paid", "objective=multi:softprob"], &["given twice"]),
    ] {
        train(&tree, "adult.csv", &[&label[..], more].concat()).user_error(fragments);
    }
    train(&tree, "adult.csv", &["positive_class=paid", "--label", "status", "objective=multi:softprob"])
        .user_error(&["positive_class needs two classes"]);
    let numbers = ["--label", "hours", "positive_class=0", BINARY];
    train(&tree, "adult.csv", &numbers).user_error(&["the labels are numbers"]);
}

#[test]
fn new_user_the_cache_keeps_the_order_of_classes() {
    let tree = Tree::new();
    adults(&tree);
    tree.mkdir("cache");
    let cache = tree.text("cache");
    let mut models = Vec::new();
    for positive in ["paid", "default", "default"] {
        let positive = format!("positive_class={positive}");
        let run = train(&tree, "adult.csv", &["--label", "status", BINARY, "--cache", &cache, &positive]).ok();
        assert!(run.stderr.contains("\nlabel: status\n"), "{run:?}");
        models.push(std::fs::read(tree.path("m")).unwrap());
    }
    assert!(models[0] != models[1] && models[1] == models[2]);
}

#[test]
fn new_user_the_most_probable_class_is_its_text() {
    let tree = Tree::new();
    let rows: String = (0..90).map(|i| format!("{},{}\n", ["ant", "bee", "cat"][i % 3], i % 3)).collect();
    tree.write("c.csv", format!("y,a\n{rows}"));
    train(&tree, "c.csv", &["--label", "y", "objective=multi:softmax"]).ok();
    tree.write("r.csv", "a\n2\n0\n");
    assert_eq!(predict(&tree, "r.csv", &[]), ["cat", "ant"]);
    assert_eq!(predict(&tree, "r.csv", &["--output", "class"]), ["cat", "ant"]);
    let out = tree.text("p.jsonl");
    predict(&tree, "r.csv", &["--out", &out]);
    assert_eq!(tree.read("p.jsonl"), "{\"prediction\": \"cat\"}\n{\"prediction\": \"ant\"}\n");
    let server = Server::of(&tree, "m", &[], &[]);
    assert_eq!(server.csv("2\n").is(200, &[]).body, "cat\n");
    server.post("application/json", "application/json", "[[2]]").is(200, &["{\"predictions\": [{\"score\": \"cat\"}]}"]);
    drop(server);
    let rows: String = (0..90).map(|i| format!("{},{}\n", ["no", "yes"][i % 2], i % 2)).collect();
    tree.write("h.csv", format!("y,a\n{rows}"));
    train(&tree, "h.csv", &["--label", "y", "objective=binary:hinge"]).ok();
    tree.write("r.csv", "a\n1\n0\n");
    assert_eq!(predict(&tree, "r.csv", &[]), ["yes", "no"]);
    train(&tree, "h.csv", &["--label", "a", "--ignore", "y", "objective=binary:hinge"]).user_error(&["no feature column"]);
}

#[test]
fn new_user_truth_values_are_0_and_1_as_labels_in_every_format() {
    let tree = Tree::new();
    let truth = |i: usize| i % 2 == 1;
    let spelled = |yes: &str, no: &str| {
        let rows: String = (0..60).map(|i| format!("{},{}\n", if truth(i) { yes } else { no }, i % 2)).collect();
        format!("y,a\n{rows}")
    };
    tree.write("upper.csv", spelled("True", "False"));
    tree.write("lower.csv", spelled("true", "false"));
    tree.write("digits.csv", spelled("1", "0"));
    tree.write("rows.jsonl", (0..60).map(|i| format!("{{\"y\":{},\"a\":{}}}\n", truth(i), i % 2)).collect::<String>());
    let (y, a): (Vec<_>, Vec<_>) = (0..60).map(|i| (truth(i), i as i64 % 2)).unzip();
    parquet(&tree, "typed.parquet", df!["y" => &y, "a" => &a].unwrap());
    let texts: Vec<_> = y.iter().map(|&y| if y { "True" } else { "False" }).collect();
    parquet(&tree, "texts.parquet", df!["y" => texts, "a" => &a].unwrap());
    let files = ["digits.csv", "upper.csv", "lower.csv", "rows.jsonl", "typed.parquet", "texts.parquet"];
    let mut models = Vec::new();
    for file in files {
        let run = train(&tree, file, &["--label", "y", BINARY, "--validation", &tree.text("upper.csv")]).ok();
        assert!(!run.stderr.contains("classes:"), "{file}: {run:?}");
        models.push(std::fs::read(tree.path("m")).unwrap());
        for other in files {
            let data = tree.text(other);
            let run = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &data, "--label", "y", "--metric", "auc"]).ok();
            assert_eq!(run.stdout, "{\"auc\":1.0}\n", "{file} {other}");
        }
        assert_eq!(predict(&tree, "digits.csv", &["--output", "class"])[..2], ["0", "1"]);
    }
    assert!(models.iter().all(|model| *model == models[0]));
}

#[test]
fn new_user_classes_are_counted_from_0() {
    let tree = Tree::new();
    let rows: String = (0..90).map(|i| format!("{},{}\n", 1 + i % 3, i % 3)).collect();
    tree.write("c.csv", format!("y,a\n{rows}"));
    let label = ["--label", "y", "objective=multi:softprob"];
    let message = train(&tree, "c.csv", &label).user_error(&["from 1 to 3", "subtract 1 and give num_class=3"]);
    assert!(!message.contains("num_class=4"), "{message}");
    let run = train(&tree, "c.csv", &[&label[..], &["num_class=4"]].concat()).ok();
    assert!(run.stderr.contains("warning: of 4 classes these have no training row: 0; classes are counted from 0"), "{run:?}");
    let run = train(&tree, "c.csv", &["--label", "a", "objective=multi:softprob", "num_class=3"]).ok();
    assert!(!run.stderr.contains("no training row"), "{run:?}");
}
