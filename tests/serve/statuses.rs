//! Every route and every status that is not 200.

use super::client::{Server, answer};
use super::forms::Rows;
use super::models::{census, sparse, to_csv, tree};
use crate::util::{Tree, command, run, sapwood};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;

#[test]
fn the_routes_of_the_contract() {
    let server = Server::of(tree(), "amount", &["--threads", "3"], &[]);
    assert!(server.log().contains("reg:squarederror, 4 features"), "{}", server.log());
    server.get("/ping").is(200, &[]);
    let parameters: Value = serde_json::from_str(&server.get("/execution-parameters").is(200, &[]).body).unwrap();
    assert_eq!(parameters, json!({"MaxConcurrentTransforms": 3, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}));
    server.get("/models").is(404, &[]);
    server.get("/nothing").is(404, &["no route /nothing", "POST /invocations"]);
    server.get("/").is(404, &["POST /invocations"]);
    let refused = server.get("/invocations").is(405, &["does not take GET", "POST /invocations"]);
    assert_eq!(refused.header("allow"), Some("POST"));
    let environment = [
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "20"),
        ("SAGEMAKER_BATCH_STRATEGY", "SINGLE_RECORD"),
        ("SAGEMAKER_NUM_MODEL_WORKERS", "1"),
    ];
    let server = Server::of(tree(), "amount", &[], &environment);
    let parameters: Value = serde_json::from_str(&server.get("/execution-parameters").body).unwrap();
    assert_eq!(parameters, json!({"MaxConcurrentTransforms": 1, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 20}));
}

#[test]
fn a_body_that_is_empty_or_nothing_but_blanks_has_no_answer() {
    let server = Server::of(tree(), "amount", &[], &[]);
    for content_type in
        ["text/csv", "text/libsvm", "application/json", "application/jsonlines", "application/x-parquet", "image/png"]
    {
        assert_eq!(server.post(content_type, "text/csv", "").is(204, &[]).body, "");
    }
    assert_eq!(server.csv("\n \n").is(204, &[]).body, "");
}

#[test]
fn what_a_body_is_and_what_an_answer_may_be() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let row = "0.1,0.2,0.3,0.4";
    server.send("POST /invocations", &[], row.as_bytes()).is(200, &[]);
    server.post("image/png", "text/csv", row).is(415, &["\"image/png\" is not supported; use text/csv"]);
    server.post("application/x-recordio-protobuf", "text/csv", row).is(415, &[]);
    server.send("POST /invocations", &["Content-Encoding: gzip"], b"x").is(415, &["Content-Encoding"]);
    server.csv([0x1f, 0x8b, 8, 0]).is(415, &["compressed"]);
    server.post("text/csv", "image/png", row).is(406, &["text/csv, application/json, application/jsonlines"]);
    let json = Server::of(tree(), "amount", &[], &[("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json")]);
    let type_of = |accept: &str| json.post("text/csv", accept, row).is(200, &[]).header("content-type").map(String::from);
    assert_eq!(type_of("*/*").as_deref(), Some("application/json"));
    assert_eq!(type_of("").as_deref(), Some("application/json"));
    assert_eq!(type_of("text/csv, */*;q=0.5").as_deref(), Some("text/csv; charset=utf-8"));
}

#[test]
fn csv_that_cannot_be_read_or_does_not_fit() {
    let (names, rows) = census(3);
    let adult = Server::of(tree(), "adult", &[], &[]);
    let file = to_csv(Some(&names), &rows);
    adult.csv(file.replace("age,", "agee,")).is(400, &["unknown column \"agee\": request; did you mean \"age\"?"]);
    adult.csv(file.replace("workclass,", "age,")).is(400, &["two columns are called \"age\""]);
    let short: String = file.lines().map(|line| line.split_once(',').unwrap().1.to_string() + "\n").collect();
    adult.csv(&short).is(400, &["missing columns: request has no age"]);
    let extra: String = file.lines().map(|line| format!("{line},<=50K\n")).collect();
    adult.csv(extra.replacen("<=50K", "income", 1)).is(400, &["unknown column \"income\""]);
    adult.csv(to_csv(Some(&names), &[])).is(415, &["Loading csv data failed: no rows"]);
    let headerless = to_csv(None, &rows);
    adult.csv(format!("{headerless}1,2\n")).is(400, &["ragged row: request:4: expected 14 cells, found 2"]);

    let server = Server::of(tree(), "amount", &[], &[]);
    server.csv("1,2,3\n").is(400, &["wrong number of columns: request:1: expected 4, found 3"]);
    server.csv("\n\n1,2,3,4,5\n").is(400, &["request:3: expected 4, found 5"]);
    server.csv("1,2,3,4\n1,x,3,4\n").is(
        415,
        &[
            "Loading csv data failed: text in a column of numbers: request:2:2",
            "\"x\"; correct it, or send no value where it is missing (an empty cell, in JSON null)\n",
        ],
    );
    server.csv("1,2,3,4\n1,2,inf,4\n").is(415, &["infinite value: request:2:3"]);
    server.csv("1,2,3,9007199254740993\n").is(415, &["integer beyond 2^53"]);
    server.csv(b"1,2,3,\xff\n").is(415, &["Loading csv data failed"]);
    server.csv("1,\0,3,4").is(415, &["NUL"]);
    server.csv("1,nan,,4").is(200, &[]);
    assert!(server.log().contains("warning: POST /invocations 400: wrong number of columns"), "{}", server.log());
}

