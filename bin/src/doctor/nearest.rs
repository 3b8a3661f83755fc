//! The known name that somebody probably meant.

/// Longer names are no misspelt ones, and comparing them would take long.
const LONGEST: usize = 256;

/// The nearest of `known`, if one is near enough to be meant.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > LONGEST {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase());
    let nearest = known.into_iter().map(|known| (distance(known), known)).min();
    nearest.filter(|(distance, known)| *distance <= 1 + known.len().max(name.len()) / 3).map(|(_, known)| known)
}

/// As a remedy: the nearest name, or all of them.
pub fn remedy(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("write {nearest}"),
        None if known.is_empty() => "remove it".to_string(),
        None => format!("remove it, or write one of {}", known.join(", ")),
    }
}
