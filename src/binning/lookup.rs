//! [`Lookup`]: the bins of many values of a feature at a time.

use super::mapper::FeatureBins;
use crate::data::{Chunk, MISSING_CODE};
use crate::simd::{Simd, dispatch};
use std::ops::Range;

/// Cuts of a group. As many groups make a table: the bins of a byte.
const GROUP: usize = 16;
const TABLE: usize = GROUP * GROUP;

/// The bins of a feature, prepared for looking up many values. Finds what [`FeatureBins::bin`] finds.
pub(super) enum Lookup<'a> {
    /// Numbers in few bins: cuts are counted, free of branches.
    Table {
        singles: Box<CutTable<f32>>,
        doubles: Box<CutTable<f64>>,
        bins: &'a FeatureBins,
    },
    Other(&'a FeatureBins),
}

impl<'a> Lookup<'a> {
    pub fn new(bins: &'a FeatureBins) -> Self {
        match bins {
            FeatureBins::Numeric { cuts } if cuts.len() <= TABLE => {
                let singles = Box::new(CutTable::new(cuts.iter().map(|&cut| round_down(cut)), f32::INFINITY));
                let doubles = Box::new(CutTable::new(cuts.iter().copied(), f64::INFINITY));
                Self::Table { singles, doubles, bins }
            }
            _ => Self::Other(bins),
        }
    }

    /// Calls `take` with the position and the bin of every value that is not in the most frequent bin, in order.
    pub fn other_bins(&self, simd: Simd, chunk: &Chunk<'_>, most_frequent: usize, mut take: impl FnMut(usize, u16)) {
        let (Self::Table { bins, .. } | Self::Other(bins)) = self;
        match chunk {
            Chunk::Sparse { places, values, .. } if most_frequent == bins.value_bins() => {
                let present = places.iter().zip(values).map(|(&place, &x)| (place as usize, bins.bin(x)));
                present.filter(|&(_, bin)| bin != most_frequent).for_each(|(place, bin)| take(place, bin as u16));
            }
            _ => {
                let mut batch = [0; BATCH];
                for start in (0..chunk.len()).step_by(BATCH) {
                    let batch = &mut batch[..BATCH.min(chunk.len() - start)];
                    self.bins(simd, chunk, start..start + batch.len(), batch);
                    let other_bins = batch.iter().enumerate().filter(|(_, bin)| usize::from(**bin) != most_frequent);
                    other_bins.for_each(|(i, &bin)| take(start + i, bin));
                }
            }
        }
    }

    /// The bins of some of a chunk's values, one into each place of `out`.
    pub fn bins(&self, simd: Simd, chunk: &Chunk<'_>, range: Range<usize>, out: &mut [u16]) {
        match (self, chunk) {
            (Self::Table { doubles, bins, .. }, Chunk::F64(values)) => {
                search_doubles(simd, doubles, bins.value_bins(), &values[range], out);
            }
            (Self::Table { singles, bins, .. }, Chunk::F32(values)) => {
                search_singles(simd, singles, bins.value_bins(), &values[range], out);
            }
            (Self::Other(FeatureBins::Categorical { levels }), Chunk::Codes(codes)) => {
                // The code of missing levels is larger than any number of levels.
                const { assert!(MISSING_CODE == u32::MAX) };
                out.iter_mut().zip(&codes[range]).for_each(|(bin, &code)| *bin = code.min(*levels as u32) as u16);
            }
            (Self::Table { bins, .. } | Self::Other(bins), Chunk::Sparse { places, values, .. }) => {
                out.fill(bins.value_bins() as u16);
                let from = places.partition_point(|&place| (place as usize) < range.start);
                let present = places[from..].iter().map(|&place| place as usize).take_while(|place| range.contains(place));
                present.zip(&values[from..]).for_each(|(place, &x)| out[place - range.start] = bins.bin(x) as u16);
            }
            (Self::Table { bins, .. } | Self::Other(bins), _) => {
                out.iter_mut().zip(range).for_each(|(bin, i)| *bin = bins.bin(chunk.get(i)) as u16);
            }
        }
    }
}

/// Values that are looked up at a time.
const BATCH: usize = 4096;

/// The largest `f32` that is not above `x`: it is below the same `f32` values.
fn round_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x { near.next_down() } else { near }
}

/// Cuts, padded with infinity, which is below no value.
pub(super) struct CutTable<T> {
    /// Cuts that are below some value.
    finite: usize,
    /// The last cut of each group.
    ends: [T; GROUP],
    groups: [[T; GROUP]; GROUP],
}

/// Cuts that are all compared with each value, without asking for its group first.
const FEW: usize = 4;

