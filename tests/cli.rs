//! The shell commands: train, predict, evaluate, inspect, params.

use crate::util::{MetricLine, Run, Tree, amount, class_of_three, command, csv, csv_with_header, run, sapwood};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

/// Trains on `train.csv` of the tree, model and summary beside it.
fn train(tree: &Tree, words: &[&str]) -> Run {
    let (data, model, summary) = (tree.text("train.csv"), tree.text("model"), tree.text("summary.json"));
    let flags = ["train", "--train", &data, "--model-out", &model, "--summary", &summary];
    sapwood(flags.iter().chain(words))
}

/// A tree with 600 rows to regress on in `train.csv` and 200 in `valid.csv`, both with a header.
fn regression() -> Tree {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(600, 1, amount));
    tree.write("valid.csv", csv_with_header(200, 2, amount));
    tree
}

/// The lines of a text as numbers.
fn numbers(text: &str) -> Vec<f64> {
    text.lines().map(|line| line.parse().unwrap_or_else(|_| panic!("no number: {line:?}"))).collect()
}

#[test]
fn train_writes_metric_lines_model_and_summary() {
    let tree = regression();
    let valid = tree.text("valid.csv");
    let run =
        train(&tree, &["--validation", &valid, "--validation", &valid, "num_round=7", "eval_metric=mae,rmse", "--threads=2"]).ok();
    let lines = run.metric_lines();
    assert_eq!(lines.iter().map(|line| line.round).collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
    let names = ["train-mae", "train-rmse", "validation-mae", "validation-rmse", "validation-2-mae", "validation-2-rmse"];
    assert!(lines.iter().all(|line| line.values.iter().map(|(name, _)| name.as_str()).eq(names)), "{lines:?}");
    assert!(run.stderr.contains("Train matrix has 600 rows and 4 columns"), "{}", run.stderr);
    assert!(run.stderr.contains("Validation matrix has 200 rows and 4 columns"), "{}", run.stderr);

    let summary = tree.json("summary.json");
    let keys: Vec<_> = summary.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "rows features classes trees best_iteration threads seconds train_phases peak_rss_bytes metrics history io warnings model_sha256";
    assert_eq!(keys.join(" "), expected);
    let seconds: Vec<_> = summary["seconds"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(seconds.join(" "), "load bin train evaluate save total");
    let phases = summary["train_phases"]["seconds"].as_object().unwrap();
    let names: Vec<_> = phases.keys().map(String::as_str).collect();
    assert_eq!(names.join(" "), "gradients histograms scan partition leaves score reorder idle");
    let sum: f64 = phases.values().map(|seconds| seconds.as_f64().unwrap()).sum();
    let whole = summary["seconds"]["train"].as_f64().unwrap();
    assert!((sum / whole - 1.0).abs() < 0.01, "{sum} of {whole}");
    assert!(summary["train_phases"]["rows_visited"].as_u64().unwrap() >= 600 * 7, "{summary}");
    assert_eq!(
        (&summary["rows"], &summary["features"], &summary["trees"], &summary["threads"]),
        (&600.into(), &4.into(), &7.into(), &2.into())
    );
    assert_eq!(summary["best_iteration"], Value::Null);
    let rmse = summary["metrics"]["validation-2"]["rmse"].as_f64().unwrap();
    assert_eq!(format!("{rmse:.5}"), lines[6].value("validation-2-rmse"));
    assert_eq!(summary["model_sha256"], inspect(&tree)["sha256"]);
}

/// The model as JSON.
fn inspect(tree: &Tree) -> Value {
    let run = sapwood(["inspect", "--json", "--model", &tree.text("model")]).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn the_last_line_belongs_to_the_best_round_that_early_stopping_keeps() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 3, |_, noise| format!("{noise}")));
    tree.write("valid.csv", csv_with_header(300, 4, |_, noise| format!("{noise}")));
    let run = train(&tree, &["--validation", &tree.text("valid.csv"), "num_round=200", "eta=0.5", "early_stopping_rounds=4"]).ok();
    let lines = run.metric_lines();
    let rmse = |line: &MetricLine| line.value("validation-rmse").parse::<f64>().unwrap();
    let last = lines.last().unwrap();
    // Nothing can be learned here: training stops long before its last round.
    assert!(lines.len() < 200, "{lines:?}");
    assert!(lines.iter().all(|line| rmse(line) >= rmse(last)));
    assert!(lines[..lines.len() - 1].contains(last), "the best round is printed when it is done, and again at the end");
    let model = inspect(&tree);
    assert_eq!(model["best_iteration"], last.round);
    assert_eq!(model["num_rounds"], last.round + 1);
    assert_eq!(tree.json("summary.json")["best_iteration"], last.round);
    let run = sapwood(["evaluate", "--model", &tree.text("model"), "--data", &tree.text("valid.csv"), "--label", "y"]).ok();
    let metrics: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(format!("{:.5}", metrics["rmse"].as_f64().unwrap()), last.value("validation-rmse"));
}

