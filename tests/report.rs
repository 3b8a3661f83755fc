//! The report: `train --report`, `sapwood report`, and what a SageMaker job leaves of it.

use crate::sagemaker::Job;
use crate::util::{Tree, amount, class_of_three, csv, csv_with_header, sapwood};
use serde_json::{Value, json};

/// What stands beside a page.
const FILES: [&str; 5] = ["report.html", "report.json", "statistics.json", "constraints.json", "evaluation.json"];

/// A page that is whole: so many charts, no scripts, no network.
fn check_page(page: &str, charts: usize) {
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "cut off");
    assert!(page.matches("<figure>").count() >= charts, "{} charts", page.matches("<figure>").count());
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    for forbidden in ["<script", "http://", "https://", "NaN", "inf"] {
        let is_there = page.contains(&format!("\"{forbidden}")) || (forbidden.len() > 4 && page.contains(forbidden));
        assert!(!is_there, "{forbidden}");
    }
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
}

fn sum(values: &Value) -> f64 {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum()
}

#[test]
fn training_writes_a_page_and_what_programs_read() {
    let tree = Tree::new();
    let data = tree.write("train.csv", csv_with_header(2_000, 1, |x, noise| format!("{}", u8::from(x[0] + 0.2 * noise > 0.5))));
    let valid = tree.write("valid.csv", csv_with_header(700, 2, |x, noise| format!("{}", u8::from(x[0] + 0.2 * noise > 0.5))));
    let words = |threads: &str| {
        let paths =
            [("--train", &data), ("--validation", &valid)].map(|(flag, path)| [flag.to_string(), path.display().to_string()]);
        let places = [("--model-out", "m"), ("--report", "report.html"), ("--summary", "s.json")]
            .map(|(flag, name)| [flag.into(), tree.text(name)]);
        let words =
            "train --threads THREADS objective=binary:logistic eval_metric=logloss,auc num_round=20 early_stopping_rounds=5";
        let words = words.replace("THREADS", threads);
        words
            .split(' ')
            .map(String::from)
            .chain(paths.into_iter().flatten())
            .chain(places.into_iter().flatten())
            .collect::<Vec<_>>()
    };
    let run = sapwood(words("1")).ok();
    assert!(run.stderr.contains("report written to"), "{}", run.stderr);
    check_page(&tree.read("report.html"), 20);
    let report = tree.json("report.json");
    assert_eq!((&report["task"], &report["quality"]["is_training_set"]), (&json!("binary"), &json!(false)));
    let auc = &report["quality"]["metrics"].as_array().unwrap().last().unwrap().clone();
    let summary = tree.json("s.json");
    assert_eq!((&auc["name"], &auc["value"]), (&json!("auc"), &summary["metrics"]["validation"]["auc"]));
    assert!(auc["low"].as_f64() < auc["value"].as_f64() && auc["value"].as_f64() < auc["high"].as_f64(), "{auc}");
    assert_eq!(auc["constant"], json!(0.5));
    assert_eq!(report["reproduction"]["model_sha256"], summary["model_sha256"]);
    let evaluation = tree.json("evaluation.json");
    let metrics = &evaluation["binary_classification_metrics"];
    assert_eq!(metrics["auc"]["value"], auc["value"]);
    let cells = ["0", "1"].map(|truth| ["0", "1"].map(|predicted| metrics["confusion_matrix"][truth][predicted].as_f64().unwrap()));
    assert_eq!(cells.as_flattened().iter().sum::<f64>(), 700.0);
    let statistics = tree.json("statistics.json");
    assert_eq!((&statistics["dataset"]["item_count"], statistics["features"].as_array().unwrap().len()), (&json!(2_000), 4));
    let first = &statistics["features"][0]["numerical_statistics"];
    let buckets = first["distribution"]["kll"]["buckets"].as_array().unwrap();
    assert_eq!(sum(&buckets.iter().map(|bucket| bucket["count"].clone()).collect()), 2_000.0);
    assert_eq!((&buckets[9]["upper_bound"], &buckets[0]["lower_bound"]), (&first["max"], &first["min"]));
    assert_eq!(tree.json("constraints.json")["features"][0]["num_constraints"]["is_non_negative"], json!(true));
    // The same with any number of threads, but for times.
    let (quality, features) = (report["quality"].clone(), report["features"].clone());
    sapwood(words("3")).ok();
    let again = tree.json("report.json");
    assert!(again["quality"] == quality && again["features"] == features);
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_training() {
    let tree = Tree::new();
    let data = tree.write("train.csv", csv(50, 1, amount));
    let train = |model: &str, report: &str| {
        let line = format!("train --train {} --model-out {} --report {report} num_round=1", data.display(), tree.text(model));
        sapwood(line.split(' '))
    };
    train("m", &tree.text("no/such/directory.html")).user_error(&["no/such", "create the directory first"]);
    train("m", &tree.text("report.txt")).user_error(&["report.txt", "ends with .html"]);
    train("m", "-").user_error(&["--report -"]);
    tree.mkdir("statistics.json");
    train("m", &tree.text("report.html")).user_error(&["statistics.json", "is a directory"]);
    tree.mkdir("sub");
    train("sub/statistics.json", &tree.text("sub/report.html")).user_error(&["files of the report cannot be the same file"]);
    assert!(!tree.path("m").exists() && !tree.path("sub/statistics.json").exists());
}

#[test]
fn a_sagemaker_job_always_leaves_one() {
    let job = Job::on(csv(400, 1, class_of_three), json!({"num_round": "3", "objective": "multi:softprob", "num_class": "3"}));
    let job = job.file("validation/valid.csv", csv(200, 2, class_of_three));
    sapwood(["train", "--opt-ml", &job.tree.text("")]).ok();
    check_page(&job.tree.read("output/data/report.html"), 10);
    for name in FILES {
        assert!(job.tree.path(&format!("output/data/{name}")).is_file(), "{name}");
    }
    let report = job.tree.json("output/data/report.json");
    let classes = &report["quality"]["classes"];
    assert_eq!(classes["confusion"].as_array().unwrap().iter().map(sum).sum::<f64>(), 200.0);
    assert_eq!((&report["task"], &classes["num_classes"]), (&json!("multiclass"), &json!(3)));
}

#[test]
fn a_model_is_reported_on_with_other_data() {
    let tree = Tree::new();
    let data = tree.write("train.csv", csv(600, 1, amount)).display().to_string();
    sapwood(["train", "--train", &data, "--model-out", &tree.text("m"), "num_round=10"]).ok();
    let args = ["report", "--model", &tree.text("m"), "--data", &data, "--out", &tree.text("report.html")];
    let run = sapwood(args).ok();
    assert!(run.stdout.contains("report.html"), "{}", run.stdout);
    check_page(&tree.read("report.html"), 12);
    let report = tree.json("report.json");
    let names: Vec<_> = report["quality"]["metrics"].as_array().unwrap().iter().map(|metric| metric["name"].clone()).collect();
    assert_eq!(names, ["mae", "rmse"]);
    let evaluated = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &data, "--metric", "mae,rmse"]).ok().stdout;
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    assert_eq!(report["quality"]["metrics"][1]["value"], evaluated["rmse"]);
    assert_eq!(report["training"], Value::Null);
    sapwood(["report", "--model", &tree.text("m"), "--data", &data, "--out", &tree.text("x.csv")]).user_error(&["ends with .html"]);
}

