//! Quotes in CSV that nobody closes: they take the rest of the file for one cell.

use crate::serve::client::Server;
use crate::util::{Run, Tree, sapwood};

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["train", "--train", &data, "--model-out", &model, "--label", "y", "num_round=2"];
    sapwood(args.iter().chain(more))
}

#[test]
fn new_user_an_unclosed_quote_is_the_user_s_error_and_its_place_is_named() {
    let tree = Tree::new();
    let long: String = (0..60_000).map(|i| format!("{},{}\n", i % 2, i % 7)).collect();
    for (text, place) in [
        ("y,a\n1,2\n0,\"3\n".to_string(), "q.csv:3:2"),
        ("y,a\n1,2\n0,\"3".to_string(), "q.csv:3:2"),
        ("y,a\n1,2\n\"0,3\n1,4\n".to_string(), "q.csv:3:1"),
        ("y,a\n1,\"2\n0,3\n1,4\n".to_string(), "q.csv:2:2"),
        ("y,\"a\n1,2\n0,3\n".to_string(), "q.csv:1:2"),
        ("\n\"y,a\n1,2\n0,3\n".to_string(), "q.csv:2:1"),
        ("y;a\n1;2\n0;\"3\n".to_string(), "q.csv:3:2"),
        (format!("y,a\n{long}0,\"3\n{long}"), "q.csv:60002:2"),
        ("y,a\n1,\"x\ny\"\n0,\"3\n".to_string(), "q.csv:4:2"),
    ] {
        tree.write("q.csv", &text);
        let label = if place == "q.csv:1:2" || place == "q.csv:2:1" { "0" } else { "y" };
        let run =
            sapwood(["train", "--train", &tree.text("q.csv"), "--model-out", &tree.text("m"), "--label", label, "num_round=2"]);
        let message = run.user_error(&[&format!("{place} is never closed")]);
        assert!(message.starts_with("UserError: quote opened at "), "{message}");
    }
    tree.write("q.csv", "y,a\n1,x\n0,\"y\n1,\"z\"\n0,x\n");
    train(&tree, "q.csv", &[]).user_error(&["quote opened at ", "q.csv:3:2 is closed further down"]);
    // What may be in quotes is read.
    tree.write("q.csv", "y,a\n1,\"x\n\"\"y\"\"\"\n0,\"z\"\n1,say \"hi\"\n0,z\n");
    assert!(train(&tree, "q.csv", &[]).ok().stderr.contains("4 rows and 1 column"));
}

#[test]
fn new_user_an_unclosed_quote_in_data_to_score_is_an_error() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", i % 2, i % 7, ["x", "z"][i % 2])).collect();
    tree.write("t.csv", format!("y,a,b\n{rows}"));
    train(&tree, "t.csv", &["objective=binary:logistic"]).ok();
    tree.write("q.csv", "y,a,b\n1,2,x\n0,3,\"z\n1,4,x\n");
    let (data, model) = (tree.text("q.csv"), tree.text("m"));
    let expected = "q.csv:3:3 is never closed";
    sapwood(["predict", "--model", &model, "--data", &data]).user_error(&[expected]);
    sapwood(["evaluate", "--model", &model, "--data", &data]).user_error(&[expected]);
    train(&tree, "t.csv", &["--validation", &data, "objective=binary:logistic"]).user_error(&[expected]);
    let server = Server::of(&tree, "m", &[], &[]);
    server.csv("2,x\n3,\"z\n4,z\n5,x\n").is(400, &["quote opened at request:2:2 is never closed"]);
}
