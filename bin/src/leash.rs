//! The leash of a training process that a parent of ours started on one of several hosts. Where there is none, nothing here does anything.

use crate::report::Failure;
use sapwood_hosts::{Error, Leash};
use std::sync::OnceLock;

static LEASH: OnceLock<Leash> = OnceLock::new();

/// Takes up the leash, if there is one. To be called before anything is printed.
///
/// # Errors
/// The parent cannot be reached.
pub fn take() -> Result<(), Failure> {
    if let Some(leash) = Leash::of_environment().map_err(failure)? {
        let _ = LEASH.set(leash);
    }
    Ok(())
}

/// Whether a parent of ours started this process.
pub fn is_held() -> bool {
    LEASH.get().is_some()
}

/// Tells the parent that this process has met those of the other hosts.
pub fn joined() {
    if let Some(leash) = LEASH.get() {
        leash.joined();
    }
}

/// Tells the parent how this process is about to end. The reason is for the other hosts.
pub fn ending(code: u8, reason: &str) {
    if let Some(leash) = LEASH.get() {
        leash.ending(code, reason);
    }
}

/// What the start on several hosts says, as this program's failure. A host that is missing is not the user's: the job is worth another attempt.
pub fn failure(error: Error) -> Failure {
    match error {
        Error::User(message) => Failure::user(message),
        Error::Host(message) => Failure::algorithm(message),
    }
}
