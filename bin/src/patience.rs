//! How long to wait for others, where the environment may say so.

use crate::report::Failure;
use std::time::Duration;

/// The number of seconds in `variable`, or `default`.
///
/// # Errors
/// No whole number of seconds from 1 to 1,000,000.
pub fn seconds(variable: &str, default: Duration) -> Result<Duration, Failure> {
    match std::env::var(variable).as_deref() {
        Err(_) | Ok("") => Ok(default),
        Ok(text) => match text.parse() {
            Ok(seconds @ 1..=1_000_000) => Ok(Duration::from_secs(seconds)),
            _ => Err(Failure::user(format!("{variable}={text:?} is not a number of seconds from 1 to 1000000"))),
        },
    }
}
