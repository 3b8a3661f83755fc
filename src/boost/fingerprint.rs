//! Hashes of everything that the data contribute to a model: bins, thresholds, labels, weights, query groups, base margins; and what differs between
//! those of two runs. They are stored, so they are of bytes that are defined here: XXH3 (64 bits) over little-endian numbers, each list
//! behind its length. What there is of each row is hashed row by row, seeded with the row's number among those of all ranks, and summed up: so it
//! does not matter which rank held the row.

use crate::binning::{BinMapper, BinnedMatrix, Cells, FeatureBins, SparseRows};
use crate::collective::Collective;
use crate::data::{Column, RawValues};
use crate::{Dataset, Result};
use bytemuck::{NoUninit, cast_slice};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

const _: () = assert!(cfg!(all(target_endian = "little", target_pointer_width = "64")), "numbers are hashed as they lie in memory");

/// What a data set of a training run contributes to the model: hashes, one for each thing that can be told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The set's name; the training data are the first set of a run.
    pub name: String,
    /// Its rows.
    pub rows: usize,
    /// Its bins; of the training data also the thresholds between bins, which decide the bins of all sets.
    pub features: u64,
    /// Its labels.
    pub labels: u64,
    /// The bounds of its labels, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_bounds: Option<u64>,
    /// Its weights, if it has any.
    pub weights: u64,
    /// Its query groups, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<u64>,
    /// Its base margins, if it has any.
    pub base_margins: u64,
    /// The values of its numeric features, where leaves are linear functions of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
}

impl Fingerprint {
    /// The fingerprint of a data set over all ranks. Its bins are in the order of its rows; `mapper` is given for the training data. `raw` has the
    /// values of features that are kept, if any are.
    pub(super) fn new(
        name: &str,
        data: &Dataset,
        matrix: &BinnedMatrix,
        mapper: Option<&BinMapper>,
        raw: &RawValues,
        ranks: &dyn Collective,
    ) -> Result<Self> {
        let (rows, first) = (ranks.sum(data.rows() as u64), ranks.sum_below(data.rows() as u64));
        let (binned_rows, first_binned) = (ranks.sum(matrix.rows() as u64), ranks.sum_below(matrix.rows() as u64));
        let targets = data.targets();
        let labels = (0..targets.num_targets()).map(|target| of_rows(targets.of_target(target).labels(), 1, first)).collect();
        let bounds = targets.label_bounds().map(|(lower, upper)| vec![of_rows(lower, 1, first), of_rows(upper, 1, first)]);
        let each = |numbers: Option<&[f64]>, width| numbers.map(|numbers| vec![of_rows(numbers, width, first)]);
        let margins = data.base_margin().map_or(1, |margins| margins.len() / data.rows().max(1));
        let tiles = ranks.agree(of_tiles(matrix, first_binned))?;
        let parts = [
            Some(tiles),
            Some(labels),
            bounds,
            each(data.weights(), 1),
            data.groups().map(|groups| vec![of_rows(groups, 1, first)]),
            each(data.base_margin(), margins.max(1)),
            raw.columns().next().map(|_| raw.columns().map(|(_, column)| of_column(column, first_binned)).collect()),
        ];
        let [tiles, labels, label_bounds, weights, groups, base_margins, values] = over_all(ranks, parts);
        let features = Some(mapper.map_or(0, thresholds)).into_iter().chain([binned_rows]).chain(tiles.unwrap_or_default());
        Ok(Self {
            name: name.to_string(),
            rows: rows as usize,
            features: of_words(features),
            labels: of_words(labels.unwrap_or_default()),
            label_bounds: label_bounds.map(of_words),
            weights: of_words(weights.unwrap_or_default()),
            groups: groups.map(of_words),
            base_margins: of_words(base_margins.unwrap_or_default()),
            values: values.map(of_words),
        })
    }

    /// What is other than it was in the same set of an earlier run. Features are compared if `thresholds` are the same.
    fn differences(&self, then: &Self, set: &str, thresholds: bool) -> Option<String> {
        if self.rows != then.rows {
            return Some(format!("{set} has {} rows, it had {}", self.rows, then.rows));
        }
        let parts = [
            ("features", thresholds && self.features != then.features),
            ("labels", self.labels != then.labels),
            ("label bounds", self.label_bounds != then.label_bounds),
            ("weights", self.weights != then.weights),
            ("query groups", self.groups != then.groups),
            ("base margins", self.base_margins != then.base_margins),
            ("values of features", self.values != then.values),
        ];
        let parts: Vec<_> = parts.iter().filter(|(_, differs)| *differs).map(|(part, _)| *part).collect();
        (!parts.is_empty()).then(|| format!("{set} has different {}", parts.join(", ")))
    }
}

