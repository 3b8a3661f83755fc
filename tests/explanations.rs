//! Contributions at the shell and at the endpoint: they add up to margins, bear the right names, and are refused where they make no sense.

use crate::serve::client::Server;
use crate::serve::models::{census, predicted, to_csv, train, tree};
use crate::util::{Tree, sapwood};
use polars::prelude::{ParquetReader, SerReader};
use sapwood_readers::recordio::encode_answer;
use serde_json::Value;
use std::fs::File;

fn numbers(csv: &str) -> Vec<Vec<f64>> {
    csv.lines().map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{found} and {expected}");
}

/// Census rows with a header.
fn rows(count: usize) -> String {
    let (names, rows) = census(count);
    to_csv(Some(&names), &rows)
}

#[test]
fn contributions_add_up_to_margins() {
    let rows = rows(300);
    let of = |output: &str| numbers(&predicted("adult", "rows.csv", &rows, &["--output", output]));
    let (contributions, interactions, margins) = (of("contributions"), of("interactions"), of("margin"));
    assert_eq!((contributions.len(), contributions[0].len(), interactions[0].len()), (300, 15, 225));
    for ((contributions, interactions), margin) in contributions.iter().zip(&interactions).zip(&margins) {
        assert_close(contributions.iter().sum(), margin[0]);
        for (row, contribution) in interactions.chunks(15).zip(contributions) {
            assert_close(row.iter().sum(), *contribution);
        }
    }
    let three = "0.9,0.8,0.1,0.2\n,0.2,0.5,\n";
    let of = |output: &str| numbers(&predicted("three", "rows.csv", three, &["--output", output, "header=false"]));
    for (contributions, margins) in of("contributions").iter().zip(&of("margin")) {
        assert_eq!((contributions.len(), margins.len()), (15, 3));
        for (of_class, margin) in contributions.chunks(5).zip(margins) {
            assert_close(of_class.iter().sum(), *margin);
        }
    }
}

#[test]
fn columns_bear_the_names_of_features() {
    let rows = rows(3);
    let first = |words: &[&str]| predicted("adult", "rows.csv", &rows, words).lines().next().unwrap().to_string();
    let names = first(&["--output", "contributions", "--header"]);
    assert!(names.starts_with("age,workclass,") && names.ends_with(",bias"), "{names}");
    let names = first(&["--output", "interactions", "--header"]);
    assert!(names.starts_with("age*age,age*workclass,") && names.ends_with(",bias*bias"), "{names}");
    let own = Tree::new();
    let (data, model) = (own.write("rows.csv", &rows), tree().text("adult"));
    let write = |name: &str| {
        let path = own.text(name);
        let head = ["predict", "--model", &model, "--data", data.to_str().unwrap(), "--output", "contributions", "--out", &path];
        sapwood(head).ok();
        path
    };
    let plain = numbers(&predicted("adult", "rows.csv", &rows, &["--output", "contributions"]));
    let json: Value = serde_json::from_str(&std::fs::read_to_string(write("c.json")).unwrap()).unwrap();
    assert_eq!((json[1]["age"].as_f64(), json[1]["bias"].as_f64()), (Some(plain[1][0]), Some(plain[1][14])));
    let frame = ParquetReader::new(File::open(write("c.parquet")).unwrap()).finish().unwrap();
    assert_eq!((frame.height(), frame.width()), (3, 15));
    assert_eq!(frame.column("bias").unwrap().f64().unwrap().get(2), Some(plain[2][14]));
    let head = ["predict", "--model", &model, "--data", data.to_str().unwrap(), "--output", "contributions", "--keep", "age"];
    sapwood(head).user_error(&["called \"age\""]);
}

#[test]
fn several_outputs_stand_in_front_of_names() {
    let three = "0.9,0.8,0.1,0.2\n";
    let names = predicted("three", "rows.csv", three, &["--output", "contributions", "--header", "header=false"]);
    let names = names.lines().next().unwrap();
    assert!(names.starts_with("0:f0,0:f1,") && names.contains(",0:bias,1:f0,") && names.ends_with(",2:bias"), "{names}");
}

