//! Predictions as text, in the form that the client accepts. Numbers are written as `sapwood predict` writes them.

use super::content::Accept;
use super::selection::{Selected, write_json_list, write_json_number};
use sapwood::predict::Predictions;

/// What an answer is made from.
pub enum Content<'s> {
    /// What `sapwood predict` writes.
    Predictions(Predictions),
    /// What `SAGEMAKER_INFERENCE_OUTPUT` asks for.
    Selected(Selected<'s>),
}

impl Content<'_> {
    /// The answer as text. CSV and JSON lines are one line a row, each with its end.
    pub fn render(&self, form: Accept) -> String {
        let mut text = String::new();
        match form {
            Accept::Csv => (0..self.rows()).for_each(|row| {
                self.write_csv(row, &mut text);
                text.push('\n');
            }),
            Accept::JsonLines => (0..self.rows()).for_each(|row| {
                self.write_json(row, &mut text);
                text.push('\n');
            }),
            Accept::Json => {
                text.push_str("{\"predictions\": ");
                write_json_list(self.rows(), &mut text, |row, text| self.write_json(row, text));
                text.push_str("}\n");
            }
        }
        text
    }

    fn rows(&self) -> usize {
        match self {
            Self::Predictions(predictions) => predictions.rows(),
            Self::Selected(selected) => selected.rows(),
        }
    }

    fn write_csv(&self, row: usize, text: &mut String) {
        match self {
            Self::Predictions(predictions) => predictions.write_row(row, text),
            Self::Selected(selected) => selected.write_csv(row, text),
        }
    }

    fn write_json(&self, row: usize, text: &mut String) {
        let predictions = match self {
            Self::Predictions(predictions) => predictions,
            Self::Selected(selected) => return selected.write_json(row, text),
        };
        text.push_str("{\"score\": ");
        match predictions.row(row) {
            [score] => write_json_number(*score, text),
            scores => write_json_list(scores.len(), text, |at, text| write_json_number(scores[at], text)),
        }
        text.push('}');
    }
}
