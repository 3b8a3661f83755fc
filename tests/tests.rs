//! The integration tests, in one binary.

mod naive;
mod train;