#[test]
fn base_margins_are_in_the_bias() {
    let own = Tree::new();
    let row = |row: usize| format!("{},{},{},{}\n", row % 7, row % 5, row % 3, (row % 7 + row % 3) as f64 / 4.0);
    let data = own.write("train.csv", format!("a,b,start,y\n{}", (0..200).map(row).collect::<String>()));
    let words = ["base_margin_column=start", "num_round=5"];
    train(&own, "m", data.to_str().unwrap(), &["--label", "y"], &words);
    let of = |output: &str| {
        let head = ["predict", "--model", &own.text("m"), "--data", data.to_str().unwrap(), "--label", "y", "--output", output];
        numbers(&sapwood(head).ok().stdout)
    };
    let (contributions, margins) = (of("contributions"), of("margin"));
    for (contributions, margin) in contributions.iter().zip(&margins) {
        assert_close(contributions.iter().sum(), margin[0]);
    }
    // The base margin of a row is in its bias.
    assert_close(contributions[1][2] - contributions[0][2], 1.0);
}

#[test]
fn explain_lists_features_and_pairs_by_what_they_contribute() {
    let own = Tree::new();
    let data = own.write("rows.csv", rows(500));
    let (model, data) = (tree().text("adult"), data.to_str().unwrap().to_string());
    let explain = |words: &[&str]| sapwood([&["explain", "--model", &model], words].concat());
    let out = own.text("table.csv");
    let text = explain(&["--data", &data, "--interactions", "--top", "3", "--out", &out]).ok().stdout;
    assert!(
        text.starts_with("mean |SHAP| over 500 rows") && text.contains("… and 11 more") && text.contains("… and 88 more"),
        "{text}"
    );
    let table = own.read("table.csv");
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((lines.len(), &lines[0][..]), (1 + 14 + 91, &["feature", "with", "mean_abs_shap"][..]));
    let contributions = numbers(&predicted("adult", "rows.csv", rows(500), &["--output", "contributions"]));
    let (names, _) = census(0);
    let of = |line: &[&str]| line[2].parse::<f64>().unwrap();
    for line in &lines[1..15] {
        let column = names.iter().position(|name| name == line[0]).unwrap();
        assert_close(of(line), contributions.iter().map(|row| row[column].abs()).sum::<f64>() / 500.0);
    }
    assert!(lines[1..15].is_sorted_by(|a, b| of(a) >= of(b)) && lines[15..].is_sorted_by(|a, b| of(a) >= of(b)));
    let threads = explain(&["--data", &data, "--interactions", "--top", "3", "--threads", "1"]).ok().stdout;
    assert_eq!(threads, text);

    explain(&["--data", &data, "--out", &own.text("t.parquet")]).ok();
    let frame = ParquetReader::new(File::open(own.path("t.parquet")).unwrap()).finish().unwrap();
    assert_eq!((frame.height(), frame.column("feature").unwrap().str().unwrap().get(0)), (14, Some(lines[1][0])));
    explain(&["--importance", "total_gain", "--out", &own.text("t.json")]).ok();
    let table: Value = own.json("t.json");
    let inspected: Value = serde_json::from_str(&sapwood(["inspect", "--model", &model, "--json"]).ok().stdout).unwrap();
    assert_eq!(table.as_array().unwrap().len(), 14);
    assert!(inspected.to_string().contains(&table[0]["total_gain"].to_string()));
    let written = explain(&["--importance", "weight", "--out", "-"]).ok().stdout;
    assert!(written.starts_with("feature,weight\n") && written.lines().count() == 15, "{written}");

    explain(&[]).user_error(&["add --data PATH"]);
    explain(&["--importance", "gain", "--data", &data]).user_error(&["leave --data out"]);
    explain(&["--importance", "gain", "--interactions"]).user_error(&["about contributions"]);
    explain(&["--data", &data, "--out", &data]).user_error(&[&data]);
    let cv = ["cv", "--train", &data, "--label", "age", "--output", "contributions"];
    sapwood(cv).user_error(&["write value, margin or probability"]);
}