impl<T: Copy + PartialEq> CutTable<T> {
    fn new(cuts: impl Iterator<Item = T>, infinity: T) -> Self {
        let mut groups = [[infinity; GROUP]; GROUP];
        groups.as_flattened_mut().iter_mut().zip(cuts).for_each(|(place, cut)| *place = cut);
        let finite = groups.as_flattened().iter().filter(|&&cut| cut != infinity).count();
        Self { finite, ends: groups.map(|group| group[GROUP - 1]), groups }
    }
}

/// Counts the cuts below each value, which is the number of its bin: first whole groups, then those of one group.
#[inline(always)]
fn search<T: Copy + PartialOrd>(table: &CutTable<T>, value_bins: usize, values: &[T], out: &mut [u16]) {
    #[expect(clippy::eq_op, reason = "only what is not a number differs from itself")]
    let or_missing = |bin: u16, x: T| if x != x { value_bins as u16 } else { bin };
    if let (true, Some(few)) = (table.finite <= FEW, table.groups[0].first_chunk::<FEW>()) {
        for (out, &x) in out.iter_mut().zip(values) {
            *out = or_missing(few.iter().map(|&cut| u16::from(cut < x)).sum(), x);
        }
        return;
    }
    let count = |cuts: &[T; GROUP], x: T| cuts.iter().map(|&cut| u32::from(cut < x)).sum::<u32>() as usize;
    for (out, &x) in out.iter_mut().zip(values) {
        // The last end is infinity: a group is left.
        let group = count(&table.ends, x) % GROUP;
        *out = or_missing((GROUP * group + count(&table.groups[group], x)) as u16, x);
    }
}
dispatch! { fn search_singles(table: &CutTable<f32>, value_bins: usize, values: &[f32], out: &mut [u16]) = search }
dispatch! { fn search_doubles(table: &CutTable<f64>, value_bins: usize, values: &[f64], out: &mut [u16]) = search }

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::borrow::Cow;

    /// Ascending cuts that end with infinity.
    fn numeric(mut cuts: Vec<f64>) -> FeatureBins {
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        cuts.push(f64::INFINITY);
        FeatureBins::Numeric { cuts }
    }

    fn check(bins: &FeatureBins, chunk: &Chunk<'_>) -> Result<(), TestCaseError> {
        for simd in Simd::all() {
            let mut found = vec![0; chunk.len()];
            Lookup::new(bins).bins(simd, chunk, 0..chunk.len(), &mut found);
            for (i, &found) in found.iter().enumerate() {
                prop_assert_eq!(usize::from(found), bins.bin(chunk.get(i)), "value {}", chunk.get(i));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn many_values_find_the_bins_that_each_has(
            cuts in prop_oneof![
                prop::collection::vec((-40i32..40).prop_map(|x| f64::from(x) / 8.0), 0..300),
                prop::collection::vec((-40i32..40).prop_map(|x| f64::from(x) / 8.0), 0..=FEW + 1),
            ],
            fine in prop::collection::vec(-5.0f64..5.0, 0..300),
            mut values in prop::collection::vec((-50i32..50).prop_map(|x| f64::from(x) / 8.0), 1..100),
        ) {
            values.extend([f64::NAN, f64::MAX, f64::MIN, -0.0]);
            values.extend(fine.iter().take(20));
            let singles: Vec<f32> = values[..values.len()].iter().map(|&x| x.clamp(-1e30, 1e30) as f32).collect();
            for bins in [numeric(cuts.clone()), numeric(fine.clone()), numeric([&cuts[..], &fine].concat())] {
                check(&bins, &Chunk::F64(Cow::Borrowed(&values)))?;
                check(&bins, &Chunk::F32(Cow::Borrowed(&singles)))?;
                let places = (0..values.len() as u32).map(|place| 3 * place + 1).collect();
                check(&bins, &Chunk::Sparse { len: 3 * values.len() + 2, places, values: values.clone() })?;
            }
        }
    }

    #[test]
    fn cuts_beyond_single_precision_part_single_precision_values() {
        let cuts = vec![-1e300, -1.0 - 1e-12, 1.0 + 1e-12, f64::from(f32::MAX), 1e300];
        let bins = numeric(cuts);
        let values = [f32::MIN, -1.0 - f32::EPSILON, -1.0, 1.0, 1.0 + f32::EPSILON, f32::MAX, f32::NAN];
        check(&bins, &Chunk::F32(Cow::Borrowed(&values))).unwrap();
    }

    #[test]
    fn codes_are_their_own_bins() {
        let codes = Chunk::Codes(Cow::Owned(vec![0, 2, MISSING_CODE, 1, 7]));
        check(&FeatureBins::Categorical { levels: 3 }, &codes).unwrap();
    }
}
