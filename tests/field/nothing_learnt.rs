//! A training that learns nothing says why.

use crate::util::{Tree, sapwood};

/// The warning of a run whose trees have no split, on stderr and in the summary.
fn warning(csv: &str, arguments: &[&str]) -> String {
    let tree = Tree::new();
    tree.write("t.csv", csv);
    let (train, model, summary) = (tree.text("t.csv"), tree.text("m"), tree.text("s.json"));
    let base = ["train", "--train", &train, "--label", "y", "--model-out", &model, "--summary", &summary];
    let run = sapwood(base.iter().chain(arguments)).ok();
    let line =
        run.stderr.lines().find_map(|line| line.strip_prefix("warning: no tree has a split")).unwrap_or_default().to_string();
    let summary = tree.json("s.json");
    let warnings = summary["warnings"].as_array().expect("warnings");
    let listed = warnings.iter().any(|text| text.as_str() == Some(&format!("no tree has a split{line}")));
    assert_eq!(listed, !line.is_empty(), "{summary}");
    line
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    std::iter::once("y,w,a\n".to_string()).chain((0..count).map(row)).collect()
}

#[track_caller]
fn assert_parts(line: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(line.contains(part), "{part:?} is not in {line:?}"));
}

#[test]
fn xgboost_3684_weights_of_a_thousandth_name_min_child_weight() {
    let csv = rows(80, |row| format!("{},.001,{}\n", row % 2, row % 2));
    let line = warning(&csv, &["num_round=2", "--weight", "w", "objective=binary:logistic"]);
    assert_parts(&line, &["min_child_weight=1", "a hessian of 0.02,", "leaves 0.01 on", "multiply the weights"]);
    // Nothing is wrong with these weights where the limit is in proportion.
    assert_eq!(warning(&csv, &["num_round=2", "--weight", "w", "objective=binary:logistic", "min_child_weight=.001"]), "");
}

#[test]
fn xgboost_5915_a_limit_names_itself_and_what_there_is() {
    let csv = rows(60, |row| format!("{},1,{}\n", row % 2 * 2, row % 2));
    assert_parts(
        &warning(&csv, &["num_round=2", "--ignore", "w", "gamma=1000"]),
        &["gamma=1000 is more than the largest gain, 58.06", "lower gamma"],
    );
    assert_parts(
        &warning(&csv, &["num_round=2", "--ignore", "w", "min_child_weight=31"]),
        &["min_child_weight=31", "a hessian of 60,", "leaves 30 on"],
    );
    assert_parts(&warning(&csv, &["num_round=2", "--ignore", "w", "alpha=100"]), &["alpha=100 outweighs all gradients", "58.06"]);
    let both = warning(&csv, &["num_round=2", "--ignore", "w", "gamma=1000", "alpha=100"]);
    assert_parts(&both, &["gamma=1000 and alpha=100 together"]);
}

#[test]
fn features_without_a_split_are_the_reason_where_they_are() {
    let csv = rows(60, |row| format!("{},1,5\n", row % 2));
    assert_parts(&warning(&csv, &["num_round=2", "--ignore", "w"]), &["no feature tells rows apart"]);
    let few = rows(12, |row| format!("{},1,{}\n", row % 2, ["p", "q", "r", "s", "t", "u"][row % 6]));
    assert_parts(&warning(&few, &["num_round=2", "--ignore", "w"]), &["cat_smooth=10 and min_data_per_group=20", "lower them"]);
}

#[test]
fn rows_that_are_laid_out_anew_after_the_first_round_keep_the_reason() {
    let csv = rows(40_000, |row| format!("{},{},{}\n", row % 2, row % 977, row % 1009));
    assert_parts(&warning(&csv, &["gamma=1e9", "num_round=1", "max_bin=1000"]), &["gamma=1000000000 is more"]);
}

#[test]
fn eta_0_is_said_to_change_nothing() {
    let tree = Tree::new();
    tree.write("t.csv", rows(20, |row| format!("{},1,{}\n", row % 2, row % 2)));
    let run =
        sapwood(["train", "--train", &tree.text("t.csv"), "--label", "y", "--model-out", &tree.text("m"), "num_round=1", "eta=0"])
            .ok();
    assert!(run.stderr.contains("warning: eta=0 multiplies all leaf values by 0"), "{}", run.stderr);
}

#[test]
fn a_lambda_beyond_all_hessians_names_itself() {
    let tree = Tree::new();
    tree.write("t.csv", rows(60, |row| format!("{},1,{}\n", row % 2, row % 2)));
    let train = |lambda: &str| {
        let (path, model) = (tree.text("t.csv"), tree.text("m"));
        sapwood(["train", "--train", &path, "--label", "y", "--model-out", &model, "num_round=1", "--ignore", "w", lambda])
            .ok()
            .stderr
    };
    let stderr = train("lambda=1e6");
    assert!(stderr.contains("lambda=1000000 is more than 10 times the hessian of all rows (60)"), "{stderr}");
    assert!(!train("lambda=600").contains("lambda=600"));
}
