//! [`Collective`]: what the hosts of a training job tell each other.
//!
//! Each host is a rank. It holds consecutive rows of the training data, rank 0 the first ones; a rank may hold none. Every number that
//! decides something is reduced over all ranks before it is used, and what is reduced are integers: so all ranks grow the same trees, and
//! those of one rank that holds all rows.

mod operations;
mod ranks;
mod solo;
mod threads;

pub use operations::Collective;
pub(crate) use ranks::words;
pub use solo::Solo;
pub use threads::Threads;
