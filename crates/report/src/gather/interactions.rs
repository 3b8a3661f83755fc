//! Pairs of features that contribute together.

use super::features::spread;
use super::scored::Scored;
use super::values::Values;
use crate::facts::{Features, Interaction};
use rayon::prelude::*;
use sapwood::Result;
use sapwood::predict::Output;

/// Pairs that are told of.
const MOST_PAIRS: usize = 10;

/// Rows, columns and outputs up to which pairs are computed: each row has a matrix an output, and it takes columns times as long as contributions.
const ROWS: usize = 100;
const MOST_COLUMNS: usize = 64;
const MOST_OUTPUTS: usize = 4;

/// Leaves, times columns, that are walked to at most for all rows: this bounds the time.
const WORK: usize = 15_000_000;

/// Adds the strongest pairs, where they can be computed in little time.
pub fn add(values: &Values<'_>, scored: &Scored<'_>, features: &mut Features) -> Result<()> {
    let (model, scorer) = (scored.model, &scored.scorer);
    let (columns, outputs) = (model.schema.len(), model.num_outputs());
    let leaves: usize = model.trees.iter().map(|tree| tree.leaves().count()).sum();
    let rows = (WORK / (leaves * columns).max(1)).min(ROWS);
    let is_cheap = columns <= MOST_COLUMNS && outputs <= MOST_OUTPUTS && rows >= 10;
    if !is_cheap || features.shap.is_none() || Output::Interactions.check(model).is_err() || model.requires_base_margin() {
        return Ok(());
    }
    let (tile, width) = (scorer.tile_rows_of(Output::Interactions)?.min(16), columns + 1);
    let places = spread(values.rows, rows);
    let tiles = places.par_chunks(tile).map(|places| {
        let matrices = scorer.score_tile(Output::Interactions, &values.rows(places), places.len(), None)?;
        let mut sums = vec![0.0; width * width];
        for matrix in matrices.chunks_exact(width * width) {
            sums.iter_mut().zip(matrix).for_each(|(sum, x)| *sum += x.abs());
        }
        Ok(sums)
    });
    let mut sums = vec![0.0; width * width];
    for tile in tiles.collect::<Result<Vec<_>>>()? {
        sums.iter_mut().zip(tile).for_each(|(sum, x)| *sum += x);
    }
    let both = (0..columns).flat_map(|one| (one + 1..columns).map(move |other| (one, other)));
    // The matrix is symmetric: each of its two cells has half of what the pair contributes.
    let mut pairs: Vec<_> = both
        .map(|(one, other)| (2.0 * sums[one * width + other] / places.len() as f64, one, other))
        .filter(|pair| pair.0 > 0.0)
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let name = |column: usize| model.schema.features[column].name.clone();
    features.interactions = pairs
        .into_iter()
        .take(MOST_PAIRS)
        .map(|(value, one, other)| Interaction { one: name(one), other: name(other), value })
        .collect();
    Ok(())
}
