//! How a call ended, and the text that goes with it.

use sapwood_score::Error;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a call ended. Any other value than `SAPWOOD_STATUS_OK` is a failure, which `sapwood_error` describes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SapwoodStatus {
    /// All is well.
    Ok = 0,
    /// An argument makes no sense: a null pointer, text that is not UTF-8, an unknown output, a buffer of the wrong length.
    InvalidArgument = 1,
    /// A file could not be read.
    Io = 2,
    /// A file is no model, or it is damaged.
    InvalidModel = 3,
    /// A model needs a newer release of Sapwood, or has something that Sapwood cannot score with.
    UnsupportedModel = 4,
    /// Rows do not fit the model's schema.
    InvalidRows = 5,
    /// The model was trained with base margins, and none were given.
    BaseMarginRequired = 6,
    /// The model does not have the output that was asked for.
    InvalidOutput = 7,
    /// A bug of Sapwood.
    Internal = 8,
}

/// What goes wrong, with its text.
pub(crate) struct Failure {
    pub status: SapwoodStatus,
    pub text: String,
}

impl Failure {
    /// An argument that makes no sense.
    pub fn argument(text: impl Into<String>) -> Self {
        Self { status: SapwoodStatus::InvalidArgument, text: text.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { status: status_of(&error), text: error.to_string() }
    }
}

impl From<sapwood_interop::Error> for Failure {
    fn from(error: sapwood_interop::Error) -> Self {
        let status = match &error {
            sapwood_interop::Error::Model(error) => status_of(error),
            sapwood_interop::Error::Unsupported { .. } => SapwoodStatus::UnsupportedModel,
            _ => SapwoodStatus::InvalidModel,
        };
        Self { status, text: error.to_string() }
    }
}

fn status_of(error: &Error) -> SapwoodStatus {
    match error {
        Error::InFile { error, .. } => status_of(error),
        Error::Io { .. } => SapwoodStatus::Io,
        Error::UnsupportedVersion { .. } | Error::UnknownRequirements(_) => SapwoodStatus::UnsupportedModel,
        Error::Schema(_) => SapwoodStatus::InvalidRows,
        Error::BaseMarginRequired => SapwoodStatus::BaseMarginRequired,
        Error::Output(_) => SapwoodStatus::InvalidOutput,
        _ => SapwoodStatus::InvalidModel,
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// What was wrong in the last call that failed on this thread: text in UTF-8, empty if none has failed. It is valid until the next call
/// that fails on this thread.
#[unsafe(no_mangle)]
pub extern "C" fn sapwood_error() -> *const c_char {
    LAST.with_borrow(|last| last.as_ptr())
}

/// Runs `call`, keeps the text of its failure, and lets no panic through.
pub(crate) fn guard(call: impl FnOnce() -> Result<(), Failure>) -> SapwoodStatus {
    // What a panic leaves behind is nothing that a caller could see: outputs are written last.
    let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        Err(Failure { status: SapwoodStatus::Internal, text: "a bug of Sapwood: the call panicked; please report it".into() })
    });
    match result {
        Ok(()) => SapwoodStatus::Ok,
        Err(Failure { status, text }) => {
            let text = CString::new(text.replace('\0', "\\0")).unwrap_or_default();
            LAST.set(text);
            status
        }
    }
}
