//! Threads for one call. No thread outlives it: a process that forks between two calls has none to lose.

use sapwood::boost::threads;
use sapwood::{Error, Result};

/// Runs `work` on `nthread` threads of its own (0: the CPUs that this process may use).
///
/// # Errors
/// Threads that cannot be started.
pub fn on_pool<T: Send>(nthread: u32, work: impl FnOnce() -> T + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads(nthread)).build();
    let pool = pool.map_err(|error| Error::internal(format!("threads could not be started: {error}")))?;
    Ok(pool.install(work))
}