#[test]
fn libsvm_and_parquet_that_cannot_be_read_or_do_not_fit() {
    let server = Server::of(tree(), "sparse", &[], &[]);
    let libsvm = |body: &str| server.post("text/libsvm", "text/csv", body);
    libsvm("a,b\n1,2\n").is(415, &["Loading libsvm data failed: ", "request:1"]);
    libsvm("1 1:0.5 x:2\n").is(415, &["no index:value pair: request:1: \"x:2\""]);
    libsvm("1 5:0.5\n").is(415, &["index beyond the model's features"]);
    libsvm("1 0:0.5\n").is(415, &["index 0"]);
    let parquet = server.post("application/x-parquet", "text/csv", "1,2,3").is(415, &["Loading parquet data failed: "]);
    assert!(parquet.body.contains("not a Parquet file"), "{parquet:?}");
    server.post("application/x-parquet", "text/csv", "PAR1 and nothing more").is(415, &[]);
    let names = ["f0", "f1", "f2", "f3"].map(String::from).to_vec();
    let bytes = Rows { names, cells: vec![["1", "2", "3", "4"].map(String::from).to_vec()] }.parquet();
    server.post("application/x-parquet", "text/csv", &bytes).is(200, &[]);
    // The same name twice, which no writer writes.
    let twice: Vec<_> = (0..bytes.len()).map(|at| if at > 0 && &bytes[at - 1..=at] == b"f3" { b'2' } else { bytes[at] }).collect();
    server.post("application/x-parquet", "text/csv", twice).is(415, &["Loading parquet data failed: "]);
    let named = Server::of(tree(), "amount", &[], &[]);
    named.post("text/libsvm", "text/csv", sparse(1, false)).is(400, &["the model was not trained on libsvm data"]);
    named.post("text/csv", "text/csv", "PAR1").is(415, &["this is a Parquet file, not CSV"]);
}

#[test]
fn json_that_cannot_be_read_or_does_not_fit() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let json = |body: &str| server.post("application/json", "text/csv", body);
    json("{\"instances\": [[1, 2,\n 3, oops]]}").is(400, &["Loading json data failed: ", "request:2:5"]);
    json("[[1, 2, 3]]").is(400, &["wrong number of columns: request:1:2: expected 4, found 3"]);
    json("[{\"f0\": 1, \"f1\": 2, \"f2\": 3}]").is(400, &["missing columns: request:1:2 has no f3"]);
    json("[{\"f0\": 1, \"f1\": 2, \"f2\": 3, \"f33\": 4}]")
        .is(400, &["unknown column \"f33\": request:1:", "did you mean \"f3\"?"]);
    json("[{\"f0\": 1, \"f0\": 2, \"f2\": 3, \"f3\": 4}]").is(400, &["column \"f0\" is given twice"]);
    json("{\"columns\": [\"f0\", \"f0\"], \"data\": []}").is(400, &["column \"f0\" is given twice"]);
    json("{\"columns\": [\"f0\", \"f1\"], \"data\": []}").is(400, &["missing columns: request has no f2, f3"]);
    json("{\"columns\": [\"f3\", \"f2\", \"f1\", \"f0\"], \"data\": [[1, 2]]}").is(400, &["expected 4, found 2"]);
    json("{\"instances\": [[1, 2, 3, 4]], \"more\": 1}").is(400, &["unexpected \"more\" beside instances"]);
    json("[[1, 2, 3, \"x\"]]").is(400, &["text in a column of numbers (column f3): request:1:", "x"]);
    json("[[1, 2, 3, [4]]]").is(400, &["where one value is expected"]);
    json("[[1, 2, 3, 1e999]]").is(400, &["infinite value (column f3)"]);
    json("[[1, 2, 3, 9007199254740993]]").is(400, &["integer beyond 2^53"]);
    json("[[1, 2, 3, \"\\ud800\"]]").is(400, &["Loading json data failed"]);
    json("[]").is(400, &["no rows"]);
    json("{\"instances\": []}").is(400, &["no rows"]);
    json("17").is(400, &["neither array nor object"]);
    json("[[1, 2, 3, 4], 5]").is(400, &["a row that is neither object nor array: request:1:16"]);
    json("[{\"features\": {\"keys\": [1], \"values\": [1]}}]").is(400, &["\"values\" and nothing else"]);
    json("[[1, 2, 3, null], [true, \"4.5\", \"\", \"NA\"]]").is(200, &[]);
    json("[1, 2, 3, 4]").is(200, &[]);
    json("{\"f0\": 1, \"f1\": 2, \"f2\": 3, \"f3\": null}").is(200, &[]);
    let lines = |body: &str| server.post("application/jsonlines", "text/csv", body);
    lines("[1,2,3,4]\n[1,2,3\n").is(400, &["Loading jsonlines data failed: ", "request:2:"]);
    lines("[1,2,3,4]\n\n[1,2,3]\n").is(400, &["request:3:1: expected 4, found 3"]);
}

