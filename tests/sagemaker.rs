//! SageMaker mode: `/opt/ml` trees in every shape, and everything that can be wrong with a job.

use crate::util::{
    MetricLine, Numbers, Run, SAPWOOD, Tree, amount, class_of_three, command, csv, csv_with_header, in_private_mounts, quoted,
};
use crate::util::{run, sapwood, send, with_clean_environment};
use flate2::Compression;
use flate2::write::GzEncoder;
use polars::prelude::{Column, DataFrame, ParquetWriter};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a good job leaves in `output/data`.
const RESULTS: [&str; 6] = ["constraints.json", "evaluation.json", "report.html", "report.json", "statistics.json", "summary.json"];

/// A training job's directory tree.
pub struct Job {
    /// Its files.
    pub tree: Tree,
}

impl Job {
    /// A tree as the platform lays it out, with these hyperparameters and no channel.
    pub fn new(hyperparameters: Value) -> Self {
        let tree = Tree::new();
        tree.write("input/config/hyperparameters.json", hyperparameters.to_string());
        for directory in ["input/data", "model", "output/data"] {
            tree.mkdir(directory);
        }
        Self { tree }
    }

    /// A job over `train/train.csv` with these contents.
    pub fn on(csv: impl AsRef<[u8]>, hyperparameters: Value) -> Self {
        Self::new(hyperparameters).file("train/train.csv", csv)
    }

    /// Writes a file of a channel.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.tree.write(&format!("input/data/{name}"), content);
        self
    }

    /// Writes a configuration file.
    pub fn config(self, name: &str, content: Value) -> Self {
        self.tree.write(&format!("input/config/{name}"), content.to_string());
        self
    }

    /// The command that trains.
    pub fn command(&self) -> Command {
        let mut command = command(["train"]);
        command.env("SAGEMAKER_BASE_DIR", self.tree.path(""));
        command
    }

    /// Trains; whatever happens, inputs stay as they are.
    pub fn run(&self) -> Run {
        let inputs = self.tree.files("input");
        let run = run(self.command());
        assert_eq!(self.tree.files("input"), inputs, "inputs are never written to");
        run
    }

    /// Trains, and asserts what holds for every job that succeeds.
    #[track_caller]
    pub fn succeeds(&self) -> Run {
        let run = self.run().ok();
        assert_eq!(self.names("model"), ["model.sapwood"]);
        assert_eq!(self.names("output"), RESULTS);
        run
    }

    /// Trains, and asserts what holds for every job that fails by the user's fault, with all `fragments` in the message.
    #[track_caller]
    pub fn fails(&self, fragments: &[&str]) -> String {
        let message = self.run().user_error(fragments);
        self.left_nothing_but(&message);
        message
    }

    #[track_caller]
    pub fn left_nothing_but(&self, message: &str) {
        assert!(self.names("model").is_empty(), "{:?}", self.names("model"));
        assert_eq!(self.names("output"), ["failure"]);
        let failure = self.tree.read("output/failure");
        assert!(failure.starts_with("UserError: ") && failure.len() <= 1024, "{failure}");
        assert!(failure.ends_with('\n') && message.starts_with(failure.trim_end()), "{message}\n{failure}");
    }

    /// The names of all files under a directory, hidden ones too.
    pub fn names(&self, directory: &str) -> Vec<String> {
        let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        self.tree.files(directory).into_iter().map(|(path, _)| name(path)).collect()
    }

    pub fn summary(&self) -> Value {
        self.tree.json("output/data/summary.json")
    }
}

/// One of ten classes.
fn class_of_ten(x: [f64; 4], noise: f64) -> String {
    format!("{}", ((0.6 * x[0] + 0.3 * x[1] + 0.1 * noise) * 10.0) as usize)
}

/// Three rounds of regression.
fn three_rounds() -> Value {
    json!({"num_round": "3"})
}

