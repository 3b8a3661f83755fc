//! What holds of a search where nothing else is said.

use super::space::Space;
use crate::params::spec;
use crate::{Error, Params, Result};

/// Rounds enough for early stopping to end them, at a rate at which a few of them tell good parameters from poor ones.
const TRAINING: [(&str, &str); 3] = [("num_round", "1000"), ("early_stopping_rounds", "30"), ("eta", "0.1")];

/// Folds where there are no validation data, as in LightGBM's and scikit-learn's cross-validation.
const FOLDS: (&str, &str) = ("nfold", "5");

/// The parameters of all trials, and what is searched: as they are given, and defaults of a search for those that are not. `search` is the text of a
/// [`Space`]; with validation data there are no folds.
///
/// # Errors
/// Parameters that are wrong, that are searched and have a value, or that say twice what trials are judged by.
pub fn with_defaults(
    mut given: Vec<(String, String)>,
    search: Option<&str>,
    has_validation: bool,
) -> Result<(Vec<(String, String)>, Space)> {
    let space = search.map(str::parse::<Space>).transpose()?;
    let is_searched = |name: &str| space.iter().flat_map(Space::parameters).any(|searched| searched == name);
    TRAINING.into_iter().filter(|(name, _)| !is_searched(name)).for_each(|default| add(&mut given, default));
    let (params, _) = Params::from_pairs(given.clone())?;
    if params.has_preset() || is_searched("preset") || is_searched("quality") {
        let error = Error::parameter("preset cannot be combined with a search, which chooses parameters by itself");
        return Err(error.with_parameter("preset").with_remedy("leave out one of the two"));
    }
    let has_validation = has_validation || params.validation_fraction.is_some();
    if has_validation && params.nfold.is_some() {
        let error = Error::parameter("nfold is given, and trials are judged by validation data").with_parameter("nfold");
        return Err(error.with_remedy("leave out one of the two"));
    }
    if !has_validation {
        add(&mut given, FOLDS);
    }
    let space = match space {
        Some(space) => space,
        None => Space::usual(&given)?,
    };
    space.check(&given)?;
    Ok((given, space))
}

/// Adds a parameter that is not given under any of its names.
fn add(given: &mut Vec<(String, String)>, (name, value): (&str, &str)) {
    let is_given = |(given, _): &(String, String)| spec::find(given.trim()).is_some_and(|row| row.name == name);
    if !given.iter().any(is_given) {
        given.push((name.to_string(), value.to_string()));
    }
}
