//! Which rows cuts are computed from, and their values of one feature.

use super::cuts::WeightedValue;
use crate::collective::{self, Collective};
use crate::data::{Chunk, Dataset};
use crate::numeric::Grid;
use crate::sampling::{self, Draw, Purpose};
use rayon::prelude::*;
use std::ops::Add;

/// Rows that cuts are computed from; data sets with no more rows are used whole.
const SAMPLE_ROWS: usize = 200_000;

/// The rows that cuts are computed from.
pub(super) struct SampleRows<'a> {
    /// Those of this rank, ascending.
    rows: Vec<usize>,
    weights: FixedWeights<'a>,
    ranks: &'a dyn Collective,
}

impl<'a> SampleRows<'a> {
    pub fn new(data: &'a Dataset, seed: i64, ranks: &'a dyn Collective) -> Self {
        // Rows are counted and numbered without those of weight zero: they are none.
        let weighted = data.targets.weighted_rows();
        let count = weighted.as_ref().map_or(data.rows(), Vec::len);
        let (first, all) = (ranks.sum_below(count as u64), ranks.sum(count as u64));
        let draw = Draw::new(sampling::key(seed, Purpose::Cuts, 0), SAMPLE_ROWS as f64 / all.max(1) as f64);
        let drawn = (0..count).into_par_iter().filter(|&row| draw.has(first + row as u64));
        let rows = match weighted {
            None => drawn.collect(),
            Some(weighted) => drawn.map(|row| weighted[row] as usize).collect(),
        };
        Self { rows, weights: FixedWeights::new(data.weights(), ranks), ranks }
    }

    /// The distinct values of a feature in these rows, ascending, with their weights. The chunks hold all of its values in order.
    pub fn sorted(&self, chunks: &[Chunk<'_>]) -> Vec<WeightedValue> {
        let mut singles = Vec::new();
        let mut doubles = Vec::new();
        let mut sample = WeightedValues::default();
        let mut first_row = 0;
        for chunk in chunks {
            match chunk {
                // Without weights, sorting bare numbers is several times faster.
                Chunk::F32(values) if self.weights.are_equal() => {
                    singles.extend(self.within(first_row, chunk).iter().map(|&row| values[row - first_row]));
                }
                Chunk::F64(values) if self.weights.are_equal() => {
                    doubles.extend(self.within(first_row, chunk).iter().map(|&row| values[row - first_row]));
                }
                _ => self.take(first_row, chunk, &mut sample),
            }
            first_row += chunk.len();
        }
        let (singles, doubles) = (distinct(singles), distinct(doubles));
        if sample.values.is_empty() && (singles.is_empty() || doubles.is_empty()) {
            return if doubles.is_empty() { singles } else { doubles };
        }
        sample.values.extend(singles.into_iter().chain(doubles));
        sample.into_sorted()
    }

    /// Those of the rows that a chunk holds, which begins at `first_row`.
    fn within(&self, first_row: usize, chunk: &Chunk<'_>) -> &[usize] {
        let start = self.rows.partition_point(|&row| row < first_row);
        let end = self.rows.partition_point(|&row| row < first_row + chunk.len());
        &self.rows[start..end]
    }

    /// Takes the values that a chunk, which begins at `first_row`, has in these rows, with the rows' weights.
    pub fn take(&self, first_row: usize, chunk: &Chunk<'_>, sample: &mut WeightedValues) {
        let rows = self.within(first_row, chunk);
        match chunk {
            Chunk::Sparse { places, values, .. } => {
                let present = places.iter().map(|&place| first_row + place as usize).zip(values);
                let drawn = present.filter(|(row, _)| rows.binary_search(row).is_ok());
                sample.extend(drawn.map(|(row, &x)| (x, self.weights.of(row))));
            }
            _ => sample.extend(rows.iter().map(|&row| (chunk.get(row - first_row), self.weights.of(row)))),
        }
    }

    /// The weight of all these rows, on all ranks.
    pub fn weight(&self) -> u64 {
        self.ranks.sum(self.rows.par_iter().map(|&row| self.weights.of(row)).sum())
    }

    /// What follows, as words, from the distinct values that some features have on all ranks, from those on this one. Each rank finds that of some of
    /// the features, and all get it.
    pub fn of_all_ranks(
        &self,
        values: Vec<Vec<WeightedValue>>,
        find: impl Fn(&[WeightedValue]) -> Vec<u64> + Sync,
    ) -> Vec<Vec<u64>> {
        if self.ranks.is_alone() {
            return values.par_iter().map(|values| find(values)).collect();
        }
        let (rank, size) = (self.ranks.rank(), self.ranks.size());
        let pairs: Vec<Vec<u64>> =
            values.par_iter().map(|values| values.iter().flat_map(|&(x, weight)| [x.to_bits(), weight]).collect()).collect();
        drop(values);
        let gathered = self.ranks.all_gather(bytemuck::cast_slice(&lists(&pairs)));
        let mut own: Vec<_> = (rank..pairs.len()).step_by(size).map(|_| WeightedValues::default()).collect();
        for words in &gathered {
            let words = collective::words(words);
            for (own, pairs) in own.iter_mut().zip(read_lists(&words).skip(rank).step_by(size)) {
                own.values.extend(pairs.as_chunks::<2>().0.iter().map(|&[x, weight]| (f64::from_bits(x), weight)));
            }
        }
        let found: Vec<Vec<u64>> = own.into_par_iter().map(|values| find(&values.into_merged())).collect();
        let gathered = self.ranks.all_gather(bytemuck::cast_slice(&lists(&found)));
        let mut all = vec![Vec::new(); pairs.len()];
        for (rank, words) in gathered.iter().enumerate() {
            let words = collective::words(words);
            all.iter_mut().skip(rank).step_by(size).zip(read_lists(&words)).for_each(|(all, found)| *all = found.to_vec());
        }
        all
    }
}

/// Lists of words one behind the other, each behind its length.
fn lists(lists: &[Vec<u64>]) -> Vec<u64> {
    lists.iter().flat_map(|list| std::iter::once(list.len() as u64).chain(list.iter().copied())).collect()
}

/// The other way round.
fn read_lists(mut words: &[u64]) -> impl Iterator<Item = &[u64]> {
    std::iter::from_fn(move || {
        let (&length, rest) = words.split_first()?;
        let (list, rest) = rest.split_at(length as usize);
        words = rest;
        Some(list)
    })
}

/// Values that are not missing, ascending, each with the number of times it occurs.
fn distinct<T: radsort::Key + Copy + PartialEq + Add<Output = T> + Default>(mut values: Vec<T>) -> Vec<WeightedValue>
where
    f64: From<T>,
{
    // What is missing is not equal to itself. Adding zero turns -0.0 into 0.0.
    values.retain(|&x| x.eq(&x));
    values.iter_mut().for_each(|x| *x = *x + T::default());
    if let Some(mut counted) = count_few(&values) {
        radsort::sort_by_key(&mut counted, |&(x, _)| x);
        return counted.into_iter().map(|(x, count)| (f64::from(x), count)).collect();
    }
    radsort::sort(&mut values);
    values.chunk_by(|a, b| a == b).map(|equal| (f64::from(equal[0]), equal.len() as u64)).collect()
}

/// Distinct values that are counted without sorting all: flags and small counts have no more.
const FEW_VALUES: usize = 8;

/// Each distinct value with the number of times it occurs, if they are few. Others are found out within a few values, as a rule.
fn count_few<T: Copy + PartialEq>(values: &[T]) -> Option<Vec<(T, u64)>> {
    let mut counted: Vec<(T, u64)> = Vec::with_capacity(FEW_VALUES);
    for &x in values {
        match counted.iter().position(|&(known, _)| known == x) {
            Some(at) => counted[at].1 += 1,
            None if counted.len() < FEW_VALUES => counted.push((x, 1)),
            None => return None,
        }
    }
    Some(counted)
}

/// Values that a sample may gather before equal ones are merged. Sorting less often is faster.
const COMPACT_FROM: usize = 65_536;

/// Values with weights. Weights are integers, so that equal values may be merged in any order.
#[derive(Default)]
pub(super) struct WeightedValues {
    values: Vec<WeightedValue>,
    /// Length after the last merge of equal values.
    compact: usize,
}

impl WeightedValues {
    /// Takes more values with their weights. What is missing does not count.
    pub fn extend(&mut self, more: impl Iterator<Item = WeightedValue>) {
        // Adding zero turns -0.0 into 0.0, which compares equal to it but has other bits.
        self.values.extend(more.filter(|(x, _)| !x.is_nan()).map(|(x, weight)| (x + 0.0, weight)));
        if self.values.len() > 2 * self.compact + COMPACT_FROM {
            self.compact();
        }
    }

