//! [`Solo`]: one rank, which holds all rows.

use super::operations::Collective;

/// The only rank there is. Every operation returns what it was given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Solo;

impl Collective for Solo {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn broadcast(&self, _root: usize, _bytes: &mut Vec<u8>) {}

    fn all_reduce_sum(&self, _values: &mut [i64]) {}

    fn all_reduce_max(&self, _values: &mut [i64]) {}

    fn reduce_scatter_sum(&self, values: &[i64], _blocks: &[usize], own: &mut [i64]) {
        own.copy_from_slice(values);
    }

    fn all_gather(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        vec![bytes.to_vec()]
    }

    fn barrier(&self) {}
}
