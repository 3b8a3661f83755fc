//! Whatever the form of a request and of its answer, a row scores as `sapwood predict` scores it in a file, to the last digit.

use super::client::Server;
use super::models::{census, predicted, sparse, to_csv, to_json, tree};
use crate::util::{amount, csv};
use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};

/// What the three forms of answers are for these lines of scores.
fn answers(lines: &str) -> [(&'static str, String); 3] {
    let score = |line: &str| match line.contains(',') {
        true => format!("{{\"score\": [{}]}}", line.replace(',', ", ")),
        false => format!("{{\"score\": {line}}}"),
    };
    let scores: Vec<_> = lines.lines().map(score).collect();
    [
        ("text/csv", lines.to_string()),
        ("application/json", format!("{{\"predictions\": [{}]}}\n", scores.join(", "))),
        ("application/jsonlines", scores.iter().map(|line| format!("{line}\n")).collect()),
    ]
}

#[track_caller]
fn all_alike(server: &Server, expected: &str, requests: &[(&str, Vec<u8>)]) {
    for (content_type, body) in requests {
        for (accept, text) in answers(expected) {
            let answer = server.post(content_type, accept, body).is(200, &[]);
            let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
            assert!(answer.body == text, "{content_type} → {accept}: {shown}\n{}", &answer.body[..answer.body.len().min(400)]);
            assert_eq!(answer.header("content-type").unwrap().split(';').next(), Some(accept));
        }
    }
}

fn parquet(names: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let column = |(at, name): (usize, &String)| -> Column {
        let cells = || rows.iter().map(|row| Some(row[at].as_str()).filter(|cell| !cell.is_empty()));
        let numeric = cells().flatten().all(|cell| cell.parse::<f64>().is_ok());
        let series = match numeric {
            true => Series::new(name.as_str().into(), cells().map(|cell| cell?.parse().ok()).collect::<Vec<Option<f64>>>()),
            false => Series::new(name.as_str().into(), cells().collect::<Vec<_>>()),
        };
        series.into()
    };
    let mut bytes = Vec::new();
    let mut frame = DataFrame::new_infer_height(names.iter().enumerate().map(column).collect()).unwrap();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn numbers_categories_and_missing_values_in_every_form() {
    let (names, rows) = census(700);
    let file = to_csv(Some(&names), &rows);
    let expected = predicted("adult", "rows.csv", &file, &[]);
    assert_eq!(expected.lines().count(), rows.len());

    let order: Vec<_> = (0..names.len()).map(|i| (i * 5 + 3) % names.len()).collect();
    let pick = |row: &[String]| order.iter().map(|&at| row[at].clone()).collect::<Vec<_>>();
    let (other_names, other_rows) = (pick(&names), rows.iter().map(|row| pick(row)).collect::<Vec<_>>());
    let array = |row: &Vec<String>| format!("[{}]", row.iter().map(|cell| to_json(cell)).collect::<Vec<_>>().join(","));
    let object = |row: &Vec<String>| {
        let member = |(name, cell): (&String, &String)| format!("\"{name}\": {}", to_json(cell));
        format!("{{{}}}", other_names.iter().zip(row).map(member).collect::<Vec<_>>().join(", "))
    };
    let arrays: Vec<_> = rows.iter().map(array).collect();
    let objects: Vec<_> = other_rows.iter().map(object).collect();
    let features: Vec<_> = arrays.iter().map(|row| format!("{{\"features\": {row}}}")).collect();
    let values: Vec<_> = arrays.iter().map(|row| format!("{{\"data\": {{\"features\": {{\"values\": {row}}}}}}}")).collect();
    let split = format!(
        "{{\"columns\": {other_names:?}, \"index\": [0], \"data\": [{}]}}",
        other_rows.iter().map(array).collect::<Vec<_>>().join(",\n")
    );
    let instances = |rows: &[String]| format!("{{\"instances\": [{}]}}", rows.join(", "));
    let json = |text: String| ("application/json", text.into_bytes());
    let requests = [
        ("text/csv", file.into_bytes()),
        ("text/csv; charset=utf-8", to_csv(None, &rows).into_bytes()),
        ("Text/CSV", to_csv(Some(&other_names), &other_rows).replace('\n', "\r\n").into_bytes()),
        ("text/csv", to_csv(None, &rows).replace(',', "\t").into_bytes()),
        json(instances(&objects)),
        json(instances(&arrays)),
        json(instances(&features)),
        json(instances(&values)),
        json(format!("[{}]", objects.join(","))),
        json(format!(" [{}]\n", arrays.join(",\n"))),
        json(split),
        ("application/jsonlines", objects.join("\n").into_bytes()),
        ("application/jsonlines", (arrays.join("\r\n") + "\r\n\r\n").into_bytes()),
        ("application/jsonlines", features.join("\n").into_bytes()),
        ("application/jsonlines", values.join("\n").into_bytes()),
        ("application/x-parquet", parquet(&names, &rows)),
        ("application/x-parquet", parquet(&other_names, &other_rows)),
    ];
    let server = Server::of(tree(), "adult", &[], &[]);
    all_alike(&server, &expected, &requests);
    // One row a request, in a category's worst case: nothing but this row tells what it is.
    for (row, line) in arrays.iter().zip(expected.lines()).take(50) {
        assert_eq!(server.post("application/json", "text/csv", row).is(200, &[]).body, format!("{line}\n"));
    }
    for (row, line) in rows.iter().zip(expected.lines()).take(50) {
        assert_eq!(server.csv(row.join(",")).is(200, &[]).body, format!("{line}\n"));
    }
}

#[test]
fn columns_without_names_and_lists_of_scores() {
    let rows: String = csv(50, 7, amount).lines().map(|line| line.split_once(',').unwrap().1.to_string() + "\n").collect();
    let lines: Vec<_> = rows.lines().map(|line| format!("[{line}]")).collect();
    let named: Vec<_> = rows
        .lines()
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            format!("{{\"f3\": {}, \"f0\": {}, \"f2\": {}, \"f1\": \"{}\"}}", cells[3], cells[0], cells[2], cells[1])
        })
        .collect();
    for model in ["amount", "three", "best", "raw"] {
        let expected = predicted(model, "rows.csv", &rows, &[]);
        let requests = [
            ("text/csv", rows.clone().into_bytes()),
            ("application/json", format!("[{}]", lines.join(",")).into_bytes()),
            ("application/jsonlines", named.join("\n").into_bytes()),
        ];
        all_alike(&Server::of(tree(), model, &[], &[]), &expected, &requests);
    }
}

