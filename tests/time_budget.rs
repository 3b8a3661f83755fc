//! `time_budget` on the real executable. How long jobs take is nowhere asserted, for nobody knows how busy a machine is: with clocks that tests drive,
//! this is done beside the code.

use crate::sagemaker::Job;
use crate::util::{Run, Tree, amount, class_of_three, csv, csv_with_header, sapwood};
use serde_json::{Value, json};

const ADULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/adult/train.csv.gz");

fn train(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [model, summary] = ["m.sapwood", "summary.json"].map(|name| tree.text(name));
    sapwood(["train", "--train", data, "--model-out", &model, "--summary", &summary].iter().chain(words))
}

/// The plan of a job, as words.
fn plan(summary: &Value) -> Vec<String> {
    let plan = summary["preset"]["plan"].as_object().unwrap();
    plan.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect()
}

#[test]
fn the_plan_of_real_data_makes_the_same_model() {
    let tree = Tree::new();
    let words = ["--label", "income", "objective=binary:logistic", "preset=best", "max_depth=4"];
    let run = train(&tree, ADULT, &[&words[..], &["time_budget=4s"]].concat()).ok();
    let (model, plan) = (std::fs::read(tree.path("m.sapwood")).unwrap(), plan(&tree.json("summary.json")));
    assert!(plan.iter().any(|word| word.starts_with("num_models=")), "{plan:?}");
    // The log has it as well, and so has the model.
    for word in &plan {
        assert!(run.stderr.contains(&format!("{word} because ")), "{word}: {}", run.stderr);
    }
    assert!(run.stderr.contains("in the place of time_budget, these parameters make the same model: "), "{}", run.stderr);
    let inspected = sapwood(["inspect", "--model", &tree.text("m.sapwood"), "--config"]).ok();
    let inspected: Value = serde_json::from_str(&inspected.stdout).unwrap();
    let known = |word: &String| word.split_once('=').is_some_and(|(name, value)| inspected[name] == value);
    assert!(plan.iter().all(known), "{plan:?} {inspected}");
    let plan: Vec<&str> = plan.iter().map(String::as_str).collect();
    for threads in ["1", "2", "3", "7"] {
        train(&tree, ADULT, &[&words[..], &plan, &["--threads", threads]].concat()).ok();
        assert!(std::fs::read(tree.path("m.sapwood")).unwrap() == model, "{threads} threads: {plan:?}");
        assert_eq!(tree.json("summary.json")["preset"]["plan"], Value::Null);
    }
}

#[test]
fn a_job_has_it_as_a_hyperparameter() {
    let hyperparameters =
        json!({"objective": "multi:softprob", "num_class": "3", "preset": "best", "time_budget": "5", "num_round": "9"});
    let job = Job::on(csv(300, 3, class_of_three), hyperparameters);
    job.succeeds();
    let summary = job.summary();
    assert!(plan(&summary).iter().any(|word| word.starts_with("quality=")), "{}", summary["preset"]);
    assert!(!summary["preset"]["members"].as_array().unwrap().is_empty());
}

#[test]
fn a_job_that_has_ended_carries_out_its_plan_again() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 1, amount));
    let (data, checkpoints) = (tree.text("train.csv"), tree.text("checkpoints"));
    let words = ["preset=best", "time_budget=3s", "num_round=20", "--checkpoints", &checkpoints, "checkpoint_interval=0"];
    train(&tree, &data, &words).ok();
    let (model, stored) = (std::fs::read(tree.path("m.sapwood")).unwrap(), tree.json("checkpoints/time-budget.json"));
    assert!(stored["is_complete"] == true && stored["spent_seconds"].as_f64().unwrap() > 0.0, "{stored}");
    let run = train(&tree, &data, &words).ok();
    assert!(run.stderr.contains("its plan is carried out again"), "{}", run.stderr);
    assert!(std::fs::read(tree.path("m.sapwood")).unwrap() == model);
    // One that was interrupted keeps the plan, and what it spent counts: there is no time for more than one member.
    let mut interrupted = stored.clone();
    interrupted["is_complete"] = json!(false);
    interrupted["spent_seconds"] = json!(1000.0);
    interrupted["parameters"].as_object_mut().unwrap().remove("num_models");
    tree.write("checkpoints/time-budget.json", interrupted.to_string());
    let run = train(&tree, &data, &words).ok();
    assert!(run.stderr.contains("because the job chose it before it was interrupted"), "{}", run.stderr);
    assert!(plan(&tree.json("summary.json")).contains(&"num_models=1".to_string()), "{}", run.stderr);
    tree.write("checkpoints/time-budget.json", "{");
    train(&tree, &data, &words).user_error(&["is no plan of a time budget"]);
}

#[test]
fn what_cannot_be_done_is_refused_with_the_reason() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 1, amount));
    let data = tree.text("train.csv");
    let refused = |words: &[&str], cause: &str| {
        train(&tree, &data, words).user_error(&[cause]);
    };
    refused(&["num_round=3", "time_budget=60s"], "time_budget=60s is about preset=best");
    refused(&["preset=fast", "time_budget=60s"], "and preset is fast");
    refused(&["preset=best", "quality=3", "time_budget=1m"], "time_budget and quality both say how much time to spend");
    refused(&["preset=best", "time_budget=0"], "time_budget=\"0\"");
    refused(&["preset=best", "time_budget=5d"], "time such as 90, 90s, 15m or 2h");
    refused(&["preset=best", "time_budget=0.0001"], "time_budget=0.0001s is too short: reading and binning");
    refused(&["num_round=3", "num_models=3"], "num_models is about the models of a preset");
    refused(&["num_round=3", "race_folds=1"], "race_folds is about the models of a preset");
    refused(&["preset=best", "num_models=0"], "num_models=0 is out of range");
}
