//! A search in a SageMaker job: what the job leaves, what a tuner reads in its log, how it goes on after an interruption, and what is refused.

use crate::doctor::{Findings, example};
use crate::sagemaker::Job;
use crate::util::{Numbers, Run, sapwood, send};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Labels with noise: good leaves are large ones.
fn noisy(seed: u64, rows: usize) -> String {
    let mut numbers = Numbers::new(seed);
    let mut row = || {
        let [a, b, c, noise] = [(); 4].map(|()| numbers.next());
        format!("{},{a},{b},{c}\n", 3.0 * a + b * c + 4.0 * noise)
    };
    (0..rows).map(|_| row()).collect()
}

fn hyperparameters() -> Value {
    json!({
        "tune": "14", "tune_search": "min_child_weight=1..200:log, max_leaves=4..64:log",
        "num_round": "60", "early_stopping_rounds": "5", "nfold": "3", "eta": "0.1",
    })
}

fn trials(job: &Job, name: &str) -> Vec<Value> {
    job.tree.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn model(job: &Job) -> Vec<u8> {
    std::fs::read(job.tree.path("model/model.sapwood")).unwrap()
}

/// The values of a metric in a log, as the tuner's pattern finds them: standard output and error are one log.
fn values(run: &Run, name: &str) -> Vec<f64> {
    let name = format!("\t{name}:");
    let lines = run.stderr.lines().chain(run.stdout.lines());
    let value = |line: &str| line.split(&name).nth(1).map(|rest| rest.split(['\t', '+']).next().unwrap().parse().unwrap());
    lines.filter_map(value).collect()
}

#[test]
fn the_job_leaves_the_best_model_and_its_trials() {
    let mut given = hyperparameters();
    given["_tuning_objective_metric"] = "validation:rmse".into();
    let job = Job::on(noisy(1, 900), given);
    let run = job.run().ok();
    assert_eq!(job.names("model"), ["model.sapwood"]);
    let names = job.names("output");
    assert!(
        ["report.html", "summary.json", "trials.html", "trials.jsonl"].iter().all(|name| names.iter().any(|known| known == name)),
        "{names:?}"
    );
    assert!(!names.iter().any(|name| name == "failure"));
    let (summary, lines) = (job.summary(), trials(&job, "output/data/trials.jsonl"));
    // Fourteen trials by one fold, trial 0 and the best thirds by three.
    assert_eq!(lines.len(), 1 + 2 + 12 + 4 + 1 + 1);
    let finished = lines.iter().filter(|line| line["finished"] == true).map(|line| line["value"].as_f64().unwrap());
    let least = finished.fold(f64::INFINITY, f64::min);
    assert_eq!((summary["best"]["value"].as_f64(), summary["trials"].as_u64()), (Some(least), Some(14)));
    assert!(summary["trials_per_minute"].as_f64().unwrap() > 0.0);
    // A tuner sees one value, that of the model, and lines of no other model.
    let found = values(&run, "validation-rmse");
    assert!(found.len() == 1 && (found[0] - least).abs() < 1e-5, "{found:?} {least}");
    assert_eq!(
        values(&run, "train-rmse").len() as u64,
        summary["rounds"].as_u64().unwrap() + 1,
        "each round, and the last once more"
    );
    assert!(run.stderr.contains("14 trials judged in ") && run.stderr.contains(" a minute)"), "{}", run.stderr);
    let page = job.tree.read("output/data/trials.html");
    assert!(
        page.matches("<svg").count() == 2
            && page.contains("min_child_weight")
            && !page.contains("http://")
            && !page.contains("<script")
    );
    // The same search at the shell finds the same.
    let [data, out, report] = ["input/data/train/train.csv", "shell.sapwood", "shell.html"].map(|name| job.tree.text(name));
    let mut words: Vec<String> =
        ["tune", "--train", &data, "--model-out", &out, "--report", &report, "--trials", "14"].map(String::from).into();
    words.extend(["--search".to_string(), "min_child_weight=1..200:log, max_leaves=4..64:log".to_string()]);
    words.extend(["num_round=60", "early_stopping_rounds=5", "nfold=3", "eta=0.1", "eval_metric=rmse"].map(String::from));
    sapwood(&words).ok();
    assert!(std::fs::read(job.tree.path("shell.sapwood")).unwrap() == model(&job));
    assert!(job.tree.read("trials.html").contains("<svg") && job.tree.read("shell.html").contains("<svg"));
    // What the report says makes the same model again.
    let given: Value = serde_json::from_str(&job.tree.read("output/data/report.json")).unwrap();
    let text = given["reproduction"]["given"].to_string();
    assert!(text.contains("min_child_weight") && !text.contains("tune_search") && !text.contains("nfold"), "{text}");
}

#[test]
fn validation_data_judge_and_test_data_do_not() {
    let mut given = hyperparameters();
    given.as_object_mut().unwrap().remove("nfold");
    let job = Job::on(noisy(2, 600), given.clone()).file("validation/v.csv", noisy(3, 200)).file("test/t.csv", noisy(4, 200));
    let run = job.run().ok();
    let best = job.summary()["best"]["value"].as_f64().unwrap();
    let last = run.stdout.lines().last().unwrap();
    assert!(last.contains(&format!("\tvalidation-rmse:{best:.5}")) && last.contains("\ttest-rmse:"), "{last}");
    let with_nfold = Job::on(noisy(2, 600), hyperparameters()).file("validation/v.csv", noisy(3, 200));
    with_nfold.fails(&["nfold is given, and trials are judged by validation data"]);
    // A part that is kept back, and other channels than validation, are told apart from those that judge.
    given["validation_fraction"] = "0.3".into();
    let job = Job::on(noisy(2, 600), given).file("test/t.csv", noisy(4, 200));
    let run = job.run().ok();
    let best = job.summary()["best"]["value"].as_f64().unwrap();
    assert!(run.stdout.lines().last().unwrap().contains(&format!("\tvalidation-rmse:{best:.5}")), "{run:#?}");
}

#[test]
fn an_interrupted_job_goes_on_with_its_trials() {
    let whole = Job::on(noisy(5, 700), hyperparameters());
    whole.run().ok();
    let job =
        Job::on(noisy(5, 700), hyperparameters()).config("checkpointconfig.json", json!({"LocalPath": "/opt/ml/checkpoints"}));
    job.run().ok();
    assert!(model(&job) == model(&whole));
    let text = job.tree.read("checkpoints/trials.jsonl");
    assert_eq!(text, whole.tree.read("output/data/trials.jsonl"));
    // As it is left in the middle of a line.
    job.tree.write("checkpoints/trials.jsonl", &text[..text.len() / 2]);
    std::fs::remove_file(job.tree.path("model/model.sapwood")).unwrap();
    let run = job.run().ok();
    assert!(run.stderr.contains("of an earlier search") && run.stderr.contains("resuming after"), "{}", run.stderr);
    assert!(model(&job) == model(&whole) && job.tree.read("checkpoints/trials.jsonl") == text);
    // Trials of another search are not taken up.
    job.tree.write("input/config/hyperparameters.json", json!({"tune": "14", "num_round": "60", "max_depth": "3"}).to_string());
    job.run().user_error(&["trials.jsonl", "another search"]);
}

#[test]
fn a_stopped_job_saves_the_best_model_so_far() {
    let given = json!({"tune": "100000", "tune_search": "lambda=0.01..100:log", "num_round": "20", "nfold": "3"});
    let job = Job::on(noisy(6, 400), given);
    let mut child = job.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("trial 14")));
    send("TERM", child.id());
    let rest: Vec<String> = lines.collect();
    assert!(child.wait_with_output().unwrap().status.success(), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("a signal ended the search")), "{rest:?}");
    let summary = job.summary();
    assert_eq!(summary["complete"], false);
    assert_eq!(summary["trees"], summary["rounds"]);
    assert!(!model(&job).is_empty() && !job.names("output").contains(&"failure".to_string()));
}