#[test]
fn background_rows_are_what_contributions_are_told_against() {
    let own = Tree::new();
    let (data, background) = (own.write("rows.csv", rows(20)), own.write("background.csv", rows(50)));
    let (data, background, model) = (data.to_str().unwrap(), background.to_str().unwrap(), tree().text("adult"));
    let of = |words: &[&str]| sapwood([&["predict", "--model", &model, "--data", data], words].concat());
    let margins = numbers(&of(&["--output", "margin"]).ok().stdout);
    let found = numbers(&of(&["--output", "contributions", "--background", background]).ok().stdout);
    let mean = predicted("adult", "background.csv", rows(50), &["--output", "margin"]);
    let mean = numbers(&mean).iter().map(|row| row[0]).sum::<f64>() / 50.0;
    for (contributions, margin) in found.iter().zip(&margins) {
        assert_close(contributions.iter().sum(), margin[0]);
        assert_close(contributions[14], mean);
    }
    assert_ne!(found, numbers(&of(&["--output", "contributions"]).ok().stdout));
    of(&["--output", "margin", "--background", background]).user_error(&["add --output contributions"]);
    of(&["--output", "contributions", "--background", "no-such.csv"]).user_error(&["no-such.csv"]);
}

#[test]
fn permutation_tells_which_features_a_metric_needs() {
    let (model, data) = (tree().text("amount"), tree().text("amount.csv"));
    let explain = |words: &[&str]| {
        sapwood([&["explain", "--model", &model, "--data", &data, "--importance", "permutation", "--out", "-"], words].concat())
    };
    let table = explain(&[]).ok().stdout;
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["feature", "loss", "standard_deviation"]);
    assert!(lines.len() == 5 && lines[1][1].parse::<f64>().unwrap() > 0.0, "{table}");
    assert_eq!(explain(&["--threads", "1"]).ok().stdout, table);
    assert_ne!(explain(&["--seed", "-3"]).ok().stdout, table);
    explain(&["--metric", "mae", "--repeats", "1"]).ok();
    explain(&["--metric", "no-such"]).user_error(&["no-such"]);
    sapwood(["explain", "--model", &model, "--data", &data, "--metric", "mae"]).user_error(&["add --importance permutation"]);
}

#[test]
fn several_outputs_are_summed_for_the_order() {
    let own = Tree::new();
    let data = own.write("rows.csv", "0.9,0.8,0.1,0.2\n0.1,0.2,0.5,0.9\n");
    let head = [
        "explain",
        "--model",
        &tree().text("three"),
        "--data",
        data.to_str().unwrap(),
        "--out",
        &own.text("t.jsonl"),
        "header=false",
    ];
    sapwood(head).ok();
    let table = own.read("t.jsonl");
    let line: Value = serde_json::from_str(table.lines().next().unwrap()).unwrap();
    let of = |key: &str| line[key].as_f64().unwrap();
    assert_close(of("mean_abs_shap"), of("mean_abs_shap_0") + of("mean_abs_shap_1") + of("mean_abs_shap_2"));
}

#[test]
fn a_parameter_of_accept_adds_contributions_to_any_answer() {
    let (_, rows) = census(3);
    let body = to_csv(None, &rows);
    let of = |output: &str| predicted("adult", "rows.csv", &body, &["--output", output, "header=false"]);
    let (scores, contributions) = (of("value"), of("contributions"));
    let lists: Vec<String> = contributions.lines().map(|line| line.replace(',', ", ")).collect();
    let server = Server::of(tree(), "adult", &[], &[]);
    let csv: String = scores.lines().zip(&lists).map(|(score, list)| format!("{score},\"[{list}]\"\n")).collect();
    assert_eq!(server.post("text/csv", "text/csv; contributions=true", &body).is(200, &[]).body, csv);
    let lines: String =
        scores.lines().zip(&lists).map(|(score, list)| format!("{{\"score\": {score}, \"contributions\": [{list}]}}\n")).collect();
    assert_eq!(server.post("text/csv", "application/jsonlines;contributions=true", &body).is(200, &[]).body, lines);
    assert_eq!(server.post("text/csv", "*/*", &body).is(200, &[]).body, scores);
    server.post("text/csv", "text/csv; contributions=please", &body).is(406, &["neither true nor false"]);
    let record = server.post("text/csv", "application/x-recordio-protobuf; contributions=true", &body).is(200, &[]);
    let mut expected = Vec::new();
    for (score, contributions) in numbers(&scores).iter().zip(&numbers(&contributions)) {
        encode_answer(&[("score", score), ("contributions", contributions)], &mut expected).unwrap();
    }
    assert_eq!(record.bytes, expected);

    let default = [("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv; contributions=true")];
    let server = Server::of(tree(), "adult", &[], &default);
    assert_eq!(server.post("text/csv", "*/*", &body).is(200, &[]).body, csv);
    assert_eq!(server.post("text/csv", "text/csv", &body).is(200, &[]).body, scores);
}

