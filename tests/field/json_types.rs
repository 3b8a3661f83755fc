//! What columns of JSON files hold, decided as in CSV, and read alike when scoring.

use super::reading::{fit, kinds, levels, options, train, train_csv, values};
use crate::util::{Tree, sapwood};
use sapwood::{Dataset, Result};
use sapwood_readers::{Encoding, InputSchema, MissingKeys, ReadOptions, read_request};

/// JSON lines with these values in column `x`, over and over, in `rows` rows.
fn lines(values: &[&str], rows: usize) -> String {
    (0..rows).map(|i| format!("{{\"y\":{},\"x\":{}}}\n", i % 2, values[i % values.len()])).collect()
}

fn train_json(values: &[&str], pairs: &[(&str, &str)]) -> Result<Dataset> {
    let tree = Tree::new();
    train(tree.write("a.jsonl", lines(values, 60)), pairs)
}

#[test]
fn pandas_dates_in_json_are_dates() {
    for (cells, kind, first) in [
        (["\"2024-01-05\"", "\"1969-12-31\""], "date", 19_727.0),
        (["\"2024-01-05T10:30:00Z\"", "\"2024-01-05T12:30:00+02:00\""], "datetime", 1_704_450_600e6),
        (["true", "false"], "boolean", 1.0),
        (["\"True\"", "\"False\""], "boolean", 1.0),
        (["true", "0"], "boolean", 1.0),
        (["\"1.5\"", "2"], "numeric", 1.5),
        (["1.5", "\"NaN\""], "numeric", 1.5),
        (["1.5", "\"\\\\N\""], "numeric", 1.5),
    ] {
        let json = train_json(&cells, &[]).unwrap();
        assert_eq!((kinds(&json), values(&json)[0][0]), (vec![kind], Some(first)), "{cells:?}");
        let cells = cells.map(|cell| cell.trim_matches('"').replace("\\\\", "\\"));
        let csv = train_csv(&format!("y,x\n{}", (0..60).map(|i| format!("{},{}\n", i % 2, cells[i % 2])).collect::<String>()), &[]);
        let csv = csv.unwrap();
        assert_eq!((csv.schema(), values(&csv)), (json.schema(), values(&json)), "{cells:?}");
    }
}

#[test]
fn pandas_stray_texts_in_json_are_errors_at_any_share() {
    for (cells, fragments) in [
        (&["1", "2", "3", "\"-\""][..], &["text in a column of numbers: ", "a.jsonl:4 (column x): \"-\"; 15 cells hold it"][..]),
        (&["\"-\"", "\"-\"", "\"-\"", "7", "8"], &["text in a column of numbers: ", "a.jsonl:1 (column x)"]),
        (&["\"2024-01-05\"", "\"2024-01-06\"", "\"soon\""], &["text in a column of dates: ", "a.jsonl:3 (column x): \"soon\""]),
        (&["\"05/01/2024\"", "\"06/01/2024\""], &["date or time in a form that is not read: ", "(column x)"]),
        (&["\"2024-01-05 10:30\"", "\"2024-01-05 10:30Z\""], &["time without a distance from UTC"]),
        (&["\"1,5\"", "\"2,5\""], &["decimal comma", "a.jsonl:1 (column x): \"1,5\"", "decimal=,"]),
        (&["\"$5\"", "\"$6\""], &["amount with a currency sign"]),
        (&["true", "2", "3"], &["text in a column of numbers: ", "\"true\""]),
        (&["1", "9007199254740993"], &["integer beyond 2^53", "(column x)"]),
        (&["1", "1e400"], &["infinite value"]),
        (&["1", "{\"a\":1}"], &["an array or object where one value is expected (column x)", "a.jsonl:2:"]),
    ] {
        let error = train_json(cells, &[]).unwrap_err().to_string();
        assert!(fragments.iter().all(|fragment| error.contains(fragment)), "{cells:?}: {error}");
    }
    assert_eq!(values(&train_json(&["\"1,5\"", "2.5"], &[("decimal", ",")]).unwrap())[0][..2], [Some(1.5), Some(2.5)]);
    assert_eq!(kinds(&train_json(&["1", "\"-\""], &[("missing_values", "-")]).unwrap()), ["numeric"]);
    let category = train_json(&["\"01234\"", "\"1234\"", "1.0"], &[("categorical_features", "x")]).unwrap();
    assert_eq!(levels(&category, 0), ["1", "01234", "1234"]);
}

#[test]
fn catboost_635_codes_with_leading_zeros_are_told() {
    for data in [train_json(&["\"01234\"", "\"1234\""], &[]).unwrap(), train_csv("y,x\n0,1234\n1,01234\n", &[]).unwrap()] {
        assert_eq!(kinds(&data), ["numeric"]);
        let warnings = data.warnings();
        assert!(warnings.iter().any(|text| text.contains("column x") && text.contains("\"01234\"")), "{warnings:?}");
    }
    assert!(train_csv("y,x\n0,0\n1,0.5\n", &[]).unwrap().warnings().is_empty());
}

