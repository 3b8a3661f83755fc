//! Several targets from files to predictions: every format, what each target's trees are, and every way that labels can be wrong.

use crate::util::{Numbers, Run, Tree, sapwood};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use serde_json::{Value, json};
use std::fs::{self, File};

/// Two labels and two features that they follow from.
type Row = ([f64; 2], [f64; 2]);

fn rows(count: usize, seed: u64) -> Vec<Row> {
    let mut numbers = Numbers::new(seed);
    let mut quarter = || (numbers.next() * 40.0).floor() / 4.0;
    (0..count)
        .map(|_| {
            let (a, b) = (quarter(), quarter());
            ([1.0 + a * 2.0 + quarter() * 0.25, 0.5 + (b - 5.0).powi(2)], [a, b])
        })
        .collect()
}

fn csv(rows: &[Row]) -> String {
    rows.iter().fold("price,a,rent,b\n".to_string(), |text, ([price, rent], [a, b])| text + &format!("{price},{a},{rent},{b}\n"))
}

/// The labels as classes.
fn classes(rows: &[Row]) -> Vec<Row> {
    let class = |y: f64, above: f64| f64::from(u8::from(y > above));
    rows.iter().map(|&([price, rent], x)| ([class(price, 12.0), class(rent, 6.0)], x)).collect()
}

const BOTH: [&str; 2] = ["--label", "price,rent"];

fn train(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, model] = [data, "m"].map(|name| tree.text(name));
    let default = |name: &str| !words.iter().any(|word| word.starts_with(name));
    let defaults = ["num_round=6", "max_depth=3"].into_iter().filter(|word| default(&word[..10]));
    let head = ["train", "--train", &data, "--model-out", &model];
    sapwood(head.iter().copied().chain(defaults).chain(words.iter().copied()))
}

fn predictions(tree: &Tree, data: &str, words: &[&str]) -> String {
    let [data, model] = [data, "m"].map(|name| tree.text(name));
    sapwood(["predict", "--model", &model, "--data", &data].iter().copied().chain(words.iter().copied())).ok().stdout
}

fn evaluated(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, model] = [data, "m"].map(|name| tree.text(name));
    sapwood(["evaluate", "--model", &model, "--data", &data].iter().copied().chain(words.iter().copied()))
}

#[test]
fn labels_are_the_same_in_every_format() {
    let tree = Tree::new();
    let rows = rows(700, 1);
    tree.write("train.csv", csv(&rows));
    let first = train(&tree, "train.csv", &BOTH).ok();
    assert!(first.stderr.contains("label: price, rent"), "{first:#?}");
    let scores = predictions(&tree, "train.csv", &[]);
    assert!(scores.lines().all(|line| line.split(',').count() == 2), "{scores}");
    assert!(predictions(&tree, "train.csv", &["--header"]).starts_with("prediction_price,prediction_rent\n"));
    let same = |what: &str| assert_eq!(predictions(&tree, "train.csv", &[]), scores, "{what}");
    for label in ["label_column=0,2", "label_column=[\"price\", \"rent\"]", "label_column= price , rent", "label=price,2"] {
        train(&tree, "train.csv", &[label]).ok();
        same(label);
    }
    for (name, text) in [
        ("c.json", "{\"label_column\": [\"price\", \"rent\"]}"),
        ("flag.json", "{\"label\": [\"price\", \"rent\"]}"),
        ("c.yaml", "label_column:\n  - price\n  - rent\n"),
        ("c.toml", "label_column = [\"price\", \"rent\"]\n"),
    ] {
        tree.write(name, text);
        train(&tree, "train.csv", &["--config", &tree.text(name)]).ok();
        same(name);
    }
    train(&tree, "train.csv", &["--label", "rent,price"]).ok();
    let turned = scores.lines().map(|line| line.split_once(',').map(|(price, rent)| format!("{rent},{price}\n")).unwrap());
    assert_eq!(predictions(&tree, "train.csv", &[]), turned.collect::<String>());
    let line = |([price, rent], [a, b]): &Row| json!({"price": price, "a": a, "rent": rent, "b": b}).to_string() + "\n";
    tree.write("train.jsonl", rows.iter().map(line).collect::<String>());
    train(&tree, "train.jsonl", &BOTH).ok();
    assert_eq!(predictions(&tree, "train.jsonl", &[]), scores);
    let column = |name: &str, value: fn(&Row) -> f64| Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>());
    let columns = vec![
        column("price", |row| row.0[0]),
        column("a", |row| row.1[0]),
        column("rent", |row| row.0[1]),
        column("b", |row| row.1[1]),
    ];
    let mut frame = DataFrame::new(rows.len(), columns).unwrap();
    ParquetWriter::new(File::create(tree.path("train.parquet")).unwrap()).finish(&mut frame).unwrap();
    train(&tree, "train.parquet", &BOTH).ok();
    assert_eq!(predictions(&tree, "train.parquet", &[]), scores);
    // Without names, and data to predict without labels.
    tree.write("headless.csv", csv(&rows).split_once('\n').unwrap().1);
    train(&tree, "headless.csv", &["--label", "0,2"]).ok();
    evaluated(&tree, "headless.csv", &[]).ok();
    tree.write("features.csv", rows.iter().map(|(_, [a, b])| format!("{a},{b}\n")).collect::<String>());
    assert_eq!(predictions(&tree, "features.csv", &[]), scores);
    assert_eq!(predictions(&tree, "headless.csv", &["label_column=0,2"]), scores);
}

