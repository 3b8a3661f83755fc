//! Remarks about a training run: printed at once, and kept for the summary. `-v` or `SAPWOOD_LOG=debug` prints more, `-q` only warnings.

use crate::report::Failure;
use crate::streams::diagnostic;
use sapwood_doctor::misspelt_variable;

/// Everything that deserves the user's attention, each thing once.
#[derive(Debug, Default)]
pub struct Log {
    debug: bool,
    quiet: bool,
    silent: bool,
    remarks: Vec<String>,
}

impl Log {
    /// A log as verbose as `SAPWOOD_LOG` says.
    ///
    /// # Errors
    /// `SAPWOOD_LOG` is neither `info` nor `debug`.
    pub fn from_env() -> Result<Self, Failure> {
        let mut log = match std::env::var("SAPWOOD_LOG").as_deref() {
            Err(_) | Ok("" | "info") => Self::default(),
            Ok("debug") => Self { debug: true, ..Self::default() },
            Ok(other) => {
                return Err(Failure::user(format!("SAPWOOD_LOG={other:?} is unknown; set it to info or debug, or leave it out")));
            }
        };
        let misspelt = std::env::vars_os().filter_map(|(name, _)| misspelt_variable(name.to_str()?));
        misspelt.for_each(|text| log.warning(&text));
        Ok(log)
    }

    /// The same log, which prints only warnings.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { quiet: true, debug: false, ..self }
    }

    /// The same log, which prints nothing: another process says the same.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { silent: true, ..self.quiet() }
    }

    /// Whether it prints nothing.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// The same log, which prints where time goes, too.
    #[must_use]
    pub fn verbose(self) -> Self {
        Self { debug: true, ..self }
    }

    /// Whether it prints only warnings.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Something for whoever wants to know where time goes. Not kept.
    pub fn debug(&self, text: impl FnOnce() -> String) {
        if self.debug {
            diagnostic(format_args!("debug: {}", text()));
        }
    }

    /// Something that whoever runs this process wants to see. Not kept.
    pub fn info(&self, text: &str) {
        if !self.quiet {
            diagnostic(text);
        }
    }

    /// Something went wrong that happens again and again, like a bad request. Not kept.
    pub fn incident(&self, text: &str) {
        diagnostic(format_args!("warning: {text}"));
    }

    /// Something is likely wrong.
    pub fn warning(&mut self, text: &str) {
        self.add("warning", text, !self.silent);
    }

    /// Something was decided or left out that the user may not expect.
    pub fn note(&mut self, text: &str) {
        self.add("note", text, !self.quiet);
    }

    /// The texts so far, in order.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    fn add(&mut self, word: &str, text: &str, is_shown: bool) {
        if !self.remarks.iter().any(|known| known == text) {
            if is_shown {
                diagnostic(format_args!("{word}: {text}"));
            }
            self.remarks.push(text.to_string());
        }
    }
}
