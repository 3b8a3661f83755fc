//! Dates and times in CSV.

use super::reading::{fit, fit_csv, kinds, parquet, train, train_csv, values};
use crate::util::{Tree, sapwood};
use polars::prelude::{Column, DataFrame, DataType, TimeUnit, df};
use sapwood_readers::{Encoding, InputSchema, read_request};

const DAY: f64 = 86_400_000_000.0;

/// A frame of two moments.
fn moments(dtype: &DataType, values: [i64; 2]) -> DataFrame {
    let t =
        Column::new("t".into(), values).cast(&if *dtype == DataType::Date { DataType::Int32 } else { DataType::Int64 }).unwrap();
    df!["y" => [0, 1]].unwrap().hstack(&[t.cast(dtype).unwrap()]).unwrap()
}

#[test]
fn new_user_iso_dates_and_times_are_read_as_in_parquet() {
    let tree = Tree::new();
    let dates = train_csv("y,t\n0,2024-01-05\n1,1969-12-31\n", &[]).unwrap();
    assert_eq!((kinds(&dates), values(&dates)), (vec!["date"], vec![vec![Some(19_727.0), Some(-1.0)]]));
    let typed = train(parquet(&tree, "d.parquet", moments(&DataType::Date, [19_727, -1])), &[]).unwrap();
    assert_eq!((typed.schema(), values(&typed)), (dates.schema(), values(&dates)));
    let micros = [19_727 * DAY as i64 + 37_800_000_000, 19_727 * DAY as i64 + 37_800_250_000];
    let dtype = DataType::Datetime(TimeUnit::Microseconds, None);
    let typed = train(parquet(&tree, "t.parquet", moments(&dtype, micros)), &[]).unwrap();
    for [a, b] in [
        ["2024-01-05 10:30", "2024-01-05 10:30:00.25"],
        ["2024-01-05T10:30:00", "2024-01-05T10:30:00.250000"],
        ["2024-01-05T10:30:00Z", "2024-01-05T12:30:00.25+02:00"],
        ["2024-01-05 10:30:00+00:00", "2024-01-05 10:30:00.250000999+00:00"],
        ["\"2024-01-05 10:30\"", " 2024-01-05 10:30:00.25 "],
    ] {
        let times = train_csv(&format!("y,t\n0,{a}\n1,{b}\n"), &[]).unwrap();
        assert_eq!((times.schema(), values(&times)), (typed.schema(), values(&typed)), "{a} {b}");
    }
}

