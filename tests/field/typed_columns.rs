//! What the types of Parquet columns say, and what CSV files say without types.

use super::reading::{fit, fit_csv, golden, kinds, levels, options, parquet, train, train_csv, values};
use crate::util::Tree;
use polars::prelude::{Column, DataType, df};
use sapwood_readers::{Encoding, InputSchema, read_request};

#[test]
fn polars_29184_times_of_96_bits_keep_their_years() {
    let data = train(golden("old_times.parquet"), &[]).unwrap();
    assert_eq!(kinds(&data), ["datetime", "numeric"]);
    let seconds = [-62_135_596_800.0, -9_246_096_000.0, 1_704_450_600.0, 253_402_214_400.0];
    assert_eq!(values(&data)[0], seconds.map(|seconds: f64| Some(seconds * 1e6)));
    assert_eq!(values(&data)[1], [1.0, 2.0, 3.0, 4.0].map(Some));
}

#[test]
fn catboost_635_typed_texts_stay_as_they_are() {
    let tree = Tree::new();
    let frame = || df!["y" => [0, 1, 0, 1], "zip" => ["01234", "1234", "1.1", "1.10"]].unwrap();
    let data = train(parquet(&tree, "a.parquet", frame()), &[]).unwrap();
    assert_eq!(levels(&data, 0), ["1.1", "1.10", "01234", "1234"]);
    let again = values(&fit(tree.path("a.parquet"), data.schema(), &[]).unwrap());
    assert_eq!(again, [[2.0, 3.0, 0.0, 1.0].map(Some)]);
    let csv = fit_csv("zip,z\n01234,1\n1234,1\n1.1,1\n1.10,1\n", data.schema(), &[]).unwrap();
    assert_eq!(values(&csv), again);
    let schema = InputSchema::new(data.schema().clone());
    let body = br#"[["01234"], ["1234"], ["1.1"], ["1.10"]]"#;
    assert_eq!(values(&read_request(body[..].into(), Encoding::Json, &options(&[]), &schema).unwrap().unwrap()), again);
}

#[test]
fn catboost_635_leading_zeros_in_csv() {
    let text = "y,zip\n0,01234\n1,1234\n0,1234.0\n";
    // Without types they are numbers, as for pandas.
    assert_eq!(values(&train_csv(text, &[]).unwrap()), [[1234.0; 3].map(Some)]);
    let asked = train_csv(text, &[("categorical_features", "zip")]).unwrap();
    assert_eq!(levels(&asked, 0), ["01234", "1234"]);
    assert_eq!(values(&asked), [[0.0, 1.0, 1.0].map(Some)]);
    let tree = Tree::new();
    let scored = fit(parquet(&tree, "a.parquet", df!["zip" => [1234i64, 99]].unwrap()), asked.schema(), &[]).unwrap();
    assert_eq!(values(&scored), [[Some(1.0), None]]);
}

#[test]
fn xgboost_11160_truth_values_are_0_and_1_however_they_are_written() {
    let tree = Tree::new();
    let expected = [[Some(1.0), Some(0.0), None]];
    let spellings = ["True,False", "true,false", "TRUE,FALSE", "1,0", "1.0,0.0"].map(|pair| pair.split_once(',').unwrap());
    for (yes, no) in spellings {
        let text = format!("y,f\n0,{yes}\n1,{no}\n0,\n");
        let data = train_csv(&text, &[]).unwrap();
        assert_eq!(values(&data), expected, "{yes}");
        for (yes, no) in spellings {
            let scored = fit_csv(&format!("f,z\n{yes},1\n{no},1\n,1\n"), data.schema(), &[]).unwrap();
            assert_eq!(values(&scored), expected, "{yes}");
        }
        let bools = parquet(&tree, "b.parquet", df!["f" => [Some(true), Some(false), None]].unwrap());
        assert_eq!(values(&fit(bools, data.schema(), &[]).unwrap()), expected, "{yes}");
        let schema = InputSchema::new(data.schema().clone());
        for body in ["[[true], [false], [null]]", "[[1], [0], [null]]", r#"[["True"], ["False"], [""]]"#] {
            let json = read_request(body.as_bytes().into(), Encoding::Json, &options(&[]), &schema).unwrap().unwrap();
            assert_eq!(values(&json), expected, "{yes} {body}");
        }
    }
    let texts = parquet(&tree, "t.parquet", df!["f" => [Some("True"), Some("False"), None]].unwrap());
    assert_eq!(values(&fit(texts, train_csv("y,f\n0,True\n1,False\n", &[]).unwrap().schema(), &[]).unwrap()), expected);
    for pair in ["yes,no", "t,f", "Y,N"] {
        let (yes, no) = pair.split_once(',').unwrap();
        assert_eq!(kinds(&train_csv(&format!("y,f\n0,{yes}\n1,{no}\n"), &[]).unwrap()), ["categorical"], "{pair}");
    }
    let mixed = train_csv("y,f\n0,True\n1,2\n0,5\n", &[]).unwrap_err().to_string();
    assert!(mixed.starts_with("text in a column of numbers: "), "{mixed}");
}

