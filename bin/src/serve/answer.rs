//! Predictions in the form that the client accepts, piece by piece: the text of an answer is several times as large as its numbers. In text,
//! numbers are written as `sapwood predict` writes them.

use super::content::Accept;
use super::explanation::Explanation;
use super::json::{write_json_list, write_json_number};
use super::selection::Selected;
use sapwood::predict::Predictions;
use sapwood_readers::recordio::encode_answer;
use serde_json::Value;

/// A piece has so many bytes, and what its last row has beyond them.
pub const PIECE: usize = 16 << 10;

/// What an answer is made from.
pub enum Content {
    /// What `sapwood predict` writes, and what explains it.
    Predictions(Predictions, Vec<Explanation>),
    /// What `SAGEMAKER_INFERENCE_OUTPUT` asks for.
    Selected(Box<Selected>),
}

/// An answer of which some rows have been written.
pub struct Answer {
    content: Content,
    form: Accept,
    next_row: usize,
}

impl Answer {
    /// An answer of which nothing has been written.
    pub fn new(content: Content, form: Accept) -> Self {
        Self { content, form, next_row: 0 }
    }

    /// The form's content type.
    pub fn media_type(&self) -> &'static str {
        self.form.media_type()
    }

    /// The bytes of all pieces. It takes as long as writing them, and tells beforehand whether that is possible.
    ///
    /// # Errors
    /// As [`Answer::piece`].
    pub fn length(&mut self) -> sapwood::Result<u64> {
        let mut length = 0;
        self.next_row = 0;
        while let Some(piece) = self.piece()? {
            length += piece.len() as u64;
        }
        self.next_row = 0;
        Ok(length)
    }

    /// The next piece; `None` behind the last. CSV and JSON lines are one line a row, each with its end; records are in single precision.
    ///
    /// # Errors
    /// A row's answer is larger than a record can be.
    pub fn piece(&mut self) -> sapwood::Result<Option<Vec<u8>>> {
        let mut piece = Vec::new();
        let mut text = String::new();
        while self.next_row < self.content.rows() && piece.len() < PIECE {
            match self.form {
                Accept::Recordio => self.content.write_record(self.next_row, &mut piece)?,
                _ => self.write_text(&mut text),
            }
            piece.extend_from_slice(text.as_bytes());
            text.clear();
            self.next_row += 1;
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    /// The text of the next row, with what frames it.
    fn write_text(&self, text: &mut String) {
        let (row, rows) = (self.next_row, self.content.rows());
        match self.form {
            Accept::Csv => self.content.write_csv(row, text),
            Accept::Json => {
                text.push_str(if row == 0 { "{\"predictions\": [" } else { ", " });
                self.content.write_json(row, text);
            }
            _ => self.content.write_json(row, text),
        }
        match self.form {
            Accept::Json if row + 1 < rows => {}
            Accept::Json => text.push_str("]}\n"),
            _ => text.push('\n'),
        }
    }
}

impl Content {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Predictions(predictions, _) => predictions.rows(),
            Self::Selected(selected) => selected.rows(),
        }
    }

    fn write_record(&self, row: usize, bytes: &mut Vec<u8>) -> sapwood::Result<()> {
        match self {
            Self::Predictions(predictions, explanations) => {
                let explained = explanations.iter().map(|explanation| (explanation.key(), explanation.row(row)));
                let all: Vec<_> = std::iter::once(("score", predictions.row(row))).chain(explained).collect();
                encode_answer(&all, bytes)
            }
            Self::Selected(selected) => {
                let results = selected.numbers(row);
                let results: Vec<_> = results.iter().map(|(name, values)| (*name, &values[..])).collect();
                encode_answer(&results, bytes)
            }
        }
    }

    fn write_csv(&self, row: usize, text: &mut String) {
        match self {
            Self::Predictions(predictions, explanations) => {
                predictions.write_row(row, text);
                for explanation in explanations {
                    text.push(',');
                    explanation.write_cell(row, text);
                }
            }
            Self::Selected(selected) => selected.write_csv(row, text),
        }
    }

    fn write_json(&self, row: usize, text: &mut String) {
        let (predictions, explanations) = match self {
            Self::Predictions(predictions, explanations) => (predictions, explanations),
            Self::Selected(selected) => return selected.write_json(row, text),
        };
        text.push_str("{\"score\": ");
        match predictions.row(row) {
            [class] if predictions.class(*class).is_some() => {
                text.push_str(&Value::from(predictions.class(*class).unwrap_or_default()).to_string());
            }
            [score] => write_json_number(*score, text),
            scores => write_json_list(scores.len(), text, |at, text| write_json_number(scores[at], text)),
        }
        for explanation in explanations {
            text.push_str(", \"");
            text.push_str(explanation.key());
            text.push_str("\": ");
            explanation.write_json(row, text);
        }
        text.push('}');
    }
}
