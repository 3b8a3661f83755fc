//! Standard output and standard error, either of which may be a closed pipe or a full disk. Nothing else in this program writes to them but
//! the progress bar and `--help`, whose libraries do not panic either.
//!
//! What is said beside the work (diagnostics, the metric lines of training) may get lost, because it must not cost the work itself.
//! What a command was asked for may not: it is written, or the command fails with exit code 2.
//!
//! A reader of results that has seen enough (`| head`) is no failure. Nothing is said, and the exit code is what it would have been if the
//! rest had been read: 0, or the doctor's verdict. Tools that die of SIGPIPE end with 141 there, and stop scripts under `pipefail` for it.
#![expect(clippy::disallowed_methods, reason = "this is the one place that may open the standard streams")]

use crate::report::Failure;
use sapwood::text::shown;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;

/// Whether a person may be looking at standard error.
pub fn has_terminal() -> bool {
    io::stderr().is_terminal()
}

/// The width of the terminal that standard output is; `None` where it is a file or a pipe.
pub fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into())
}

/// Whether a person may be looking at standard output.
pub fn prints_to_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes a line to standard error, if that is possible. It stays one line, whatever names it holds.
pub fn diagnostic(line: impl Display) {
    diagnostics(&format!("{}\n", shown(&line.to_string())));
}

/// Writes whole lines to standard error, if that is possible.
pub fn diagnostics(lines: &str) {
    let _ = io::stderr().write_all(lines.as_bytes());
}

/// Writes a line to standard output at once, if that is possible, so that whoever reads a pipe sees it when it is due.
pub fn progress(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{}", shown(line)).and_then(|()| out.flush());
}

/// Writes a result to standard output.
///
/// # Errors
/// As [`write_result`].
pub fn print_result(text: &str) -> Result<(), Failure> {
    write_result(|out| out.write_all(text.as_bytes()))
}

/// Writes a result to standard output through `fill`.
///
/// # Errors
/// Standard output cannot be written, and not because its reader has seen enough.
pub fn write_result(fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    // Not through std's handle, which takes a descriptor that was not opened for writing for one that takes everything.
    let descriptor = io::stdout().as_fd().try_clone_to_owned();
    written(descriptor.and_then(|descriptor| {
        let mut out = BufWriter::with_capacity(1 << 16, File::from(descriptor));
        fill(&mut out).and_then(|()| out.flush())
    }))
}

/// What the outcome of writing a result means.
///
/// # Errors
/// As [`write_result`].
pub fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::user(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
