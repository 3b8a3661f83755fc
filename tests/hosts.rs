//! Several hosts, as processes that `mpiexec` starts: the same model as one host's, written once; and how all end when one cannot go on.

use crate::sagemaker::Job;
use crate::util::{
    MetricLine, Numbers, Run, SAPWOOD, Tree, amount, class_of_three, csv, csv_with_header, in_private_mounts, quoted, run, sapwood,
    send, with_clean_environment,
};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The executable as so many hosts. `None`, with a loud message, where there is no MPI.
fn hosts(count: usize, args: &[String]) -> Option<Command> {
    static MPI: OnceLock<bool> = OnceLock::new();
    let has_mpi = *MPI.get_or_init(|| {
        let library = Path::new(SAPWOOD).with_file_name("libsapwood_mpi.so");
        let has_mpiexec = Command::new("mpiexec").arg("--version").output().is_ok_and(|output| output.status.success());
        if !has_mpiexec || !library.exists() {
            let missing = if has_mpiexec { "libsapwood_mpi.so" } else { "mpiexec" };
            // Not `eprintln!`, which the test runner keeps to itself when a test passes.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED hosts: no {missing} here (scripts/build-mpi)\n");
        }
        has_mpiexec && library.exists()
    });
    let mut command = Command::new("mpiexec");
    command.args(["-n", &count.to_string(), SAPWOOD]);
    has_mpi.then(|| with_clean_environment(command, args))
}

/// A job's command line; its results get the name of the number of hosts.
fn job(tree: &Tree, count: usize, words: &[&str]) -> Vec<String> {
    let [model, summary] = ["model", "summary"].map(|name| tree.text(&format!("{name}-{count}")));
    let fixed = ["train", "--model-out", &model, "--summary", &summary, "--threads", "1"];
    let word = |word: &&str| word.replace("DIR", &tree.text(""));
    fixed.iter().map(ToString::to_string).chain(words.iter().map(word)).collect()
}

/// Trains on one, two and three hosts: one model, one set of metric lines.
fn check(tree: &Tree, name: &str, words: &[&str]) {
    let alone = sapwood(job(tree, 1, words)).ok();
    let model = fs::read(tree.path("model-1")).unwrap();
    for count in [2, 3] {
        let Some(command) = hosts(count, &job(tree, count, words)) else { return };
        let together = run(command).ok();
        assert_eq!(together.stdout, alone.stdout, "{name}: metrics of {count} hosts");
        assert!(fs::read(tree.path(&format!("model-{count}"))).unwrap() == model, "{name}: the model of {count} hosts");
        let summary = tree.json(&format!("summary-{count}"));
        assert_eq!(summary["rows"], tree.json("summary-1")["rows"], "{name}");
        assert_eq!((&summary["hosts"]["hosts"], &summary["hosts"]["host"]), (&count.into(), &1.into()), "{name}");
        assert!(summary["hosts"]["bytes_sent"].as_u64().unwrap() > 1000, "{name}: {summary}");
    }
}

/// Rows with a label, a class, a group, a weight, a category, missing values and numbers.
fn mixed(rows: usize) -> String {
    let mut numbers = Numbers::new(7);
    let mut text = "y,class,query,w,city,a,b,c\n".to_string();
    for row in 0..rows {
        let [a, b, c, noise] = [(); 4].map(|()| numbers.next());
        let city = ["Ulm", "Bern", "Oslo", "Rom", "Lyon"][(numbers.next() * 5.0) as usize];
        let y = 3.0 * a - 2.0 * b * c + if city == "Rom" { 1.0 } else { 0.0 } + 0.5 * noise;
        let missing = if row % 11 == 3 { String::new() } else { format!("{c}") };
        let (class, query, weight) = ((y + 2.0) as usize % 3, row / 13, row % 4);
        text += &format!("{y:.4},k{class},{query},{weight},{city},{a},{b},{missing}\n");
    }
    text
}

