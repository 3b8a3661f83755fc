//! The data: every column's distribution, whether it tells the label by itself, and whether it is another where the model is judged.

use super::Judged;
use super::scored::task;
use super::statistics::{auc, correlation, cuts, mean, part_of, quantile, ranks, sorted};
use super::values::Values;
use crate::facts::{Bar, ColumnFacts, DataFacts, Features, Findings, SetFacts, Task};
use crate::text;
use rayon::prelude::*;
use sapwood::data::{ColumnSummary, Sample};
use sapwood::{FeatureKind, Model, Result};
use sapwood_score::math::ln;
use std::collections::BTreeSet;
use std::f64::consts::LN_2;

/// Columns that are told of one by one, names in a finding, bars of a distribution, levels of a categorical one.
const MOST_COLUMNS: usize = 60;
const MOST_NAMES: usize = 10;
const BARS: usize = 16;
const LEVELS: usize = 12;

/// Classes that are shown.
const CLASSES: usize = 20;

/// From here on a column drifts (evidently's threshold for large samples).
const DRIFT: f64 = 0.1;

/// From here on a column tells the label by itself: areas and shares, and rank correlations.
const LEAK: f64 = 0.99;
const LEAK_OF_NUMBERS: f64 = 0.995;

/// A class is rare with fewer rows in the sample, or a smaller share of them.
const RARE_ROWS: usize = 30;
const RARE_SHARE: f64 = 0.01;

/// The parts in which numbers are taken for guesses of a class.
const PARTS: usize = 20;

/// What is to be said of data that were `described`, and of others that the model is judged by.
pub fn facts(
    of_task: Task,
    described: &Sample,
    judged: Option<&Judged<'_>>,
    others: Option<&Judged<'_>>,
    features: &Features,
    model: &Model,
) -> Result<DataFacts> {
    let values = Values::of(&described.data)?;
    let other_values = others.map(|others| Values::of(&others.sample.data)).transpose()?;
    let labels = described.data.labels().unwrap_or_default();
    let of_task = if judged.is_some() { of_task } else { task(model, Some(labels)) };
    let columns: Vec<ColumnFacts> = (0..values.columns.len())
        .into_par_iter()
        .map(|at| column(&values, &described.columns[at], at, labels, of_task, other_values.as_ref()))
        .map(|column| if described.is_of_bins { without_moments(column) } else { column })
        .collect();
    let mut findings = find(&columns, of_task, [values.rows, other_values.as_ref().map_or(0, |others| others.rows)]);
    findings.sampled_rows = values.rows;
    // Rows with equal bins need not be equal.
    let seen = if described.is_of_bins { Vec::new() } else { fingerprints(&values, labels) };
    findings.duplicate_rows = seen.len() - seen.iter().collect::<BTreeSet<_>>().len();
    findings.shared_rows = others
        .zip(other_values.as_ref())
        .filter(|(others, _)| is_whole(others.sample) && is_whole(described) && !described.is_of_bins)
        .map(|(others, values)| {
            let learnt: BTreeSet<u64> = seen.into_iter().collect();
            fingerprints(values, others.sample.data.labels().unwrap_or_default()).iter().filter(|row| learnt.contains(row)).count()
        });
    findings.rare_classes = rare(model, of_task, labels);
    findings.effective_share = described.data.weights().map(effective_share);
    let mut sets = vec![set_facts("train", described, of_task)];
    if let Some(judged) = judged {
        match others {
            Some(_) => sets.push(set_facts(&judged.name, judged.sample, of_task)),
            None if judged.held_out.is_none() => sets[0].name.clone_from(&judged.name),
            None => {}
        }
    }
    let rank = |column: &ColumnFacts| features.importance.iter().position(|importance| importance.name == column.name);
    let (columns_of, num_columns) = (sets[0].name.clone(), columns.len());
    let mut columns: Vec<_> = columns.into_iter().map(|column| (rank(&column).unwrap_or(usize::MAX), column)).collect();
    columns.sort_by_key(|(rank, _)| *rank);
    let columns = columns.into_iter().take(MOST_COLUMNS).map(|(_, column)| column).collect();
    let labels = label_bars(model, of_task, labels);
    Ok(DataFacts { sets, columns_of, are_bins: described.is_of_bins, num_columns, columns, labels, findings })
}

/// Middles of bins say nothing of how far values go, nor what their mean is.
fn without_moments(column: ColumnFacts) -> ColumnFacts {
    ColumnFacts { mean: None, deviation: None, ..column }
}

fn is_whole(sample: &Sample) -> bool {
    sample.rows.len() == sample.of
}

