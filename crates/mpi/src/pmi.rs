//! Ending MPI under a process manager that speaks PMI-1, as MPICH's Hydra does.
//!
//! `MPI_Finalize` of MPICH 4.0 over UCX and TCP can wait for ever: closing a connection waits for an answer of the other end, which may already
//! wait for the process manager and answer nothing. Therefore MPI is left as it is, and only the process manager is told that this process ends as it
//! should: after a barrier, so that nobody's last operation still needs a connection.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;

/// The connection to the process manager, where there is one.
pub fn descriptor() -> Option<i32> {
    std::env::var("PMI_FD").ok()?.parse().ok()
}

/// Asks the process manager to end all processes.
pub fn abort(descriptor: i32, code: i32) {
    // SAFETY: the process manager opened it for this process; one write is one message, whoever else writes.
    let mut connection = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    // A process manager that is gone has no processes.
    let _ = connection.write_all(format!("cmd=abort exitcode={code}\n").as_bytes());
}

/// Waits for all processes, then says that this one ends as it should.
pub fn finish(descriptor: i32) -> Result<(), String> {
    // SAFETY: the process manager opened it for this process, and MPI, which used it, is not called any more.
    let connection = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    let mut answers = BufReader::new(&*connection);
    for (command, expected) in [("cmd=barrier_in\n", "cmd=barrier_out"), ("cmd=finalize\n", "cmd=finalize_ack")] {
        let mut answer = String::new();
        let asked = (&*connection).write_all(command.as_bytes()).and_then(|()| answers.read_line(&mut answer));
        match asked {
            Ok(_) if answer.starts_with(expected) => {}
            Ok(_) => return Err(format!("the process manager answers {answer:?} to {command:?}")),
            Err(error) => return Err(format!("the process manager does not answer: {error}")),
        }
    }
    Ok(())
}