#[test]
fn every_kind_of_job_gives_the_model_of_one_host() {
    let tree = Tree::new();
    tree.write("train.csv", mixed(3000));
    tree.write("valid.csv", mixed(700));
    let data = ["--train", "DIR/train.csv", "--validation", "DIR/valid.csv"];
    let six = ["num_round=6", "max_leaves=12", "max_depth=0"];
    let number = ["--label", "y", "--ignore", "class,query"];
    let class = ["--label", "class", "--ignore", "y,query,w", "objective=multi:softprob"];
    let query = ["--label", "class", "--group", "query", "--ignore", "y,w", "objective=rank:ndcg"];
    let cases: [(&str, &[&str], &[&str]); 7] = [
        ("weights and categories", &number, &["--weight", "w"]),
        ("samples", &number, &["--weight", "w", "subsample=0.6", "colsample_bytree=0.7", "colsample_bynode=0.8", "seed=3"]),
        ("no weights", &["--label", "y", "--ignore", "class,query,w"], &["eval_metric=rmse,mae"]),
        ("classes", &class, &["eval_metric=merror,mlogloss"]),
        ("dart", &class, &["booster=dart", "rate_drop=0.4", "one_drop=true"]),
        ("linear leaves", &number, &["--weight", "w", "linear_tree=true"]),
        ("medians", &number, &["--weight", "w", "objective=reg:absoluteerror"]),
    ];
    for (name, kind, more) in cases {
        check(&tree, name, &[&data, kind, &six, more].concat());
    }
    let levels = ["--weight", "w", "num_round=5", "grow_policy=depthwise", "max_depth=4"];
    check(&tree, "level by level", &[&data[..], &number, &levels].concat());
    let stopping = ["--weight", "w", "num_round=60", "eta=1", "max_depth=3", "early_stopping_rounds=4", "eval_metric=mae"];
    check(&tree, "early stopping", &[&data[..], &number, &stopping].concat());
    tree.write("train.csv", graded(3000));
    tree.write("valid.csv", graded(700));
    check(&tree, "ranking", &[&data[..], &query, &six, &["eval_metric=ndcg@5,map"]].concat());
}

/// The same rows with classes that are grades.
fn graded(rows: usize) -> String {
    mixed(rows).replace(",k", ",")
}

#[test]
fn validation_rows_that_are_held_out_are_those_of_one_host() {
    let tree = Tree::new();
    tree.write("train.csv", mixed(2000));
    let words = ["--train", "DIR/train.csv", "--label", "y", "--weight", "w", "num_round=5"];
    check(&tree, "random", &[&words[..], &["--ignore", "class,query", "validation_fraction=0.2"]].concat());
    let groups = ["--ignore", "class", "validation_fraction=0.3", "split=group", "split_column=query"];
    check(&tree, "groups", &[&words[..], &groups].concat());
    let cities = ["--ignore", "class,query", "validation_fraction=0.3", "split=group", "split_column=city"];
    check(&tree, "groups by name", &[&words[..], &cities].concat());
    let times = ["--ignore", "class", "validation_fraction=0.3", "split=time", "split_column=query"];
    check(&tree, "time", &[&words[..], &times].concat());
    let class =
        ["--train", "DIR/train.csv", "--label", "class", "--ignore", "y,query", "--weight", "w", "objective=multi:softprob"];
    check(&tree, "classes", &[&class[..], &["num_round=5", "validation_fraction=0.2", "split=stratified"]].concat());
    tree.write("train.csv", graded(2000));
    let query = ["--train", "DIR/train.csv", "--label", "class", "--group", "query", "--ignore", "y,w", "objective=rank:ndcg"];
    check(&tree, "queries", &[&query[..], &["num_round=5", "validation_fraction=0.2"]].concat());
    // A row of the second of two hosts.
    tree.write("train.csv", mixed(2000).lines().enumerate().map(hole).collect::<String>());
    let words = [&words[..], &["--ignore", "class", "validation_fraction=0.3", "split=time", "split_column=query"]].concat();
    let Some(command) = hosts(2, &job(&tree, 2, &words)) else { return };
    run(command).user_error(&["split_column=query is missing in", "train.csv:1603"]);
}

/// Line 1603 without its query.
fn hole((number, line): (usize, &str)) -> String {
    let cells: Vec<_> = line.split(',').enumerate().map(|(at, cell)| if number == 1602 && at == 2 { "" } else { cell }).collect();
    cells.join(",") + "\n"
}

