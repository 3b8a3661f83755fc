//! SIGTERM, SIGINT and SIGHUP: before training they end the process, during training they end it with the round.

use crate::leash;
use crate::proc;
use crate::ranks;
use crate::report::{Failure, signal_exit_code};
use crate::streams;
use sapwood_sagemaker::failure;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Nothing worth saving exists yet: a signal ends the process.
const PREPARING: u8 = 0;
/// Training has begun: a signal is for the trainer to see.
const TRAINING: u8 = 1;
/// A signal came while preparing; the process is about to end.
const ENDING: u8 = 2;

/// How often the watcher looks for a signal while data are being read.
const WATCH_INTERVAL: Duration = Duration::from_millis(20);

/// The signals received so far.
#[derive(Clone)]
pub struct Signals {
    received: Arc<AtomicUsize>,
    phase: Arc<AtomicU8>,
    /// Until when signals do not count.
    grace: Arc<OnceLock<Instant>>,
}

impl Signals {
    /// Starts to listen. Until [`Signals::defer`] is called, a signal ends the process at once, with a message (also in `failure_file`)
    /// and the shell's exit code for the signal.
    ///
    /// # Errors
    /// The system refuses the handlers or the thread.
    pub fn listen(failure_file: Option<PathBuf>) -> Result<Self, Failure> {
        let refused = |error: std::io::Error| Failure::algorithm(format!("signal handlers cannot be set: {error}"));
        let signals = Self { received: Arc::default(), phase: Arc::new(AtomicU8::new(PREPARING)), grace: Arc::default() };
        // Registered before the flag is set by the first Ctrl-C, so that the second one ends the process whatever it does.
        let interrupted = Arc::new(AtomicBool::new(false));
        flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, interrupted.clone()).map_err(refused)?;
        flag::register(SIGINT, interrupted).map_err(refused)?;
        // Under `nohup` a job goes on when its terminal has gone.
        let hangup = (!proc::ignores(SIGHUP)).then_some(SIGHUP);
        for signal in [SIGTERM, SIGINT].into_iter().chain(hangup) {
            flag::register_usize(signal, signals.received.clone(), signal.unsigned_abs() as usize).map_err(refused)?;
        }
        let watched = signals.clone();
        let watcher = std::thread::Builder::new().name("signals".into());
        watcher.spawn(move || watched.watch(failure_file)).map_err(refused)?;
        Ok(signals)
    }

    /// From now on a signal does not end the process; whoever works asks for it with [`Signals::received`].
    pub fn defer(&self) {
        // Lost only against ENDING, where the process is over anyway.
        let _ = self.phase.compare_exchange(PREPARING, TRAINING, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// A signal that has come counts again only after so long: there is something to save that takes time.
    pub fn grant(&self, time: Duration) {
        self.grace.get_or_init(|| Instant::now() + time);
    }

    /// The number of the last signal received.
    pub fn received(&self) -> Option<u8> {
        if self.grace.get().is_some_and(|end| Instant::now() < *end) {
            return None;
        }
        u8::try_from(self.received.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    fn watch(&self, failure_file: Option<PathBuf>) {
        while self.phase.load(Ordering::SeqCst) == PREPARING {
            if let Some(signal) = self.received()
                && self.phase.compare_exchange(PREPARING, ENDING, Ordering::SeqCst, Ordering::SeqCst).is_ok()
            {
                let message = format!("stopped by {} before the first round: there is no model to save", name(signal));
                ranks::fail(signal_exit_code(signal), &message);
                if let Some(file) = failure_file {
                    failure::write(&file, &message);
                }
                streams::diagnostic(&message);
                leash::ending(signal_exit_code(signal), &message);
                ranks::exit_if_failed(signal_exit_code(signal));
                std::process::exit(i32::from(signal_exit_code(signal)));
            }
            std::thread::sleep(WATCH_INTERVAL);
        }
    }
}

/// Whether the signal is the one that container platforms send to stop a job.
pub fn is_terminate(signal: u8) -> bool {
    i32::from(signal) == SIGTERM
}

/// The signal's name, for messages.
pub fn name(signal: u8) -> &'static str {
    match i32::from(signal) {
        SIGTERM => "SIGTERM",
        SIGHUP => "SIGHUP",
        _ => "SIGINT",
    }
}
