//! Texts and numbers that stand for missing values.

use super::reading::{fit, fit_csv, kinds, levels, options, parquet, train, train_csv, values};
use crate::util::Tree;
use polars::prelude::df;
use sapwood::{Dataset, FeatureSchema, Params, Trainer};
use sapwood_readers::recordio::{Features, Record, encode};
use sapwood_readers::{Encoding, InputSchema, ReadOptions, read_request};

/// 60 % markers among numbers that are all different.
fn mostly(marker: &str) -> String {
    let row = |i: usize| format!("{},{}\n", i % 2, if i % 5 < 3 { marker.to_string() } else { format!("{i}.5") });
    format!("y,x\n{}", (0..500).map(row).collect::<String>())
}

#[test]
fn pandas_default_markers_are_missing() {
    for marker in [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
        "NaN", "None", "n/a", "nan", "null", "?", "\\N", ".",
    ] {
        let data = train_csv(&mostly(marker), &[]).unwrap();
        assert_eq!(kinds(&data), ["numeric"], "{marker}");
        let missing = values(&data)[0].iter().filter(|x| x.is_none()).count();
        assert_eq!(missing, 300, "{marker}");
    }
}

#[test]
fn pandas_other_markers_are_errors_at_any_share() {
    for marker in ["-", "--", "missing", "unknown", "#DIV/0!", "(null)", "NIL", "not available", "*"] {
        let error = train_csv(&mostly(marker), &[]).unwrap_err().to_string();
        let place = format!("a.csv:2:2 (column x): {marker:?}; 300 cells hold it; ");
        assert!(error.starts_with("text in a column of numbers: ") && error.contains(&place), "{error}");
        assert!(error.contains("missing_values"), "{error}");
        assert_eq!(kinds(&train_csv(&mostly(marker), &[("missing_values", marker)]).unwrap()), ["numeric"]);
    }
}

#[test]
fn pandas_a_marker_is_an_error_wherever_it_begins() {
    let late = (0..5000).map(|i| format!("{},{i}\n", i % 2)).collect::<String>() + &"1,-\n".repeat(9000);
    let early = "1,-\n".repeat(9000) + &(0..5000).map(|i| format!("{},{i}\n", i % 2)).collect::<String>();
    for (rows, line) in [(late, 5002), (early, 2)] {
        let error = train_csv(&format!("y,x\n{rows}"), &[]).unwrap_err().to_string();
        assert!(error.contains(&format!("a.csv:{line}:2 (column x): \"-\"; 9000 cells hold it")), "{error}");
    }
}

#[test]
fn pandas_texts_with_a_few_numbers_are_a_category_with_a_warning() {
    let data = train_csv("y,x\n0,red\n1,green\n0,blue\n1,7\n", &[]).unwrap();
    assert_eq!(levels(&data, 0), ["7", "blue", "green", "red"]);
    assert!(
        data.warnings().iter().any(|warning| warning.contains("column x") && warning.contains("\"7\"")),
        "{:?}",
        data.warnings()
    );
    assert!(train_csv("y,x\n0,red\n1,green\n", &[]).unwrap().warnings().is_empty());
}

#[test]
fn mysql_backslash_n_is_a_text_among_texts() {
    let data = train_csv("y,x\n0,red\n1,\\N\n0,.\n1,red\n", &[]).unwrap();
    assert_eq!(levels(&data, 0), [".", "\\N", "red"]);
    let dates = train_csv("y,x\n0,2024-01-05\n1,\\N\n", &[]).unwrap();
    assert_eq!((kinds(&dates), values(&dates)[0][1]), (vec!["date"], None));
    let scored = fit_csv("x,z\n\\N,1\n5,1\n.,1\n", train_csv("y,x\n0,1\n1,2\n", &[]).unwrap().schema(), &[]).unwrap();
    assert_eq!(values(&scored), [[None, Some(5.0), None]]);
}

/// What `missing_values=-999` must make of every way to write it.
const EXPECTED: [Option<f64>; 4] = [None, Some(1.0), None, Some(-99.0)];

#[test]
fn xgboost_4104_numbers_are_compared_as_numbers_in_every_format() {
    let pairs = [("missing_values", "-999")];
    let tree = Tree::new();
    for [a, b] in [["-999", "-999.0"], ["-999.00", "-9.99e2"], [" -999", "\"-999.0\""]] {
        let csv = train_csv(&format!("y,x\n0,{a}\n1,1\n0,{b}\n1,-99\n"), &pairs).unwrap();
        assert_eq!(values(&csv), [EXPECTED], "{a} {b}");
    }
    let frame = df!["y" => [0, 1, 0, 1], "i" => [-999i64, 1, -999, -99], "f" => [-999.0, 1.0, -999.0, -99.0],
        "s" => [-999.0f32, 1.0, -999.0, -99.0]]
    .unwrap();
    let data = train(parquet(&tree, "a.parquet", frame), &pairs).unwrap();
    assert_eq!(values(&data), [EXPECTED; 3]);
    let libsvm = tree.write("a.libsvm", "0 1:-999\n1 1:1\n0 1:-999.0\n1 1:-99\n");
    assert_eq!(values(&sapwood_readers::read_training(&[libsvm], &options(&pairs)).unwrap()), [EXPECTED]);
    let mut bytes = Vec::new();
    for x in [-999.0, 1.0, -999.0, -99.0] {
        encode(&Record { features: Features::Dense(vec![x]), label: Some(0.0) }, &mut bytes).unwrap();
    }
    let recordio = tree.write("a.pb", bytes);
    assert_eq!(values(&sapwood_readers::read_training(&[recordio], &options(&pairs)).unwrap()), [EXPECTED]);
    let schema = InputSchema::new(FeatureSchema::numeric(1));
    let json = read_request(b"[[-999], [1], [-999.0], [-99]]"[..].into(), Encoding::Json, &options(&pairs), &schema).unwrap();
    assert_eq!(values(&json.unwrap()), [EXPECTED]);
}

