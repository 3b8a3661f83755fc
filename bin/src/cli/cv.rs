//! The command line of `sapwood cv`.

use super::learning::LearningArgs;
use super::{TrainArgs, output_kind};
use clap::Args;
use sapwood_score::Output;
use std::path::PathBuf;

/// Flags of `sapwood cv`.
#[derive(Clone, Debug, Args)]
pub struct CvArgs {
    /// A data set that the models of all folds are evaluated on in every round, under its own name. May be repeated.
    #[arg(long, value_name = "NAME=PATH")]
    pub eval_set: Vec<String>,
    /// Where to write what each row's fold predicts of it, row by row, by a model that did not learn from it. The extension selects the
    /// format: .json, .jsonl or .parquet, else CSV. With split=time the rows of the first window have none.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// With --out: columns of the data to write in front of the predictions.
    #[arg(long, value_name = "COL,...")]
    pub keep: Vec<String>,
    /// With --out: begin CSV with a line of names.
    #[arg(long)]
    pub header: bool,
    /// With --out: what to write, value, margin or probability. Objectives that predict a class write probabilities.
    #[arg(long, value_name = "KIND", default_value = "value", value_parser = output_kind())]
    pub output: Output,
    /// Where to write one model whose predictions are the mean of those of all folds' models.
    #[arg(long, value_name = "FILE")]
    pub model_out: Option<PathBuf>,
    /// Where to write a report, a page for a browser (FILE.html), with each row judged by models that did not learn from it. Beside it go the same as
    /// JSON, statistics.json, constraints.json and evaluation.json.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Data, their columns, and hyperparameters.
    #[command(flatten)]
    pub learning: LearningArgs,
}

impl CvArgs {
    /// What they have in common with those of `sapwood train`.
    pub fn of_training(&self) -> TrainArgs {
        let this = self.clone();
        TrainArgs { eval_set: this.eval_set, model_out: this.model_out, report: this.report, ..this.learning.of_training() }
    }
}
