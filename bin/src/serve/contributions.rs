//! What each feature contributes to a row's margins, as a part of an answer.

use super::json::{write_json_list, write_json_number};
use sapwood::predict::{Output, Predictions, Scorer, predict};
use sapwood::{Dataset, Result};

/// The key that stands in front of contributions.
pub const KEY: &str = "contributions";

/// The contributions of all rows: of each output its features in the model's order, then the bias.
pub struct Contributions {
    of_rows: Predictions,
    outputs: usize,
}

impl Contributions {
    /// Explains the data's rows.
    ///
    /// # Errors
    /// Data that cannot be read, or a model that cannot be explained.
    pub fn new(scorer: &Scorer, data: &Dataset) -> Result<Self> {
        Ok(Self { of_rows: predict(scorer, data, Output::Contributions)?, outputs: scorer.num_outputs() })
    }

    /// A row's contributions, output by output.
    pub fn row(&self, row: usize) -> &[f64] {
        self.of_rows.row(row)
    }

    /// Appends a row's contributions as a JSON list; of several outputs as a list for each.
    pub fn write_json(&self, row: usize, out: &mut String) {
        let values = self.row(row);
        let list =
            |values: &[f64], out: &mut String| write_json_list(values.len(), out, |at, out| write_json_number(values[at], out));
        if self.outputs == 1 {
            return list(values, out);
        }
        let each = values.len() / self.outputs;
        write_json_list(self.outputs, out, |output, out| list(&values[output * each..][..each], out));
    }

    /// Appends the same as one cell of CSV, in quotes.
    pub fn write_cell(&self, row: usize, line: &mut String) {
        line.push('"');
        self.write_json(row, line);
        line.push('"');
    }
}
