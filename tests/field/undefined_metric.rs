//! A metric that is undefined or infinite decides nothing.

use crate::util::{Tree, sapwood};

fn train(train: &str, validation: &str, arguments: &[&str]) -> crate::util::Run {
    let tree = Tree::new();
    tree.write("t.csv", train);
    tree.write("v.csv", validation);
    let (train, validation, model) = (tree.text("t.csv"), tree.text("v.csv"), tree.text("m"));
    let base = ["train", "--train", &train, "--validation", &validation, "--label", "y", "--model-out", &model, "num_round=30"];
    sapwood(base.iter().chain(arguments))
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    std::iter::once("y,a\n".to_string()).chain((0..count).map(row)).collect()
}

#[test]
fn lightgbm_1971_an_infinite_metric_cannot_stop_early() {
    let csv = rows(60, |row| format!("{},{}\n", row % 2, row % 2));
    let with_zero = format!("{csv}0,0\n");
    let stop = ["eval_metric=mape", "early_stopping_rounds=3"];
    train(&csv, &with_zero, &stop).user_error(&["mape is infinite on validation", "one is 0", "name another metric last"]);
    // Where it is only reported, training goes on.
    train(&csv, &with_zero, &["eval_metric=mape,rmse", "early_stopping_rounds=3"]).ok();
    let positive = rows(60, |row| format!("{},{}\n", 1 + row % 2, row % 2));
    train(&positive, &positive, &stop).ok();
}

#[test]
fn an_undefined_metric_cannot_stop_early() {
    let csv = rows(60, |row| format!("{},{}\n", row % 2, row % 2));
    let one_kind = rows(60, |row| format!("1,{}\n", row % 2));
    let stop = ["objective=binary:logistic", "eval_metric=auc", "early_stopping_rounds=3"];
    train(&csv, &one_kind, &stop).user_error(&["auc is undefined on validation", "one kind only"]);
    let constant = rows(60, |row| format!("0.1,{}\n", row % 2));
    train(&csv, &constant, &["eval_metric=r2", "early_stopping_rounds=3"]).user_error(&["r2 is undefined on validation"]);
}
