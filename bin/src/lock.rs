//! A directory that one job at a time writes to: an advisory lock on a file in it, which the kernel frees when the job is gone, however it
//! went.

use crate::log::Log;
use crate::patience;
use crate::report::Failure;
use rustix::io::Errno;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The file that is locked, which stays: if jobs removed it, two could each lock a file of that name. SageMaker does not copy it to S3. It
/// begins with no dot, as unfinished files do, which are removed.
const NAME: &str = "lock.sagemaker-ignore";

/// How long a job waits for the one before it. A process that was killed has its lock until its memory is freed; a node that was lost has
/// its locks on Lustre until the servers give it up, which takes minutes.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_VARIABLE: &str = "SAPWOOD_CHECKPOINT_LOCK_TIMEOUT";
/// When to say that it waits.
const NOTE_AFTER: Duration = Duration::from_secs(2);

/// How often it looks.
const INTERVAL: Duration = Duration::from_millis(50);

/// What a file system without locks answers: Lustre mounted without them, NFS without a lock service, NFS to a file that may only be read.
const NO_LOCKS: [Errno; 5] = [Errno::NOSYS, Errno::NOTSUP, Errno::NOLCK, Errno::INVAL, Errno::BADF];

/// Locks a directory for as long as what is returned lives. Where that cannot be done, nothing is returned, and a note says so.
///
/// # Errors
/// Another job has the lock, or the lock's file cannot be had.
pub fn lock(directory: &Path, log: &mut Log) -> Result<Option<File>, Failure> {
    let path = directory.join(NAME);
    let unlocked = |log: &mut Log, error: &io::Error| {
        log.note(&format!("{}: cannot be locked ({error}); make sure that no other job writes there", directory.display()));
        Ok(None)
    };
    let file = match open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return unlocked(log, &error),
        Err(error) => return Err(Failure::io(&path, "cannot be opened", &error)),
    };
    let (started, patience, mut noted) = (Instant::now(), patience::seconds(PATIENCE_VARIABLE, DEFAULT_PATIENCE)?, false);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if started.elapsed() < patience => {
                if started.elapsed() >= NOTE_AFTER && !noted {
                    noted = true;
                    let seconds = patience.as_secs();
                    log.note(&format!(
                        "{}: another job is writing there; waiting up to {seconds} s for it to end",
                        directory.display()
                    ));
                }
                sleep(INTERVAL);
            }
            Err(TryLockError::WouldBlock) => return Err(in_use(directory, patience)),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) if Errno::from_io_error(&error).is_some_and(|errno| NO_LOCKS.contains(&errno)) => {
                return unlocked(log, &error);
            }
            Err(TryLockError::Error(error)) => return Err(Failure::io(&path, "cannot be locked", &error)),
        }
    }
}

/// The lock's file, for writing, because NFS locks no other; for reading, if an earlier job's user left it so.
fn open(path: &Path) -> io::Result<File> {
    match File::options().read(true).write(true).create(true).truncate(false).open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    }
}

fn in_use(directory: &Path, patience: Duration) -> Failure {
    Failure::user(format!(
        "{}: another job is still writing its checkpoints there after {} s; choose another directory, end that job, or raise \
         {PATIENCE_VARIABLE}",
        directory.display(),
        patience.as_secs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_while_the_last_one_is_going_waits() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::default();
        let first = lock(dir.path(), &mut log).unwrap().unwrap();
        let next = std::thread::scope(|scope| {
            let next = scope.spawn(|| lock(dir.path(), &mut Log::default()));
            sleep(4 * INTERVAL);
            drop(first);
            next.join().unwrap()
        });
        assert!(next.unwrap().is_some());
        assert!(log.remarks().is_empty());
    }
}
