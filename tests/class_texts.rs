//! Labels that are texts, and models that know their classes by number only: those of other libraries, and ours of labels that were numbers.

use crate::field::reading::parquet;
use crate::interop::{Golden, golden};
use crate::util::{Run, Tree, sapwood};
use polars::prelude::{Column, DataFrame};
use std::collections::BTreeSet;

/// The model `m` and its rows as `rows.csv`, and as `labelled.csv` behind the text of the class that it predicts.
struct Labelled {
    tree: Tree,
    labels: Vec<String>,
    /// The value of `--classes`.
    classes: String,
    metric: &'static str,
}

fn labelled(name: &str, count: usize, metric: &'static str) -> Labelled {
    let Golden { tree, .. } = golden(name);
    let found = on(&tree, "predict", "m", "rows.csv", &["--output", "class"]).ok().stdout;
    // In sorted order they would be other classes.
    let text = |class: &str| format!("k{}", 9 - class.parse::<usize>().unwrap());
    let labels: Vec<_> = found.lines().map(text).collect();
    assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), count, "each class must be among the rows");
    let rows = tree.read("rows.csv");
    let lines = labels.iter().zip(rows.lines()).map(|(label, row)| format!("{label},{row}\n"));
    tree.write("labelled.csv", lines.collect::<String>());
    let object = |(label, row): (&String, &str)| {
        let cell = |(at, cell): (usize, &str)| format!(",\"Column_{at}\":{}", if cell.is_empty() { "null" } else { cell });
        let cells = row.split(',').enumerate().map(cell);
        format!("{{\"label\":\"{label}\"{}}}\n", cells.collect::<String>())
    };
    tree.write("labelled.jsonl", labels.iter().zip(rows.lines()).map(object).collect::<String>());
    let classes = (0..count).map(|class| text(&class.to_string())).collect::<Vec<_>>().join(",");
    Labelled { tree, labels, classes, metric }
}

/// All of them: two classes and three, of both libraries.
fn models() -> [Labelled; 2] {
    [labelled("lightgbm-binary-4.7.0", 2, "error"), labelled("xgboost-softprob-3.2.0", 3, "merror")]
}

fn on(tree: &Tree, command: &str, model: &str, data: &str, more: &[&str]) -> Run {
    let header = if data.ends_with("csv") { &["header=false"][..] } else { &[] };
    let (model, data) = (tree.text(model), tree.text(data));
    sapwood([&[command, "--quiet", "--model", &model, "--data", &data], more, header].concat())
}

#[test]
fn labels_are_passed_over_where_predictions_do_not_need_them() {
    for Labelled { tree, labels, .. } in models() {
        let first = ["--label", "0"];
        let kept = on(&tree, "predict", "m", "labelled.csv", &["--label", "0", "--keep", "0"]).ok().stdout;
        let plain = on(&tree, "predict", "m", "rows.csv", &[]).ok().stdout;
        let expected: String = labels.iter().zip(plain.lines()).map(|(label, line)| format!("{label},{line}\n")).collect();
        assert_eq!(kept, expected);
        assert_eq!(on(&tree, "predict", "m", "labelled.jsonl", &["--label", "label"]).ok().stdout, plain);
        let explained = on(&tree, "explain", "m", "labelled.csv", &first).ok().stdout;
        assert_eq!(explained, on(&tree, "explain", "m", "rows.csv", &[]).ok().stdout);
        // Rows whose labels are not known yet, or of a class that the model has never seen.
        let unknown: String = tree.read("rows.csv").lines().map(|row| format!(",{row}\n")).collect();
        tree.write("unknown.csv", unknown + &format!("other,{}\n", tree.read("rows.csv").lines().next().unwrap()));
        let found = on(&tree, "predict", "m", "unknown.csv", &first).ok().stdout;
        assert_eq!(found, format!("{plain}{}\n", plain.lines().next().unwrap()));
    }
}

#[test]
fn weights_and_groups_are_passed_over_as_well() {
    let Labelled { tree, .. } = &models()[0];
    let rows: String = tree.read("rows.csv").lines().map(|row| format!("{row},-1,x\n")).collect();
    tree.write("more.csv", rows);
    let found = on(tree, "predict", "m", "more.csv", &["weight_column=4", "group_column=5"]).ok().stdout;
    assert_eq!(found, on(tree, "predict", "m", "rows.csv", &[]).ok().stdout);
    let other = on(tree, "predict", "m", "more.csv", &["base_margin_column=5", "ignore_columns=4"]);
    other.user_error(&["text where a number is expected", "more.csv:1:6"]);
}

