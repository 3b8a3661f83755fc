//! The library that calls MPI: the functions of [`Table`] over [`ferrompi`].
//!
//! It is opened only where a job has several ranks, so that `sapwood` itself starts on machines without MPI.
#![expect(unsafe_code, reason = "C hands over pointers")]

mod operations;
mod pmi;

use ferrompi::{Communicator, Mpi, ThreadLevel};
use operations::{Result, all_gather, all_reduce, broadcast, reduce_scatter};
use sapwood_mpi_table::{Status, Table, VERSION};
use std::cell::RefCell;
use std::slice::{from_raw_parts, from_raw_parts_mut};
use std::sync::{Mutex, OnceLock, PoisonError};

static TABLE: Table = Table {
    version: VERSION,
    start,
    broadcast: broadcast_bytes,
    all_reduce_sum,
    all_reduce_max,
    reduce_scatter_sum,
    all_gather: all_gather_bytes,
    barrier,
    finish,
    abort,
    error,
    description,
};

/// The functions of this library.
#[unsafe(no_mangle)]
pub extern "C" fn sapwood_mpi_table() -> *const Table {
    &raw const TABLE
}

static WORLD: OnceLock<Communicator> = OnceLock::new();

thread_local! {
    /// Ends MPI when it is dropped, which only the thread may do that started it.
    static MPI: RefCell<Option<Mpi>> = const { RefCell::new(None) };
}

/// Why the last function failed.
static ERROR: Mutex<String> = Mutex::new(String::new());

fn world() -> Result<&'static Communicator> {
    WORLD.get().ok_or_else(|| "MPI has not been started".to_string())
}

/// The status for a result, whose error is kept.
fn status(result: Result<()>) -> Status {
    match result {
        Ok(()) => 0,
        Err(error) => {
            *ERROR.lock().unwrap_or_else(PoisonError::into_inner) = error;
            1
        }
    }
}

/// # Safety
/// Both pointers are valid for a write.
unsafe extern "C" fn start(rank: *mut u32, size: *mut u32) -> Status {
    status((|| {
        let mpi = Mpi::init_thread(ThreadLevel::Serialized).map_err(|error| error.to_string())?;
        if mpi.thread_level() < ThreadLevel::Serialized {
            return Err("this MPI library lets only one thread call it".to_string());
        }
        let world = mpi.world();
        // SAFETY: as the caller promises.
        unsafe {
            *rank = world.rank().unsigned_abs();
            *size = world.size().unsigned_abs();
        }
        MPI.set(Some(mpi));
        WORLD.set(world).map_err(|_| "MPI was started twice".to_string())
    })())
}

/// # Safety
/// `bytes` are `length` bytes that nobody else uses.
unsafe extern "C" fn broadcast_bytes(root: u32, bytes: *mut u8, length: usize) -> Status {
    // SAFETY: as the caller promises.
    let bytes = unsafe { from_raw_parts_mut(bytes, length) };
    status(world().and_then(|world| broadcast(world, root as i32, bytes)))
}

/// # Safety
/// `values` are `length` values that nobody else uses.
unsafe extern "C" fn all_reduce_sum(values: *mut i64, length: usize) -> Status {
    // SAFETY: as the caller promises; unsigned sums have the bits of signed ones that wrap around.
    let values = unsafe { from_raw_parts_mut(values.cast::<u64>(), length) };
    status(world().and_then(|world| all_reduce(world, values, ferrompi::ReduceOp::Sum)))
}

/// # Safety
/// `values` are `length` values that nobody else uses.
unsafe extern "C" fn all_reduce_max(values: *mut i64, length: usize) -> Status {
    // SAFETY: as the caller promises.
    let values = unsafe { from_raw_parts_mut(values, length) };
    status(world().and_then(|world| all_reduce(world, values, ferrompi::ReduceOp::Max)))
}

/// # Safety
/// `blocks` has a length for each rank, `values` as many values as these add up to, `own` room for as many as the block of this rank has, which
/// nobody else uses.
unsafe extern "C" fn reduce_scatter_sum(values: *const i64, blocks: *const usize, own: *mut i64) -> Status {
    status(world().and_then(|world| {
        // SAFETY: as the caller promises; unsigned sums have the bits of signed ones that wrap around.
        let (values, blocks, own) = unsafe {
            let blocks = from_raw_parts(blocks, world.size() as usize);
            let own = from_raw_parts_mut(own.cast::<u64>(), blocks[world.rank() as usize]);
            (from_raw_parts(values.cast::<u64>(), blocks.iter().sum()), blocks, own)
        };
        reduce_scatter(world, values, blocks, own)
    }))
}

/// # Safety
/// `lengths` has a length for each rank, `own` as many bytes as this rank's is, `all` room for as many as they add up to, which nobody else uses.
unsafe extern "C" fn all_gather_bytes(own: *const u8, lengths: *const usize, all: *mut u8) -> Status {
    status(world().and_then(|world| {
        // SAFETY: as the caller promises.
        let (own, lengths, all) = unsafe {
            let lengths = from_raw_parts(lengths, world.size() as usize);
            let own = from_raw_parts(own, lengths[world.rank() as usize]);
            (own, lengths, from_raw_parts_mut(all, lengths.iter().sum()))
        };
        all_gather(world, own, lengths, all)
    }))
}

extern "C" fn barrier() -> Status {
    status(world().and_then(|world| world.barrier().map_err(|error| error.to_string())))
}

extern "C" fn finish() -> Status {
    status(match MPI.take() {
        Some(mpi) => match pmi::descriptor() {
            Some(descriptor) => {
                std::mem::forget(mpi);
                pmi::finish(descriptor)
            }
            None => {
                drop(mpi);
                Ok(())
            }
        },
        None => Err("MPI was not started by this thread".to_string()),
    })
}

extern "C" fn abort(code: i32) {
    // `MPI_Abort` may wait for the thread that is in another function of MPI.
    if let Some(descriptor) = pmi::descriptor() {
        pmi::abort(descriptor, code);
    }
}

/// # Safety
/// `text` has room for `capacity` bytes.
unsafe extern "C" fn error(text: *mut u8, capacity: usize) -> usize {
    let error = ERROR.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as the caller promises.
    unsafe { write(&error, text, capacity) }
}

/// # Safety
/// `text` has room for `capacity` bytes.
unsafe extern "C" fn description(text: *mut u8, capacity: usize) -> usize {
    let version = Mpi::library_version().unwrap_or_else(|error| error.to_string());
    // SAFETY: as the caller promises.
    unsafe { write(version.lines().next().unwrap_or_default(), text, capacity) }
}

/// # Safety
/// `out` has room for `capacity` bytes.
unsafe fn write(text: &str, out: *mut u8, capacity: usize) -> usize {
    let length = text.floor_char_boundary(capacity);
    // SAFETY: no more than `capacity` bytes, which the caller has room for.
    unsafe { out.copy_from_nonoverlapping(text.as_ptr(), length) };
    length
}
