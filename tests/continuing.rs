//! Going on from a model: at the shell and as a SageMaker job.

use crate::sagemaker::Job;
use crate::util::{Run, Tree, amount, csv, csv_with_header, sapwood};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::fs;
use std::io::Write;

fn train(tree: &Tree, data: &str, model: &str, words: &[&str]) -> Run {
    let [data, model] = [data, model].map(|name| tree.text(name));
    sapwood(["train", "--train", &data, "--model-out", &model, "--label", "y"].iter().chain(words))
}

/// A colour, a number and what follows from them; rows of some colours.
fn colours(rows: usize, seed: usize, colours: &[&str], columns: [&str; 3]) -> String {
    let mut text = columns.join(",") + "\n";
    for row in 0..rows {
        let (at, size) = ((row * 7 + seed) % colours.len(), (row * 13 + seed) % 50);
        text += &format!("{},{},{size}\n", 10 * colours[at].len() + size + row % 3, colours[at]);
    }
    text
}

const COLUMNS: [&str; 3] = ["y", "colour", "size"];

fn predictions(tree: &Tree, model: &str, data: &str) -> String {
    sapwood(["predict", "--model", &tree.text(model), "--data", &tree.text(data)]).ok().stdout
}

#[test]
fn more_rounds_are_those_that_training_at_once_would_have_given() {
    let tree = Tree::new();
    tree.write("a.csv", colours(400, 0, &["red", "green", "blue", "yellow"], COLUMNS));
    tree.write("v.csv", colours(100, 5, &["red", "green", "blue", "yellow"], COLUMNS));
    let (first, cache, validation) = (tree.text("first"), tree.text("cache"), tree.text("v.csv"));
    let whole = train(&tree, "a.csv", "whole", &["num_round=9", "--validation", &validation]).ok();
    train(&tree, "a.csv", "first", &["num_round=4"]).ok();
    let words = ["num_round=5", "--model-in", &first, "--validation", &validation];
    let run = train(&tree, "a.csv", "more", &words).ok();
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), whole.stdout.lines().skip(4).collect::<Vec<_>>());
    assert!(run.stderr.contains("going on from a model of 4 rounds"), "{}", run.stderr);
    assert_eq!(predictions(&tree, "more", "v.csv"), predictions(&tree, "whole", "v.csv"));
    // Binned data cannot be scored by the model, so they are not used; a job with checkpoints resumes to the same model.
    train(&tree, "a.csv", "m", &["num_round=4", "--cache", &cache]).ok();
    train(&tree, "a.csv", "cached", &[&words[..], &["--cache", &cache]].concat()).ok();
    let checkpoints = tree.text("checkpoints");
    let keeps = ["--checkpoints", &checkpoints, "checkpoint_interval=0"];
    train(&tree, "a.csv", "short", &[&["num_round=2"], &words[1..], &keeps].concat()).ok();
    let run = train(&tree, "a.csv", "resumed", &[&words[..], &keeps].concat()).ok();
    assert!(run.stderr.contains("resuming after 2 rounds"), "{}", run.stderr);
    for same in ["cached", "resumed"] {
        assert!(fs::read(tree.path(same)).unwrap() == fs::read(tree.path("more")).unwrap(), "{same}");
    }
    train(&tree, "a.csv", "other", &[&["num_round=5"], &keeps[..]].concat())
        .user_error(&["another model to go on from: the model is none, it was one of 4 rounds"]);
    // A file of settings names the model as well.
    tree.write("job.yaml", format!("model-in: {first}\nnum_round: 5\nvalidation: {validation}\n"));
    train(&tree, "a.csv", "configured", &["--config", &tree.text("job.yaml")]).ok();
    assert!(fs::read(tree.path("configured")).unwrap() == fs::read(tree.path("more")).unwrap());
}

