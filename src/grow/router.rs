//! [`Router`]: a grown tree applied to rows that it was not grown on.

use super::node::{GrownNode, GrownTree};
use super::partition::SideTable;
use crate::binning::{BinMapper, BinnedMatrix};
use crate::split::{Decision, SplitInfo};

/// Rows that are led down the tree side by side: while one waits for memory, the others go on.
const LANES: usize = 8;

/// A tree ready to route rows of any matrix that was binned by the same mapper.
pub(crate) struct Router {
    nodes: Vec<Route>,
    /// Of splits by levels.
    tables: Vec<SideTable>,
}

/// A node. Small, so that a tree fits the first-level cache.
#[derive(Clone, Copy)]
enum Route {
    Leaf(f64),
    /// Bins up to `last` go left, and the missing bin if it says so.
    Bin {
        feature: Column,
        last: u16,
        missing: u16,
        missing_left: bool,
        left: u32,
        right: u32,
    },
    Table {
        table: u32,
        left: u32,
        right: u32,
    },
}

#[derive(Clone, Copy)]
struct Column {
    tile: u32,
    column: u32,
}

impl Router {
    pub fn new(tree: &GrownTree, mapper: &BinMapper, matrix: &BinnedMatrix) -> Self {
        let mut tables = Vec::new();
        let mut split = |split: &SplitInfo, left: u32, right: u32| {
            let place = matrix.place(split.feature);
            if let Decision::Bin(last) = split.decision {
                let feature = Column { tile: place.tile as u32, column: place.column as u32 };
                let (last, missing) = (last as u16, place.value_bins as u16);
                return Route::Bin { feature, last, missing, missing_left: split.missing_left, left, right };
            }
            tables.push(SideTable::new(split, &mapper.features()[split.feature as usize], place));
            Route::Table { table: tables.len() as u32 - 1, left, right }
        };
        let route = |node: &GrownNode| match node {
            GrownNode::Leaf(leaf) => Route::Leaf(leaf.value),
            GrownNode::Split { split: info, left, right } => split(info, *left as u32, *right as u32),
        };
        let nodes = tree.nodes.iter().map(route).collect();
        Self { nodes, tables }
    }

    /// Calls `take` with every row and the value of the leaf that it falls into.
    pub fn route(&self, matrix: &BinnedMatrix, rows: impl Iterator<Item = usize>, mut take: impl FnMut(usize, f64)) {
        let mut group = [0; LANES];
        let mut count = 0;
        for row in rows {
            group[count] = row;
            count += 1;
            if count == LANES {
                self.route_group(matrix, &group, &mut take);
                count = 0;
            }
        }
        for &row in &group[..count] {
            self.route_group(matrix, &[row], &mut take);
        }
    }

    fn route_group<const N: usize>(&self, matrix: &BinnedMatrix, rows: &[usize; N], take: &mut impl FnMut(usize, f64)) {
        let mut at = [0u32; N];
        let mut values = [0.0; N];
        let mut moving = true;
        while moving {
            moving = false;
            for lane in 0..N {
                let (goes_left, left, right) = match &self.nodes[at[lane] as usize] {
                    Route::Leaf(value) => {
                        values[lane] = *value;
                        continue;
                    }
                    &Route::Bin { feature, last, missing, missing_left, left, right } => {
                        let bin = matrix.bin_at(rows[lane], feature.tile as usize, feature.column as usize);
                        ((bin <= usize::from(last)) | (missing_left & (bin == usize::from(missing))), left, right)
                    }
                    &Route::Table { table, left, right } => {
                        (self.tables[table as usize].goes_left(matrix, rows[lane]), left, right)
                    }
                };
                at[lane] = if goes_left { left } else { right };
                moving = true;
            }
        }
        rows.iter().zip(values).for_each(|(&row, value)| take(row, value));
    }
}
