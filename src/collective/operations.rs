//! [`Collective`]: the operations that all ranks take part in.

/// The collective operations that training uses.
///
/// All ranks call the same operations in the same order with arguments of the same shape. An operation that cannot be completed does not
/// return: the implementation ends the process, or unwinds the thread, and says which rank is missing.
pub trait Collective: std::fmt::Debug + Send + Sync {
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
