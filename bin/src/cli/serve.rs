//! The command line of `sapwood serve`.

use clap::{Args, ValueEnum};
use sapwood_readers::{ExtraColumns, MissingKeys};
use std::path::PathBuf;

/// Flags of `sapwood serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The model file [default: the one *.sapwood file in model/ of SageMaker's directory tree].
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// The root of SageMaker's directory tree [default: $SAGEMAKER_BASE_DIR, or /opt/ml].
    #[arg(long, value_name = "DIR", conflicts_with = "model")]
    pub opt_ml: Option<PathBuf>,
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0")]
    pub host: std::net::IpAddr,
    /// The port to listen on; 0 takes a free one [default: $SAGEMAKER_BIND_TO_PORT, or 8080].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Requests scored at a time, each by one thread [default: $SAGEMAKER_NUM_MODEL_WORKERS, or the CPUs this process may use].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,
    /// What becomes of columns of a request that the model does not have [default: $SAPWOOD_EXTRA_COLUMNS, or error].
    #[arg(long, value_name = "WHAT")]
    pub extra_columns: Option<ExtraColumnsArg>,
    /// What becomes of keys of the model that a JSON row of a request lacks [default: $SAPWOOD_MISSING_KEYS, or error].
    #[arg(long, value_name = "WHAT")]
    pub missing_keys: Option<MissingKeysArg>,
    /// Parameters about reading data, such as missing_values=-999.
    #[arg(value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
}

/// What becomes of columns that a model does not have, as it is called on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExtraColumnsArg {
    /// They are refused.
    Error,
    /// They are passed over, so that identifiers may ride along.
    Ignore,
}

impl From<ExtraColumnsArg> for ExtraColumns {
    fn from(extra: ExtraColumnsArg) -> Self {
        match extra {
            ExtraColumnsArg::Error => Self::Refused,
            ExtraColumnsArg::Ignore => Self::Ignored,
        }
    }
}

/// What becomes of keys that a JSON row lacks, as it is called on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MissingKeysArg {
    /// The request is refused.
    Error,
    /// They count as null: missing values.
    Null,
}

impl From<MissingKeysArg> for MissingKeys {
    fn from(missing: MissingKeysArg) -> Self {
        match missing {
            MissingKeysArg::Error => Self::Refused,
            MissingKeysArg::Null => Self::Null,
        }
    }
}
