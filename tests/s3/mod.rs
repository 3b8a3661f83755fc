//! `s3://` in the place of paths: the same results as with files, whatever happens on the way.

mod server;

use crate::util::{Run, SAPWOOD, Tree, amount, class_of_three, csv, csv_with_header, run, sapwood};
use server::{Fate, Line, Request, Store, store};
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const ROUNDS: [&str; 2] = ["num_round=5", "max_depth=4"];

/// Bytes of a range that is asked for at a time.
const RANGE: usize = 8 << 20;

/// A store with a bucket of that name, if there is a stand-in here.
fn bucket(name: &str) -> Option<Arc<Store>> {
    let store = store()?;
    store.create(name);
    Some(store)
}

/// Rows of three numbers whose text takes more than `bytes`.
fn large(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 100);
    let mut row = 0u64;
    while text.len() <= bytes {
        let x = row.wrapping_mul(2_654_435_761) % 1_000_003;
        text += &format!("{},{x},{}.{:0>30}\n", x % 97, row % 1013, x * x);
        row += 1;
    }
    text
}

/// Trains on a file, and on the same content in S3 through `line`; both must give the same model.
#[track_caller]
fn trains_as_on_files(line: &Line, tree: &Tree, uri: &str, path: &str) {
    let (here, there) = (tree.text("here.sapwood"), tree.text("there.sapwood"));
    sapwood([&["train", "--train", path, "--model-out", &here], &ROUNDS[..]].concat()).ok();
    line.sapwood(&[&["train", "--train", uri, "--model-out", &there], &ROUNDS[..]].concat()).ok();
    assert_eq!(fs::read(here).unwrap(), fs::read(there).unwrap());
}

#[test]
fn a_directory_of_objects_is_read_like_a_directory_of_files() {
    let Some(store) = bucket("directories") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    // Keys are not listed in the order in which directories are read; some are no data.
    let files = [
        ("b/2.csv", csv_with_header(200, 1, amount)),
        ("b-side.csv", csv_with_header(100, 2, amount)),
        ("b/10.csv", csv_with_header(50, 3, amount)),
        ("a.csv", csv_with_header(70, 4, amount)),
        ("_SUCCESS", String::new()),
        (".hidden/x.csv", "not,data\n".to_string()),
        ("c/part.csv.crc", "not,data\n".to_string()),
        ("c/_temporary/x.csv", "not,data\n".to_string()),
        ("empty.csv", String::new()),
        ("dir/", String::new()),
    ];
    for (name, text) in &files {
        store.put(&format!("/directories/train/{name}"), text);
        if !name.ends_with('/') {
            tree.write(&format!("train/{name}"), text);
        }
    }
    store.put("/directories/train-old/x.csv", "not,data\n");
    let model = tree.text("model");
    for uri in ["s3://directories/train", "s3://directories/train/"] {
        trains_as_on_files(&line, &tree, uri, &tree.text("train"));
        // One prediction a row, so that their order shows.
        let rows = |data: &str| line.sapwood(&["predict", "--model", &model, "--label", "y", "--data", data]).ok();
        sapwood(["train", "--train", &tree.text("train"), "--model-out", &model, "num_round=3"]).ok();
        let (here, there) = (rows(&tree.text("train")), rows(uri));
        assert_eq!(here.stdout, there.stdout);
        let note = |run: &Run| run.stderr.lines().find(|line| line.contains("skipped")).map(str::to_string);
        assert!(note(&here).is_some_and(|note| note.contains("and 4 more")), "{here:?}");
        assert!(
            note(&there).is_some_and(|note| note.contains("s3://directories/train/") && note.contains("and 4 more")),
            "{there:?}"
        );
    }
    let wrong = line.sapwood(&["train", "--train", "s3://directories/c", "--model-out", &tree.text("m"), "num_round=1"]);
    wrong.user_error(&["s3://directories/c: there is no such object, and there are none under s3://directories/c/"]);
    store.put("/directories/nothing/_SUCCESS", "1\n");
    let wrong = line.sapwood(&["train", "--train", "s3://directories/nothing", "--model-out", &tree.text("m"), "num_round=1"]);
    wrong.user_error(&["no data in s3://directories/nothing/: there are only hidden", "(1)"]);
}

