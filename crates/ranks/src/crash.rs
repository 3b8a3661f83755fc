//! Crashes inside of MPI, which are put off a little.
//!
//! MPICH 4.0 over UCX may crash when a connection breaks under it. By then another host is gone, and signs of life are about to say which: a rank that
//! died at once would be taken for the one to blame.
#![expect(unsafe_code, reason = "std has no signals")]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// How long signs of life get, seconds: more than it takes to end a job.
const PATIENCE: i64 = 4;

/// What is done about a crash without this.
static USUAL: OnceLock<libc::sigaction> = OnceLock::new();

/// Puts crashes off from now on, whose usual handlers are in place.
pub fn put_off() {
    let handler: extern "C" fn(c_int) = wait;
    let mut before = MaybeUninit::uninit();
    // SAFETY: a zeroed `sigaction` is a valid one.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    // A thread whose stack overflows has another one for this.
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: the handler calls nothing but what may be called in one, and `before` is written to only.
    let is_set = unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, before.as_mut_ptr()) } == 0;
    if is_set {
        // SAFETY: the call that succeeded has written it.
        let _ = USUAL.set(unsafe { before.assume_init() });
    }
}

extern "C" fn wait(signal: c_int) {
    let time = libc::timespec { tv_sec: PATIENCE, tv_nsec: 0 };
    let usual = USUAL.get().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: all of these may be called in a handler; the signal comes again when this one returns.
    unsafe {
        libc::nanosleep(&raw const time, ptr::null_mut());
        if usual.is_null() {
            libc::signal(signal, libc::SIG_DFL);
        } else {
            libc::sigaction(signal, usual, ptr::null_mut());
        }
        libc::raise(signal);
    }
}
