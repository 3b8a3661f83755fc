//! Any number of ranks reads the data set that one host does: the same columns, classes and warnings, its rows in order, its errors.

mod csv;
mod formats;
mod hosts;

use super::load::{Expected, matching_on, training_on};
use super::ranks::{RankFiles, Ranks};
use super::reader::Limits;
use super::roles::tests::options;
use super::shares::Shares;
use super::{Block, Dataset, ReadOptions, Result, Source};
use sapwood::collective::Threads;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const USUAL: Limits = Limits { block_bytes: 1 << 20, cache_bytes: usize::MAX, slice_rows: 1 << 20 };
const TINY: Limits = Limits { block_bytes: 48, cache_bytes: 0, slice_rows: 1 };

/// Files in a directory of their own.
struct Files(tempfile::TempDir);

impl Files {
    fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, bytes)| root.write(name, bytes.as_ref()));
        root
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn sources(&self) -> Vec<Source> {
        vec![self.0.path().to_path_buf().into()]
    }
}

/// All that a data set says of its rows, in order.
#[derive(Debug, Default, PartialEq)]
struct Rows {
    values: Vec<Vec<u64>>,
    targets: Vec<Vec<u64>>,
    places: Vec<String>,
}

/// To find where a row came from, its file is read again.
const FEW_ROWS: u64 = 130;

fn rows(data: &Dataset, all_rows: u64) -> Rows {
    let cells = Mutex::new(vec![vec![0; data.rows()]; data.schema().len()]);
    let visit = |block: &Block<'_>| {
        let mut cells = cells.lock().unwrap();
        for (feature, chunk) in &block.columns {
            (0..block.rows).for_each(|row| cells[*feature][block.first_row + row] = chunk.get(row).to_bits());
        }
        Ok(())
    };
    data.source().visit(&visit).unwrap();
    let bits = |values: Option<&[f64]>| values.map_or_else(Vec::new, |values| values.iter().map(|x| x.to_bits()).collect());
    let targets = data.targets();
    let bounds = targets.label_bounds();
    let mut all = vec![bits(data.weights()), bits(data.base_margin()), data.groups().unwrap_or(&[]).to_vec()];
    all.extend([bits(bounds.map(|(lower, _)| lower)), bits(bounds.map(|(_, upper)| upper))]);
    all.extend((0..targets.num_targets()).map(|target| bits(Some(targets.of_target(target).labels()))));
    Rows {
        values: cells.into_inner().unwrap(),
        targets: all,
        places: (0..if all_rows <= FEW_ROWS { data.rows() } else { 0 }).map(|row| data.source().locate(row)).collect(),
    }
}

fn joined(parts: Vec<Rows>) -> Rows {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        all.values.iter_mut().zip(part.values).for_each(|(all, more)| all.extend(more));
        all.targets.iter_mut().zip(part.targets).for_each(|(all, more)| all.extend(more));
        all.places.extend(part.places);
    }
    all
}

/// What is said of a data set as a whole.
fn said(data: &Dataset) -> String {
    let targets = data.targets();
    let has = (data.labels().is_some(), data.weights().is_some(), data.groups().is_some(), data.base_margin().is_some());
    let more = (has, targets.label_bounds().is_some(), targets.num_targets());
    let texts = (data.notes(), data.warnings(), data.classes(), data.label_column(), data.reading());
    format!("{:?}\n{texts:?}\n{more:?}", data.schema())
}

type Read<'r> = &'r (dyn Fn(Ranks<'_>, Limits) -> Result<(Dataset, Shares)> + Sync);

/// Checks that ranks read what one host does; `read` reads the shares.
fn check(name: &str, read: Read<'_>) -> Vec<Shares> {
    let mut found = Vec::new();
    for limits in [USUAL, TINY] {
        let alone = read(Ranks::alone(), limits);
        let alone = alone.map(|(data, all)| (said(&data), rows(&data, all.rows()), all.rows())).map_err(|error| error.to_string());
        for size in [1, 2, 3, 5] {
            let parts = Threads::run(size, |collective| {
                let read = read(Ranks::new(collective, RankFiles::Shared), limits);
                read.map(|(data, shares)| (said(&data), rows(&data, shares.rows()), data.rows() as u64, shares))
                    .map_err(|error| error.to_string())
            });
            let Ok((whole, all, count)) = &alone else {
                for part in parts {
                    assert_eq!(part.map(|(text, ..)| text), Err(alone.as_ref().unwrap_err().clone()), "{name}: {size} ranks");
                }
                continue;
            };
            let parts: Vec<_> =
                parts.into_iter().map(|part| part.unwrap_or_else(|error| panic!("{name}: {size} ranks: {error}"))).collect();
            let shares = parts[0].3.clone();
            assert_eq!(shares.rows(), *count);
            for (rank, (text, _, rows, others)) in parts.iter().enumerate() {
                assert_eq!(text, whole, "{name}: rank {rank} of {size}");
                assert_eq!(others, &shares);
                assert_eq!(shares.hosts[rank].rows, *rows);
            }
            let ours = joined(parts.into_iter().map(|(_, rows, ..)| rows).collect());
            assert_eq!(&ours, all, "{name}: {size} ranks");
            let read: u64 = shares.hosts.iter().map(|share| share.bytes).sum();
            assert_eq!(shares.bytes, read, "{name}: {size} ranks");
            found.push(shares);
        }
    }
    found
}

/// Checks training data, and the same as data that are to fit the schema.
fn check_files(name: &str, files: &Files, options: &ReadOptions) -> Vec<Shares> {
    let sources = files.sources();
    let shares = check(name, &|ranks, limits| training_on(&sources, options, ranks, limits));
    let Ok((model, _)) = training_on(&sources, options, Ranks::alone(), USUAL) else { return shares };
    let expected = Expected { schema: model.schema(), classes: model.classes(), needs_labels: true };
    check(&format!("{name}, matching"), &|ranks, limits| matching_on(&sources, options, expected, ranks, limits));
    shares
}

fn check_text(name: &str, text: impl AsRef<[u8]>) -> Vec<Shares> {
    check_files(name, &Files::new(&[("a", text)]), &options())
}