#[test]
fn the_job_of_the_operator_s_sample() {
    let hyperparameters = json!({
        "num_round": "10", "max_depth": "5", "eta": "0.2", "gamma": "4", "min_child_weight": "6", "silent": "0",
        "objective": "multi:softmax", "num_class": "10",
    });
    let channel = json!({"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None", "ContentType": "text/csv"});
    let job = Job::on(csv(2000, 1, class_of_ten), hyperparameters)
        .file("validation/part/a.csv", csv(500, 2, class_of_ten))
        .config("inputdataconfig.json", json!({"train": channel, "validation": channel}))
        .config("resourceconfig.json", json!({"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}))
        .config("init-config.json", json!({"whatever": ["the platform", "adds"]}));
    let run = job.succeeds();
    // XGBoost's regex: .*\[[0-9]+\].*validation-merror:(\S+)
    let merror: Vec<f64> = run.metric_lines().iter().map(|line| line.value("validation-merror").parse().unwrap()).collect();
    assert_eq!(merror.len(), 10);
    assert!(merror[9] < 0.5 && merror[9] <= merror[0], "{merror:?}");
    let summary = job.summary();
    assert_eq!((&summary["rows"], &summary["features"], &summary["trees"]), (&2000.into(), &4.into(), &100.into()));
    assert_eq!(format!("{:.5}", summary["metrics"]["validation"]["merror"].as_f64().unwrap()), format!("{:.5}", merror[9]));
    assert!(summary["warnings"].to_string().contains("silent=0"), "{summary}");
}

#[test]
fn hyperparameters_of_every_shape_train_the_same_model() {
    let model = |hyperparameters: Value| {
        let job = Job::on(csv(300, 1, class_of_three), hyperparameters);
        job.succeeds();
        job.tree.files("model").pop().unwrap().1
    };
    let plain = model(json!({"num_round": "4", "eta": "0.5", "objective": "multi:softmax", "num_class": "3", "csv_weights": "0"}));
    let quoted = json!({
        "num_round": "\"4\"", "eta": "\"0.5\"", "objective": "\"multi:softmax\"", "num_class": "\"3\"",
        "sagemaker_program": "\"train.py\"", "sagemaker_submit_directory": "\"s3://bucket/x\"", "sagemaker_container_log_level": "20",
    });
    assert_eq!(model(quoted), plain);
    assert_eq!(
        model(json!({"num_round": 4, "eta": 0.5, "objective": "multi:softmax", "num_class": 3, "csv_weights": false})),
        plain
    );
}

#[test]
fn words_on_the_command_line_complete_the_file() {
    let job = Job::on(csv(300, 1, amount), json!({"eta": "0.5"}));
    let root = job.tree.text("");
    sapwood(["train", "--opt-ml", &root]).user_error(&["missing required parameter num_round"]);
    assert_eq!(sapwood(["train", "--opt-ml", &root, "num_round=2", "--threads", "1"]).ok().metric_lines().len(), 2);
    assert_eq!(job.names("output"), RESULTS, "a success removes the failure of the run before");
    sapwood(["train", "--opt-ml", &root, "num_round=2", "eta=0.1"]).user_error(&["eta is given twice"]);
    fs::remove_file(job.tree.path("input/config/hyperparameters.json")).unwrap();
    sapwood(["train", "--opt-ml", &root, "num_round=2"]).ok();
}

#[test]
fn an_image_without_arguments_trains() {
    let job = Job::on(csv(300, 1, amount), three_rounds());
    let mut bare = command(Vec::<String>::new());
    bare.env("SAGEMAKER_BASE_DIR", job.tree.path(""));
    assert_eq!(run(bare).ok().metric_lines().len(), 3);
    assert_eq!(job.names("model"), ["model.sapwood"]);
}

#[test]
fn an_executable_called_train_trains() {
    let job = Job::on(csv(300, 1, amount), three_rounds());
    let train = job.tree.path("train");
    std::os::unix::fs::symlink(SAPWOOD, &train).unwrap();
    let called = |words: &[&str]| {
        let mut command = with_clean_environment(Command::new(&train), words);
        command.env("SAGEMAKER_BASE_DIR", job.tree.path(""));
        run(command)
    };
    for words in [&[][..], &["train"], &["--threads", "1"]] {
        assert_eq!(called(words).ok().metric_lines().len(), 3, "{words:?}");
        assert_eq!(job.names("model"), ["model.sapwood"]);
        fs::remove_file(job.tree.path("model/model.sapwood")).unwrap();
    }
    called(&["num_round=2"]).user_error(&["num_round is given twice"]);
    // Another command's name is a word of `train` here, never a command.
    called(&["params"]).user_error(&["\"params\" is not a parameter"]);
    assert!(called(&["--help"]).ok().stdout.contains("Usage: sapwood train "));
}

#[test]
fn channels_without_configuration_are_found_by_their_directories() {
    let job = Job::on(csv(300, 1, amount), three_rounds())
        .file("validation/v.csv", csv(100, 2, amount))
        .file("train-manifest", "[]")
        .file("code/extra.csv", "not,data");
    let run = job.succeeds();
    assert!(run.metric_lines()[0].values.iter().any(|(name, _)| name == "validation-rmse"));
    assert!(run.stderr.contains("the channel code is not read"), "{}", run.stderr);
}

#[test]
fn every_key_of_a_channel_is_optional_and_content_types_have_parameters() {
    for channel in [
        json!({}),
        Value::Null,
        json!({"ContentType": null}),
        json!({"ContentType": "text/csv; label_size=1; charset=utf8"}),
        json!({"ContentType": "csv"}),
    ] {
        let job = Job::on(csv(200, 1, amount), three_rounds()).config("inputdataconfig.json", json!({"train": channel}));
        job.succeeds();
    }
    let libsvm: String = csv(200, 1, amount)
        .lines()
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            format!("{} 1:{} 3:{}\n", cells[0], cells[1], cells[3])
        })
        .collect();
    for content_type in [json!({"ContentType": "text/x-libsvm"}), json!({})] {
        let job =
            Job::new(three_rounds()).file("train/part-0", &libsvm).config("inputdataconfig.json", json!({"train": content_type}));
        job.succeeds();
    }
    let job = Job::new(three_rounds())
        .file("train/p.parquet", parquet())
        .config("inputdataconfig.json", json!({"train": {"ContentType": "application/x-parquet"}}));
    job.succeeds();
}

#[test]
fn channels_that_cannot_be_read_say_why() {
    let job = |channels: Value| Job::on(csv(50, 1, amount), three_rounds()).config("inputdataconfig.json", channels);
    job(json!({"train": {"TrainingInputMode": "Sieve"}})).fails(&[
        "channel train",
        "input mode \"Sieve\"",
        "File or FastFile or Pipe",
    ]);
    job(json!({"train": {"ContentType": "application/x-recordio-protobuf"}})).fails(&["this is not a recordio file", "train.csv"]);
    job(json!({"train": {"RecordWrapperType": "Paper"}})).fails(&["RecordWrapperType \"Paper\"", "None or RecordIO"]);
    for name in ["../train", "..", "a b"] {
        job(json!({"train": {}, name: {}})).fails(&[&format!("channel {name:?}: a channel's name may contain only")]);
    }
    job(json!({"train": {"ContentType": "image/png"}})).fails(&["\"image/png\"", "text/csv"]);
    job(json!({"train": {"ContentType": "text/csv; label_size=2"}})).fails(&["label_size=2"]);
    job(json!({"training": {}})).fails(&["channel train is missing", "training"]);
    job(json!({"train": {}, "validation": {}})).fails(&["channel validation", "input/data/validation"]);
    let job = Job::on(csv(50, 1, amount), three_rounds());
    job.tree.write("input/config/inputdataconfig.json", "{\"train\": {},\n}");
    job.fails(&["inputdataconfig.json:2:1"]);
}

#[test]
fn an_empty_channel_is_an_error() {
    let job = Job::new(three_rounds());
    job.tree.mkdir("input/data/train/deep/er");
    job.fails(&["channel train", "input/data/train"]);
    let job = Job::on(csv(50, 1, amount), three_rounds()).file("validation/_SUCCESS", "").file("validation/.hidden.csv", "1,2\n");
    job.fails(&["channel validation", "input/data/validation"]);
}

#[test]
fn instances_must_know_themselves() {
    let hosts = json!({"current_host": "aws", "hosts": ["algo-1", "algo-2"]});
    let job = Job::on(csv(50, 1, amount), three_rounds()).config("resourceconfig.json", hosts);
    job.fails(&["resourceconfig.json: this host is called \"aws\"", "algo-1, algo-2"]);
    let groups = json!([{"instance_group_name": "small", "hosts": ["algo-2"]}]);
    let hosts = json!({"current_host": "algo-1", "hosts": ["algo-1"], "instance_groups": groups});
    let job = Job::on(csv(50, 1, amount), three_rounds()).config("resourceconfig.json", hosts);
    job.fails(&["resourceconfig.json: instance group small has the host algo-2"]);
}

#[test]
fn weights_may_stand_behind_the_label() {
    let rows = csv(400, 1, |x, noise| format!("{},{}", amount(x, noise), (4.0 * noise) as u32));
    let job = Job::on(&rows, json!({"num_round": "3", "csv_weights": "1"}));
    job.succeeds();
    assert_eq!(job.summary()["features"], 4);
    let weighted = job.tree.files("model");
    let job = Job::on(&rows, json!({"num_round": "3", "ignore_columns": "1"}));
    job.succeeds();
    assert_ne!(job.tree.files("model").pop().unwrap().1, weighted[0].1);
}

#[test]
fn the_tuning_objective_is_evaluated_and_decides() {
    let hyperparameters = json!({"num_round": "5", "_tuning_objective_metric": "validation:mae", "eval_metric": "mae,rmse", "early_stopping_rounds": "3"});
    let job = Job::on(csv(300, 1, amount), hyperparameters).file("validation/v.csv", csv(100, 2, amount));
    let line = job.succeeds().metric_lines().pop().unwrap();
    let names: Vec<_> = line.values.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["train-rmse", "train-mae", "validation-rmse", "validation-mae"]);
}

