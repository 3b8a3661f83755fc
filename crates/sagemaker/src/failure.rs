//! `output/failure`: the file whose first 1024 characters become the job's FailureReason.

use std::fs::{self, File};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// As much as the platform reads.
const LIMIT: usize = 1024;

/// Leaves `message` for the platform. The file is written in place and not renamed into it: under Kubernetes it may be a mount of
/// its own. What goes wrong here must not hide the failure itself, which standard error gets, too.
pub fn write(path: &Path, message: &str) {
    if let Some(directory) = path.parent() {
        let _ = fs::create_dir_all(directory);
    }
    // To open a pipe would be to wait for whoever reads it.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        let _ = fs::write(path, format!("{}\n", first(message, LIMIT - 1)));
    }
}

/// Removes what an earlier run in the same tree left; where the file cannot be removed, it is emptied.
pub fn clear(path: &Path) {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0) && fs::remove_file(path).is_err() {
        let _ = File::create(path);
    }
}

/// The beginning of `text`, at most `limit` bytes (and so at most `limit` characters), no character cut.
fn first(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_between_characters() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output/failure");
        write(&path, &"ä€".repeat(1000));
        let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
        assert!(text.len() <= LIMIT && text.len() > LIMIT - 5 && text.ends_with('\n'));
        write(&path, "UserError: short");
        assert_eq!(fs::read_to_string(&path).unwrap(), "UserError: short\n");
        clear(&path);
        assert!(!path.exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_second_failure() {
        write(Path::new("/dev/null/failure"), "lost");
        clear(Path::new("/dev/null/failure"));
    }
}
