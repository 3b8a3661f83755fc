//! Multi-model endpoints.

use super::client::Server;
use super::models::{predicted, tree};
use crate::util::{Tree, csv, sapwood};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

const ROW: &str = "0.1,0.2,0.3,0.4\n";

fn start(megabytes: &str) -> Server {
    Server::start(&[], &[("SAGEMAKER_MULTI_MODEL", "true"), ("SAPWOOD_MAX_MODEL_MEMORY_MB", megabytes)])
}

/// A directory with a model in it, as the platform unpacks them.
fn unpacked(tree_of_models: &Tree, name: &str, model: &str) -> String {
    tree_of_models.mkdir(name);
    fs::copy(tree().path(model), tree_of_models.path(&format!("{name}/model.sapwood"))).unwrap();
    tree_of_models.text(name)
}

fn load(server: &Server, name: &str, url: &str) -> super::client::Answer {
    server.send("POST /models", &[], json!({"model_name": name, "url": url}).to_string().as_bytes())
}

fn listed(server: &Server, query: &str) -> Value {
    serde_json::from_str(&server.get(&format!("/models{query}")).is(200, &[]).body).unwrap()
}

#[test]
fn models_come_and_go() {
    let (files, server) = (Tree::new(), start("100"));
    server.get("/ping").is(200, &[]);
    assert_eq!(listed(&server, ""), json!({"models": []}));
    let (amount, three) = (unpacked(&files, "a", "amount"), unpacked(&files, "b", "three"));
    load(&server, "one", &amount).is(200, &[]);
    load(&server, "one", &three).is(409, &["Model one is already registered."]);
    load(&server, "two/x y", &format!("{three}/model.sapwood")).is(200, &[]);
    assert_eq!(listed(&server, "")["models"].as_array().unwrap().len(), 2);
    let one = json!({"modelName": "one", "modelUrl": amount});
    let first = listed(&server, "?limit=1");
    assert_eq!(first, json!({"models": [one], "nextPageToken": "one"}));
    assert_eq!(listed(&server, "?limit=1&next_page_token=one")["models"][0]["modelName"], "two/x y");
    assert_eq!(serde_json::from_str::<Value>(&server.get("/models/one").is(200, &[]).body).unwrap(), one);

    let invoke =
        |name: &str| server.send(&format!("POST /models/{name}/invoke"), &["X-Amzn-SageMaker-Target-Model: x"], ROW.as_bytes());
    assert_eq!(invoke("one").is(200, &[]).body, predicted("amount", "row.csv", ROW, &[]));
    assert_eq!(invoke("two%2Fx%20y").is(200, &[]).body, predicted("three", "row.csv", ROW, &[]));
    invoke("three").is(404, &["Model not found: three"]);
    server.csv(ROW).is(404, &["/models/NAME/invoke"]);

    let delete = |name: &str| server.send(&format!("DELETE /models/{name}"), &[], b"");
    delete("one").is(200, &["unregistered"]);
    delete("one").is(404, &[]);
    server.get("/models/one").is(404, &[]);
    invoke("one").is(404, &[]);
    load(&server, "one", &amount).is(200, &[]);
    invoke("one").is(200, &[]);
}

#[test]
fn what_is_no_model_is_not_loaded() {
    let (files, server) = (Tree::new(), start("100"));
    load(&server, "none", &files.text("nowhere")).is(404, &["cannot be searched"]);
    load(&server, "none", &files.text("")).is(404, &["holds no *.sapwood file"]);
    files.write("bad/model.sapwood", "x".repeat(100));
    load(&server, "none", &files.text("bad")).is(400, &["not a Sapwood model"]);
    for body in [
        "",
        "{}",
        "[1]",
        "{\"model_name\": \"\", \"url\": \"/\"}",
        "{\"model_name\": 3, \"url\": \"/\"}",
        "{\"model_name\": \"x\"}",
    ] {
        server.send("POST /models", &[], body.as_bytes()).is(400, &[]);
    }
    assert_eq!(listed(&server, ""), json!({"models": []}));
}

#[test]
fn memory_is_bounded_and_given_back() {
    let (files, none) = (Tree::new(), start("0"));
    let adult = unpacked(&files, "adult", "adult");
    load(&none, "m", &adult).is(507, &["no memory for model m", "SAPWOOD_MAX_MODEL_MEMORY_MB"]);
    let server = start("1");
    let statuses: Vec<_> = (0..100).map(|i| load(&server, &format!("m{i}"), &adult).status).collect();
    let fitting = statuses.iter().position(|&status| status == 507).expect("an end to memory");
    assert!(fitting >= 1 && statuses[..fitting].iter().all(|&status| status == 200), "{statuses:?}");
    load(&server, "more", &adult).is(507, &[]);
    server.send("DELETE /models/m0", &[], b"").is(200, &[]);
    load(&server, "more", &adult).is(200, &[]);
}

#[test]
fn the_system_gets_the_memory_of_unloaded_models_back() {
    let (files, server) = (Tree::new(), start("1000"));
    files.write("train.csv", csv(4000, 1, |_, noise| format!("{noise}")));
    let words = ["num_round=30", "grow_policy=lossguide", "max_leaves=2000", "max_depth=0", "min_child_weight=0"];
    let model = files.text("large/m.sapwood");
    files.mkdir("large");
    sapwood([&["train", "--train", &files.text("train.csv"), "--model-out", &model], &words[..]].concat()).ok();
    // In the second turn there is nothing but what the first one left.
    for _ in 0..2 {
        let before = server.memory();
        (0..4).for_each(|i| drop(load(&server, &format!("m{i}"), &files.text("large")).is(200, &[])));
        let loaded = server.memory();
        assert!(loaded > before + (10 << 10), "{before} {loaded}");
        (0..4).for_each(|i| drop(server.send(&format!("DELETE /models/m{i}"), &[], b"").is(200, &[])));
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.memory() > before + (loaded - before) / 3 {
            assert!(Instant::now() < deadline, "{before} {loaded} {}", server.memory());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn loading_unloading_and_scoring_at_once() {
    let (files, server) = (Tree::new(), start("100"));
    let (amount, three) = (unpacked(&files, "a", "amount"), unpacked(&files, "b", "three"));
    let expected = [predicted("amount", "row.csv", ROW, &[]), predicted("three", "row.csv", ROW, &[])];
    std::thread::scope(|scope| {
        for url in [&amount, &three] {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..60 {
                    assert!([200, 409].contains(&load(server, "m", url).status));
                    assert!([200, 404].contains(&server.send("DELETE /models/m", &[], b"").status));
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..150 {
                    let answer = server.send("POST /models/m/invoke", &[], ROW.as_bytes());
                    assert!(answer.status == 404 || (answer.status == 200 && expected.contains(&answer.body)), "{answer:?}");
                }
            });
        }
    });
    server.get("/ping").is(200, &[]);
}
