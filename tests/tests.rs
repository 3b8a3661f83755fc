//! The integration tests, in one binary.

mod format;
mod metrics;
mod naive;
mod score;
mod train;
