//! Partitioning the rows of several nodes at a time. Of bins in a file, the column of a feature is read once for all nodes that are split by it.

use super::partition::{NodeRows, RUN, find_sides_in};
use super::side::{RowBins, SideTable};
use crate::Result;
use crate::binning::{Cells, Spilled, within};
use crate::profile::Phase;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rows of each node that go left and those that go right, as of [`NodeRows::partition`].
///
/// # Errors
/// Bins that cannot be read back from their file.
pub(super) fn partition_all<'r>(
    bins: &RowBins<'_>,
    mut nodes: Vec<(NodeRows<'r>, SideTable)>,
) -> Result<Vec<(NodeRows<'r>, NodeRows<'r>)>> {
    let spilled = bins.matrix.spilled();
    if let Some(spilled) = spilled {
        find_sides(bins, spilled, &mut nodes)?;
    }
    let is_known = |table: &SideTable| spilled.is_some_and(|spilled| spilled.has_feature(table.feature));
    let partition = |(rows, table): (NodeRows<'r>, SideTable)| match is_known(&table) {
        true => rows.distribute(bins.execution),
        false => rows.partition(bins, &table),
    };
    Ok(nodes.into_par_iter().with_max_len(1).map(partition).collect())
}

/// Finds the sides of the rows of all nodes that are split by features in the file.
fn find_sides(bins: &RowBins<'_>, spilled: &Spilled, nodes: &mut [(NodeRows<'_>, SideTable)]) -> Result<()> {
    let mut by_feature: BTreeMap<u32, Vec<&mut (NodeRows<'_>, SideTable)>> = BTreeMap::new();
    for node in nodes.iter_mut().filter(|(_, table)| spilled.has_feature(table.feature)) {
        by_feature.entry(node.1.feature).or_default().push(node);
    }
    let (mut parts, mut features) = (Vec::new(), Vec::new());
    for (&feature, nodes) in &by_feature {
        let has_rows = |range: &Range<usize>| nodes.iter().any(|(node, _)| !within(node.rows, range).is_empty());
        parts.extend(spilled.column_parts(feature, has_rows));
        features.resize(parts.len(), feature);
    }
    let mut features = features.into_iter();
    spilled.read(&parts, |range, column| {
        let nodes = features.next().and_then(|feature| by_feature.get_mut(&feature));
        nodes.into_iter().flatten().for_each(|(node, table)| find_in(bins, range, column, node, table));
    })
}

/// Finds the sides of those rows of a node that are in a range, of which `column` has the bins.
fn find_in(bins: &RowBins<'_>, range: &Range<usize>, column: &Cells, node: &mut NodeRows<'_>, table: &SideTable) {
    let here = within(node.rows, range);
    let runs = node.rows[here.clone()].par_chunks(RUN).zip(node.sides[here].par_chunks_mut(RUN));
    runs.for_each(|(rows, sides)| {
        bins.execution.profiler.task(Phase::Partition, || {
            let rows: Vec<u32> = rows.iter().map(|row| row - range.start as u32).collect();
            find_sides_in(table, column, &rows, sides);
        });
    });
}
