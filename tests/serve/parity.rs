//! Whatever the form of a request and of its answer, a row scores as `sapwood predict` scores it in a file, to the last digit.

use super::client::Server;
use super::forms::{Request, Rows};
use super::models::{census, predicted, predicted_with, sparse, to_csv, train, tree};
use crate::util::{Numbers, Tree, amount, csv};
use sapwood_readers::recordio::encode_answer;

/// What the forms of answers are for these lines of scores. In records, scores are in single precision.
fn answers(lines: &str) -> [(&'static str, Vec<u8>); 4] {
    let score = |line: &str| match line.contains(',') {
        true => format!("{{\"score\": [{}]}}", line.replace(',', ", ")),
        false => format!("{{\"score\": {line}}}"),
    };
    let scores: Vec<_> = lines.lines().map(score).collect();
    let mut records = Vec::new();
    for line in lines.lines() {
        let scores: Vec<f64> = line.split(',').map(|score| score.parse().unwrap()).collect();
        encode_answer(&[("score", &scores)], &mut records).unwrap();
    }
    [
        ("text/csv", lines.into()),
        ("application/json", format!("{{\"predictions\": [{}]}}\n", scores.join(", ")).into()),
        ("application/jsonlines", scores.iter().map(|line| format!("{line}\n")).collect::<String>().into()),
        ("application/x-recordio-protobuf", records),
    ]
}

/// Sends each request for each form of answers; returns the number of pairs.
#[track_caller]
fn all_alike(server: &Server, expected: &str, requests: &[Request]) -> usize {
    let mut pairs = 0;
    for (name, content_type, body) in requests {
        for (accept, bytes) in answers(expected) {
            let answer = server.post(content_type, accept, body).is(200, &[]);
            assert!(answer.bytes == bytes, "{name} → {accept}: {}", &answer.body.chars().take(400).collect::<String>());
            assert_eq!(answer.header("content-type").unwrap().split(';').next(), Some(accept));
            pairs += 1;
        }
    }
    pairs
}

/// Numbers, categories, truth values, and blanks among them; the label first.
fn mixed(rows: usize, label: impl Fn(f64) -> String) -> (Vec<String>, Rows) {
    let mut numbers = Numbers::new(11);
    let mut labels = Vec::new();
    let mut row = |_| {
        let mut next = || numbers.next();
        let (age, income, city, member, noise) = (next(), next(), next(), next(), next());
        let cells = [
            format!("{}", (18.0 + 60.0 * age).floor()),
            format!("{}", 1e5 * income * income),
            format!("city {}", (city * 12.0).floor()),
            format!("{}", member < 0.3),
            format!("{}", (noise * 5.0).floor()),
        ];
        labels.push(label(
            (age + income + f64::from(u8::from(member < 0.3)) + (city * 12.0).floor() % 3.0 / 2.0) / 4.0 + 0.1 * noise,
        ));
        cells.map(|cell| if next() < 0.1 { String::new() } else { cell }).to_vec()
    };
    let cells = (0..rows).map(&mut row).collect();
    (labels, Rows { names: ["age", "income", "größe", "member", "a \"b\""].map(String::from).to_vec(), cells })
}

/// Rows of numbers with blanks among them.
fn numeric(rows: usize) -> Rows {
    let mut numbers = Numbers::new(5);
    let mut cell = || if numbers.next() < 0.2 { String::new() } else { format!("{}", 4.0 * numbers.next() - 1.0) };
    let cells = (0..rows).map(|_| (0..4).map(|_| cell()).collect()).collect();
    Rows { names: (0..4).map(|at| format!("f{at}")).collect(), cells }
}

const REGRESSION: &[&str] = &["num_round=10"];
const BINARY: &[&str] = &["num_round=10", "objective=binary:logistic"];
const SOFTPROB: &[&str] = &["num_round=10", "objective=multi:softprob", "num_class=3"];

#[test]
fn every_pair_of_forms() {
    let own = Tree::new();
    let class = |classes: f64| move |x: f64| ((classes * x) as usize).min(classes as usize - 1).to_string();
    let mut pairs = 0;
    for (name, parameters) in [("regression", REGRESSION), ("binary", BINARY), ("softprob", SOFTPROB)] {
        // Columns of truth values come from Parquet.
        let (labels, rows) = match name {
            "regression" => mixed(1500, |x| format!("{x}")),
            "binary" => mixed(1500, class(2.0)),
            _ => mixed(1500, class(3.0)),
        };
        let names = rows.names.iter().cloned().chain(["y".to_string()]).collect();
        let cells = rows.cells.iter().zip(&labels).map(|(row, y)| row.iter().chain([y]).cloned().collect()).collect();
        own.write("mixed.parquet", Rows { names, cells }.parquet());
        train(&own, "mixed", &own.text("mixed.parquet"), &["--label", "y"], parameters);
        let some = Rows { names: rows.names.clone(), cells: rows.cells[..200].to_vec() };
        let model = own.text("mixed");
        let expected = predicted_with(&model, "rows.csv", some.csv(true), &[]);
        assert_eq!(expected.lines().count(), 200);
        assert_eq!(predicted_with(&model, "rows.parquet", some.parquet(), &[]), expected);
        pairs += all_alike(&Server::of(&own, "mixed", &[], &[]), &expected, &some.requests_by_name());

        let rows = numeric(1500);
        let labelled = rows.libsvm().lines().zip(&labels).map(|(row, y)| format!("{y} {row}\n")).collect::<String>();
        own.write("numbers.libsvm", labelled);
        train(&own, "numbers", &own.text("numbers.libsvm"), &[], parameters);
        let some = Rows { names: rows.names.clone(), cells: rows.cells[..200].to_vec() };
        let expected = predicted_with(&own.text("numbers"), "rows.libsvm", some.libsvm(), &[]);
        pairs += all_alike(&Server::of(&own, "numbers", &[], &[]), &expected, &some.requests_of_numbers());
    }
    println!("{pairs} pairs of a request's and an answer's form score as sapwood predict does");
    assert_eq!(pairs, 3 * 4 * (16 + 16));
}

#[test]
fn numbers_categories_and_missing_values_in_every_form() {
    let (names, cells) = census(700);
    let rows = Rows { names, cells };
    let expected = predicted("adult", "rows.csv", rows.csv(true), &[]);
    assert_eq!(expected.lines().count(), rows.cells.len());
    let server = Server::of(tree(), "adult", &[], &[]);
    all_alike(&server, &expected, &rows.requests_by_name());
    // One row a request, in a category's worst case: nothing but this row tells what it is.
    for (row, line) in rows.arrays().iter().zip(expected.lines()).take(50) {
        assert_eq!(server.post("application/json", "text/csv", row).is(200, &[]).body, format!("{line}\n"));
    }
    for (row, line) in rows.cells.iter().zip(expected.lines()).take(50) {
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
            ("CSV", "text/csv", rows.clone().into_bytes()),
            ("JSON", "application/json", format!("[{}]", lines.join(",")).into_bytes()),
            ("names and texts", "application/jsonlines", named.join("\n").into_bytes()),
        ];
        all_alike(&Server::of(tree(), model, &[], &[]), &expected, &requests);
    }
}

