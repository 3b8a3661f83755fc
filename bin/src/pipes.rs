//! Pipes, SageMaker's input mode Pipe: each is read once, from its beginning to its end, into a temporary file from which the data are
//! then read as often as it takes. All pipes are drained at once, because the platform may fill them one beside the other.

use crate::log::Log;
use crate::patience;
use crate::report::Failure;
use sapwood_readers::Spool;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// A pipe and what the user calls the data that come through it.
#[derive(Clone, Debug)]
pub struct Pipe {
    /// For messages.
    pub origin: String,
    /// The pipe, which may appear late.
    pub path: PathBuf,
}

/// Standard input, as a pipe, where the paths are `-`.
///
/// # Errors
/// `-` beside other paths.
pub fn standard_input(paths: &[PathBuf]) -> Result<Option<PathBuf>, Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    match (paths, paths.iter().any(is_stdin)) {
        (_, false) => Ok(None),
        ([_], true) => Ok(Some("/dev/stdin".into())),
        (_, true) => Err(Failure::user("- stands for all data on standard input; give it alone, or name files only")),
    }
}

/// All that comes through standard input.
///
/// # Errors
/// It breaks or brings nothing, or no space is left.
pub fn read_standard_input(pipe: &Path) -> Result<Spool, Failure> {
    let opened = File::open(pipe).map_err(|error| Failure::user(format!("standard input cannot be read: {error}")))?;
    let spool = Spool::read(Path::new("standard input"), opened)?;
    if spool.bytes() == 0 {
        return Err(Failure::user("no data on standard input: it was closed before any came"));
    }
    Ok(spool)
}

/// How often a thread looks whether its pipe has appeared.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// When to say that a pipe is waited for.
const NOTE_AFTER: Duration = Duration::from_secs(10);
const DEFAULT_PATIENCE: Duration = Duration::from_secs(600);
const PATIENCE_VARIABLE: &str = "SAPWOOD_PIPE_TIMEOUT";

/// Reads all pipes to their ends, and returns what came in the order of the pipes.
///
/// # Errors
/// A pipe that nobody opens for writing within `SAPWOOD_PIPE_TIMEOUT` seconds (600), that breaks or brings nothing, or no space left.
pub fn drain(pipes: &[Pipe], log: &mut Log) -> Result<Vec<Spool>, Failure> {
    if pipes.is_empty() {
        return Ok(Vec::new());
    }
    let patience = patience::seconds(PATIENCE_VARIABLE, DEFAULT_PATIENCE)?;
    let (sender, receiver) = channel();
    for (index, pipe) in pipes.iter().enumerate() {
        let (path, sender) = (pipe.path.clone(), sender.clone());
        let thread = std::thread::Builder::new().name(format!("pipe {}", pipe.origin));
        // Not joined: one that waits for a pipe that never comes is left behind when the process ends.
        thread
            .spawn(move || read(index, &path, &sender))
            .map_err(|error| Failure::algorithm(format!("a thread for {} cannot be started: {error}", pipe.origin)))?;
    }
    drop(sender);
    collect(pipes, &receiver, patience, log)
}

/// What the thread of a pipe has to say.
enum Event {
    /// Somebody writes into it.
    Opened,
    /// It has come to its end.
    Ended(sapwood::Result<Spool>),
}

fn read(index: usize, path: &Path, events: &Sender<(usize, Event)>) {
    while fs::symlink_metadata(path).is_err() {
        std::thread::sleep(LOOK_INTERVAL);
    }
    // Returns when there is a writer. Nobody listens any more where another pipe has failed.
    let opened = File::open(path).map_err(|error| sapwood::Error::io(path, error));
    let _ = events.send((index, Event::Opened));
    let _ = events.send((index, Event::Ended(opened.and_then(|pipe| Spool::read(path, pipe)))));
}

fn collect(pipes: &[Pipe], events: &Receiver<(usize, Event)>, patience: Duration, log: &mut Log) -> Result<Vec<Spool>, Failure> {
    let start = Instant::now();
    let mut opened = vec![false; pipes.len()];
    let mut spools = vec![None; pipes.len()];
    while spools.iter().any(Option::is_none) {
        let waiting = || pipes.iter().zip(&opened).find(|(_, opened)| !**opened).map(|(pipe, _)| pipe);
        let waited = start.elapsed();
        let wait = match waiting() {
            Some(pipe) if waited >= patience => return Err(never_came(pipe, patience)),
            Some(pipe) if waited >= NOTE_AFTER => {
                log.note(&format!("{}: waiting for the pipe {}", pipe.origin, pipe.path.display()));
                patience - waited
            }
            Some(_) => patience.min(NOTE_AFTER) - waited,
            // Data may come as slowly as they like.
            None => Duration::MAX,
        };
        let (index, event) = match events.recv_timeout(wait) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::algorithm("a thread that reads a pipe has ended unexpectedly"));
            }
        };
        let pipe = &pipes[index];
        match event {
            Event::Opened => opened[index] = true,
            Event::Ended(spool) => {
                let spool = spool.map_err(|error| Failure::from(error).at(&pipe.origin))?;
                if spool.bytes() == 0 {
                    let text = format!("no data in {}: the pipe was closed before any data came", pipe.path.display());
                    return Err(Failure::user(text).at(&pipe.origin));
                }
                log.debug(|| format!("{}: {} bytes came through {}", pipe.origin, spool.bytes(), pipe.path.display()));
                spools[index] = Some(spool);
            }
        }
    }
    Ok(spools.into_iter().flatten().collect())
}

fn never_came(pipe: &Pipe, patience: Duration) -> Failure {
    let what = if pipe.path.exists() { "no writer for the pipe" } else { "no such pipe" };
    Failure::user(format!(
        "{what} {} after {} s: check the channel's data, raise {PATIENCE_VARIABLE}, or use input mode FastFile",
        pipe.path.display(),
        patience.as_secs()
    ))
    .at(&pipe.origin)
}