#[test]
fn contributions_are_a_key_of_selected_output() {
    let body = "0.9,0.8,0.1,0.2";
    let of = |output: &str| numbers(&predicted("three", "rows.csv", body, &["--output", output, "header=false"])).remove(0);
    let contributions = of("contributions");
    let environment = [("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label,contributions")];
    let server = Server::of(tree(), "three", &[], &environment);
    let answer: Value = serde_json::from_str(&server.post("text/csv", "application/json", body).is(200, &[]).body).unwrap();
    let told = &answer["predictions"][0];
    assert_eq!((told["predicted_label"].as_f64(), told.as_object().unwrap().len()), (Some(of("class")[0]), 2));
    for (output, expected) in contributions.chunks(5).enumerate() {
        let list: Vec<f64> = told["contributions"][output].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(list, expected);
    }
    // Asked for twice, told once.
    let twice = server.post("text/csv", "application/json; contributions=true", body).is(200, &[]).body;
    assert_eq!(serde_json::from_str::<Value>(&twice).unwrap(), answer);
    let line = server.post("text/csv", "text/csv", body).is(200, &[]).body;
    assert!(line.contains(",\"[[") && line.trim_end().ends_with("]]\""), "{line}");
}

#[test]
fn interactions_are_a_parameter_of_accept_and_a_key() {
    let body = "0.9,0.8,0.1,0.2\n0.1,0.2,0.5,0.9\n";
    let of = |output: &str| numbers(&predicted("three", "rows.csv", body, &["--output", output, "header=false"]));
    let (contributions, interactions, scores) = (of("contributions"), of("interactions"), of("value"));
    // The server writes whole numbers without a point.
    let told = |x: &f64| if x.fract() == 0.0 { Value::from(*x as i64) } else { Value::from(*x) };
    let list = |row: &[f64]| -> Vec<Value> { row.chunks(5).map(|row| row.iter().map(told).collect()).collect() };
    let matrices = |row: &[f64]| -> Value { row.chunks(25).map(list).collect() };
    let server = Server::of(tree(), "three", &[], &[]);
    let answer =
        |accept: &str| -> Value { serde_json::from_str(&server.post("text/csv", accept, body).is(200, &[]).body).unwrap() };
    let (alone, both) =
        (answer("application/json; interactions=true"), answer("application/json;interactions=1;contributions=true"));
    for row in 0..2 {
        assert_eq!(alone["predictions"][row].as_object().unwrap().len(), 2);
        assert_eq!(alone["predictions"][row]["interactions"], matrices(&interactions[row]));
        assert_eq!(both["predictions"][row]["interactions"], matrices(&interactions[row]));
        assert_eq!(both["predictions"][row]["contributions"], Value::from(list(&contributions[row])));
    }
    let line = server.post("text/csv", "text/csv; interactions=true; contributions=true", body).is(200, &[]).body;
    assert_eq!(line.lines().next().unwrap().matches(",\"[[").count(), 2, "{line}");
    let record = server.post("text/csv", "application/x-recordio-protobuf; interactions=true", body).is(200, &[]);
    let mut expected = Vec::new();
    for (score, interactions) in scores.iter().zip(&interactions) {
        encode_answer(&[("score", score), ("interactions", interactions)], &mut expected).unwrap();
    }
    assert_eq!(record.bytes, expected);
    // 76 numbers a row: an answer may have 2^24.
    server.post("text/csv", "text/csv; interactions=true", body.repeat(110_377)).is(413, &["too many for one answer"]);

    let environment = [("SAGEMAKER_INFERENCE_OUTPUT", "interactions,predicted_label")];
    let server = Server::of(tree(), "three", &[], &environment);
    let answer = server.post("text/csv", "application/jsonlines;contributions=true", body).is(200, &[]).body;
    let told: Value = serde_json::from_str(answer.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&told["interactions"], told.as_object().unwrap().len()), (&matrices(&interactions[1]), 3));
}
