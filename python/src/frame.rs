//! Columns of a frame as features: in the order of a model's schema and by its levels, or under a schema of their own.

use crate::column::{Column, Values, text};
use rayon::prelude::*;
use sapwood::data::{Block, BlockSource, Chunk, FeatureSource, MISSING_CODE};
use sapwood::{Error, Feature, FeatureKind, FeatureSchema, Result};
use sapwood_score::LevelIndex;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Texts of unknown levels that are told, a column.
const UNKNOWN: usize = 5;

/// Rows of a block.
const BLOCK_ROWS: usize = 65_536;

/// The columns of a frame in the order of a schema.
pub struct Frame {
    rows: usize,
    columns: Vec<FrameColumn>,
    /// Of each column that has some, texts that are no level.
    unknown: Vec<(usize, Vec<String>)>,
}

enum FrameColumn {
    Numbers(Arc<Values>),
    Codes(Vec<u32>),
}

/// A frame's columns under a schema of their own.
///
/// # Errors
/// Columns of different lengths, or two of one name.
pub fn own(columns: &[Arc<Column>], named: bool) -> Result<(FeatureSchema, Frame)> {
    let rows = same_length(columns)?;
    let made: Vec<_> = columns.par_iter().map(|column| own_column(column)).collect();
    let (features, columns): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    let mut names = BTreeSet::new();
    if let Some(twice) = features.iter().find(|feature| !names.insert(&*feature.name)) {
        return Err(Error::schema(format!("there are two columns {:?}; rename one", twice.name)));
    }
    Ok((FeatureSchema { features, named, index_base: None }, Frame { rows, columns, unknown: Vec::new() }))
}

fn same_length(columns: &[Arc<Column>]) -> Result<usize> {
    let rows = columns.first().map_or(0, |column| column.values.len());
    match columns.iter().find(|column| column.values.len() != rows) {
        None => Ok(rows),
        Some(column) => {
            let (name, length) = (&column.name, column.values.len());
            Err(Error::schema(format!("column {name} has {length} rows, the first has {rows}")))
        }
    }
}

fn own_column(column: &Column) -> (Feature, FrameColumn) {
    let name = column.name.clone();
    match &*column.values {
        Values::Levels { codes, levels, are_numbers } => {
            let (levels, codes) = sorted_levels(codes, levels, *are_numbers);
            (Feature { name, kind: FeatureKind::Categorical { levels } }, FrameColumn::Codes(codes))
        }
        _ => (Feature { name, kind: column.kind.clone() }, FrameColumn::Numbers(Arc::clone(&column.values))),
    }
}

/// The levels that rows have, sorted as readers sort them, and the codes of rows by these. Levels without rows are none, so that a model is a
/// function of its rows.
fn sorted_levels(codes: &[u32], levels: &[String], are_numbers: bool) -> (Vec<String>, Vec<u32>) {
    let mut used = vec![false; levels.len()];
    codes.iter().for_each(|&code| used.get_mut(code as usize).into_iter().for_each(|used| *used = true));
    let mut order: Vec<usize> = (0..levels.len()).filter(|level| used[*level]).collect();
    match are_numbers {
        true => {
            let number = |level: &usize| levels[*level].parse::<f64>().unwrap_or(f64::NAN);
            order.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        false => order.sort_by(|a, b| levels[*a].cmp(&levels[*b])),
    }
    // Two levels may have one text: 1 and 1.0.
    let mut sorted: Vec<String> = Vec::with_capacity(order.len());
    let mut new = vec![MISSING_CODE; levels.len()];
    for level in order {
        if sorted.last() != Some(&levels[level]) {
            sorted.push(levels[level].clone());
        }
        new[level] = sorted.len() as u32 - 1;
    }
    (sorted, recoded(codes, &new))
}

fn recoded(codes: &[u32], new: &[u32]) -> Vec<u32> {
    codes.iter().map(|&code| new.get(code as usize).copied().unwrap_or(MISSING_CODE)).collect()
}

/// A frame's columns under a schema that they are to fit: found by name where both have names, else by position.
///
/// # Errors
/// Columns that are missing or too many, or that are of another type than the schema has.
pub fn like(columns: &[Arc<Column>], named: bool, schema: &FeatureSchema) -> Result<Frame> {
    let rows = same_length(columns)?;
    let columns = if named && schema.named { by_name(columns, schema)? } else { columns.iter().collect() };
    schema.check_count(columns.len())?;
    let levels = LevelIndex::new(schema);
    let made = columns.par_iter().enumerate().map(|(index, column)| like_column(column, index, schema, &levels));
    let made: Vec<_> = made.collect::<Result<_>>()?;
    let mut frame = Frame { rows, columns: Vec::new(), unknown: Vec::new() };
    for (index, (column, unknown)) in made.into_iter().enumerate() {
        frame.columns.push(column);
        frame.unknown.extend((!unknown.is_empty()).then_some((index, unknown)));
    }
    Ok(frame)
}

fn by_name<'a>(columns: &'a [Arc<Column>], schema: &FeatureSchema) -> Result<Vec<&'a Arc<Column>>> {
    let list = |names: Vec<&str>| names.iter().take(10).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let extra: Vec<_> = columns.iter().filter(|column| schema.position(&column.name).is_none()).map(|c| &*c.name).collect();
    let found: Vec<_> = schema.features.iter().map(|feature| columns.iter().find(|c| c.name == feature.name)).collect();
    let missing: Vec<_> = schema.features.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(f, _)| &*f.name).collect();
    if !missing.is_empty() {
        let has = if extra.is_empty() { String::new() } else { format!("; they have {} instead", list(extra)) };
        return Err(Error::schema(format!("the data lack the columns {}, which the model was trained on{has}", list(missing))));
    }
    if !extra.is_empty() {
        return Err(Error::schema(format!("the data have the columns {}, which the model was not trained on", list(extra)))
            .with_remedy("leave them out"));
    }
    Ok(found.into_iter().flatten().collect())
}

