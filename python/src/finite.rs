//! [`Finite`]: features without infinite values, which Sapwood does not learn from. Models of other libraries may score them.

use sapwood::data::{Block, BlockSource, Chunk, FeatureSource};
use sapwood::{Error, FeatureSchema, Result};
use std::sync::Arc;

/// Features of which infinite values are refused when they are read.
pub struct Finite {
    source: Arc<dyn BlockSource>,
    /// What features are called.
    names: Vec<String>,
}

impl Finite {
    /// The features of `source`, which `schema` names.
    pub fn new(source: Arc<dyn BlockSource>, schema: &FeatureSchema) -> Self {
        Self { source, names: schema.features.iter().map(|feature| feature.name.clone()).collect() }
    }

    fn check(&self, feature: usize, first_row: usize, chunk: &Chunk<'_>) -> Result<()> {
        let found = match chunk {
            Chunk::F64(values) => values.iter().position(|x| x.is_infinite()),
            Chunk::F32(values) => values.iter().position(|x| x.is_infinite()),
            Chunk::Sparse { places, values, .. } => values.iter().position(|x| x.is_infinite()).map(|at| places[at] as usize),
            Chunk::Codes(_) => None,
        };
        found.map_or(Ok(()), |row| Err(infinite(first_row + row, self.names.get(feature).map_or("", |name| name))))
    }
}

/// The error about an infinite value.
pub fn infinite(row: usize, name: &str) -> Error {
    let cause = format!("row {row} (counted from 0), column {name}: infinite value; replace it or make it missing (NaN)");
    Error::data(cause).with_row(row as u64).with_column_name(name)
}

impl BlockSource for Finite {
    fn rows(&self) -> usize {
        self.source.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit(&|block| self.checked(block, visit))
    }

    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit_rows(&|block| self.checked(block, visit))
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        self.source.by_feature().map(|_| self as &dyn FeatureSource)
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.source.unknown_levels()
    }

    fn locate(&self, row: usize) -> String {
        self.source.locate(row)
    }
}

impl Finite {
    fn checked(&self, block: &Block<'_>, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        block.columns.iter().try_for_each(|(feature, chunk)| self.check(*feature, block.first_row, chunk))?;
        visit(block)
    }
}

impl FeatureSource for Finite {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        let source = self.source.by_feature().ok_or_else(|| Error::internal("features are asked for one by one, and cannot be"))?;
        let chunks = source.feature(feature)?;
        let mut first = 0;
        for chunk in &chunks {
            self.check(feature, first, chunk)?;
            first += chunk.len();
        }
        Ok(chunks)
    }
}