/// The trees of a target are those of a model that has it alone.
#[test]
fn each_target_has_the_trees_that_it_has_alone() {
    let tree = Tree::new();
    let real = rows(600, 2);
    tree.write("real.csv", csv(&real));
    tree.write("classes.csv", csv(&classes(&real)));
    for (objective, data) in [
        ("reg:squarederror", "real.csv"),
        ("reg:absoluteerror", "real.csv"),
        ("reg:pseudohubererror", "real.csv"),
        ("reg:squaredlogerror", "real.csv"),
        ("reg:gamma", "real.csv"),
        ("reg:tweedie", "real.csv"),
        ("count:poisson", "real.csv"),
        ("reg:logistic", "classes.csv"),
        ("binary:logistic", "classes.csv"),
        ("binary:logitraw", "classes.csv"),
        ("binary:hinge", "classes.csv"),
    ] {
        let objective = format!("objective={objective}");
        let weight = ["--weight", "a", "min_child_weight=0.1"];
        let alone = |label: &str, other: &str| {
            train(&tree, data, &[&["--label", label, "--ignore", other, &objective], &weight[..]].concat()).ok();
            predictions(&tree, data, &["--output", "margin"])
        };
        let (price, rent) = (alone("price", "rent"), alone("rent", "price"));
        let pairs = price.lines().zip(rent.lines()).map(|(price, rent)| format!("{price},{rent}\n")).collect::<String>();
        train(&tree, data, &[&BOTH[..], &[&objective], &weight].concat()).ok();
        assert_eq!(predictions(&tree, data, &["--output", "margin"]), pairs, "{objective}");
    }
}

/// XGBoost 3.2: `xgb.train(dict(max_depth=2, eta=.5, tree_method="hist"), xgb.DMatrix(x, label=y), 3).predict(…)[:4]`.
#[test]
fn predictions_and_metrics_are_those_of_xgboost() {
    let tree = Tree::new();
    let row = |i: usize| {
        let x = [(i % 7) as f64, (i * 5 % 11) as f64];
        ([x[0] * 2.0 + x[1] % 3.0, (x[1] - 5.0).powi(2)], x)
    };
    let rows: Vec<Row> = (0..40).map(row).collect();
    tree.write("real.csv", csv(&rows));
    let above = |y: f64| f64::from(u8::from(y > 6.0));
    tree.write("classes.csv", csv(&rows.iter().map(|&([p, r], x)| ([above(p), above(r)], x)).collect::<Vec<_>>()));
    for (data, objective, expected) in [
        (
            "real.csv",
            "reg:squarederror",
            [[2.144_113, 20.948_557], [3.670_280_7, 4.063_29], [5.037_863, 20.087_887], [7.018_913_7, 4.063_29]],
        ),
        (
            "classes.csv",
            "binary:logistic",
            [[0.135_543_26, 0.848_844], [0.135_543_26, 0.144_146_87], [0.135_543_26, 0.857_694_86], [0.608_598_77, 0.144_146_87]],
        ),
    ] {
        train(&tree, data, &["--label", "price,rent", "num_round=3", "max_depth=2", "eta=0.5", &format!("objective={objective}")])
            .ok();
        let scores = predictions(&tree, data, &[]);
        for (line, expected) in scores.lines().zip(expected) {
            for (value, expected) in line.split(',').zip(expected) {
                let value: f64 = value.parse().unwrap();
                assert!((value - expected).abs() < 1e-4 * expected.abs().max(1.0), "{objective}: {value} is not {expected}");
            }
        }
    }
}