fn set_facts(name: &str, sample: &Sample, of_task: Task) -> SetFacts {
    let labels = sample.data.labels().filter(|labels| !labels.is_empty() && of_task != Task::Multiclass);
    SetFacts {
        name: name.to_string(),
        rows: sample.of,
        sampled_rows: sample.rows.len(),
        mean_label: labels.map(|labels| mean(labels, sample.data.weights())),
    }
}

fn column(
    values: &Values<'_>,
    summary: &ColumnSummary,
    at: usize,
    labels: &[f64],
    of_task: Task,
    others: Option<&Values<'_>>,
) -> ColumnFacts {
    let (feature, here) = (&values.schema.features[at], &values.columns[at]);
    let alone = if labels.is_empty() { None } else { alone(here, feature.kind.is_categorical(), labels, of_task) };
    let mut facts = ColumnFacts {
        name: feature.name.clone(),
        kind: feature.kind.word(),
        missing: 0.0,
        quantiles: None,
        mean: None,
        deviation: None,
        distinct: 0,
        histogram: Vec::new(),
        alone,
        drift: None,
    };
    let share = |part: u64, whole: u64| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
    match summary {
        ColumnSummary::Levels { counts, missing } => {
            let whole = counts.iter().sum::<u64>() + missing;
            facts.missing = share(*missing, whole);
            facts.distinct = counts.iter().filter(|count| **count > 0).count();
            facts.histogram = levels(&feature.kind, counts, whole);
            facts.drift = others.map(|others| jensen_shannon(here, &others.columns[at], counts.len()));
        }
        ColumnSummary::Numbers(moments) => {
            let ordered = sorted(here.iter().copied());
            facts.missing = share(moments.missing, moments.present + moments.missing);
            facts.distinct = ordered.chunk_by(|a, b| a == b).count();
            if moments.present > 0 {
                let inner = [0.25, 0.5, 0.75].map(|share| quantile(&ordered, share));
                facts.quantiles = Some([moments.min, inner[0], inner[1], inner[2], moments.max]);
                (facts.mean, facts.deviation) = (Some(moments.mean), Some(moments.deviation));
                facts.histogram = histogram(&ordered, |x| values.written(at, x));
            }
            facts.drift = others.and_then(|others| wasserstein(&ordered, &others.columns[at], moments.deviation));
        }
        _ => {}
    }
    facts
}

/// Bars of equal width between the outermost hundredths.
fn histogram(ordered: &[f64], written: impl Fn(f64) -> String) -> Vec<Bar> {
    if ordered.is_empty() {
        return Vec::new();
    }
    let (low, high) = (quantile(ordered, 0.01), quantile(ordered, 0.99));
    if low.is_nan() || low >= high {
        return vec![Bar { label: written(low), value: 1.0 }];
    }
    let width = (high - low) / BARS as f64;
    let mut counts = [0.0; BARS];
    ordered.iter().for_each(|x| counts[(((x - low) / width).max(0.0) as usize).min(BARS - 1)] += 1.0 / ordered.len() as f64);
    let bar = |(at, count): (usize, &f64)| Bar { label: written(low + at as f64 * width), value: *count };
    counts.iter().enumerate().map(bar).collect()
}

/// The most frequent levels.
fn levels(kind: &FeatureKind, counts: &[u64], whole: u64) -> Vec<Bar> {
    let FeatureKind::Categorical { levels } = kind else { return Vec::new() };
    let mut order: Vec<usize> = (0..counts.len()).filter(|&level| counts[level] > 0).collect();
    order.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then(a.cmp(&b)));
    let bar = |level: usize| Bar { label: text::name(&levels[level]), value: counts[level] as f64 / whole as f64 };
    order.into_iter().take(LEVELS).map(bar).collect()
}

/// How well a column tells the label without any other.
fn alone(here: &[f64], is_categorical: bool, labels: &[f64], of_task: Task) -> Option<f64> {
    match of_task {
        Task::Binary => {
            let scores = if is_categorical { crossed_means(here, labels) } else { with_missing_lowest(here) };
            auc(&ranks(&scores), |row| labels[row] > 0.5).map(|area| area.max(1.0 - area))
        }
        Task::Multiclass => guessed(here, is_categorical, labels),
        Task::Regression | Task::Several => {
            let scores = if is_categorical { crossed_means(here, labels) } else { with_missing_lowest(here) };
            correlation(&ranks(&scores), &ranks(labels)).map(f64::abs)
        }
        Task::Ranking | Task::Other => None,
    }
}

fn with_missing_lowest(here: &[f64]) -> Vec<f64> {
    here.iter().map(|x| if x.is_nan() { f64::NEG_INFINITY } else { *x }).collect()
}