#[test]
fn early_stopping_without_validation_is_an_error() {
    let tree = regression();
    train(&tree, &["num_round=5", "early_stopping_rounds=2"])
        .user_error(&["early_stopping_rounds needs validation data", "--validation"]);
    assert!(tree.files("").iter().all(|(path, _)| path.extension().is_some_and(|e| e == "csv")));
}

#[test]
fn flags_are_shorthands_of_parameters() {
    let tree = regression();
    let base = ["num_round=2", "--label", "d", "--ignore", "a", "--ignore", "y", "--threads", "1"];
    train(&tree, &base).ok();
    let with_flags = fs::read(tree.path("model")).unwrap();
    let names: Vec<_> = inspect(&tree)["schema"]["features"].as_array().unwrap().iter().map(|f| f["name"].clone()).collect();
    assert_eq!(names, ["b", "c"]);
    train(&tree, &["num_round=2", "label_column=d", "ignore_columns=a,y", "nthread=3"]).ok();
    assert_eq!(fs::read(tree.path("model")).unwrap(), with_flags, "the same model, by any number of threads");
    let agreeing: Vec<_> = base.into_iter().chain(["label=d"]).collect();
    train(&tree, &agreeing).ok();
    let fighting: Vec<_> = base.into_iter().chain(["label=c"]).collect();
    train(&tree, &fighting).user_error(&["label_column is given twice", "\"c\"", "\"d\""]);
}

#[test]
fn several_training_paths_form_one_set() {
    let tree = Tree::new();
    tree.write("deep/er/one.csv", csv(100, 1, amount));
    tree.write("deep/two.csv", csv(50, 2, amount));
    tree.write("three.csv", csv(25, 3, amount));
    let model = tree.text("model");
    let run =
        sapwood(["train", "--train", &tree.text("deep"), "--train", &tree.text("three.csv"), "--model-out", &model, "num_round=1"]);
    assert!(run.ok().stderr.contains("Train matrix has 175 rows and 4 columns"));
}

