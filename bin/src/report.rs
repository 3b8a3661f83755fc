//! How a run ends: failures with their class and exit code, and panics turned into failures.

use sapwood::text::shown;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// How a run ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All work was done.
    Completed,
    /// A signal cut training short; the model so far was saved, and whoever sent the signal should see that it was cut.
    Interrupted {
        /// The signal's number.
        signal: u8,
    },
    /// Another process did the work, and has said what there was to say.
    OfAnother {
        /// Its exit code.
        code: u8,
    },
}

impl Ending {
    /// 0, the shell's convention for a signal (128 and its number), or the code of whoever did the work.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Interrupted { signal } => signal_exit_code(signal),
            Self::OfAnother { code } => code,
        }
    }
}

/// The exit code of a process that ended because of a signal.
pub fn signal_exit_code(signal: u8) -> u8 {
    128u8.saturating_add(signal)
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The user can mend it: data, parameters, paths.
    User,
    /// A defect of Sapwood.
    Algorithm,
}

/// Why a run failed. Displayed as its class, then the cause.
#[derive(Clone, Debug)]
pub struct Failure {
    class: Class,
    message: String,
}

impl Failure {
    /// A failure that the user can mend.
    pub fn user(message: impl AsRef<str>) -> Self {
        Self { class: Class::User, message: message_of(message.as_ref()) }
    }

    /// A defect of Sapwood.
    pub fn algorithm(message: impl AsRef<str>) -> Self {
        Self { class: Class::Algorithm, message: message_of(message.as_ref()) }
    }

    /// A failure of another host, by the exit code that it ends with.
    pub fn with_exit_code(code: u8, message: &str) -> Self {
        if code == 2 { Self::user(message) } else { Self::algorithm(message) }
    }

    /// A failure that the user can mend, explained in several lines.
    pub fn usage(lines: &str) -> Self {
        Self { class: Class::User, message: each_shown(lines) }
    }

    /// A path that cannot be read or written.
    pub fn io(path: &std::path::Path, what: &str, error: &std::io::Error) -> Self {
        Self::user(format!("{}: {what}: {error}", path.display()))
    }

    /// A file that cannot be read; where it does not exist, up to which part its path does.
    pub fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Self {
        let failure = Self::io(path, "cannot be read", error);
        if error.kind() != std::io::ErrorKind::NotFound {
            return failure;
        }
        Self::user(format!("{}; {}", failure.message, sapwood::absent(path)))
    }

    /// The cause, without the class.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same failure, with the place in front of its message.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        self.message = format!("{}: {}", shown(place), self.message);
        self
    }

    /// Whether the user can mend it.
    pub fn is_users(&self) -> bool {
        self.class == Class::User
    }

    /// 2 for the user's errors, 1 for ours.
    pub fn exit_code(&self) -> u8 {
        match self.class {
            Class::User => 2,
            Class::Algorithm => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class {
            Class::User => "UserError",
            Class::Algorithm => "AlgorithmError",
        };
        write!(f, "{class}: {}", self.message)
    }
}

impl From<sapwood::Error> for Failure {
    fn from(error: sapwood::Error) -> Self {
        if error.is_user_error() { Self::user(error.to_string()) } else { Self::algorithm(error.to_string()) }
    }
}

impl From<sapwood_interop::Error> for Failure {
    fn from(error: sapwood_interop::Error) -> Self {
        match error {
            sapwood_interop::Error::Model(error) => error.into(),
            error => Self::user(error.to_string()),
        }
    }
}

impl From<sapwood_score::Error> for Failure {
    fn from(error: sapwood_score::Error) -> Self {
        sapwood::Error::from(error).into()
    }
}

/// Bytes of a message; a name from outside may have millions.
const LONGEST: usize = 4 << 10;

/// One line, whose cause stands at its beginning and whose remedy at its end, also where what lies between is left out.
fn message_of(text: &str) -> String {
    let text = shown(text);
    if text.len() <= LONGEST {
        return text.into_owned();
    }
    let (begin, end) = (text.floor_char_boundary(LONGEST * 3 / 4), text.ceil_char_boundary(text.len() - LONGEST / 4));
    format!("{} … ({} bytes left out) … {}", &text[..begin], end - begin, &text[end..])
}

fn each_shown(lines: &str) -> String {
    lines.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// Where the last panic happened, with the backtrace if one was asked for. A panic's payload does not say it, only the hook is told.
static PANIC_PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Keeps panics off standard error: [`catch`] reports those that are ours, others a library caught and explained.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "unknown place".to_string(), |l| format!("{}:{}", l.file(), l.line()));
        let backtrace = Backtrace::capture();
        let place = if backtrace.status() == BacktraceStatus::Captured { format!("{place}\n{backtrace}") } else { place };
        *PANIC_PLACE.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }));
}

/// Runs `work`; a panic becomes a failure of ours.
pub fn catch<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let cause = payload.downcast_ref::<&str>().map(ToString::to_string);
        let cause = cause.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_string());
        let place = PANIC_PLACE.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| "unknown place".into());
        // A backtrace has lines.
        let message = each_shown(&format!("{cause}; this is a bug in Sapwood; please report it (at {place})"));
        Err(Failure { class: Class::Algorithm, message })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_of_ours() {
        quiet_panics();
        let failure = catch::<()>(|| panic!("index {} out of range", 7)).unwrap_err();
        let text = failure.to_string();
        assert!(text.starts_with("AlgorithmError: index 7 out of range; this is a bug"), "{text}");
        assert!(text.contains("report.rs:"), "{text}");
    }

    #[test]
    fn a_long_message_keeps_its_cause_and_its_remedy() {
        let text = Failure::user(format!("unknown parameter {}; `sapwood params` lists all", "ä\n".repeat(1 << 20))).to_string();
        assert!(text.starts_with("UserError: unknown parameter ä\\nä") && text.ends_with("; `sapwood params` lists all"), "{text}");
        assert!(text.len() < 5000 && text.contains(" bytes left out) "), "{text}");
    }

    #[test]
    fn classes_follow_the_library_s_errors() {
        assert!(Failure::from(sapwood::Error::data("a")).to_string().starts_with("UserError: a"));
        assert!(Failure::from(sapwood::Error::internal("a")).to_string().starts_with("AlgorithmError: a"));
    }
}