#[test]
fn columns_are_those_of_the_model_and_new_categories_are_learnt() {
    let tree = Tree::new();
    tree.write("a.csv", colours(400, 0, &["red", "green", "blue"], COLUMNS));
    // Columns in another order, a column more, two new colours.
    let mut text = "more,size,colour,y\n".to_string();
    for line in colours(300, 3, &["red", "blue", "ultramarine", "grey"], COLUMNS).lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        text += &format!("x,{},{},{}\n", cells[2], cells[1], cells[0]);
    }
    tree.write("b.csv", &text);
    let first = tree.text("first");
    train(&tree, "a.csv", "first", &["num_round=4"]).ok();
    let run = train(&tree, "b.csv", "more", &["num_round=30", "eta=0.5", "--model-in", &first]).ok();
    assert!(run.stderr.contains("column colour has values that the model learns now: grey, ultramarine"), "{}", run.stderr);
    tree.write("new.csv", "colour,size\nultramarine,20\ngrey,20\n");
    let found: Vec<f64> = predictions(&tree, "more", "new.csv").lines().map(|line| line.parse().unwrap()).collect();
    assert!(found[0] - found[1] > 40.0, "{found:?}");
    let run = sapwood(["predict", "--model", &tree.text("more"), "--data", &tree.text("new.csv")]).ok();
    assert!(!run.stderr.contains("not seen in training"), "{}", run.stderr);
    // What was there is predicted as before by the first rounds.
    let shown = sapwood(["inspect", "--json", "--model", &tree.text("more")]).ok().stdout;
    assert!(shown.contains("ultramarine"), "{shown}");

    tree.write("c.csv", colours(100, 0, &["red"], ["y", "color", "size"]));
    train(&tree, "c.csv", "m", &["num_round=2", "--model-in", &first]).user_error(&["colour"]);
    tree.write("c.csv", "y,colour,size\n1,red,large\n2,blue,small\n");
    train(&tree, "c.csv", "m", &["num_round=2", "--model-in", &first]).user_error(&["size", "c.csv:2"]);
    let other = ["num_round=2", "--model-in", &first, "objective=count:poisson"];
    train(&tree, "a.csv", "m", &other)
        .user_error(&["objective is count:poisson, and the model to go on from was trained with reg:squarederror"]);
    let run = train(&tree, "a.csv", "m", &["num_round=2", "--model-in", &first, "base_score=3"]).ok();
    assert!(run.stderr.contains("warning: base_score=3 has no effect"), "{}", run.stderr);
    train(&tree, "a.csv", "m", &["num_round=2", "--model-in", &tree.text("none")]).user_error(&["none"]);
    train(&tree, "a.csv", "m", &["num_round=2", "init_model=first"]).user_error(&["use --model-in FILE"]);
}

#[test]
fn classes_are_those_of_the_model() {
    let tree = Tree::new();
    let rows = |classes: &[&str]| {
        (0..200).fold("y,a,b\n".to_string(), |text, row| {
            text + &format!("{},{},{}\n", classes[row % classes.len()], row % classes.len() * 10 + row % 7, row % 13)
        })
    };
    tree.write("a.csv", rows(&["cat", "dog", "fox"]));
    tree.write("b.csv", rows(&["dog", "fox"]));
    tree.write("c.csv", rows(&["dog", "owl"]));
    let (first, words) = (tree.text("first"), ["num_round=3", "objective=multi:softprob", "min_child_weight=0"]);
    train(&tree, "a.csv", "first", &words).ok();
    let more = [&words[..], &["--model-in", &first]].concat();
    train(&tree, "b.csv", "more", &more).ok();
    assert_eq!(predictions(&tree, "more", "a.csv").lines().next().unwrap().split(',').count(), 3);
    train(&tree, "c.csv", "m", &more).user_error(&["owl"]);
}

fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut entry = vec![0; 512];
    entry[..name.len()].copy_from_slice(name.as_bytes());
    entry[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    // The checksum counts its own field as spaces.
    let sum = entry.iter().map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
    entry[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    entry.extend_from_slice(content);
    entry.resize(entry.len().next_multiple_of(512) + 1024, 0);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&entry).unwrap();
    gzip.finish().unwrap()
}

/// SageMaker's incremental training: the archive of an earlier job in the channel `model`.
#[test]
fn the_channel_model_is_trained_further() {
    let job = |rounds: &str| Job::on(csv(200, 1, amount), json!({"num_round": rounds, "eta": "0.2"}));
    let first = job("3");
    first.succeeds();
    let model = first.tree.files("model").pop().unwrap().1;
    let whole = job("7").succeeds();
    let mut models = Vec::new();
    for (name, content) in [("model/model.tar.gz", archive("model.sapwood", &model)), ("model/model.sapwood", model.clone())] {
        let channels = json!({"train": {"ContentType": "text/csv"}, "model": {"ContentType": "application/x-sagemaker-model"}});
        let more = job("4").file(name, content).config("inputdataconfig.json", channels);
        let run = more.succeeds();
        assert_eq!(run.stdout.lines().collect::<Vec<_>>(), whole.stdout.lines().skip(3).collect::<Vec<_>>());
        assert!(run.stderr.contains("channel model: training goes on from "), "{}", run.stderr);
        models.push(more.tree.files("model").pop().unwrap().1);
    }
    assert!(models[0] == models[1]);
    job("4")
        .file("model/xgboost-model", "x")
        .fails(&["channel model", "holds neither model.sapwood nor model.tar.gz (xgboost-model)"]);
    job("4").file("model/model.tar.gz", archive("xgboost-model", &model)).fails(&["holds no model.sapwood"]);
    job("4").file("model/model.sapwood", &model[..40]).fails(&["model.sapwood"]);
}