#[test]
fn evaluation_shows_each_target_and_their_mean() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(400, 3)));
    tree.write("classes.csv", csv(&classes(&rows(400, 3))));
    let run = train(&tree, "train.csv", &[&BOTH[..], &["eval_metric=r2,mae,rmse"]].concat()).ok();
    let told = evaluated(&tree, "train.csv", &[]).ok().stdout;
    let found: Value = serde_json::from_str(&told).unwrap();
    let of = |target: &str, metric: &str| found["targets"][target][metric].as_f64().unwrap();
    for metric in ["mae", "r2"] {
        let mean = 0.5 * (of("price", metric) + of("rent", metric));
        assert!((found[metric].as_f64().unwrap() - mean).abs() < 1e-12, "{told}");
    }
    let root = (0.5 * (of("price", "rmse").powi(2) + of("rent", "rmse").powi(2))).sqrt();
    assert!((found["rmse"].as_f64().unwrap() - root).abs() < 1e-12, "{told}");
    let trained: f64 = run.metric_lines()[5].value("train-rmse").parse().unwrap();
    assert!((trained - root).abs() < 1e-5, "{told}");
    let json: Value = serde_json::from_str(&evaluated(&tree, "train.csv", &["--json", "-"]).ok().stdout).unwrap();
    assert_eq!(json["targets"], found["targets"]);
    train(&tree, "classes.csv", &[&BOTH[..], &["objective=binary:logistic", "eval_metric=auc,f1,logloss"]].concat()).ok();
    let found: Value = serde_json::from_str(&evaluated(&tree, "classes.csv", &[]).ok().stdout).unwrap();
    assert!(found["auc"].as_f64().unwrap() > 0.9 && found["targets"]["rent"]["f1"].as_f64().unwrap() > 0.8, "{found}");
    // One target cannot be judged alone by a model of two.
    evaluated(&tree, "classes.csv", &["--label", "price"]).user_error(&["the rows have 1 label, and the model has 2 targets"]);
}

