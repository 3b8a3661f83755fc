//! `preset=best` on the real executable: what it tells, what it leaves alone, and that threads do not matter.

use crate::sagemaker::Job;
use crate::util::{Run, Tree, amount, class_of_three, csv, csv_with_header, sapwood};
use serde_json::{Value, json};

const ADULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/adult/train.csv.gz");
const ADULT_TEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/adult/test.csv.gz");

fn train(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [model, summary] = ["m.sapwood", "summary.json"].map(|name| tree.text(name));
    sapwood(["train", "--train", data, "--model-out", &model, "--summary", &summary].iter().chain(words))
}

fn value(line: &str, name: &str) -> f64 {
    let value = line.split('\t').find_map(|part| part.strip_prefix(&format!("{name}:"))).unwrap_or_else(|| panic!("{line}"));
    value.parse().unwrap()
}

#[test]
fn real_data_without_tuning() {
    let tree = Tree::new();
    let words = ["--label", "income", "objective=binary:logistic", "preset=fast", "eval_metric=auc,logloss", "eta=0.2"];
    let with_test = [&words[..], &["--validation", ADULT_TEST]].concat();
    let run = train(&tree, ADULT, &with_test).ok();
    let last = run.stdout.lines().last().unwrap();
    let summary = tree.json("summary.json");
    // The last line is the model's.
    let evaluated = sapwood([
        "evaluate",
        "--model",
        &tree.text("m.sapwood"),
        "--data",
        ADULT_TEST,
        "--label",
        "income",
        "--metric",
        "auc,logloss",
    ]);
    let evaluated: Value = serde_json::from_str(&evaluated.ok().stdout).unwrap();
    for metric in ["auc", "logloss"] {
        let told = summary["metrics"]["validation"][metric].as_f64().unwrap();
        assert!((told - value(last, &format!("validation-{metric}"))).abs() < 1e-5);
        assert!((told - evaluated[metric].as_f64().unwrap()).abs() < 1e-9, "{told} {evaluated}");
    }
    assert!((value(last, "held-out-logloss") - value(last, "validation-logloss")).abs() < 0.01, "{last}");
    assert!(value(last, "validation-logloss") < 0.287, "{last}");
    // What was given stays, the rest is told with its reason.
    let chosen: Vec<&str> =
        summary["preset"]["choices"].as_array().unwrap().iter().map(|choice| choice["parameter"].as_str().unwrap()).collect();
    assert!(chosen.contains(&"num_round") && !chosen.contains(&"eta") && !chosen.contains(&"eval_metric"), "{chosen:?}");
    assert!(run.stderr.contains("max_leaves=31 because "), "{}", run.stderr);
    assert_eq!(summary["preset"]["members"].as_array().unwrap().len(), 3);
    assert_eq!(summary["best_iteration"], Value::Null);
    // Validation data change what is told, and nothing else; nor do threads.
    let model = std::fs::read(tree.path("m.sapwood")).unwrap();
    for threads in ["1", "3"] {
        train(&tree, ADULT, &[&words[..], &["--threads", threads]].concat()).ok();
        assert!(std::fs::read(tree.path("m.sapwood")).unwrap() == model, "{threads}");
    }
}

#[test]
fn a_job_needs_nothing_but_its_classes() {
    let job = Job::on(csv(300, 3, class_of_three), json!({"objective": "multi:softprob", "num_class": "3", "preset": "best"}));
    let run = job.succeeds();
    let last = run.stdout.lines().last().unwrap();
    assert!(last.contains("validation-mlogloss:"), "{last}");
    assert_eq!(job.summary()["preset"]["choices"][0]["parameter"], "quality");
}

#[test]
fn what_cannot_be_done_is_refused_with_the_reason() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 1, amount));
    let data = tree.text("train.csv");
    let refused = |words: &[&str], cause: &str| {
        train(&tree, &data, words).user_error(&[cause]);
    };
    refused(&["preset=best", "nfold=3"], "nfold cannot be combined with preset=best");
    refused(&["preset=best", "validation_fraction=0.2"], "validation_fraction cannot be combined with preset=best");
    refused(&["preset=best", "split=time", "split_column=x"], "split cannot be combined with preset=best");
    refused(&["num_round=3", "quality=3"], "quality is about preset=best");
    refused(&["preset=best", "quality=6"], "quality=6 is out of range");
    refused(&["preset=better"], "preset=\"better\"");
    let cv = sapwood(["cv", "--train", &data, "preset=best"]);
    cv.user_error(&["a preset cuts folds of its own"]);
    let tune = sapwood(["tune", "--train", &data, "--trials-out", &tree.text("t.jsonl"), "preset=best"]);
    tune.user_error(&["preset cannot be combined with a search"]);
    train(&tree, &data, &["num_round=2"]).ok();
    refused(&["preset=best", "--model-in", &tree.text("m.sapwood")], "a preset trains its models anew");
}

#[test]
fn neither_checkpoints_nor_the_cache_change_the_model() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 1, amount));
    let (data, checkpoints, cache) = (tree.text("train.csv"), tree.text("checkpoints"), tree.text("cache"));
    train(&tree, &data, &["preset=fast"]).ok();
    let model = std::fs::read(tree.path("m.sapwood")).unwrap();
    let words = ["preset=fast", "--checkpoints", &checkpoints, "checkpoint_interval=0", "--cache", &cache];
    for resumes in [false, true] {
        let run = train(&tree, &data, &words).ok();
        assert_eq!(run.stderr.contains("fold-2: resuming after "), resumes, "{}", run.stderr);
        assert!(std::fs::read(tree.path("m.sapwood")).unwrap() == model);
    }
    // Neither kind of job takes up what the other left.
    train(&tree, &data, &["num_round=3", "--checkpoints", &tree.text("plain"), "checkpoint_interval=0"]).ok();
    train(&tree, &data, &["preset=fast", "--checkpoints", &tree.text("plain")]).user_error(&["of a job without a preset"]);
}
