//! Ranking from files to predictions: query groups of every format, wherever their rows stand, and every way they can be lacking.

use crate::sagemaker::Job;
use crate::util::{Numbers, Run, Tree, sapwood};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use serde_json::json;
use std::fs::{self, File};

/// Rows whose order within a group follows from two features: a grade, a group, and three features.
fn rows(count: usize, seed: u64) -> Vec<(u32, u32, [u32; 3])> {
    let mut numbers = Numbers::new(seed);
    let mut below = |n: u32| (numbers.next() * f64::from(n)) as u32;
    (0..count)
        .map(|_| {
            let (group, x) = (below(40), [below(20), below(20), below(5)]);
            ((x[0] + x[1] / 2 + below(6)) / 9, group, x)
        })
        .collect()
}

fn csv(rows: &[(u32, u32, [u32; 3])], group: impl Fn(u32) -> String) -> String {
    let line = |(grade, q, [a, b, c]): &(u32, u32, [u32; 3])| format!("{grade},{},{a},{b},{c}\n", group(*q));
    rows.iter().fold("grade,query,a,b,c\n".to_string(), |text, row| text + &line(row))
}

fn number(group: u32) -> String {
    group.to_string()
}

/// Trains on `data` with a model `m` and a summary beside it; six rounds, and a `min_child_weight` of 0.1, unless the words say others.
fn train(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, model, summary] = [data, "m", "summary.json"].map(|name| tree.text(name));
    let head = ["train", "--train", &data, "--model-out", &model, "--summary", &summary];
    let is_given = |default: &str| words.iter().any(|word| word.split('=').next() == default.split('=').next());
    let defaults = ["num_round=6", "min_child_weight=0.1"].into_iter().filter(|default| !is_given(default));
    sapwood(head.iter().copied().chain(defaults).chain(words.iter().copied()))
}

const BY_QUERY: [&str; 5] = ["--label", "grade", "--group", "query", "objective=rank:ndcg"];

fn predictions(tree: &Tree, data: &str) -> String {
    sapwood(["predict", "--model", &tree.text("m"), "--data", &tree.text(data)]).ok().stdout
}

#[test]
fn a_group_is_one_wherever_its_rows_stand_and_whatever_it_is_called() {
    let tree = Tree::new();
    let rows = rows(1500, 1);
    tree.write("train.csv", csv(&rows, number));
    let first = train(&tree, "train.csv", &BY_QUERY).ok();
    let scores = predictions(&tree, "train.csv");
    assert!(first.metric_lines()[5].value("train-ndcg@32").parse::<f64>().unwrap() > 0.75, "{first:#?}");
    // In parts of files, by texts, sorted by group, as libsvm, as Parquet.
    for (part, rows) in rows.chunks(400).enumerate() {
        tree.write(&format!("parts/{part}.csv"), csv(rows, number));
        tree.write(&format!("texts/{part}.csv"), csv(rows, |group| format!("user {group}")));
        let line = |(grade, q, x): &(u32, u32, [u32; 3])| format!("{grade} qid:{q} 1:{} 2:{} 3:{}\n", x[0], x[1], x[2]);
        tree.write(&format!("libsvm/{part}.libsvm"), rows.iter().map(line).collect::<String>());
    }
    train(&tree, "parts", &BY_QUERY).ok();
    assert_eq!(predictions(&tree, "train.csv"), scores);
    train(&tree, "texts", &BY_QUERY).ok();
    assert_eq!(predictions(&tree, "train.csv"), scores);
    train(&tree, "libsvm", &["objective=rank:ndcg"]).ok();
    assert_eq!(predictions(&tree, "libsvm"), scores);
    let mut sorted = rows.clone();
    sorted.sort_by_key(|(_, group, _)| *group);
    tree.write("sorted.csv", csv(&sorted, number));
    train(&tree, "sorted.csv", &BY_QUERY).ok();
    assert_eq!(predictions(&tree, "train.csv"), scores);
    let column =
        |name: &str, value: fn(&(u32, u32, [u32; 3])) -> f64| Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>());
    let columns = vec![
        column("grade", |row| row.0.into()),
        Column::new("query".into(), rows.iter().map(|row| i64::from(row.1)).collect::<Vec<_>>()),
        column("a", |row| row.2[0].into()),
        column("b", |row| row.2[1].into()),
        column("c", |row| row.2[2].into()),
    ];
    let mut frame = DataFrame::new(rows.len(), columns).unwrap();
    ParquetWriter::new(File::create(tree.path("train.parquet")).unwrap()).finish(&mut frame).unwrap();
    train(&tree, "train.parquet", &BY_QUERY).ok();
    assert_eq!(predictions(&tree, "train.parquet"), scores);
    let line = |(grade, q, [a, b, c]): &(u32, u32, [u32; 3])| {
        json!({"grade": grade, "query": q, "a": a, "b": b, "c": c}).to_string() + "\n"
    };
    tree.write("train.jsonl", rows.iter().map(line).collect::<String>());
    train(&tree, "train.jsonl", &BY_QUERY).ok();
    assert_eq!(predictions(&tree, "train.jsonl"), scores);
}