#[test]
fn a_job_goes_on_from_its_checkpoints_on_another_number_of_hosts() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(1500, 1, amount));
    let words = |rounds: &'static str| {
        [
            "--train",
            "DIR/train.csv",
            "--label",
            "y",
            "--checkpoints",
            "DIR/checkpoints",
            "subsample=0.5",
            "checkpoint_interval=0",
            rounds,
        ]
    };
    for (first, then) in [(2, 3), (3, 1), (1, 2)] {
        let _ = fs::remove_dir_all(tree.path("checkpoints"));
        let train = |count: usize, rounds: &'static str| match count {
            1 => Some(sapwood(job(&tree, 1, &words(rounds))).ok()),
            count => hosts(count, &job(&tree, count, &words(rounds))).map(|command| run(command).ok()),
        };
        let (Some(_), Some(resumed)) = (train(first, "num_round=4"), train(then, "num_round=9")) else { return };
        assert!(resumed.stderr.contains("resuming after 4 rounds"), "{resumed:?}");
        let _ = fs::remove_dir_all(tree.path("checkpoints"));
        let model = fs::read(tree.path(&format!("model-{then}"))).unwrap();
        sapwood(job(&tree, 1, &words("num_round=9"))).ok();
        assert!(fs::read(tree.path("model-1")).unwrap() == model, "from {first} to {then} hosts");
        assert_eq!(resumed.metric_lines().len(), 5);
    }
}

#[test]
fn an_error_is_one_of_all_hosts() {
    let tree = Tree::new();
    tree.write("train.csv", "y,a\n1,2\n3,x\n");
    let started = Instant::now();
    let words = ["--train", "DIR/train.csv", "num_round=2", "--label", "nothing"];
    let Some(command) = hosts(2, &job(&tree, 2, &words)) else { return };
    run(command).user_error(&["nothing"]);
    let command = hosts(2, &job(&tree, 2, &["--train", "DIR/train.csv", "--label", "y", "etaa=1"])).unwrap();
    run(command).user_error(&["etaa"]);
    assert!(started.elapsed() < Duration::from_secs(40) && !tree.path("model-2").exists());
}

#[test]
fn what_is_not_shared_is_refused() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 1, amount));
    let data = ["--train", "DIR/train.csv", "--label", "y", "num_round=2"];
    let args = job(&tree, 2, &data);
    let words = |words: &[&str]| words.iter().map(|word| word.replace("DIR", &tree.text(""))).collect::<Vec<_>>();
    let evaluate = words(&["evaluate", "--model", "DIR/model", "--data", "DIR/train.csv"]);
    let Some(command) = hosts(2, &evaluate) else { return };
    run(command).user_error(&["`sapwood evaluate` runs in one process", "PMI_SIZE tells of 2"]);
    let from_input = job(&tree, 2, &["--train", "-", "--format", "csv", "--label", "y", "num_round=2"]);
    run(hosts(2, &from_input).unwrap()).user_error(&["standard input", "one of them only"]);

    let lone = |variables: &[(&str, &str)]| {
        let mut command = with_clean_environment(Command::new(SAPWOOD), &args);
        command.envs(variables.iter().copied());
        run(command)
    };
    // Of Open MPI's launcher, with a library over MPICH: four trainings that know nothing of each other.
    lone(&[("OMPI_COMM_WORLD_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", "4")]).user_error(&[
        "OMPI_COMM_WORLD_SIZE=4 tells of 4 hosts, but MPICH",
        "sees 1",
        "mpiexec",
        "SAPWOOD_MPI_LIBRARY",
    ]);
    lone(&[("SLURM_STEP_NUM_TASKS", "4")]).user_error(&["SLURM_STEP_NUM_TASKS=4", "srun --mpi=pmi2"]);
    let variables = [("PMI_RANK", "0"), ("PMI_SIZE", "4"), ("SAPWOOD_MPI_LIBRARY", "/no/such.so")];
    lone(&variables).user_error(&["needs /no/such.so, which cannot be opened", "scripts/build-mpi"]);
    lone(&[("PMI_RANK", "0"), ("PMI_SIZE", "4"), ("SAPWOOD_HOST_SILENCE", "0")]).user_error(&["SAPWOOD_HOST_SILENCE=0"]);
    assert!(!tree.path("model-2").exists());
    // One process under mpiexec is an ordinary one.
    run(hosts(1, &args).unwrap()).ok();
    assert!(tree.json("summary-2").get("hosts").is_none());
}

/// Hosts at work on a job that would go on for very long.
struct Working {
    child: Child,
    lines: Vec<String>,
    out: BufReader<std::process::ChildStdout>,
}

impl Working {
    /// Starts two hosts and lets the first print three lines.
    fn start(tree: &Tree) -> Option<Self> {
        tree.write("train.csv", csv_with_header(300, 1, class_of_three));
        let words = ["--train", "DIR/train.csv", "--label", "y", "num_round=1000000", "max_depth=2"];
        let mut command = hosts(2, &job(tree, 2, &words))?;
        command.env("SAPWOOD_HOST_SILENCE", "2").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut working = Self { out: BufReader::new(child.stdout.take().unwrap()), child, lines: Vec::new() };
        for _ in 0..3 {
            let mut line = String::new();
            assert!(working.out.read_line(&mut line).unwrap() > 0, "the job is over");
            working.lines.push(line.trim_end().to_string());
        }
        Some(working)
    }

