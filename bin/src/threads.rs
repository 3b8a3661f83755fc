//! The thread pool that a command runs in.

use crate::report::Failure;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of as many threads as [`sapwood::boost::threads`] makes of `nthread`.
///
/// # Errors
/// The system refuses to start the threads.
pub fn pool(nthread: u32) -> Result<ThreadPool, Failure> {
    let threads = sapwood::boost::threads(nthread);
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("sapwood-{index}"))
        .build()
        .map_err(|error| Failure::user(format!("{threads} threads cannot be started: {error}; lower nthread")))
}
