//! Columns of numbers that are written otherwise than as plain numbers: they must not become categories in silence.

use super::parse::Plan;
use crate::blocks::TextBlock;
use crate::kinds::Dressed;
use crate::ranks::Ranks;
use crate::reader::Limits;
use crate::{Error, Result};

/// Warnings about columns of text, some of whose texts look like numbers. `levels` are the different texts of each column.
///
/// # Errors
/// Half of a column's different texts look like numbers.
pub(super) fn judge(
    plan: &Plan,
    levels: &[Vec<String>],
    categorical: &[bool],
    limits: Limits,
    ranks: Ranks<'_>,
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (at, levels) in levels.iter().enumerate() {
        let Some(dressed) = Dressed::of(plan.columns[at], categorical[at], levels, plan.decimal()) else { continue };
        let error = refusal(plan, at, &dressed, limits, ranks)?;
        if dressed.is_refused {
            return Err(error);
        }
        warnings.push(error.to_string());
    }
    Ok(warnings)
}

/// What is wrong with a column, at its first text that looks like a number.
fn refusal(plan: &Plan, at: usize, dressed: &Dressed, limits: Limits, ranks: Ranks<'_>) -> Result<Error> {
    let first = ranks.first(ranks.agree(first(plan, at, limits))?)?;
    let found = first.and_then(|(file, line, text)| plan.dress(&text).map(|dress| (file, line, text, dress)));
    let Some((file, line, text, dress)) = found else {
        return Err(Error::data(format!("file changed while it was read: {}", plan.table.layout().file)));
    };
    let (what, remedy) = dressed.fault(plan.columns[at].role, dress, plan.decimal());
    Ok(plan.error((&what, &remedy), file, line, at, &text))
}

/// The first text of a column that looks like a number: file, line, text.
fn first(plan: &Plan, at: usize, limits: Limits) -> Result<Option<(usize, u64, String)>> {
    for (file, text_file) in plan.table.files.iter().enumerate() {
        for block in text_file.blocks(limits.block_bytes)? {
            if let Some((line, text)) = first_in(plan, &block?, at)? {
                return Ok(Some((file, line, text)));
            }
        }
    }
    Ok(None)
}

fn first_in(plan: &Plan, block: &TextBlock, at: usize) -> Result<Option<(u64, String)>> {
    let mut found = None;
    plan.for_each_row(block, |line, record| {
        let text = record.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or("");
        found = plan.dress(text).map(|_| (line, text.to_string()));
        Ok(found.is_none())
    })?;
    Ok(found)
}
