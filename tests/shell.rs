//! What training says at the shell, and what says how the shell is used.

use crate::util::{MetricLine, Run, Tree, amount, csv_with_header, sapwood};

/// Training and validation data, and the job's flags.
fn regression(words: &[&str]) -> (Tree, Run) {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(200, 1, amount));
    tree.write("validation.csv", csv_with_header(80, 2, amount));
    let [train, validation, model, summary, history] =
        ["train.csv", "validation.csv", "m.sapwood", "summary.json", "history.csv"].map(|name| tree.text(name));
    let flags = [
        "train",
        "--train",
        &train,
        "--validation",
        &validation,
        "--model-out",
        &model,
        "--summary",
        &summary,
        "--history",
        &history,
    ];
    let run = sapwood(flags.iter().chain(words));
    (tree, run)
}

fn rounds(run: &Run) -> Vec<usize> {
    run.metric_lines().iter().map(|line| line.round).collect()
}

#[test]
fn verbose_eval_prints_some_rounds_and_always_the_last() {
    for (value, expected) in
        [("1", vec![0, 1, 2, 3, 4, 5]), ("2", vec![0, 2, 4, 5]), ("5", vec![0, 5]), ("false", vec![5]), ("0", vec![5])]
    {
        assert_eq!(rounds(&regression(&["num_round=6", &format!("verbose_eval={value}")]).1.ok()), expected, "{value}");
    }
    assert_eq!(rounds(&regression(&["num_round=6", "metric_freq=100"]).1.ok()), [0, 5]);
    regression(&["num_round=6", "verbose_eval=-1"]).1.user_error(&["verbose_eval=\"-1\""]);
}

#[test]
fn quiet_keeps_warnings_and_the_last_line() {
    let words = ["num_round=4", "silent=1", "num_class=3", "--label", "y"];
    let (tree, quiet) = regression(&[&words[..], &["-q"]].concat());
    let (_, loud) = regression(&words);
    let (quiet, loud) = (quiet.ok(), loud.ok());
    assert_eq!(rounds(&quiet), [3]);
    assert_eq!(quiet.stderr, "warning: num_class=3 has no effect: it needs objective=multi:softprob or multi:softmax\n");
    assert!(loud.stderr.contains("note: silent=1 has no effect") && loud.stderr.contains("Train matrix has 200 rows"));
    // What is not said is kept all the same.
    assert!(tree.json("summary.json")["warnings"].to_string().contains("silent=1"));
    let (_, verbose) = regression(&["num_round=2", "-v"]);
    assert!(verbose.ok().stderr.contains("debug: round 1: "));
    regression(&["num_round=2", "-v", "-q"]).1.user_error(&["cannot be used with"]);
}

#[test]
fn the_place_of_the_model_is_said() {
    let (tree, run) = regression(&["num_round=3"]);
    let bytes = std::fs::read(tree.path("m.sapwood")).unwrap().len();
    assert!(run.ok().stderr.ends_with(&format!("model written to {}: 3 trees, {bytes} bytes\n", tree.text("m.sapwood"))));
}

#[test]
fn the_history_has_every_round() {
    let (tree, run) = regression(&["num_round=3", "eval_metric=mae,rmse"]);
    let lines: Vec<MetricLine> = run.ok().metric_lines();
    let text = tree.read("history.csv");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["round", "train-mae", "train-rmse", "validation-mae", "validation-rmse"]);
    let summary = &tree.json("summary.json")["history"];
    for (line, row) in lines.iter().zip(&rows[1..]) {
        assert_eq!(row[0], line.round.to_string());
        for (name, value) in rows[0].iter().zip(row).skip(1) {
            let (set, metric) = name.split_once('-').unwrap();
            let value: f64 = value.parse().unwrap();
            assert_eq!(
                (format!("{value:.5}").as_str(), summary[set][metric][line.round].as_f64()),
                (line.value(name), Some(value))
            );
        }
    }
    assert_eq!(rows.len(), 4);
    let (tree, run) = regression(&["num_round=3", "--history", "/nowhere/history.csv"]);
    run.user_error(&["the argument '--history <FILE>' cannot be used multiple times"]);
    let [data, model] = ["train.csv", "m"].map(|name| tree.text(name));
    sapwood(["train", "--train", &data, "--model-out", &model, "--history", &model, "num_round=1"])
        .user_error(&["cannot be the same file"]);
    sapwood(["train", "--train", &data, "--model-out", &model, "--history", &data, "num_round=1"])
        .user_error(&["would be overwritten"]);
}

