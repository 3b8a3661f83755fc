//! [`Led`]: rows that a tree was not grown on, led to their leaves.

use super::node::{GrownNode, GrownTree, Leaf};
use super::partition::NodeRows;
use super::partition_batch::partition_all;
use super::router::Router;
use super::side::{RowBins, SideTable};
use crate::Result;
use crate::binning::BinMapper;

/// Who knows the leaf of each row.
pub(crate) enum Led<'a> {
    /// Of bins in memory: row after row is led down the tree.
    Router(Router<'a>),
    /// Of bins in a file: the tree with these rows, as if it had been grown on them.
    Tree(GrownTree),
}

impl<'a> Led<'a> {
    /// Leads all rows of a matrix.
    ///
    /// # Errors
    /// Bins that cannot be read back from their file.
    pub fn new(tree: &GrownTree, mapper: &BinMapper, bins: RowBins<'a>) -> Result<Self> {
        match bins.matrix.spilled() {
            None => Ok(Self::Router(Router::new(tree, mapper, bins))),
            Some(_) => level_by_level(tree, mapper, bins).map(Self::Tree),
        }
    }
}

/// The tree with all rows of a matrix, which are partitioned level by level: each column is read once a level.
fn level_by_level(tree: &GrownTree, mapper: &BinMapper, bins: RowBins<'_>) -> Result<GrownTree> {
    let mut nodes = tree.nodes.clone();
    let mut rows: Vec<u32> = (0..bins.matrix.rows() as u32).collect();
    let (mut spare, mut sides) = (vec![0; rows.len()], vec![0; rows.len()]);
    // Each with its number, and where its rows begin in the partition.
    let mut level = vec![(0, 0, NodeRows::new(&mut rows, &mut spare, &mut sides))];
    while !level.is_empty() {
        let (mut parents, mut to_part) = (Vec::new(), Vec::new());
        for (number, begin, rows) in level {
            match &mut nodes[number] {
                GrownNode::Leaf(leaf) => {
                    *leaf = Leaf { range: begin..begin + rows.rows.len(), buffer: rows.buffer, ..std::mem::take(leaf) };
                }
                GrownNode::Split { split, left, right } => {
                    let layout = bins.matrix.layout(split.feature);
                    parents.push((*left, *right, begin));
                    to_part.push((rows, SideTable::new(split, &mapper.features()[split.feature as usize], layout)));
                }
            }
        }
        let parted = parents.into_iter().zip(partition_all(&bins, to_part)?);
        level = parted
            .flat_map(|((left, right, begin), (lefts, rights))| {
                let middle = begin + lefts.rows.len();
                [(left, begin, lefts), (right, middle, rights)]
            })
            .collect();
    }
    Ok(GrownTree { nodes, rows: [rows, spare] })
}
