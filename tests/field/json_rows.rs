//! JSON as training data, as serving takes it.

use crate::util::{Run, Tree, sapwood};

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["train", "--train", &data, "--model-out", &model, "num_round=3", "objective=binary:logistic"];
    sapwood(args.iter().chain(more))
}

fn predict(tree: &Tree, name: &str, text: &str) -> String {
    let (data, model) = (tree.write(name, text).display().to_string(), tree.text("m"));
    sapwood(["predict", "--model", &model, "--data", &data]).ok().stdout
}

fn object(i: usize) -> String {
    let colour = ["\"red\"", "\"blue\"", "null"][i % 3];
    format!("{{\"y\": {}, \"a\": {}, \"c\": {colour}, \"t\": {}}}", i % 2, i % 2, i.is_multiple_of(5))
}

#[test]
fn sagemaker_examples_668_json_lines_are_read_as_such() {
    let tree = Tree::new();
    let lines: String = (0..60).map(|i| object(i) + "\n").collect();
    tree.write("j.jsonl", &lines);
    tree.write("j.json", format!("[{}]", (0..60).map(object).collect::<Vec<_>>().join(",\n")));
    tree.write(
        "j.csv",
        std::iter::once("y,a,c,t\n".to_string())
            .chain((0..60).map(|i| format!("{},{},{},{}\n", i % 2, i % 2, ["red", "blue", ""][i % 3], i.is_multiple_of(5))))
            .collect::<String>(),
    );
    train(&tree, "j.csv", &["--label", "y"]).ok();
    let expected = predict(&tree, "r.csv", "a,c,t\n1,red,true\n0,,false\n");
    for (file, more) in [
        ("j.jsonl", &[][..]),
        ("j.jsonl", &["--format", "jsonlines"]),
        ("j.jsonl", &["--label", "y"]),
        ("j.json", &[]),
        ("j.json", &["--format", "json"]),
    ] {
        train(&tree, file, more).ok();
        let shown = sapwood(["inspect", "--model", &tree.text("m")]).ok().stdout;
        assert!(shown.contains("2 levels    c") && shown.contains("boolean     t"), "{shown}");
        let rows = "{\"a\": 1, \"c\": \"red\", \"t\": true}\n{\"t\": false, \"c\": null, \"a\": 0}\n";
        assert_eq!(predict(&tree, "r.jsonl", rows), expected);
        assert_eq!(predict(&tree, "r.csv", "a,c,t\n1,red,true\n0,,false\n"), expected);
    }
    let run = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &tree.text("j.jsonl")]).ok();
    assert!(run.stdout.contains("logloss"), "{run:?}");
    train(&tree, "j.jsonl", &["--format", "csv"]).user_error(&["this is JSON, not CSV", "j.jsonl"]);
}

#[test]
fn spark_leaves_out_keys_whose_values_are_null() {
    let tree = Tree::new();
    let row = |i: usize| {
        if i.is_multiple_of(3) { format!("{{\"y\":{}}}\n", i % 2) } else { format!("{{\"y\":{},\"a\":{}}}\n", i % 2, i % 2) }
    };
    tree.write("s.jsonl", (0..60).map(row).collect::<String>());
    assert!(train(&tree, "s.jsonl", &[]).ok().stderr.contains("60 rows and 1 column"));
    assert_eq!(predict(&tree, "r.jsonl", "{\"a\":1}\n{}\n{\"a\":0}\n").lines().count(), 3);
}

#[test]
fn what_json_lines_must_not_hold_is_named_with_its_place() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{{\"y\":{},\"a\":{}}}\n", i % 2, i % 2)).collect();
    for (row, fragments) in [
        ("{\"y\":1,\"a\":NaN}", &["x.jsonl:61:", "write null"][..]),
        ("{\"y\":1,\"a\":[1]}", &["x.jsonl:61:", "an array or object where one value is expected"]),
        ("{\"y\":1,\"a\":\"x\"}", &["text in a column of numbers: ", "x.jsonl:61 (column a)"]),
        ("{\"y\":null,\"a\":1}", &["missing label: ", "x.jsonl:61 (column y)"]),
        ("{\"y\":1,\"a\":1,\"a\":2}", &["column \"a\" is given twice: ", "x.jsonl:61:"]),
        ("{\"y\":1,\"a\":1", &["x.jsonl:61:"]),
        ("[1,2]", &["objects and arrays as rows", "x.jsonl:61:1"]),
    ] {
        tree.write("x.jsonl", format!("{rows}{row}\n"));
        train(&tree, "x.jsonl", &[]).user_error(fragments);
    }
    tree.write("columns.json", "{\"y\":{\"0\":1,\"1\":0},\"a\":{\"0\":1,\"1\":0}}");
    train(&tree, "columns.json", &[]).user_error(&["orient=\"records\""]);
}

#[test]
fn a_first_line_of_any_length_is_one_of_many() {
    let tree = Tree::new();
    let long = "x".repeat(300 << 10);
    let row = |i: usize, text: &str| format!("{{\"y\":{},\"a\":{},\"t\":\"{text}\"}}\n", i % 2, i % 2);
    let rows: String = (1..60).map(|i| row(i, ["p", "q"][i % 2])).collect();
    tree.write("long.jsonl", row(0, &long) + &rows);
    assert!(train(&tree, "long.jsonl", &["--label", "y"]).ok().stderr.contains("60 rows and 2 columns"));
    let list = |i: usize| format!("[{}{}]\n", i % 2, format!(",{}", i % 7).repeat(150_000));
    tree.write("lists.jsonl", list(0) + &list(1) + &list(2));
    assert!(train(&tree, "lists.jsonl", &["num_parallel_tree=1"]).ok().stderr.contains("3 rows and 150000 columns"));
    // One line, as long as the piece of a file that is looked at first.
    let document = |fill: usize| format!("[{}{{\"y\":0,\"a\":1}},{{\"y\":1,\"a\":0}}]", " ".repeat(fill));
    let fill = (256 << 10) - document(0).len();
    for (fill, end) in [(fill, ""), (fill - 1, "\n"), (fill, "\n"), (fill + 5, "\n\n")] {
        tree.write("document.json", document(fill) + end);
        assert!(train(&tree, "document.json", &["--label", "y"]).ok().stderr.contains("2 rows and 1 column"), "{fill}");
    }
}

/// Found by fuzzing.
#[test]
fn rows_without_columns_are_the_user_s_fault() {
    let tree = Tree::new();
    for (name, text) in [("a.jsonl", "[]"), ("b.jsonl", "{}\n{}\n"), ("c.json", "[[]]"), ("d.json", "[{}, {}]"), ("e.json", "[]")] {
        tree.write(name, text);
        let bounds = ["--ignore", "0", "label_lower_bound_column=0", "label_upper_bound_column=1"];
        for more in [&[][..], &["--label", "0"], &["--label", "0,1"], &bounds] {
            train(&tree, name, more).user_error(&[]);
        }
    }
}
