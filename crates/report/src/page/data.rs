//! The data: sets, labels, columns.

use super::tables::{cell, table};
use crate::chart::{Axis, Title, columns, spark};
use crate::facts::{ColumnFacts, DataFacts};
use crate::text;
use maud::{Markup, html};

pub fn section(data: &DataFacts) -> Markup {
    let sets = data.sets.iter().map(|set| {
        let sampled = if set.sampled_rows == set.rows { "all".to_string() } else { text::count(set.sampled_rows) };
        [text::name(&set.name), text::count(set.rows), sampled, text::maybe(set.mean_label)].map(cell).to_vec()
    });
    let shown = data.columns.len();
    html! {
        (table(&["data set", "rows", "rows in this report", "mean label"], sets))
        @if !data.labels.is_empty() {
            div.charts {
                @let most = data.labels.iter().map(|bar| bar.value).fold(0.05, f64::max);
                (columns(
                    Title { title: "Labels", text: "The share of rows that have each label." },
                    "label", &Axis::between("share of rows", 0.0, most).in_percent(), &[("rows", &data.labels)],
                ))
            }
        }
        h3 { "Columns of " (text::name(&data.columns_of)) }
        p.note {
            @if shown < data.num_columns {
                "The " (shown) " columns that the model relies on most, of " (text::count(data.num_columns)) ". "
            }
            @if data.are_bins { "Values are the middles of bins, because the data came from the cache; all numbers are of the rows in this report. " }
            @else { "Counts, means and extremes are of all rows; quartiles, distributions and what follows them are of the rows in this report. " }
            "“Alone” tells how well a \
             column tells the label without any other: 1 is perfect; for two classes .5 is chance (area under the ROC curve), for numbers 0 (rank correlation); for \
             several classes it is the share of right guesses. “Drift” is the distance to the data that judge the model, in standard deviations for \
             numbers and from 0 to 1 for categories; look at what is above .1."
        }
        (table(
            &["column", "kind", "distribution", "missing", "different values", "mean", "deviation", "least", "median", "largest", "alone", "drift"],
            data.columns.iter().map(row),
        ))
    }
}

fn row(column: &ColumnFacts) -> Vec<Markup> {
    let quantile = |at: usize| cell(text::maybe(column.quantiles.map(|quantiles| quantiles[at])));
    let missing = if column.missing == 0.0 { "0".to_string() } else { text::percent(column.missing) };
    vec![
        cell(text::name(&column.name)),
        cell(column.kind),
        spark(&column.histogram),
        cell(missing),
        cell(text::count(column.distinct)),
        cell(text::maybe(column.mean)),
        cell(text::maybe(column.deviation)),
        quantile(0),
        quantile(2),
        quantile(4),
        cell(text::maybe(column.alone.map(rounded))),
        cell(text::maybe(column.drift.map(rounded))),
    ]
}

fn rounded(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}
