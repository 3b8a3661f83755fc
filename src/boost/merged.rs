//! Warnings of several models, each told once.

use crate::names::list;

/// Each warning once, with the folds that it is about, if these are not all. `of` has the warnings of each fold's model.
pub(super) fn merged(of: &[&[String]]) -> Vec<String> {
    let mut found: Vec<(&String, Vec<String>)> = Vec::new();
    for (fold, warnings) in of.iter().enumerate() {
        for warning in *warnings {
            match found.iter_mut().find(|(known, _)| *known == warning) {
                Some((_, folds)) => folds.push(fold.to_string()),
                None => found.push((warning, vec![fold.to_string()])),
            }
        }
    }
    let told = found.into_iter().map(|(warning, folds)| match folds.len() == of.len() {
        true => warning.clone(),
        false => format!("fold {}: {warning}", list(&folds)),
    });
    told.collect()
}
