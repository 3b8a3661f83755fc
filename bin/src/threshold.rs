//! `--threshold`: from which probability on a row is taken for the second of two classes.

use crate::report::Failure;
use sapwood::predict::{Output, Predictions, Scorer, predict};
use sapwood::{Dataset, Model};
use sapwood_score::{Link, Outputs};
use std::str::FromStr;

/// A probability from which on rows are of class 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold(f64);

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
        number.map(Self).ok_or_else(|| "it must be a number in [0, 1]".to_string())
    }
}

impl Threshold {
    /// The probability.
    pub fn value(self) -> f64 {
        self.0
    }

    /// Checks that the model has a probability to compare with.
    ///
    /// # Errors
    /// It has no classes, more than two, or no probability of them.
    pub fn check(self, model: &Model) -> Result<(), Failure> {
        if matches!(model.outputs, Outputs::Binary) && model.link != Link::Step {
            return Ok(());
        }
        let objective = &model.objective.name;
        Err(Failure::user(format!(
            "--threshold is about the probability of one of two classes, which a model of objective {objective} does not have; leave it out"
        )))
    }

    /// The class of every row.
    ///
    /// # Errors
    /// Data that do not fit the model or cannot be read.
    pub fn classes(self, scorer: &Scorer, data: &Dataset) -> sapwood::Result<Predictions> {
        let mut values = predict(scorer, data, Output::Probability)?.into_values();
        values.iter_mut().for_each(|value| *value = f64::from(u8::from(*value >= self.0)));
        Ok(Predictions::new(scorer.model(), Output::Class, data.rows(), values)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_probabilities() {
        assert_eq!("0.3".parse(), Ok(Threshold(0.3)));
        for text in ["-0.1", "1.1", "NaN", "half", ""] {
            assert!(text.parse::<Threshold>().is_err(), "{text}");
        }
    }
}
