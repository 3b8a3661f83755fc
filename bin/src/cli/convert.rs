//! The command line of `sapwood convert`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `sapwood convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The model: Sapwood's, XGBoost's JSON or UBJSON, LightGBM's text, or one in ONNX. Its content says which.
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Where to write it. The extension says the format: .sapwood, XGBoost's .json or .ubj, .txt of LightGBM, or .onnx.
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// The format, where the name of the file does not say it.
    #[arg(long, value_name = "FORMAT")]
    pub to: Option<ModelFormat>,
    /// The texts of the classes, in the order of their numbers, for a model that knows them by number only.
    #[arg(long, value_name = "TEXT,...")]
    pub classes: Vec<String>,
    /// Let change what the format cannot hold, such as thresholds that must move. It is told what and how much.
    #[arg(long)]
    pub allow_rounding: bool,
}

/// Formats that models are written in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ModelFormat {
    /// Sapwood's own.
    Sapwood,
    /// JSON for XGBoost 3.1 and later.
    XgboostJson,
    /// UBJSON for XGBoost 3.1 and later.
    XgboostUbjson,
    /// ONNX with the operators of ai.onnx.ml 3, which tell floats.
    Onnx,
    /// ONNX with the operator of ai.onnx.ml 5, which tells doubles and no labels.
    OnnxV5,
    /// Text for LightGBM 4.0 and later.
    LightgbmText,
}