#[test]
fn new_user_dates_score_whatever_the_format() {
    let tree = Tree::new();
    let dates = train_csv("y,t\n0,2024-01-05\n1,2024-01-06\n", &[]).unwrap();
    let expected = vec![vec![Some(19_727.0), Some(19_728.0)]];
    let (days, micros) = ([19_727, 19_728], [19_727 * DAY as i64, 19_728 * DAY as i64]);
    let dtype = DataType::Datetime(TimeUnit::Nanoseconds, None);
    let nanos = moments(&dtype, micros.map(|micros| micros * 1000));
    let texts = df!["t" => ["2024-01-05", "2024-01-06 00:00:00"]].unwrap();
    for (name, frame) in [("d", moments(&DataType::Date, days)), ("n", nanos), ("s", texts)] {
        assert_eq!(values(&fit(parquet(&tree, name, frame), dates.schema(), &[]).unwrap()), expected, "{name}");
    }
    assert_eq!(values(&fit_csv("t,z\n2024-01-05,1\n2024-01-06 00:00:00,1\n", dates.schema(), &[]).unwrap()), expected);
    let schema = InputSchema::new(dates.schema().clone());
    let json = |body: &str| read_request(body.as_bytes().into(), Encoding::Json, &super::reading::options(&[]), &schema);
    assert_eq!(values(&json(r#"[["2024-01-05"], ["2024-01-06"]]"#).unwrap().unwrap()), expected);
    for wrong in ["05/01/2024", "2024-01-05 10:30", "soon"] {
        let error = fit_csv(&format!("t,z\n2024-01-05,1\n{wrong},1\n"), dates.schema(), &[]).unwrap_err().to_string();
        assert!(
            error.starts_with("text that is no date such as 2024-01-05: ") && error.contains("a.csv:3:1 (column t)"),
            "{error}"
        );
        assert!(json(&format!("[[\"{wrong}\"]]")).unwrap_err().to_string().contains("no date"));
    }
    let error = fit_csv("t,z\n2024-01-05,1\n19727,1\n", dates.schema(), &[]).unwrap_err().to_string();
    assert!(error.starts_with("number in a column of dates: ") && error.contains("a.csv:3:1 (column t)"), "{error}");
    let noon = moments(&DataType::Datetime(TimeUnit::Microseconds, None), [micros[0], micros[1] + DAY as i64 / 2]);
    let error =
        fit(parquet(&tree, "noon", noon), dates.schema(), &[]).and_then(|data| data.source().visit(&|_| Ok(()))).unwrap_err();
    assert!(error.to_string().starts_with("time of day in a column of dates: "), "{error}");
    let times = train_csv("y,t\n0,2024-01-05 10:30\n1,2024-01-06\n", &[]).unwrap();
    assert_eq!(kinds(&times), ["datetime"]);
    let scored = fit(parquet(&tree, "days", moments(&DataType::Date, days)), times.schema(), &[]).unwrap();
    assert_eq!(values(&scored), [[Some(19_727.0 * DAY), Some(19_728.0 * DAY)]]);
}

#[test]
fn new_user_dates_are_decided_by_all_rows() {
    let dates = |n: usize| (0..n).map(|i| format!("{},2024-{:02}-{:02}\n", i % 2, 1 + i % 12, 1 + i % 28)).collect::<String>();
    for (rows, text) in [
        (dates(900) + "1,unknown\n", "unknown"),
        ("1,unknown\n".repeat(2000) + &dates(900), "unknown"),
        (dates(900) + "1,0000-00-00\n", "0000-00-00"),
        (dates(900) + "1,05/01/2024\n", "05/01/2024"),
        (dates(900) + "1,20240105\n", "20240105"),
    ] {
        let error = train_csv(&format!("y,t\n{rows}"), &[]).unwrap_err().to_string();
        assert!(error.starts_with("text in a column of dates: ") && error.contains(&format!("(column t): {text:?}")), "{error}");
    }
    let mixed = train_csv("y,t\n0,2024-01-05 10:30\n1,2024-01-05 10:30Z\n", &[]).unwrap_err().to_string();
    assert!(mixed.starts_with("time without a distance from UTC") && mixed.contains("a.csv:2:2"), "{mixed}");
    let asked = train_csv(&format!("y,t\n{}", dates(900)), &[("categorical_features", "t")]).unwrap();
    assert_eq!(kinds(&asked), ["categorical"]);
}

#[test]
fn new_user_forms_that_can_be_misread_are_errors() {
    for [a, b] in [
        ["05/01/2024", "06/01/2024"],
        ["01.02.2024", "02.02.2024"],
        ["1/5/2024 10:30", "1/6/2024 10:30"],
        ["2024/01/05", "2024/01/06"],
        ["5 Jan 2024", "6 Jan 2024"],
        ["05-Jan-24", "06-Jan-24"],
        ["10:30", "10:31"],
        ["2024-01", "2024-02"],
        ["2024-01-05 10:00:00 CET", "2024-07-05 10:00:00 CEST"],
        ["2024-01-05T10", "2024-01-05T11"],
        ["20240105T103000Z", "20240106T103000Z"],
        ["2024Q1", "2024Q2"],
        ["2024-W05", "2024-W06"],
        ["1 days 02:03:04", "0 days 02:03:04"],
        ["25:30:00", "101:30:00"],
    ] {
        let error = train_csv(&format!("y,t\n0,{a}\n1,{b}\n"), &[]).unwrap_err().to_string();
        assert!(error.starts_with("date or time in a form that is not read: "), "{a}: {error}");
        assert!(error.contains("a.csv:2:2 (column t)") && error.contains("2024-01-05 10:30:00"), "{error}");
    }
}

#[test]
fn new_user_dates_are_worth_what_they_are_in_parquet() {
    let tree = Tree::new();
    let row = |i: i64| format!("{},{}\n", i / 30, format_args!("20{:02}-{:02}-{:02}", 10 + i / 336, 1 + i / 28 % 12, 1 + i % 28));
    tree.write("a.csv", format!("y,t\n{}", (0..2000).map(row).collect::<String>()));
    let (data, model) = (tree.text("a.csv"), tree.text("m"));
    let run = sapwood(["train", "--train", &data, "--label", "y", "--model-out", &model, "num_round=50"]).ok();
    assert!(!run.stderr.contains("categorical"), "{}", run.stderr);
    let last = run.metric_lines().pop().unwrap();
    assert!(last.value("train-rmse").parse::<f64>().unwrap() < 1.0, "{last:?}");
    tree.write("r.csv", "t,z\n2010-01-01,0\n2015-12-28,0\n");
    let predictions = sapwood(["predict", "--model", &model, "--data", &tree.text("r.csv")]).ok().stdout;
    let predictions: Vec<f64> = predictions.lines().map(|line| line.parse().unwrap()).collect();
    assert!(predictions[0] < 5.0 && predictions[1] > 60.0, "{predictions:?}");
}
