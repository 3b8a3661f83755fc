//! The threads that score. Each takes one request at a time and is a pool of its own, so that what the library does in parallel stays on
//! it: no request waits for pieces of another's work.

use super::refusal::Refusal;
use crate::report::{self, Failure};
use sapwood::data::CancellationToken;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// The way to the threads.
pub struct Workers {
    queue: Sender<Work>,
}

impl Workers {
    /// Starts `count` threads.
    ///
    /// # Errors
    /// The system refuses them.
    pub fn start(count: usize) -> Result<Self, Failure> {
        let (queue, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let (ready, started) = channel();
        for index in 0..count {
            let (waiting, ready) = (waiting.clone(), ready.clone());
            let thread = std::thread::Builder::new().name(format!("score-{index}"));
            let spawned = thread.spawn(move || {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
                let failed = pool.is_err();
                let _ = ready.send(pool);
                if !failed {
                    work(&waiting);
                }
            });
            spawned.map_err(|error| refused(count, &error))?;
        }
        let mut pools = started.iter().take(count);
        pools.try_for_each(|pool| pool.map(drop).map_err(|error| refused(count, &error)))?;
        Ok(Self { queue })
    }

    /// Runs `task` when a thread is free. Where nobody waits for the result any longer, it gets no thread, or its token is cancelled.
    ///
    /// # Errors
    /// What `task` returns; 500 where it panics.
    pub async fn run<T, F>(&self, task: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&CancellationToken) -> Result<T, Refusal> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let waiting = Waiting::default();
        let token = waiting.0.clone();
        let work = move || {
            if !answer.is_closed() {
                let outcome = report::catch(|| Ok(task(&token))).unwrap_or_else(|panic| Err(Refusal::defect(panic.to_string())));
                let _ = answer.send(outcome);
            }
        };
        let gone = || Refusal::defect("the scoring threads are gone");
        self.queue.send(Box::new(work)).map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }
}

/// Whoever waits for a task. hyper drops the future of a request, and so this, when the client closes its connection.
#[derive(Default)]
struct Waiting(CancellationToken);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn work(waiting: &Mutex<Receiver<Work>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}

fn refused(count: usize, error: &dyn std::fmt::Display) -> Failure {
    Failure::user(format!("{count} threads cannot be started: {error}; give fewer --threads"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn a_panic_is_one_request_s_loss() {
        report::quiet_panics();
        let workers = Workers::start(1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let refusal = runtime.block_on(workers.run::<(), _>(|_| panic!("index {} out of range", 7))).unwrap_err();
        assert_eq!(refusal.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(refusal.message.contains("index 7 out of range"), "{}", refusal.message);
        assert_eq!(runtime.block_on(workers.run(|_| Ok(rayon::current_num_threads()))).unwrap(), 1);
    }
}
