//! How much features count: by the splits on them, and by what they contribute to predictions of a sample.

use super::scored::Scored;
use super::values::Values;
use crate::facts::{Features, Importance, ShapFacts, Task};
use rayon::prelude::*;
use sapwood::predict::Output;
use sapwood::{Model, Result};

/// Features that are told of one by one.
pub const MOST_FEATURES: usize = 30;

/// Rows that are explained, at most and at least.
const MOST_ROWS: usize = 2_000;
const FEWEST_ROWS: usize = 100;

/// Leaves, times the lengths of their paths, that are walked to at most for all rows: this bounds the time.
const WORK: usize = 75_000_000;

/// Numbers that contributions may be, of all outputs and rows together.
const MOST_NUMBERS: usize = 20_000_000;

/// What features contribute to some rows.
pub struct Contributions {
    /// The rows' places in the sample.
    pub rows: Vec<usize>,
    /// Row by row: of each column, and the bias, the contribution to [`Scored::output_of`].
    pub values: Vec<f64>,
    /// Numbers a row.
    pub width: usize,
    /// Of each column the mean of absolute contributions, added up over outputs.
    pub means: Vec<f64>,
}

/// What splits tell.
pub fn features(model: &Model) -> Features {
    let mut importance = of_splits(model);
    let unused = importance.iter().filter(|importance| importance.splits == 0).count();
    importance.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    importance.truncate(MOST_FEATURES);
    Features { num_features: model.schema.len(), unused, importance, ..Features::default() }
}

/// How much each column counts by the splits on it.
fn of_splits(model: &Model) -> Vec<Importance> {
    let mut gain = vec![0.0; model.schema.len()];
    let mut splits = vec![0u64; model.schema.len()];
    for (feature, importance) in model.importance().iter().enumerate() {
        // A derived feature counts as the columns that it is made of.
        let columns = model.source_columns(feature);
        for &column in &columns {
            gain[column] += importance.total_gain / columns.len() as f64;
            splits[column] += importance.weight;
        }
    }
    let whole = gain.iter().filter(|gain| gain.is_finite()).sum::<f64>().max(f64::MIN_POSITIVE);
    let row = |column: usize| Importance {
        name: model.schema.features[column].name.clone(),
        gain: gain[column] / whole,
        splits: splits[column],
        shap: None,
    };
    (0..model.schema.len()).map(row).collect()
}

/// Adds what features contribute to predictions of a sample, if that can be told.
pub fn explain(model: &Model, values: &Values<'_>, scored: &Scored<'_>, features: &mut Features) -> Result<Option<Contributions>> {
    if let Err(error) = Output::Contributions.check(model) {
        features.without_shap = Some(error.to_string());
        return Ok(None);
    }
    let rows = spread(values.rows, affordable(model).min(MOST_NUMBERS / Output::Contributions.columns(model).max(1)).max(1));
    let found = contributions(model, values, scored, rows)?;
    let mut order: Vec<usize> = (0..found.means.len()).collect();
    order.sort_by(|&a, &b| found.means[b].total_cmp(&found.means[a]));
    let of_splits = of_splits(model);
    let row = |&column: &usize| Importance { shap: Some(found.means[column]), ..of_splits[column].clone() };
    features.importance = order.iter().take(MOST_FEATURES).map(row).collect();
    features.shap = Some(ShapFacts { of: what(scored), rows: found.rows.len() });
    Ok(Some(found))
}

/// What contributions add up to.
fn what(scored: &Scored<'_>) -> String {
    match scored.task {
        Task::Binary => format!("the margin (log-odds) of {}", scored.class_name(1)),
        Task::Multiclass => "the margin of the class that is predicted".to_string(),
        Task::Several => "the margin of the first target, or of the middle level".to_string(),
        _ => "the margin".to_string(),
    }
}

/// Rows whose explanation takes no longer than it may.
fn affordable(model: &Model) -> usize {
    let leaves: usize = model.trees.iter().map(|tree| tree.leaves().count()).sum();
    let deepest = model.trees.iter().map(|tree| tree.leaves().count()).max().unwrap_or(1);
    // A balanced tree's paths; those of others are longer, and most of their leaves are not.
    let path = deepest.next_power_of_two().trailing_zeros() as usize + 1;
    (WORK / (leaves * path).max(1)).clamp(FEWEST_ROWS, MOST_ROWS)
}

/// Places that lie evenly among so many.
pub fn spread(rows: usize, most: usize) -> Vec<usize> {
    let count = rows.min(most);
    (0..count).map(|at| at * rows / count.max(1)).collect()
}

/// What columns contribute to the predictions for some rows of a sample.
pub fn contributions(model: &Model, values: &Values<'_>, scored: &Scored<'_>, rows: Vec<usize>) -> Result<Contributions> {
    let (outputs, width) = (model.num_outputs(), model.schema.len() + 1);
    let tile = scored.scorer.tile_rows_of(Output::Contributions)?;
    let tiles = rows.par_chunks(tile).map(|places| {
        let base = base_margins(scored, places);
        let all = scored.scorer.score_tile(Output::Contributions, &values.rows(places), places.len(), base)?;
        let mut sums = vec![0.0; width - 1];
        let mut chosen = Vec::with_capacity(places.len() * width);
        for (&place, row) in places.iter().zip(all.chunks_exact(outputs * width)) {
            for of_output in row.chunks_exact(width) {
                sums.iter_mut().zip(of_output).for_each(|(sum, x)| *sum += x.abs());
            }
            chosen.extend_from_slice(&row[scored.output_of(place) * width..][..width]);
        }
        Ok((sums, chosen))
    });
    let tiles = tiles.collect::<Result<Vec<_>>>()?;
    let mut means = vec![0.0; width - 1];
    for (sums, _) in &tiles {
        means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum / rows.len() as f64);
    }
    Ok(Contributions { values: tiles.into_iter().flat_map(|(_, chosen)| chosen).collect(), rows, width, means })
}

/// What rows begin with in the place of the base score, if they have something of their own.
pub fn base_margins(scored: &Scored<'_>, places: &[usize]) -> Option<Vec<f64>> {
    let margins = scored.data.base_margin()?;
    let (outputs, each) = (scored.model.num_outputs(), margins.len() / scored.rows().max(1));
    let of = |&place: &usize| (0..outputs).map(move |output| margins[place * each + if each == outputs { output } else { 0 }]);
    Some(places.iter().flat_map(of).collect())
}
