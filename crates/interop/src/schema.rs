//! What schemas of all formats have in common.

use crate::Error;
use sapwood_score::FeatureSchema;
use std::collections::HashSet;

/// Checks that no two features have one name: columns are found by their names.
///
/// # Errors
/// Two have.
pub fn check_names(schema: &FeatureSchema, format: &'static str) -> Result<(), Error> {
    let mut seen = HashSet::with_capacity(schema.len());
    match schema.features.iter().find(|feature| !seen.insert(&feature.name)) {
        Some(feature) => Err(Error::Inconsistent { format, what: format!("two features are called {:?}", feature.name) }),
        None => Ok(()),
    }
}