/// A column as the schema has it, and texts of it that are no level.
fn like_column(
    column: &Arc<Column>,
    index: usize,
    schema: &FeatureSchema,
    levels: &LevelIndex,
) -> Result<(FrameColumn, Vec<String>)> {
    let feature = &schema.features[index];
    let refuse = |what: &str| {
        let (name, wanted) = (&feature.name, feature.kind.word());
        Error::schema(format!("column {name} is {what}, in the model it is {wanted}; convert the column")).with_column_name(name)
    };
    let numbers = || FrameColumn::Numbers(Arc::clone(&column.values));
    match (&*column.values, &feature.kind) {
        (Values::Levels { codes, levels: texts, .. }, FeatureKind::Categorical { .. }) => {
            let new: Vec<_> = texts.iter().map(|text| levels.code(index, text).unwrap_or(MISSING_CODE)).collect();
            let mut used = vec![false; texts.len()];
            codes.iter().for_each(|&code| used.get_mut(code as usize).into_iter().for_each(|used| *used = true));
            let unknown = (0..texts.len()).filter(|level| used[*level] && new[*level] == MISSING_CODE).map(|level| &texts[level]);
            let unknown = unknown.collect::<BTreeSet<_>>().into_iter().take(UNKNOWN).cloned().collect();
            Ok((FrameColumn::Codes(recoded(codes, &new)), unknown))
        }
        (Values::Levels { .. }, _) => Err(refuse("categorical")),
        (values, FeatureKind::Categorical { .. }) => {
            let chunk = values.numbers(0..values.len()).ok_or_else(|| refuse("of no type"))?;
            let mut unknown = BTreeSet::new();
            let code = |row| match chunk.get(row) {
                missing if missing.is_nan() => MISSING_CODE,
                number => {
                    let text = text(number);
                    levels.code(index, &text).unwrap_or_else(|| {
                        unknown.insert(text);
                        MISSING_CODE
                    })
                }
            };
            let codes = (0..chunk.len()).map(code).collect();
            Ok((FrameColumn::Codes(codes), unknown.into_iter().take(UNKNOWN).collect()))
        }
        (_, FeatureKind::Numeric) if matches!(column.kind, FeatureKind::Numeric | FeatureKind::Boolean) => {
            Ok((numbers(), Vec::new()))
        }
        (values, FeatureKind::Boolean) if column.kind == FeatureKind::Numeric => {
            let chunk = values.numbers(0..values.len()).ok_or_else(|| refuse("of no type"))?;
            let is_truth = |row| matches!(chunk.get(row), 0.0 | 1.0) || chunk.get(row).is_nan();
            if (0..chunk.len()).all(is_truth) { Ok((numbers(), Vec::new())) } else { Err(refuse("numeric")) }
        }
        (_, wanted) if *wanted == column.kind => Ok((numbers(), Vec::new())),
        _ => Err(refuse(column.kind.word())),
    }
}

impl Frame {
    fn chunk(&self, column: usize, rows: Range<usize>) -> Result<Chunk<'_>> {
        match &self.columns[column] {
            FrameColumn::Codes(codes) => Ok(Chunk::Codes(Cow::Borrowed(&codes[rows]))),
            FrameColumn::Numbers(values) => {
                values.numbers(rows).ok_or_else(|| Error::internal("a column of levels is read as numbers"))
            }
        }
    }
}

impl BlockSource for Frame {
    fn rows(&self) -> usize {
        self.rows
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        (0..self.rows.div_ceil(BLOCK_ROWS)).into_par_iter().try_for_each(|block| {
            let first_row = block * BLOCK_ROWS;
            let rows = BLOCK_ROWS.min(self.rows - first_row);
            let column = |column| Ok((column, self.chunk(column, first_row..first_row + rows)?));
            let columns = (0..self.columns.len()).map(column).collect::<Result<_>>()?;
            visit(&Block { first_row, rows, columns })
        })
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        Some(self)
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.unknown.clone()
    }
}

impl FeatureSource for Frame {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        Ok(vec![self.chunk(feature, 0..self.rows)?])
    }
}
