//! Names from outside: features, levels, files and parameters that hold line breaks and escapes write no lines of their own, and move no
//! cursor.

use crate::serve::client::Server;
use crate::util::{Run, Tree, sapwood};
use std::fs;

/// What would be read as a line of its own on a terminal that it clears.
const FORGED: &str = "a\u{1b}[2J\nUserError: forged\r\u{202e}";

fn is_clean(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && !"\n\t".contains(c) || c == '\u{202e}'), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("UserError: forged")), "{text:?}");
}

fn clean(run: Run) -> Run {
    is_clean(&run.stdout);
    is_clean(&run.stderr);
    run
}

/// A model with a feature and a level of that name.
fn tree() -> Tree {
    let tree = Tree::new();
    let rows: String = (0..200).map(|i| format!("{},{},{}\n", i % 2, i % 7, ["\"red\"", "\"x\u{1b}[31m\ny\""][i % 2])).collect();
    tree.write("train.csv", format!("y,\"{FORGED}\",colour\n{rows}"));
    let (data, model) = (tree.text("train.csv"), tree.text("m.sapwood"));
    clean(sapwood(["train", "--train", &data, "--label", "y", "--model-out", &model, "num_round=3"]).ok());
    tree
}

#[test]
fn names_in_models_and_data_stay_in_their_lines() {
    let tree = tree();
    let (data, model) = (tree.text("train.csv"), tree.text("m.sapwood"));
    let text = clean(sapwood(["inspect", "--model", &model]).ok()).stdout;
    assert!(text.contains("a\\u{1b}[2J\\nUserError: forged\\r\\u{202e}"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&sapwood(["inspect", "--json", "--model", &model]).ok().stdout).unwrap();
    assert_eq!(json["schema"]["features"][0]["name"], FORGED);
    tree.write("other.csv", "colour,b\nred,1\n");
    clean(sapwood(["predict", "--model", &model, "--data", &tree.text("other.csv")])).user_error(&["\\nUserError"]);
    tree.write("unknown.csv", format!("y,\"{FORGED}\",colour\n1,1,\"{FORGED}\"\n"));
    clean(sapwood(["evaluate", "--model", &model, "--data", &tree.text("unknown.csv")]));
    clean(sapwood(["train", "--train", &data, "--label", FORGED, "--model-out", &tree.text("n"), &format!("eta={FORGED}")]));
    clean(sapwood(["train", "--train", &data, "--label", "nothing", "--model-out", &tree.text("n"), "num_round=1"]))
        .user_error(&["\\nUserError"]);
}

#[test]
fn names_of_files_and_settings_stay_in_their_lines() {
    let tree = tree();
    let (data, model) = (tree.text("train.csv"), tree.text("m.sapwood"));
    let missing = tree.text(FORGED);
    clean(sapwood(["predict", "--model", &missing, "--data", &data])).user_error(&[]);
    clean(sapwood(["predict", "--model", &model, "--data", &missing])).user_error(&[]);
    clean(sapwood(["serve", "--model", &missing])).user_error(&[]);
    clean(sapwood(["doctor", &missing])).user_error(&[]);
    let manifest =
        tree.write(FORGED, "apiVersion: sagemaker.services.k8s.aws/v1alpha1\nkind: \"TrainingJob\\nUserError: forged\"\n");
    clean(sapwood(["doctor", manifest.to_str().unwrap()])).user_error(&[]);
    fs::write(&missing, "y,a\n1,x\n").unwrap();
    clean(sapwood(["train", "--train", &missing, "--label", "y", "--model-out", &model, "objective=reg:gamma", "num_round=1"]));
    let hyperparameters = serde_json::json!({ FORGED: "1" }).to_string();
    tree.write("opt/input/config/hyperparameters.json", hyperparameters);
    tree.write("opt/input/data/train/a.csv", "1,2\n");
    clean(sapwood(["train", "--opt-ml", &tree.text("opt")])).user_error(&[]);
    let reason = tree.read("opt/output/failure");
    is_clean(&reason);
    assert_eq!(reason.lines().count(), 1, "{reason:?}");
}

#[test]
fn names_in_requests_stay_in_their_lines() {
    let tree = tree();
    let server = Server::of(&tree, "m.sapwood", &[], &[("SAPWOOD_LOG", "debug")]);
    let bodies = [
        ("text/csv", format!("\"{FORGED}x\",colour\n1,red\n")),
        ("application/json", serde_json::json!([{ FORGED: 1, "x\ny": FORGED }]).to_string()),
    ];
    for (form, body) in bodies {
        let answer = server.post(form, "text/csv", body);
        is_clean(&answer.body);
        assert!(answer.status >= 400 && answer.body.lines().count() == 1, "{answer:?}");
    }
    for header in ["Content-Type: text/\u{9b}31m", "Accept: text/\u{9b}31m", "Content-Encoding: \u{202e}"] {
        is_clean(&server.send("POST /invocations", &[header], b"1,red").body);
    }
    is_clean(&server.log());
    let several = Server::start(&[], &[("SAGEMAKER_MULTI_MODEL", "true")]);
    let load = serde_json::json!({ "model_name": FORGED, "url": tree.text("m.sapwood") }).to_string();
    several.send("POST /models", &["Content-Type: application/json"], load.as_bytes()).is(200, &[]);
    let load = serde_json::json!({ "model_name": "b", "url": format!("/nowhere/{FORGED}") }).to_string();
    is_clean(&several.send("POST /models", &["Content-Type: application/json"], load.as_bytes()).is(404, &[]).body);
    is_clean(&several.log());
}
