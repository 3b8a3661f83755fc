//! How well the model predicts.

use super::tables::{cell, table};
use super::tasks;
use crate::facts::{MetricFacts, Quality};
use crate::text;
use maud::{Markup, html};

pub fn section(quality: &Quality) -> Markup {
    let set = text::name(&quality.set);
    html! {
        p {
            @match quality.is_training_set {
                _ if quality.is_out_of_fold => {
                    "Everything here is about the training rows, each predicted by models that did not learn from it, because its fold held it out. The model itself, of all \
                     rows, should be no worse on new data."
                }
                Some(true) => "Everything here is about the rows that the model learnt from: there are no others. On new data it will be worse.",
                Some(false) => { "Everything here is about " (set) ", which the model has not learnt from." }
                None => { "Everything here is about " (set) "." }
            }
            @if quality.sampled_rows < quality.rows {
                " Curves and tables are from " (text::count(quality.sampled_rows)) " of its " (text::count(quality.rows)) " rows, drawn by row number."
            }
        }
        @if !quality.metrics.is_empty() {
            p.note { "Intervals hold the value with 95 % probability, as far as it is due to which rows happen to be in the data (bootstrap). “Without a model” predicts the \
                      same for every row." }
            (table(&["metric", "value", "95 % interval", "without a model", "better is"], quality.metrics.iter().map(metric)))
        }
        @if let Some(binary) = &quality.binary { (tasks::binary(binary)) }
        @if let Some(classes) = &quality.classes { (tasks::classes(classes)) }
        @if let Some(regression) = &quality.regression { (tasks::regression(regression)) }
        @if let Some(ranking) = &quality.ranking { (tasks::ranking(ranking)) }
    }
}

fn metric(metric: &MetricFacts) -> Vec<Markup> {
    let interval = format!("{} to {}", text::number(metric.low), text::number(metric.high));
    let better = if metric.higher_is_better { "higher" } else { "lower" };
    [metric.name.clone(), text::number(metric.value), interval, text::maybe(metric.constant), better.to_string()].map(cell).to_vec()
}