#[test]
fn a_tuning_objective_of_a_set_that_is_not_there_is_refused() {
    let hyperparameters = |objective: &str| json!({"num_round": "2", "_tuning_objective_metric": objective});
    for objective in ["validation:rmse", "validation-rmse", "holdout:rmse"] {
        let job = Job::on(csv(300, 1, amount), hyperparameters(objective));
        let set = &objective[..objective.len() - 5];
        job.fails(&[
            "_tuning_objective_metric",
            &format!("there is no channel {set}"),
            "add the channel, or tune by a metric of train",
        ]);
        let found = run(crate::util::command(["doctor", job.tree.text("").as_str()]));
        assert!(found.code == Some(2) && found.stdout.contains(&format!("there is no channel {set}")), "{found:#?}");
    }
    Job::on(csv(300, 1, amount), hyperparameters("train:rmse")).succeeds();
    Job::on(csv(300, 1, amount), hyperparameters("rmse")).succeeds();
    Job::on(csv(300, 1, amount), hyperparameters("holdout:rmse")).file("holdout/h.csv", csv(100, 2, amount)).succeeds();
    let split = json!({"num_round": "2", "_tuning_objective_metric": "validation:rmse", "validation_fraction": "0.2"});
    let line = Job::on(csv(300, 1, amount), split).succeeds().metric_lines().pop().unwrap();
    assert_eq!(line.values[1].0, "validation-rmse");
}