#[test]
fn model_predictions_and_summary_may_all_be_in_s3() {
    let Some(store) = bucket("everything") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    let (train, test) = (csv_with_header(500, 1, class_of_three), csv_with_header(300, 2, class_of_three));
    store.put("/everything/train.csv", &train);
    store.put("/everything/test.csv", &test);
    let (train, test) = (tree.write("train.csv", train), tree.write("test.csv", test));
    let run = line.sapwood(&[
        "train",
        "--train",
        "s3://everything/train.csv",
        "--validation",
        "s3://everything/test.csv",
        "--eval-set",
        "again=s3://everything/test.csv",
        "--label",
        "y",
        "--model-out",
        "s3://everything/out/m.sapwood",
        "--summary",
        "s3://everything/out/summary.json",
        "objective=multi:softprob",
        "num_class=3",
        "num_round=4",
    ]);
    let last = run.ok().metric_lines().pop().expect("lines");
    assert_eq!(last.value("validation-mlogloss"), last.value("again-mlogloss"));
    let summary: serde_json::Value = serde_json::from_slice(&store.get("/everything/out/summary.json").unwrap()).unwrap();
    assert_eq!(summary["io"]["fetched_files"], 3);

    let (train, test, model) = (train.to_str().unwrap(), test.to_str().unwrap(), tree.text("m.sapwood"));
    let words = ["objective=multi:softprob", "num_class=3", "num_round=4"];
    sapwood([&["train", "--train", train, "--validation", test, "--label", "y", "--model-out", &model], &words[..]].concat()).ok();
    assert_eq!(store.get("/everything/out/m.sapwood").unwrap(), fs::read(&model).unwrap());

    let (there, data) = ("s3://everything/out/m.sapwood", "s3://everything/test.csv");
    let predict = |model: &str, data: &str| ["predict", "--model", model, "--data", data, "--label", "y"].map(str::to_string);
    let expected = sapwood(predict(&model, test)).ok().stdout;
    assert_eq!(run_words(&line, &predict(there, data)), expected);
    let out = [&predict(there, data)[..], &["--out".to_string(), "s3://everything/out/p.csv".to_string()]].concat();
    run_words(&line, &out);
    assert_eq!(store.get("/everything/out/p.csv").unwrap(), expected.as_bytes());
    let inspect = |line: &Line, model: &str| line.sapwood(&["inspect", "--json", "--model", model]).ok().stdout;
    assert_eq!(inspect(&line, there), inspect(&line, &model));
    let evaluate = |model: &str, data: &str| line.sapwood(&["evaluate", "--model", model, "--data", data]).ok().stdout;
    assert_eq!(evaluate(there, data), evaluate(&model, test));
}

fn run_words(line: &Line, words: &[String]) -> String {
    run(line.command(words)).ok().stdout
}

#[test]
fn every_format_comes_from_s3() {
    let Some(store) = bucket("formats") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, csv(400, 7, amount).as_bytes()).unwrap();
    let mut frame = polars::prelude::df!(
        "y" => (0..300).map(|row| f64::from(row % 17)).collect::<Vec<_>>(),
        "a" => (0..300).map(|row| f64::from(row * row % 23)).collect::<Vec<_>>(),
        "b" => (0..300).collect::<Vec<i32>>()
    )
    .unwrap();
    let mut parquet = Vec::new();
    polars::prelude::ParquetWriter::new(&mut parquet).with_row_group_size(Some(100)).finish(&mut frame).unwrap();
    let libsvm: String = (0..200).map(|row| format!("{} 1:{} 3:{}\n", row % 7, row * row % 23, row % 5)).collect();
    for (name, content) in [("x.csv.gz", gzip.finish().unwrap()), ("x.parquet", parquet), ("x.libsvm", libsvm.into_bytes())] {
        store.put(&format!("/formats/{name}"), &content);
        tree.write(name, &content);
        trains_as_on_files(&line, &tree, &format!("s3://formats/{name}"), &tree.text(name));
    }
}

