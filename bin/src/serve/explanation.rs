//! How a row's margins come about, as a part of an answer: what each feature contributes, or how features interact.

use super::json::{write_json_list, write_json_number};
use sapwood::predict::{Output, Predictions, Scorer, predict};
use sapwood::{Dataset, Result};

/// What may be told, by names that are keys of answers and parameters of `Accept`.
pub const KINDS: [Output; 2] = [Output::Contributions, Output::Interactions];

/// Which of [`KINDS`] are wanted.
pub type Explained = [bool; KINDS.len()];

/// What explains all rows: of each output its features in the model's order and the bias; of interactions such a row for each of them.
pub struct Explanation {
    kind: Output,
    of_rows: Predictions,
    outputs: usize,
    /// The numbers of an innermost list.
    width: usize,
}

impl Explanation {
    /// Explains the data's rows.
    ///
    /// # Errors
    /// Data that cannot be read, or a model that cannot be explained.
    pub fn new(kind: Output, scorer: &Scorer, data: &Dataset) -> Result<Self> {
        Ok(Self { kind, of_rows: predict(scorer, data, kind)?, outputs: scorer.num_outputs(), width: scorer.num_features() + 1 })
    }

    /// The key that stands in front of it.
    pub fn key(&self) -> &'static str {
        self.kind.name()
    }

    /// A row's numbers, output by output, of interactions row by row.
    pub fn row(&self, row: usize) -> &[f64] {
        self.of_rows.row(row)
    }

    /// Appends a row's numbers as a JSON list, interactions as a list of lists; of several outputs as a list for each.
    pub fn write_json(&self, row: usize, out: &mut String) {
        let values = self.row(row);
        match self.outputs {
            1 => self.write_one(values, out),
            outputs => {
                let each = values.len() / outputs;
                write_json_list(outputs, out, |output, out| self.write_one(&values[output * each..][..each], out));
            }
        }
    }

    /// Appends what explains one output.
    fn write_one(&self, values: &[f64], out: &mut String) {
        let list =
            |values: &[f64], out: &mut String| write_json_list(values.len(), out, |at, out| write_json_number(values[at], out));
        match self.kind {
            Output::Interactions => {
                write_json_list(self.width, out, |row, out| list(&values[row * self.width..][..self.width], out));
            }
            _ => list(values, out),
        }
    }

    /// Appends the same as one cell of CSV, in quotes.
    pub fn write_cell(&self, row: usize, line: &mut String) {
        line.push('"');
        self.write_json(row, line);
        line.push('"');
    }
}