/// What differs between the data sets of a run and those of an earlier one, in words; `None` if nothing does.
pub(super) fn differences(now: &[Fingerprint], then: &[Fingerprint]) -> Option<String> {
    let names = |sets: &[Fingerprint]| sets.iter().skip(1).map(|set| set.name.clone()).collect::<Vec<_>>();
    let mut found = Vec::new();
    if names(now) != names(then) {
        let list = |names: Vec<String>| if names.is_empty() { "none".to_string() } else { names.join(", ") };
        found.push(format!("the sets that are evaluated are {}, they were {}", list(names(now)), list(names(then))));
    }
    let thresholds = now.first().map(|set| set.features) == then.first().map(|set| set.features);
    for (index, set) in now.iter().enumerate() {
        let before = match index {
            0 => then.first(),
            _ => then.iter().skip(1).find(|before| before.name == set.name),
        };
        let name = if index == 0 { "the training set" } else { &set.name };
        // Bins of other sets follow from the thresholds of the training set: where these differ, those say nothing.
        found.extend(before.and_then(|before| set.differences(before, name, thresholds || index == 0)));
    }
    (!found.is_empty()).then(|| found.join("; "))
}

/// Sums of hashes over all ranks, of each part that any rank has: one without rows may not know of it.
fn over_all<const N: usize>(ranks: &dyn Collective, parts: [Option<Vec<u64>>; N]) -> [Option<Vec<u64>>; N] {
    parts.map(|part| {
        let mut length = [part.as_ref().map_or(0, |sums| sums.len() as i64 + 1)];
        ranks.all_reduce_max(&mut length);
        let length = (length[0] as usize).checked_sub(1)?;
        let mut sums: Vec<i64> = part.unwrap_or_default().into_iter().map(|sum| sum as i64).collect();
        sums.resize(length, 0);
        ranks.all_reduce_sum(&mut sums);
        Some(sums.into_iter().map(|sum| sum as u64).collect())
    })
}

/// The sum of the hashes of rows, each of `width` numbers, the first of which has the number `first`.
fn of_rows<T: NoUninit + Sync>(numbers: &[T], width: usize, first: u64) -> u64 {
    let hash = |(row, numbers): (usize, &[T])| xxh3_64_with_seed(cast_slice(numbers), first + row as u64);
    numbers.par_chunks(width).enumerate().with_min_len(1 << 12).map(hash).reduce(|| 0, u64::wrapping_add)
}

fn of_column(column: &Column, first: u64) -> u64 {
    match column {
        Column::F64(values) => of_rows(values, 1, first),
        Column::F32(values) => of_rows(values, 1, first),
        Column::Codes(_) => 0,
    }
}

/// The sums of the hashes of rows, by tile.
fn of_tiles(matrix: &BinnedMatrix, first: u64) -> Result<Vec<u64>> {
    let of_tile = |tile: usize| {
        let width = matrix.tiles()[tile].features.len();
        let (mut sum, mut first) = (0u64, first);
        matrix.each_cells(tile, |cells| {
            let (more, rows) = match cells {
                Cells::Narrow(cells) => (of_rows(cells, width, first), cells.len() / width),
                Cells::Wide(cells) => (of_rows(cells, width, first), cells.len() / width),
                Cells::Sparse(SparseRows { starts, slots, .. }) => {
                    let rows = starts.windows(2).enumerate().map(|(row, ends)| (row, &slots[ends[0]..ends[1]]));
                    let hashes = rows.map(|(row, slots)| xxh3_64_with_seed(cast_slice(slots), first + row as u64));
                    (hashes.fold(0, u64::wrapping_add), starts.len().saturating_sub(1))
                }
            };
            sum = sum.wrapping_add(more);
            first += rows as u64;
        })?;
        Ok(sum)
    };
    (0..matrix.tiles().len()).map(of_tile).collect()
}