#[test]
fn threads_the_cache_and_checkpoints_change_nothing() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(1500, 1), number));
    tree.write("valid.csv", csv(&rows(400, 2), number));
    let (valid, cache, checkpoints) = (tree.text("valid.csv"), tree.text("cache"), tree.text("checkpoints"));
    for objective in [
        &["objective=rank:ndcg", "subsample=0.5"][..],
        &["objective=rank:pairwise", "lambdarank_pair_method=mean", "lambdarank_num_pair_per_sample=3"],
        &["objective=rank:ndcg", "lambdarank_unbiased=true", "lambdarank_num_pair_per_sample=6"],
        &["objective=rank_xendcg", "subsample=0.7", "seed=5", "num_parallel_tree=2"],
    ] {
        let model = |more: &[&str]| {
            let common = ["--label", "grade", "--group", "query", "--validation", &valid, "eval_metric=ndcg@5,mrr,ndcg"];
            let run = train(&tree, "train.csv", &[&common, objective, more].concat()).ok();
            (fs::read(tree.path("m")).unwrap(), run.stdout.replace("resuming", ""))
        };
        let first = model(&["nthread=1"]);
        assert_eq!(model(&["nthread=3"]), first);
        for _ in 0..2 {
            assert_eq!(model(&["--cache", &cache]), first);
        }
        // Three rounds, and the others after them.
        let interval = "checkpoint_interval=0";
        model(&["--checkpoints", &checkpoints, interval, "num_round=3"]);
        assert_eq!(model(&["--checkpoints", &checkpoints, interval]).0, first.0, "{objective:?}");
        fs::remove_dir_all(&checkpoints).unwrap();
    }
}

/// A distribution is drawn in every round by the seed; its parameters are those of no pairs.
#[test]
fn cross_entropy_learns_the_order_and_draws_by_the_seed() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(1500, 1), number));
    let run = |more: &[&str]| {
        let by = ["--label", "grade", "--group", "query", "objective=xendcg", "min_child_weight=0.001", "num_round=30"];
        let run = train(&tree, "train.csv", &[&by, more].concat()).ok();
        (run.metric_lines()[29].value("train-ndcg").parse::<f64>().unwrap(), run.stderr, predictions(&tree, "train.csv"))
    };
    let (first, ..) = run(&["seed=1"]);
    assert!(first > 0.9, "{first}");
    assert_eq!(run(&["seed=1"]).2, run(&["seed=1", "nthread=2"]).2);
    assert_ne!(run(&["seed=1"]).2, run(&["seed=2"]).2);
    let (_, log, _) = run(&["ndcg_exp_gain=false"]);
    assert!(log.contains("ndcg_exp_gain=false has no effect"), "{log}");
}

#[test]
fn early_stopping_goes_up() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(800, 1), number));
    tree.write("valid.csv", csv(&rows(300, 2), number));
    let valid = tree.text("valid.csv");
    let words =
        [&BY_QUERY[..], &["--validation", &valid, "early_stopping_rounds=5", "num_round=200", "eval_metric=ndcg@3"]].concat();
    let run = train(&tree, "train.csv", &words).ok();
    let values: Vec<f64> = run.metric_lines().iter().map(|line| line.value("validation-ndcg@3").parse().unwrap()).collect();
    let best = values.iter().copied().fold(0.0, f64::max);
    let kept = tree.json("summary.json")["best_iteration"].as_u64().unwrap() as usize;
    assert!(values.len() < 200 && values[kept] == best && best > values[0], "round {kept} of {values:?}");
}

#[test]
fn validation_rows_are_kept_back_by_whole_groups() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(1500, 1), number));
    let words = [&BY_QUERY[..], &["validation_fraction=0.2", "early_stopping_rounds=3"]].concat();
    let run = train(&tree, "train.csv", &words).ok();
    let said = run.stderr.lines().find(|line| line.contains("rows are kept back")).unwrap();
    assert!(said.contains("(whole query groups, seed 0)"), "{said}");
    let trained = tree.json("summary.json")["rows"].as_u64().unwrap();
    // 8 of 40 groups of about 37 rows.
    assert!((1100..1300).contains(&trained), "{trained}");
}

#[test]
fn evaluation_needs_groups_and_prediction_does_not() {
    let tree = Tree::new();
    let rows = rows(1500, 1);
    tree.write("train.csv", csv(&rows, number));
    tree.write("texts.csv", csv(&rows, |group| format!("user {group}")));
    tree.write("other.csv", csv(&rows, number).replacen("query", "user", 1));
    let without: String = csv(&rows, number)
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            [cells[0], cells[2], cells[3], cells[4]].join(",") + "\n"
        })
        .collect();
    tree.write("none.csv", without);
    let run = train(&tree, "train.csv", &BY_QUERY).ok();
    let last = run.metric_lines()[5].value("train-ndcg@32").to_string();
    let evaluate = |data: &str, words: &[&str]| {
        let [model, data] = ["m", data].map(|name| tree.text(name));
        sapwood(["evaluate", "--model", &model, "--data", &data].iter().chain(words))
    };
    let value = |run: Run| run.ok().stdout;
    let plain = value(evaluate("train.csv", &[]));
    assert!(plain.contains(&last[..6]), "{plain} {last}");
    assert_eq!(value(evaluate("texts.csv", &[])), plain);
    assert_eq!(value(evaluate("other.csv", &["--group", "user"])), plain);
    assert_eq!(value(evaluate("other.csv", &["group_column=user"])), plain);
    let several = value(evaluate("train.csv", &["--metric", "ndcg@5-", "--metric", "map@3", "--metric", "rmse"]));
    assert!(several.contains("ndcg@5-") && several.contains("map@3") && several.contains("rmse"), "{several}");
    evaluate("other.csv", &[]).user_error(&["missing query group column \"query\"", "group_column"]);
    evaluate("none.csv", &[]).user_error(&["missing query group column \"query\"", "group_column"]);
    assert_eq!(predictions(&tree, "none.csv"), predictions(&tree, "train.csv"));
}