#[test]
fn ranges_of_a_large_object_come_side_by_side_and_each_byte_once() {
    let Some(store) = bucket("large") else { return };
    let tree = Tree::new();
    let text = large(2 * RANGE + RANGE / 2);
    store.put("/large/x.csv", &text);
    let path = tree.write("x.csv", &text);
    let line = Line::new(&store, |request| if request.is_read() { Fate::Wait(Duration::from_millis(500)) } else { Fate::Pass });
    trains_as_on_files(&line, &tree, "s3://large/x.csv", path.to_str().unwrap());
    let mut ranges: Vec<_> = line.reads().iter().map(Request::range).collect();
    ranges.sort_unstable();
    let (range, length) = (RANGE as u64, text.len() as u64);
    assert_eq!(ranges, [(0, range - 1), (range, 2 * range - 1), (2 * range, length - 1)]);
    assert!(line.busiest() >= 3, "{}", line.busiest());
}

#[test]
fn a_line_that_breaks_is_taken_up_where_it_broke() {
    let Some(store) = bucket("broken") else { return };
    let tree = Tree::new();
    let text = large(RANGE + RANGE / 2);
    store.put("/broken/x.csv", &text);
    let path = tree.write("x.csv", &text);
    const CUT: usize = 3 << 20;
    let line = Line::new(&store, |request| if request.is_read() { Fate::Cut(CUT) } else { Fate::Pass });
    trains_as_on_files(&line, &tree, "s3://broken/x.csv", path.to_str().unwrap());
    let mut starts: Vec<_> = line.reads().iter().map(|request| request.range().0 as usize).collect();
    starts.sort_unstable();
    assert_eq!(starts, [0, CUT, 2 * CUT, RANGE, RANGE + CUT]);

    let dead = Line::new(&store, |request| if request.is_read() { Fate::Cut(0) } else { Fate::Pass });
    let mut failed = dead.command(["train", "--train", "s3://broken/x.csv", "--model-out", &tree.text("m"), "num_round=1"]);
    failed.env("AWS_MAX_ATTEMPTS", "4");
    run(failed).user_error(&["s3://broken/x.csv: the connection ended 4 times after", "check the network"]);
    assert!(!tree.path("m").exists());
}

#[test]
fn a_store_that_trickles_is_given_up() {
    let Some(store) = bucket("trickle") else { return };
    let tree = Tree::new();
    store.put("/trickle/x.csv", csv(3000, 5, amount));
    // Ten bytes a second, which the SDK takes for an answer.
    let line = Line::new(&store, |request| if request.is_read() { Fate::Drip(Duration::from_millis(100)) } else { Fate::Pass });
    let mut command = line.command(["train", "--train", "s3://trickle/x.csv", "--model-out", &tree.text("m"), "num_round=1"]);
    command.env("AWS_MAX_ATTEMPTS", "1");
    run(command)
        .user_error(&["s3://trickle/x.csv: the connection ended 1 times after", "fewer than 65536 bytes came in 20 seconds"]);
}

#[test]
fn a_list_without_end_is_given_up() {
    let Some(store) = bucket("endless") else { return };
    let tree = Tree::new();
    for objects in [0, 1] {
        let pages = AtomicUsize::new(0);
        let line = Line::new(&store, move |request| {
            if !request.target.contains("list-type") {
                return Fate::Pass;
            }
            let page = pages.fetch_add(1, Ordering::SeqCst);
            let object =
                format!("<Contents><Key>d/{page}.csv</Key><Size>9</Size><ETag>\"{page}\"</ETag></Contents>").repeat(objects);
            let body = format!(
                "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{page}</NextContinuationToken>{object}\
                 </ListBucketResult>"
            );
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: ";
            Fate::Answer(format!("{head}{}\r\n\r\n{body}", body.len()).leak())
        });
        let words = ["train", "--train", "s3://endless/d/", "--model-out", &tree.text("m"), "num_round=1"];
        line.sapwood(&words).user_error(&["s3://endless/d/: the store's list of objects cannot be trusted: it does not end"]);
    }
}

#[test]
fn a_busy_store_is_asked_again() {
    let Some(store) = bucket("busy") else { return };
    let tree = Tree::new();
    let text = csv(300, 5, amount);
    store.put("/busy/x.csv", &text);
    let path = tree.write("x.csv", &text);
    let count = AtomicUsize::new(0);
    let busy = "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 69\r\nConnection: close\r\n\r\n\
                <Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
    // More than the SDK puts up with by itself, some without an answer at all.
    let line = Line::new(&store, move |request| match request.is_read().then(|| count.fetch_add(1, Ordering::SeqCst)) {
        Some(0 | 2) => Fate::Answer(busy),
        Some(1 | 3) => Fate::Answer(""),
        _ => Fate::Pass,
    });
    trains_as_on_files(&line, &tree, "s3://busy/x.csv", path.to_str().unwrap());
    assert_eq!(line.reads().len(), 5);
}

