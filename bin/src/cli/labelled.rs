//! The flags of commands that judge a model by labelled data.

use clap::Args;
use std::path::PathBuf;

/// A model, labelled data, and the columns that are no features.
#[derive(Debug, Args)]
pub struct LabelledArgs {
    /// The model file.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Labelled data: a file or a directory, local or in S3, or - for standard input; may be repeated.
    #[arg(long, value_name = "PATH", required = true)]
    pub data: Vec<PathBuf>,
    /// The label's column: a name, or an index counted from 0 [default: the one that the model was trained with, else the first].
    #[arg(long, value_name = "COL")]
    pub label: Option<String>,
    /// The column of query groups [default: the one that the model was trained with].
    #[arg(long, value_name = "COL")]
    pub group: Option<String>,
    /// The column of row weights; none weights all rows equally [default: the one that the model was trained with].
    #[arg(long, value_name = "COL")]
    pub weight: Option<String>,
}