#[test]
fn wrong_labels_are_named_with_their_place() {
    let tree = Tree::new();
    let good = csv(&rows(60, 4));
    tree.write("train.csv", &good);
    let cases: [(&str, &[&str]); 4] = [
        ("1,2,,3", &["missing label", ":62:3", "column rent"]),
        (",2,1,3", &["missing label", ":62:1", "column price"]),
        ("1,2,inf,3", &["infinite value", ":62:3"]),
        ("1,2,high,3", &["text where a number is expected", ":62:3", "high"]),
    ];
    for (row, fragments) in cases {
        tree.write("bad.csv", format!("{good}{row}\n"));
        train(&tree, "bad.csv", &BOTH).user_error(fragments);
    }
    tree.write("negative.csv", format!("{good}1,2,-1,3\n"));
    let poisson = [&BOTH[..], &["objective=count:poisson"]].concat();
    train(&tree, "negative.csv", &poisson).user_error(&["label must be 0 or more", "it is -1 at", ":62", "column rent"]);
    let refused = |words: &[&str], fragments: &[&str]| drop(train(&tree, "train.csv", words).user_error(fragments));
    refused(&["--label", "price,price"], &["column price", "named twice in label_column"]);
    refused(&["--label", "price,rental"], &["no label column \"rental\"", "its columns are"]);
    refused(&["--label", "price,rent", "--weight", "rent"], &["column rent", "cannot be both label and weight"]);
    refused(&["--label", "price,rent", "csv_weights=true"], &["csv_weights", "several", "weight_column"]);
    for objective in ["multi:softprob", "reg:quantileerror", "survival:cox"] {
        let words = ["--label", "price,rent", "num_class=3", &format!("objective={objective}")];
        refused(&words, &["there are 2 labels (price, rent)", objective, "has one target", "a model for each"]);
    }
    tree.write("classes.csv", csv(&classes(&rows(60, 4))));
    for balance in ["class_weight=balanced", "is_unbalance=true"] {
        let words = ["--label", "price,rent", "objective=binary:logistic", balance];
        train(&tree, "classes.csv", &words).user_error(&["weigh the classes of one target", "scale_pos_weight"]);
    }
    tree.write("texts.csv", "y,z,a\nno,1,1\nyes,0,2\nno,1,3\nyes,0,4\n");
    let words = ["--label", "y,z", "objective=binary:logistic"];
    train(&tree, "texts.csv", &words).user_error(&["labels of several targets must be numbers", "\"no\", \"yes\""]);
    tree.write("truths.csv", "y,z,a\ntrue,False,1\nfalse,True,2\ntrue,False,3\nfalse,True,4\n");
    train(&tree, "truths.csv", &words).ok();
    tree.write("train.libsvm", "1 1:2 2:3\n2 1:1 2:4\n");
    train(&tree, "train.libsvm", &["--label", "0,1"]).user_error(&["label_column=0,1 does not apply to libsvm"]);
    // A name that holds a comma is one name.
    tree.write("comma.csv", "\"price, EUR\",a\n1,2\n2,3\n3,5\n");
    train(&tree, "comma.csv", &["--label", "price, EUR"]).ok();
    evaluated(&tree, "comma.csv", &[]).ok();
    tree.write("commas.csv", "\"price, EUR\",a,rent\n1,2,1\n2,3,4\n3,5,2\n");
    train(&tree, "commas.csv", &["--label", "\"price, EUR\",rent"]).ok();
    evaluated(&tree, "commas.csv", &[]).ok();
}

#[test]
fn threads_the_cache_and_checkpoints_change_nothing() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(1000, 5)));
    tree.write("other.csv", csv(&rows(1000, 5)).replace(",0.5,", ",0.75,"));
    tree.write("valid.csv", csv(&rows(300, 6)));
    let (valid, cache, checkpoints) = (tree.text("valid.csv"), tree.text("cache"), tree.text("checkpoints"));
    for objective in ["objective=reg:absoluteerror", "objective=reg:squarederror"] {
        let model = |more: &[&str]| {
            let common = ["--validation", &valid, objective, "subsample=0.7"];
            let run = train(&tree, "train.csv", &[&BOTH[..], &common, more].concat()).ok();
            (fs::read(tree.path("m")).unwrap(), run.stdout)
        };
        let first = model(&["nthread=1"]);
        assert_eq!(model(&["nthread=3"]), first);
        for _ in 0..2 {
            assert_eq!(model(&["--cache", &cache]), first);
        }
        model(&["--checkpoints", &checkpoints, "checkpoint_interval=0", "num_round=3"]);
        assert_eq!(model(&["--checkpoints", &checkpoints, "checkpoint_interval=0"]).0, first.0);
        // Other labels of the second target are other data.
        let other =
            train(&tree, "other.csv", &[&BOTH[..], &["--validation", &valid, objective, "--checkpoints", &checkpoints]].concat());
        assert_eq!(other.code, Some(2), "{other:#?}");
        fs::remove_dir_all(&checkpoints).unwrap();
    }
    tree.write("classes.csv", csv(&classes(&rows(1000, 5))));
    for split in ["split=random", "split=stratified"] {
        let words = ["--label", "price,rent", "objective=binary:logistic", "validation_fraction=0.25", split];
        let run = train(&tree, "classes.csv", &words).ok();
        assert!(run.stdout.contains("validation-logloss"), "{run:#?}");
    }
}
