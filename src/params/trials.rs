//! [`Trials`]: whether a job searches for parameters first.

use super::ParamValue;

/// How many trials a search has, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trials {
    /// No search.
    None,
    /// As many as a search has by itself.
    Usual,
    /// So many.
    Number(u32),
}

/// One trial has the parameters as they are given: it takes two for a search.
const LEAST: u32 = 2;

/// As many can be asked for.
const MOST: u32 = 1_000_000;

impl ParamValue for Trials {
    type Arg = u32;
    const EXPECTED: &'static str = "true, false or a number of trials from 2 to 1000000";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(Self::Usual),
            "false" | "no" | "off" | "0" => Some(Self::None),
            number => number.parse().ok().filter(|number| (LEAST..=MOST).contains(number)).map(Self::Number),
        }
    }

    fn render(&self) -> String {
        match self {
            Self::None => "false".to_string(),
            Self::Usual => "true".to_string(),
            Self::Number(number) => number.to_string(),
        }
    }

    fn from_arg(number: u32) -> Self {
        if number == 0 { Self::None } else { Self::Number(number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trial_is_no_search_and_no_truth() {
        for (text, trials) in [("true", Trials::Usual), ("FALSE", Trials::None), ("0", Trials::None), ("2", Trials::Number(2))] {
            assert_eq!(Trials::parse(text), Some(trials));
            assert_eq!(Trials::parse(&trials.render()), Some(trials));
        }
        for text in ["1", "-3", "2.5", "1000001", "random", ""] {
            assert_eq!(Trials::parse(text), None, "{text}");
        }
    }
}