/// Each row is judged by models that did not learn from it, so that no validation data are missed.
#[test]
fn a_preset_tells_what_it_chose_and_is_judged_by_rows_held_out() {
    let tree = Tree::new();
    let row = |x: [f64; 4], noise: f64| format!("{}", u8::from(x[0] + 0.4 * noise > 0.5));
    let data = tree.write("train.csv", csv_with_header(900, 1, row)).display().to_string();
    let (page, model, summary) = (tree.text("report.html"), tree.text("m"), tree.text("s.json"));
    let words = ["train", "--train", &data, "--report", &page, "--model-out", &model, "--summary", &summary];
    let job = ["objective=binary:logistic", "preset=best", "quality=2", "eval_metric=logloss,auc", "eta=0.3"];
    sapwood(words.iter().chain(&job)).ok();
    check_page(&tree.read("report.html"), 18);
    let (report, summary) = (tree.json("report.json"), tree.json("s.json"));
    let (preset, quality) = (&report["preset"], &report["quality"]);
    assert_eq!((&preset["name"], &preset["folds"], &preset["repeats"]), (&json!("best"), &json!(5), &json!(1)));
    let names: Vec<_> = preset["choices"].as_array().unwrap().iter().map(|choice| choice["parameter"].as_str().unwrap()).collect();
    assert!(names.contains(&"subsample") && !names.contains(&"eta") && !names.contains(&"race"), "{names:?}");
    assert_eq!((&preset["race"]["choice"]["parameter"], &preset["race"]["folds"]), (&json!("race"), &json!(1)));
    let members = preset["members"].as_array().unwrap();
    assert_eq!(members.len(), summary["preset"]["members"].as_array().unwrap().len());
    assert_eq!(members[1]["metrics"][1][1], summary["preset"]["members"][1]["metrics"]["validation"]["auc"]);
    assert_eq!(preset["temperature_factor"], summary["preset"]["temperature_factor"]);
    // All rows, none of them judged by what learnt from it: no better than the metric of the folds.
    assert_eq!(
        (&quality["is_out_of_fold"], &quality["is_training_set"], &quality["rows"]),
        (&json!(true), &json!(false), &json!(900))
    );
    let auc = quality["metrics"].as_array().unwrap().last().unwrap();
    assert_eq!((&auc["name"], &auc["value"]), (&json!("auc"), &summary["metrics"]["validation"]["auc"]));
    let (folds, pooled) = (auc["value"].as_f64().unwrap(), quality["binary"]["auc"].as_f64().unwrap());
    assert!((folds - pooled).abs() < 0.02 && pooled < 0.97, "{folds} {pooled}");
    assert!(!report["alerts"].to_string().contains("learnt from"), "{}", report["alerts"]);
    assert!(tree.read("report.html").contains("What it chose"));
    // With validation data, the model is judged by these; a column that cuts the folds is no feature.
    let more = ["--validation", &data, "split=group", "split_column=b"];
    sapwood(words.iter().chain(&job).chain(&more)).ok();
    let report = tree.json("report.json");
    assert_eq!((&report["quality"]["is_out_of_fold"], &report["features"]["num_features"]), (&json!(false), &json!(3)));
}

