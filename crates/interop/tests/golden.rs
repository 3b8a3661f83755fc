//! Models that releases of XGBoost, LightGBM and converters to ONNX wrote predict what these releases predicted, and files that are no models are refused.
//! `scripts/interop/golden.py` made the files; `scripts/check-interop` trains many more where the packages are installed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sapwood_interop::{Error, Format, read, write};
use sapwood_score::ndarray::Array2;
use sapwood_score::{Model, Output, Scorer};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows = value.as_array().unwrap();
    let width = rows[0].as_array().unwrap().len();
    let cell = |(row, column): (usize, usize)| -> f64 { rows[row][column].as_f64().unwrap_or(f64::NAN) };
    Array2::from_shape_fn((rows.len(), width), cell)
}

fn models() -> Vec<PathBuf> {
    let entries = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path());
    let mut models: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "model")).collect();
    models.sort();
    models
}

#[test]
fn margins_are_those_of_the_library_that_wrote_the_model() {
    assert_eq!(models().len(), 27);
    for path in models() {
        let told: Value = serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
        let model = read(&fs::read(&path).unwrap()).unwrap();
        // The model file keeps everything.
        assert_eq!(Model::from_bytes(&model.to_bytes().unwrap()).unwrap(), model, "{path:?}");
        let found = Scorer::new(model)
            .unwrap()
            .output(told["output"].as_str().and_then(Output::from_name).unwrap_or(Output::Margin), matrix(&told["rows"]).view())
            .unwrap();
        assert_eq!(found.values(), matrix(&told["margins"]).as_slice().unwrap(), "{path:?}");
    }
}

#[test]
fn a_file_that_breaks_off_is_refused_wherever_it_does() {
    for path in models() {
        let bytes = fs::read(&path).unwrap();
        let end = match Format::of(&bytes).unwrap() {
            // What follows the trees says nothing about them.
            Format::LightgbmText => {
                let text = String::from_utf8_lossy(&bytes);
                text.find("end of trees").or_else(|| text.find("feature importances:")).unwrap()
            }
            _ => bytes.len() - 1,
        };
        for length in (0..end).step_by(37) {
            assert!(read(&bytes[..length]).is_err(), "{path:?}, {length} bytes");
        }
    }
}

/// Bytes are changed one at a time: the file is refused, or is another model that can be scored with.
#[test]
fn a_damaged_file_makes_no_panic() {
    for path in models() {
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(11) {
            for change in [1, 4, 0x80] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                let Ok(model) = read(&bytes) else { continue };
                let rows = Array2::from_elem((2, model.schema.len()), 1.0);
                let _ = Scorer::new(model).unwrap().predict(rows.view());
            }
        }
    }
}

/// Whatever ONNX can say is read again with the same margins; the rest is refused by name.
#[test]
fn what_is_written_as_onnx_is_read_with_the_same_margins() {
    let mut refused = Vec::new();
    for path in models() {
        let told: Value = serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
        let rows = matrix(&told["rows"]);
        let model = read(&fs::read(&path).unwrap()).unwrap();
        let margins = |model: Model| Scorer::new(model).unwrap().margins(rows.view()).unwrap();
        let found = margins(model.clone());
        for format in [Format::Onnx, Format::OnnxV5] {
            match write(&model, format) {
                Ok((bytes, rounding)) => {
                    let (written, found) = (margins(read(&bytes).unwrap()), &found);
                    // Fractions are no categories.
                    let is_whole = |row: usize| rows.row(row).iter().skip(2).all(|x| x.is_nan() || x.fract() == 0.0);
                    let compared = (0..rows.nrows()).filter(|&row| rounding.fractions == 0 || is_whole(row));
                    compared.for_each(|row| assert_eq!(written.row(row), found.row(row), "{path:?} {format:?} {row}"));
                }
                Err(error) => refused.push(format!("{format:?} {}: {error}", path.file_name().unwrap().display())),
            }
        }
    }
    let reasons = [
        "trees are not summed",
        "linear function",
        "rule \"nan_or_zero\"",
        "cut values to whole ones",
        "a base score beside the mean",
    ];
    for refused in &refused {
        assert!(reasons.iter().any(|reason| refused.contains(reason)), "{refused}");
    }
    assert_eq!(refused.len(), 11, "{refused:#?}");
}

