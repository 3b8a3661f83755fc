//! How one training job starts on several hosts without ssh: every host runs the same container with the same arguments, and MPICH's ranks come of it.
//!
//! The process that the platform starts on a host becomes a parent. Parents meet at the first host, which then runs MPICH's `mpiexec` with its
//! manual launcher; every parent runs the proxy that `mpiexec` asks for, and the proxy starts the same executable once more, which is the
//! rank that trains. Parents pass on signals, output and exit codes, and tell each other for as long as the job lasts that they live. So a host
//! that is missing, dies or hangs ends the job everywhere, named, within a minute.
//!
//! Data flow: [`Group`] (who takes part) → `gather` (the first host waits for the others) or `join` (the others look for it) → `hydra` (the
//! programs) and `rank` (this host's process) → `lead` or `follow` (until the end).

mod caller;
mod connection;
mod error;
mod events;
mod follow;
mod gather;
mod group;
mod hydra;
mod join;
mod lead;
mod leash;
mod message;
mod rank;
mod route;
mod start;
mod variables;

pub use caller::{Caller, Program};
pub use error::Error;
pub use group::Group;
pub use leash::{LEASH, Leash};
pub use start::start;
pub use variables::{HOSTS, LEADER, RANK, TIMEOUT, patience};
