//! What the columns of CSV training files hold: which are read anew, and the first cell of a column that cannot be told.

use super::parse::Plan;
use crate::blocks::for_each_block;
use crate::cells::MissingTexts;
use crate::column::Counts;
use crate::kinds::{Census, Doubt, Kind, doubtful, remedy_for};
use crate::levels::LevelSet;
use crate::ranks::Ranks;
use crate::reader::Limits;
use crate::roles::ColumnRole;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The census of the texts of a column.
fn census(levels: &LevelSet, missing: &MissingTexts) -> Census {
    let mut census = Census::default();
    levels.visit(|level| census.add(missing.cell(level), level));
    census
}

/// Which columns are to be read anew, as texts where they were read as numbers and the other way round. `true`: some are.
pub(super) fn reconsider(plan: &mut Plan, counts: &[Counts], levels: &[LevelSet], categorical: &[bool]) -> bool {
    let mut again = false;
    let Plan { columns, missing, .. } = plan;
    for (at, column) in columns.iter_mut().enumerate().filter(|(at, _)| !categorical[*at]) {
        let cells = &counts[at];
        let texts = match (column.texts, column.role) {
            (true, ColumnRole::Feature(_)) => cells.numbers == 0 || census(&levels[at], missing).kind(cells) != Kind::Numbers,
            (true, _) => cells.numbers == 0 || cells.words > 0,
            (false, _) => cells.words > 0,
        };
        again |= texts != column.texts;
        column.texts = texts;
    }
    again
}

/// What every column holds. A column that cannot be told is an error that names the first cell that does not go with the others.
pub(super) fn settle(
    plan: &Plan,
    counts: &[Counts],
    levels: &[LevelSet],
    categorical: &[bool],
    limits: Limits,
    ranks: Ranks<'_>,
) -> Result<Vec<Kind>> {
    let kind = |(at, cells): (usize, &Counts)| census(&levels[at], &plan.missing).decide(plan.columns[at], cells, categorical[at]);
    let kinds: Vec<_> = counts.iter().enumerate().map(kind).collect();
    let doubtful = doubtful(&kinds);
    if doubtful.is_empty() { Ok(kinds) } else { Err(first_stray(plan, &doubtful, limits, ranks)?) }
}

/// A text that does not go with others of its column: how many cells have it, and the first of them.
#[derive(Serialize, Deserialize)]
struct Stray {
    cells: u64,
    place: (usize, u64),
}

/// The error for the first cell that does not go with the others of its column. Reads everything again: only here places count.
fn first_stray(plan: &Plan, doubtful: &[(usize, Doubt)], limits: Limits, ranks: Ranks<'_>) -> Result<Error> {
    let found: Mutex<HashMap<(usize, String), Stray>> = Mutex::default();
    let read = for_each_block(&plan.table.files, limits.block_bytes, &|file, _, block| {
        plan.for_each_cell(block, |line, at, text| {
            let Some((_, doubt)) = doubtful.iter().find(|(column, _)| *column == at) else { return };
            if doubt.is_stray(plan.columns[at].role, plan.missing.cell(text), text) {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                let stray = found.entry((at, text.trim().to_string())).or_insert(Stray { cells: 0, place: (file, line) });
                stray.cells += 1;
                stray.place = stray.place.min((file, line));
            }
        })
    });
    ranks.agree(read)?;
    let own: Vec<_> = found.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect();
    let mut found: HashMap<(usize, String), Stray> = HashMap::new();
    for (text, other) in ranks.gather(own)?.into_iter().flatten() {
        let stray = found.entry(text).or_insert(Stray { cells: 0, ..other });
        stray.cells += other.cells;
        stray.place = stray.place.min(other.place);
    }
    let first = found.iter().min_by_key(|((at, _), stray)| (stray.place, *at));
    let Some(((at, text), Stray { cells, place: (file, line) })) = first else {
        return Ok(Error::internal("a column has no cell that does not go with the others"));
    };
    let doubt = doubtful.iter().find(|(column, _)| column == at).map_or(Doubt::AmongNumbers, |(_, doubt)| *doubt);
    let (what, remedy) = doubt.fault();
    let remedy = if doubt == Doubt::AmongNumbers { plan.remedy(*file, *line, text, remedy) } else { remedy };
    Ok(plan.error((what, &remedy_for(*cells, remedy)), *file, *line, *at, text))
}
