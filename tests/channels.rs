//! The channels of a SageMaker job: input modes, wrappers, further evaluation sets, files to pass over.

use crate::sagemaker::Job;
use crate::util::{Run, amount, csv, in_private_mounts, quoted, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use sapwood_readers::recordio::{Features, Record, encode};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{JoinHandle, spawn};

fn rounds(extra: Value) -> Value {
    let mut all = json!({"num_round": "4"});
    all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    all
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn libsvm(csv: &str) -> String {
    let row = |line: &str| {
        let mut cells = line.split(',');
        let label = cells.next().unwrap().to_string();
        label + &cells.enumerate().map(|(i, cell)| format!(" {i}:{cell}")).collect::<String>() + "\n"
    };
    csv.lines().map(row).collect()
}

fn recordio(csv: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in csv.lines() {
        let row: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        encode(&Record { features: Features::Dense(row[1..].to_vec()), label: Some(row[0]) }, &mut bytes).unwrap();
    }
    bytes
}

/// One frame around these bytes.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = [&0xCED7_230A_u32.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Writes into pipes, one after the other, each to its end.
fn feed(pipes: Vec<(PathBuf, Vec<u8>)>) -> JoinHandle<()> {
    spawn(move || {
        for (path, bytes) in pipes {
            File::options().write(true).open(path).unwrap().write_all(&bytes).unwrap();
        }
    })
}

/// The job with its channels as pipes, which are fed in this order.
fn piped(hyperparameters: Value, channel: Value, feeds: &[(&str, Vec<u8>)]) -> (Job, Run) {
    let mut channel = channel;
    channel["TrainingInputMode"] = "Pipe".into();
    let channels = Value::Object(feeds.iter().map(|(name, _)| (name.to_string(), channel.clone())).collect());
    let job = Job::new(hyperparameters).config("inputdataconfig.json", channels);
    let pipe = |name: &str| job.tree.path(&format!("input/data/{name}_0"));
    feeds.iter().for_each(|(name, _)| mkfifo(&pipe(name)));
    let feeder = feed(feeds.iter().map(|(name, bytes)| (pipe(name), bytes.clone())).collect());
    let mut command = job.command();
    command.env("SAPWOOD_PIPE_TIMEOUT", "60");
    let run = run(command);
    feeder.join().unwrap();
    (job, run)
}

fn model(job: &Job) -> Vec<u8> {
    job.tree.files("model").pop().unwrap().1
}

#[test]
fn a_pipe_trains_the_model_that_files_train() {
    // Larger than what a pipe holds, so that whoever reads one channel after the other waits for ever.
    let (train, validation) = (csv(4000, 1, amount), csv(3000, 2, amount));
    type Form = Box<dyn Fn(&str) -> Vec<u8>>;
    let forms: [(&str, Form); 6] = [
        ("text/csv", Box::new(|csv| csv.as_bytes().to_vec())),
        ("text/csv; label_size=1", Box::new(|csv| gzip(csv.as_bytes()))),
        ("", Box::new(|csv| zstd::encode_all(csv.as_bytes(), 1).unwrap())),
        ("text/libsvm", Box::new(|csv| libsvm(csv).into_bytes())),
        ("application/x-recordio-protobuf", Box::new(recordio)),
        ("", Box::new(recordio)),
    ];
    for (content_type, form) in forms {
        let channel = json!({"ContentType": content_type});
        let job = Job::new(rounds(json!({})))
            .file("train/a", form(&train))
            .file("validation/b", form(&validation))
            .config("inputdataconfig.json", json!({"train": channel, "validation": channel}));
        let files = job.succeeds();
        for order in [["train", "validation"], ["validation", "train"]] {
            let data = |name| (name, form(if name == "train" { &train } else { &validation }));
            let (pipe, run) = piped(rounds(json!({})), channel.clone(), &order.map(data));
            let run = run.ok();
            assert_eq!(run.stdout, files.stdout, "{content_type}");
            assert!(model(&pipe) == model(&job), "{content_type}");
        }
    }
}

#[test]
fn parquet_comes_through_a_pipe_too() {
    use polars::prelude::{Column, DataFrame, ParquetWriter};
    let column =
        |name: &str, salt: u32| Column::new(name.into(), (0..300u32).map(|i| f64::from(i * salt % 17)).collect::<Vec<_>>());
    let mut frame = DataFrame::new(300, vec![column("y", 3), column("a", 5), column("b", 7)]).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    let job = Job::new(rounds(json!({}))).file("train/p.parquet", &bytes);
    job.succeeds();
    let channel = json!({"ContentType": "application/x-parquet"});
    let (pipe, run) = piped(rounds(json!({})), channel.clone(), &[("train", bytes.clone())]);
    run.ok();
    assert!(model(&pipe) == model(&job));
    let (_, run) = piped(rounds(json!({})), channel, &[("train", bytes.repeat(2))]);
    run.user_error(&["several Parquet files came through one pipe", "train_0", "FastFile"]);
}

#[test]
fn errors_in_a_pipe_name_it_and_the_line() {
    let (_, run) = piped(rounds(json!({})), json!({}), &[("train", b"1,2\n3,4\n5\n".to_vec())]);
    run.user_error(&["ragged row", "input/data/train_0:3"]);
    let (_, run) = piped(rounds(json!({})), json!({}), &[("train", Vec::new())]);
    run.user_error(&["channel train: no data in ", "train_0: the pipe was closed before any data came"]);
    let mut cut = recordio(&csv(10, 1, amount));
    cut.pop();
    let (_, run) = piped(rounds(json!({})), json!({}), &[("train", cut)]);
    run.user_error(&["truncated record: ", "train_0: record 10 (byte "]);
}

#[test]
fn a_pipe_may_appear_late_but_not_never() {
    let job = || Job::new(rounds(json!({}))).config("inputdataconfig.json", json!({"train": {"TrainingInputMode": "Pipe"}}));
    let late = job();
    let pipe = late.tree.path("input/data/train_0");
    let feeder = spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        mkfifo(&pipe);
        feed(vec![(pipe, csv(100, 1, amount).into_bytes())]).join().unwrap();
    });
    run(late.command()).ok();
    feeder.join().unwrap();

    let never = |job: &Job, fragments: &[&str]| {
        let mut command = job.command();
        command.env("SAPWOOD_PIPE_TIMEOUT", "1");
        job.left_nothing_but(&run(command).user_error(fragments));
    };
    never(&job(), &["channel train: no such pipe", "train_0 after 1 s", "SAPWOOD_PIPE_TIMEOUT"]);
    let silent = job();
    mkfifo(&silent.tree.path("input/data/train_0"));
    never(&silent, &["channel train: no writer for the pipe"]);
    let job = job();
    let mut wrong = job.command();
    wrong.env("SAPWOOD_PIPE_TIMEOUT", "soon");
    run(wrong).user_error(&["SAPWOOD_PIPE_TIMEOUT=\"soon\" is not a number of seconds"]);
}

