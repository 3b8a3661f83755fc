//! The report about a model: what it was trained on, how training went, how well it predicts and why, on one page.
//!
//! [`Report::of`] gathers facts, all of them bounded, from a model and samples of data ([`Dataset::sampled`](sapwood::Dataset::sampled)). [`Report::html`]
//! writes them as one self-contained page, [`Report::json`] as JSON. [`monitor`] and [`pipelines`] write what SageMaker's tools read.
#![deny(missing_docs)]

mod chart;
pub mod facts;
mod gather;
pub mod monitor;
mod page;
pub mod pipelines;
mod text;
pub mod trials;

pub use facts::Report;
pub use gather::{Judged, Subject};

impl Report {
    /// The report as JSON, its numbers unrounded; what is not a number is null.
    ///
    /// # Errors
    /// None that facts can cause.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

#[cfg(test)]
mod tests;