#[test]
fn an_object_that_is_replaced_meanwhile_is_an_error() {
    let Some(store) = bucket("replaced") else { return };
    let tree = Tree::new();
    store.put("/replaced/x.csv", csv(300, 5, amount));
    let writer = store.clone();
    let line = Line::new(&store, move |request| {
        if request.is_read() {
            writer.put("/replaced/x.csv", csv(300, 6, amount));
        }
        Fate::Pass
    });
    let failed = line.sapwood(&["train", "--train", "s3://replaced/x.csv", "--model-out", &tree.text("m"), "num_round=1"]);
    failed.user_error(&["s3://replaced/x.csv: it changed while it was read"]);
    assert!(!tree.path("m").exists());
}

#[test]
fn binned_data_are_kept_under_the_objects_etags() {
    let Some(store) = bucket("cached") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    store.put("/cached/x.csv", csv(300, 5, amount));
    let (cache, model) = (tree.text("cache"), tree.text("m"));
    let train = |reads: usize| {
        let before = line.reads().len();
        line.sapwood(&["train", "--train", "s3://cached/x.csv", "--model-out", &model, "--cache", &cache, "num_round=3"]).ok();
        assert_eq!(line.reads().len() - before, reads);
        fs::read(&model).unwrap()
    };
    let first = train(1);
    assert_eq!(train(0), first, "the second job reads no object");
    store.put("/cached/x.csv", csv(300, 6, amount));
    assert_ne!(train(1), first, "other content has another ETag");
}

#[test]
fn large_results_are_written_in_parts() {
    let Some(store) = bucket("parts") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    let train = tree.write("train.csv", csv(300, 5, amount));
    let model = tree.text("m");
    sapwood(["train", "--train", train.to_str().unwrap(), "--model-out", &model, "num_round=3", "eta=0.1"]).ok();
    let rows = tree.write("rows.csv", csv(1_000_000, 9, |_, _| "0".to_string()));
    let predict = ["predict", "--model", &model, "--data", rows.to_str().unwrap(), "--label", "0"];
    let expected = sapwood(predict).ok().stdout;
    assert!(expected.len() > 16 << 20, "{}", expected.len());
    line.sapwood(&[&predict[..], &["--out", "s3://parts/p.csv"]].concat()).ok();
    assert!(store.get("/parts/p.csv").unwrap() == expected.as_bytes());
    let parts = line.seen().iter().filter(|request| request.target.contains("partNumber=")).count();
    assert_eq!(parts, expected.len().div_ceil(16 << 20));
}

/// An answer that refuses.
const DENIED: &str = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: 71\r\nConnection: close\r\n\r\n\
                      <Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

const DENIED_HEAD: &str = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n";

#[test]
fn what_may_not_be_written_is_known_before_anything_is_read() {
    let Some(store) = bucket("readonly") else { return };
    store.put("/readonly/x.csv", csv(300, 5, amount));
    let line = Line::new(&store, |request| if request.method == "POST" { Fate::Answer(DENIED) } else { Fate::Pass });
    let failed = line.sapwood(&["train", "--train", "s3://readonly/x.csv", "--model-out", "s3://readonly/m", "num_round=1"]);
    failed.user_error(&["s3://readonly/m: AccessDenied", "permission s3:PutObject"]);
    assert_eq!(line.reads().len(), 0);
    assert!(store.get("/readonly/m").is_none());
}

#[test]
fn a_model_that_cannot_be_brought_to_s3_stays_here() {
    let Some(store) = bucket("lost") else { return };
    let tree = Tree::new();
    let train = tree.write("train.csv", csv(300, 5, amount));
    let words = ["train", "--train", train.to_str().unwrap(), "num_round=3", "--model-out"];
    let here = tree.text("here");
    sapwood([&words[..], &[&here]].concat()).ok();
    let line = Line::new(&store, |request| if request.method == "PUT" { Fate::Answer(DENIED) } else { Fate::Pass });
    let mut command = line.command([&words[..], &["s3://lost/m"]].concat());
    command.env("TMPDIR", tree.mkdir("tmp"));
    run(command).user_error(&["s3://lost/m: AccessDenied", "the result is kept in"]);
    let [(_, kept)] = &tree.files("tmp")[..] else { panic!("{:?}", tree.files("tmp")) };
    assert!(*kept == fs::read(here).unwrap());

    // Models are put together in memory.
    let mut command = Line::to(&store).command([&words[..], &["s3://lost/m"]].concat());
    command.env("TMPDIR", tree.path("none"));
    run(command).ok();
    assert!(store.get("/lost/m").unwrap() == *kept);
    let uploads = String::from_utf8(store.get("/lost?uploads").unwrap()).unwrap();
    assert!(!uploads.contains("<Upload>"), "{uploads}");
}

