//! `sapwood tune`: what it finds is as good as it says, comes again with other threads and after an interruption, and mistakes are told.

use crate::util::{Numbers, Run, Tree, sapwood};
use serde_json::Value;

/// Labels with noise, `y,a,b,c`; good leaves are large ones.
fn noisy(tree: &Tree, name: &str, seed: u64, rows: usize) {
    let mut numbers = Numbers::new(seed);
    let mut row = || {
        let [a, b, c, noise] = [(); 4].map(|()| numbers.next());
        format!("{},{a},{b},{c}\n", 3.0 * a + b * c + 4.0 * noise)
    };
    let text = (0..rows).fold("y,a,b,c\n".to_string(), |text, _| text + &row());
    tree.write(name, text);
}

fn tune(tree: &Tree, words: &[&str]) -> Run {
    let [data, model, summary] = ["train.csv", "m.sapwood", "summary.json"].map(|name| tree.text(name));
    let head = ["tune", "--train", &data, "--label", "y", "--model-out", &model, "--summary", &summary];
    let settings = ["num_round=60", "early_stopping_rounds=5", "nfold=3"];
    sapwood(head.iter().chain(words).chain(&settings))
}

fn trials(tree: &Tree, name: &str) -> Vec<Value> {
    tree.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_model_is_that_of_the_best_trial_whatever_the_threads() {
    let tree = Tree::new();
    noisy(&tree, "train.csv", 1, 900);
    let words = ["--trials", "10", "--search", "min_child_weight=1..200:log, max_leaves=4..64:log"];
    let run = |threads: &str, out: &str| {
        let out = tree.text(out);
        let run = tune(&tree, &[&words[..], &["--threads", threads, "--trials-out", &out]].concat()).ok();
        (run.stdout, std::fs::read(tree.path("m.sapwood")).unwrap())
    };
    let first = run("1", "one.jsonl");
    assert!(first == run("3", "three.jsonl"));
    assert_eq!(tree.read("one.jsonl"), tree.read("three.jsonl"));
    let (summary, lines) = (tree.json("summary.json"), trials(&tree, "one.jsonl"));
    // What is in common, trial 0 by one fold and by three, nine others, and the best three of them.
    assert_eq!(lines.len(), 1 + 2 + 9 + 3);
    let finished: Vec<_> = lines.iter().filter(|line| line["finished"] == true).collect();
    let least = finished.iter().map(|line| line["value"].as_f64().unwrap()).fold(f64::INFINITY, f64::min);
    let best = &summary["best"];
    assert!(best["value"] == least && least < finished[0]["value"].as_f64().unwrap(), "{summary:#}");
    assert_eq!((summary["trials"].as_u64(), summary["complete"].as_bool()), (Some(10), Some(true)));
    let said = format!("[{}]\tvalidation-rmse:{:.5}+{:.5}\n", best["best_round"], least, best["std"].as_f64().unwrap());
    assert!(first.0.ends_with(&said), "{} {said}", first.0);
    // It is the model that training with these parameters makes.
    let [data, other] = ["train.csv", "other.sapwood"].map(|name| tree.text(name));
    let parameters =
        best["parameters"].as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
    let words = parameters.chain([format!("num_round={}", summary["rounds"]), "eta=0.1".to_string()]);
    let head = ["train", "--train", &data, "--label", "y", "--model-out", &other].map(str::to_string);
    sapwood(head.into_iter().chain(words)).ok();
    let inspect = |name: &str| sapwood(["inspect", "--json", "--model", &tree.text(name)]).ok().stdout;
    let trees = |name: &str| serde_json::from_str::<Value>(&inspect(name)).unwrap()["leaves"].clone();
    assert_eq!(trees("m.sapwood"), trees("other.sapwood"));
}

#[test]
fn a_search_goes_on_with_its_file_and_refuses_another_ones() {
    let tree = Tree::new();
    noisy(&tree, "train.csv", 2, 600);
    let out = tree.text("trials.jsonl");
    let words = ["--search", "lambda=0.01..100:log", "--trials-out", &out];
    tune(&tree, &[&words[..], &["--trials", "12"]].concat()).ok();
    let (whole, model) = (tree.read("trials.jsonl"), std::fs::read(tree.path("m.sapwood")).unwrap());
    // As an interrupted search leaves it: without its end, in the middle of a line.
    let cut = whole.len() * 2 / 3;
    tree.write("trials.jsonl", &whole[..cut]);
    let run = tune(&tree, &[&words[..], &["--trials", "12"]].concat()).ok();
    assert!(run.stderr.contains("of an earlier search"), "{run:#?}");
    assert_eq!(tree.read("trials.jsonl"), whole);
    assert!(std::fs::read(tree.path("m.sapwood")).unwrap() == model);
    let refused = [(vec!["max_depth=3"], vec!["another search", "max_depth"]), (vec!["seed=9"], vec!["another search", "seed"])];
    for (more, expected) in refused {
        tune(&tree, &[&words[..], &more].concat()).user_error(&expected);
    }
    noisy(&tree, "train.csv", 3, 600);
    tune(&tree, &words).user_error(&["another search", "data"]);
    tree.write("trials.jsonl", "y,a\n1,2\n");
    tune(&tree, &words).user_error(&["trials.jsonl:1: is no file of trials"]);
    assert_eq!(tree.read("trials.jsonl"), "y,a\n1,2\n");
}

#[test]
fn validation_data_judge_and_time_is_kept() {
    let tree = Tree::new();
    noisy(&tree, "train.csv", 4, 2000);
    noisy(&tree, "valid.csv", 5, 500);
    let [train, valid, model, summary] = ["train.csv", "valid.csv", "m.sapwood", "summary.json"].map(|name| tree.text(name));
    let words = ["tune", "--train", &train, "--validation", &valid, "--label", "y", "--model-out", &model, "--summary", &summary];
    let run = sapwood(words.iter().chain(&["--trials", "10", "num_round=40"])).ok();
    let line = run.stdout.lines().last().unwrap();
    let evaluated = sapwood(["evaluate", "--model", &model, "--data", &valid, "--label", "y", "--metric", "rmse"]).ok();
    let rmse = serde_json::from_str::<Value>(&evaluated.stdout).unwrap()["rmse"].as_f64().unwrap();
    assert!(line.ends_with(&format!("validation-rmse:{rmse:.5}")), "{line} {rmse}");
    sapwood(words.iter().chain(&["nfold=3"])).user_error(&["nfold", "judged by validation data"]);
    sapwood(words.iter().chain(&["--time-budget", "1us"])).user_error(&["90s, 15m, 2h"]);
    sapwood(words.iter().chain(&["--time-budget", "0.000001"])).user_error(&["stopped before", "give more time"]);
    let run = sapwood(words.iter().chain(&["--time-budget", "4", "num_round=40"])).ok();
    assert!(run.stderr.contains("the time was over"), "{run:#?}");
    assert_eq!(tree.json("summary.json")["complete"], false);
}

#[test]
fn mistakes_are_told() {
    let tree = Tree::new();
    noisy(&tree, "train.csv", 6, 100);
    tune(&tree, &["--search", "max_leavs=1..3"]).user_error(&["max_leavs", "max_leaves"]);
    tune(&tree, &["--search", "eta=0.1..0.3", "learning_rate=0.2"]).user_error(&["eta has a value, and is searched"]);
    tune(&tree, &["--search", "num_round=1..9"]).user_error(&["early stopping finds the number of rounds"]);
    tune(&tree, &["--trials", "0"]).user_error(&["--trials"]);
    let missing = tree.text("no/where.jsonl");
    tune(&tree, &["--trials-out", &missing]).user_error(&["where.jsonl"]);
    let data = tree.text("train.csv");
    tune(&tree, &["--trials-out", &data]).user_error(&["train.csv"]);
}
