//! The thread pool that a command runs in.

use crate::ranks;
use crate::report::Failure;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of as many threads as [`sapwood::boost::threads`] makes of `nthread`; hosts of one job on one machine share its CPUs.
///
/// # Errors
/// The system refuses to start the threads.
pub fn pool(nthread: u32) -> Result<ThreadPool, Failure> {
    let (all, sharing) = (sapwood::boost::threads(nthread), ranks::sharing_cpus());
    let threads = if nthread == 0 { (all / sharing).max(1) } else { all };
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("sapwood-{index}"))
        .build()
        .map_err(|error| Failure::user(format!("{threads} threads cannot be started: {error}; lower nthread")))
}
