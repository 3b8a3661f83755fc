//! A file that one job of this machine at a time is going to write.
//!
//! The claim is an abstract socket: it leaves no trace beside the file, and the kernel drops it when the job is gone, however it went. Jobs
//! on other machines do not see it.

use crate::output;
use crate::report::Failure;
use crate::s3;
use crate::summary::sha256;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Keeps other jobs from writing to `path` for as long as what is returned lives. What is no file, such as a pipe, has no claim, nor has a
/// file on a machine that refuses sockets.
///
/// # Errors
/// Another job has the claim.
pub fn claim(path: &Path) -> Result<Option<UnixListener>, Failure> {
    let Some(name) = name(path) else { return Ok(None) };
    let Ok(address) = SocketAddr::from_abstract_name(name) else { return Ok(None) };
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UnixListener::bind_addr(&address) {
            Ok(claim) => return Ok(Some(claim)),
            Err(error) if error.kind() != ErrorKind::AddrInUse => return Ok(None),
            Err(_) if Instant::now() < deadline => thread::sleep(STEP),
            Err(_) => {
                return Err(Failure::user(format!(
                    "{}: another job is running that will write this file; wait for it to end, or choose another name",
                    path.display()
                )));
            }
        }
    }
}

/// How long a job that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(50);

/// The same for every path to a file, and another one for every other file: containers that share a network may have other files under the
/// same path.
fn name(path: &Path) -> Option<Vec<u8>> {
    let file = match s3::Uri::of(path).ok()? {
        Some(uri) => uri.to_string().into_bytes(),
        None if output::is_special(path) => return None,
        None => {
            let path = output::true_name(path);
            let directory =
                path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_path_buf);
            let metadata = directory.metadata().ok()?;
            let mut file = format!("{} {} ", metadata.dev(), metadata.ino()).into_bytes();
            file.extend_from_slice(path.file_name()?.as_bytes());
            file
        }
    };
    Some(format!("sapwood {}", sha256(&file)).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_claim_by_whatever_path_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("m"), dir.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let claimed = claim(&file).unwrap();
        assert!(claimed.is_some());
        for path in [file.clone(), link, dir.path().join("./m")] {
            assert!(claim(&path).unwrap_err().to_string().contains("another job is running"), "{}", path.display());
        }
        assert!(claim(&dir.path().join("other")).unwrap().is_some());
        drop(claimed);
        assert!(claim(&file).unwrap().is_some());
        assert!(claim(Path::new("/dev/null")).unwrap().is_none());
    }
}
