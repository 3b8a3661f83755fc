//! How much memory this process may use: what its control group allows, or what the machine has. And giving back what it uses no longer.

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

/// Gives the system the memory back that was freed. The C library keeps it, because it may be needed again: after 12 models of 28 MB had
/// come and gone, 478 MB of 500; after 4,000,000 rows of 28 features were read and binned, 40 MB.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    trim();
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "a function of the C library")]
fn trim() {
    // SAFETY: it takes a number of bytes, and locks what it works on.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_a_plausible_amount_of_memory() {
        assert!((64 << 20..1 << 50).contains(&super::limit()));
    }
}
