//! What a person sees while training runs: metric lines on standard output, and a progress bar where there is a terminal.

use crate::log::Log;
use crate::streams;
use indicatif::{ProgressBar, ProgressStyle};

/// The progress of training.
pub struct Progress {
    /// Absent in pipes and containers, whose logs a bar would fill.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Progress over `rounds` rounds; a log that is quiet has no bar.
    pub fn new(rounds: u32, log: &Log) -> Self {
        let bar = (streams::has_terminal() && !log.is_quiet()).then(|| {
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} rounds, {eta} left");
            ProgressBar::new(u64::from(rounds)).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar }
    }

    /// So many rounds are done.
    pub fn advance_to(&self, rounds: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(rounds as u64);
        }
    }

    /// Prints a line to standard output.
    pub fn line(&self, text: &str) {
        self.aside(|| streams::progress(text));
    }

    /// Runs what prints, with the bar out of its way.
    pub fn aside(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
