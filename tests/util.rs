//! What the tests of the executable share: running it, files in a temporary tree, small data, metric lines, private mounts.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The executable under test.
pub const SAPWOOD: &str = env!("CARGO_BIN_EXE_sapwood");

/// How a run of the executable ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` after a signal that was not handled.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Asserts a failure that the user can mend, with a message that has all `fragments`; returns the message.
    #[track_caller]
    pub fn user_error(&self, fragments: &[&str]) -> String {
        assert_eq!(self.code, Some(2), "{self:#?}");
        let start = self.stderr.find("UserError: ").unwrap_or_else(|| panic!("no class: {self:#?}"));
        let message = self.stderr[start..].trim_end().to_string();
        for fragment in fragments {
            assert!(message.contains(fragment), "no {fragment:?} in {self:#?}");
        }
        message
    }

    /// The metric lines on standard output, which must hold nothing else.
    #[track_caller]
    pub fn metric_lines(&self) -> Vec<MetricLine> {
        self.stdout.lines().map(|line| MetricLine::parse(line).unwrap_or_else(|| panic!("no metric line: {line:?}"))).collect()
    }
}

/// The executable with `args`, and none of the environment variables that it acts on.
pub fn command(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    with_clean_environment(Command::new(SAPWOOD), args)
}

/// A command without the environment variables that the executable acts on.
pub fn with_clean_environment(mut command: Command, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let is_ours = |name: &str| name.starts_with("SAGEMAKER_") || name.starts_with("SAPWOOD_");
    for (variable, _) in std::env::vars_os() {
        if variable.to_str().is_some_and(|name| is_ours(name) || ["MAX_CONTENT_LENGTH", "RUST_BACKTRACE"].contains(&name)) {
            command.env_remove(variable);
        }
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the executable.
pub fn sapwood(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    Run::of(command(args).output().expect("sapwood starts"))
}

/// Runs a prepared command.
pub fn run(mut command: Command) -> Run {
    Run::of(command.output().expect("the command starts"))
}

/// Sends a signal (`TERM`, `INT`) to a process.
pub fn send(signal: &str, pid: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().expect("sh starts");
    assert!(status.success());
}

/// A temporary directory with files in it.
pub struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    /// An empty directory.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// The same where the build has its files, for what lasts as long as the process: nobody removes it then.
    pub fn lasting() -> Self {
        Self { dir: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory") }
    }

    /// The path of `name` in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The path of `name` as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a path in UTF-8").to_string()
    }

    /// Writes a file, with the directories that lead to it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(&path, content).expect("a file");
        path
    }

    /// Creates a directory.
    pub fn mkdir(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).expect("directories");
        path
    }

    /// Reads a file as text.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Reads a file as JSON.
    #[track_caller]
    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file under `name`, with its content, in sorted order; nothing where there is no such directory.
    pub fn files(&self, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![self.path(name)];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let content = fs::read(&path).expect("a readable file");
                    found.push((path, content));
                }
            }
        }
        found.sort();
        found
    }

    /// Every file in the directory `checkpoints` with its content, but the lock of the job that writes there.
    pub fn checkpoints(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = self.files("checkpoints");
        found.retain(|(path, _)| !path.ends_with("lock.sagemaker-ignore"));
        found
    }
}

/// A line such as `[12]\ttrain-rmse:0.12345\tvalidation-rmse:0.23456`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricLine {
    /// The round, counted from 0.
    pub round: usize,
    /// Set and metric (`validation-rmse`) with the value as printed.
    pub values: Vec<(String, String)>,
}

impl MetricLine {
    /// Reads a line; `None` where it deviates from the form that metric regexes rely on.
    pub fn parse(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let round = cells.next()?.strip_prefix('[')?.strip_suffix(']')?;
        let value = |cell: &str| {
            let (name, value) = cell.split_once(':')?;
            let digits = value.split_once('.')?.1;
            (name.contains('-') && digits.len() == 5 && value.parse::<f64>().is_ok()).then(|| (name.to_string(), value.to_string()))
        };
        let values: Vec<_> = cells.map(value).collect::<Option<_>>()?;
        (round.bytes().all(|b| b.is_ascii_digit()) && !values.is_empty()).then_some(Self { round: round.parse().ok()?, values })
    }

    /// The value of `validation-rmse`, say, as printed.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// A generator of numbers in [0, 1) that are the same everywhere.
pub struct Numbers(u64);

impl Numbers {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }
}

/// Rows of `label,f0,f1,f2,f3` without a header. `label` gets the features and a number that they do not determine.
pub fn csv(rows: usize, seed: u64, label: impl Fn([f64; 4], f64) -> String) -> String {
    let mut numbers = Numbers::new(seed);
    let row = |_| {
        let x = [numbers.next(), numbers.next(), numbers.next(), numbers.next()];
        format!("{},{},{},{},{}\n", label(x, numbers.next()), x[0], x[1], x[2], x[3])
    };
    (0..rows).map(row).collect()
}

/// The same rows with the header `y,a,b,c,d`.
pub fn csv_with_header(rows: usize, seed: u64, label: impl Fn([f64; 4], f64) -> String) -> String {
    format!("y,a,b,c,d\n{}", csv(rows, seed, label))
}

/// A number to regress on.
pub fn amount(x: [f64; 4], noise: f64) -> String {
    format!("{:.4}", 3.0 * x[0] - 2.0 * x[1] * x[2] + 0.5 * noise)
}

/// One of three classes.
pub fn class_of_three(x: [f64; 4], noise: f64) -> String {
    format!("{}", ((x[0] + 0.8 * x[1] + 0.2 * noise) * 1.5) as usize)
}

/// Runs the executable where `setup` (shell commands, run as root) has mounted something that nobody else sees; `after` runs when
/// it has ended. `None`, with a loud message, where this machine does not permit that.
pub fn in_private_mounts(test: &str, setup: &str, after: &str, args: &[OsString]) -> Option<Run> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(SAPWOOD);
        command
    };
    let probe = unshare(&format!("set -e\n{setup}")).output();
    let reason = match &probe {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(reason) = reason {
        // Not `eprintln!`, which the test runner keeps to itself when a test passes.
        let _ = writeln!(std::io::stderr(), "\nSKIPPED {test}: no private mounts here: {}\n", reason.trim());
        return None;
    }
    let script = format!("set -e\n{setup}\nset +e\n\"$@\"\ncode=$?\n{after}\nexit $code");
    Some(run(with_clean_environment(unshare(&script), args)))
}

/// A path in single quotes, for a shell.
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}
