//! Query groups must be whole: those whose rows several ranks have would be ranked as several groups.

use super::ranks::Ranks;
use crate::{Dataset, Error, Result};
use std::collections::HashSet;

/// Refuses a group with rows on several ranks.
pub(super) fn check(data: &Dataset, ranks: Ranks<'_>) -> Result<()> {
    let Some(groups) = data.groups().filter(|_| !ranks.is_alone()) else { return Ok(()) };
    let mut own = groups.to_vec();
    own.sort_unstable();
    own.dedup();
    let all = ranks.gather_words(&own);
    let before: HashSet<u64> = all[..ranks.rank()].iter().flatten().copied().collect();
    let split = groups.iter().position(|group| before.contains(group));
    ranks.agree(split.map_or(Ok(()), |row| {
        let what = format!(
            "rows of one query group lie apart, on two hosts: {} belongs to a group that begins on a host before",
            data.source().locate(row)
        );
        Err(Error::data(what).with_remedy("sort the rows by group, and let no group go over from one file to another"))
    }))
}