#[test]
fn the_same_data_in_both_channels_is_loud_or_refused() {
    let data = csv(200, 1, amount);
    let link =
        |job: &Job| std::os::unix::fs::symlink(job.tree.path("input/data/train"), job.tree.path("input/data/validation")).unwrap();
    // As by another mount of the same file system, names do not tell.
    let hard_link = |job: &Job| {
        job.tree.mkdir("input/data/validation");
        fs::hard_link(job.tree.path("input/data/train/train.csv"), job.tree.path("input/data/validation/other.csv")).unwrap();
    };
    for make in [&link as &dyn Fn(&Job), &hard_link] {
        let job = Job::on(&data, three_rounds());
        make(&job);
        let run = job.succeeds();
        assert!(run.stderr.contains("warning: channel train and channel validation are the same data"), "{}", run.stderr);
        assert!(job.summary()["warnings"].to_string().contains("are the same data"));
    }
    let copy = Job::on(&data, three_rounds()).file("validation/train.csv", &data).succeeds();
    assert!(!copy.stderr.contains("same data"), "{}", copy.stderr);
    let job = Job::on(&data, json!({"num_round": "3", "same_data": "error"}));
    link(&job);
    job.fails(&["channel train and channel validation are the same data", "same_data=error"]);
}

#[test]
fn inputs_may_be_read_only() {
    let job = Job::on(csv(200, 1, amount), three_rounds()).file("validation/v.csv", csv(100, 2, amount));
    let input = quoted(&job.tree.path("input"));
    let setup = format!("mount --bind {input} {input}\nmount -o remount,bind,ro {input}");
    let args = ["train".into(), "--opt-ml".into(), job.tree.path("").into()];
    let after = format!("touch {input}/x 2>/dev/null && exit 99");
    let Some(run) = in_private_mounts("inputs_may_be_read_only", &setup, &after, &args) else { return };
    assert_eq!(run.ok().metric_lines().len(), 3);
    assert_eq!(job.names("model"), ["model.sapwood"]);
}

