//! Columns of numbers that are written otherwise than as plain numbers: they must not become categories in silence.

use super::number_text::{Dress, dress};
use super::parse::Plan;
use crate::blocks::TextBlock;
use crate::cells::number;
use crate::params::Decimal;
use crate::reader::Limits;
use crate::roles::ColumnRole;
use crate::{Error, Result};

/// Warnings about columns of text, some of whose texts look like numbers. `levels` are the different texts of each column.
///
/// # Errors
/// Half of a column's different texts look like numbers.
pub(super) fn judge(plan: &Plan, levels: &[Vec<String>], categorical: &[bool], limits: Limits) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (at, column) in plan.columns.iter().enumerate() {
        let is_guessed = column.texts && !categorical[at] && matches!(column.role, ColumnRole::Feature(_) | ColumnRole::Label);
        let dressed = levels[at].iter().filter(|level| dress(level).is_some()).count();
        if !is_guessed || dressed == 0 {
            continue;
        }
        let numbers = levels[at].iter().filter(|level| number(level).is_some()).count();
        let error = refusal(plan, at, levels[at].len(), dressed, limits)?;
        if (dressed + numbers) * 2 >= levels[at].len() {
            return Err(error);
        }
        warnings.push(error.to_string());
    }
    Ok(warnings)
}

/// What is wrong with a column, at its first text that looks like a number.
fn refusal(plan: &Plan, at: usize, levels: usize, dressed: usize, limits: Limits) -> Result<Error> {
    let Some((file, line, text, dress)) = first(plan, at, limits)? else {
        return Err(Error::data(format!("file changed while it was read: {}", plan.table.layout().file)));
    };
    let decimal = if plan.missing.decimal_comma() { Decimal::Comma } else { Decimal::Point };
    let what = format!("{} in a column that would be text ({dressed} of {levels} different texts look like numbers)", dress.word());
    let remedy = match plan.columns[at].role {
        ColumnRole::Label => dress.remedy(decimal).to_string(),
        _ => format!("{}; or name the column in categorical_features", dress.remedy(decimal)),
    };
    Ok(plan.error((&what, &remedy), file, line, at, &text))
}

/// The first text of a column that looks like a number: file, line, text.
fn first(plan: &Plan, at: usize, limits: Limits) -> Result<Option<(usize, u64, String, Dress)>> {
    for (file, text_file) in plan.table.files.iter().enumerate() {
        for block in text_file.blocks(limits.block_bytes)? {
            if let Some((line, text, dress)) = first_in(plan, &block?, at)? {
                return Ok(Some((file, line, text, dress)));
            }
        }
    }
    Ok(None)
}

fn first_in(plan: &Plan, block: &TextBlock, at: usize) -> Result<Option<(u64, String, Dress)>> {
    let mut found = None;
    plan.for_each_row(block, |line, record| {
        let text = record.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or("");
        found = dress(text).map(|dress| (line, text.to_string(), dress));
        Ok(found.is_none())
    })?;
    Ok(found)
}
