//! Temporary files that keep what can be read only once.

use crate::Error;
use std::io;
use std::path::Path;

/// The error of data that find no place in a temporary file.
pub(super) fn cannot_keep(name: &Path, bytes: u64, error: &io::Error) -> Error {
    Error::io(
        std::env::temp_dir(),
        format!(
            "the data of {} cannot be stored beyond {bytes} bytes: {error}; set TMPDIR to a directory with more space, or provide the data as files",
            name.display()
        ),
    )
}
