//! Hashes of everything that the data contribute to a model: bins, thresholds, labels, weights, query groups, base margins; and what differs between
//! those of two runs. They are stored, so they are of bytes that are defined here: XXH3 (64 bits) over little-endian numbers, each list
//! behind its length.

use crate::Dataset;
use crate::binning::{BinMapper, BinnedMatrix, Cells, FeatureBins, SparseRows};
use crate::data::{Column, RawValues};
use bytemuck::{NoUninit, cast_slice};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

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
    /// The fingerprint of a data set, whose bins are in the order of its rows; `mapper` is given for the training data.
    pub(super) fn new(name: &str, data: &Dataset, matrix: &BinnedMatrix, mapper: Option<&BinMapper>) -> Self {
        Self {
            name: name.to_string(),
            rows: data.rows(),
            features: features(matrix, mapper),
            labels: hash_of_labels(data),
            label_bounds: data.targets().label_bounds().map(|(lower, upper)| hash_of_two(lower, upper)),
            weights: hash(data.weights()),
            groups: data.groups().map(|groups| hash(Some(groups))),
            base_margins: hash(data.base_margin()),
            values: None,
        }
    }

    /// The same with the values of features, if any are kept.
    pub(super) fn with_values(self, raw: &RawValues) -> Self {
        let mut bytes = Bytes::default();
        for (feature, column) in raw.columns() {
            bytes.number(feature);
            match column {
                Column::F64(values) => bytes.list(values),
                Column::F32(values) => bytes.list(values),
                Column::Codes(_) => {}
            }
        }
        Self { values: raw.columns().next().map(|_| bytes.0.digest()), ..self }
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

fn features(matrix: &BinnedMatrix, mapper: Option<&BinMapper>) -> u64 {
    let mut bytes = Bytes::default();
    for bins in mapper.into_iter().flat_map(BinMapper::features) {
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
    bytes.number(matrix.rows());
    for tile in matrix.tiles() {
        bytes.list(&tile.features);
        match &tile.cells {
            Cells::Narrow(cells) => bytes.list(cells),
            Cells::Wide(cells) => bytes.list(cells),
            Cells::Sparse(SparseRows { starts, slots, most_frequent }) => {
                bytes.list(starts);
                bytes.list(slots);
                bytes.list(most_frequent);
            }
        }
    }
    bytes.0.digest()
}

/// The hash of a list; another one than that of any list if there is none.
fn hash<T: NoUninit>(numbers: Option<&[T]>) -> u64 {
    let mut bytes = Bytes::default();
    bytes.number(usize::from(numbers.is_some()));
    bytes.list(numbers.unwrap_or_default());
    bytes.0.digest()
}

/// The hash of the labels of all targets; that of a list where there is one.
fn hash_of_labels(data: &Dataset) -> u64 {
    match data.targets().num_targets() {
        1 => hash(data.labels()),
        targets => {
            let mut bytes = Bytes::default();
            (0..targets).for_each(|target| bytes.list(data.targets().of_target(target).labels()));
            bytes.0.digest()
        }
    }
}

/// The hash of two lists.
fn hash_of_two(one: &[f64], other: &[f64]) -> u64 {
    let mut bytes = Bytes::default();
    bytes.list(one);
    bytes.list(other);
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
        let xxh3 = |numbers: &[u64]| xxhash_rust::xxh3::xxh3_64(&bytes(numbers));
        assert_eq!(hash(Some(&[1.0, -0.5])), xxh3(&[1, 2, 1f64.to_bits(), (-0.5f64).to_bits()]));
        assert_eq!(hash::<f64>(None), xxh3(&[0, 0]));
        assert_ne!(hash::<f64>(None), hash::<f64>(Some(&[])));
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
