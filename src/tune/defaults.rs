//! What holds of a search where nothing else is said.

use super::space::{Space, has};
use super::trial::Search;
use crate::params::Trials;
use crate::{Error, Params, Result};

/// Trials that are judged where neither their number nor a time is given.
const TRIALS: usize = 100;

/// Rounds enough for early stopping to end them, at a rate at which that takes little time.
const TRAINING: [(&str, &str); 3] = [("num_round", "4000"), ("early_stopping_rounds", "30"), ("eta", "0.1")];

/// Folds where there are no validation data, as in LightGBM's and scikit-learn's cross-validation.
const FOLDS: (&str, &str) = ("nfold", "5");

/// Parameters that are about the search.
const OF_SEARCH: [&str; 3] = ["tune", "tune_search", "tune_time_budget"];

impl Search {
    /// The search that parameters ask for (`tune`, `tune_search`, `tune_time_budget`), with defaults for what trials have and is not given. With
    /// validation data there are no folds.
    ///
    /// # Errors
    /// Parameters that are wrong, that are searched and have a value, or that say twice what trials are judged by.
    pub fn new(pairs: Vec<(String, String)>, has_validation: bool) -> Result<Self> {
        let (asked, _) = Params::from_pairs(pairs.clone())?;
        let space = asked.tune_search.as_deref().map(str::parse::<Space>).transpose()?;
        let is_searched = |name: &str| space.iter().flat_map(Space::parameters).any(|searched| searched == name);
        if is_searched("preset") || is_searched("quality") {
            let error =
                Error::parameter("preset cannot be searched: it chooses parameters by itself").with_parameter("tune_search");
            return Err(error.with_remedy("leave it out"));
        }
        let has_validation = has_validation || asked.validation_fraction.is_some();
        if has_validation && asked.nfold.is_some() {
            let error = Error::parameter("nfold is given, and trials are judged by validation data").with_parameter("nfold");
            return Err(error.with_remedy("leave out one of the two"));
        }
        let lowers_eta = !has(&pairs, "eta") && !is_searched("eta");
        let of_search = |(name, _): &(String, String)| OF_SEARCH.iter().any(|row| has(&[(name.clone(), String::new())], row));
        let mut given: Vec<_> = pairs.into_iter().filter(|pair| !of_search(pair)).collect();
        let folds = [FOLDS].into_iter().filter(|_| !has_validation);
        let defaults =
            TRAINING.into_iter().chain(folds).filter(|(name, _)| !is_searched(name) && !has(&given, name)).collect::<Vec<_>>();
        given.extend(defaults.into_iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let space = match space {
            Some(space) => space,
            None => Space::usual(&given)?,
        };
        space.check(&given)?;
        let trials = match (asked.tune, asked.tune_time_budget) {
            (Trials::Number(number), _) => number as usize,
            (_, None) => TRIALS,
            (_, Some(_)) => usize::MAX,
        };
        Ok(Self { given, space, lowers_eta, trials, time_budget: asked.tune_time_budget.map(|time| time.0) })
    }
}
