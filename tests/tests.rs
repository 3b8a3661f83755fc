//! The integration tests, in one binary.

mod format;
mod naive;
mod score;
mod train;