#[test]
fn what_lacks_groups_or_has_no_use_for_them_is_an_error() {
    let tree = Tree::new();
    let some = rows(200, 1);
    tree.write("train.csv", csv(&some, number));
    tree.write("a.libsvm", "1 1:1\n0 1:2\n");
    tree.write("q.libsvm", "1 qid:1 1:1\n0 qid:1 1:2\n1 qid:2 1:1\n");
    tree.write("half.csv", csv(&some, |group| if group == 7 { String::new() } else { number(group) }));
    tree.write("negative.csv", csv(&some, |group| (i64::from(group) - 1).to_string()));
    tree.write("fraction.csv", csv(&some, |group| format!("{group}.5")));
    let fails = |data: &str, words: &[&str], parts: &[&str]| train(&tree, data, words).user_error(parts);
    for objective in ["objective=rank:ndcg", "objective=rank:map", "objective=rank:pairwise", "objective=rank_xendcg"] {
        fails("a.libsvm", &[objective], &["no groups", "qid", "group_column"]);
        fails("train.csv", &["--label", "grade", "--ignore", "query", objective], &["no groups", "group_column"]);
    }
    fails("q.libsvm", &["objective=reg:squarederror"], &["query groups", "rank:ndcg"]);
    fails(
        "train.csv",
        &["--label", "grade", "--group", "query"],
        &["group_column=query", "does not use query groups", "rank:ndcg"],
    );
    for metric in ["eval_metric=ndcg", "eval_metric=map@5", "eval_metric=pre@2-", "eval_metric=mrr"] {
        fails("train.csv", &["--label", "grade", metric], &["query groups", "group_column"]);
    }
    fails("half.csv", &BY_QUERY, &["half.csv:", "missing value"]);
    fails("negative.csv", &BY_QUERY, &["bad query group", "integers from 0, or texts"]);
    fails("fraction.csv", &BY_QUERY, &["bad query group", "integers from 0, or texts"]);
    fails("train.csv", &[&BY_QUERY[..], &["--weight", "a"]].concat(), &["different weights", "train.csv:", "same"]);
    fails("train.csv", &["--label", "grade", "--group", "query", "objective=rank:map"], &["0 or 1", "train.csv:", "rank:ndcg"]);
    tree.write("half.libsvm", "1.5 qid:1 1:1\n0 qid:1 1:2\n");
    fails("half.libsvm", &["objective=rank_xendcg"], &["a whole number from 0 to 31", "1.5", "half.libsvm:1", "rank:ndcg"]);
    let valid = tree.text("a.libsvm");
    fails("q.libsvm", &["objective=rank:ndcg", "--validation", &valid], &["no groups"]);
}

#[test]
fn ranking_at_sagemaker() {
    let lines = |count, seed| {
        let line = |(grade, q, x): &(u32, u32, [u32; 3])| format!("{grade} qid:{q} 1:{} 2:{} 3:{}\n", x[0], x[1], x[2]);
        rows(count, seed).iter().map(line).collect::<String>()
    };
    let channel = json!({"ContentType": "libsvm", "TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"});
    let channels = json!({"train": channel, "validation": channel});
    for (objective, metric) in [("rank:ndcg", "ndcg@32"), ("rank:pairwise", "ndcg@32")] {
        let job =
            Job::new(json!({"num_round": "3", "objective": objective, "lambdarank_normalization": "true", "ndcg_exp_gain": "1"}));
        let job =
            job.config("inputdataconfig.json", channels.clone()).file("train/a", lines(600, 1)).file("validation/a", lines(200, 2));
        let run = job.run();
        assert_eq!(run.code, Some(0), "{run:#?}");
        run.metric_lines()[2].value(&format!("validation-{metric}"));
    }
    // By the index of its column in CSV without names.
    let text = |count, seed| csv(&rows(count, seed), number).lines().skip(1).map(|line| format!("{line}\n")).collect::<String>();
    let job = Job::on(
        text(600, 1),
        json!({"num_round": "3", "objective": "rank:ndcg", "group_column": "1", "eval_metric": "map,ndcg@2-"}),
    );
    let run = job.file("validation/v.csv", text(200, 2)).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.metric_lines()[2].value("validation-ndcg@2-");
}
