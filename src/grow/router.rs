//! [`Router`]: a grown tree applied to rows that it was not grown on.
//!
//! Rows go down the tree by the hundreds, as sets of bits: at a threshold one comparison of as many bins partitions a set. So neighbouring
//! rows share the work that a walk would do for each of them, and no branch depends on where they go.

use super::node::{GrownNode, GrownTree};
use super::side::{BinThreshold, RowBins, SideTable};
use crate::binning::{BinColumn, BinMapper};
use crate::simd::{Simd, dispatch, prefetch};
use rayon::prelude::*;
use std::ops::Range;

/// A bit for each of some neighbouring rows. The sets of a tree of 255 leaves fit the first-level cache.
type RowSet = [u64; WORDS];
const WORDS: usize = 8;
const ROWS: usize = 64 * WORDS;

const EMPTY: RowSet = [0; WORDS];

/// Rows that one task leads to their leaves.
const CHUNK: usize = 16_384;

/// A tree ready to route rows of one matrix that is in memory.
pub(crate) struct Router<'a> {
    bins: RowBins<'a>,
    /// Parents before their children.
    nodes: Vec<Route<'a>>,
    /// The columns that are read by thresholds, each once.
    columns: Vec<&'a [u8]>,
}

/// A node.
enum Route<'a> {
    Leaf { value: f64, first: usize },
    Split { rule: RoutingRule<'a>, left: usize, right: usize },
}

/// Which rows go left.
enum RoutingRule<'a> {
    /// By a threshold in a column.
    Threshold(&'a [u8], BinThreshold),
    Table(SideTable),
}

impl<'a> Router<'a> {
    pub fn new(tree: &GrownTree, mapper: &BinMapper, bins: RowBins<'a>) -> Self {
        let (mut leaves, is_constant) = (0, tree.is_constant());
        let route = |node: &GrownNode| match node {
            GrownNode::Leaf(leaf) => {
                leaves += 1;
                let value = if is_constant { leaf.value } else { f64::from(leaves - 1) };
                Route::Leaf { value, first: leaf.range.start }
            }
            GrownNode::Split { split, left, right } => {
                let table = SideTable::new(split, &mapper.features()[split.feature as usize], bins.matrix.layout(split.feature));
                let rule = match (bins.column(split.feature), table.threshold) {
                    (Some(BinColumn::Narrow(cells)), Some(threshold)) => RoutingRule::Threshold(cells, threshold),
                    _ => RoutingRule::Table(table),
                };
                Route::Split { rule, left: *left, right: *right }
            }
        };
        let nodes: Vec<Route<'a>> = tree.nodes.iter().map(route).collect();
        let column = |node: &Route<'a>| match node {
            Route::Split { rule: RoutingRule::Threshold(cells, _), .. } => Some(*cells),
            _ => None,
        };
        let mut columns: Vec<&[u8]> = nodes.iter().filter_map(column).collect();
        columns.sort_unstable_by_key(|cells| cells.as_ptr());
        columns.dedup_by_key(|cells| cells.as_ptr());
        Self { bins, nodes, columns }
    }

    /// Calls `take` with every row of a range and the value of the leaf that it falls into, but for the rows whose position in the range
    /// is `left_out` (which may be empty: no row is). Of a tree whose leaves have no constant, the value is their number among the leaves.
    pub fn route(&self, rows: Range<usize>, left_out: &[bool], mut take: impl FnMut(usize, f64)) {
        each_leaf(self.bins.execution.simd, self, rows, left_out, |row, value, _| take(row, value));
    }

    /// All rows in the order of the leaves that they fall into, those of neighbouring leaves side by side.
    pub fn leaf_order(&self, rows: usize) -> Vec<u32> {
        // Where a leaf's rows begin among those that the tree was grown on tells leaves apart, unless there are none.
        let mut leaves = vec![0u32; rows];
        leaves.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, leaves)| {
            let begin = chunk * CHUNK;
            let rows = begin..begin + leaves.len();
            let place = |row: usize, _: f64, first: usize| leaves[row - begin] = first as u32;
            each_leaf(self.bins.execution.simd, self, rows, &[], place);
        });
        let mut order: Vec<u32> = (0..rows as u32).collect();
        radsort::sort_by_key(&mut order, |&row| leaves[row as usize]);
        order
    }

    /// Partitions a set: the rows that go left, and the others. Returns whether there are any of each.
    #[inline(always)]
    fn partition(&self, rule: &RoutingRule<'_>, begin: usize, set: &RowSet, left: &mut RowSet, right: &mut RowSet) -> [bool; 2] {
        match rule {
            RoutingRule::Threshold(cells, threshold) => match cells[begin..].first_chunk() {
                Some(bins) => partition_at(self.bins.execution.simd, bins, *threshold, set, left, right),
                None => partition_where(set, |i| threshold.side(cells[begin + i]) == 1, left, right),
            },
            RoutingRule::Table(table) => partition_where(set, |i| self.bins.goes_left(table, begin + i), left, right),
        }
    }
}