#[test]
fn validating_on_training_data_is_loud_or_refused() {
    let tree = regression();
    let data = tree.text("train.csv");
    fs::create_dir(tree.path("both")).unwrap();
    std::os::unix::fs::symlink(tree.path("train.csv"), tree.path("both/link.csv")).unwrap();
    fs::copy(tree.path("valid.csv"), tree.path("both/valid.csv")).unwrap();
    let run = train(&tree, &["--validation", &data, "num_round=1"]).ok();
    let warning = run.stderr.lines().find(|line| line.contains("are the same data")).unwrap();
    assert!(warning.starts_with("warning: "), "{warning}");
    let warnings = tree.json("summary.json")["warnings"].to_string();
    assert!(warnings.contains("are the same data"), "{warnings}");
    let run = train(&tree, &["--validation", &tree.text("both"), "num_round=1"]).ok();
    assert!(run.stderr.contains("share 1 of 2 files"), "{}", run.stderr);
    let run = train(&tree, &["--validation", &data, "num_round=1", "same_data=error"]);
    run.user_error(&["are the same data", "train.csv", "same_data=error"]);
    let run = train(&tree, &["--validation", &tree.text("valid.csv"), "num_round=1", "same_data=error", "--label", "y"]).ok();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn predictions_are_one_line_a_row_and_agree_with_the_metrics() {
    let tree = regression();
    let last = train(&tree, &["num_round=20"]).ok().metric_lines().pop().unwrap();
    let (model, data) = (tree.text("model"), tree.text("train.csv"));
    let run = sapwood(["predict", "--model", &model, "--data", &data, "--threads", "2"]).ok();
    let predictions = numbers(&run.stdout);
    let labels: Vec<f64> = tree.read("train.csv").lines().skip(1).map(|l| l.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(predictions.len(), labels.len());
    let squares: f64 = predictions.iter().zip(&labels).map(|(p, y)| (p - y).powi(2)).sum();
    assert_eq!(format!("{:.5}", (squares / labels.len() as f64).sqrt()), last.value("train-rmse"));

    let out = tree.text("out.csv");
    let silent = sapwood(["predict", "--model", &model, "--data", &data, "--out", &out]).ok();
    assert_eq!((silent.stdout.as_str(), tree.read("out.csv")), ("", run.stdout));
}

#[test]
fn predictions_match_columns_by_name() {
    let tree = regression();
    train(&tree, &["num_round=5"]).ok();
    let mut shuffled = String::from("d,extra,b,y,a,c\n");
    for line in tree.read("valid.csv").lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        shuffled += &format!("{},oops,{},{},{},{}\n", cells[4], cells[2], cells[0], cells[1], cells[3]);
    }
    tree.write("shuffled.csv", shuffled);
    tree.write("lacking.csv", "a,b,d\n1,2,3\n4,5,6\n");
    let predict = |name: &str| sapwood(["predict", "--model", &tree.text("model"), "--data", &tree.text(name)]);
    let run = predict("shuffled.csv").ok();
    assert!(run.stderr.contains("note: ") && run.stderr.contains("extra"), "{}", run.stderr);
    assert_eq!(run.stdout, predict("valid.csv").ok().stdout);
    predict("lacking.csv").user_error(&["lacking.csv", "c"]);
}

#[test]
fn headerless_input_has_exactly_the_model_s_columns_or_a_label_too() {
    let tree = Tree::new();
    tree.write("train.csv", csv(300, 1, amount));
    train(&tree, &["num_round=3"]).ok();
    let cells = |columns: std::ops::Range<usize>| {
        let row = |line: &str| line.split(',').collect::<Vec<_>>()[columns.clone()].join(",") + "\n";
        tree.read("train.csv").lines().map(row).collect::<String>()
    };
    tree.write("features.csv", cells(1..5));
    tree.write("short.csv", cells(1..4));
    let predict = |name: &str, more: &[&str]| {
        let (model, data) = (tree.text("model"), tree.text(name));
        sapwood(["predict", "--model", &model, "--data", &data].iter().chain(more))
    };
    let expected = predict("features.csv", &[]).ok().stdout;
    assert_eq!(expected.lines().count(), 300);
    assert_eq!(predict("train.csv", &["--label", "0"]).ok().stdout, expected);
    predict("train.csv", &[]).user_error(&["5", "4"]);
    let out = tree.text("out.csv");
    predict("short.csv", &["--out", &out]).user_error(&["short.csv", "3", "4"]);
    predict("short.csv", &["--label", "0"]).user_error(&["3", "4"]);
    assert!(!tree.path("out.csv").exists());
}

#[test]
fn outputs_of_a_classifier_with_text_labels() {
    let tree = Tree::new();
    let animal = |x, noise| ["cat", "dog, big", "eel"][class_of_three(x, noise).parse::<usize>().unwrap()].to_string();
    let quoted = |x, noise| format!("\"{}\"", animal(x, noise));
    tree.write("train.csv", csv_with_header(500, 5, quoted));
    let last = train(&tree, &["num_round=10", "objective=multi:softprob", "eval_metric=mlogloss,merror"])
        .ok()
        .metric_lines()
        .pop()
        .unwrap();
    let predict = |output: &str| {
        let (model, data) = (tree.text("model"), tree.text("train.csv"));
        sapwood(["predict", "--model", &model, "--data", &data, "--output", output]).ok().stdout
    };
    let classes = predict("class");
    assert!(classes.lines().all(|line| ["cat", "\"dog, big\"", "eel"].contains(&line)), "{classes}");
    let actual = tree.read("train.csv");
    let wrong = actual
        .lines()
        .skip(1)
        .zip(classes.lines())
        .filter(|(row, class)| !row.replace('"', "").starts_with(&class.replace('"', "")));
    assert_eq!(format!("{:.5}", wrong.count() as f64 / 500.0), last.value("train-merror"));

    let rows =
        |text: String| text.lines().map(|line| line.split(',').map(|x| x.parse().unwrap()).collect()).collect::<Vec<Vec<f64>>>();
    let probabilities = rows(predict("probability"));
    assert_eq!(probabilities, rows(predict("value")));
    assert!(probabilities.iter().all(|p| p.len() == 3 && (p.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    assert!(rows(predict("margin")).iter().all(|m| m.len() == 3));
    assert!(rows(predict("leaf")).iter().all(|l| l.len() == 30 && l.iter().all(|x| x.fract() == 0.0)));

    let run = sapwood(["evaluate", "--model", &tree.text("model"), "--data", &tree.text("train.csv")]).ok();
    let metrics: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(metrics.as_object().unwrap().keys().collect::<Vec<_>>(), ["mlogloss", "merror"]);
    for name in ["mlogloss", "merror"] {
        assert_eq!(format!("{:.5}", metrics[name].as_f64().unwrap()), last.value(&format!("train-{name}")));
    }
}

#[test]
fn outputs_that_a_regression_does_not_have_are_refused() {
    let tree = regression();
    train(&tree, &["num_round=1"]).ok();
    let (model, data) = (tree.text("model"), tree.text("train.csv"));
    sapwood(["predict", "--model", &model, "--data", &data, "--output", "class"]).user_error(&["reg:squarederror", "class"]);
    sapwood(["predict", "--model", &model, "--data", &data, "--output", "guess"]).user_error(&["guess", "probability"]);
}

#[test]
fn evaluate_takes_metrics_by_name() {
    let tree = regression();
    train(&tree, &["num_round=3"]).ok();
    let (model, data) = (tree.text("model"), tree.text("valid.csv"));
    let evaluate = |words: &[&str]| sapwood(["evaluate", "--model", &model, "--data", &data, "--label", "y"].iter().chain(words));
    let metrics: Value = serde_json::from_str(&evaluate(&["--metric", "mae,r2"]).ok().stdout).unwrap();
    assert_eq!(metrics.as_object().unwrap().keys().collect::<Vec<_>>(), ["mae", "r2"]);
    let default: Value = serde_json::from_str(&evaluate(&[]).ok().stdout).unwrap();
    assert_eq!(default.as_object().unwrap().keys().collect::<Vec<_>>(), ["rmse"]);
    evaluate(&["--metric", "rmsse"]).user_error(&["rmsse"]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let tree = Tree::new();
    tree.write("train.csv", csv(200, 1, amount));
    train(&tree, &["num_round=2"]).ok();
    tree.write("many.csv", csv(30_000, 2, amount));
    let mut predict = command(["predict", "--model", &tree.text("model"), "--data", &tree.text("many.csv"), "--label", "0"]);
    let mut child = predict.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.contains("Error")), (Some(0), false), "{stderr}");
    assert!(first.trim().parse::<f64>().is_ok());
}

#[test]
fn places_that_cannot_be_written_are_found_before_training() {
    let tree = regression();
    let data = tree.text("train.csv");
    let train = |model: &str| sapwood(["train", "--train", &data, "--model-out", &tree.text(model), "num_round=3"]);
    let run = train("no/such/model");
    run.user_error(&["no/such/model", "No such file or directory", "create the directory"]);
    assert_eq!(run.stdout, "");
    assert!(!run.stderr.contains(".sapwood-"), "the temporary file is nobody's business: {}", run.stderr);
    tree.mkdir("taken");
    train("taken").user_error(&["taken", "is a directory"]);
    assert!(tree.files("taken").is_empty());
}

#[test]
fn data_files_are_never_overwritten() {
    let tree = regression();
    let (data, before) = (tree.text("train.csv"), tree.read("train.csv"));
    std::os::unix::fs::symlink(&data, tree.path("link")).unwrap();
    sapwood(["train", "--train", &data, "--model-out", &tree.text("link"), "num_round=1"])
        .user_error(&["is an input of this command and would be overwritten"]);
    train(&tree, &["num_round=1"]).ok();
    let model = tree.text("model");
    sapwood(["predict", "--model", &model, "--data", &data, "--out", &data])
        .user_error(&["is an input of this command and would be overwritten"]);
    assert_eq!(tree.read("train.csv"), before);
}

#[test]
fn models_are_not_overwritten_by_what_is_made_of_them() {
    let tree = regression();
    train(&tree, &["num_round=1"]).ok();
    let (data, model, before) = (tree.text("train.csv"), tree.text("model"), fs::read(tree.path("model")).unwrap());
    sapwood(["predict", "--model", &model, "--data", &data, "--out", &model]).user_error(&["would be overwritten"]);
    sapwood(["train", "--train", &data, "--model-out", &model, "--summary", &model, "num_round=1"])
        .user_error(&["the model, the summary and the history cannot be the same file"]);
    assert!(fs::read(tree.path("model")).unwrap() == before);
}

#[test]
fn evaluate_knows_the_label_of_training() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{i},{},{}\n", i % 7, i % 2)).collect();
    tree.write("train.csv", format!("id,x,y\n{rows}"));
    train(&tree, &["--label", "y", "--ignore", "id", "num_round=2"]).ok();
    let (model, data) = (tree.text("model"), tree.text("train.csv"));
    let evaluate = |words: &[&str]| sapwood(["evaluate", "--model", &model, "--data", &data].iter().chain(words)).ok().stdout;
    assert_eq!(evaluate(&[]), evaluate(&["--label", "y"]));
    assert_ne!(evaluate(&[]), evaluate(&["--label", "id"]));
}

#[test]
fn categories_that_training_did_not_see_are_told() {
    let tree = Tree::new();
    tree.write("train.csv", "y,x,c\n1,2,a\n0,3,b\n1,5,a\n");
    tree.write("new.csv", "x,c\n1,z\n2,a\n3,y\n");
    train(&tree, &["num_round=1", "--validation", &tree.text("train.csv")]).ok();
    let told = sapwood(["predict", "--model", &tree.text("model"), "--data", &tree.text("new.csv")]).ok().stderr;
    assert!(told.contains("warning: column c has values not seen in training, treated as missing: y, z"), "{told}");
    let told = sapwood(["evaluate", "--model", &tree.text("model"), "--data", &tree.text("train.csv")]).ok().stderr;
    assert!(!told.contains("not seen in training"), "{told}");
}

#[test]
fn a_label_that_never_changes_is_worth_a_warning() {
    let tree = Tree::new();
    tree.write("train.csv", "y,x\n1,2\n1,3\n1,5\n");
    assert!(train(&tree, &["num_round=1"]).ok().stderr.contains("all labels are 1: there is nothing to learn"));
}

#[test]
fn mistakes_on_the_command_line_say_what_to_do() {
    let tree = regression();
    let (data, model) = (tree.text("train.csv"), tree.text("model"));
    sapwood(["train", "--train", &data, "num_round=1"]).user_error(&["--model-out"]);
    sapwood(["train", "--model-out", &model, "num_round=1"]).user_error(&["--train"]);
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round"]).user_error(&["\"num_round\"", "key=value"]);
    sapwood(["train", "--train", &tree.text("none.csv"), "--model-out", &model, "num_round=1"]).user_error(&["none.csv"]);
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=1", "--format", "recordio"])
        .user_error(&["this is not a recordio file", "train.csv"]);
    sapwood(["train", "--train", &data, "--opt-ml", "/opt/ml"]).user_error(&["--opt-ml"]);
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=1", "max_deph=3"])
        .user_error(&["max_deph", "did you mean max_depth?"]);
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=1", "eval_metric=rmsle2"]).user_error(&["rmsle2"]);
    sapwood(["trian"]).user_error(&["trian"]);
    sapwood(["predict", "--model", &data, "--data", &data]).user_error(&["train.csv", "not a Sapwood model"]);
    sapwood(["predict", "--model", &model, "--data", &data]).user_error(&["No such file or directory"]);
    assert!(!tree.path("model").exists());
    assert_eq!(sapwood(["--help"]).ok().stderr, "");
    assert!(sapwood(["--version"]).ok().stdout.starts_with("sapwood "));
}