#[test]
fn pandas_json_scores_as_it_was_learnt() {
    let dates = train_csv("y,t,c,b\n0,2024-01-05,NA,true\n1,2024-01-06,x,false\n", &[("missing_values", "?")]).unwrap();
    assert_eq!(kinds(&dates), ["date", "categorical", "boolean"]);
    let (tree, schema) = (Tree::new(), InputSchema::new(dates.schema().clone()));
    let file = |text: &str| fit(tree.write("r.jsonl", text), dates.schema(), &[]);
    let lenient = ReadOptions { missing_keys: MissingKeys::Null, ..options(&[]) };
    let body = |text: &str| read_request(text.as_bytes().into(), Encoding::JsonLines, &lenient, &schema).map(Option::unwrap);
    let good = "{\"c\":\"x\",\"b\":true,\"t\":\"2024-01-05\"}\n{\"t\":null,\"c\":\"NA\",\"b\":\"False\"}\n{\"t\":\"2024-01-06\",\"b\":0}\n";
    let expected = vec![
        vec![Some(19_727.0), None, Some(19_728.0)],
        // A level is one although others take such a text for missing.
        vec![Some(1.0), Some(0.0), None],
        vec![Some(1.0), Some(0.0), Some(0.0)],
    ];
    assert_eq!((values(&file(good).unwrap()), values(&body(good).unwrap())), (expected.clone(), expected));
    for (row, fragment) in [
        ("{\"t\":19727,\"c\":\"x\",\"b\":1}", "number in a column of dates"),
        ("{\"t\":\"soon\",\"c\":\"x\",\"b\":1}", "text that is no date"),
        ("{\"t\":\"2024-01-05\",\"c\":\"x\",\"b\":2}", "neither 0 nor 1"),
        ("{\"t\":\"2024-01-05\",\"c\":[1],\"b\":1}", "an array or object where one value is expected (column c)"),
        ("{\"t\":\"2024-01-05\",\"c\":\"x\",\"b\":1,\"t\":\"2024-01-06\"}", "column \"t\" is given twice"),
        ("{\"t\":\"2024-01-05\",\"c\":\"x\"}", "has no b"),
        ("{\"t\":NaN,\"c\":\"x\",\"b\":1}", "write null"),
    ] {
        let strict = read_request(row.as_bytes().into(), Encoding::JsonLines, &options(&[]), &schema).map(drop);
        for error in [file(row).unwrap_err().to_string(), strict.unwrap_err().to_string()] {
            assert!(error.contains(fragment), "{row}: {error}");
        }
    }
}

#[test]
fn polars_10296_json_does_not_lose_directories() {
    let tree = Tree::new();
    for year in [2020, 2021] {
        tree.mkdir(&format!("data/year={year}"));
        tree.write(&format!("data/year={year}/a.jsonl"), lines(&["1", "2"], 10));
    }
    let error = train(tree.path("data"), &[]).unwrap_err().to_string();
    assert!(error.contains("the column year would be lost"), "{error}");
    assert_eq!(train(tree.path("data"), &[("ignore_columns", "year")]).unwrap().schema().len(), 1);
}

#[test]
fn new_user_columns_of_json_are_kept_beside_predictions() {
    let tree = Tree::new();
    let (data, model) = (tree.write("a.jsonl", lines(&["0", "1"], 60)).display().to_string(), tree.text("m"));
    sapwood(["train", "--train", &data, "--label", "y", "--model-out", &model, "num_round=3"]).ok();
    let rows = "{\"id\":\"a,1\",\"x\":0,\"day\":\"2024-01-05\"}\n{\"id\":7,\"x\":1}\n";
    for (name, text) in [("r.jsonl", rows.to_string()), ("r.json", format!("[{}]", rows.trim().replace('\n', ",")))] {
        let data = tree.write(name, text).display().to_string();
        let run = sapwood(["predict", "--model", &model, "--data", &data, "--keep", "id,day", "--header"]).ok();
        let lines: Vec<_> = run.stdout.lines().map(String::from).collect();
        assert!(
            lines[0].starts_with("id,day,") && lines[1].starts_with("\"a,1\",2024-01-05,") && lines[2].starts_with("7,,"),
            "{lines:?}"
        );
        let out = tree.text("out.jsonl");
        sapwood(["predict", "--model", &model, "--data", &data, "--keep", "id", "--out", &out]).ok();
        assert!(tree.read("out.jsonl").starts_with("{\"id\": \"a,1\", "), "{}", tree.read("out.jsonl"));
        sapwood(["predict", "--model", &model, "--data", &data, "--keep", "zz"]).user_error(&["no kept column \"zz\"", name]);
    }
}

#[test]
fn pandas_the_label_of_json_is_not_guessed_from_one_row() {
    let tree = Tree::new();
    for first in ["{\"x\":1}\n", "{\"x\":1,\"y\":0}\n", "{}\n"] {
        let (data, model) =
            (tree.write("a.jsonl", format!("{first}{}", lines(&["1", "2"], 60))).display().to_string(), tree.text("m"));
        let args = ["train", "--train", &data, "--model-out", &model, "num_round=3"];
        sapwood(args).user_error(&["rows whose first values have different names", "label_column"]);
        let run = sapwood(args.into_iter().chain(["--label", "y"]));
        assert_eq!(run.code == Some(0), first.contains('y'), "{run:?}");
    }
}
