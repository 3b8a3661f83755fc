//! Columns that are read as something, and were meant as something else.

use super::reading::parquet;
use crate::serve::client::Server;
use crate::util::{Run, Tree, sapwood};
use polars::prelude::df;

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["train", "--train", &data, "--model-out", &model, "--label", "y", "num_round=3"];
    sapwood(args.iter().chain(more))
}

fn predict(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    sapwood(["predict", "--model", &model, "--data", &data].iter().chain(more))
}

#[test]
fn new_user_a_unique_id_is_no_category_in_silence() {
    let tree = Tree::new();
    let ids: Vec<_> = (0..60).map(|i| format!("c-{:04x}", i * 7919)).collect();
    let (y, a): (Vec<_>, Vec<_>) = (0..60i64).map(|i| (i % 2, i % 7)).unzip();
    let rows = |i: usize| (y[i], &ids[i], a[i]);
    tree.write("i.csv", (0..60).map(rows).fold("y,id,a\n".to_string(), |text, (y, id, a)| text + &format!("{y},{id},{a}\n")));
    let object = |(y, id, a): (i64, &String, i64)| format!("{{\"y\":{y},\"id\":\"{id}\",\"a\":{a}}}\n");
    tree.write("i.jsonl", (0..60).map(|i| object(rows(i))).collect::<String>());
    parquet(&tree, "i.parquet", df!["y" => &y, "id" => &ids, "a" => &a].unwrap());
    for file in ["i.csv", "i.jsonl", "i.parquet"] {
        let run = train(&tree, file, &[]).ok();
        let warning = "warning: column id is taken as categorical and has 60 categories in 60 rows, as an identifier has";
        assert!(run.stderr.contains(warning), "{file}: {run:?}");
        assert!(run.stderr.contains("note: columns of text taken as categorical: id (60 levels)"), "{file}: {run:?}");
        assert!(!train(&tree, file, &["categorical_features=id"]).ok().stderr.contains("warning"), "{file}");
        assert!(!train(&tree, file, &["--ignore", "id"]).ok().stderr.contains("warning"), "{file}");
    }
}

#[test]
fn new_user_dates_without_hyphens_are_numbers_with_a_warning() {
    let tree = Tree::new();
    let date = |i: i64| 20_240_101 + i % 28 + 100 * (i % 12);
    let write = |change: &dyn Fn(i64) -> i64| {
        let (y, d): (Vec<_>, Vec<_>) = (0..60).map(|i| (i % 2, change(i))).unzip();
        let pairs = || y.iter().zip(&d);
        tree.write("d.csv", format!("y,d,e\n{}", pairs().map(|(y, d)| format!("{y},{d},{}\n", d % 3)).collect::<String>()));
        tree.write("d.jsonl", pairs().map(|(y, d)| format!("{{\"y\":{y},\"d\":{d},\"e\":{}}}\n", d % 3)).collect::<String>());
        let floats: Vec<_> = d.iter().map(|&d| d as f64).collect();
        parquet(&tree, "d.parquet", df!["y" => &y, "d" => &d].unwrap());
        parquet(&tree, "f.parquet", df!["y" => &y, "d" => &floats].unwrap());
    };
    write(&date);
    for file in ["d.csv", "d.jsonl", "d.parquet", "f.parquet"] {
        let run = train(&tree, file, &[]).ok();
        assert!(
            run.stderr.contains("warning: column d is read as numbers, and all of them are dates such as 20240105"),
            "{file}: {run:?}"
        );
    }
    let others: [&dyn Fn(i64) -> i64; 3] = [&|i| if i == 59 { 20_241_399 } else { date(i) }, &|i| i, &|i| 20_000_000 + 37 * i];
    for change in others {
        write(change);
        for file in ["d.csv", "d.jsonl", "d.parquet", "f.parquet"] {
            let run = train(&tree, file, &[]).ok();
            assert!(!run.stderr.contains("dates such as"), "{file}: {run:?}");
        }
    }
    let rows: String = (0..60).map(|i| format!("{},Jan {} 2024\n", i % 2, 1 + i % 28)).collect();
    tree.write("m.csv", format!("y,d\n{rows}"));
    let message =
        train(&tree, "m.csv", &[]).user_error(&["date or time in a form that is not read: ", "write dates as 2024-01-05"]);
    assert!(!message.contains("misread"), "{message}");
}

