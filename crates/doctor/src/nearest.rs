//! The known name that somebody probably meant, as a remedy.

use sapwood::names::nearest;

/// The nearest name, or all of them.
pub fn remedy(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("write {nearest}"),
        None if known.is_empty() => "remove it".to_string(),
        None => format!("remove it, or write one of {}", known.join(", ")),
    }
}
