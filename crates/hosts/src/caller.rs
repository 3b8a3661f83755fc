//! Who starts a job on several hosts, and what its training processes run.

use std::ffi::OsString;
use std::path::PathBuf;

/// The program whose process this is.
pub trait Caller {
    /// Says something to whoever reads the log.
    fn tell(&self, line: &str);

    /// Training processes are about to start: from now on signals are for them.
    fn running(&self);

    /// A signal that came and is not passed on yet.
    fn signal(&self) -> Option<u8>;
}

/// What every host runs as its training process.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub executable: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What must be the same on all hosts.
    pub version: String,
}