#[test]
fn what_cannot_be_searched_is_refused_with_the_reason() {
    let with = |name: &str, value: &str| {
        let mut given = hyperparameters();
        given[name] = value.into();
        Job::on(noisy(7, 100), given)
    };
    with("tune", "1").fails(&["tune=\"1\"", "a number of trials from 2"]);
    with("tune", "random").fails(&["tune=\"random\""]);
    with("tune", "false").fails(&["tune_search is about a search, and tune is false"]);
    with("tune_search", "max_leavs=1..3").fails(&["max_leavs", "max_leaves"]);
    with("tune_search", "eta=0.1..0.3").fails(&["eta has a value, and is searched"]);
    with("tune_time_budget", "soon").fails(&["tune_time_budget=\"soon\"", "90s, 15m or 2h"]);
    with("preset", "best").fails(&["preset cannot be combined with a search"]);
    with("tune_search", "num_round=1..9").fails(&["early stopping finds the number of rounds"]);
    let other = Job::on(noisy(7, 100), json!({"num_round": "3"}));
    other.run().ok();
    let further = Job::on(noisy(7, 100), hyperparameters()).file("model/model.sapwood", model(&other));
    further.fails(&["a search trains models anew"]);
    // At the shell, too.
    let data = other.tree.text("input/data/train/train.csv");
    let out = other.tree.text("m.sapwood");
    sapwood(["cv", "--train", &data, "tune=3"]).user_error(&["tune asks for a search"]);
    sapwood(["tune", "--train", &data, "--model-out", &out, "tune=false", "num_round=3"]).user_error(&["tune=false"]);
    sapwood([
        "train",
        "--train",
        &data,
        "--model-out",
        &out,
        "--checkpoints",
        &other.tree.text("c"),
        "tune=2",
        "tune_search=eta",
        "num_round=9",
    ])
    .ok();
}

#[test]
fn the_doctor_knows_a_search() {
    let text = example("sagemaker/create-training-job.json");
    let with = |more: &str| Findings::in_text("a.json", &text.replacen("\"num_round\"", &format!("{more},\n\"num_round\""), 1));
    with("\"tune\": \"20\",\n\"tune_search\": \"lambda=0.1..10:log\"").has_no("error");
    with("\"tune\": \"20\",\n\"tune_search\": \"lambdaa=0.1..10:log\"").only_error("lambdaa", "\"tune_search\"");
    with("\"tune\": \"20\",\n\"tune_search\": \"eta=0.1..0.3\"").only_error("eta has a value, and is searched", "\"tune_search\"");
    let several = text
        .replacen("\"num_round\"", "\"tune\": \"20\",\n\"num_round\"", 1)
        .replace("\"InstanceCount\": 1", "\"InstanceCount\": 2");
    let found = Findings::in_text("a.json", &several);
    found.only_error("tune runs on one host, and the job has 2", "\"tune\"");
}
