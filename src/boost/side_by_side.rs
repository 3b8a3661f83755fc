//! Trainings that run side by side: small ones gain more from a thread each than from all threads for one.

use super::thread_count::threads;
use crate::{Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs the jobs `0..count` on `nthread` threads (0: as many as this process may use), `most` at a time, and gives what they return in
/// their order. Each job runs on a thread pool of its own, with its share of the threads. What a job returns must not depend on threads.
///
/// # Errors
/// That of the first job, in their order, that failed. Jobs after it need not have run.
pub(crate) fn side_by_side<T: Send>(
    nthread: u32,
    most: usize,
    count: usize,
    job: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let threads = threads(nthread);
    let workers = threads.min(most).min(count).max(1);
    let next = AtomicUsize::new(0);
    let work = |pool: rayon::ThreadPool| {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            let result = pool.install(|| job(index));
            if result.is_err() {
                next.store(count, Ordering::Relaxed);
            }
            done.push((index, result));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let started = (0..workers).map(|worker| {
            let pool = pool(threads / workers + usize::from(worker < threads % workers))?;
            Ok(scope.spawn(|| work(pool)))
        });
        let started = started.collect::<Result<Vec<_>>>()?;
        let ended = started.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        Ok::<_, Error>(ended.flatten().collect::<Vec<_>>())
    })?;
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Error::internal(format!("threads could not be started: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_jobs_and_threads_are_shared_out() {
        let job = |index| Ok((index, rayon::current_num_threads()));
        for (nthread, most, threads) in [(1, 9, [1, 1, 1]), (2, 9, [1, 1, 1]), (7, 2, [3, 3, 3]), (6, 9, [2, 2, 2])] {
            let results = side_by_side(nthread, most, 3, job).unwrap();
            assert_eq!(results.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2]);
            assert!(results.iter().zip(threads).all(|((_, found), least)| *found >= least), "{results:?}");
        }
        assert!(side_by_side(3, 9, 0, job).unwrap().is_empty());
    }

    #[test]
    fn the_first_error_in_order_is_told() {
        let job = |index| if index % 2 == 1 { Err(Error::data(format!("job {index}"))) } else { Ok(index) };
        assert_eq!(side_by_side(1, 9, 6, job).unwrap_err().to_string(), Error::data("job 1").to_string());
    }
}