#[test]
fn xgboost_4104_integers_that_no_float_holds_may_be_missing_too() {
    let tree = Tree::new();
    let frame = || df!["y" => [0, 1], "x" => [i64::MIN, 5]].unwrap();
    let path = parquet(&tree, "a.parquet", frame());
    assert!(train(path.clone(), &[]).and_then(|data| data.source().visit(&|_| Ok(()))).is_err());
    assert_eq!(values(&train(path, &[("missing_values", "-9223372036854775808")]).unwrap()), [[None, Some(5.0)]]);
}

#[test]
fn pandas_default_markers_are_levels_in_typed_columns() {
    let tree = Tree::new();
    let path = parquet(&tree, "a.parquet", df!["y" => [0, 1, 0, 1], "x" => [Some("NA"), Some("DE"), None, Some("?")]].unwrap());
    let data = train(path.clone(), &[]).unwrap();
    assert_eq!(levels(&data, 0), ["?", "DE", "NA"]);
    // What the model knows as a level is one in text, too.
    let scored = fit_csv("x\nNA\nDE\nnull\n?\n", data.schema(), &[("header", "true")]).unwrap();
    assert_eq!(values(&scored), [[Some(2.0), Some(1.0), None, Some(0.0)]]);
    let schema = InputSchema::new(data.schema().clone());
    let json = read_request(br#"[["NA"], ["DE"], [null]]"#[..].into(), Encoding::Json, &options(&[]), &schema).unwrap().unwrap();
    assert_eq!(values(&json), [[Some(2.0), Some(1.0), None]]);
    let named = train(path.clone(), &[("missing_values", "NA")]).unwrap();
    assert_eq!(levels(&named, 0), ["?", "DE"]);
    assert_eq!(values(&fit(path, named.schema(), &[("missing_values", "NA")]).unwrap()), [[None, Some(1.0), None, Some(0.0)]]);
}

#[test]
fn pandas_labels_are_never_missing() {
    let error = train_csv("y,x\n0,1\n\\N,2\n", &[]).unwrap_err().to_string();
    assert!(error.contains("a.csv:3:1 (column y)"), "{error}");
    let options = ReadOptions { label: Some("y".into()), ..options(&[("missing_values", "-1")]) };
    let tree = Tree::new();
    let error =
        sapwood_readers::read_training(&[tree.write("a.csv", "y,x,z\n0,1,1\n-1.0,2,1\n")], &options).unwrap_err().to_string();
    assert!(error.starts_with("missing label: "), "{error}");
}

#[test]
fn pandas_markers_among_decimal_commas_are_errors_too() {
    let rows = (0..500).map(|i| format!("{};{}\n", i % 2, if i % 5 < 3 { "-".to_string() } else { format!("{i},5") }));
    let text = format!("y;x\n{}", rows.collect::<String>());
    let error = train_csv(&text, &[("decimal", ","), ("delimiter", ";")]).unwrap_err().to_string();
    assert!(error.contains("a.csv:2:2 (column x): \"-\"; 300 cells hold it"), "{error}");
    let data =
        train_csv(&text.replace(";-", ";-999,0"), &[("decimal", ","), ("delimiter", ";"), ("missing_values", "-999")]).unwrap();
    assert_eq!(values(&data)[0].iter().filter(|x| x.is_none()).count(), 300);
}

#[test]
fn xgboost_4727_missing_values_of_arrays_are_nan() {
    let x = ndarray::Array2::from_shape_fn((20, 1), |(row, _)| if row % 2 == 0 { -999.0 } else { 1.0 });
    let data = Dataset::from_array(x.view(), (0..20).map(|row| f64::from(row % 2)).collect(), None).unwrap();
    let fit = |pairs: &[(&str, &str)]| Trainer::new(Params::from_pairs(pairs.iter().copied()).unwrap().0).fit(&data);
    let error = fit(&[("num_round", "2"), ("missing_values", "-999")]).unwrap_err().to_string();
    assert!(error.contains("missing_values is about data that are read") && error.contains("NaN"), "{error}");
    assert!(fit(&[("num_round", "2")]).unwrap().reading.missing_values.is_none());
}