/// The area under the ROC curve, pair by pair.
fn auc(rows: &[(f64, f64)]) -> f64 {
    let of = |label: f64| rows.iter().filter(move |row| row.0 == label).map(|row| row.1);
    let pairs = of(1.0).flat_map(|p| of(0.0).map(move |n| if p > n { 1.0 } else { f64::from(u8::from(p == n)) / 2.0 }));
    pairs.sum::<f64>() / (of(0.0).count() * of(1.0).count()) as f64
}

#[test]
fn a_cross_validation_is_reported_on_by_rows_held_out() {
    let tree = Tree::new();
    let row = |x: [f64; 4], noise: f64| format!("{}", u8::from(x[0] + 0.4 * noise > 0.5));
    let data = tree.write("train.csv", csv_with_header(700, 1, row)).display().to_string();
    let places = [("--report", "report.html"), ("--out", "out.csv"), ("--summary", "s.json"), ("--model-out", "m")];
    let places = places.map(|(flag, name)| [flag.to_string(), tree.text(name)]);
    let words = "objective=binary:logistic eval_metric=logloss,auc num_round=15 --keep y --output margin";
    let cv = |more: &str| {
        let words = words.split(' ').chain(more.split(' ')).map(String::from);
        sapwood(
            ["cv".to_string(), "--train".into(), data.clone()].into_iter().chain(words).chain(places.iter().flatten().cloned()),
        )
        .ok();
        let line = |line: &str| line.split_once(',').map(|(y, p)| (y.parse().unwrap(), p.parse().ok()));
        let rows: Vec<(f64, Option<f64>)> = tree.read("out.csv").lines().filter_map(line).collect();
        (tree.json("report.json"), rows.iter().filter_map(|(label, margin)| Some((*label, (*margin)?))).collect::<Vec<_>>())
    };
    let (report, rows) = cv("nfold=4 num_cv_round=2 early_stopping_rounds=5");
    check_page(&tree.read("report.html"), 18);
    let (quality, summary) = (&report["quality"], tree.json("s.json"));
    assert!((quality["binary"]["auc"].as_f64().unwrap() - auc(&rows)).abs() < 1e-12, "{}", quality["binary"]["auc"]);
    assert_eq!((&quality["is_out_of_fold"], &quality["rows"]), (&json!(true), &json!(700)));
    let told = quality["metrics"].as_array().unwrap().last().unwrap();
    assert_eq!(told["value"], summary["metrics"]["validation"]["auc"]["mean"]);
    let of_folds = report["training"]["folds"].as_array().unwrap().last().unwrap();
    assert_eq!(of_folds["deviation"], summary["metrics"]["validation"]["auc"]["std"]);
    assert!(!report["alerts"].to_string().contains("learnt from") && report["features"]["shap"].is_object());
    assert_eq!(tree.json("statistics.json")["dataset"]["item_count"], json!(700));
    // Rows before the first window are judged by nothing; the column of times is no feature.
    let (report, rows) = cv("nfold=4 split=time split_column=a");
    let quality = &report["quality"];
    assert!((quality["binary"]["auc"].as_f64().unwrap() - auc(&rows)).abs() < 1e-12);
    assert_eq!((&quality["rows"], &report["features"]["num_features"]), (&json!(rows.len()), &json!(3)));
    assert!(rows.len() < 700);
    let args = ["cv", "--train", &data, "--report", &tree.text("m"), "nfold=3", "num_round=1"];
    sapwood(args).user_error(&["ends with .html"]);
}

