//! Parsed features of consecutive rows, dense or sparse, and how they are handed over as blocks.

use super::Column;
use super::levels::{LevelCodes, Raw};
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
    /// Codes of levels.
    Levels(LevelCodes),
}

impl ColumnEncoder {
    /// One encoder a feature.
    pub fn of(schema: &FeatureSchema) -> Vec<Self> {
        let encoder = |kind: &FeatureKind| match kind {
            FeatureKind::Categorical { levels } => Self::Levels(LevelCodes::new(levels)),
            FeatureKind::Boolean => Self::Boolean,
            FeatureKind::Numeric | FeatureKind::Date | FeatureKind::Datetime => Self::Numbers,
        };
        schema.features.iter().map(|feature| encoder(&feature.kind)).collect()
    }

    /// The same for another data set.
    pub fn for_another(&self) -> Self {
        match self {
            Self::Numbers => Self::Numbers,
            Self::Boolean => Self::Boolean,
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
        match (self, raw) {
            (Self::Levels(levels), Raw::Texts(texts)) => Ok(Column::Codes(texts.encode(levels))),
            (_, Raw::Numbers(column)) => Ok(column),
            (_, Raw::Texts(texts)) => {
                let values: Vec<_> = texts.levels.iter().map(|level| truth(level)).collect();
                let value = |(row, &code): (usize, &u32)| match values.get(code as usize) {
                    None => Ok(f32::NAN),
                    Some(value) => value.ok_or_else(|| (row, texts.levels[code as usize].clone())),
                };
                texts.codes.iter().enumerate().map(value).collect::<Result<_, _>>().map(Column::F32)
            }
        }
    }
}

fn truth(text: &str) -> Option<f32> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(1.0),
        "false" | "0" => Some(0.0),
        _ => None,
    }
}