#[test]
fn libsvm_indices_mean_what_they_meant_in_training_whatever_the_request() {
    let server = Server::of(tree(), "sparse", &[], &[]);
    let (with, without) = (sparse(60, true), sparse(60, false));
    let expected = predicted("sparse", "rows.libsvm", &with, &[]);
    let requests = [("labels", "text/libsvm", with.clone().into()), ("no labels", "text/x-libsvm", without.clone().into())];
    all_alike(&server, &expected, &requests);
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
        all_alike(&server, &expected, &[("CSV", "text/csv", rows.into()), ("JSON", "application/json", json.into())]);
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

#[test]
fn selected_output_as_records_of_numbers() {
    let keys = "predicted_label,labels,probability,probabilities";
    let (_, rows) = census(1);
    let row = to_csv(None, &rows);
    let environment =
        [("SAGEMAKER_INFERENCE_OUTPUT", keys), ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/x-recordio-protobuf")];
    let server = Server::of(tree(), "adult", &[], &environment);
    let p: f64 = predicted("adult", "row.csv", &row, &["header=false"]).trim().parse().unwrap();
    let class = f64::from(u8::from(p > 0.5));
    let mut expected = Vec::new();
    let results: [(&str, &[f64]); 4] =
        [("predicted_label", &[class]), ("labels", &[0.0, 1.0]), ("probability", &[p]), ("probabilities", &[1.0 - p, p])];
    encode_answer(&results, &mut expected).unwrap();
    // The environment's form is taken where the client leaves the choice.
    for accept in ["*/*", "application/x-recordio-protobuf;q=0.9", "recordio-protobuf"] {
        let answer = server.post("text/csv", accept, &row).is(200, &[]);
        assert_eq!(answer.bytes, expected, "{accept}");
        assert_eq!(answer.header("content-type"), Some("application/x-recordio-protobuf"));
    }
}
