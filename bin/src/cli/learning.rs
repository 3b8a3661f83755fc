//! Flags that all commands have which learn from data with hyperparameters, beside `sapwood train`.

use super::{FormatArg, TrainArgs};
use clap::Args;
use std::path::PathBuf;

/// Data, their columns, and hyperparameters.
#[derive(Clone, Debug, Args)]
pub struct LearningArgs {
    /// A file of settings, as `sapwood train` has it. What the command line says wins.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data: a file or a directory, local or in S3 (s3://bucket/key). Several paths form one data set.
    #[arg(long, value_name = "PATH")]
    pub train: Vec<PathBuf>,
    /// Where to write a summary, as JSON.
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Where to write the metrics of every round, as CSV; over folds means and standard deviations.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
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
    /// Print only warnings, errors and the metrics of what is kept.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print where time goes, too.
    #[arg(long, short)]
    pub verbose: bool,
    /// Hyperparameters, such as objective=binary:logistic, nfold=5; `sapwood params` lists them.
    #[arg(value_name = "KEY=VALUE")]
    pub hyperparameters: Vec<String>,
}

impl LearningArgs {
    /// The same as flags of `sapwood train`.
    pub fn of_training(&self) -> TrainArgs {
        let this = self.clone();
        TrainArgs {
            config: this.config,
            train: this.train,
            summary: this.summary,
            history: this.history,
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
