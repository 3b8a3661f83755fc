//! How much memory this process may use: what its control group allows, or what the machine has.

use std::fs;

/// Where nothing is known.
const UNKNOWN: u64 = 1 << 30;

/// The limit, bytes.
pub fn limit() -> u64 {
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let groups = files.iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok());
    groups.chain(machine()).min().unwrap_or(UNKNOWN)
}

fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_a_plausible_amount_of_memory() {
        assert!((64 << 20..1 << 50).contains(&super::limit()));
    }
}
