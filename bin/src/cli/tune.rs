//! The command line of `sapwood tune`.

use super::{FormatArg, TrainArgs};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Flags of `sapwood tune`.
#[derive(Clone, Debug, Args)]
pub struct TuneArgs {
    /// A file of settings, as `sapwood train` has it. What the command line says wins.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data: a file or a directory, local or in S3 (s3://bucket/key). Several paths form one data set.
    #[arg(long, value_name = "PATH")]
    pub train: Vec<PathBuf>,
    /// What trials are judged by [default: the rows that five folds hold out; see nfold, split].
    #[arg(long, value_name = "PATH")]
    pub validation: Vec<PathBuf>,
    /// What to search: eta=0.01..0.3:log, max_depth=3..10, grow_policy=depthwise|lossguide; a parameter without values is searched in the
    /// range that `sapwood params` shows [default: max_depth, min_child_weight, lambda, subsample and colsample_bynode].
    #[arg(long, value_name = "NAME=VALUES,...")]
    pub search: Option<String>,
    /// Trials, the first of which has the parameters as they are given [default: 100; with --time-budget as many as it has time for].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub trials: Option<u32>,
    /// The time that everything may take, such as 90, 90s, 15m or 2h. What is found by then depends on the machine; the number of trials,
    /// which is told, brings it about again.
    #[arg(long, value_name = "TIME")]
    pub time_budget: Option<Seconds>,
    /// Where to write each trial as a line of JSON. If the file is there, the search goes on with it.
    #[arg(long, value_name = "FILE.jsonl")]
    pub trials_out: Option<PathBuf>,
    /// Where to write the model of the best parameters.
    #[arg(long, value_name = "FILE")]
    pub model_out: Option<PathBuf>,
    /// Where to write a summary, as JSON.
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// The format of the data; detected if not given.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// The label's column: a name, or an index counted from 0 [default: the first].
    #[arg(long, value_name = "COL")]
    pub label: Option<String>,
    /// The column of row weights.
    #[arg(long, value_name = "COL")]
    pub weight: Option<String>,
    /// The column of query groups.
    #[arg(long, value_name = "COL")]
    pub group: Option<String>,
    /// The column of margins to start from.
    #[arg(long, value_name = "COL")]
    pub base_margin: Option<String>,
    /// A column to leave out; may be repeated, and adds to ignore_columns.
    #[arg(long, value_name = "COL")]
    pub ignore: Vec<String>,
    /// Threads [default: the CPUs this process may use].
    #[arg(long, value_name = "N")]
    pub threads: Option<String>,
    /// Print only warnings, errors and the metrics of the model.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print where time goes, too.
    #[arg(long, short)]
    pub verbose: bool,
    /// Hyperparameters of all trials, such as objective=binary:logistic; `sapwood params` lists them.
    #[arg(value_name = "KEY=VALUE")]
    pub hyperparameters: Vec<String>,
}

impl TuneArgs {
    /// What they have in common with those of `sapwood train`.
    pub fn of_training(&self) -> TrainArgs {
        let this = self.clone();
        TrainArgs {
            config: this.config,
            train: this.train,
            validation: this.validation,
            model_out: this.model_out,
            summary: this.summary,
            format: this.format,
            label: this.label,
            weight: this.weight,
            group: this.group,
            base_margin: this.base_margin,
            ignore: this.ignore,
            threads: this.threads,
            quiet: this.quiet,
            verbose: this.verbose,
            hyperparameters: this.hyperparameters,
            ..TrainArgs::default()
        }
    }
}

/// A length of time: seconds, or with a unit, `90s`, `15m`, `2h`.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub Duration);

impl std::str::FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let of_unit = match unit {
            "" | "s" => Some(1.0),
            "m" => Some(60.0),
            "h" => Some(3600.0),
            _ => None,
        };
        let seconds = of_unit.zip(number.trim().parse::<f64>().ok()).map(|(unit, number)| unit * number);
        let seconds = seconds.filter(|seconds| *seconds > 0.0).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.map(Self).ok_or_else(|| "write seconds, or a number and s, m or h: 90s, 15m, 2h".to_string())
    }
}