#[test]
fn a_full_disk_says_where_to_put_the_data_of_a_pipe() {
    let job = Job::new(rounds(json!({}))).config("inputdataconfig.json", json!({"train": {"TrainingInputMode": "Pipe"}}));
    let pipe = job.tree.path("input/data/train_0");
    mkfifo(&pipe);
    // Breaks off when nobody reads any more; is left waiting where the test is skipped.
    drop(spawn(move || drop(File::options().write(true).open(pipe).unwrap().write_all(&vec![b'1'; 4 << 20]))));
    let small = job.tree.mkdir("small");
    let setup = format!("mount -t tmpfs -o size=64k tmpfs {0}\nexport TMPDIR={0}", quoted(&small));
    let args = ["train".into(), "--opt-ml".into(), job.tree.path("").into()];
    let Some(run) = in_private_mounts("a_full_disk_says_where_to_put_the_data_of_a_pipe", &setup, "", &args) else { return };
    let message = run.user_error(&["channel train", "small: the data of ", "cannot be stored beyond ", "TMPDIR"]);
    assert!(message.contains("No space left on device"), "{message}");
}

#[test]
fn the_same_data_in_both_pipes_is_loud_or_refused() {
    let feeds = || ["train", "validation"].map(|name| (name, csv(100, 1, amount).into_bytes()));
    let (_, run) = piped(rounds(json!({})), json!({}), &feeds());
    assert!(run.ok().stderr.contains("warning: channel train and channel validation are the same data: validation metrics"));
    let (_, run) = piped(rounds(json!({"same_data": "error"})), json!({}), &feeds());
    run.user_error(&["channel train and channel validation are the same data", "same_data=error"]);
}