#[test]
fn libsvm_indices_mean_what_they_meant_in_training_whatever_the_request() {
    let server = Server::of(tree(), "sparse", &[], &[]);
    let (with, without) = (sparse(60, true), sparse(60, false));
    let expected = predicted("sparse", "rows.libsvm", &with, &[]);
    all_alike(&server, &expected, &[("text/libsvm", with.clone().into()), ("text/x-libsvm", without.clone().into())]);
    // What else is in the request does not matter, the lowest index least of all.
    for (row, line) in with.lines().chain(without.lines()).zip(expected.lines().chain(expected.lines())) {
        assert_eq!(server.post("text/libsvm", "text/csv", row).is(200, &[]).body, format!("{line}\n"));
    }
}

#[test]
fn missing_values_of_one_s_own() {
    let rows = "0.5,999,0.25,NA\n999.0,0.1,,0.9\n";
    let expected = predicted("amount", "rows.csv", rows, &["missing_values=999,NA"]);
    assert_ne!(expected, predicted("amount", "rows.csv", rows, &[]));
    let json = "[[0.5, 999, 0.25, \"NA\"], [999.0, 0.1, \"\", 0.9]]";
    let by_word = Server::of(tree(), "amount", &["missing_values=999,NA"], &[]);
    let by_variable = Server::of(tree(), "amount", &[], &[("SAPWOOD_SERVE_PARAMETERS", "missing_values=999,NA header=false")]);
    for server in [by_word, by_variable] {
        all_alike(&server, &expected, &[("text/csv", rows.into()), ("application/json", json.into())]);
    }
}

#[test]
fn selected_output_in_every_form() {
    let keys = "predicted_label,labels,probability, probabilities,raw_score,raw_scores";
    let row = "0.9,0.8,0.1,0.2";
    let text = |model: &str, accept: &str| {
        let server = Server::of(tree(), model, &[], &[("SAGEMAKER_INFERENCE_OUTPUT", keys), ("SAGEMAKER_BATCH", "true")]);
        server.post("text/csv", accept, row).is(200, &[]).body
    };
    let of = |model: &str, kind: &str| predicted(model, "row.csv", row, &["--output", kind]).trim().replace(',', ", ");
    let largest = |list: &str| {
        let parsed: Vec<_> = list.split(", ").collect();
        parsed.into_iter().max_by(|a, b| a.parse::<f64>().unwrap().total_cmp(&b.parse().unwrap())).unwrap().to_string()
    };
    for (model, raw) in [("three", "probability"), ("best", "margin")] {
        let (class, p, raw) = (of(model, "class"), of(model, "probability"), of(model, raw));
        let csv = format!("{class},\"[0, 1, 2]\",{},\"[{p}]\",{},\"[{raw}]\"\n", largest(&p), largest(&raw));
        assert_eq!(text(model, "text/csv"), csv);
        let object = format!(
            "{{\"predicted_label\": {class}, \"labels\": [0, 1, 2], \"probability\": {}, \"probabilities\": [{p}], \"raw_score\": {}, \
             \"raw_scores\": [{raw}]}}",
            largest(&p),
            largest(&raw)
        );
        assert_eq!(text(model, "application/jsonlines"), format!("{object}\n"));
        assert_eq!(text(model, "application/json"), format!("{{\"predictions\": [{object}]}}\n"));
    }
    let (class, p, margin) = (of("raw", "class"), of("raw", "probability"), of("raw", "margin"));
    let other: f64 = 1.0 - p.parse::<f64>().unwrap();
    let expected =
        format!("{class},\"[0, 1]\",{p},\"[{other}, {p}]\",{margin},\"[{}, {margin}]\"\n", -margin.parse::<f64>().unwrap());
    assert_eq!(text("raw", "text/csv"), expected);

    let (_, rows) = census(1);
    let server = Server::of(tree(), "adult", &[], &[("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label,labels")]);
    let label = predicted("adult", "row.csv", to_csv(None, &rows), &["--output", "class", "header=false"]);
    assert_eq!(server.csv(to_csv(None, &rows)).body, format!("{},\"[\"\"<=50K\"\", \"\">50K\"\"]\"\n", label.trim()));
    let json = server.post("text/csv", "application/json", to_csv(None, &rows)).body;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["predictions"][0]["labels"], serde_json::json!(["<=50K", ">50K"]));
    assert_eq!(json["predictions"][0]["predicted_label"], label.trim());

    let server = Server::of(tree(), "amount", &[], &[("SAGEMAKER_INFERENCE_OUTPUT", "predicted_score")]);
    assert_eq!(server.csv(row).body, predicted("amount", "row.csv", row, &[]));
}