#[test]
fn trees_are_dropped_at_the_shell_too() {
    let tree = Tree::new();
    tree.write("a.csv", csv_with_header(300, 1, amount));
    tree.write("v.csv", csv_with_header(200, 2, amount));
    let validation = tree.text("v.csv");
    let words = ["num_round=40", "booster=dart", "rate_drop=0.2", "early_stopping_rounds=5", "--validation", &validation];
    let run = train(&tree, "a.csv", "m", &words).ok();
    let said = run.metric_lines().pop().unwrap().value("validation-rmse").to_string();
    let found = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &validation]).ok().stdout;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let rmse = found["rmse"].as_f64().or(found["metrics"]["rmse"].as_f64()).unwrap_or_else(|| panic!("{found}"));
    assert_eq!(format!("{rmse:.5}"), said);
    let run = train(&tree, "a.csv", "m", &["num_round=2", "boosting=dart"]).ok();
    assert!(run.stderr.contains("booster=dart never drops a tree with rate_drop=0"), "{}", run.stderr);
    let run = train(&tree, "a.csv", "m", &["num_round=2", "drop_rate=0.1"]).ok();
    assert!(run.stderr.contains("rate_drop=0.1 has no effect: it needs booster=dart"), "{}", run.stderr);
    train(&tree, "a.csv", "m", &["num_round=2", "boosting_type=goss"]).user_error(&["use gbtree with sampling_method=goss"]);
}

#[test]
fn leaves_are_computed_anew_on_other_data() {
    let tree = Tree::new();
    tree.write("a.csv", colours(400, 0, &["red", "green", "blue"], COLUMNS));
    // The same columns, amounts that are 100 more.
    let mut text = COLUMNS.join(",") + "\n";
    for line in colours(300, 2, &["red", "green", "blue"], COLUMNS).lines().skip(1) {
        let (amount, rest) = line.split_once(',').unwrap();
        text += &format!("{},{rest}\n", amount.parse::<i64>().unwrap() + 100);
    }
    tree.write("b.csv", &text);
    let (first, validation) = (tree.text("first"), tree.text("b.csv"));
    train(&tree, "a.csv", "first", &["num_round=30", "eta=0.3"]).ok();
    let update = ["num_round=30", "eta=0.3", "process_type=update", "--model-in", &first, "--validation", &validation];
    let error = |words: &[&str]| {
        let run = train(&tree, "b.csv", "m", &[&update[..], words].concat()).ok();
        assert!(run.stderr.contains("updating a model of 30 rounds"), "{}", run.stderr);
        let said = run.metric_lines().pop().unwrap().value("validation-rmse").to_string();
        let found = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &validation]).ok().stdout;
        assert!(found.contains(&said[..4]), "{found} {said}");
        said.parse::<f64>().unwrap()
    };
    let (whole, half, none) = (error(&["updater=refresh"]), error(&["refit_decay_rate=0.5"]), error(&["refresh_leaf=0"]));
    assert!(whole < half && half < 5.0 && none > 90.0, "{whole} {half} {none}");
    // On the data that it learnt from, the model stays as it is.
    train(&tree, "a.csv", "same", &["num_round=30", "eta=0.3", "process_type=update", "--model-in", &first]).ok();
    assert_eq!(predictions(&tree, "same", "b.csv"), predictions(&tree, "first", "b.csv"));

    let refused = |words: &[&str], message: &str| {
        train(&tree, "b.csv", "m", words).user_error(&[message]);
    };
    refused(&["num_round=3", "process_type=update"], "process_type=update needs a model: give it with --model-in FILE");
    refused(&["num_round=31", "process_type=update", "--model-in", &first], "process_type=update adds none; give num_round=30");
    refused(&[&update[..], &["updater=prune"]].concat(), "cannot be combined with process_type=update; use updater=refresh");
    let run = train(&tree, "b.csv", "m", &["num_round=3", "process_type=update", "--model-in", &first]).ok();
    assert!(run.stderr.contains("keeps the first 3 rounds, as num_round says, of the model's 30"), "{}", run.stderr);
    let run = train(&tree, "b.csv", "m", &["num_round=3", "refit_decay_rate=0.9"]).ok();
    assert!(run.stderr.contains("refit_decay_rate=0.9 has no effect: it needs process_type=update"), "{}", run.stderr);
}
