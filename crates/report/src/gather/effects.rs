//! What the most important features do: contributions by value, and mean label and mean prediction where values are alike.

use super::features::{Contributions, spread};
use super::scored::Scored;
use super::statistics::{cuts, part_of, ranks, sorted};
use super::values::Values;
use crate::facts::{Bar, EffectBin, FeatureEffect, Features, Task};
use crate::text;
use rayon::prelude::*;
use sapwood::{FeatureKind, Model};

/// Features that are told of, dots of each, points of its dependence, and bins.
const MOST_EFFECTS: usize = 12;
const DOTS: usize = 400;
const POINTS: usize = 600;
const BINS: usize = 10;

/// Adds the effects of the features that count most.
pub fn add(
    model: &Model,
    values: &Values<'_>,
    scored: &Scored<'_>,
    contributions: Option<&Contributions>,
    features: &mut Features,
) {
    let names = features.importance.iter().filter(|importance| importance.splits > 0 || importance.shap > Some(0.0));
    let columns: Vec<_> = names.take(MOST_EFFECTS).filter_map(|importance| model.schema.position(&importance.name)).collect();
    let has_means = !scored.labels.is_empty() && !matches!(scored.task, Task::Ranking | Task::Other);
    let (predicted, labels) = if has_means { scored.one_number() } else { (Vec::new(), Vec::new()) };
    features.label = scored.label_name();
    features.effects = columns
        .into_par_iter()
        .map(|column| {
            let bins = if has_means { bins(values, column, &predicted, &labels, scored) } else { Vec::new() };
            let shapes = contributions.map(|contributions| Shapes::of(values, column, contributions)).unwrap_or_default();
            let Shapes { swarm, dependence, levels } = shapes;
            let feature = &values.schema.features[column];
            let (name, is_category) = (feature.name.clone(), feature.kind.is_categorical());
            FeatureEffect { name, is_category, swarm, dependence, levels, bins }
        })
        .collect();
}

/// A feature's contributions.
#[derive(Default)]
struct Shapes {
    swarm: Vec<(Option<f64>, f64)>,
    dependence: Vec<(f64, f64)>,
    levels: Vec<Bar>,
}

impl Shapes {
    fn of(values: &Values<'_>, column: usize, contributions: &Contributions) -> Self {
        let here: Vec<f64> = contributions.rows.iter().map(|&row| values.columns[column][row]).collect();
        let shap: Vec<f64> = (0..here.len()).map(|at| contributions.values[at * contributions.width + column]).collect();
        let kind = &values.schema.features[column].kind;
        let heights = ranks(&here);
        let height = |at: usize| (!here[at].is_nan() && !kind.is_categorical()).then(|| (heights[at] - 0.5) / here.len() as f64);
        let swarm = spread(here.len(), DOTS).into_iter().map(|at| (height(at), shap[at])).collect();
        match kind {
            FeatureKind::Categorical { .. } => {
                Self { swarm, dependence: Vec::new(), levels: by_level(values, column, &here, &shap) }
            }
            _ => {
                let points = spread(here.len(), POINTS).into_iter().filter(|&at| !here[at].is_nan());
                Self { swarm, dependence: points.map(|at| (here[at], shap[at])).collect(), levels: Vec::new() }
            }
        }
    }
}

/// The mean contribution of the most frequent levels.
fn by_level(values: &Values<'_>, column: usize, here: &[f64], shap: &[f64]) -> Vec<Bar> {
    let mut sums = std::collections::BTreeMap::<i64, (f64, f64)>::new();
    for (level, shap) in here.iter().zip(shap) {
        let sum = sums.entry(if level.is_nan() { -1 } else { *level as i64 }).or_default();
        *sum = (sum.0 + shap, sum.1 + 1.0);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    sums.truncate(BINS);
    let name = |level: i64| values.written(column, if level < 0 { f64::NAN } else { level as f64 });
    let mut bars: Vec<_> = sums.into_iter().map(|(level, (sum, rows))| Bar { label: name(level), value: sum / rows }).collect();
    bars.sort_by(|a, b| b.value.total_cmp(&a.value));
    bars
}

/// Rows by the value of a column.
fn bins(values: &Values<'_>, column: usize, predicted: &[f64], labels: &[f64], scored: &Scored<'_>) -> Vec<EffectBin> {
    let here = &values.columns[column];
    let (names, part) = match &values.schema.features[column].kind {
        FeatureKind::Categorical { .. } => levels(values, column),
        _ => ranges(values, column),
    };
    let mut sums = vec![(0.0, 0.0, 0.0); names.len()];
    for (row, x) in here.iter().enumerate() {
        let (sum, weight) = (&mut sums[part(*x)], scored.weight(row));
        *sum = (sum.0 + weight, sum.1 + weight * labels[row], sum.2 + weight * predicted[row]);
    }
    let whole = sums.iter().map(|sum| sum.0).sum::<f64>().max(f64::MIN_POSITIVE);
    let bin = |(label, (weight, actual, predicted)): (String, (f64, f64, f64))| EffectBin {
        label,
        share: weight / whole,
        actual: actual / weight,
        predicted: predicted / weight,
    };
    names.into_iter().zip(sums).filter(|(_, sum)| sum.0 > 0.0).map(bin).collect()
}

/// What parts are called, and in which one a value lies.
type Parts = (Vec<String>, Box<dyn Fn(f64) -> usize>);

/// Ranges of numbers with about as many rows each; the last part is of missing values.
fn ranges(values: &Values<'_>, column: usize) -> Parts {
    let ordered = sorted(values.columns[column].iter().copied());
    if ordered.is_empty() {
        return (vec!["missing".to_string()], Box::new(|_| 0));
    }
    let cuts = cuts(&ordered, BINS);
    let least = ordered.first().copied().unwrap_or_default();
    let name = |at: usize| {
        let first = at.checked_sub(1).map_or(0, |before| ordered.partition_point(|x| *x <= cuts[before]));
        let from = ordered.get(first).copied().unwrap_or(least);
        if from == cuts[at] { values.written(column, cuts[at]) } else { format!("≤ {}", values.written(column, cuts[at])) }
    };
    let names = (0..cuts.len()).map(name).chain(["missing".to_string()]).collect();
    (names, Box::new(move |x| if x.is_nan() { cuts.len() } else { part_of(&cuts, x) }))
}

/// The most frequent levels, all others together, and missing values.
fn levels(values: &Values<'_>, column: usize) -> Parts {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    values.columns[column].iter().filter(|x| !x.is_nan()).for_each(|x| *counts.entry(*x as usize).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().map(|(level, rows)| (rows, level)).collect();
    counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let others = counts.len().saturating_sub(BINS);
    let shown: Vec<usize> = counts.into_iter().take(BINS).map(|(_, level)| level).collect();
    let mut names: Vec<_> = shown.iter().map(|&level| values.written(column, level as f64)).collect();
    names.extend([text::counted(others, "other"), "missing".to_string()]);
    let place = move |x: f64| match () {
        () if x.is_nan() => shown.len() + 1,
        () => shown.iter().position(|&level| level == x as usize).unwrap_or(shown.len()),
    };
    (names, Box::new(place))
}
