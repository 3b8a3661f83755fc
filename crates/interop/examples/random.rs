//! Writes models of Sapwood with trees at random, and rows that try them, for `scripts/check-interop`: `random DIRECTORY`. It prints their names.

#![allow(clippy::disallowed_methods, reason = "the streams of the executable are out of reach")]

#[path = "../tests/models/mod.rs"]
mod models;

use std::error::Error;
use std::io::{Write, stdout};
use std::{env, fs, path::Path};

const ROWS: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = env::args().nth(1).ok_or("random DIRECTORY")?;
    let directory = Path::new(&directory);
    for (kind, seed) in models::kinds().iter().zip(1..) {
        let model = models::model(kind, seed);
        fs::write(directory.join(format!("{}.sapwood", kind.name)), model.to_bytes()?)?;
        let rows = models::rows(&model, ROWS, seed);
        let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_ne_bytes()).collect();
        fs::write(directory.join(format!("{}.bin", kind.name)), bytes)?;
        writeln!(stdout(), "{}", kind.name)?;
    }
    Ok(())
}