    /// The process of a host, which has the model's name in its command line.
    fn process(&self, tree: &Tree, host: usize) -> u32 {
        let is_it = |pid: &u32| {
            let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            let has = |bytes: Vec<u8>, words: &str| bytes.split(|byte| *byte == 0).any(|word| word == words.as_bytes());
            has(read("cmdline"), &tree.text("model-2")) && has(read("environ"), &format!("PMI_RANK={}", host - 1))
        };
        let processes = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        processes.filter(is_it).max().unwrap_or_else(|| panic!("no process of host {host}"))
    }

    /// Waits for the end: how it ended, and how long that took.
    fn end(mut self) -> (Run, Duration) {
        let started = Instant::now();
        self.lines.extend(self.out.lines().map(Result::unwrap));
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let code = self.child.wait().unwrap().code();
        (Run { code, stdout: self.lines.join("\n"), stderr }, started.elapsed())
    }
}

#[test]
fn a_signal_to_any_host_saves_the_model_once() {
    for host in [1, 2] {
        let tree = Tree::new();
        let Some(working) = Working::start(&tree) else { return };
        send("TERM", working.process(&tree, host));
        let (ended, _) = working.end();
        let rounds = MetricLine::parse(ended.stdout.lines().next_back().unwrap()).unwrap().round + 1;
        assert_eq!(ended.code, Some(143), "{ended:?}");
        let said = format!("SIGTERM ended training after {rounds} of 1000000 rounds; the model so far is saved in");
        assert_eq!(ended.stderr.matches(&said).count(), 1, "{ended:?}");
        let shown = sapwood(["inspect", "--json", "--model", &tree.text("model-2")]).ok();
        assert!(shown.stdout.contains(&format!("\"num_rounds\": {rounds}")), "{shown:?}");
    }
}

#[test]
fn a_host_that_is_stopped_or_killed_ends_the_job() {
    for (signal, host) in [("STOP", 1), ("STOP", 2), ("KILL", 1), ("KILL", 2)] {
        let tree = Tree::new();
        let Some(working) = Working::start(&tree) else { return };
        send(signal, working.process(&tree, host));
        let (ended, took) = working.end();
        assert!(ended.code != Some(0) && took < Duration::from_secs(60), "{signal} {host}: {took:?} {ended:?}");
        assert!(!tree.path("model-2").exists() && !tree.path("summary-2").exists());
        // One that is killed on the same machine may be named by mpiexec alone, which kills the others at once.
        if signal == "STOP" {
            let said = format!("AlgorithmError: host {host} of 2");
            assert!(ended.stderr.contains(&said) && ended.stderr.contains("has given no sign of life for 2 s"), "{ended:?}");
        }
    }
}

#[test]
fn a_full_disk_of_the_first_host_ends_all() {
    let tree = Tree::new();
    // Noise makes trees that no small file system holds.
    tree.write("train.csv", csv_with_header(3000, 1, |_, noise| format!("{noise}")));
    let out = tree.mkdir("out");
    let model = out.join("model").display().to_string();
    if hosts(2, &[]).is_none() {
        return;
    }
    let setup = format!("mount -t tmpfs -o size=16k tmpfs {}\nset -- mpiexec -n 2 \"$@\"", quoted(&out));
    let listing = tree.path("listing");
    let after = format!("ls -A {} > {}", quoted(&out), quoted(&listing));
    let train = tree.text("train.csv");
    let args = ["train", "--train", &train, "--label", "y", "--model-out", &model, "num_round=40"].map(OsString::from);
    let Some(run) = in_private_mounts("a_full_disk_of_the_first_host_ends_all", &setup, &after, &args) else { return };
    run.user_error(&["No space left on device"]);
    assert_eq!(run.metric_lines().len(), 40);
    assert_eq!(fs::read_to_string(listing).unwrap(), "");
}

/// The executable as one host for each job of SageMaker's.
fn instances(jobs: &[&Job]) -> Option<Command> {
    instances_with(&jobs.iter().map(|job| (*job, Vec::new())).collect::<Vec<_>>())
}

