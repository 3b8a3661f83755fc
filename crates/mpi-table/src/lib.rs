//! The border between `sapwood` and the library that calls MPI: one table of C functions, which the library hands over by [`SYMBOL`].
//!
//! Sums are of 64 bits and wrap around. Functions that return a [`Status`] write why they failed where [`Table::error`] finds it. They may be
//! called from any thread, one at a time; `finish` only from the thread that called `start`. Lengths count elements and may be beyond 2³¹.

/// The name of the function that returns the table: an [`Entry`].
pub const SYMBOL: &str = "sapwood_mpi_table";

/// The version of this table. It changes with every change of what is below.
pub const VERSION: u32 = 1;

/// What [`SYMBOL`] is.
pub type Entry = extern "C" fn() -> *const Table;

/// 0 if a function did what it should.
pub type Status = i32;

/// The functions.
#[repr(C)]
#[derive(Debug)]
pub struct Table {
    /// [`VERSION`], first in all versions: of another one, nothing else may be read.
    pub version: u32,
    /// Initialises MPI; once. Writes this process's rank and the number of ranks.
    pub start: unsafe extern "C" fn(rank: *mut u32, size: *mut u32) -> Status,
    /// Gives all ranks the bytes of rank `root`.
    pub broadcast: unsafe extern "C" fn(root: u32, bytes: *mut u8, length: usize) -> Status,
    /// Replaces values by their sums over all ranks.
    pub all_reduce_sum: unsafe extern "C" fn(values: *mut i64, length: usize) -> Status,
    /// Replaces values by the largest of all ranks.
    pub all_reduce_max: unsafe extern "C" fn(values: *mut i64, length: usize) -> Status,
    /// Sums values over all ranks; `own` gets the block of this rank. `blocks` has a length for each rank, and `values` as many values as they
    /// add up to.
    pub reduce_scatter_sum: unsafe extern "C" fn(values: *const i64, blocks: *const usize, own: *mut i64) -> Status,
    /// Gives all ranks the bytes of every rank, one behind the other. `lengths` has the number of bytes of each rank.
    pub all_gather: unsafe extern "C" fn(own: *const u8, lengths: *const usize, all: *mut u8) -> Status,
    /// Returns when all ranks have called it.
    pub barrier: extern "C" fn() -> Status,
    /// Ends MPI, after the last call of the others.
    pub finish: extern "C" fn() -> Status,
    /// Asks the launcher to end all processes, also those that do not answer. From any thread, at any time; it may do nothing, and return.
    pub abort: extern "C" fn(code: i32),
    /// Writes why the last function failed, as UTF-8, at most `capacity` bytes; returns how many.
    pub error: unsafe extern "C" fn(text: *mut u8, capacity: usize) -> usize,
    /// Writes which MPI library this is, as UTF-8, at most `capacity` bytes; returns how many.
    pub description: unsafe extern "C" fn(text: *mut u8, capacity: usize) -> usize,
}
