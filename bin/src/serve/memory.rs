//! How much memory this process may use: what its control group allows, or what the machine has.

use crate::proc;
use std::fs;

/// Where nothing is known.
const UNKNOWN: u64 = 1 << 30;

/// The limit, bytes.
pub fn limit() -> u64 {
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let groups = files.iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok());
    groups.chain(proc::bytes("/proc/meminfo", "MemTotal")).min().unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_a_plausible_amount_of_memory() {
        assert!((64 << 20..1 << 50).contains(&super::limit()));
    }
}
