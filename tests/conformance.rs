//! The cases of AWS's own suite for its XGBoost container (deep-learning-containers, `test/xgboost/container/test_training.py`): data and
//! hyperparameters that must be accepted, and those that must fail with a `UserError`. Its data are not public and are made anew here.
//!
//! Where Sapwood differs, the case stands in a table of its own, with the reason.

use crate::sagemaker::Job;
use crate::util::{Numbers, amount, class_of_three, csv};
use serde_json::{Map, Value, json};

/// Mushrooms, more or less: a binary label and 0/1 features, few of them 1, as libsvm text.
fn agaricus(rows: usize, seed: u64, weighted: bool) -> String {
    let mut numbers = Numbers::new(seed);
    let mut row = |_| {
        let features: Vec<usize> = (1..=126).filter(|_| numbers.next() < 0.2).collect();
        let label = u8::from(features.contains(&21) != features.contains(&40));
        let weight = if weighted { format!(":{:.2}", 0.5 + numbers.next()) } else { String::new() };
        format!("{label}{weight}{}\n", features.iter().map(|index| format!(" {index}:1")).collect::<String>())
    };
    (0..rows).map(&mut row).collect()
}

/// The same kind of rows as CSV, each cell written by `cell`.
fn table(rows: usize, seed: u64, delimiter: &str, cell: impl Fn(f64) -> String) -> String {
    let text = csv(rows, seed, binary);
    let row = |line: &str| line.split(',').map(|text| cell(text.parse().unwrap())).collect::<Vec<_>>().join(delimiter) + "\n";
    text.lines().map(row).collect()
}

fn binary(x: [f64; 4], noise: f64) -> String {
    format!("{}", u8::from(x[0] + 0.5 * x[1] + 0.2 * noise > 0.8))
}

fn logistic() -> Value {
    json!({"num_round": "3", "objective": "binary:logistic"})
}

fn channels(content_type: &str) -> Value {
    let channel = json!({"ContentType": content_type, "TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"});
    json!({"train": channel, "validation": channel})
}