#[test]
fn keys_that_differ_as_paths_do_not_are_different_objects() {
    let Some(store) = bucket("slashes") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    store.put("/slashes/a//x.csv", csv(100, 1, amount));
    store.put("/slashes/a/x.csv", csv(100, 2, amount));
    let (model, words) = (tree.text("m"), ["--train", "s3://slashes/a//x.csv", "num_round=1", "same_data=error"]);
    let validated = |uri: &str| line.sapwood(&[&["train", "--model-out", &model, "--validation", uri], &words[..]].concat());
    validated("s3://slashes/a/x.csv").ok();
    validated("S3://slashes/a//x.csv").user_error(&["are the same data", "same_data=error"]);
}

#[test]
fn more_objects_than_a_page_lists_and_files_may_be_open() {
    let Some(store) = bucket("many") else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    for index in 0..1_050 {
        let text = csv(2, index, amount);
        store.put(&format!("/many/parts/{index:04}.csv"), &text);
        tree.write(&format!("parts/{index:04}.csv"), text);
    }
    trains_as_on_files(&line, &tree, "s3://many/parts/", &tree.text("parts"));
    assert_eq!(line.reads().len(), 1_050);
    // The limit is raised as far as may be.
    let limited = |limit: &str, uri: &str| {
        let script = format!("ulimit {limit}; exec \"$0\" train --train {uri} --model-out \"$1\" num_round=1");
        let command = with_environment_of(&line.command([""; 0]), "sh", &["-c", &script, SAPWOOD, &tree.text("m")]);
        run(command)
    };
    limited("-S -n 300", "s3://many/parts/").ok();
    limited("-n 300", "s3://many/parts/0000.csv").ok();
    limited("-n 300", "s3://many/parts/").user_error(&["the data are 1050 objects", "only 300 files", "ulimit -n"]);
}

/// Another program in the environment of a command.
fn with_environment_of(command: &Command, program: &str, args: &[&str]) -> Command {
    let mut other = Command::new(program);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other.args(args).stdin(Stdio::null());
    other
}

#[test]
fn the_region_of_a_bucket_is_found_out() {
    let Some(store) = bucket("elsewhere") else { return };
    store.put("/elsewhere/x.csv", csv(300, 5, amount));
    let line = Line::new(&store, |request| match &*request.method {
        "HEAD" if request.target == "/elsewhere" || request.target == "/elsewhere/" => Fate::Mark("x-amz-bucket-region: eu-west-3"),
        _ => Fate::Pass,
    });
    let tree = Tree::new();
    line.sapwood(&["train", "--train", "s3://elsewhere/x.csv", "--model-out", &tree.text("m"), "num_round=1"]).ok();
    let signed = line.reads()[0].header("authorization").unwrap().to_string();
    assert!(signed.contains("/eu-west-3/s3/"), "{signed}");
}