#[test]
fn what_cannot_be_read_is_refused_with_a_remedy() {
    let gblinear = br#"{"learner":{"gradient_booster":{"name":"gblinear","model":{"weights":[1.0]}},
        "learner_model_param":{"base_score":"0.5","num_feature":"1"},"objective":{"name":"reg:squarederror"}},"version":[1,0,0]}"#;
    let custom = br#"{"learner":{"gradient_booster":{"name":"gbtree","model":{"trees":[],"tree_info":[]}},
        "learner_model_param":{"base_score":"0.5","num_feature":"1"},"objective":{"name":"my:objective"}},"version":[1,0,0]}"#;
    let loops = br#"{"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[
        {"left_children":[1,0],"right_children":[1,0],"split_indices":[0,0],"split_conditions":[1,1],"default_left":[0,0]}]}},
        "learner_model_param":{"base_score":"0.5","num_feature":"1"},"objective":{"name":"reg:squarederror"}},"version":[1,0,0]}"#;
    let mut old_binary = vec![0, 0, 0, 0x3f, 1, 0, 0, 0];
    old_binary.resize(136, 0);
    old_binary.extend(b"\x10\0\0\0\0\0\0\0reg:squarederror\x06\0\0\0\0\0\0\0gbtree");
    for (bytes, what) in [
        (&b""[..], "empty"),
        (b"PAR1", "was it made by `sapwood train`?"),
        (b"\x80\x04\x95", "a pickle of Python"),
        (b"\x1f\x8b\x08", "unpack it"),
        (b"binf\0\0\0\x3f", "booster.save_model(\"m.json\")"),
        (&old_binary, "booster.save_model(\"m.json\")"),
        (b"{\"a\": 1}", "missing field `learner`"),
        (b"{L\0\0\0\0\0\0\0\x01aTT", "byte "),
        (gblinear, "the booster is gblinear"),
        (custom, "the objective \"my:objective\""),
        (loops, "tree 0: node 1 has two parents"),
        (b"tree\nversion=v3\n", "breaks off"),
        (b"tree\nversion=v9\nend of trees\n", "of version v9"),
        (b"tree\nnum_class=1\nend of trees\n", "LightGBM 2.1 or later"),
    ] {
        let refused = read(bytes).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains(what), "{refused}");
    }
    assert!(matches!(read(b"SAPWOOD\0"), Err(Error::Model(_))));
}

/// A file may not ask for much more memory than it takes itself.
#[test]
fn numbers_that_a_file_declares_are_not_believed() {
    let file = |features: &str, classes: &str, category: &str| {
        format!(
            r#"{{"learner":{{"gradient_booster":{{"name":"gbtree","model":{{"tree_info":[0],"trees":[
            {{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[1,1,1],
            "default_left":[0,0,0],"split_type":[1,0,0],"categories":[{category}],"categories_nodes":[0],"categories_segments":[0],
            "categories_sizes":[1]}}]}}}},"learner_model_param":{{"base_score":"0.5","num_feature":"{features}","num_class":"{classes}"}},
            "objective":{{"name":"reg:squarederror"}}}},"version":[2,0,0]}}"#
        )
    };
    assert!(read(file("1", "0", "5").as_bytes()).is_ok());
    for (text, what) in [
        (file("4000000000", "0", "5"), "num_feature is 4000000000"),
        (file("4000000", "0", "5"), "num_feature is 4000000 in a file of "),
        (file("1", "4000000000", "5"), "num_class is 4000000000"),
        (file("1", "0", "4000000000"), "category 4000000000"),
        (file("0", "0", "5"), "feature 0, and there are 0"),
    ] {
        let refused = read(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains(what), "{refused}");
    }
}
