//! Parsed features of consecutive rows, dense or sparse, and how they are handed over as blocks.

use super::Column;
use super::cells::{MissingTexts, is_missing_among_numbers, number, truth};
use super::column::Types;
use super::dates::{Moment, moment};
use super::levels::{LevelCodes, Raw, compact};
use crate::{Block, Chunk};
use crate::{FeatureKind, FeatureSchema, Result};

/// The features of consecutive rows.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// One column a feature, in schema order.
    Dense { rows: usize, columns: Vec<Column> },
    /// Row by row, the features present.
    Sparse(Sparse),
}

/// Rows of (feature, value) pairs; features that are absent are missing.
#[derive(Clone, Debug)]
pub(super) struct Sparse {
    /// Where each row begins, and the end of the last.
    pub starts: Vec<usize>,
    pub features: Vec<u32>,
    pub values: Column,
}

impl Piece {
    pub fn rows(&self) -> usize {
        match self {
            Self::Dense { rows, .. } => *rows,
            Self::Sparse(sparse) => sparse.starts.len() - 1,
        }
    }

    /// Bytes that keeping it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Dense { columns, .. } => columns.iter().map(Column::bytes).sum(),
            Self::Sparse(sparse) => sparse.bytes(),
        }
    }

    /// Hands the rows to `visit`.
    pub fn visit(&self, first_row: usize, features: usize, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let columns: Vec<_> = match self {
            Self::Dense { rows, columns } => columns.iter().map(|column| column.slice(0..*rows)).enumerate().collect(),
            Self::Sparse(sparse) => sparse.columns(features).into_iter().enumerate().collect(),
        };
        visit(&Block { first_row, rows: self.rows(), columns })
    }
}

impl Sparse {
    pub fn bytes(&self) -> usize {
        self.starts.len() * 8 + self.features.len() * 4 + self.values.bytes()
    }

    /// The same, feature by feature.
    fn columns(&self, features: usize) -> Vec<Chunk<'static>> {
        let rows = self.starts.len() - 1;
        let mut columns = vec![(Vec::new(), Vec::new()); features];
        let values = self.values.slice(0..self.values.len());
        for row in 0..rows {
            for at in self.starts[row]..self.starts[row + 1] {
                let (places, numbers) = &mut columns[self.features[at] as usize];
                places.push(row as u32);
                numbers.push(values.get(at));
            }
        }
        columns.into_iter().map(|(places, values)| Chunk::Sparse { len: rows, places, values }).collect()
    }
}

/// How a column as read becomes the values of a feature.
#[derive(Debug)]
pub(super) enum ColumnEncoder {
    /// Numbers as they are.
    Numbers,
    /// Numbers as they are; `true` is 1 and `false` is 0.
    Boolean,
    /// Days since 1970.
    Date,
    /// Microseconds since 1970.
    Datetime,
    /// Codes of levels.
    Levels(LevelCodes),
}

impl ColumnEncoder {
    /// One encoder a feature.
    pub fn of(schema: &FeatureSchema) -> Vec<Self> {
        let encoder = |kind: &FeatureKind| match kind {
            FeatureKind::Categorical { levels } => Self::Levels(LevelCodes::new(levels)),
            FeatureKind::Boolean => Self::Boolean,
            FeatureKind::Date => Self::Date,
            FeatureKind::Datetime => Self::Datetime,
            FeatureKind::Numeric => Self::Numbers,
        };
        schema.features.iter().map(|feature| encoder(&feature.kind)).collect()
    }

    /// The same, remembering every text that is no level.
    pub fn collecting(self) -> Self {
        match self {
            Self::Levels(levels) => Self::Levels(levels.collecting()),
            other => other,
        }
    }

    /// The same for another data set.
    pub fn for_another(&self) -> Self {
        match self {
            Self::Numbers => Self::Numbers,
            Self::Boolean => Self::Boolean,
            Self::Date => Self::Date,
            Self::Datetime => Self::Datetime,
            Self::Levels(levels) => Self::Levels(levels.for_another()),
        }
    }

    /// What [`BlockSource::unknown_levels`](super::BlockSource::unknown_levels) says of a data set with these encoders.
    pub fn unknown_levels(encoders: &[Self]) -> Vec<(usize, Vec<String>)> {
        let unknown = |encoder: &Self| match encoder {
            Self::Levels(levels) => levels.unknown(),
            _ => Vec::new(),
        };
        encoders.iter().map(unknown).enumerate().filter(|(_, texts)| !texts.is_empty()).collect()
    }

    /// The values, or the first row whose text is no value of the feature, and the text.
    pub fn encode(&self, raw: Raw) -> Result<Column, (usize, String)> {
        let texts = match raw {
            Raw::Numbers(column) => return Ok(column),
            Raw::Texts(texts) => texts,
        };
        let meaning: fn(&str) -> Option<f64> = match self {
            Self::Levels(levels) => return Ok(Column::Codes(texts.encode(levels))),
            Self::Numbers | Self::Boolean => truth_value,
            Self::Date => |text| moment(text)?.days(),
            Self::Datetime => |text| moment(text).map(Moment::micros),
        };
        let value = |text: &String| if is_missing_among_numbers(text) { Some(f64::NAN) } else { meaning(text) };
        let values: Vec<_> = texts.levels.iter().map(value).collect();
        let value = |(row, &code): (usize, &u32)| match values.get(code as usize) {
            None => Ok(f64::NAN),
            Some(value) => value.ok_or_else(|| (row, texts.levels[code as usize].clone())),
        };
        texts.codes.iter().enumerate().map(value).collect::<Result<_, _>>().map(compact)
    }

    /// What stands for a missing value in cells of the feature, if it is not what does so everywhere.
    pub fn exception(&self, missing: &MissingTexts) -> Option<MissingTexts> {
        match self {
            Self::Levels(levels) => missing.beside_levels(|text| levels.exactly(text).is_some()),
            _ => None,
        }
    }

    /// What is wrong with a text that is no value of the feature, and what to do about it.
    pub fn fault(&self, text: &str, types: Types) -> (&'static str, &'static str) {
        // As pandas writes moments in JSON.
        let is_number = number(text).is_some();
        match self {
            Self::Date if is_number => {
                ("number in a column of dates", "write dates as 2024-01-05 (in pandas to_json, date_format=\"iso\")")
            }
            Self::Datetime if is_number => {
                ("number in a column of times", "write times as 2024-01-05 10:30:00 (in pandas to_json, date_format=\"iso\")")
            }
            Self::Date => ("text that is no date such as 2024-01-05", types.remedy()),
            Self::Datetime => ("text that is no date and time such as 2024-01-05 10:30:00", types.remedy()),
            Self::Numbers | Self::Boolean | Self::Levels(_) if is_number => {
                ("number that is neither 0 nor 1 in a column of truth values", types.remedy())
            }
            Self::Numbers | Self::Boolean | Self::Levels(_) => ("text that is neither true nor false", types.remedy()),
        }
    }
}

/// The number for a truth value in whatever spelling.
pub(super) fn truth_value(text: &str) -> Option<f64> {
    match text {
        "1" => Some(1.0),
        "0" => Some(0.0),
        _ => truth(text).map(|truth| f64::from(u8::from(truth))),
    }
}
