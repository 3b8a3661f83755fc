//! [`Collective`]: what the hosts of a training job tell each other.
//!
//! Each host is a rank. It holds consecutive rows of the training data, rank 0 the first ones; a rank may hold none. Every number that
//! decides something is reduced over all ranks before it is used, and what is reduced are integers: so all ranks grow the same trees, and
//! those of one rank that holds all rows.

mod ranks;
mod solo;
mod threads;

pub(crate) use ranks::words;
pub use solo::Solo;
pub use threads::Threads;

/// The collective operations that training uses.
///
/// All ranks call the same operations in the same order with arguments of the same shape. An operation that cannot be completed does not
/// return: the implementation ends the process, or unwinds the thread, and says which rank is missing.
pub trait Collective: Send + Sync {
    /// This rank's number, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn size(&self) -> usize;

    /// Gives all ranks the bytes of one of them.
    fn broadcast(&self, root: usize, bytes: &mut Vec<u8>);

    /// Replaces every value by its sum over all ranks. Sums wrap around.
    fn all_reduce_sum(&self, values: &mut [i64]);

    /// Replaces every value by the largest of all ranks.
    fn all_reduce_max(&self, values: &mut [i64]);

    /// Sums values over all ranks and gives each its block: the first `blocks[0]` sums go to rank 0, the next `blocks[1]` to rank 1, and so
    /// on. `own` has room for this rank's. Sums wrap around.
    fn reduce_scatter_sum(&self, values: &[i64], blocks: &[usize], own: &mut [i64]);

    /// Gives all ranks the bytes of every rank, in the order of ranks. They may differ in length.
    fn all_gather(&self, bytes: &[u8]) -> Vec<Vec<u8>>;

    /// Returns when all ranks have called it.
    fn barrier(&self);
}
