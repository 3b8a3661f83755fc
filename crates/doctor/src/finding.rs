//! What the doctor finds: how bad it is, where it is, and how to mend it.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// The job would run, and probably not do what was meant.
    Warning,
    /// The job would be refused, or fail.
    Error,
}

impl Severity {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a text; both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// Where `inner` is, a place in a text whose lines all begin in this column, the first of them in this line.
    pub fn plus(self, inner: Self) -> Self {
        Self { line: self.line + inner.line.saturating_sub(1), column: self.column + inner.column.saturating_sub(1) }
    }
}

/// One thing that deserves attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file or directory.
    pub file: String,
    /// Where in the file, if it is about a place.
    pub at: Option<Position>,
    /// What stands there, cut to a readable length.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do; empty where there is nothing to do.
    pub fix: String,
}

/// Findings about one file; nobody reads more, and comparing them would take long.
const MOST: usize = 1000;
/// Characters of the offending text that are shown.
const SHOWN: usize = 100;

/// The findings about one file, and the text that positions refer to.
#[derive(Debug)]
pub struct Report {
    file: String,
    lines: Vec<String>,
    findings: Vec<Finding>,
}

impl Report {
    /// No findings yet about `file`, of which `text` is the content (empty for directories and data).
    pub fn new(file: impl fmt::Display, text: &str) -> Self {
        Self { file: file.to_string(), lines: text.lines().map(String::from).collect(), findings: Vec::new() }
    }

    /// All findings so far.
    pub fn findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Whether something was found that is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The job would be refused, or fail.
    pub fn error(&mut self, at: impl Into<Option<Position>>, message: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Error, at, message, fix);
    }

    /// The job would run, and probably not do what was meant.
    pub fn warning(&mut self, at: impl Into<Option<Position>>, message: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Warning, at, message, fix);
    }

    /// Good to know.
    pub fn note(&mut self, at: impl Into<Option<Position>>, message: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Note, at, message, fix);
    }

    /// A finding of any severity. What was said about a place is not said again.
    pub fn add(&mut self, severity: Severity, at: impl Into<Option<Position>>, message: impl Into<String>, fix: impl Into<String>) {
        let at = at.into();
        let text = at.map_or_else(String::new, |at| self.text(at));
        let finding = Finding { severity, file: self.file.clone(), at, text, message: message.into(), fix: fix.into() };
        if self.findings.len() < MOST && !self.findings.contains(&finding) {
            self.findings.push(finding);
            if self.findings.len() == MOST {
                self.too_many();
            }
        }
    }

    /// Whatever comes after this is not kept, so it may be worse than what was.
    fn too_many(&mut self) {
        let message = format!("only the first {MOST} findings are shown");
        let (file, fix) = (self.file.clone(), "fix these first".to_string());
        self.findings.push(Finding { severity: Severity::Error, file, at: None, text: String::new(), message, fix });
    }

    /// What stands at a position, to the end of the line.
    fn text(&self, at: Position) -> String {
        let line = at.line.checked_sub(1).and_then(|index| self.lines.get(index)).map_or("", String::as_str);
        let rest: String = line.chars().skip(at.column.saturating_sub(1)).collect();
        let rest = rest.trim_end();
        match rest.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &rest[..end]),
            None => rest.to_string(),
        }
    }
}