/// The mean label of each row's level in the other half of the rows, so that no row's own label is in it.
fn crossed_means(here: &[f64], labels: &[f64]) -> Vec<f64> {
    let overall = mean(labels, None);
    let code = |x: f64| if x.is_nan() { 0 } else { x as usize + 1 };
    let count = here.iter().map(|x| code(*x)).max().unwrap_or(0) + 1;
    let mut sums = vec![[(0.0, 0.0); 2]; count];
    for (row, (x, label)) in here.iter().zip(labels).enumerate() {
        let sum = &mut sums[code(*x)][row % 2];
        *sum = (sum.0 + label, sum.1 + 1.0);
    }
    // A row of the mean label stands for what is not known of rare levels.
    let of = |(row, x): (usize, &f64)| {
        let (sum, rows) = sums[code(*x)][1 - row % 2];
        (sum + overall) / (rows + 1.0)
    };
    here.iter().enumerate().map(of).collect()
}

/// The share of rows whose class is the most frequent one of their part, in the other half of the rows.
fn guessed(here: &[f64], is_categorical: bool, labels: &[f64]) -> Option<f64> {
    let ordered = sorted(here.iter().copied());
    let bounds = if ordered.is_empty() { Vec::new() } else { cuts(&ordered, PARTS) };
    let part = |x: f64| match () {
        () if x.is_nan() => 0,
        () if is_categorical => x as usize + 1,
        () => part_of(&bounds, x) + 1,
    };
    let classes = labels.iter().fold(0.0, |most: f64, label| most.max(*label)) as usize + 1;
    let mut counts = std::collections::BTreeMap::<(usize, usize), Vec<u32>>::new();
    for (row, (x, label)) in here.iter().zip(labels).enumerate() {
        counts.entry((part(*x), row % 2)).or_insert_with(|| vec![0; classes])[*label as usize] += 1;
    }
    let most: std::collections::BTreeMap<_, _> = counts
        .iter()
        .map(|(key, counts)| (*key, counts.iter().enumerate().max_by_key(|(_, count)| **count).map_or(0, |most| most.0)))
        .collect();
    let is_right =
        |(row, (x, label)): (usize, (&f64, &f64))| most.get(&(part(*x), 1 - row % 2)).is_some_and(|class| *class as f64 == *label);
    let right = here.iter().zip(labels).enumerate().filter(|row| is_right(*row)).count();
    (!here.is_empty()).then(|| right as f64 / here.len() as f64)
}

/// How far apart two distributions of numbers are, in standard deviations of the first (Wasserstein's distance).
fn wasserstein(ordered: &[f64], others: &[f64], deviation: f64) -> Option<f64> {
    const STEPS: usize = 200;
    let others = sorted(others.iter().copied());
    if ordered.is_empty() || others.is_empty() || deviation.is_nan() || deviation <= 0.0 {
        return None;
    }
    let apart = |step: usize| {
        let share = (step as f64 + 0.5) / STEPS as f64;
        (quantile(ordered, share) - quantile(&others, share)).abs()
    };
    Some((0..STEPS).map(apart).sum::<f64>() / STEPS as f64 / deviation).filter(|x| x.is_finite())
}

/// How far apart two distributions of levels are, missing values counted: from 0 to 1 (the root of Jensen and Shannon's divergence in bits).
fn jensen_shannon(here: &[f64], others: &[f64], levels: usize) -> f64 {
    let shares = |values: &[f64]| {
        let mut shares = vec![0.0; levels + 1];
        let each = 1.0 / values.len().max(1) as f64;
        values.iter().for_each(|x| shares[if x.is_nan() { levels } else { (*x as usize).min(levels) }] += each);
        shares
    };
    let (p, q) = (shares(here), shares(others));
    let divergence = |p: &[f64], q: &[f64]| {
        let term = |(p, q): (&f64, &f64)| if *p > 0.0 { p * ln(2.0 * p / (p + q)) / LN_2 } else { 0.0 };
        p.iter().zip(q).map(term).sum::<f64>()
    };
    ((divergence(&p, &q) + divergence(&q, &p)) / 2.0).max(0.0).sqrt()
}

