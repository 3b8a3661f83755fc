//! What somebody who is new to Sapwood is told: about columns, parameters, variables, files that are not there.

use crate::doctor::{Findings, example};
use crate::util::{Run, Tree, command, run, sapwood};
use std::process::Command;

/// A table with a label that is not the first column, and names to go by.
fn table() -> Tree {
    let tree = Tree::new();
    let row = |i: usize| format!("{},{},{},{}\n", i % 7, ["pro", "basic", "free"][i % 3], i % 2, 1 + i % 3);
    tree.write("t.csv", format!("age,plan,y,w\n{}", (0..120).map(row).collect::<String>()));
    tree
}

fn train(tree: &Tree, words: &[&str]) -> Run {
    let flags = ["train", "--train", &tree.text("t.csv"), "--model-out", &tree.text("m.sapwood"), "num_round=2"].map(String::from);
    sapwood(flags.iter().map(String::as_str).chain(words.iter().copied()))
}

#[test]
fn an_index_says_which_column_it_is() {
    let tree = table();
    let end = train(&tree, &["--label", "y", "categorical_features=0", "weight_column=3"]).ok();
    assert!(end.stderr.contains("warning: categorical_features: indices count all columns of "), "{}", end.stderr);
    assert!(end.stderr.contains("the label included: 0 is age") && end.stderr.contains(": 3 is w"), "{}", end.stderr);
    let named = train(&tree, &["--label", "y", "categorical_feature=name:age,plan", "--weight", "w"]).ok();
    assert!(!named.stderr.contains("indices count"), "{}", named.stderr);
    for alias in ["categorical_feature=0", "cat_features=1", "weight=3", "ignore_column=0"] {
        train(&tree, &["--label", "y", alias]).user_error(&["has the column index", "the label included"]);
    }
}

#[test]
fn columns_to_ignore_add_up_wherever_they_are_given() {
    let tree = table();
    tree.write("c.yaml", "ignore: [age]\nignore_columns: w\nlabel: y\n");
    train(&tree, &["--config", &tree.text("c.yaml"), "--ignore", "w", "ignore=w"]).ok();
    let text = sapwood(["inspect", "--model", &tree.text("m.sapwood")]).ok().stdout;
    assert!(text.contains("\n1 feature, by total gain"), "{text}");
    train(&tree, &["--label", "y", "ignore_columns=age", "--ignore", "w"]).ok();
    let text = sapwood(["inspect", "--model", &tree.text("m.sapwood")]).ok().stdout;
    assert!(text.contains("\n1 feature, by total gain"), "{text}");
}

#[test]
fn parameters_of_categories_need_categories() {
    let tree = table();
    let end = train(&tree, &["--label", "y", "--ignore", "plan", "cat_smooth=3"]).ok();
    assert!(end.stderr.contains("warning: cat_smooth=3 has no effect: it needs a categorical feature"), "{}", end.stderr);
    assert!(!train(&tree, &["--label", "y", "cat_smooth=3"]).ok().stderr.contains("has no effect"));
    let end = train(&tree, &["--label", "y", "top_rate=0.5"]).ok();
    assert!(end.stderr.contains("warning: top_rate=0.5 has no effect: it needs sampling_method=goss"), "{}", end.stderr);
}

#[test]
fn parameters_of_others_are_explained_as_they_are_treated() {
    for (name, text) in [
        ("border_count", "Use max_bin, "),
        ("verbose", "Use verbose_eval=N"),
        ("min_data_in_leaf", "Accepted at 0, 1; otherwise use min_child_weight"),
        ("bagging_freq", "Accepted at 1; otherwise leave it out"),
        ("silent", "Accepted without effect: "),
    ] {
        let end = sapwood(["params", name]).ok();
        assert!(end.stdout.contains(text) && !end.stdout.contains("default only"), "{}", end.stdout);
    }
}

#[test]
fn a_path_that_does_not_exist_is_followed_as_far_as_it_does() {
    let tree = table();
    let place = tree.path(".").canonicalize().unwrap();
    let remedy = format!("check the path: {} holds no absent", place.display());
    for line in [
        vec!["train", "--train", "absent/x.csv", "--model-out", "m", "num_round=1"],
        vec!["predict", "--model", "absent", "--data", "t.csv"],
        vec!["inspect", "--model", "absent"],
        vec!["train", "--config", "absent.yaml"],
    ] {
        let mut command = command(&line);
        command.current_dir(&place);
        run(command).user_error(&["No such file or directory", &remedy]);
    }
}

#[test]
fn misspelt_variables_are_told() {
    let tree = table();
    let with = |name: &str| {
        let mut command = command(["predict", "--model", &tree.text("m.sapwood"), "--data", &tree.text("t.csv")]);
        command.env(name, "x");
        run(command).ok().stderr
    };
    train(&tree, &["--label", "y"]).ok();
    assert!(with("SAPWOOD_CASHE").contains("SAPWOOD_CASHE is none that Sapwood reads; did you mean SAPWOOD_CACHE?"));
    // What a cluster makes up for a service called sapwood.
    assert!(!with("SAPWOOD_PORT").contains("SAPWOOD_PORT"));
}

