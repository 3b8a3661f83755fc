//! [`FeatureBlocks`]: which rank scans which features.
//!
//! Histograms are summed over all ranks, each of which gets the sums of its own features only. Of a feature it is always the same rank, so
//! that a child's histogram is its parent's less its sibling's on every rank.

use crate::binning::BinnedMatrix;
use crate::collective::Collective;
use crate::histogram::Histogram;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The rank of each feature.
#[derive(Clone, Debug)]
pub(super) struct FeatureOwners {
    /// None if there is but one rank.
    ranks: Option<Arc<[usize]>>,
    /// Memory for what is sent and for what comes back.
    buffers: Arc<Mutex<[Vec<u64>; 2]>>,
}

impl FeatureOwners {
    /// Gives all ranks about as many slots of neighbouring features.
    pub fn new(matrix: &BinnedMatrix, ranks: &dyn Collective) -> Self {
        let slots = matrix.slots().max(1);
        let owner = |feature| matrix.layout(feature).slot * ranks.size() / slots;
        Self { ranks: (!ranks.is_alone()).then(|| (0..matrix.features() as u32).map(owner).collect()), buffers: Arc::default() }
    }

    /// The blocks of some features where they are in a matrix, whose slots have `stride` sums.
    pub fn blocks(&self, matrix: &BinnedMatrix, stride: usize, features: &[u32], ranks: &dyn Collective) -> FeatureBlocks {
        let mut slots = vec![Vec::new(); ranks.size()];
        if let Some(owners) = &self.ranks {
            let mut layouts: Vec<_> = features.iter().map(|&feature| (matrix.layout(feature), owners[feature as usize])).collect();
            layouts.sort_unstable_by_key(|(layout, _)| layout.slot);
            layouts
                .into_iter()
                .for_each(|(layout, owner)| push(&mut slots[owner], layout.slot..layout.slot + layout.value_bins + 1));
        }
        let own = match &self.ranks {
            None => std::iter::once(0..matrix.slots() * stride).collect(),
            Some(_) => slots[ranks.rank()].iter().map(|slots| slots.start * stride..slots.end * stride).collect(),
        };
        FeatureBlocks { owners: self.clone(), rank: ranks.rank(), stride, slots, own }
    }
}

/// Adds a range behind others.
fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Where each rank's features are in the histograms of a tree.
pub(super) struct FeatureBlocks {
    owners: FeatureOwners,
    rank: usize,
    /// Sums a slot.
    stride: usize,
    /// Slots by rank, ascending.
    slots: Vec<Vec<Range<usize>>>,
    /// The sums of this rank's features.
    own: Vec<Range<usize>>,
}

impl FeatureBlocks {
    /// Those of some features that this rank scans.
    pub fn own<'f>(&self, features: &'f [u32]) -> Cow<'f, [u32]> {
        match &self.owners.ranks {
            None => Cow::Borrowed(features),
            Some(owners) => features.iter().copied().filter(|&feature| owners[feature as usize] == self.rank).collect(),
        }
    }

    /// Where the sums of this rank's features are, ascending.
    pub fn own_sums(&self) -> &[Range<usize>] {
        &self.own
    }

    /// Sums histograms over all ranks: the same nodes in the same order on each. What is no feature of this rank is left as it was.
    pub fn reduce(&self, ranks: &dyn Collective, histograms: Vec<&mut Histogram>) {
        if ranks.is_alone() {
            return;
        }
        let mut buffers = self.owners.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let [words, own] = &mut *buffers;
        words.clear();
        let mut blocks = Vec::with_capacity(ranks.size());
        for slots in &self.slots {
            let before = words.len();
            for histogram in &histograms {
                let per_slot = histogram.form.words() * self.stride;
                slots.iter().for_each(|slots| words.extend(&histogram.words[slots.start * per_slot..slots.end * per_slot]));
            }
            blocks.push(words.len() - before);
        }
        own.resize(blocks[self.rank], 0);
        ranks.reduce_scatter_sum(bytemuck::cast_slice(words), &blocks, bytemuck::cast_slice_mut(own));
        let mut rest = &own[..];
        for histogram in histograms {
            let per_slot = histogram.form.words() * self.stride;
            for slots in &self.slots[self.rank] {
                let (sums, after) = rest.split_at(slots.len() * per_slot);
                histogram.words[slots.start * per_slot..slots.end * per_slot].copy_from_slice(sums);
                rest = after;
            }
        }
    }
}
