//! The rows that are predicted worst.

use super::tables::{cell, table};
use crate::chart::{Title, waterfall};
use crate::facts::WorstRow;
use crate::text;
use maud::{Markup, html};

/// Rows with a waterfall.
const WATERFALLS: usize = 4;

pub fn section(rows: &[WorstRow], is_out_of_fold: bool) -> Markup {
    let cells = |row: &WorstRow| {
        [text::shortened(&row.place, 120), row.label.clone(), row.prediction.clone(), text::number(row.loss)].map(cell).to_vec()
    };
    html! {
        p.note { "The rows of the sample with the largest loss: wrong labels, missing columns and rare cases show here. The loss is the absolute error, for classes the negative \
                  logarithm of the true one's probability. Rows are counted from 1, through all files in the order of their names."
                 @if is_out_of_fold { " Losses are of models that did not learn from the row, contributions of the whole model, which did." } }
        (table(&["row", "label", "prediction", "loss"], rows.iter().map(cells)))
        div.charts {
            @for row in rows.iter().take(WATERFALLS) {
                @if let Some(bias) = row.bias {
                    (waterfall(
                        Title {
                            title: &text::shortened(&row.place, 60),
                            text: &format!("Label {}, prediction {}. From the mean margin, {}, to that of the row.", row.label, row.prediction, text::number(bias)),
                        },
                        bias, &row.contributions,
                    ))
                }
            }
        }
    }
}