#[test]
fn a_read_only_model_directory_fails_before_training() {
    let job = Job::on(csv(200, 1, amount), three_rounds());
    let model = quoted(&job.tree.path("model"));
    let setup = format!("mount --bind {model} {model}\nmount -o remount,bind,ro {model}");
    let args = ["train".into(), "--opt-ml".into(), job.tree.path("").into()];
    let Some(run) = in_private_mounts("a_read_only_model_directory_fails_before_training", &setup, "", &args) else { return };
    let message = run.user_error(&["model/model.sapwood", "Read-only file system"]);
    assert_eq!(run.stdout, "", "no round was trained");
    job.left_nothing_but(&message);
}

#[test]
fn pipes_and_directories_in_the_place_of_files_are_named_and_not_waited_for() {
    for file in ["model/model.sapwood", "output/data/summary.json", "input/config/hyperparameters.json"] {
        for (program, what) in [("mkfifo", ["a pipe", "no regular file"]), ("mkdir", ["a directory", "no regular file"])] {
            let job = Job::on(csv(50, 1, amount), three_rounds());
            let path = job.tree.path(file);
            let _ = fs::remove_file(&path);
            assert!(Command::new(program).arg(&path).status().unwrap().success());
            let mut patient = with_clean_environment(Command::new("timeout"), ["-s", "KILL", "60", SAPWOOD, "train"]);
            patient.env("SAGEMAKER_BASE_DIR", job.tree.path(""));
            let message = run(patient).user_error(&[file]);
            assert!(what.iter().any(|what| message.contains(what)), "{message}");
        }
    }
}

#[test]
fn a_full_disk_leaves_no_part_of_a_model() {
    // Noise makes trees that no small file system holds.
    let job = Job::on(csv(3000, 1, |_, noise| format!("{noise}")), json!({"num_round": "40"}));
    let (model, listing) = (quoted(&job.tree.path("model")), job.tree.path("listing"));
    let setup = format!("mount -t tmpfs -o size=16k tmpfs {model}");
    let after = format!("ls -A {model} > {}", quoted(&listing));
    let args = ["train".into(), "--opt-ml".into(), job.tree.path("").into()];
    let Some(run) = in_private_mounts("a_full_disk_leaves_no_part_of_a_model", &setup, &after, &args) else { return };
    let message = run.user_error(&["model/model.sapwood", "No space left on device"]);
    assert_eq!(run.metric_lines().len(), 40);
    assert_eq!(fs::read_to_string(listing).unwrap(), "");
    job.left_nothing_but(&message);
}

