//! [`CancellationToken`]: how whoever asked for work says that nobody waits for it any longer.

use crate::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Given to work when it begins; clones are the same token. Work looks at it between blocks, and ends soon after it was cancelled.
#[derive(Clone, Debug, Default)]
pub struct CancellationToken(Arc<AtomicBool>);

impl CancellationToken {
    /// Ends the work that has this token.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to go on.
    ///
    /// # Errors
    /// Of kind [`Cancelled`](ErrorKind::Cancelled) where it is not.
    pub fn check(&self) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Error::new(ErrorKind::Cancelled, "cancelled: nobody is waiting for the result any more")),
            false => Ok(()),
        }
    }
}