#[test]
fn errors_say_what_to_do() {
    let Some(store) = bucket("errors") else { return };
    let tree = Tree::new();
    let line = Line::to(&store);
    let failed = |words: &[&str], fragments: &[&str]| line.sapwood(words).user_error(fragments);
    failed(&["inspect", "--model", "s3://no-such-bucket/m"], &["s3://no-such-bucket/m: there is no bucket no-such-bucket"]);
    failed(&["inspect", "--model", "s3://errors/m"], &["s3://errors/m: there is no such object"]);
    failed(&["inspect", "--model", "s3://errors"], &["there is no such object"]);
    failed(&["inspect", "--model", "gs://errors/m"], &["gs://errors/m", "files and s3:// URIs"]);
    store.put("/errors/m", large(RANGE * 3));
    failed(&["inspect", "--model", "s3://errors/m"], &["s3://errors/m: not a Sapwood model"]);
    let read: u64 = line.reads().iter().map(|request| request.range().1 - request.range().0 + 1).sum();
    assert!(read <= RANGE as u64, "what is no model is not read to its end: {read}");

    let train = |flags: &[&'static str]| [&["train", "--train", "s3://errors/m", "num_round=1"], flags].concat();
    failed(&train(&["--model-out", "s3://errors/"]), &["s3://errors/: is a directory"]);
    failed(
        &train(&["--model-out", "s3://errors/x", "--summary", "S3://errors/x"]),
        &["the model, the summary and the history cannot be the same file"],
    );
    for same in ["s3://errors/m", "S3://errors/m"] {
        failed(&train(&["--model-out", same]), &["errors/m: is an input of this command and would be overwritten"]);
    }
    failed(
        &train(&["--model-out", "s3://errors/x", "--summary", "s3://errors/x"]),
        &["the model, the summary and the history cannot be the same file"],
    );
    failed(
        &train(&["--model-out", "m", "--checkpoints", "s3://errors/c"]),
        &["--checkpoints s3://errors/c: must be a local directory"],
    );
    failed(&train(&["--model-out", "m", "--cache", "s3://errors/c"]), &["--cache s3://errors/c: must be a local directory"]);
    let mut cached = line.command(train(&["--model-out", "m"]));
    cached.env("SAPWOOD_CACHE", "s3://errors/c");
    run(cached).user_error(&["s3://errors/c: must be a local directory"]);
    failed(&train(&["--model-out", "m", "--train", "x.csv"]), &["--train: x.csv: is a local path among S3 URIs"]);

    let mut anonymous = line.command(["inspect", "--model", "s3://errors/m"]);
    anonymous.env_remove("AWS_ACCESS_KEY_ID");
    run(anonymous).user_error(&["s3://errors/m: no AWS credentials found: set AWS_ACCESS_KEY_ID"]);
    let mut alone = line.command(["inspect", "--model", "s3://errors/m"]);
    alone.env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1").env("AWS_MAX_ATTEMPTS", "1");
    run(alone).user_error(&["s3://errors/m: S3 cannot be reached: Connection refused", "AWS_ENDPOINT_URL_S3"]);
    std::fs::write(tree.path("ca.pem"), "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n").unwrap();
    let settings = [
        ("AWS_RETRY_MODE", "bogus", "`AWS_RETRY_MODE`: error parsing string 'bogus'"),
        ("AWS_MAX_ATTEMPTS", "0", "`AWS_MAX_ATTEMPTS`"),
        ("AWS_CA_BUNDLE", &tree.text("ca.pem"), "InvalidCertificate"),
        ("AWS_CA_BUNDLE", &tree.text("none.pem"), "none.pem: No such file"),
    ];
    for (name, value, fragment) in settings {
        let mut wrong = line.command(["inspect", "--model", "s3://errors/m"]);
        wrong.env(name, value).env("AWS_ENDPOINT_URL_S3", "https://127.0.0.1:1");
        run(wrong).user_error(&[fragment]);
    }
    let forbidden = Line::new(&store, |_| Fate::Answer(DENIED));
    let refused = |line: &Line| line.sapwood(&["train", "--train", "s3://errors/m", "--model-out", "m", "num_round=1"]);
    refused(&forbidden).user_error(&["s3://errors/m", "permission s3:GetObject"]);
    let blind = Line::new(&store, |request| if request.method == "HEAD" { Fate::Answer(DENIED_HEAD) } else { Fate::Pass });
    refused(&blind).user_error(&["s3://errors/m", "permission s3:GetObject"]);
}

#[test]
fn without_a_uri_nobody_asks_s3() {
    let Some(store) = store() else { return };
    let (tree, line) = (Tree::new(), Line::to(&store));
    let train = tree.write("opt/input/data/train/train.csv", csv(100, 5, amount));
    line.sapwood(&["train", "--train", train.to_str().unwrap(), "--model-out", &tree.text("m"), "num_round=1"]).ok();
    tree.write("opt/input/config/hyperparameters.json", r#"{"num_round": "1"}"#);
    tree.write("opt/input/config/inputdataconfig.json", r#"{"train": {"ContentType": "text/csv"}}"#);
    line.sapwood(&["train", "--opt-ml", &tree.text("opt")]).ok();
    assert!(line.seen().is_empty());
}
