//! Memory: a failed request for it, which ends the process with its reason, and giving back what is used no longer.
#![expect(unsafe_code, reason = "an allocator, and functions of the C library")]

use crate::streams;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::CString;
use std::io::Write;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

/// The system's allocator. Rust aborts where it has no memory left, which looks like a defect and leaves no reason to SageMaker.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: all calls are passed on to the system's allocator, which keeps to the contract.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        granted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        granted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        granted(unsafe { System.realloc(memory, layout, size) }, size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn granted(memory: *mut u8, bytes: usize) -> *mut u8 {
    if memory.is_null() {
        exhausted(bytes);
    }
    memory
}

/// Where SageMaker looks for the reason of a failure.
static FAILURE: OnceLock<CString> = OnceLock::new();

/// The file that is to hold the reason if memory runs out.
pub fn set_failure_file(path: &Path) {
    if let Ok(path) = CString::new(path.as_os_str().as_bytes()) {
        let _ = FAILURE.set(path);
    }
}

/// Says that memory ran out, and ends the process. Allocates nothing.
#[cold]
fn exhausted(bytes: usize) -> ! {
    use rustix::fs::{Mode, OFlags};
    let mut text = [0; 300];
    let mut rest = &mut text[..];
    let _ = writeln!(
        rest,
        "AlgorithmError: out of memory: the system refused another {bytes} bytes; use a machine or a limit with more memory, or fewer rows or \
         columns"
    );
    let unused = rest.len();
    let text = str::from_utf8(&text[..text.len() - unused]).unwrap_or_default();
    streams::diagnostics(text);
    if let Some(path) = FAILURE.get() {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NONBLOCK;
        let file = rustix::fs::open(path.as_c_str(), flags, Mode::from_raw_mode(0o644));
        let _ = file.and_then(|file| rustix::io::write(file, text.trim_end().as_bytes()));
    }
    // SAFETY: it takes a number, and ends the process without running anything that might allocate.
    unsafe { libc::_exit(1) }
}

/// Gives the system the memory back that was freed. The C library keeps it, because it may be needed again: after 12 models of 28 MB had
/// come and gone, 478 MB of 500; after 4,000,000 rows of 28 features were read and binned, 40 MB.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes a number of bytes, and locks what it works on.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Makes the C library keep little of what is freed, for a process whose models come and go. [`give_back`] does not reach the end of a thread's
/// heap, where up to twice the largest block that was ever freed stays otherwise: 17 MB of models of 43.
pub fn keep_little() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes numbers, and locks what it works on.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 20);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 4 << 20);
    }
}

/// A value that takes much memory, which goes back to the system with it.
pub struct Large<T> {
    value: T,
    /// Goes after the value.
    _last: Last,
}

struct Last;

impl<T> Large<T> {
    /// That value.
    pub fn new(value: T) -> Self {
        Self { value, _last: Last }
    }
}

impl<T> Deref for Large<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Drop for Last {
    fn drop(&mut self) {
        give_back();
    }
}
