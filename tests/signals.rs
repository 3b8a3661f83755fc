//! Signals at the shell, and jobs that get into each other's way.

use crate::util::{MetricLine, Run, SAPWOOD, Tree, amount, command, csv_with_header, sapwood, send, with_clean_environment};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// A job that would go on for very long.
fn endless(tree: &Tree, model: &str) -> Vec<String> {
    tree.write("train.csv", csv_with_header(300, 1, amount));
    let line =
        ["train", "--train", &tree.text("train.csv"), "--model-out", &tree.text(model), "--summary", &tree.text("summary.json")];
    line.into_iter().chain(["num_round=1000000", "max_depth=2", "--threads", "1"]).map(str::to_string).collect()
}

/// A job at work, and what it has printed so far.
struct Working {
    child: Child,
    lines: Vec<String>,
    out: BufReader<std::process::ChildStdout>,
}

impl Working {
    /// Starts a job and lets it print three lines.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut working = Self { out: BufReader::new(child.stdout.take().unwrap()), child, lines: Vec::new() };
        (0..3).for_each(|_| working.read_line());
        working
    }

    fn read_line(&mut self) {
        let mut line = String::new();
        assert!(self.out.read_line(&mut line).unwrap() > 0, "the job is over");
        self.lines.push(line.trim_end().to_string());
    }

    /// Sends a signal and waits for the end: the exit code, rounds after which the model was saved, standard error.
    fn end(mut self, signal: &str) -> (Option<i32>, u64, String) {
        send(signal, self.child.id());
        self.lines.extend(self.out.lines().map(Result::unwrap));
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let last = MetricLine::parse(self.lines.last().unwrap()).unwrap();
        (self.child.wait().unwrap().code(), last.round as u64 + 1, stderr)
    }
}

/// The executable, with SIGHUP at its default, however the tests were started.
fn hangable(args: Vec<String>) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", SAPWOOD]);
    with_clean_environment(command, args)
}

fn rounds(tree: &Tree, model: &str) -> u64 {
    let Run { stdout, .. } = sapwood(["inspect", "--json", "--model", &tree.text(model)]).ok();
    serde_json::from_str::<Value>(&stdout).unwrap()["num_rounds"].as_u64().unwrap()
}

#[test]
fn a_signal_saves_the_model_so_far_and_is_seen_in_the_exit_code() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let tree = Tree::new();
        let (ended, done, stderr) = Working::start(hangable(endless(&tree, "m"))).end(signal);
        assert_eq!((ended, rounds(&tree, "m")), (Some(code), done), "{stderr}");
        assert!(
            stderr.contains(&format!("SIG{signal} ended training after {done} of 1000000 rounds; the model so far is saved in"))
        );
        assert!(!tree.path("m.partial").exists() && tree.json("summary.json")["trees"] == done);
    }
}

#[test]
fn a_signal_leaves_an_earlier_model_as_it_was() {
    let tree = Tree::new();
    let words = |rounds: &'static str| {
        let words = endless(&tree, "m").into_iter();
        words.map(move |word| if word.starts_with("num_round") { rounds.to_string() } else { word }).collect::<Vec<_>>()
    };
    sapwood(words("num_round=2")).ok();
    let earlier = (fs::read(tree.path("m")).unwrap(), tree.read("summary.json"));
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let (ended, done, stderr) = Working::start(hangable(endless(&tree, "m"))).end(signal);
        assert_eq!((ended, rounds(&tree, "m.partial")), (Some(code), done), "{stderr}");
        assert!(stderr.contains("m is left as it was, the model so far is saved in") && stderr.contains("m.partial"), "{stderr}");
        assert_eq!((fs::read(tree.path("m")).unwrap(), tree.read("summary.json")), earlier);
        assert_eq!(tree.json("summary.json.partial")["trees"], done);
    }
    sapwood(words("num_round=3")).ok();
    assert_eq!(rounds(&tree, "m"), 3);
}

#[test]
fn a_job_under_nohup_outlives_its_terminal() {
    let tree = Tree::new();
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", SAPWOOD]);
    let mut working = Working::start(with_clean_environment(nohup, endless(&tree, "m")));
    send("HUP", working.child.id());
    (0..100).for_each(|_| working.read_line());
    assert_eq!(working.end("TERM").0, Some(143));
}

#[test]
fn the_second_job_on_one_model_is_told() {
    let tree = Tree::new();
    let first = Working::start(command(endless(&tree, "m")));
    sapwood(endless(&tree, "./m")).user_error(&["m: another job is running that will write this file", "choose another name"]);
    let other = Working::start(command(endless(&tree, "other")));
    assert_eq!(other.end("TERM").0, Some(143));
    assert_eq!(first.end("TERM").0, Some(143));
    assert_eq!(Working::start(command(endless(&tree, "m"))).end("INT").0, Some(130));
}
