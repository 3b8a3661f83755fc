//! What SageMaker Model Monitor takes for a baseline: `statistics.json` and `constraints.json`, as its schema for both says. A job that has read every
//! column for training has what they need, so that no job for a baseline alone is needed.
//!
//! Counts, means, deviations and extremes are of all rows. Distributions are of the sample, scaled to all rows.

use sapwood::data::{ColumnSummary, Moments, Sample};
use sapwood::{Feature, FeatureKind, Result};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// Buckets of a distribution: those of Model Monitor's own container.
const BUCKETS: usize = 10;

/// Values that a sketch of a column holds at most.
const SKETCH: u64 = 256;

/// The error of KLL sketches, and how fast their levels shrink (Karnin, Lang and Liberty 2016).
const SKETCH_K: f64 = 2048.0;
const SKETCH_C: f64 = 0.64;

/// Levels of a column up to which they are a domain: with more, new ones are to be expected.
const DOMAIN: usize = 100;

/// Levels whose counts are told.
const LEVELS: usize = 1_000;

/// The threshold of every comparison, as Model Monitor suggests it.
const THRESHOLD: f64 = 0.1;

/// `statistics.json`.
///
/// # Errors
/// None that a sample in memory can cause.
pub fn statistics(sample: &Sample) -> Result<Value> {
    let values: Vec<_> = sample.columns.iter().map(|_| Mutex::new(Vec::new())).collect();
    sample.data.source().visit(&|block| {
        for (feature, chunk) in &block.columns {
            let mut values = values[*feature].lock().unwrap_or_else(PoisonError::into_inner);
            values.extend((0..block.rows).map(|row| chunk.get(row)).filter(|x| !x.is_nan()));
        }
        Ok(())
    })?;
    let features = sample.data.schema().features.iter().zip(&sample.columns).zip(values).map(|((feature, summary), values)| {
        let mut values = values.into_inner().unwrap_or_else(PoisonError::into_inner);
        values.sort_unstable_by(f64::total_cmp);
        of_column(feature, summary, &values)
    });
    Ok(json!({ "version": 0, "dataset": { "item_count": sample.of }, "features": features.collect::<Vec<_>>() }))
}

fn of_column(feature: &Feature, summary: &ColumnSummary, values: &[f64]) -> Value {
    let mut column = json!({ "name": feature.name, "inferred_type": inferred_type(summary) });
    match (summary, &feature.kind) {
        (ColumnSummary::Numbers(moments), _) => {
            column["numerical_statistics"] = json!({
                "common": { "num_present": moments.present, "num_missing": moments.missing },
                "mean": moments.mean,
                "sum": moments.mean * moments.present as f64,
                "std_dev": moments.deviation,
                "min": moments.min,
                "max": moments.max,
                "distribution": { "kll": { "buckets": buckets(moments, values), "sketch": sketch(moments, values) } },
            });
        }
        (ColumnSummary::Levels { counts, missing }, FeatureKind::Categorical { levels }) => {
            let mut order: Vec<usize> = (0..counts.len()).filter(|&level| counts[level] > 0).collect();
            let distinct = order.len();
            order.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then(a.cmp(&b)));
            let buckets: Vec<_> =
                order.iter().take(LEVELS).map(|&level| json!({ "value": levels[level], "count": counts[level] })).collect();
            column["string_statistics"] = json!({
                "common": { "num_present": counts.iter().sum::<u64>(), "num_missing": missing },
                "distinct_count": distinct,
                "distribution": { "categorical": { "buckets": buckets } },
            });
        }
        _ => {}
    }
    column
}

fn inferred_type(summary: &ColumnSummary) -> &'static str {
    match summary {
        ColumnSummary::Numbers(moments) if moments.present == 0 => "Unknown",
        ColumnSummary::Numbers(moments) if moments.are_whole => "Integral",
        ColumnSummary::Numbers(_) => "Fractional",
        _ => "String",
    }
}

/// Buckets of equal width from the least value to the largest.
fn buckets(moments: &Moments, values: &[f64]) -> Vec<Value> {
    if values.is_empty() {
        return Vec::new();
    }
    let (low, each) = (moments.min, (moments.max - moments.min) / BUCKETS as f64);
    let times = moments.present as f64 / values.len() as f64;
    let bound = |at: usize| if at == BUCKETS { moments.max } else { low + each * at as f64 };
    let below = |at: usize| if at == BUCKETS { values.len() } else { values.partition_point(|x| *x < bound(at)) };
    (0..BUCKETS)
        .map(|at| json!({ "lower_bound": bound(at), "upper_bound": bound(at + 1), "count": (below(at + 1) - below(at)) as f64 * times }))
        .collect()
}

/// Values at equal distances of rank, in the level of a sketch in which they stand for all rows.
fn sketch(moments: &Moments, values: &[f64]) -> Value {
    let level = (0..).find(|level| moments.present >> level <= SKETCH).unwrap_or(0);
    let count = (moments.present >> level) as usize;
    let place = |at: usize| ((at as f64 + 0.5) * values.len() as f64 / count as f64) as usize;
    let chosen: Vec<f64> = (0..count).filter_map(|at| values.get(place(at)).copied()).collect();
    let mut data: Vec<Vec<f64>> = vec![Vec::new(); level];
    data.push(chosen);
    json!({ "parameters": { "c": SKETCH_C, "k": SKETCH_K }, "data": data })
}

/// `constraints.json`: what new data are held against, as Model Monitor suggests it from a baseline.
pub fn constraints(sample: &Sample) -> Value {
    let features = sample.data.schema().features.iter().zip(&sample.columns).map(|(feature, summary)| {
        let mut column =
            json!({ "name": feature.name, "inferred_type": inferred_type(summary), "completeness": completeness(summary) });
        match (summary, &feature.kind) {
            (ColumnSummary::Numbers(moments), _) => column["num_constraints"] = json!({ "is_non_negative": moments.min >= 0.0 }),
            (ColumnSummary::Levels { counts, .. }, FeatureKind::Categorical { levels }) if levels.len() <= DOMAIN => {
                let seen = levels.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(level, _)| level);
                column["string_constraints"] = json!({ "domains": seen.collect::<Vec<_>>() });
            }
            _ => {}
        }
        column
    });
    json!({
        "version": 0,
        "features": features.collect::<Vec<_>>(),
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": THRESHOLD,
            "domain_content_threshold": THRESHOLD,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": THRESHOLD,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": THRESHOLD,
                "categorical_drift_method": "LInfinity",
            },
        },
    })
}

fn completeness(summary: &ColumnSummary) -> f64 {
    let (present, missing) = match summary {
        ColumnSummary::Numbers(moments) => (moments.present, moments.missing),
        ColumnSummary::Levels { counts, missing } => (counts.iter().sum(), *missing),
        _ => (0, 0),
    };
    if present + missing == 0 { 1.0 } else { present as f64 / (present + missing) as f64 }
}