/// What is odd about columns. `rows` are those of both samples.
fn find(columns: &[ColumnFacts], of_task: Task, rows: [usize; 2]) -> Findings {
    let limit = if matches!(of_task, Task::Regression | Task::Several) { LEAK_OF_NUMBERS } else { LEAK };
    let mut leaky: Vec<_> =
        columns.iter().filter_map(|column| Some((column.name.clone(), column.alone.filter(|alone| *alone > limit)?))).collect();
    leaky.sort_by(|a, b| b.1.total_cmp(&a.1));
    leaky.truncate(MOST_NAMES);
    // Small samples differ by chance: means by so many standard deviations. Of many columns some differ by more, and the more levels there are, the more.
    let noise = rows.map(|rows| 1.0 / rows.max(1) as f64).iter().sum::<f64>().sqrt();
    let largest_of_many = (2.0 * ln(columns.len().max(1) as f64)).sqrt() + 2.0;
    let chance = |column: &ColumnFacts| match column.quantiles {
        Some(_) => largest_of_many * noise,
        None => (column.distinct as f64).sqrt() * noise,
    };
    let mut drifting: Vec<_> = columns
        .iter()
        .filter_map(|column| Some((column.name.clone(), column.drift.filter(|drift| *drift > DRIFT.max(chance(column)))?)))
        .collect();
    drifting.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names = |is_so: &dyn Fn(&ColumnFacts) -> bool| {
        columns.iter().filter(|column| is_so(column)).map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let has_one_value =
        |column: &ColumnFacts| column.quantiles.map_or(column.distinct <= 1, |quantiles| quantiles[0] == quantiles[4]);
    let constant = names(&|column| has_one_value(column) && (column.missing == 0.0 || column.missing == 1.0));
    let mostly_missing = names(&|column| column.missing > 0.95 && column.distinct > 0);
    let first = |names: &[String]| names.iter().take(MOST_NAMES).cloned().collect();
    Findings {
        leaky,
        num_constant: constant.len(),
        constant: first(&constant),
        num_mostly_missing: mostly_missing.len(),
        mostly_missing: first(&mostly_missing),
        num_drifting: drifting.len(),
        drifting: drifting.into_iter().take(MOST_NAMES).collect(),
        ..Findings::default()
    }
}

/// A number for each row that equal rows share.
fn fingerprints(values: &Values<'_>, labels: &[f64]) -> Vec<u64> {
    // FNV-1a over the bits, word by word, each stirred.
    let add = |hash: u64, x: f64| {
        let mixed = (hash ^ (x + 0.0).to_bits()).wrapping_mul(0x0100_0000_01b3);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    let row = |row: usize| {
        let start = add(0xcbf2_9ce4_8422_2325, labels.get(row).copied().unwrap_or_default());
        values.columns.iter().fold(start, |hash, column| add(hash, column[row]))
    };
    (0..values.rows).into_par_iter().map(row).collect()
}

fn rare(model: &Model, of_task: Task, labels: &[f64]) -> Vec<(String, usize)> {
    if !matches!(of_task, Task::Binary | Task::Multiclass) {
        return Vec::new();
    }
    let counts = class_counts(model, labels);
    let is_rare = |count: usize| {
        count > 0 && (count < RARE_ROWS || (count as f64) < RARE_SHARE * labels.len() as f64 / (counts.len() as f64 / 2.0))
    };
    let mut rare: Vec<_> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| is_rare(**count))
        .map(|(class, count)| (class_name(model, class), *count))
        .collect();
    rare.sort_by_key(|(_, count)| *count);
    rare.truncate(MOST_NAMES);
    rare
}

fn class_name(model: &Model, class: usize) -> String {
    model.classes.as_ref().and_then(|names| names.get(class)).cloned().unwrap_or_else(|| class.to_string())
}

fn class_counts(model: &Model, labels: &[f64]) -> Vec<usize> {
    let mut counts = vec![0; model.num_classes().unwrap_or(0)];
    labels.iter().for_each(|label| {
        if let Some(count) = counts.get_mut(*label as usize) {
            *count += 1;
        }
    });
    counts
}

/// Kish's effective sample size as a share of the rows.
fn effective_share(weights: &[f64]) -> f64 {
    let (sum, squares) = weights.iter().fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
    if squares > 0.0 { sum * sum / squares / weights.len() as f64 } else { 1.0 }
}

/// How labels are distributed.
fn label_bars(model: &Model, of_task: Task, labels: &[f64]) -> Vec<Bar> {
    let rows = labels.len().max(1) as f64;
    match of_task {
        _ if labels.is_empty() => Vec::new(),
        Task::Binary | Task::Multiclass => {
            let mut bars: Vec<_> = class_counts(model, labels)
                .into_iter()
                .enumerate()
                .map(|(class, count)| Bar { label: text::name(&class_name(model, class)), value: count as f64 / rows })
                .collect();
            if bars.len() > CLASSES {
                bars.sort_by(|a, b| b.value.total_cmp(&a.value));
                let others = bars.split_off(CLASSES - 1);
                let label = text::counted(others.len(), "other class").replace("classs", "classes");
                bars.push(Bar { label, value: others.iter().map(|bar| bar.value).sum() });
            }
            bars
        }
        _ => histogram(&sorted(labels.iter().copied()), text::number),
    }
}
