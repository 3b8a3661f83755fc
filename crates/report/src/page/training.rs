//! How training went: curves, time, memory.

use super::tables::{cell, table};
use crate::chart::{Axis, Line, Lines, Title, horizontal};
use crate::facts::{Bar, Curve, TrainingFacts};
use crate::text;
use maud::{Markup, html};

/// Metrics that are shown.
const MOST_METRICS: usize = 6;

/// Curves of several models whose mean the model is have no last round in common.
pub fn section(training: &TrainingFacts, is_mean: bool) -> Markup {
    let mut metrics: Vec<&str> = training.curves.iter().map(|curve| &curve.metric[..]).collect();
    metrics.dedup();
    metrics.sort_unstable();
    metrics.dedup();
    html! {
        p { (training.ended) }
        div.charts {
            @for metric in metrics.iter().take(MOST_METRICS) { (curve(training, metric, is_mean)) }
            @if !training.seconds.is_empty() {
                (horizontal(
                    Title { title: "Time by step", text: &format!("From start to end, on {}.", text::counted(training.threads, "thread")) },
                    &training.seconds, text::seconds,
                ))
            }
            @if training.phases.iter().any(|phase| phase.value > 0.0) {
                (horizontal(Title { title: "Time of growing trees", text: "What training's time went to." }, &sorted(&training.phases), text::seconds))
            }
        }
        @if !training.folds.is_empty() {
            h3 { "Over folds" }
            (table(&["data set", "metric", "mean", "standard deviation"], training.folds.iter().map(|fold| {
                [text::name(&fold.set), text::name(&fold.metric), text::number(fold.mean), text::number(fold.deviation)].map(cell).to_vec()
            })))
        }
        @if let Some(bytes) = training.peak_bytes {
            p.note { "The process had at most " (text::count((bytes >> 20) as usize)) " MiB of memory." }
        }
    }
}

fn sorted(bars: &[Bar]) -> Vec<Bar> {
    let mut bars: Vec<_> = bars.iter().filter(|bar| bar.value > 0.0).cloned().collect();
    bars.sort_by(|a, b| b.value.total_cmp(&a.value));
    bars
}

fn curve(training: &TrainingFacts, metric: &str, is_mean: bool) -> Markup {
    let curves: Vec<&Curve> = training.curves.iter().filter(|curve| curve.metric == metric).take(6).collect();
    let points = |curve: &Curve| curve.points.iter().map(|(round, value)| (*round as f64, *value)).collect::<Vec<_>>();
    let values = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.1));
    let last = training.rounds.saturating_sub(1).max(1) as f64;
    let from = curves.iter().filter_map(|curve| curve.points.first()).map(|point| point.0).min().unwrap_or(0) as f64;
    let to = curves.iter().filter_map(|curve| curve.points.last()).map(|point| point.0 as f64).fold(from + last.min(1.0), f64::max);
    let mark = Some((training.last_round as f64, "last round kept"));
    let (mark, text) = match is_mean {
        true => (
            None,
            "By round, the mean over models. One that has ended counts with its last round; the last round is that of the whole model.",
        ),
        false if training.folds.is_empty() => (mark, "By round. The marked round is the last that the model keeps."),
        false => (mark, "By round, the mean over folds. The marked round is the last that all models keep."),
    };
    Lines {
        title: Title { title: metric, text },
        x: Axis::between("round", from, to),
        y: Axis::of(metric, values),
        lines: curves
            .iter()
            .map(|curve| Line { name: &curve.set, points: points(curve), is_marked: curve.points.len() < 3 })
            .collect(),
        reference: None,
        mark,
    }
    .draw()
}
