//! The command line of `sapwood tune`.

use super::TrainArgs;
use super::learning::LearningArgs;
use clap::Args;
use sapwood::params::Seconds;
use std::path::PathBuf;

/// Flags of `sapwood tune`.
#[derive(Clone, Debug, Args)]
pub struct TuneArgs {
    /// What trials are judged by [default: the rows that five folds hold out; see nfold, split].
    #[arg(long, value_name = "PATH")]
    pub validation: Vec<PathBuf>,
    /// A data set that the model is evaluated on in every round, under its own name; it does not judge trials. May be repeated.
    #[arg(long, value_name = "NAME=PATH")]
    pub eval_set: Vec<String>,
    /// What to search: eta=0.01..0.3:log, max_depth=3..10, grow_policy=depthwise|lossguide; a parameter without values is searched in the
    /// range that `sapwood params` shows [default: max_depth, min_child_weight, lambda, subsample, colsample_bynode and extra_trees].
    #[arg(long, value_name = "NAME=VALUES,...")]
    pub search: Option<String>,
    /// Trials, the first of which has the parameters as they are given [default: 100; with --time-budget as many as it has time for].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
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
    /// Where to write a report about the model, as `sapwood train` has it, and beside it trials.html, a page about the search.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Data, their columns, and hyperparameters of all trials.
    #[command(flatten)]
    pub learning: LearningArgs,
}

impl TuneArgs {
    /// What they have in common with those of `sapwood train`.
    pub fn of_training(&self) -> TrainArgs {
        let this = self.clone();
        TrainArgs {
            validation: this.validation,
            eval_set: this.eval_set,
            model_out: this.model_out,
            report: this.report,
            ..this.learning.of_training()
        }
    }
}