#[test]
fn new_user_categories_of_pandas_are_categories_whatever_they_hold() {
    for name in ["categories.parquet", "categories_by_pandas.parquet"] {
        let data = train(golden(name), &[]).unwrap();
        assert_eq!(kinds(&data), ["categorical", "categorical", "categorical", "categorical", "numeric"], "{name}");
        assert_eq!(
            (levels(&data, 0), levels(&data, 1)),
            (&["10", "15", "20"].map(String::from)[..], &["1", "2", "3"].map(String::from)[..])
        );
        assert_eq!(
            (levels(&data, 2), levels(&data, 3)),
            (&["false", "true"].map(String::from)[..], &["a", "b"].map(String::from)[..])
        );
        assert_eq!(values(&data)[0][..4], [Some(0.0), Some(1.0), Some(2.0), Some(0.0)], "{name}");
        assert_eq!(values(&fit(golden(name), data.schema(), &[]).unwrap()), values(&data), "{name}");
        let csv = fit_csv("whole,ordered,flag,text,number\n15,3,True,b,10\n15.0,3.0,false,b,10\n", data.schema(), &[]).unwrap();
        assert_eq!(values(&csv)[..4], [[Some(1.0); 2], [Some(2.0); 2], [Some(1.0), Some(0.0)], [Some(1.0); 2]], "{name}");
    }
}

#[test]
fn polars_19265_numbers_of_16_bits_are_read() {
    let data = train(golden("types.parquet"), &[("ignore_columns", "clock,span,uuid,bytes")]).unwrap();
    let expected = [Some(0.0), Some(0.25), Some(0.5), Some(0.75), Some(1.0), None, Some(1.5), Some(1.75)];
    assert_eq!((kinds(&data), values(&data)), (vec!["numeric"], vec![expected.to_vec()]));
}

#[test]
fn polars_19265_types_that_are_not_read_are_named() {
    for (column, word) in [("clock", "time"), ("span", "duration"), ("uuid", "binary"), ("bytes", "binary")] {
        let others: Vec<_> = ["clock", "span", "uuid", "bytes"].into_iter().filter(|other| *other != column).collect();
        let error = train(golden("types.parquet"), &[("ignore_columns", &others.join(","))]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("column {column} is of type {word}")), "{error}");
    }
}

#[test]
fn new_user_numbers_where_the_model_has_texts_are_told() {
    let data = train_csv("y,c\n0,red\n1,blue\n", &[]).unwrap();
    let scored = fit_csv("c,z\n1,1\n2,1\n", data.schema(), &[]).unwrap();
    assert!(scored.warnings().iter().any(|warning| warning.contains("column c")), "{:?}", scored.warnings());
}

#[test]
fn new_user_blanks_around_names_do_not_count() {
    let tree = Tree::new();
    let frame = || df![" y" => [0, 1], " price " => [1.5, 2.5]].unwrap();
    let csv = train_csv(" y, price \n0,1.5\n1,2.5\n", &[]).unwrap();
    let typed = train(parquet(&tree, "a.parquet", frame()), &[]).unwrap();
    assert_eq!((typed.schema(), values(&typed)), (csv.schema(), values(&csv)));
    assert_eq!(values(&fit(tree.path("a.parquet"), csv.schema(), &[]).unwrap()), values(&csv));
    let schema = InputSchema::new(csv.schema().clone());
    let json = read_request(br#"[{" price ": 1.5}]"#[..].into(), Encoding::Json, &options(&[]), &schema).unwrap().unwrap();
    assert_eq!(values(&json), [[Some(1.5)]]);
    let twice = train(parquet(&tree, "b.parquet", df!["y" => [0], "x" => [1], "x " => [2]].unwrap()), &[]).unwrap_err().to_string();
    assert!(twice.starts_with("two columns are called \"x\""), "{twice}");
}

#[test]
fn catboost_635_typed_texts_that_look_otherwise_are_told() {
    let tree = Tree::new();
    let data = |cells: [&str; 3]| train(parquet(&tree, "a.parquet", df!["y" => [0, 1, 0], "x" => cells].unwrap()), &[]).unwrap();
    for (cells, what) in [
        (["01234", "1.5", "2"], "numbers"),
        (["2024-01-05", "2024-01-06", "2024-01-07"], "dates"),
        (["True", "False", "True"], "truth values"),
    ] {
        let data = data(cells);
        assert_eq!(kinds(&data), ["categorical"]);
        let warnings = data.warnings();
        assert!(warnings.iter().any(|text| text.contains("column x") && text.contains(what)), "{warnings:?}");
    }
    assert!(data(["a", "b", "c"]).warnings().is_empty());
}

#[test]
fn xgboost_11160_numbers_where_training_had_truth_values_are_0_and_1() {
    let tree = Tree::new();
    let trained = train(parquet(&tree, "a.parquet", df!["y" => [0, 1], "x" => [true, false]].unwrap()), &[]).unwrap();
    let read = |numbers: [i64; 2]| {
        let data = fit(parquet(&tree, "b.parquet", df!["x" => numbers].unwrap()), trained.schema(), &[]).unwrap();
        data.source().visit(&|_| Ok(())).map(|()| values(&data))
    };
    assert_eq!(read([1, 0]).unwrap(), [[Some(1.0), Some(0.0)]]);
    assert!(read([0, 2]).unwrap_err().to_string().starts_with("number that is neither 0 nor 1 in a column of truth values: "));
}

#[test]
fn pandas_labels_that_are_dates_are_refused() {
    let tree = Tree::new();
    let dates = Column::new("y".into(), [1, 2]).cast(&DataType::Date).unwrap();
    let error = train(parquet(&tree, "a.parquet", df!["x" => [0, 1]].unwrap().hstack(&[dates]).unwrap()), &[]).unwrap_err();
    assert!(error.to_string().starts_with("the label column y holds dates: "), "{error}");
}
