//! Cached data give what the data gave; everything else in their place is refused.

use super::{Cached, FORMAT, read, write};
use crate::binning::{BinnedMatrix, Cells};
use crate::boost::{Bins, Observer};
use crate::sampling::mix;
use crate::{Dataset, ErrorKind, Feature, FeatureKind, FeatureSchema, Objective, Params, Trainer};
use ndarray::Array2;
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

/// Narrow, wide, sparse and categorical features, with missing values and weights.
fn data(rows: usize, seed: u64) -> Dataset {
    let x = Array2::from_shape_fn((rows, 44), |(row, feature)| {
        let hash = mix(seed ^ (row * 64 + feature) as u64);
        match feature {
            0 if hash.is_multiple_of(5) => f64::NAN,
            0 | 1 => (hash % 1000) as f64 / 7.0,
            2 => (hash % 12) as f64,
            3 => (hash % 100_000) as f64,
            _ if hash.is_multiple_of(40) => (hash % 3) as f64,
            _ => 0.0,
        }
    });
    let levels = (0..12).map(|level| format!("{level:02}")).collect();
    let kind = |feature| if feature == 2 { FeatureKind::Categorical { levels } } else { FeatureKind::Numeric };
    let mut schema = FeatureSchema::numeric(44);
    schema.features[2] = Feature { name: "level".into(), kind: kind(2) };
    let label = |row: usize| f64::from(u8::from(mix(row as u64 + seed) % 100 < (x[[row, 2]] * 6.0 + x[[row, 3]] * 3e-4) as u64));
    let labels: Vec<f64> = (0..rows).map(label).collect();
    let weights = (0..rows).map(|row| 1.0 + (row % 3) as f64).collect();
    Dataset::from_array(x.view(), labels, Some(schema)).unwrap().with_weights(weights).unwrap()
}

/// Writes what it is given to a file.
struct Writer<'a> {
    path: PathBuf,
    train: &'a Dataset,
    valid: &'a Dataset,
}

impl Observer for Writer<'_> {
    fn binned(&mut self, bins: &Bins) {
        let mut file = fs::File::create(&self.path).unwrap();
        write(&mut file, "key", self.train, &[("validation", self.valid)], bins).unwrap();
    }
}

fn params() -> Params {
    Params::builder().objective(Objective::BinaryLogistic).num_round(8).max_bin(2000).subsample(0.8).build().unwrap()
}

/// A cache file, and the model of the run that wrote it.
fn written() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache");
    let (train, valid) = (data(3000, 1), data(700, 2));
    let mut writer = Writer { path: path.clone(), train: &train, valid: &valid };
    let trained = Trainer::new(params()).validation("validation", &valid).fit_observed(&train, &mut writer).unwrap();
    (dir, path, trained.model.to_bytes().unwrap())
}

#[test]
fn cached_data_give_the_same_model_and_metrics() {
    let (_dir, path, model) = written();
    let Cached { train, validation, bins } = read(&path, "key", None).unwrap();
    let [(name, valid)] = &validation[..] else { panic!("one validation set") };
    let trainer = Trainer::new(params()).validation(name, valid);
    let again = trainer.fit_binned(&train, bins, &mut ()).unwrap();
    assert!(again.model.to_bytes().unwrap() == model);
    let (train, valid) = (data(3000, 1), data(700, 2));
    let fresh = Trainer::new(params()).validation("validation", &valid).fit_observed(&train, &mut ()).unwrap();
    assert_eq!(again.history, fresh.history);
}

#[test]
fn another_key_is_refused() {
    let (_dir, path, _) = written();
    let error = read(&path, "kez", None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cache);
    assert!(error.to_string().contains("made from other data"), "{error}");
}

#[test]
fn what_is_larger_than_memory_is_not_read() {
    let (_dir, path, _) = written();
    let error = read(&path, "key", Some(1000)).unwrap_err().to_string();
    assert!(error.contains("take 0 MiB of memory, and this process may use 0 MiB"), "{error}");
}

#[test]
fn any_damage_is_an_error() {
    let (_dir, path, _) = written();
    let bytes = fs::read(&path).unwrap();
    let step = bytes.len() / 400;
    for at in (0..bytes.len()).filter(|at| *at < 600 || at % step == 0 || at + 40 > bytes.len()) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&path, &damaged).unwrap();
        assert!(read(&path, "key", None).is_err(), "byte {at} of {}", bytes.len());
        if at.is_multiple_of(3) {
            fs::write(&path, &bytes[..at]).unwrap();
            assert!(read(&path, "key", None).is_err(), "cut off at {at}");
        }
    }
    fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
    assert!(read(&path, "key", None).is_err());
    fs::write(&path, FORMAT.magic).unwrap();
    assert!(read(&path, "key", None).is_err());
}

/// A checksum that matches does not make a bin of what is none: kernels rely on bins.
#[test]
fn cells_that_are_no_bins_are_refused() {
    let (_dir, path, _) = written();
    let bins = read(&path, "key", None).unwrap().bins;
    let matrix = bins.matrices().next().unwrap();
    let cells = || -> Vec<Cells> { matrix.tiles().iter().map(|tile| tile.cells.clone()).collect() };
    let assembled = |cells| BinnedMatrix::from_cells(bins.mapper(), matrix.rows(), cells);
    assert!(assembled(cells()).as_ref() == Some(matrix));
    let mut kinds = HashSet::new();
    for tile in 0..cells().len() {
        let limit = matrix.tiles()[tile].offsets.get(1).copied().unwrap_or(matrix.tiles()[tile].slots as u32);
        let (mut wrong, mut short) = (cells(), cells());
        match (&mut wrong[tile], &mut short[tile]) {
            (Cells::Narrow(wrong), Cells::Narrow(short)) => {
                wrong[0] = limit as u8;
                short.pop();
            }
            (Cells::Wide(wrong), Cells::Wide(short)) => {
                wrong[0] = limit as u16;
                short.pop();
            }
            (Cells::Sparse(wrong), Cells::Sparse(short)) => {
                wrong.slots[0] = matrix.tiles()[tile].slots as u32;
                short.starts.pop();
            }
            _ => unreachable!("both are of the same tile"),
        }
        kinds.insert(std::mem::discriminant(&wrong[tile]));
        assert!(assembled(wrong).is_none() && assembled(short).is_none(), "tile {tile}");
    }
    assert_eq!(kinds.len(), 3);
}