#[test]
fn labels_that_are_texts_are_refused_where_nobody_says_which_classes_they_are() {
    for Labelled { tree, labels, classes, metric } in models() {
        let classes = ["--classes", &classes];
        // A table of types: there, nobody needs to look at cells to see that they are texts.
        let column = |at: usize| {
            let cells = tree.read("rows.csv");
            let cell = |row: &str| row.split(',').nth(at).and_then(|cell| cell.parse::<f64>().ok());
            Column::new(format!("Column_{at}").into(), cells.lines().map(cell).collect::<Vec<_>>())
        };
        let columns = std::iter::once(Column::new("label".into(), &labels)).chain((0..4).map(column)).collect();
        parquet(&tree, "labelled.parquet", DataFrame::new(labels.len(), columns).unwrap());
        for (data, place, flags) in [
            ("labelled.csv", "labelled.csv:1:1 ", &["--label", "0"][..]),
            ("labelled.jsonl", "labelled.jsonl:1 (column label)", &["--label", "label"]),
            ("labelled.parquet", "labelled.parquet: row 0 (counted from 0), column label", &["--label", "label"]),
        ] {
            let fragments = ["text where labels are numbers: ", place, "\"k", "--classes names them"];
            on(&tree, "evaluate", "m", data, flags).user_error(&fragments);
            on(&tree, "explain", "m", data, &[&["--importance", "permutation"], flags].concat()).user_error(&fragments);
            let flags = [&classes, flags].concat();
            let evaluated = on(&tree, "evaluate", "m", data, &[&["--metric", metric], &*flags].concat()).ok();
            assert_eq!(evaluated.stdout, format!("{{\"{metric}\":0.0}}\n"), "{data}");
            on(&tree, "explain", "m", data, &[&["--importance", "permutation"], &*flags].concat()).ok();
        }
    }
}

#[test]
fn named_classes_are_told_and_kept() {
    for Labelled { tree, labels, classes, metric } in models() {
        let flags = ["--classes", &classes];
        let predicted = labels.join("\n") + "\n";
        assert_eq!(on(&tree, "predict", "m", "rows.csv", &[&flags[..], &["--output", "class"]].concat()).ok().stdout, predicted);
        let convert =
            |model: &str, out: &str, more: &[&str]| sapwood([&["convert", &tree.text(model), &tree.text(out)], more].concat());
        for out in ["named.sapwood", "named.onnx"] {
            convert("m", out, &flags).ok();
            assert_eq!(on(&tree, "predict", out, "rows.csv", &["--output", "class"]).ok().stdout, predicted, "{out}");
        }
        let evaluate = |more: &[&str]| {
            on(&tree, "evaluate", "named.sapwood", "labelled.csv", &[&["--label", "0", "--metric", metric], more].concat())
        };
        for more in [&[][..], &flags] {
            assert_eq!(evaluate(more).ok().stdout, format!("{{\"{metric}\":0.0}}\n"));
        }
        let reversed = classes.split(',').rev().collect::<Vec<_>>().join(",");
        evaluate(&["--classes", &reversed]).user_error(&["the model knows its classes, which are k9, k8", "leave it out"]);
        for (wrong, fragments) in [("a", "the model has"), ("a,b,c,d", "give a text for each"), (",", "is no list")] {
            convert("m", "other.sapwood", &["--classes", wrong]).user_error(&["--classes", fragments]);
        }
        let twice = vec!["a"; labels.iter().collect::<BTreeSet<_>>().len()].join(",");
        convert("m", "other.sapwood", &["--classes", &twice]).user_error(&["\"a\" is given twice"]);
    }
    let Golden { tree, .. } = golden("lightgbm-linear-4.7.0");
    on(&tree, "predict", "m", "rows.csv", &["--classes", "a,b"]).user_error(&["has no classes; leave it out"]);
}

#[test]
fn models_of_labels_that_were_numbers_take_texts_likewise() {
    let tree = Tree::new();
    let rows = |text: fn(usize) -> &'static str| (0..60).map(|row| format!("{},{row}\n", text(row / 30))).collect::<String>();
    tree.write("numbers.csv", rows(|class| ["0", "1"][class]));
    tree.write("texts.csv", rows(|class| ["true story", "false"][class]));
    let words = ["header=false", "objective=binary:logistic", "num_round=20", "min_child_weight=0"];
    sapwood([&["train", "--train", &tree.text("numbers.csv"), "--model-out", &tree.text("m")][..], &words].concat()).ok();
    let evaluate = |more: &[&str]| on(&tree, "evaluate", "m", "texts.csv", &[&["--metric", "error"], more].concat());
    evaluate(&[]).user_error(&["text where labels are numbers", "texts.csv:1:1", "\"true story\""]);
    assert_eq!(evaluate(&["--classes", "true story,false"]).ok().stdout, "{\"error\":0.0}\n");
    assert_eq!(evaluate(&["--classes", "false,true story"]).ok().stdout, "{\"error\":1.0}\n");
    // Truth values are 0 and 1, as in training.
    tree.write("truths.csv", rows(|class| ["False", "True"][class]));
    assert_eq!(on(&tree, "evaluate", "m", "truths.csv", &["--metric", "error"]).ok().stdout, "{\"error\":0.0}\n");
}
