//! The thread pool that a command runs in.

use crate::report::Failure;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of `threads` threads; 0 stands for the CPUs this process may use, affinity and cgroup quota counted.
///
/// # Errors
/// The system refuses to start the threads.
pub fn pool(threads: usize) -> Result<ThreadPool, Failure> {
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        given => given,
    };
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("sapwood-{index}"))
        .build()
        .map_err(|error| Failure::user(format!("{threads} threads cannot be started: {error}; give a smaller nthread")))
}
