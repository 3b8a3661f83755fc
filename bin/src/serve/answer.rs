//! Predictions in the form that the client accepts. In text, numbers are written as `sapwood predict` writes them.

use super::content::Accept;
use super::selection::{Selected, write_json_list, write_json_number};
use sapwood::predict::Predictions;
use sapwood_readers::recordio::encode_answer;

/// What an answer is made from.
pub enum Content<'s> {
    /// What `sapwood predict` writes.
    Predictions(Predictions),
    /// What `SAGEMAKER_INFERENCE_OUTPUT` asks for.
    Selected(Selected<'s>),
}

impl Content<'_> {
    /// The answer. CSV and JSON lines are one line a row, each with its end; records are in single precision.
    ///
    /// # Errors
    /// A row's answer is larger than a record can be.
    pub fn render(&self, form: Accept) -> sapwood::Result<Vec<u8>> {
        let mut text = String::new();
        match form {
            Accept::Recordio => return self.records(),
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
        Ok(text.into_bytes())
    }

    fn records(&self) -> sapwood::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for row in 0..self.rows() {
            match self {
                Self::Predictions(predictions) => encode_answer(&[("score", predictions.row(row))], &mut bytes)?,
                Self::Selected(selected) => {
                    let results = selected.numbers(row);
                    let results: Vec<_> = results.iter().map(|(name, values)| (*name, &values[..])).collect();
                    encode_answer(&results, &mut bytes)?;
                }
            }
        }
        Ok(bytes)
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