/// The hash of the thresholds and levels between bins.
fn thresholds(mapper: &BinMapper) -> u64 {
    let mut bytes = Bytes::default();
    for bins in mapper.features() {
        match bins {
            FeatureBins::Numeric { cuts } => {
                bytes.number(0);
                bytes.list(cuts);
            }
            FeatureBins::Categorical { levels } => {
                bytes.number(1);
                bytes.number(*levels);
            }
        }
    }
    bytes.0.digest()
}

fn of_words(words: impl IntoIterator<Item = u64>) -> u64 {
    let mut bytes = Bytes::default();
    bytes.list(&words.into_iter().collect::<Vec<_>>());
    bytes.0.digest()
}

/// Takes the bytes that are hashed.
#[derive(Default)]
struct Bytes(Xxh3);

impl Bytes {
    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }

    fn list<T: NoUninit>(&mut self, numbers: &[T]) {
        self.number(numbers.len());
        self.0.update(cast_slice(numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored fingerprints must stay what they are.
    #[test]
    fn hashes_are_those_of_bytes_written_out_by_hand() {
        let bytes = |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
        let row = |number: f64, row| xxh3_64_with_seed(&bytes(&[number.to_bits()]), row);
        assert_eq!(of_rows(&[1.0, -0.5], 1, 7), row(1.0, 7).wrapping_add(row(-0.5, 8)));
        assert_eq!(of_words([5, 9]), xxhash_rust::xxh3::xxh3_64(&bytes(&[2, 5, 9])));
    }

    #[test]
    fn rows_count_by_their_numbers_wherever_they_are() {
        let labels = [3.0, 1.0, 3.0, 2.0];
        let all = of_rows(&labels, 1, 0);
        assert_eq!(all, of_rows(&labels[..3], 1, 0).wrapping_add(of_rows(&labels[3..], 1, 3)));
        assert_ne!(all, of_rows(&[1.0, 3.0, 3.0, 2.0], 1, 0));
        let found = crate::collective::Threads::run(2, |ranks| {
            let part = (ranks.rank() == 1).then(|| vec![5, u64::MAX]);
            over_all(ranks, [part, Some(vec![1]), None])
        });
        assert!(found.iter().all(|found| *found == [Some(vec![5, u64::MAX]), Some(vec![2]), None]));
    }

    fn set(name: &str) -> Fingerprint {
        Fingerprint {
            name: name.into(),
            rows: 9,
            features: 1,
            labels: 2,
            label_bounds: None,
            weights: 3,
            groups: None,
            base_margins: 4,
            values: None,
        }
    }

    #[test]
    fn the_same_sets_do_not_differ() {
        assert_eq!(differences(&[set("train"), set("v")], &[set("train"), set("v")]), None);
    }

    #[test]
    fn whatever_differs_is_named() {
        let then = [set("train"), set("v"), set("w")];
        type Change = fn(&mut Vec<Fingerprint>);
        let cases: [(Change, &str); 11] = [
            (|sets| sets[0].values = Some(1), "the training set has different values of features"),
            (|sets| sets[0].labels = 0, "the training set has different labels"),
            (|sets| sets[2].label_bounds = Some(1), "w has different label bounds"),
            (|sets| sets[1].features = 0, "v has different features"),
            (
                |sets| (sets[2].features, sets[2].weights, sets[2].base_margins) = (0, 0, 0),
                "w has different features, weights, base margins",
            ),
            (|sets| (sets[1].rows, sets[2].labels) = (8, 0), "v has 8 rows, it had 9; w has different labels"),
            // The bins of v follow from other thresholds, too.
            (|sets| (sets[0].features, sets[1].features) = (0, 0), "the training set has different features"),
            (|sets| drop(sets.pop()), "the sets that are evaluated are v, they were v, w"),
            (|sets| sets.truncate(1), "the sets that are evaluated are none, they were v, w"),
            (|sets| sets.swap(1, 2), "the sets that are evaluated are w, v, they were v, w"),
            (
                |sets| (sets[1].name, sets[2].rows) = ("x".into(), 8),
                "the sets that are evaluated are x, w, they were v, w; w has 8 rows, it had 9",
            ),
        ];
        for (change, expected) in cases {
            let mut now = then.to_vec();
            change(&mut now);
            assert_eq!(differences(&now, &then).as_deref(), Some(expected));
        }
    }
}
