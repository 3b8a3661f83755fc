//! The integration tests, in one binary.

mod cli;
mod format;
mod metrics;
mod naive;
mod sagemaker;
mod score;
mod train;
mod util;