/// A case's name, content type, extra hyperparameters, and the files of both channels.
type DataCase = (&'static str, &'static str, Value, Vec<(&'static str, String)>);

fn valid_data() -> Vec<DataCase> {
    let plain = |rows, seed| table(rows, seed, ",", |x| x.to_string());
    let weights = |rows, seed| {
        let text = plain(rows, seed);
        text.lines().map(|line| line.replacen(',', ",0.5,", 1) + "\n").collect::<String>()
    };
    let both = |train: String, validation: String| vec![("train/data", train), ("validation/data", validation)];
    vec![
        ("single_file_libsvm", "libsvm", json!({}), both(agaricus(300, 1, false), agaricus(100, 2, false))),
        (
            "multi_file_libsvm",
            "libsvm",
            json!({}),
            vec![
                ("train/a", agaricus(200, 1, false)),
                ("train/b", agaricus(200, 2, false)),
                ("validation/a", agaricus(100, 3, false)),
                ("validation/b", agaricus(100, 4, false)),
            ],
        ),
        ("libsvm_weights", "libsvm", json!({}), both(agaricus(300, 1, true), agaricus(100, 2, true))),
        ("text_libsvm", "text/libsvm", json!({}), both(agaricus(300, 1, false), agaricus(100, 2, false))),
        ("text_x_libsvm", "text/x-libsvm", json!({}), both(agaricus(300, 1, false), agaricus(100, 2, false))),
        ("single_file_csv", "csv", json!({}), both(plain(300, 1), plain(100, 2))),
        (
            "multi_file_csv",
            "text/csv",
            json!({}),
            vec![("train/a", plain(200, 1)), ("train/deep/b", plain(200, 2)), ("validation/a", plain(100, 3))],
        ),
        ("csv_weights", "csv", json!({"csv_weights": "1"}), both(weights(300, 1), weights(100, 2))),
        (
            "csv_space_separated",
            "csv",
            json!({}),
            both(table(300, 1, " ", |x| x.to_string()), table(100, 2, " ", |x| x.to_string())),
        ),
        (
            "csv_scientific_notation",
            "csv",
            json!({}),
            both(table(300, 1, ",", |x| format!("{x:e}")), table(100, 2, ",", |x| format!("{x:E}"))),
        ),
        ("csv_empty_cells", "csv", json!({}), {
            let holes =
                |text: String| text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_string() + ",\n").collect::<String>();
            both(plain(200, 1) + &holes(plain(100, 3)), holes(plain(100, 2)))
        }),
    ]
}

#[test]
fn valid_data_train() {
    let cases = valid_data();
    assert_eq!(cases.len(), 11);
    for (name, content_type, extra, files) in cases {
        let mut hyperparameters = logistic();
        hyperparameters.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let job = Job::new(hyperparameters).config("inputdataconfig.json", channels(content_type));
        let job = files.iter().fold(job, |job, (path, text)| job.file(path, text));
        let run = job.run();
        assert_eq!(run.code, Some(0), "{name}: {run:#?}");
        let lines = run.metric_lines();
        assert_eq!(lines.len(), 3, "{name}");
        lines[0].value("validation-logloss");
        let models: Vec<_> = job.names("model").into_iter().filter(|file| file.contains("model")).collect();
        assert_eq!(models.len(), 1, "{name}: exactly one file with model in its name");
    }
}

/// Asserts that the job fails as the suite wants, and for the reason that `fragment` tells.
#[track_caller]
fn fails(name: &str, job: &Job, fragment: &str) {
    let run = job.run();
    assert_eq!(run.code, Some(2), "{name}: {run:#?}");
    assert!(run.stderr.contains("UserError: "), "{name}: {run:#?}");
    let failure = job.tree.read("output/failure");
    assert!(failure.lines().next().unwrap().starts_with("UserError: "), "{name}: {failure}");
    assert!(failure.contains(fragment), "{name}: no {fragment:?} in {failure}");
    assert!(job.names("model").is_empty(), "{name}");
}

#[test]
fn invalid_data_fail_with_a_user_error() {
    let recordio = || include_bytes!("golden/recordio.pb").to_vec();
    let plain = || table(100, 1, ",", |x| x.to_string()).into_bytes();
    let letters = || (csv(50, 1, binary) + "1,0.5,half,0.5,0.5\n" + &csv(50, 2, binary)).into_bytes();
    let words = || "apple pear plum\nplum apple fig\n".repeat(50).into_bytes();
    let libsvm = || agaricus(100, 1, false).into_bytes();
    type Case = (&'static str, &'static str, Option<Vec<u8>>, Option<Vec<u8>>, &'static str);
    let cases: [Case; 6] = [
        ("empty_train_dir", "csv", None, Some(plain()), "channel train: no data in "),
        ("empty_validation_dir", "csv", Some(plain()), None, "channel validation: no data in "),
        ("recordio_as_csv", "csv", Some(recordio()), Some(plain()), "these are RecordIO records, not CSV"),
        ("letters_among_numbers_csv", "csv", Some(letters()), Some(plain()), "text in a column of numbers"),
        ("csv_as_libsvm", "libsvm", Some(plain()), Some(libsvm()), "data:1: "),
        ("alphabetic_libsvm", "libsvm", Some(words()), Some(libsvm()), "data:1: \"apple\""),
    ];
    for (name, content_type, train, validation, fragment) in cases {
        let job = Job::new(logistic()).config("inputdataconfig.json", channels(content_type));
        job.tree.mkdir("input/data/train");
        job.tree.mkdir("input/data/validation");
        let job = train.into_iter().fold(job, |job, bytes| job.file("train/data", bytes));
        let job = validation.into_iter().fold(job, |job, bytes| job.file("validation/data", bytes));
        fails(name, &job, fragment);
    }
}

/// Data on which every objective can be trained: labels 0, 1 or 2, or for binary objectives 0 or 1.
fn job(hyperparameters: &Map<String, Value>) -> Job {
    let objective = hyperparameters.get("objective").and_then(Value::as_str).unwrap_or("reg:squarederror");
    let rows = |rows, seed| match objective {
        "reg:squarederror" | "reg:linear" => csv(rows, seed, amount),
        _ if objective.starts_with("multi:") || objective == "count:poisson" => csv(rows, seed, class_of_three),
        _ => csv(rows, seed, binary),
    };
    Job::on(rows(200, 1), Value::Object(hyperparameters.clone())).file("validation/v.csv", rows(100, 2))
}

/// Two rounds, and these.
fn with(pairs: &[(&str, &str)]) -> Map<String, Value> {
    let pairs = [("num_round", "2")].iter().chain(pairs);
    pairs.map(|(name, value)| (name.to_string(), Value::from(*value))).collect()
}

/// The suite's standard hyperparameters: everything that the container documents, at harmless values.
const STANDARD: [(&str, &str); 35] = [
    ("num_round", "2"),
    ("csv_weights", "0"),
    ("booster", "gbtree"),
    ("verbosity", "1"),
    ("nthread", "2"),
    ("eta", "0.3"),
    ("gamma", "0"),
    ("max_depth", "6"),
    ("min_child_weight", "1"),
    ("max_delta_step", "0"),
    ("subsample", "1"),
    ("colsample_bytree", "1"),
    ("colsample_bylevel", "1"),
    ("colsample_bynode", "1"),
    ("lambda", "1"),
    ("alpha", "0"),
    ("tree_method", "auto"),
    ("sketch_eps", "0.03"),
    ("scale_pos_weight", "1"),
    ("updater", "grow_colmaker,prune"),
    ("dsplit", "row"),
    ("refresh_leaf", "1"),
    ("process_type", "default"),
    ("grow_policy", "depthwise"),
    ("max_leaves", "0"),
    ("max_bin", "256"),
    ("predictor", "cpu_predictor"),
    ("sample_type", "uniform"),
    ("normalize_type", "tree"),
    ("rate_drop", "0.0"),
    ("one_drop", "0"),
    ("skip_drop", "0.0"),
    ("lambda_bias", "0.0"),
    ("tweedie_variance_power", "1.5"),
    ("objective", "reg:squarederror"),
];

#[test]
fn valid_hyperparameters_train() {
    let mut cases: Vec<(String, Map<String, Value>)> = Vec::new();
    let mut case = |name: String, pairs: &[(&str, &str)]| cases.push((name, with(pairs)));
    case("standard".into(), &STANDARD[1..]);
    for objective in ["reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "count:poisson"] {
        case(objective.into(), &[("objective", objective)]);
    }
    for objective in ["multi:softmax", "multi:softprob"] {
        case(objective.into(), &[("objective", objective), ("num_class", "3")]);
    }
    for metric in ["rmse", "mae", "logloss", "error", "error@0.7", "auc", "rmse,mae"] {
        case(metric.into(), &[("objective", "binary:logistic"), ("eval_metric", metric)]);
    }
    for metric in ["merror", "mlogloss", "merror,mlogloss"] {
        case(metric.into(), &[("objective", "multi:softprob"), ("num_class", "3"), ("eval_metric", metric)]);
    }
    for verbosity in ["0", "1", "2", "3"] {
        case(format!("verbosity_{verbosity}"), &[("verbosity", verbosity)]);
    }
    for method in ["auto", "exact", "approx", "hist"] {
        case(format!("tree_method_{method}"), &[("tree_method", method)]);
    }
    for (name, value) in [("monotone_constraints", "(1,0,0,-1)"), ("interaction_constraints", "[[1,2],[3]]")] {
        case(name.into(), &[(name, value), ("tree_method", "hist")]);
    }
    assert_eq!(cases.len(), 28);
    for (name, hyperparameters) in cases {
        let run = job(&hyperparameters).run();
        assert_eq!(run.code, Some(0), "{name}: {run:#?}");
        let lines = run.metric_lines();
        assert_eq!(lines.len(), 2, "{name}");
        for metric in hyperparameters.get("eval_metric").and_then(Value::as_str).unwrap_or("").split(',').filter(|m| !m.is_empty())
        {
            lines[1].value(&format!("validation-{metric}"));
        }
    }
}

#[test]
fn invalid_hyperparameters_fail_with_a_user_error() {
    let multiclass = ("objective", "multi:softmax");
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("eta_negative", &[("eta", "-0.1")]),
        ("eta_above_one", &[("eta", "1.01")]),
        ("eta_string", &[("eta", "a")]),
        ("gamma_negative", &[("gamma", "-0.1")]),
        ("max_depth_negative", &[("max_depth", "-0.1")]),
        ("min_child_weight_negative", &[("min_child_weight", "-0.1")]),
        ("max_delta_step_negative", &[("max_delta_step", "-0.1")]),
        ("subsample_zero", &[("subsample", "0")]),
        ("colsample_bytree_zero", &[("colsample_bytree", "0")]),
        ("colsample_bylevel_zero", &[("colsample_bylevel", "0")]),
        ("colsample_bynode_zero", &[("colsample_bynode", "0")]),
        ("tree_method_gpu_exact", &[("tree_method", "gpu_exact")]),
        ("sketch_eps_zero", &[("sketch_eps", "0")]),
        ("sketch_eps_one", &[("sketch_eps", "1")]),
        ("refresh_leaf_two", &[("refresh_leaf", "2")]),
        ("tweedie_variance_power_one", &[("tweedie_variance_power", "1")]),
        ("tweedie_variance_power_two", &[("tweedie_variance_power", "2")]),
        ("verbosity_negative", &[("verbosity", "-1")]),
        ("verbosity_four", &[("verbosity", "4")]),
        ("verbosity_fraction", &[("verbosity", "0.5")]),
        ("eval_metric_partly_invalid", &[("eval_metric", "rmse,invalid")]),
        ("eval_metric_threshold_no_number", &[("objective", "binary:logistic"), ("eval_metric", "error@nonfloat")]),
        ("eval_metric_function", &[("eval_metric", "<function")]),
        ("eval_metric_auc_with_threshold", &[("objective", "binary:logistic"), ("eval_metric", "auc@0.5")]),
        ("auc_with_regression", &[("objective", "reg:squarederror"), ("eval_metric", "auc")]),
        ("softmax_without_num_class", &[multiclass]),
        ("softprob_without_num_class", &[("objective", "multi:softprob")]),
        ("unknown_parameter", &[("no_such_parameter", "1")]),
        ("unknown_objective", &[("objective", "reg:nonsense")]),
        ("process_type_update_with_wrong_updater", &[("process_type", "update"), ("updater", "grow_colmaker")]),
        ("gblinear_with_wrong_updater", &[("booster", "gblinear"), ("updater", "grow_colmaker")]),
    ];
    assert_eq!(cases.len(), 31);
    for (name, pairs) in cases {
        // What is said to be wrong is what is wrong.
        let wrong = match pairs.last() {
            Some(("eval_metric", metrics)) => metrics.rsplit(',').next().unwrap_or(metrics),
            Some(("objective", objective)) if objective.starts_with("multi:") => "num_class",
            Some(("updater", _)) => pairs[0].0,
            Some((name, _)) => name,
            None => unreachable!("every case has a parameter"),
        };
        fails(name, &job(&with(pairs)), wrong);
    }
    let mut without = with(&[]);
    without.remove("num_round");
    fails("missing_num_round", &job(&without), "num_round");
}

/// What the suite wants otherwise, what Sapwood does, and why.
#[test]
fn deliberate_differences() {
    // What is refused, and what the message offers instead.
    type Refused = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let refused: &[Refused] = &[
        ("gblinear", &[("booster", "gblinear")], "use gbtree; for linear models"),
        ("tree_method_gpu_hist", &[("tree_method", "gpu_hist")], "use hist: "),
        ("ndcg_at", &[("eval_metric", "ndcg@2")], "within query groups (rank:ndcg"),
        ("map_at", &[("eval_metric", "map@2")], "within query groups (rank:ndcg"),
    ];
    for (name, pairs, instead) in refused {
        let job = job(&with(pairs));
        fails(name, &job, pairs[0].1);
        fails(name, &job, instead);
    }
    let objectives = [
        // The container takes rows without groups for one group. Its CSV has no place for groups; its libsvm has.
        ("rank:pairwise", "name the column that says which rows belong together (group_column)"),
        ("rank:ndcg", "name the column that says which rows belong together (group_column)"),
        ("rank:map", "name the column that says which rows belong together (group_column)"),
        // The container has no place for bounds, and fails later.
        ("survival:aft", "name their columns (label_lower_bound_column, label_upper_bound_column)"),
    ];
    for (objective, instead) in objectives {
        let job = job(&with(&[("objective", objective)]));
        fails(objective, &job, objective);
        fails(objective, &job, instead);
    }

    // A tuple for fewer features than there are: XGBoost adds zeros, and nobody sees that one was forgotten.
    fails(
        "monotone_constraints_short",
        &job(&with(&[("monotone_constraints", "(1,0)")])),
        "monotone_constraints has 2 entries for 4 features",
    );

    // `alphabetic_csv`: columns of text are categories here, and labels that are texts are classes.
    let alphabetic = |seed| table(200, seed, ",", |x| ["low", "middle", "high"][(x * 2.9) as usize].to_string());
    let job =
        Job::on(alphabetic(1), json!({"num_round": "3", "objective": "multi:softmax"})).file("validation/v.csv", alphabetic(2));
    let run = job.run();
    assert_eq!(run.code, Some(0), "alphabetic_csv: {run:#?}");
    assert!(run.stderr.contains("columns of text taken as categorical"), "{run:#?}");
    // `pipe_libsvm`, which the container refuses, trains here: channels::a_pipe_trains_the_model_that_files_train.
    assert_eq!((refused.len(), objectives.len()), (4, 4));
}
