//! The rows that are predicted worst, and why they are predicted so.

use super::features;
use super::scored::Scored;
use super::values::Values;
use crate::facts::{Contribution, Task, WorstRow};
use crate::text;
use sapwood::data::Sample;
use sapwood::predict::Output;
use sapwood::{Model, Result};
use sapwood_score::math::ln;

/// Rows, and features of each, that are told of.
const MOST_ROWS: usize = 10;
const MOST_FEATURES: usize = 7;

/// The rows with the largest losses, the largest first; none where rows have no loss of their own.
pub fn rows(model: &Model, sample: &Sample, values: &Values<'_>, scored: &Scored<'_>) -> Result<Vec<WorstRow>> {
    let Some(losses) = losses(scored) else { return Ok(Vec::new()) };
    let mut order: Vec<usize> = (0..losses.len()).filter(|&row| scored.weight(row) > 0.0 && losses[row] > 0.0).collect();
    order.sort_by(|&a, &b| losses[b].total_cmp(&losses[a]).then(a.cmp(&b)));
    order.truncate(MOST_ROWS);
    let explained = match Output::Contributions.check(model) {
        Ok(()) if !order.is_empty() => Some(features::contributions(model, values, scored, order.clone())?),
        _ => None,
    };
    let row = |(at, &place): (usize, &usize)| {
        let of_row = explained.as_ref().map(|found| &found.values[at * found.width..][..found.width]);
        WorstRow {
            // Not its line in a file, which only reading all files before it again would tell.
            place: format!("row {}", u64::from(sample.rows[place]) + 1),
            label: label(scored, place),
            prediction: prediction(scored, place),
            loss: losses[place],
            contributions: of_row.map(|of_row| largest(values, place, of_row)).unwrap_or_default(),
            bias: of_row.and_then(|of_row| of_row.last().copied()),
        }
    };
    Ok(order.iter().enumerate().map(row).collect())
}

/// The loss of each row.
fn losses(scored: &Scored<'_>) -> Option<Vec<f64>> {
    let of_class = |row: usize| scored.probability(row, scored.labels[row] as usize).map(|p| -ln(p.max(1e-300)));
    match scored.task {
        Task::Binary | Task::Multiclass => (0..scored.rows()).map(of_class).collect(),
        Task::Regression | Task::Several => {
            let (predicted, labels) = scored.one_number();
            Some(predicted.iter().zip(&labels).map(|(prediction, label)| (prediction - label).abs()).collect())
        }
        Task::Ranking | Task::Other => None,
    }
}

fn label(scored: &Scored<'_>, row: usize) -> String {
    match scored.task {
        Task::Binary | Task::Multiclass => text::name(&scored.class_name(scored.labels[row] as usize)),
        _ => text::number(scored.labels[row]),
    }
}

fn prediction(scored: &Scored<'_>, row: usize) -> String {
    match scored.task {
        Task::Binary | Task::Multiclass => {
            let class = scored.classes[row] as usize;
            let name = text::name(&scored.class_name(class));
            scored.probability(row, class).map_or(name.clone(), |p| format!("{name} ({})", text::percent(p)))
        }
        _ => text::number(scored.predicted[row * scored.predicted.len() / scored.rows().max(1) + scored.output_of(row)]),
    }
}

/// The largest contributions to a row, and all others together.
fn largest(values: &Values<'_>, row: usize, contributions: &[f64]) -> Vec<Contribution> {
    let columns = contributions.len() - 1;
    let mut order: Vec<usize> = (0..columns).filter(|&column| contributions[column] != 0.0).collect();
    order.sort_by(|&a, &b| contributions[b].abs().total_cmp(&contributions[a].abs()));
    let others: Vec<usize> = order.split_off(order.len().min(MOST_FEATURES));
    let mut told: Vec<_> = order
        .into_iter()
        .map(|column| Contribution {
            feature: values.schema.features[column].name.clone(),
            value: values.written(column, values.columns[column][row]),
            contribution: contributions[column],
        })
        .collect();
    if !others.is_empty() {
        let contribution = others.iter().map(|&column| contributions[column]).sum();
        told.push(Contribution { feature: text::counted(others.len(), "other feature"), value: String::new(), contribution });
    }
    told
}