dispatch! {
    /// Calls `take` with every row of a range that is not left out, and the value and the first position of the leaf that it falls into.
    fn each_leaf<T: FnMut(usize, f64, usize)>(router: &Router<'_>, rows: Range<usize>, left_out: &[bool], take: T) = each_leaf_body
}

#[inline(always)]
fn each_leaf_body<T: FnMut(usize, f64, usize)>(router: &Router<'_>, rows: Range<usize>, left_out: &[bool], mut take: T) {
    let mut sets = vec![EMPTY; router.nodes.len()];
    // Nodes that have rows, and one place behind them, to be written without a branch.
    let mut open = vec![0; router.nodes.len() + 1];
    for begin in rows.clone().step_by(ROWS) {
        let count = ROWS.min(rows.end - begin);
        for cells in &router.columns {
            (0..ROWS).step_by(64).for_each(|ahead| prefetch(cells, begin + ROWS + ahead));
        }
        sets[0] = first_rows(count);
        let left_out = left_out.get(begin - rows.start..).unwrap_or_default();
        for (i, &is_left_out) in left_out.iter().take(count).enumerate() {
            sets[0][i / 64] &= !(u64::from(is_left_out) << (i % 64));
        }
        let mut count = 1;
        open[0] = 0;
        while count > 0 {
            count -= 1;
            let at = open[count];
            match &router.nodes[at] {
                Route::Leaf { value, first } => each_of(&sets[at], |i| take(begin + i, *value, *first)),
                Route::Split { rule, left, right } => {
                    if let Ok([set, lefts, rights]) = sets.get_disjoint_mut([at, *left, *right]) {
                        for (child, has_rows) in [*left, *right].into_iter().zip(router.partition(rule, begin, set, lefts, rights))
                        {
                            open[count] = child;
                            count += usize::from(has_rows);
                        }
                    }
                }
            }
        }
    }
}

/// The first `count` rows.
fn first_rows(count: usize) -> RowSet {
    std::array::from_fn(|word| match count.saturating_sub(64 * word) {
        0 => 0,
        rest => u64::MAX >> (64 - rest.min(64)),
    })
}

/// Whether a set has rows. Comparing arrays would call a function.
#[inline(always)]
fn has_rows(set: &RowSet) -> bool {
    set.iter().fold(0, |all, word| all | word) != 0
}

/// Calls `take` with the positions of the bits that are set.
#[inline(always)]
fn each_of(set: &RowSet, mut take: impl FnMut(usize)) {
    for (word, &bits) in set.iter().enumerate() {
        let mut bits = bits;
        while bits != 0 {
            take(64 * word + bits.trailing_zeros() as usize);
            bits &= bits - 1;
        }
    }
}

/// Those rows of a set that a condition holds for, and the others; whether there are any of each.
fn partition_where(set: &RowSet, condition: impl Fn(usize) -> bool, left: &mut RowSet, right: &mut RowSet) -> [bool; 2] {
    (*left, *right) = (EMPTY, *set);
    each_of(set, |i| {
        let bit = u64::from(condition(i)) << (i % 64);
        left[i / 64] |= bit;
        right[i / 64] ^= bit;
    });
    [has_rows(left), has_rows(right)]
}

/// Those rows of a set whose bins go left, and the others; whether there are any of each.
#[inline(always)]
fn partition_at(
    simd: Simd,
    bins: &[u8; ROWS],
    threshold: BinThreshold,
    set: &RowSet,
    left: &mut RowSet,
    right: &mut RowSet,
) -> [bool; 2] {
    #[cfg(target_arch = "x86_64")]
    return x86::partition_at(simd, bins, threshold, set, left, right);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = simd;
        partition_where(set, |i| threshold.side(bins[i]) == 1, left, right)
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions that turn comparisons into bits, and loads of whole vectors")]
mod x86 {
    use super::{BinThreshold, ROWS, RowSet};
    use crate::simd::{Level, Simd};
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm512_cmpeq_epi8_mask,
        _mm512_cmple_epu8_mask, _mm512_loadu_si512, _mm512_set1_epi8,
    };

    #[inline(always)]
    pub(super) fn partition_at(
        simd: Simd,
        bins: &[u8; ROWS],
        threshold: BinThreshold,
        set: &RowSet,
        left: &mut RowSet,
        right: &mut RowSet,
    ) -> [bool; 2] {
        if simd.level() == Level::Avx512 {
            // SAFETY: a `Simd` of this level is only made after the CPU was asked for these features.
            return unsafe { avx512(bins, threshold, set, left, right) };
        }
        // SAFETY: every CPU of this kind has SSE2.
        unsafe { sse2(bins, threshold, set, left, right) }
    }

    /// The bin that goes left besides those up to the last: compared with that one once more, missing values add nothing.
    fn other(threshold: BinThreshold) -> u8 {
        if threshold.missing_left { threshold.missing } else { threshold.last }
    }

    // Words are written as they are found, not as vectors: whoever read vectors made of words just written would wait for them.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,bmi1")]
    fn avx512(bins: &[u8; ROWS], threshold: BinThreshold, set: &RowSet, left: &mut RowSet, right: &mut RowSet) -> [bool; 2] {
        let (mut any_left, mut any_right) = (0, 0);
        let (last, other) = (_mm512_set1_epi8(threshold.last as i8), _mm512_set1_epi8(other(threshold) as i8));
        for (word, part) in bins.as_chunks::<64>().0.iter().enumerate() {
            // SAFETY: 64 bytes.
            let bins = unsafe { _mm512_loadu_si512(part.as_ptr().cast()) };
            let lefts = _mm512_cmple_epu8_mask(bins, last) | _mm512_cmpeq_epi8_mask(bins, other);
            (left[word], right[word]) = (set[word] & lefts, set[word] & !lefts);
            any_left |= left[word];
            any_right |= right[word];
        }
        [any_left != 0, any_right != 0]
    }

    #[target_feature(enable = "sse2")]
    fn sse2(bins: &[u8; ROWS], threshold: BinThreshold, set: &RowSet, left: &mut RowSet, right: &mut RowSet) -> [bool; 2] {
        let (mut any_left, mut any_right) = (0, 0);
        let (last, other) = (_mm_set1_epi8(threshold.last as i8), _mm_set1_epi8(other(threshold) as i8));
        for (word, part) in bins.as_chunks::<64>().0.iter().enumerate() {
            let mut lefts = 0;
            for (quarter, part) in part.as_chunks::<16>().0.iter().enumerate() {
                // SAFETY: 16 bytes.
                let bins = unsafe { _mm_loadu_si128(part.as_ptr().cast()) };
                let goes_left = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(bins, last), bins), _mm_cmpeq_epi8(bins, other));
                lefts |= u64::from(_mm_movemask_epi8(goes_left) as u16) << (16 * quarter);
            }
            (left[word], right[word]) = (set[word] & lefts, set[word] & !lefts);
            any_left |= left[word];
            any_right |= right[word];
        }
        [any_left != 0, any_right != 0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sets_are_partitioned_as_each_bin_is(
            bins in prop::collection::vec(any::<u8>(), ROWS),
            set: RowSet,
            last: u8,
            missing: u8,
            missing_left: bool,
        ) {
            let threshold = BinThreshold { last, missing, missing_left };
            let bins = bins.first_chunk().unwrap();
            let (mut left, mut right) = (EMPTY, EMPTY);
            let any = partition_where(&set, |i| threshold.side(bins[i]) == 1, &mut left, &mut right);
            let expected = (left, right, any);
            prop_assert_eq!(any, [left != EMPTY, right != EMPTY]);
            for simd in Simd::all() {
                let (mut left, mut right) = (EMPTY, EMPTY);
                let any = partition_at(simd, bins, threshold, &set, &mut left, &mut right);
                prop_assert_eq!((left, right, any), expected, "{:?}", simd);
            }
        }
    }

    #[test]
    fn first_rows_are_counted() {
        for count in [0, 1, 63, 64, 65, ROWS - 1, ROWS] {
            let mut found = Vec::new();
            each_of(&first_rows(count), |i| found.push(i));
            assert_eq!(found, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn positions_come_in_order() {
        let mut set = EMPTY;
        let positions = |set| {
            let mut positions = Vec::new();
            each_of(&set, |i| positions.push(i));
            positions
        };
        assert!(!has_rows(&set) && positions(set).is_empty());
        for at in [0, 63, 64, 200, ROWS - 1] {
            set[at / 64] |= 1 << (at % 64);
        }
        assert_eq!(positions(set), [0, 63, 64, 200, ROWS - 1]);
        let (mut even, mut odd) = (EMPTY, EMPTY);
        assert_eq!(partition_where(&set, |i| i % 2 == 0, &mut even, &mut odd), [true, true]);
        assert_eq!((positions(even), positions(odd)), (vec![0, 64, 200], vec![63, ROWS - 1]));
    }
}