#[test]
fn new_user_another_delimiter_than_the_file_s_is_named() {
    let tree = Tree::new();
    let write = |mark: &str| {
        let rows: String = (0..60).map(|i| format!("{}{mark}{}{mark}{}\n", i % 2, i % 7, i % 5)).collect();
        tree.write("x.csv", format!("y{mark}a{mark}b\n{rows}"));
    };
    for (mark, said, expected) in [(",", ";", ","), (";", ",", ";"), ("\t", ",", "tab"), ("|", ";", "|")] {
        write(mark);
        let said = format!("delimiter={said}");
        let message = train(&tree, "x.csv", &[&said]).user_error(&["leave delimiter out", &format!("delimiter={expected}")]);
        assert!(!message.contains("in quotes in a list"), "{message}");
        train(&tree, "x.csv", &[]).ok();
        predict(&tree, "x.csv", &[&said]).user_error(&["leave delimiter out", &format!("delimiter={expected}")]);
        let (model, data) = (tree.text("m"), tree.text("x.csv"));
        sapwood(["evaluate", "--model", &model, "--data", &data, &said]).user_error(&["leave delimiter out"]);
    }
}

#[test]
fn new_user_decimal_points_for_a_model_of_decimal_commas() {
    let tree = Tree::new();
    let rows = |mark: char| (0..60).map(|i| format!("{};{}{mark}5\n", i % 2, i % 7)).collect::<String>();
    tree.write("comma.csv", format!("y;a\n{}", rows(',')));
    tree.write("point.csv", format!("y;a\n{}", rows('.')));
    train(&tree, "comma.csv", &["decimal=,"]).ok();
    let message = predict(&tree, "point.csv", &[]).user_error(&["text in a column of numbers", "say decimal=."]);
    assert!(!message.contains("missing_values"), "{message}");
    predict(&tree, "point.csv", &["decimal=."]).ok();
    train(&tree, "point.csv", &["decimal=,"]).user_error(&["decimal point, where the comma is the decimal mark", "say decimal=."]);
    let server = Server::of(&tree, "m", &[], &[]);
    let answer = server.csv("1.5\n");
    assert!(answer.body.contains("write the comma as the decimal mark") && !answer.body.contains("missing_values"), "{answer:?}");
}

#[test]
fn new_user_milliseconds_for_dates_and_no_advice_about_missing_values() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},2024-01-{:02},{}\n", i % 2, 1 + i % 28, i % 7)).collect();
    tree.write("d.csv", format!("y,t,a\n{rows}"));
    train(&tree, "d.csv", &[]).ok();
    tree.write("r.jsonl", "{\"t\":1704412800000,\"a\":1}\n");
    let message =
        predict(&tree, "r.jsonl", &[]).user_error(&["number in a column of dates: ", ": 1704412800000;", "date_format=\"iso\""]);
    assert!(!message.contains("missing_values"), "{message}");
    let server = Server::of(&tree, "m", &[], &[]);
    for (kind, body) in [
        ("application/json", "[{\"t\":1704412800000,\"a\":1}]"),
        ("application/json", "[{\"t\":\"soon\",\"a\":1}]"),
        ("application/json", "[{\"t\":null,\"a\":\"x\"}]"),
        ("text/csv", "2024-01-05,x\n"),
        ("text/csv", "soon,1\n"),
        ("text/csv", "2024-01-05,inf\n"),
        ("text/csv", "2024-01-05,$5\n"),
    ] {
        let answer = server.post(kind, "text/csv", body);
        assert!((400..500).contains(&answer.status) && !answer.body.contains("missing_values"), "{body}: {answer:?}");
    }
}

#[test]
fn new_user_a_row_s_answer_does_not_depend_on_its_neighbours() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", i % 2, ["pro", "free"][i % 2], i % 7)).collect();
    tree.write("p.csv", format!("y,plan,usage\n{rows}"));
    train(&tree, "p.csv", &[]).ok();
    let (alone, beside) = (r#"[{"plan":"pro"}]"#, r#"[{"plan":"pro"},{"plan":"pro","usage":3}]"#);
    let lines = "{\"plan\":\"pro\"}\n{\"plan\":\"pro\",\"usage\":3}\n";
    let split = r#"{"columns":["plan"],"data":[["pro"]]}"#;
    let server = Server::of(&tree, "m", &[], &[]);
    for (kind, body) in
        [("application/json", alone), ("application/json", beside), ("application/jsonlines", lines), ("application/json", split)]
    {
        server.post(kind, "text/csv", body).is(400, &["has no usage", "send null", "--missing-keys=null"]);
    }
    let expected = server.post("application/json", "text/csv", r#"[{"plan":"pro","usage":null}]"#).is(200, &[]).body;
    for (flags, environment) in [(&["--missing-keys=null"][..], &[][..]), (&[], &[("SAPWOOD_MISSING_KEYS", "null")])] {
        let server = Server::of(&tree, "m", flags, environment);
        for body in [alone, beside, split] {
            let answer = server.post("application/json", "text/csv", body).is(200, &[]);
            assert_eq!(answer.body.lines().next(), expected.lines().next(), "{body}");
        }
        server.post("application/json", "text/csv", r#"[{"plann":"pro"}]"#).is(400, &["did you mean \"plan\"?"]);
    }
}
