//! The integration tests, in one binary.

mod format;
mod score;
