//! The command line of `sapwood inspect`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;

/// Flags of `sapwood inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The model file.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Print everything, trees included, as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print the parameters that reproduce the model from the same data, as JSON: save them as FILE.json for `train --config`.
    #[arg(long, conflicts_with = "json")]
    pub config: bool,
    /// Print a tree, counted from 0, or with --format text or json all of them.
    #[arg(long, value_name = "N|all", conflicts_with_all = ["json", "config"])]
    pub tree: Option<WhichTree>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", requires = "tree", default_value = "text")]
    pub format: TreeFormat,
    /// Write a table of all nodes: .csv, .json, .jsonl (also with .gz) or .parquet, with the columns of XGBoost's trees_to_dataframe.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "config", "tree"])]
    pub trees_table: Option<PathBuf>,
}

/// One tree or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichTree {
    /// The one with this number, counted from 0.
    Number(usize),
    /// Every tree.
    All,
}

impl FromStr for WhichTree {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            _ => text.parse().map(Self::Number).map_err(|_| "give the number of a tree, counted from 0, or all".to_string()),
        }
    }
}

/// How trees are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TreeFormat {
    /// XGBoost's text: a line for each node, indented by its depth.
    Text,
    /// XGBoost's JSON: an object for each node, children within.
    Json,
    /// Graphviz's language: `| dot -Tpdf > tree.pdf`.
    Dot,
    /// A picture for a browser.
    Svg,
}