/// The same, with variables of their own in each host's environment.
pub fn instances_with(jobs: &[(&Job, Vec<(&str, String)>)]) -> Option<Command> {
    hosts(2, &[])?;
    let mut command = Command::new("mpiexec");
    for (index, (job, variables)) in jobs.iter().enumerate() {
        let between: &[&str] = if index > 0 { &[":"] } else { &[] };
        command.args(between).args(["-n", "1"]);
        for (name, value) in variables {
            command.args(["-env", name, value]);
        }
        command.args([SAPWOOD, "train", "--opt-ml", &job.tree.text("")]);
    }
    Some(with_clean_environment(command, [""; 0]))
}

fn sharded(files: &[(&str, &String)]) -> Job {
    sharded_with(files, json!({"num_round": "5", "subsample": "0.7", "nthread": "1"}))
}

fn sharded_with(files: &[(&str, &String)], hyperparameters: Value) -> Job {
    let channel = json!({"train": {"ContentType": "text/csv", "S3DistributionType": "ShardedByS3Key"}});
    let job = Job::new(hyperparameters).config("inputdataconfig.json", channel);
    job.tree.mkdir("input/data/train");
    files.iter().fold(job, |job, (name, text)| job.file(&format!("train/{name}"), text))
}

#[test]
fn instances_with_files_of_their_own_train_one_model() {
    let parts = [csv(500, 1, amount), csv(700, 2, amount), csv(300, 3, amount)];
    let alone = sharded(&[("a.csv", &parts[0]), ("b.csv", &parts[1]), ("c.csv", &parts[2])]);
    alone.succeeds();
    let jobs = [sharded(&[("a.csv", &parts[0]), ("b.csv", &parts[1])]), sharded(&[]), sharded(&[("c.csv", &parts[2])])];
    let Some(command) = instances(&jobs.each_ref()) else { return };
    let ended = run(command).ok();
    assert_eq!(ended.metric_lines().len(), 5);
    assert!(ended.stderr.contains("rows read once: 1200 + 0 + 300 = 1500"), "{ended:?}");
    let model = |job: &Job| fs::read(job.tree.path("model/model.sapwood")).ok();
    assert!(model(&jobs[0]).is_some() && model(&jobs[0]) == model(&alone));
    for job in &jobs[1..] {
        assert!(job.tree.files("model").is_empty() && !job.tree.path("output/data/summary.json").exists());
    }
    let summary = jobs[0].tree.json("output/data/summary.json");
    assert_eq!((&summary["rows"], &summary["hosts"]["data"]["train"]["hosts"][2]["rows"]), (&1500.into(), &300.into()));
}

#[test]
fn instances_with_files_of_their_own_keep_back_the_rows_that_one_would() {
    let parts = [csv(500, 1, amount), csv(700, 2, amount)];
    let job = |files: &[(&str, &String)]| {
        sharded_with(files, json!({"num_round": "5", "validation_fraction": "0.2", "nthread": "1", "seed": "4"}))
    };
    let alone = job(&[("a.csv", &parts[0]), ("b.csv", &parts[1])]);
    let expected = alone.succeeds();
    let jobs = [job(&[("a.csv", &parts[0])]), job(&[("b.csv", &parts[1])])];
    let Some(command) = instances(&jobs.each_ref()) else { return };
    let ended = run(command).ok();
    assert_eq!(ended.stdout, expected.stdout);
    assert!(ended.stderr.contains("240 rows are kept back as validation data"), "{ended:?}");
    let model = |job: &Job| fs::read(job.tree.path("model/model.sapwood")).unwrap();
    assert!(model(&jobs[0]) == model(&alone));
}

#[test]
fn what_is_wrong_on_one_instance_is_told_on_all() {
    let good = csv(500, 1, amount);
    let bad = "1,2,3,4,5\n1,2,x y,4,5\n".repeat(50);
    let jobs = [sharded(&[("a.csv", &good)]), sharded(&[("b.csv", &bad)])];
    let Some(command) = instances(&jobs.each_ref()) else { return };
    run(command).user_error(&["b.csv", "x y"]);
    for job in &jobs {
        let failure = job.tree.read("output/failure");
        assert!(failure.starts_with("UserError: ") && failure.contains("b.csv"), "{failure}");
        assert!(job.tree.files("model").is_empty());
    }
    // The same files on both are not each one's own.
    let jobs = [sharded(&[("a.csv", &good)]), sharded(&[("a.csv", &good)])];
    run(instances(&jobs.each_ref()).unwrap()).user_error(&["a.csv"]);
}