    /// Sorts by value and adds up the weights of equal values.
    fn compact(&mut self) {
        self.values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        self.merge_equal();
        self.compact = self.values.len();
    }

    /// Adds up the weights of equal values, which lie side by side.
    fn merge_equal(&mut self) {
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
    }

    pub fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<WeightedValue>()
    }

    pub fn into_sorted(mut self) -> Vec<WeightedValue> {
        self.compact();
        self.values
    }

    /// The same for a few sorted runs, which a stable sort only merges.
    fn into_merged(mut self) -> Vec<WeightedValue> {
        self.values.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.merge_equal();
        self.values
    }
}

/// Bits of the largest weight as an integer.
const WEIGHT_BITS: i32 = 25;

/// The weights of rows that have some, as integers: whole numbers keep their proportions, so that each is as many equal rows.
struct FixedWeights<'a> {
    weights: Option<&'a [f64]>,
    grid: Grid,
}

impl<'a> FixedWeights<'a> {
    fn new(weights: Option<&'a [f64]>, ranks: &dyn Collective) -> Self {
        let [max] = ranks.max_magnitudes([weights.map_or(1.0, |w| w.iter().copied().fold(0.0, f64::max))]);
        Self { weights, grid: Grid::of_bits(max, WEIGHT_BITS) }
    }

    /// Whether all rows weigh 1.
    fn are_equal(&self) -> bool {
        self.weights.is_none()
    }

    /// Positive weights stay positive: a row that counts at all is worth a cut.
    fn of(&self, row: usize) -> u64 {
        match self.weights {
            None => 1,
            Some(w) => (self.grid.units(w[row]) as u64).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distinct_values_are_counted_in_order(values in prop::collection::vec((-6i8..6).prop_map(f32::from), 0..200), few: bool) {
            let mut values: Vec<f32> = values.into_iter().map(|x| if few { x.clamp(-2.0, 2.0) } else { x }).collect();
            values.push(f32::NAN);
            let mut expected = std::collections::BTreeMap::new();
            values.iter().filter(|x| !x.is_nan()).for_each(|&x| *expected.entry(x as i8).or_insert(0) += 1);
            prop_assert_eq!(count_few(&values[..values.len() - 1]).is_some(), expected.len() <= FEW_VALUES);
            let expected: Vec<_> = expected.into_iter().map(|(x, count)| (f64::from(x), count)).collect();
            prop_assert_eq!(distinct(values), expected);
        }
    }
}
