//! Names in messages: lists of them, and the one that was probably meant.

/// Names for a message, separated by commas; a list of more than 20 is cut and says how many there are.
pub fn list(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown}, … ({} in all)", names.len()) } else { shown }
}

/// The known name that is at most two letters away from `name`.
pub fn nearly<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let known = nearest(name, known)?;
    (strsim::damerau_levenshtein(name, known) <= 2).then_some(known)
}

/// The known name that is most like `name`, if one is near enough to have been meant; case does not count.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // Comparing takes time in proportion to both lengths, and a request may hold a name of megabytes.
    const LONGEST: usize = 200;
    if name.len() > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    let distance = |known: &'n str| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known);
    let (distance, nearest) = known.into_iter().map(distance).min()?;
    (distance <= 1 + nearest.len().max(name.len()) / 3).then_some(nearest)
}