#[test]
fn the_doctor_checks_variables() {
    let job = example("kubernetes/job.yaml");
    let changed = |name: &str, value: &str| {
        let variable = format!("          env:\n            - name: {name}\n              value: {value}\n");
        Findings::in_text("job.yaml", &job.replacen("          env:\n", &variable, 1))
    };
    changed("SAPWOOD_LOG", "trace").has("error", "SAPWOOD_LOG=\"trace\"", "value: trace");
    changed("SAPWOOD_CASHE", "x").has("warning", "did you mean SAPWOOD_CACHE?", "name: SAPWOOD_CASHE");
    changed("SAPWOOD_LOG", "debug").has_no("error");
    let model = example("sagemaker/create-model.json");
    let model =
        model.replace("\"PrimaryContainer\": {", "\"PrimaryContainer\": {\"Environment\": {\"SAPWOOD_REQUEST_TIMEOUT\": \"0\"},");
    Findings::in_text("m.json", &model).has("error", "SAPWOOD_REQUEST_TIMEOUT=\"0\"", "");
    let job = example("sagemaker/create-training-job.json");
    let job = job.replacen('{', "{\"Environment\": {\"SAPWOOD_SIMD\": \"sse\"},", 1);
    Findings::in_text("j.json", &job).has("error", "SAPWOOD_SIMD=\"sse\"", "");
}

#[test]
fn the_doctor_says_what_it_did_not_check() {
    let hyperparameters = "{\"num_round\": \"5\", \"etta\": \"0.1\"}";
    for name in ["hyperparameters.json", "hp.json"] {
        Findings::in_text(name, hyperparameters).has("error", "unknown parameter etta; did you mean eta?", "");
    }
    Findings::in_text("inputdataconfig.json", "{\"validation\": {}}").has("error", "the channel train is missing", "");
    let found = Findings::in_text("x.json", "{\"a\": 1}");
    found.has("warning", "nothing was checked: this is neither a request", "{");
    assert!(found.run.stderr.contains("0 errors, 1 warning"), "{}", found.run.stderr);
}

#[test]
fn a_misspelt_objective_is_one_error() {
    let text = "{\"objective\": \"binary:logistc\", \"num_round\": \"5\", \"eval_metric\": \"auc\", \"is_unbalance\": \"true\"}";
    let found = Findings::in_text("hyperparameters.json", text);
    found.has("error", "did you mean binary:logistic?", "");
    assert_eq!(found.all.iter().filter(|finding| finding["severity"] == "error").count(), 1, "{:#?}", found.all);
}

#[test]
fn an_undefined_metric_is_a_warning() {
    let tree = table();
    train(&tree, &["--label", "y", "objective=binary:logistic"]).ok();
    tree.write("ones.csv", "age,plan,y,w\n1,pro,1,1\n2,free,1,1\n");
    let line = ["evaluate", "--model", &tree.text("m.sapwood"), "--data", &tree.text("ones.csv"), "--metric", "auc,error"]
        .map(String::from);
    let end = sapwood(&line).ok();
    assert!(end.stdout.contains("\"auc\":null") && end.stderr.contains("warning: auc is undefined"), "{end:?}");
    assert!(!end.stderr.contains("error is"), "{}", end.stderr);
}

#[test]
fn quiet_scoring_prints_only_warnings() {
    let tree = table();
    train(&tree, &["--label", "y", "--ignore", "w"]).ok();
    tree.write("more.csv", "age,plan,extra\n1,pro,9\n");
    let line = |flag: &'static str| {
        ["predict", "--model", &tree.text("m.sapwood"), "--data", &tree.text("more.csv"), flag].map(String::from)
    };
    assert!(sapwood(line("--header")).ok().stderr.contains("note: "));
    assert_eq!(sapwood(line("-q")).ok().stderr, "");
}

#[test]
fn a_checkpoint_with_more_rounds_than_are_wanted_says_so() {
    let tree = table();
    let checkpoints = tree.mkdir("c").display().to_string();
    train(&tree, &["--label", "y", "--checkpoints", &checkpoints, "n_estimators=2", "eta=0.2"]).ok();
    let end = run({
        let [t, m] = ["t.csv", "m.sapwood"].map(|name| tree.text(name));
        command([
            "train",
            "--train",
            &t,
            "--model-out",
            &m,
            "--label",
            "y",
            "--checkpoints",
            &checkpoints,
            "num_round=1",
            "eta=0.2",
        ])
    })
    .ok();
    assert!(end.stderr.contains(": holds 2 rounds, of which num_round=1 keeps the first 1"), "{}", end.stderr);
    assert!(end.stderr.contains(": 1 tree, "), "{}", end.stderr);
}

#[test]
fn bash_completes_parameters_and_leaves_the_value_to_come() {
    let script = sapwood(["completions", "bash"]).ok().stdout;
    let tree = Tree::new();
    let file = tree.write("completions.bash", script);
    let ask = "COMP_WORDS=(sapwood train num_ro); COMP_CWORD=2; compopt() { echo \"compopt $*\"; }; _sapwood_words sapwood num_ro train; \
               echo \"${COMPREPLY[*]}\"";
    let output = Command::new("bash").arg("-c").arg(format!("source {}; {ask}", file.display())).output();
    let Ok(output) = output else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text, "compopt -o nospace\nnum_round=\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_server_without_a_model_says_how_to_name_one() {
    let tree = Tree::new();
    tree.mkdir("model");
    sapwood(["serve", "--opt-ml", &tree.text(".")]).user_error(&["no model: ", "--model FILE"]);
    sapwood(["serve", "--opt-ml", &tree.text("absent")]).user_error(&["--model FILE"]);
}
