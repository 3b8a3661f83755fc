//! `sapwood cv` and jobs with folds: what is learnt from is never what judges, and what is written is what the folds' models predict.

use crate::sagemaker::Job;
use crate::serve::client::Server;
use crate::util::{Numbers, Run, Tree, amount, class_of_three, csv, sapwood};
use serde_json::{Value, json};

const ADULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/adult/train.csv.gz");

/// A table with columns `y`, `person`, `day`, `x`: 600 rows, 40 persons, 60 days. Labels follow from the person alone.
fn people(tree: &Tree) {
    let mut numbers = Numbers::new(5);
    let mut below = |n: u32| (numbers.next() * f64::from(n)) as u32;
    let rows = (0..600).map(|row| {
        let (person, x) = (below(40), below(1000));
        format!("{},p{person},{},{x},{}\n", (person * 7919) % 100, row / 10, person * 10 + below(10))
    });
    tree.write("people.csv", rows.fold("y,person,day,x,like_person\n".to_string(), |text, row| text + &row));
}

fn cv(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, out, summary] = [data, "out.csv", "summary.json"].map(|name| tree.text(name));
    let head = ["cv", "--train", &data, "--out", &out, "--summary", &summary, "verbose_eval=0"];
    sapwood(head.iter().chain(words))
}

/// The values of a column of predictions.
fn column(text: &str, at: usize) -> Vec<f64> {
    text.lines().map(|line| line.split(',').nth(at).unwrap().parse().unwrap_or(f64::NAN)).collect()
}

fn last(run: &Run, name: &str) -> f64 {
    let line = run.stdout.lines().last().unwrap();
    let value = line.split('\t').find_map(|part| part.strip_prefix(&format!("{name}:"))).unwrap_or_else(|| panic!("{line}"));
    value.split('+').next().unwrap().parse().unwrap()
}

#[test]
fn real_data_in_any_number_of_threads() {
    let tree = Tree::new();
    let [out, model] = ["oof.csv", "m.sapwood"].map(|name| tree.text(name));
    let run = |threads: &str| {
        let words =
            "objective=binary:logistic nfold=3 num_round=30 eta=0.3 early_stopping_rounds=3 eval_metric=auc,logloss max_depth=4";
        let head =
            ["cv", "--train", ADULT, "--label", "income", "--threads", threads, "--out", &out, "--model-out", &model, "--header"];
        let run = sapwood(head.iter().copied().chain(["--keep", "income"]).chain(words.split(' '))).ok();
        (run.stdout, tree.read("oof.csv"), std::fs::read(tree.path("m.sapwood")).unwrap())
    };
    let first = run("1");
    assert!(first == run("2") && first == run("3"));
    let (stdout, predictions, _) = first;
    // One line a row in row order; what is said of the folds is what their predictions give.
    let rows: Vec<(&str, f64)> =
        predictions.lines().skip(1).map(|line| line.split_once(',').unwrap()).map(|(y, p)| (y, p.parse().unwrap())).collect();
    assert_eq!((predictions.lines().next(), rows.len()), (Some("income,prediction"), 26_049));
    let loss = |(y, p): &(&str, f64)| -if *y == ">50K" { *p } else { 1.0 - *p }.ln();
    let mean = rows.iter().map(loss).sum::<f64>() / rows.len() as f64;
    let told = stdout.lines().last().unwrap().split("validation-logloss:").nth(1).unwrap();
    let told: f64 = told.split('+').next().unwrap().parse().unwrap();
    assert!((mean - told).abs() < 2e-5 && mean < 0.29, "{mean} {told}");
}

#[test]
fn groups_stay_together_and_what_only_names_them_is_no_feature() {
    let tree = Tree::new();
    people(&tree);
    let words = ["--label", "y", "--ignore", "day", "num_round=60", "nfold=4", "min_child_weight=0"];
    let random = last(&cv(&tree, "people.csv", &[&words[..], &["--ignore", "person"]].concat()).ok(), "validation-rmse");
    let by_group = ["split=group", "split_column=person"];
    let grouped = cv(&tree, "people.csv", &[&words[..], &by_group].concat()).ok();
    // Labels are those of the person, whom one feature gives away: only folds that share no person show that nothing else was learnt.
    assert!(random < 12.0 && last(&grouped, "validation-rmse") > 20.0, "{random} {grouped:#?}");
    let summary = tree.json("summary.json");
    assert_eq!((summary["features"].as_u64(), summary["folds"].as_array().unwrap().len()), (Some(3), 4));
    let held: u64 = summary["folds"].as_array().unwrap().iter().map(|fold| fold["held_out_rows"].as_u64().unwrap()).sum();
    assert_eq!(held, 600);
    cv(&tree, "people.csv", &[&words[..], &by_group, &["nfold=41"]].concat()).user_error(&["nfold"]);
}

