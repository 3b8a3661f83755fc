//! From which probability on a row is of class 1, metrics without a value, and files called `-`.

use crate::util::{Run, Tree, sapwood};
use serde_json::Value;

fn train(tree: &Tree, more: &[&str]) -> Run {
    let (data, model) = (tree.text("t.csv"), tree.text("m"));
    sapwood(["train", "--train", &data, "--model-out", &model, "--label", "y", "num_round=5"].iter().chain(more))
}

fn data() -> Tree {
    let tree = Tree::new();
    let rows: String = (0..200).map(|i| format!("{},{}\n", usize::from(i * 7 % 10 < i % 10), i % 10)).collect();
    tree.write("t.csv", format!("y,a\n{rows}"));
    tree
}

fn run(tree: &Tree, command: &str, more: &[&str]) -> Run {
    sapwood([command, "--model", &tree.text("m"), "--data", &tree.text("t.csv")].iter().chain(more))
}

#[test]
fn new_user_a_threshold_decides_between_two_classes() {
    let tree = data();
    train(&tree, &["objective=binary:logistic"]).ok();
    let probabilities: Vec<f64> = run(&tree, "predict", &[]).ok().stdout.lines().map(|line| line.parse().unwrap()).collect();
    let labels: Vec<f64> = tree.read("t.csv").lines().skip(1).map(|line| line[..1].parse().unwrap()).collect();
    let mut thresholds = vec![0.0, 0.3, 0.5, 0.7, 1.0, probabilities[3]];
    thresholds.extend(&probabilities[..3]);
    for threshold in thresholds {
        let text = threshold.to_string();
        let found = run(&tree, "predict", &["--output", "class", "--threshold", &text]).ok().stdout;
        let expected: Vec<_> = probabilities.iter().map(|&p| u8::from(p >= threshold)).collect();
        assert_eq!(found.lines().map(|line| line.parse::<u8>().unwrap()).collect::<Vec<_>>(), expected, "{threshold}");
        let metrics = ["--metric", "error,accuracy,precision,recall,auc", "--threshold", &text, "--json", "-"];
        let report: Value = serde_json::from_str(&run(&tree, "evaluate", &metrics).ok().stdout).unwrap();
        let right = expected.iter().zip(&labels).filter(|(class, label)| f64::from(**class) == **label).count() as f64;
        let positives = expected.iter().map(|&class| f64::from(class)).sum::<f64>();
        assert!((report["metrics"]["error"].as_f64().unwrap() - (1.0 - right / 200.0)).abs() < 1e-6, "{report}");
        assert_eq!(report["metrics"]["accuracy"].as_f64().map(|x| (x * 200.0).round()), Some(right));
        assert_eq!(report["accuracy"], right / 200.0);
        let matrix = &report["confusion_matrix"];
        assert_eq!(matrix[0][1].as_f64().unwrap() + matrix[1][1].as_f64().unwrap(), positives);
        let hits = matrix[1][1].as_f64().unwrap();
        let precision = if positives > 0.0 { hits / positives } else { 0.0 };
        assert!((report["metrics"]["precision"].as_f64().unwrap() - precision).abs() < 1e-9, "{threshold} {report}");
    }
}

#[test]
fn new_user_a_threshold_needs_a_probability() {
    let tree = data();
    train(&tree, &["objective=binary:logistic"]).ok();
    run(&tree, "predict", &["--threshold", "0.3"]).user_error(&["add --output class"]);
    for wrong in ["1.5", "-1", "half", "NaN"] {
        run(&tree, "predict", &["--output", "class", &format!("--threshold={wrong}")]).user_error(&["must be a number in [0, 1]"]);
    }
    for objective in ["objective=binary:hinge", "objective=reg:squarederror", "objective=multi:softprob"] {
        let classes: &[&str] = if objective.contains("multi") { &["num_class=2"] } else { &[] };
        train(&tree, &[&[objective], classes].concat()).ok();
        run(&tree, "evaluate", &["--threshold", "0.3"]).user_error(&["--threshold is about the probability of one of two classes"]);
    }
}

#[test]
fn new_user_an_undefined_metric_is_told() {
    let tree = data();
    train(&tree, &["objective=binary:logistic"]).ok();
    tree.write("t.csv", "y,a\n1,2\n1,3\n");
    let found = run(&tree, "evaluate", &["--metric", "auc,logloss"]).ok();
    assert!(found.stdout.contains("\"auc\":null"), "{found:?}");
    assert!(found.stderr.contains("warning: auc is undefined (labels of one kind only"), "{found:?}");
    assert!(!found.stderr.contains("logloss"), "{found:?}");
}

#[test]
fn new_user_a_model_is_not_written_to_a_file_called_minus() {
    let tree = data();
    for flag in ["--model-out", "--summary", "--history", "--checkpoints", "--cache"] {
        let data = tree.text("t.csv");
        let model = tree.text("m");
        let model: &[&str] = if flag == "--model-out" { &[] } else { &["--model-out", &model] };
        let args = ["train", "--train", &data, "--label", "y", "num_round=1", flag, "-"];
        sapwood(args.iter().chain(model)).user_error(&[&format!("{flag} -: standard output is for metrics"), "./-"]);
    }
    assert!(!std::path::Path::new("-").exists());
}