#[test]
fn bodies_that_are_too_large() {
    let server = Server::of(tree(), "amount", &[], &[("MAX_CONTENT_LENGTH", "1000")]);
    let rows = "0.1,0.2,0.3,0.4\n".repeat(100);
    server.csv(&rows).is(413, &["larger than 1000 bytes"]);
    server.csv(&rows[..960]).is(200, &[]);
    let mut stream = server.connect();
    stream.write_all(b"POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    let chunk = &rows[..800];
    stream.write_all(format!("320\r\n{chunk}\r\n320\r\n{chunk}\r\n0\r\n\r\n").as_bytes()).unwrap();
    answer(stream).is(413, &[]);
    let mut stream = server.connect();
    stream
        .write_all(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999\r\nExpect: 100-continue\r\n\r\n",
        )
        .unwrap();
    answer(stream).is(413, &[]);
    let default = Server::of(tree(), "amount", &[], &[]);
    default.csv("0.1,0.2,0.3,0.4\n".repeat(400_000)).is(413, &["larger than 6291456 bytes"]);
    let batch = Server::of(tree(), "amount", &[], &[("SAGEMAKER_BATCH", "true"), ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "7")]);
    let answer = batch.csv("0.1,0.2,0.3,0.4\n".repeat(400_000)).is(200, &[]);
    assert_eq!(answer.body.split('\n').count(), 400_001);
}

#[test]
fn a_model_is_found_in_sagemaker_s_tree_or_the_server_does_not_start() {
    let opt = Tree::new();
    let start = |opt: &Tree| {
        let mut command = command(["serve", "--port", "0"]);
        command.env("SAGEMAKER_BASE_DIR", opt.path(""));
        run(command)
    };
    start(&opt).user_error(&["cannot be searched for a model"]);
    opt.write("model/notes.txt", "x");
    start(&opt).user_error(&["holds no *.sapwood file (found: notes.txt)"]);
    fs::copy(tree().path("amount"), opt.path("model/a.sapwood")).unwrap();
    opt.write("model/.b.sapwood", "hidden");
    let server = Server::start(&[], &[("SAGEMAKER_BASE_DIR", &opt.text(""))]);
    server.csv("1,2,3,4").is(200, &[]);
    opt.write("model/b.sapwood", "x");
    start(&opt).user_error(&["several models", "a.sapwood, b.sapwood", "--model"]);
    sapwood(["serve", "--model", &opt.text("model/b.sapwood")]).user_error(&["b.sapwood: not a Sapwood model"]);
    let pipes = Tree::new();
    pipes.mkdir("model");
    assert!(std::process::Command::new("mkfifo").arg(pipes.path("model/model.sapwood")).status().unwrap().success());
    start(&pipes).user_error(&["holds no *.sapwood file (found: model.sapwood (a pipe))"]);
    sapwood(["serve", "--model", &pipes.text("model/model.sapwood")]).user_error(&["model.sapwood: is a pipe, not a file"]);
}

#[test]
fn settings_that_make_no_sense_are_errors_before_a_port_is_open() {
    let fails = |variable: &str, value: &str, fragments: &[&str]| {
        let mut command = command(["serve", "--port", "0", "--model", &tree().text("amount")]);
        command.env(variable, value);
        run(command).user_error(fragments);
    };
    fails("MAX_CONTENT_LENGTH", "6MB", &["MAX_CONTENT_LENGTH=\"6MB\" is not a number"]);
    fails("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "image/png", &["set it to one of text/csv"]);
    fails("SAGEMAKER_INFERENCE_OUTPUT", "probability", &["it has predicted_score"]);
    fails("SAGEMAKER_MULTI_MODEL", "maybe", &["set it to true or false"]);
    fails("SAPWOOD_SERVE_PARAMETERS", "eta=1", &["eta is a training parameter"]);
    fails("SAPWOOD_SERVE_PARAMETERS", "ignore_columns=a", &["only base_margin_column may be set here"]);
    sapwood(["serve", "--model", &tree().text("amount"), "--port", "1", "--host", "203.0.113.1"]).user_error(&["cannot listen on"]);
}
