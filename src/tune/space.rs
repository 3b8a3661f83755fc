//! [`Space`]: which parameters are searched, and where.

use crate::params::known;
use crate::params::spec::{self, Effect, Group, ParamSpec};
use crate::sampling::{self, Purpose};
use crate::{Error, Params, Result};
use sapwood_score::math::{exp, ln};
use std::str::FromStr;

/// What is searched where nothing is said: what regularises trees, how much of rows and columns they see, and whether thresholds are random. The learning rate is
/// not among them: its best value is nearly always the lowest, and costs the most time.
const USUAL: &str = "max_depth=3..10, min_child_weight=0.1..100:log, lambda=0.01..100:log, subsample=0.5..1, colsample_bynode=0.3..1, extra_trees=false|true";

/// Places whose values an axis shows.
const MARKS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0 - f64::EPSILON];

/// Parameters and where each is searched. As text: `eta=0.01..0.3:log, max_depth=3..10, grow_policy=depthwise|lossguide`; a parameter
/// without values is searched in the range that the table of parameters names for tuners.
///
/// ```
/// use sapwood::tune::Space;
/// let space: Space = "eta=0.01..0.3:log, max_depth=3..10".parse()?;
/// let trial = space.sample(42, 7);
/// assert_eq!(trial[0].0, "eta");
/// assert!((0.01..0.3).contains(&trial[0].1.parse::<f64>().unwrap()));
/// # Ok::<(), sapwood::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    dimensions: Vec<Dimension>,
}

#[derive(Clone, Debug, PartialEq)]
struct Dimension {
    parameter: &'static str,
    domain: Domain,
}

#[derive(Clone, Debug, PartialEq)]
enum Domain {
    Range { min: f64, max: f64, is_log: bool, is_whole: bool },
    Words(Vec<String>),
}

impl Space {
    /// What is searched where nothing is said, without the parameters that `given` has a value for.
    ///
    /// # Errors
    /// A value is given for each of them: nothing is left to search.
    pub fn usual(given: &[(String, String)]) -> Result<Self> {
        let mut space: Self = USUAL.parse()?;
        // Whoever says how many leaves trees have, or how they grow, has no use for another limit.
        let shapes = |dimension: &Dimension| {
            dimension.parameter == "max_depth" && ["max_leaves", "grow_policy"].iter().any(|name| has(given, name))
        };
        space.dimensions.retain(|dimension| !has(given, dimension.parameter) && !shapes(dimension));
        if space.dimensions.is_empty() {
            return Err(refused("all parameters that are searched by default have a value").with_remedy("name those to search"));
        }
        Ok(space)
    }

    /// The parameters, in their order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.dimensions.iter().map(|dimension| dimension.parameter)
    }

    /// For each parameter some values, and where between 0 and 1 they are: evenly apart along a range, or along its logarithm.
    pub fn axes(&self) -> Vec<(&'static str, Vec<(f64, String)>)> {
        let axis = |dimension: &Dimension| {
            let mut marks = match &dimension.domain {
                Domain::Words(words) => words.clone(),
                range @ Domain::Range { .. } => MARKS.map(|place| range.value(place)).to_vec(),
            };
            marks.dedup();
            let marks = marks.into_iter().filter_map(|value| Some((dimension.domain.place(&value)?, value)));
            (dimension.parameter, marks.collect())
        };
        self.dimensions.iter().map(axis).collect()
    }

    /// The value of each parameter, and where between 0 and 1 it is; of one beyond its range the end.
    pub fn placed(&self, params: &Params) -> Vec<(String, f64)> {
        let placed = self.dimensions.iter().map(|dimension| {
            let value = params.render(dimension.parameter).unwrap_or_default();
            let place = dimension.domain.place(&value).unwrap_or(0.5);
            (value, place)
        });
        placed.collect()
    }

    /// Checks that no parameter is searched that has a value.
    ///
    /// # Errors
    /// One that is and has.
    pub fn check(&self, given: &[(String, String)]) -> Result<()> {
        match self.parameters().find(|parameter| has(given, parameter)) {
            None => Ok(()),
            Some(parameter) => Err(refused(format!("{parameter} has a value, and is searched"))
                .with_remedy("leave out its value, or do not search it")),
        }
    }

    /// The values of a random trial: a function of the seed and of the trial's number. Ranges are drawn from evenly, or evenly in the logarithm.
    pub fn sample(&self, seed: i64, trial: usize) -> Vec<(String, String)> {
        let key = sampling::key(seed, Purpose::Trial, trial as u64);
        self.values(&(0..self.dimensions.len() as u64).map(|index| sampling::number(key, index)).collect::<Vec<_>>())
    }

    /// The values at a point of the unit cube.
    pub(super) fn values(&self, point: &[f64]) -> Vec<(String, String)> {
        let values = self.dimensions.iter().zip(point);
        values.map(|(dimension, place)| (dimension.parameter.to_string(), dimension.domain.value(*place))).collect()
    }
}

/// As the text that it is read from.
impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, Dimension { parameter, domain }) in self.dimensions.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            match domain {
                Domain::Range { min, max, is_log, .. } => {
                    write!(f, "{parameter}={min}..{max}{}", if *is_log { ":log" } else { "" })
                }
                Domain::Words(words) => write!(f, "{parameter}={}", words.join("|")),
            }?;
        }
        Ok(())
    }
}