/// Starts a job that would go on for very long, lets it print three lines, and terminates it.
fn terminated(policy: Option<&str>) -> (Job, Option<i32>, MetricLine) {
    let job = Job::on(csv(300, 1, amount), json!({"num_round": "1000000", "max_depth": "2", "nthread": "1"}));
    let mut train = job.command();
    train.envs(policy.map(|value| ("SAPWOOD_ON_SIGTERM", value)));
    let mut child = train.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let third = lines.by_ref().nth(2).unwrap();
    send("TERM", child.id());
    let last = lines.last().unwrap_or(third);
    (job, child.wait().unwrap().code(), MetricLine::parse(&last).unwrap())
}

#[test]
fn sigterm_finishes_the_round_and_saves_a_good_model() {
    let (job, code, last) = terminated(None);
    assert_eq!(
        (code, job.names("model"), job.names("output")),
        (Some(0), vec!["model.sapwood".into()], RESULTS.map(String::from).into())
    );
    assert_eq!(job.summary()["trees"], last.round + 1);
    assert!(job.summary()["warnings"].to_string().contains("SIGTERM ended training"));
    let model = sapwood(["inspect", "--json", "--model", &job.tree.text("model/model.sapwood")]).ok().stdout;
    assert_eq!(serde_json::from_str::<Value>(&model).unwrap()["num_rounds"], last.round + 1);
}

#[test]
fn sigterm_is_a_failure_where_the_environment_asks_for_it() {
    let (job, code, last) = terminated(Some("fail"));
    assert_eq!((code, job.names("model")), (Some(143), vec!["model.sapwood".into()]));
    assert_eq!(job.summary()["trees"], last.round + 1);
    let mut unknown = job.command();
    unknown.env("SAPWOOD_ON_SIGTERM", "retry");
    run(unknown).user_error(&["SAPWOOD_ON_SIGTERM=\"retry\""]);
}