#[test]
fn scoring_commands_take_parameters_about_reading_only() {
    let tree = Tree::new();
    tree.write("train.csv", csv(200, 1, amount));
    train(&tree, &["num_round=2"]).ok();
    let (model, tabs) = (tree.text("model"), tree.text("tabs.csv"));
    tree.write("tabs.csv", tree.read("train.csv").replace(',', "\t"));
    let predict = |words: &[&str]| sapwood(["predict", "--model", &model, "--data", &tabs, "--label", "0"].iter().chain(words));
    assert_eq!(predict(&["delimiter=tab", "header=false"]).ok().stdout.lines().count(), 200);
    predict(&["eta=0.1"]).user_error(&["eta is a training parameter"]);
    predict(&["delimitr=tab"]).user_error(&["did you mean delimiter?"]);
}

#[test]
fn inspect_describes_the_model() {
    let tree = regression();
    train(&tree, &["num_round=6", "max_depth=3"]).ok();
    let bytes = fs::metadata(tree.path("model")).unwrap().len();
    let text = sapwood(["inspect", "--model", &tree.text("model")]).ok().stdout;
    for part in ["reg:squarederror", "6", "total gain", "cover", "max_depth=3", &format!("{bytes} bytes")] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let model = inspect(&tree);
    assert!(text.contains(model["sha256"].as_str().unwrap()));
    assert_eq!(model["size_bytes"], bytes);
    let features: Vec<_> = model["importance"].as_array().unwrap().iter().map(|f| f["feature"].as_str().unwrap()).collect();
    assert_eq!(features, ["a", "b", "c", "d"]);
    // The label is made of the first three features, most of all of the first.
    let gain = |feature: usize| model["importance"][feature]["total_gain"].as_f64().unwrap();
    assert!(gain(0) > gain(1) && gain(1) > gain(3), "{model}");
}

