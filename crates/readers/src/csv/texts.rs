//! Columns of CSV files as they stand there.

use super::Table;
use super::parse::Plan;
use crate::blocks::for_each_block;
use crate::cells::MissingTexts;
use crate::column::Types;
use crate::ranks::Ranks;
use crate::reader::Input;
use crate::{Error, FeatureSchema, Result};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// The names and the cells of some columns, row by row; `schema` is that of the model that the rows are read for.
pub(crate) fn texts(input: Input<'_>, schema: &FeatureSchema, columns: &[String]) -> Result<Vec<(String, Vec<String>)>> {
    let Input { files, options, limits } = input;
    let missing = MissingTexts::new(&options.missing);
    let table = Table::open(files, options, &missing, Some(schema), Ranks::alone())?;
    let layout = table.layout();
    let wanted = columns.iter().map(|column| layout.find(column, "kept")).collect::<Result<Vec<_>>>()?;
    let names: Vec<_> =
        wanted.iter().zip(columns).map(|(&at, column)| layout.names.map_or(column, |names| &names[at]).clone()).collect();
    let plan = Plan { table, columns: Vec::new(), missing, exceptions: HashMap::new(), types: Types::Given, careful_bytes: 0 };
    let blocks = Mutex::new(BTreeMap::new());
    for_each_block(&plan.table.files, limits.block_bytes, &|file, index, block| {
        let mut cells = vec![Vec::new(); wanted.len()];
        plan.for_each_row(block, |line, record| {
            for (&at, cells) in wanted.iter().zip(&mut cells) {
                let bytes = record.get(at).ok_or_else(|| plan.ragged(file, line, record.len()))?;
                let text = std::str::from_utf8(bytes).map_err(|_| plan.not_utf8(file, line, at, bytes))?;
                cells.push(text.to_string());
            }
            Ok(true)
        })?;
        // The lock is held for an insertion only.
        blocks.lock().unwrap_or_else(PoisonError::into_inner).insert((file, index), cells);
        Ok(())
    })?;
    let mut columns: Vec<_> = names.into_iter().map(|name| (name, Vec::new())).collect();
    for cells in blocks.into_inner().unwrap_or_else(PoisonError::into_inner).into_values() {
        columns.iter_mut().zip(cells).for_each(|((_, column), cells)| column.extend(cells));
    }
    if columns.iter().any(|(_, cells)| cells.len() != columns[0].1.len()) {
        return Err(Error::internal("kept columns have different numbers of rows"));
    }
    Ok(columns)
}