#[test]
fn sigterm_before_training_ends_the_job_at_once() {
    let job = Job::new(three_rounds()).config("inputdataconfig.json", json!({"train": {"TrainingInputMode": "Pipe"}}));
    let fifo = job.tree.path("input/data/train_0");
    fs::create_dir_all(fifo.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let child = job.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Opens only when the job has opened the other end; then the job waits for what never comes.
    let mut rows = File::options().write(true).open(&fifo).unwrap();
    rows.write_all(b"1,2\n").unwrap();
    send("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    drop(rows);
    assert_eq!(output.status.code(), Some(143));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("stopped by SIGTERM before the first round"), "{message}");
    assert_eq!(job.tree.read("output/failure").trim_end(), message.trim_end());
    assert!(job.names("model").is_empty());
}

#[test]
fn a_wrong_place_says_how_to_train() {
    let tree = Tree::new();
    sapwood(["train", "--opt-ml", &tree.text("nowhere")]).user_error(&["nowhere/input", "--train", "--model-out"]);
}

/// 60 good rows, the row with this number (counted from 1) replaced.
fn with_row(number: usize, row: &str) -> String {
    let good = csv(60, 7, amount);
    let lines = good.lines().enumerate().map(|(index, line)| if index + 1 == number { row } else { line });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_missing_label_column() {
    let job = Job::on(csv_with_header(60, 1, amount), json!({"num_round": "3", "label_column": "target"}));
    job.fails(&["target", "train.csv"]);
    Job::on(csv(60, 1, amount), json!({"num_round": "3", "label_column": "9"})).fails(&["9", "train.csv"]);
}

#[test]
fn text_in_a_numeric_column() {
    Job::on(with_row(17, "0.5,0.1,oops,0.3,0.4"), three_rounds()).fails(&["train.csv:17", "oops"]);
}

#[test]
fn a_ragged_row() {
    Job::on(with_row(23, "0.5,0.1,0.2,0.3"), three_rounds()).fails(&["train.csv:23", "4", "5"]);
    Job::on(with_row(23, "0.5,0.1,0.2,0.3,0.4,0.5"), three_rounds()).fails(&["train.csv:23", "6", "5"]);
}

#[test]
fn a_truncated_gzip_file() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(csv(500, 1, amount).as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    Job::new(three_rounds()).file("train/train.csv.gz", &whole).succeeds();
    Job::new(three_rounds()).file("train/train.csv.gz", &whole[..whole.len() / 2]).fails(&["train.csv.gz"]);
    Job::new(three_rounds()).file("train/train.csv.gz", &whole[..whole.len() - 4]).fails(&["train.csv.gz"]);
}

/// 200 rows of a label and two features as a Parquet file.
fn parquet() -> Vec<u8> {
    let mut numbers = Numbers::new(11);
    let mut column = |name: &str| Column::new(name.into(), (0..200).map(|_| numbers.next()).collect::<Vec<f64>>());
    let mut frame = DataFrame::new(200, vec![column("y"), column("a"), column("b")]).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn a_damaged_parquet_file() {
    let whole = parquet();
    let job = |bytes: &[u8]| Job::new(three_rounds()).file("train/p.parquet", bytes);
    job(&whole).succeeds();
    job(&whole[..whole.len() / 2]).fails(&["p.parquet"]);
    let mut footer = whole.clone();
    let place = whole.len() - 60;
    footer[place..place + 40].fill(0xff);
    job(&footer).fails(&["p.parquet"]);
    let mut pages = whole.clone();
    pages[4..1500].fill(0xff);
    job(&pages).fails(&["p.parquet"]);
}

#[test]
fn a_label_that_is_no_number() {
    Job::on(with_row(31, "NaN,0.1,0.2,0.3,0.4"), three_rounds()).fails(&["train.csv:31", "label"]);
    Job::on(with_row(31, ",0.1,0.2,0.3,0.4"), three_rounds()).fails(&["train.csv:31", "label"]);
    Job::on(with_row(31, "inf,0.1,0.2,0.3,0.4"), three_rounds()).fails(&["train.csv:31:1", "\"inf\""]);
}

#[test]
fn a_label_that_is_no_class() {
    let rows = |bad: &str| {
        let good = csv(60, 1, class_of_three);
        good.lines()
            .enumerate()
            .map(|(i, line)| format!("{}\n", if i == 41 { format!("{bad},0.1,0.2,0.3,0.4") } else { line.into() }))
            .collect::<String>()
    };
    let hyperparameters = json!({"num_round": "3", "objective": "multi:softmax", "num_class": "3"});
    for bad in ["3", "-1", "1.5"] {
        Job::on(rows(bad), hyperparameters.clone()).fails(&["train.csv:42", bad, "num_class"]);
    }
}

#[test]
fn an_infinite_feature() {
    Job::on(with_row(9, "0.5,0.1,0.2,inf,0.4"), three_rounds()).fails(&["train.csv:9", "inf"]);
    Job::on(with_row(9, "0.5,0.1,0.2,-1e999,0.4"), three_rounds()).fails(&["train.csv:9"]);
}

#[test]
fn wrong_parameters() {
    let job = |hyperparameters: Value| Job::on(csv(60, 1, amount), hyperparameters);
    job(json!({"num_round": "3", "eta": "-1"})).fails(&["eta=-1 is out of range", "[0, 1]"]);
    job(json!({"num_round": "3", "learning_ratte": "1"})).fails(&["learning_ratte", "did you mean learning_rate?"]);
    job(json!({"eta": "0.1"})).fails(&["missing required parameter num_round"]);
    job(json!({"num_round": "3", "booster": "gblinear"})).fails(&["booster=\"gblinear\" is not supported; use gbtree"]);
    job(json!({"num_round": "3", "early_stopping_rounds": "2"})).fails(&["early_stopping_rounds", "a channel called validation"]);
    job(json!({"num_round": {"value": 3}})).fails(&["num_round is an object", "hyperparameters.json"]);
    let job = Job::on(csv(60, 1, amount), three_rounds());
    job.tree.write("input/config/hyperparameters.json", "{\"num_round\": \"3\"");
    job.fails(&["hyperparameters.json:1:"]);
    job.tree.write("input/config/hyperparameters.json", "{\"num_round\": \"3\",\n\"num_round\": \"4\"}");
    job.fails(&["hyperparameters.json:2:11: num_round is given twice; give it once"]);
}

/// The job with these arguments behind `train`, called as the platform calls it or by another name.
fn called(job: &Job, program: &Path, args: &[&str]) -> Run {
    let mut command = with_clean_environment(Command::new(program), args);
    command.env("SAGEMAKER_BASE_DIR", job.tree.path(""));
    run(command)
}

#[test]
fn a_command_line_that_cannot_be_read_is_the_reason_of_failure() {
    let job = Job::on(csv(60, 1, amount), three_rounds());
    let train = job.tree.path("train");
    std::os::unix::fs::symlink(SAPWOOD, &train).unwrap();
    let sapwood = Path::new(SAPWOOD);
    let cases: [(&Path, &[&str], &str); 8] = [
        (&train, &["--no-such-flag"], "unexpected argument '--no-such-flag'"),
        (&train, &["train", "--threads"], "a value is required for '--threads"),
        (&train, &["eta=0.1", "--format", "xml"], "invalid value 'xml' for '--format"),
        (&train, &["eta"], "\"eta\" is not a parameter"),
        (&train, &["=0.1"], "\"=0.1\" is not a parameter"),
        (sapwood, &["train", "--ignore"], "a value is required for '--ignore"),
        (sapwood, &["--no-such-flag"], "unexpected argument '--no-such-flag'"),
        (sapwood, &["trian"], "unrecognized subcommand 'trian'"),
    ];
    for (program, args, expected) in cases {
        job.tree.write("output/failure", "of an earlier run");
        let message = called(&job, program, args).user_error(&[expected]);
        assert!(message.starts_with("UserError: "), "{message}");
        job.left_nothing_but(&message);
    }
    fs::remove_file(job.tree.path("output/failure")).unwrap();
    // Lines that are about something else, or that the platform would not write.
    for args in [&["predict", "--no-such-flag"][..], &["serve", "--no-such-flag"], &["train", "--train", "x", "--no-such-flag"]] {
        called(&job, sapwood, args).user_error(&["unexpected argument '--no-such-flag'"]);
        assert!(!job.tree.path("output/failure").exists(), "{args:?}");
    }
    called(&job, &train, &["--help"]).ok();
    assert!(!job.tree.path("output/failure").exists());
    // Where nothing says that this is a job, nothing is left.
    fs::remove_dir_all(job.tree.path("input")).unwrap();
    called(&job, sapwood, &["train", "--no-such-flag"]).user_error(&["unexpected argument"]);
    assert!(!job.tree.path("output/failure").exists());
    called(&job, sapwood, &["train", "--opt-ml", &job.tree.text("elsewhere"), "--no-such-flag"])
        .user_error(&["unexpected argument"]);
    assert!(job.tree.read("elsewhere/output/failure").starts_with("UserError: unexpected argument '--no-such-flag' found"));
}

#[test]
fn a_command_line_that_contradicts_the_file_is_refused_with_both_places() {
    let job = Job::on(csv(60, 1, amount), json!({"num_round": "3", "eta": 0.1}));
    let message = called(&job, Path::new(SAPWOOD), &["train", "learning_rate=0.2"]).user_error(&[
        "learning_rate is given twice: eta=\"0.1\" in ",
        "input/config/hyperparameters.json and learning_rate=\"0.2\" on the command line",
    ]);
    job.left_nothing_but(&message);
    called(&job, Path::new(SAPWOOD), &["train", "learning_rate=0.1", "max_depth=2"]).ok();
}

#[test]
fn validation_data_of_another_shape() {
    let job = Job::on(csv(60, 1, amount), three_rounds()).file("validation/v.csv", "0.5,0.1,0.2\n0.5,0.2,0.2\n");
    job.fails(&["v.csv has 3 columns", "4 features"]);
}

#[test]
fn long_failures_are_cut() {
    let columns: String = (0..400).map(|i| format!("a_rather_long_column_name_{i},")).collect();
    let job = Job::on(csv(60, 1, amount), json!({"num_round": "3", columns: "ä".repeat(600)}));
    let message = job.fails(&["unknown parameter"]);
    assert!(message.len() > 1024 && job.tree.read("output/failure").len() > 1000);
}
