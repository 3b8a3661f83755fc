//! How many threads an `nthread` stands for.

/// Threads beyond this many per CPU only get into each other's way, so no more are started.
const MOST_THREADS_PER_CPU: usize = 4;

/// The number of threads for an `nthread`: 0 stands for as many CPUs as this process may use (affinity and cgroup quota counted). Of
/// an absurd number only a part: how many threads there are changes no result.
pub fn threads(nthread: u32) -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    match nthread {
        0 => cpus,
        n => (n as usize).min(MOST_THREADS_PER_CPU * cpus.max(8)),
    }
}
