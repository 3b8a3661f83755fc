//! How long hosts wait for each other.

use sapwood::{Error, Result};
use std::time::Duration;

/// The variable of [`Settings::silence`], in seconds.
pub const SILENCE: &str = "SAPWOOD_HOST_SILENCE";

/// The variable of [`Settings::start`], in seconds.
pub const START: &str = "SAPWOOD_HOST_START";

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a host may give no sign of life.
    pub silence: Duration,
    /// How long it may take until all hosts have met.
    pub start: Duration,
}

impl Settings {
    /// Those that variables tell.
    ///
    /// # Errors
    /// One of them is no number of seconds, or so small that hosts that are well would miss it.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let seconds = |name: &str, default: u64| match variable(name).filter(|text| !text.is_empty()) {
            None => Ok(Duration::from_secs(default)),
            Some(text) => match text.parse::<u64>() {
                Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
                _ => Err(Error::parameter(format!("{name}={text}: give seconds from 1 to 86400, or leave it out ({default})"))),
            },
        };
        Ok(Self { silence: seconds(SILENCE, 30)?, start: seconds(START, 600)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_seconds() {
        let settings = |silence: &str| Settings::of(|name| (name == SILENCE).then(|| silence.to_string()));
        let seconds = Duration::from_secs;
        assert_eq!(settings("").unwrap(), Settings { silence: seconds(30), start: seconds(600) });
        assert_eq!(settings("2").unwrap().silence, seconds(2));
        for wrong in ["0", "-1", "x", "1.5", "86401"] {
            assert!(settings(wrong).unwrap_err().to_string().contains("SAPWOOD_HOST_SILENCE="), "{wrong}");
        }
    }
}
