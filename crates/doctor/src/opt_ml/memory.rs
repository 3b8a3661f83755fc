//! The memory that training will need, against what the cgroup allows.

use crate::finding::Report;
use sapwood_sagemaker::Channel;
use std::fs;

/// What decides how much memory training takes.
pub struct Size {
    /// Rows of training data.
    pub rows: u64,
    /// Features.
    pub features: u64,
    /// Margins of a row.
    pub outputs: u64,
}

/// Bytes of a job without data: code, buffers of the readers, histograms.
const BASE: u64 = 64 << 20;
/// Bytes of a row beside its bins: label, weight, gradients, its place.
const ROW: u64 = 40;
/// Bytes of a row for each margin.
const OUTPUT: u64 = 24;

impl Size {
    /// Bytes in all. Bins are kept twice, a byte each; with validation data there are more rows than were counted here.
    pub fn bytes(&self) -> u64 {
        let row = (2 * self.features).saturating_add(ROW).saturating_add(OUTPUT.saturating_mul(self.outputs));
        self.rows.saturating_mul(row).saturating_add(BASE)
    }
}

/// Says how much it will be, and whether there is so much.
pub fn check(channel: &Channel, size: &Size, report: &mut Report) {
    let need = size.bytes();
    let text =
        format!("channel {}: about {} rows; training on them takes about {} MiB of memory", channel.name, size.rows, need >> 20);
    match limit() {
        Some(limit) if need > limit => report.warning(
            None,
            format!("{text}, but only {} MiB are allowed: the job would be killed", limit >> 20),
            "use an instance or a limit with more memory",
        ),
        _ => report.note(None, text, ""),
    }
}

/// The least of what the control group and the machine have, in bytes.
fn limit() -> Option<u64> {
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].into_iter().filter_map(number);
    groups.chain(installed()).min()
}

/// The machine's memory.
fn installed() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Within a factor of 1.6 of the peaks that the README has, in MiB.
    #[test]
    fn the_estimate_is_near_what_was_measured() {
        for (rows, features, outputs, measured) in
            [(1_000_000, 28, 1, 179), (2_400_000, 8, 1, 269), (60_000, 500, 1, 116), (60_000, 784, 10, 118)]
        {
            let estimate = Size { rows, features, outputs }.bytes() >> 20;
            assert!(10 * estimate < 16 * measured && 10 * measured < 16 * estimate, "{estimate} for {measured}");
        }
        assert_eq!(Size { rows: u64::MAX, features: 9, outputs: 9 }.bytes(), u64::MAX);
    }
}