#[test]
fn early_stopping_says_which_round_it_kept_and_why() {
    let (tree, run) = regression(&["num_round=500", "eta=0.9", "early_stopping_rounds=4"]);
    let run = run.ok();
    let (kept, done) =
        (tree.json("summary.json")["best_iteration"].as_u64().unwrap(), tree.read("history.csv").lines().count() - 1);
    let said = format!("early stopping: validation-rmse was best in round [{kept}] (");
    assert!(run.stderr.contains(&said), "{}", run.stderr);
    assert!(
        run.stderr.contains(&format!("training ended after {done} rounds, because none of the next 4 was better")),
        "{}",
        run.stderr
    );
    let (_, run) = regression(&["num_round=2", "eta=0.05", "early_stopping_rounds=4"]);
    assert!(run.ok().stderr.contains("it was still improving"));
    assert!(!regression(&["num_round=2"]).1.ok().stderr.contains("early stopping"));
}

#[test]
fn one_parameter_is_explained_by_any_of_its_names() {
    let explained = |name| sapwood(["params", name]).ok().stdout;
    assert_eq!(explained("eta"), explained("learning_rate"));
    let text = explained("eta");
    for fragment in ["Shrinkage", "learning_rate", "[0, 1]", "default: 0.3", "0.01 to 0.5"] {
        assert!(text.contains(fragment), "{text}");
    }
    sapwood(["params", "learning_ratte"]).user_error(&["did you mean learning_rate?"]);
}

#[test]
fn shells_and_manuals_know_every_command() {
    let commands =
        ["train", "cv", "predict", "serve", "evaluate", "inspect", "params", "metrics", "objectives", "builtin", "doctor"];
    for shell in ["bash", "zsh", "fish"] {
        let text = sapwood(["completions", shell]).ok().stdout;
        assert!(commands.iter().all(|command| text.contains(command)) && text.contains("model-out"), "{shell}");
    }
    let page = sapwood(["man"]).ok().stdout;
    assert!(commands.iter().all(|command| page.contains(&format!("sapwood\\-{command}(1)"))), "{page}");
    for command in commands {
        assert!(sapwood(["man", command]).ok().stdout.contains(&format!(".TH sapwood-{command} 1")), "{command}");
    }
    sapwood(["man", "trian"]).user_error(&["there is no command trian", "train, cv, tune, predict"]);
    sapwood(["completions", "tcsh"]).user_error(&["bash"]);
}

#[test]
fn classes_are_weighed_by_their_names() {
    let tree = Tree::new();
    let rows: String =
        (0..300).map(|row| format!("{},{},{}\n", if row % 10 == 0 { "rare" } else { "usual" }, row % 7, row % 13)).collect();
    tree.write("train.csv", format!("y,a,b\n{rows}"));
    let (train, model) = (tree.text("train.csv"), tree.text("m.sapwood"));
    let run = |words: &[&str]| {
        let flags = ["train", "--train", &train, "--label", "y", "--model-out", &model, "num_round=3", "objective=binary"];
        sapwood(flags.iter().chain(words))
    };
    // Nine times as many rows of one class: each balances them, in its own units.
    let loss = |words: &[&str]| run(words).ok().metric_lines()[0].value("train-logloss").parse::<f64>().unwrap();
    let [balanced, unbalanced, given] =
        [loss(&["class_weight=balanced"]), loss(&["is_unbalance=true"]), loss(&["class_weight={'rare': 9, 'usual': 1}"])];
    assert!((unbalanced - given).abs() < 1e-9 && (balanced - given).abs() < 0.05, "{balanced} {unbalanced} {given}");
    assert!(given > 1.5 * loss(&[]), "{given}");
    run(&["class_weight={'raar': 9}"]).user_error(&["a class \"raar\", which the labels do not have", "did you mean \"rare\"?"]);
    run(&["class_weight={0: 9}"]).user_error(&["the classes are"]);
    run(&["class_weight=balanced", "scale_pos_weight=9"]).user_error(&["all weigh classes", "give one of them"]);
}