#[test]
fn text_in_recordio_frames_is_unwrapped() {
    let text = csv(400, 1, amount);
    let job = Job::on(&text, rounds(json!({})));
    job.succeeds();
    let a_record_each: Vec<u8> = text.lines().flat_map(|line| frame(line.as_bytes())).collect();
    let (first, second) = text.split_at(text.find('\n').unwrap() + 1);
    let an_object_each = [frame(first.as_bytes()), frame(second.trim_end().as_bytes())].concat();
    for bytes in [a_record_each, an_object_each, gzip(&frame(text.as_bytes())), text.clone().into_bytes()] {
        for content_type in ["text/csv", ""] {
            let channel = json!({"RecordWrapperType": "RecordIO", "ContentType": content_type});
            let (pipe, run) = piped(rounds(json!({})), channel.clone(), &[("train", bytes.clone())]);
            run.ok();
            assert!(model(&pipe) == model(&job));
            let files =
                Job::new(rounds(json!({}))).file("train/x", &bytes).config("inputdataconfig.json", json!({"train": channel}));
            files.succeeds();
            assert!(model(&files) == model(&job));
        }
    }
    // Records of its own kind need no wrapper, and have none.
    let records = recordio(&text);
    let channel = json!({"RecordWrapperType": "RecordIO"});
    let (pipe, run) = piped(rounds(json!({})), channel.clone(), &[("train", records.clone())]);
    run.ok();
    assert!(model(&pipe) == model(&job));
    let (_, run) = piped(rounds(json!({})), channel, &[("train", frame(&records))]);
    run.user_error(&["record that holds RecordIO", "RecordWrapperType to None"]);
    let (_, run) = piped(rounds(json!({})), json!({"ContentType": "text/csv"}), &[("train", frame(text.as_bytes()))]);
    run.user_error(&["these are RecordIO records, not CSV", "RecordWrapperType"]);
}

