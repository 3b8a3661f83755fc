//! Scores rows with a model of another library, for `scripts/check-interop`: `margins MODEL ROWS OUT [margin|value|leaf]`, where ROWS holds
//! f64 in native order, row by row, and OUT is written likewise.

use sapwood_score::ndarray::ArrayView2;
use sapwood_score::{Output, Scorer};
use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows, out, rest @ ..] = &args[..] else { return Err("margins MODEL ROWS OUT [OUTPUT]".into()) };
    let output = rest.first().map_or(Some(Output::Margin), |name| Output::from_name(name)).ok_or("no such output")?;
    let scorer = Scorer::new(sapwood_interop::read(&fs::read(model)?)?)?;
    let values: Vec<f64> = fs::read(rows)?.as_chunks().0.iter().map(|bytes| f64::from_ne_bytes(*bytes)).collect();
    let features = scorer.num_features();
    let rows = ArrayView2::from_shape((values.len() / features.max(1), features), &values)?;
    let predictions = scorer.output(output, rows)?;
    let bytes: Vec<u8> = predictions.values().iter().flat_map(|value| value.to_ne_bytes()).collect();
    Ok(fs::write(out, bytes)?)
}