#[test]
fn a_job_with_folds_leaves_a_report() {
    let hyperparameters = json!({"num_round": "3", "objective": "multi:softmax", "num_class": "3", "_kfold": "3"});
    let job = Job::on(csv(400, 1, class_of_three), hyperparameters);
    job.run().ok();
    check_page(&job.tree.read("output/data/report.html"), 12);
    for name in FILES {
        assert!(job.tree.path(&format!("output/data/{name}")).is_file(), "{name}");
    }
    let report = job.tree.json("output/data/report.json");
    assert_eq!((&report["quality"]["is_out_of_fold"], &report["training"]["folds"].is_array()), (&json!(true), &true));
}

/// The cache has no values, but what is predicted of bins is what is predicted of values: all metrics, curves and contributions stay.
#[test]
fn binned_data_from_the_cache_are_reported_on() {
    let tree = Tree::new();
    let label = |x: [f64; 4], noise: f64| format!("{}", u8::from(x[0] + 0.4 * noise > 0.5));
    let data = tree.write("train.csv", csv_with_header(900, 1, label)).display().to_string();
    let valid = tree.write("valid.csv", csv_with_header(500, 2, label)).display().to_string();
    let (model, cache, page) = (tree.text("m"), tree.text("cache"), tree.text("report.html"));
    let base = ["train", "--train", &data, "--model-out", &model, "--cache", &cache, "--report", &page];
    let plain = ["--validation", &valid, "objective=binary:logistic", "eval_metric=logloss,auc", "num_round=10", "max_bin=32"];
    let preset = ["objective=binary:logistic", "preset=fast", "num_round=10"];
    for words in [&plain[..], &preset[..]] {
        let reports = [false, true].map(|is_cached| {
            let run = sapwood(base.iter().chain(words)).ok();
            assert_eq!(run.stderr.contains("binned data from the cache have no values"), is_cached, "{}", run.stderr);
            for name in ["statistics.json", "constraints.json"] {
                assert_eq!(tree.path(name).exists(), !is_cached, "{name}");
            }
            check_page(&tree.read("report.html"), 18);
            tree.json("report.json")
        });
        let [values, bins] = reports;
        assert!(values["quality"] == bins["quality"], "{} {}", values["quality"]["metrics"], bins["quality"]["metrics"]);
        assert_eq!(values["features"]["importance"], bins["features"]["importance"]);
        assert_eq!((&values["data"]["are_bins"], &bins["data"]["are_bins"]), (&json!(false), &json!(true)));
        let column = |report: &Value| report["data"]["columns"][0].clone();
        let (of_values, of_bins) = (column(&values), column(&bins));
        assert_eq!((&of_values["name"], &of_bins["mean"]), (&of_bins["name"], &Value::Null));
        let median = |column: &Value| column["quantiles"][2].as_f64().unwrap();
        assert!((median(&of_values) - median(&of_bins)).abs() < 0.05);
        assert!(
            bins["alerts"].to_string().contains("came from the cache")
                && !values["alerts"].to_string().contains("came from the cache")
        );
    }
}

/// Names and levels may be markup, and of any length; the page stays what it is.
#[test]
fn what_the_data_say_is_text_and_nothing_else() {
    let tree = Tree::new();
    let evil = "<script>alert(1)</script>";
    let row = |row: usize| {
        format!("{},{},{},{}\n", row % 2, row % 7, (row * 37) % 11, if row.is_multiple_of(3) { evil } else { "\"><b>\"" })
    };
    let header = format!("y,{evil},{},{}\n", "n".repeat(100_000), "\"a \"\" b\"");
    let rows: String = (0..300).map(row).map(|line| line.replace("\"><b>\"", "\"\"\"><b>\"")).collect();
    let data = tree.write("train.csv", header + &rows).display().to_string();
    let args = [
        "train",
        "--train",
        &data,
        "--label",
        "y",
        "--model-out",
        &tree.text("m"),
        "--report",
        &tree.text("report.html"),
        "num_round=3",
    ];
    sapwood(args).ok();
    let page = tree.read("report.html");
    check_page(&page, 8);
    assert!(page.contains("&lt;script&gt;") && !page.contains("<b>"));
}