/// Names of the values of a job's first line.
fn names(run: &Run) -> Vec<String> {
    run.metric_lines()[0].values.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn every_channel_is_an_evaluation_set_and_validation_alone_decides() {
    let hyperparameters = rounds(json!({"num_round": "60", "early_stopping_rounds": "3", "eta": "0.5"}));
    let noise = |rows, seed| csv(rows, seed, |_, noise| format!("{noise}"));
    let base = || Job::on(csv(300, 1, amount), hyperparameters.clone()).file("validation/v.csv", csv(200, 2, amount));
    let alone = base();
    let alone_run = alone.succeeds();
    let job = base().file("zzz/z.csv", noise(100, 3)).file("a.b_c-1/deep/z.csv", noise(100, 4)).file("code/m.bin", "\0");
    let run = job.succeeds();
    assert_eq!(names(&run), ["train-rmse", "a.b_c-1-rmse", "zzz-rmse", "validation-rmse"]);
    assert!(run.stderr.contains("the channel code is not read"), "{}", run.stderr);
    assert!(model(&job) == model(&alone));
    assert_eq!(run.metric_lines().len(), alone_run.metric_lines().len());
    assert!(alone_run.metric_lines().len() < 60);

    let job = Job::on(csv(300, 1, amount), hyperparameters).file("test/t.csv", csv(100, 2, amount));
    job.fails(&["early_stopping_rounds needs validation data", "a channel called validation"]);
    let job = Job::on(csv(300, 1, amount), rounds(json!({}))).file("test/t.csv", csv(100, 2, amount));
    assert_eq!(names(&job.succeeds()), ["train-rmse", "test-rmse"]);
    let job = Job::on(csv(300, 1, amount), rounds(json!({}))).config("inputdataconfig.json", json!({"train": {}, "test": {}}));
    job.fails(&["channel test", "input/data/test"]);
}

#[test]
fn weights_count_in_every_channel() {
    // Rows of weight 0 with labels that would ruin every metric.
    let weighted = |rows, seed| {
        let text = csv(rows, seed, amount);
        text.lines()
            .map(|line| {
                let (label, features) = line.split_once(',').unwrap();
                format!("{label},1,{features}\n1e6,0,{features}\n")
            })
            .collect::<String>()
    };
    let plain = Job::on(csv(300, 1, amount), rounds(json!({})))
        .file("validation/v", csv(200, 2, amount))
        .file("test/t", csv(100, 3, amount));
    let hyperparameters = rounds(json!({"csv_weights": "1"}));
    let job = Job::on(weighted(300, 1), hyperparameters).file("validation/v", weighted(200, 2)).file("test/t", weighted(100, 3));
    assert_eq!(job.succeeds().stdout, plain.succeeds().stdout);

    let libsvm = |text: String| {
        text.lines()
            .map(|line| {
                let cells: Vec<_> = line.split(',').collect();
                let rest: String = cells[2..].iter().enumerate().map(|(i, cell)| format!(" {}:{cell}", i + 1)).collect();
                format!("{}:{}{rest}\n", cells[0], cells[1])
            })
            .collect::<String>()
    };
    let job = Job::new(rounds(json!({})))
        .file("train/t", libsvm(weighted(300, 1)))
        .file("validation/v", libsvm(weighted(200, 2)))
        .file("test/t", libsvm(weighted(100, 3)));
    assert_eq!(job.succeeds().stdout, plain.succeeds().stdout);
}

#[test]
fn what_accompanies_data_is_passed_over() {
    let job = Job::new(rounds(json!({}))).file("train/year=2020/month=1/part-0.csv", csv(200, 1, amount));
    job.succeeds();
    let expected = model(&job);
    let job = job
        .file("train/_SUCCESS", "")
        .file("train/year=2020/.part-0.csv.crc", "crc\0")
        .file("train/year=2020/part-0.csv.crc", "crc\0")
        .file("train/.ipynb_checkpoints/part-0.csv", "not,data")
        .file("train/train.manifest", "[{\"prefix\": \"s3://bucket/\"}]")
        .file("train/part.metadata", "{}")
        .file("train/_temporary/x.csv", "1,2,3")
        .file("train-manifest", "[]")
        .file(".ipynb_checkpoints/x.csv", "1,2");
    let run = job.succeeds();
    assert!(model(&job) == expected);
    assert!(run.stderr.contains("note: skipped") && run.stderr.contains("and 6 more"), "{}", run.stderr);
    assert_eq!(names(&run), ["train-rmse"]);
}

#[test]
fn compression_is_known_by_content() {
    let text = csv(200, 1, amount);
    let plain = Job::on(&text, rounds(json!({})));
    plain.succeeds();
    for bytes in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
        let job = Job::on(bytes, rounds(json!({}))).config("inputdataconfig.json", json!({"train": {"ContentType": "text/csv"}}));
        job.succeeds();
        assert!(model(&job) == model(&plain));
    }
}

#[test]
fn the_shell_has_evaluation_sets_with_names() {
    let tree = crate::util::Tree::new();
    for (name, seed) in [("t", 1), ("v", 2), ("x=y", 3)] {
        tree.write(&format!("{name}.csv"), csv(200, seed, amount));
    }
    let train = |sets: &[&str]| {
        let mut args = vec![
            "train".to_string(),
            "--train".into(),
            tree.text("t.csv"),
            "--model-out".into(),
            tree.text("m"),
            "num_round=3".into(),
        ];
        args.extend(["--validation".to_string(), tree.text("v.csv")]);
        sets.iter().for_each(|set| args.extend(["--eval-set".to_string(), set.to_string()]));
        crate::util::sapwood(args)
    };
    let run = train(&[&format!("test={}", tree.text("x=y.csv"))]).ok();
    assert_eq!(names(&run), ["train-rmse", "test-rmse", "validation-rmse"]);
    for bad in ["x.csv", "=x.csv", "a b=x.csv", "train=x.csv", "validation=x.csv", "a="] {
        train(&[bad]).user_error(&["write NAME=PATH"]);
    }
    train(&["a=x", "a=y"]).user_error(&["two sets are called a"]);
}
