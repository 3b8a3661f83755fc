//! `summary.json`: what a training run did, for programs.

use crate::history;
use crate::io_report::IoReport;
use crate::preset;
use crate::proc;
use sapwood::Trained;
use sapwood::boost::InFile;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Time spent outside the trainer.
#[derive(Clone, Copy, Debug)]
pub struct Seconds {
    /// Finding and reading data.
    pub load: Duration,
    /// Writing the model.
    pub save: Duration,
    /// From start to end.
    pub total: Duration,
}

/// Everything that the summary is made from.
pub struct Summary<'a> {
    /// Rows of training data.
    pub rows: usize,
    /// Features of training data.
    pub features: usize,
    /// The trainer's result.
    pub trained: &'a Trained,
    /// Time spent outside the trainer.
    pub seconds: Seconds,
    /// The bytes of the model file.
    pub model: &'a [u8],
    /// What deserved the user's attention.
    pub warnings: &'a [String],
    /// What reading the data cost.
    pub io: &'a IoReport,
    /// What the hosts of the job told each other, where there are several.
    pub hosts: Option<Value>,
}

impl Summary<'_> {
    /// The summary as one JSON object.
    pub fn json(&self) -> Value {
        let Trained { seconds: phases, profile, .. } = self.trained;
        let seconds_by_phase: Map<_, _> = profile.seconds().map(|(phase, seconds)| (phase.to_string(), json!(seconds))).collect();
        let mut summary = json!({
            "rows": self.rows,
            "features": self.features,
            "classes": self.trained.model.classes,
            "trees": self.trained.model.trees.len(),
            "best_iteration": self.trained.model.best_iteration,
            "threads": self.trained.threads,
            "seconds": {
                "load": self.seconds.load.as_secs_f64(),
                "bin": phases.bin,
                "train": phases.train,
                "evaluate": phases.evaluate,
                "save": self.seconds.save.as_secs_f64(),
                "total": self.seconds.total.as_secs_f64(),
            },
            "train_phases": {
                "seconds": seconds_by_phase,
                "rows_visited": profile.rows_visited,
                "histogram_adds": profile.histogram_adds,
                "histogram_adds_per_second": profile.adds_per_second(),
            },
            "peak_rss_bytes": peak_rss_bytes(),
            "metrics": history::of_round(&self.trained.report),
            "history": history::json(&self.trained.history),
            "io": self.io.json(),
            "warnings": self.warnings,
            "model_sha256": sha256(self.model),
        });
        if let Some(outcome) = &self.trained.preset {
            summary["preset"] = preset::json(outcome);
        }
        if let Some(file) = self.bins_in_file() {
            summary["bins_in_file"] = file;
        }
        if let Some(hosts) = &self.hosts {
            summary["hosts"] = hosts.clone();
        }
        summary
    }

    /// What was in a file because memory had no room for it, if anything was.
    fn bins_in_file(&self) -> Option<Value> {
        let InFile { place, bytes, bytes_read } = self.trained.in_file.as_ref()?;
        let trees = self.trained.history.len() * self.trained.model.trees_per_round();
        Some(json!({
            "directory": place,
            "bytes": bytes,
            "bytes_read": bytes_read,
            "bytes_read_per_tree": bytes_read / trees.max(1) as u64,
        }))
    }
}

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The largest resident size of this process so far, where the kernel tells it.
pub fn peak_rss_bytes() -> Option<u64> {
    proc::bytes("/proc/self/status", "VmHWM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_a_plausible_size() {
        assert!((1 << 18..1 << 40).contains(&peak_rss_bytes().unwrap()));
    }

    #[test]
    fn sha256_of_the_standard_s_example() {
        assert!(sha256(b"abc").starts_with("ba7816bf8f01cfea414140de5dae2223") && sha256(b"abc").len() == 64);
    }
}