#[test]
fn generated_pages_are_what_the_tables_say() {
    for (command, page) in [("params", "PARAMETERS"), ("metrics", "METRICS"), ("objectives", "OBJECTIVES")] {
        let committed = fs::read_to_string(format!("{}/../docs/{page}.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let generated = sapwood([command, "--markdown"]).ok().stdout;
        assert!(committed == generated, "docs/{page}.md has drifted: run `sapwood {command} --markdown > docs/{page}.md`");
    }
}

#[test]
fn metrics_and_objectives_are_listed_and_explained() {
    for (command, others, ours, parts) in [
        (
            "metrics",
            "binary_logloss",
            "logloss",
            ["better: lower", "range: [0, ∞)", "binary:logistic", "as in: XGBoost", "Logloss"],
        ),
        (
            "objectives",
            "regression_l1",
            "reg:absoluteerror",
            ["labels: any number", "predicts: the median", "mae", "XGBoost", "l1"],
        ),
    ] {
        let rows: Value = serde_json::from_str(&sapwood([command, "--json"]).ok().stdout).unwrap();
        let plain = sapwood([command]).ok().stdout;
        for row in rows.as_array().unwrap() {
            let name = row["name"].as_str().unwrap();
            assert!(plain.lines().any(|line| line.split_whitespace().next() == Some(name)), "no {name} in {plain}");
        }
        let text = sapwood([command, others]).ok().stdout;
        assert_eq!(text, sapwood([command, ours]).ok().stdout);
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    assert!(sapwood(["metrics", "error@0.7"]).ok().stdout.starts_with("error\n"));
    sapwood(["metrics", "rmsee"]).user_error(&["did you mean rmse?", "`sapwood metrics` lists all"]);
    sapwood(["metrics", "average_precision"]).user_error(&["aucpr is the interpolated area"]);
    sapwood(["objectives", "binary:logistics"]).user_error(&["did you mean binary:logistic?", "`sapwood objectives` lists all"]);
    sapwood(["objectives", "YetiRank"]).user_error(&["for the order within query groups use rank:ndcg"]);
}

#[test]
fn params_lists_every_parameter() {
    let rows: Value = serde_json::from_str(&sapwood(["params", "--json"]).ok().stdout).unwrap();
    let rows = rows.as_array().unwrap();
    let eta = rows.iter().find(|row| row["name"] == "eta").unwrap();
    assert_eq!((&eta["default"], &eta["range"]["max"]), (&"0.3".into(), &1.0.into()));
    let plain = sapwood(["params"]).ok().stdout;
    for row in rows {
        let name = row["name"].as_str().unwrap();
        assert!(plain.split_whitespace().any(|word| word == name), "no {name} in {plain}");
    }
}

#[test]
fn without_a_command_there_is_a_hint() {
    let tree = Tree::new();
    let mut bare = command(Vec::<String>::new());
    bare.env("SAGEMAKER_BASE_DIR", tree.path(""));
    run(bare).user_error(&["--help"]);
}

#[test]
fn thousands_of_small_files_are_read_like_one_large_one() {
    let tree = Tree::new();
    let rows = csv(12_000, 3, amount);
    let lines: Vec<_> = rows.lines().collect();
    for (index, lines) in lines.chunks(3).enumerate() {
        tree.write(&format!("parts/{index:05}.csv"), lines.join("\n"));
    }
    tree.write("whole.csv", &rows);
    let model = |data: &str| {
        let (data, model) = (tree.text(data), tree.text("model"));
        sapwood(["train", "--train", &data, "--model-out", &model, "num_round=2", "nthread=2", "header=false"]).ok();
        fs::read(model).unwrap()
    };
    assert!(model("parts") == model("whole.csv"));
}