#[test]
fn windows_of_time_are_judged_by_what_came_before_them() {
    let tree = Tree::new();
    people(&tree);
    let words = ["--label", "y", "--ignore", "person", "--keep", "day", "num_round=2", "nfold=5", "split=time", "split_column=day"];
    cv(&tree, "people.csv", &words).ok();
    let rows = tree.read("out.csv");
    assert_eq!(rows.lines().count(), 600);
    // 60 days in six windows, of which the first is never judged.
    for line in rows.lines() {
        let (day, prediction) = line.split_once(',').unwrap();
        assert_eq!(prediction.is_empty(), day.parse::<u32>().unwrap() < 10, "{line}");
    }
    let learned = |words: &[&str]| {
        cv(&tree, "people.csv", words).ok();
        let summary = tree.json("summary.json");
        summary["folds"].as_array().unwrap().iter().map(|fold| fold["train_rows"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(learned(&words), [100, 200, 300, 400, 500]);
    assert_eq!(learned(&[&words[..], &["purge=3"]].concat()), [80, 180, 280, 380, 480]);
    cv(&tree, "people.csv", &[&words[..], &["purge=11"]].concat())
        .user_error(&["split_column=day leaves fold 0 with 0 rows", "purge"]);
    cv(&tree, "people.csv", &["--label", "y", "num_round=1", "purge=3"]).user_error(&["purge=3 is about time"]);
    cv(&tree, "people.csv", &[&words[..], &["num_cv_round=2"]].concat()).user_error(&["split=time draws nothing"]);
}

#[test]
fn classes_keep_their_shares_and_repeats_are_averaged() {
    let tree = Tree::new();
    tree.write("three.csv", csv(300, 1, class_of_three));
    let words = ["objective=multi:softmax", "num_class=3", "num_round=5", "nfold=3"];
    let once = cv(&tree, "three.csv", &words).ok();
    assert!(once.stderr.contains("3 folds: drawn by row number, as many of every class, seed 0"), "{once:#?}");
    let first = tree.read("out.csv");
    // Probabilities, though the objective predicts a class.
    for line in first.lines() {
        let sum: f64 = line.split(',').map(|p| p.parse::<f64>().unwrap()).sum();
        assert!(line.split(',').count() == 3 && (sum - 1.0).abs() < 1e-9, "{line}");
    }
    cv(&tree, "three.csv", &[&words[..], &["num_cv_round=4"]].concat()).ok();
    let repeated = tree.read("out.csv");
    assert!(repeated != first && tree.json("summary.json")["folds"].as_array().unwrap().len() == 12);
}

#[test]
fn what_cannot_be_done_is_said() {
    let tree = Tree::new();
    tree.write("t.csv", csv(30, 1, amount));
    let [data, out] = ["t.csv", "t2.csv"].map(|name| tree.text(name));
    cv(&tree, "t.csv", &["num_round=1", "nfold=1"]).user_error(&["nfold"]);
    cv(&tree, "t.csv", &["num_round=1", "nfold=31"]).user_error(&["nfold=31: 30 rows", "smaller nfold"]);
    cv(&tree, "t.csv", &["num_round=1", "validation_fraction=0.2"])
        .user_error(&["nfold and validation_fraction both keep back rows"]);
    cv(&tree, "t.csv", &["num_round=1", "--output", "leaf"]).user_error(&["write value, margin or probability"]);
    cv(&tree, "t.csv", &["num_round=1", "split=group"]).user_error(&["split_column"]);
    sapwood(["cv", "--train", &data, "--keep", "0", "num_round=1"]).user_error(&["add --out FILE"]);
    sapwood(["cv", "--train", &data, "--out", &out, "--model-out", &out, "num_round=1"]).user_error(&["results need a file each"]);
    sapwood(["train", "--train", &data, "--model-out", &out, "num_round=1", "nfold=3"])
        .user_error(&["cross-validate with `sapwood cv`"]);
    assert!(!tree.path("t2.csv").exists());
}

fn job(hyperparameters: Value) -> Job {
    Job::on(csv(300, 1, class_of_three), hyperparameters)
}

#[test]
fn a_job_leaves_a_model_a_fold_and_an_endpoint_averages_them() {
    let job = job(json!({"objective": "multi:softprob", "num_class": "3", "num_round": "4", "_kfold": "3", "_num_cv_round": "2"}));
    let run = job.run().ok();
    assert_eq!(run.metric_lines().len(), 4);
    assert_eq!(job.names("model"), (0..6).map(|fold| format!("model-{fold}.sapwood")).collect::<Vec<_>>());
    assert!(["predictions.csv", "report.html", "summary.json"].iter().all(|name| job.names("output").contains(&name.to_string())));
    let predictions = job.tree.read("output/data/predictions.csv");
    assert!(predictions.lines().count() == 300 && predictions.lines().all(|line| line.split(',').count() == 5), "{predictions}");
    let labels = job.tree.read("input/data/train/train.csv");
    for (line, label) in predictions.lines().zip(labels.lines()) {
        assert_eq!(line.split(',').next(), label.split(',').next());
    }
    // The mean of the members, from the directory and from the endpoint.
    let rows: String = labels.lines().take(20).map(|line| line.split_once(',').unwrap().1.to_string() + "\n").collect();
    job.tree.write("rows.csv", &rows);
    let predict =
        |model: &str| sapwood(["predict", "--model", &job.tree.text(model), "--data", &job.tree.text("rows.csv")]).ok().stdout;
    let members: Vec<String> = (0..6).map(|fold| predict(&format!("model/model-{fold}.sapwood"))).collect();
    let mean = predict("model");
    for class in 0..3 {
        let columns: Vec<Vec<f64>> = members.iter().map(|text| column(text, class)).collect();
        for (row, mean) in column(&mean, class).into_iter().enumerate() {
            let expected = columns.iter().map(|column| column[row]).sum::<f64>() / 6.0;
            assert!((mean - expected).abs() < 1e-15, "{mean} {expected}");
        }
    }
    let server = Server::start(&["--opt-ml", &job.tree.text("")], &[]);
    assert_eq!(server.csv(&rows).is(200, &[]).body.lines().count(), 20);
    // A model of another job beside them is none of theirs.
    std::fs::copy(job.tree.path("model/model-0.sapwood"), job.tree.path("model/other.sapwood")).unwrap();
    sapwood(["predict", "--model", &job.tree.text("model"), "--data", &job.tree.text("rows.csv")]).user_error(&["several models"]);
    assert!(job.run().user_error(&["other.sapwood is there already"]).contains("empty"));
    std::fs::remove_file(job.tree.path("model/other.sapwood")).unwrap();
    // The same job again replaces its models; one of fewer folds would leave some of them among its own.
    job.run().ok();
    let fewer = json!({"objective": "multi:softprob", "num_class": "3", "num_round": "4", "_kfold": "3"});
    job.tree.write("input/config/hyperparameters.json", fewer.to_string());
    job.run().user_error(&[".sapwood is there already"]);
}

#[test]
fn members_that_predict_classes_vote() {
    let job = job(json!({"objective": "multi:softmax", "num_class": "3", "num_round": "2", "_kfold": "5", "seed": "3"}));
    job.run().ok();
    let data = job.tree.text("input/data/train/train.csv");
    let predict = |model: &str, output: &str| {
        let words = ["predict", "--model", &job.tree.text(model), "--data", &data, "--label", "0", "--output", output];
        column(&sapwood(words).ok().stdout, 0)
    };
    let members: Vec<Vec<f64>> = (0..5).map(|fold| predict(&format!("model/model-{fold}.sapwood"), "value")).collect();
    for (row, class) in predict("model", "value").into_iter().enumerate() {
        let votes = |class: f64| members.iter().filter(|member| member[row] == class).count();
        let most = (0..3).map(|class| votes(f64::from(class))).max();
        assert_eq!(Some(votes(class)), most, "row {row}");
    }
}

#[test]
fn the_validation_channel_is_cut_into_folds_too() {
    let job = job(json!({"objective": "multi:softprob", "num_class": "3", "num_round": "2", "_kfold": "3"}))
        .file("validation/v.csv", csv(60, 2, class_of_three))
        .file("test/t.csv", csv(50, 3, class_of_three));
    let run = job.run().ok();
    assert!(run.stderr.contains("warning: the rows of channel validation are cut into folds together"), "{run:#?}");
    assert!(run.stdout.lines().all(|line| line.contains("test-mlogloss") && line.contains("validation-mlogloss")), "{run:#?}");
    assert_eq!(job.summary()["rows"], 360);
}
