//! [`Library`]: the library that calls MPI, opened at run time. The functions of its table, made safe.
#![expect(unsafe_code, reason = "functions of a library that is opened at run time")]

use libloading::os::unix::Library as Object;
use sapwood::{Error, ErrorKind, Result};
use sapwood_mpi_table::{Entry, SYMBOL, Status, Table, VERSION};
use std::ffi::OsString;
use std::path::PathBuf;

/// The library's name.
const FILE: &str = "libsapwood_mpi.so";

/// The variable that names another one.
pub(crate) const VARIABLE: &str = "SAPWOOD_MPI_LIBRARY";

/// The functions of an open library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Library {
    table: &'static Table,
}

impl Library {
    /// Opens the library that `$SAPWOOD_MPI_LIBRARY` names, else the one beside the executable, else the one that the system's loader finds.
    ///
    /// # Errors
    /// There is none, or it, or the MPI library that it needs, cannot be loaded, or it is of another version of Sapwood.
    pub fn open() -> Result<Self> {
        let name = name();
        let shown = name.to_string_lossy().into_owned();
        let failed = |error: libloading::Error| {
            let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Error::new(ErrorKind::Io, format!("training on several hosts needs {shown}, which cannot be opened: {cause}"))
                .with_remedy(format!(
                    "install MPICH (Debian: libmpich12) and build the library (scripts/build-mpi), or name it in {VARIABLE}"
                ))
        };
        // SAFETY: loading runs the initialisers of the library and of MPI, which the user chose to load.
        let object = unsafe { Object::new(&name) }.map_err(failed)?;
        // SAFETY: a library that has this symbol was built as `sapwood_mpi_table` says.
        let entry = unsafe { object.get::<Entry>(SYMBOL.as_bytes()) }.map_err(failed)?;
        let table = entry();
        // SAFETY: the table is a static of the library, and its version comes first in all versions.
        let version = unsafe { (*table).version };
        if version != VERSION {
            return Err(Error::new(ErrorKind::Io, format!("{shown} has interface {version}, this executable needs {VERSION}"))
                .with_remedy("build both from the same sources (scripts/build-mpi)"));
        }
        // MPI cannot be unloaded and loaded again.
        std::mem::forget(object);
        // SAFETY: of this version, and never unloaded.
        Ok(Self { table: unsafe { &*table } })
    }

    /// Initialises MPI; returns rank and size.
    pub fn start(self) -> std::result::Result<(usize, usize), String> {
        let (mut rank, mut size) = (0, 0);
        // SAFETY: both are written to only.
        self.checked(unsafe { (self.table.start)(&raw mut rank, &raw mut size) })?;
        Ok((rank as usize, size as usize))
    }

    /// Gives all ranks the bytes of rank `root`; they are as many on all ranks.
    pub fn broadcast(self, root: usize, bytes: &mut [u8]) -> std::result::Result<(), String> {
        // SAFETY: the pointer and the length of a slice.
        self.checked(unsafe { (self.table.broadcast)(root as u32, bytes.as_mut_ptr(), bytes.len()) })
    }

    pub fn all_reduce_sum(self, values: &mut [i64]) -> std::result::Result<(), String> {
        // SAFETY: the pointer and the length of a slice.
        self.checked(unsafe { (self.table.all_reduce_sum)(values.as_mut_ptr(), values.len()) })
    }

    pub fn all_reduce_max(self, values: &mut [i64]) -> std::result::Result<(), String> {
        // SAFETY: the pointer and the length of a slice.
        self.checked(unsafe { (self.table.all_reduce_max)(values.as_mut_ptr(), values.len()) })
    }

    /// Sums values; `place` are this rank and the number of ranks.
    pub fn reduce_scatter_sum(
        self,
        (rank, size): (usize, usize),
        values: &[i64],
        blocks: &[usize],
        own: &mut [i64],
    ) -> std::result::Result<(), String> {
        assert!(
            blocks.len() == size && blocks.iter().sum::<usize>() == values.len() && own.len() == blocks[rank],
            "blocks of values"
        );
        // SAFETY: a block for each rank, that add up to the values, and room for this rank's.
        self.checked(unsafe { (self.table.reduce_scatter_sum)(values.as_ptr(), blocks.as_ptr(), own.as_mut_ptr()) })
    }

    /// Gives all ranks the bytes of every rank, of which `lengths` are known; `place` are this rank and the number of ranks.
    pub fn all_gather(
        self,
        (rank, size): (usize, usize),
        own: &[u8],
        lengths: &[usize],
        all: &mut [u8],
    ) -> std::result::Result<(), String> {
        assert!(
            lengths.len() == size && lengths[rank] == own.len() && lengths.iter().sum::<usize>() == all.len(),
            "lengths of parts"
        );
        // SAFETY: a length for each rank, this rank's that of its bytes, and room for all.
        self.checked(unsafe { (self.table.all_gather)(own.as_ptr(), lengths.as_ptr(), all.as_mut_ptr()) })
    }

    pub fn barrier(self) -> std::result::Result<(), String> {
        self.checked((self.table.barrier)())
    }

    /// Ends MPI; on the thread that initialised it.
    pub fn finish(self) -> std::result::Result<(), String> {
        self.checked((self.table.finish)())
    }

    /// Asks the launcher to end all processes, also those that do not answer.
    pub fn abort(self, code: u8) {
        (self.table.abort)(i32::from(code));
    }

    /// Which MPI library it is.
    pub fn description(self) -> String {
        text(self.table.description).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn checked(self, status: Status) -> std::result::Result<(), String> {
        if status == 0 { Ok(()) } else { Err(text(self.table.error)) }
    }
}

/// What to open.
fn name() -> OsString {
    let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
    let beside = || {
        let file = std::env::current_exe().ok()?.with_file_name(FILE);
        file.exists().then(|| PathBuf::into_os_string(file))
    };
    named.or_else(beside).unwrap_or_else(|| FILE.into())
}

/// What a function of the table writes.
fn text(write: unsafe extern "C" fn(*mut u8, usize) -> usize) -> String {
    let mut bytes = vec![0; 1024];
    // SAFETY: the pointer and the length of a vector.
    let length = unsafe { write(bytes.as_mut_ptr(), bytes.len()) };
    bytes.truncate(length);
    String::from_utf8_lossy(&bytes).into_owned()
}
