//! Trains on data that are made while they are read, so that nothing but the trainer needs memory:
//! `cargo run --release --example larger_than_memory -- ROWS FEATURES [PARAMETER=VALUE ...]`. Prints what the summary of a job has.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use rayon::prelude::*;
use sapwood::data::{Block, BlockSource, Chunk};
use sapwood::{Dataset, Error, FeatureSchema, Observer, Params, Profile, Result, Trainer};
use std::sync::Arc;
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_128;

/// Rows of a block.
const BLOCK: usize = 8192;

/// Features of 256 values each.
struct Made {
    rows: usize,
    features: usize,
}

/// A hash of a row and a feature (SplitMix64's).
fn hash(row: usize, feature: usize) -> u64 {
    let mut x = (row as u64) << 20 | feature as u64;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn value(row: usize, feature: usize) -> f32 {
    (hash(row, feature) >> 56) as f32
}

impl BlockSource for Made {
    fn rows(&self) -> usize {
        self.rows
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        (0..self.rows.div_ceil(BLOCK)).into_par_iter().try_for_each(|block| {
            let first_row = block * BLOCK;
            let rows = first_row..self.rows.min(first_row + BLOCK);
            let column = |feature: usize| (feature, Chunk::F32(rows.clone().map(|row| value(row, feature)).collect()));
            visit(&Block { first_row, rows: rows.len(), columns: (0..self.features).map(column).collect() })
        })
    }
}

/// Tells of every round.
struct Told(Instant);

impl Observer for Told {
    fn profiled(&mut self, round: usize, profile: &Profile) {
        let phases: Vec<String> = profile.seconds().map(|(phase, seconds)| format!("{phase} {seconds:.2}")).collect();
        println!("{:7.2} s: round {round}: {}", self.0.elapsed().as_secs_f64(), phases.join(", "));
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = |at: usize| arguments.get(at).and_then(|text| text.parse().ok());
    let (Some(rows), Some(features)) = (count(0), count(1)) else {
        return Err(Error::parameter("give ROWS FEATURES [PARAMETER=VALUE ...]"));
    };
    let (params, _) = Params::from_pairs(arguments.iter().skip(2).filter_map(|pair| pair.split_once('=')))?;
    // The last features matter as the first ones do.
    let label =
        |row: usize| -> f64 { (0..8).map(|at| f64::from(value(row, at * (features - 1) / 7)) * f64::from(at as u8 + 1)).sum() };
    let labels = (0..rows).into_par_iter().map(label).collect();
    let data = Dataset::new(FeatureSchema::numeric(features), Arc::new(Made { rows, features })).with_labels(labels)?;
    let started = Instant::now();
    let trained = Trainer::new(params).fit_observed(&data, &mut Told(started))?;
    println!("binning {:.2} s, training {:.2} s, {} threads", trained.seconds.bin, trained.seconds.train, trained.threads);
    if let Some(file) = &trained.in_file {
        let mib = |bytes: u64| bytes >> 20;
        let of_tree = file.bytes_read / trained.model.trees.len().max(1) as u64;
        println!("in a file: {} MiB; read: {} MiB, {} MiB a tree", mib(file.bytes), mib(file.bytes_read), mib(of_tree));
    }
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_string();
    println!("{peak}; model {:032x}", xxh3_128(&trained.model.to_bytes()?));
    Ok(())
}
