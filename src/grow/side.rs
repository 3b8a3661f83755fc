//! Which side of a split a row goes to, by its bin.

use crate::binning::{BinColumn, BinColumns, BinnedMatrix, FeatureBins, FeatureLayout};
use crate::execution::Execution;
use crate::split::{BinCondition, SplitInfo};

/// Where the bins of rows are read: by column, where there is one.
#[derive(Clone, Copy)]
pub(crate) struct RowBins<'a> {
    pub matrix: &'a BinnedMatrix,
    pub columns: &'a BinColumns,
    pub execution: Execution<'a>,
}

impl<'a> RowBins<'a> {
    /// The bins of a feature, if they lie by themselves.
    pub fn column(&self, feature: u32) -> Option<&'a BinColumn> {
        self.columns.get(feature)
    }

    /// Whether a split sends a row left.
    pub fn goes_left(&self, table: &SideTable, row: usize) -> bool {
        let bin = match self.column(table.feature) {
            Some(BinColumn::Narrow(cells)) => usize::from(cells[row]),
            Some(BinColumn::Wide(cells)) => usize::from(cells[row]),
            None => self.matrix.tiles()[table.layout.tile].bin(row, table.layout.column),
        };
        table.left[bin] == 1
    }
}

/// Which rows a split sends left.
pub(crate) struct SideTable {
    pub(super) feature: u32,
    pub(super) layout: FeatureLayout,
    /// For every bin of the feature: 1 if its rows go left.
    pub(super) left: Vec<u8>,
    /// The same for a split at a threshold of a feature with narrow bins.
    pub(super) threshold: Option<BinThreshold>,
}

/// Bins up to `last` go left, and the missing bin if it says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct BinThreshold {
    pub last: u8,
    pub missing: u8,
    pub missing_left: bool,
}

impl BinThreshold {
    /// 1 if rows with this bin go left.
    #[inline(always)]
    pub fn side(self, bin: u8) -> u8 {
        u8::from((bin <= self.last) | (self.missing_left & (bin == self.missing)))
    }
}

impl SideTable {
    pub fn new(split: &SplitInfo, bins: &FeatureBins, layout: FeatureLayout) -> Self {
        let value_bins = bins.value_bins();
        let mut left: Vec<u8> = match &split.condition {
            BinCondition::Bin(last) => (0..value_bins).map(|bin| u8::from(bin <= *last)).collect(),
            BinCondition::Levels(words) => (0..value_bins).map(|bin| (words[bin / 64] >> (bin % 64) & 1) as u8).collect(),
        };
        left.push(u8::from(split.missing_left));
        let threshold = match &split.condition {
            BinCondition::Bin(last) if bins.is_narrow() => {
                Some(BinThreshold { last: *last as u8, missing: value_bins as u8, missing_left: split.missing_left })
            }
            _ => None,
        };
        Self { feature: split.feature, layout, left, threshold }
    }
}