impl FromStr for Space {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut dimensions: Vec<Dimension> = Vec::new();
        for item in text.split(',').map(str::trim) {
            if item.is_empty() {
                return Err(refused(format!("an item of {text:?} is empty")).with_remedy("write them as NAME=MIN..MAX, NAME=A|B …"));
            }
            let (name, values) = item.split_once('=').map_or((item, None), |(name, values)| (name.trim(), Some(values.trim())));
            let row = known(name)?;
            check_searchable(row)?;
            let domain = match values {
                None => tunable(row)?,
                Some(values) => domain(row, values)?,
            };
            domain.check(row)?;
            if dimensions.iter().any(|known| known.parameter == row.name) {
                return Err(refused(format!("{} is named twice", row.name)));
            }
            dimensions.push(Dimension { parameter: row.name, domain });
        }
        Ok(Self { dimensions })
    }
}

/// Checks that trials can differ in a parameter, and be compared nevertheless.
fn check_searchable(row: &ParamSpec) -> Result<()> {
    let refused = |why: &str| refused(format!("{} cannot be searched: {why}", row.name)).with_parameter(row.name);
    match row.name {
        "num_round" | "early_stopping_rounds" => Err(refused("early stopping finds the number of rounds of each trial")),
        "objective" | "eval_metric" | "num_class" | "scale_pos_weight" | "class_weight" => {
            Err(refused("trials of different values of it are not judged alike"))
        }
        _ if row.decides_bins() => Err(refused("all trials share the data and their bins")),
        _ if row.group != Group::Model || row.is_nested || !matches!(row.effect, Effect::Active) => {
            Err(refused("it does not decide the model by a number or a word"))
        }
        _ => Ok(()),
    }
}

/// Whether a parameter is given, under any of its names.
pub(super) fn has(given: &[(String, String)], parameter: &str) -> bool {
    given.iter().any(|(name, _)| spec::find(name.trim()).is_some_and(|row| row.name == parameter))
}

fn is_whole(row: &ParamSpec) -> bool {
    row.expected.contains("integer")
}

fn refused(what: impl Into<String>) -> Error {
    Error::parameter(format!("tune: {}", what.into()))
}

fn unreadable(row: &ParamSpec, values: &str) -> Error {
    refused(format!("{}={values} is no range", row.name)).with_remedy(format!("write {0}=MIN..MAX or {0}=MIN..MAX:log", row.name))
}

fn tunable(row: &ParamSpec) -> Result<Domain> {
    let range = row.tunable.ok_or_else(|| {
        refused(format!("{} has no range of its own for tuners", row.name))
            .with_remedy(format!("name its values: {0}=MIN..MAX, or {0}=A|B", row.name))
    })?;
    Ok(Domain::Range { min: range.min, max: range.max, is_log: range.log, is_whole: is_whole(row) })
}

fn domain(row: &ParamSpec, values: &str) -> Result<Domain> {
    let Some((min, rest)) = values.split_once("..") else {
        return Ok(Domain::Words(values.split('|').map(|word| word.trim().to_string()).collect()));
    };
    let (max, scale) = rest.split_once(':').map_or((rest, ""), |(max, scale)| (max, scale.trim()));
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let (min, max, is_log) = match (number(min), number(max), scale) {
        (Some(min), Some(max), "" | "log") => (min, max, scale == "log"),
        _ => return Err(unreadable(row, values)),
    };
    if min >= max || (is_log && min <= 0.0) {
        let why = if min >= max { "its first value is not below its last" } else { "a logarithmic scale begins above 0" };
        return Err(refused(format!("{}={values}: {why}", row.name)));
    }
    Ok(Domain::Range { min, max, is_log, is_whole: is_whole(row) })
}

impl Domain {
    /// The place of a value in [0, 1].
    fn place(&self, value: &str) -> Option<f64> {
        match self {
            Self::Words(words) => Some((words.iter().position(|word| word == value)? as f64 + 0.5) / words.len() as f64),
            Self::Range { is_log, .. } => {
                let (value, (min, max)) = (value.parse::<f64>().ok()?, self.ends());
                if *is_log && value <= 0.0 {
                    return Some(0.0);
                }
                let part = if *is_log { (ln(value) - ln(min)) / (ln(max) - ln(min)) } else { (value - min) / (max - min) };
                Some(part.clamp(0.0, 1.0))
            }
        }
    }

    /// Where a range begins and ends. Whole numbers have the same share of it each.
    fn ends(&self) -> (f64, f64) {
        match self {
            Self::Range { min, max, is_whole: true, .. } => (min - 0.5, max + 0.5),
            Self::Range { min, max, .. } => (*min, *max),
            Self::Words(words) => (0.0, words.len() as f64),
        }
    }

    /// Its value at a place in [0, 1).
    fn value(&self, place: f64) -> String {
        match self {
            Self::Words(words) => words[((place * words.len() as f64) as usize).min(words.len() - 1)].clone(),
            Self::Range { is_log, is_whole, .. } => {
                let (min, max) = self.ends();
                let value = match is_log {
                    true => exp(ln(min) + place * (ln(max) - ln(min))),
                    false => min + place * (max - min),
                };
                if *is_whole {
                    format!("{}", value.round())
                } else {
                    format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').into()
                }
            }
        }
    }

    /// Checks that the parameter may have these values.
    fn check(&self, row: &ParamSpec) -> Result<()> {
        let values = match self {
            Self::Words(words) => words.clone(),
            Self::Range { min, max, .. } => vec![min.to_string(), max.to_string()],
        };
        values.iter().try_for_each(|value| Params::from_pairs([("num_round", "1"), (row.name, value)]).map(|_| ()))
    }
}
