//! Validation data that are a part of the training rows: which rows, drawn by hashes of their global numbers or of what is in them, so
//! that neither threads nor the layout of files matter.

use super::dataset::Dataset;
use super::splitter::{Hashed, Splitter};
use crate::collective::{Collective, Solo};
use crate::params::SplitMethod;
use crate::sampling::{self, Purpose};
use crate::{Error, Params, Result};

/// Data sets that came of one.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// What to learn from.
    pub train: Dataset,
    /// What was kept back.
    pub validation: Dataset,
}

impl Dataset {
    /// Keeps back a part of the rows, if `validation_fraction` says so. Rows of weight 0 are in neither part. The column that says which rows
    /// belong together, or which come later, is no feature of either.
    ///
    /// # Errors
    /// A column that does not exist, that has missing values, or whose values cannot be put in order; too few rows, groups or times.
    pub fn hold_out(&self, params: &Params) -> Result<Option<HeldOut>> {
        self.hold_out_on(params, &Solo)
    }

    /// The same where each of several ranks has a part of the rows: this one's rows that are kept back of all are those that a rank that has all
    /// would keep back.
    ///
    /// # Errors
    /// As [`Dataset::hold_out`], on all ranks.
    pub fn hold_out_on(&self, params: &Params, ranks: &dyn Collective) -> Result<Option<HeldOut>> {
        let Some(fraction) = params.validation_fraction else { return Ok(None) };
        let splitter = Splitter::new(self, params, sampling::key(params.seed, Purpose::Validation, 0), ranks)?;
        let split = HoldOut { splitter: &splitter, fraction };
        let is_held = match params.split {
            SplitMethod::Auto | SplitMethod::Random => match splitter.places_by_query().filter(|_| params.objective.is_ranking()) {
                Some(groups) => split.whole_groups(&groups),
                None => split.random(),
            },
            SplitMethod::Stratified => split.stratified(),
            SplitMethod::Group => split.whole_groups(&splitter.places_by_group()?),
            SplitMethod::Time => split.time()?,
        };
        let count = is_held.iter().filter(|is_held| **is_held).count();
        let (train, validation) = (is_held.len() - count, count);
        if train == 0 || validation == 0 {
            return Err(Error::data(format!(
                "validation_fraction={fraction}: {train} rows are left for training and {validation} for validation; give more data or another \
                 fraction",
            )));
        }
        let said = format!(
            "validation_fraction={fraction}: {validation} rows are kept back as validation data ({}), {train} are trained on",
            describe(params),
        );
        let part = |held: bool| splitter.subset((0..is_held.len()).filter(|place| is_held[*place] == held));
        let validation = Self { notes: Vec::new(), warnings: Vec::new(), ..part(true) };
        Ok(Some(HeldOut { train: part(false).with_notes([said]), validation }))
    }
}

fn describe(params: &Params) -> String {
    let (column, seed) = (params.split_column.as_deref().unwrap_or_default(), params.seed);
    match params.split {
        SplitMethod::Auto | SplitMethod::Random if params.objective.is_ranking() => format!("whole query groups, seed {seed}"),
        SplitMethod::Auto | SplitMethod::Random => format!("drawn by row number, seed {seed}"),
        SplitMethod::Stratified => format!("drawn by row number, as many of every class, seed {seed}"),
        SplitMethod::Group => format!("whole groups of {column}, seed {seed}"),
        SplitMethod::Time => format!("the last by {column}"),
    }
}

/// A share of some rows, to be kept back.
struct HoldOut<'a> {
    splitter: &'a Splitter<'a>,
    fraction: f64,
}

impl HoldOut<'_> {
    /// How many of so many are kept back: at least one, and not all.
    fn share(&self, of: usize) -> usize {
        ((self.fraction * of as f64).round() as usize).clamp(1, of.saturating_sub(1).max(1))
    }

    /// The things of the smallest hashes.
    fn draw(&self, mut things: Hashed) -> impl Iterator<Item = usize> {
        things.sort_unstable();
        let count = self.share(things.len());
        things.into_iter().take(count).map(|(_, thing)| thing)
    }

    fn none(&self) -> Vec<bool> {
        vec![false; self.splitter.count]
    }

    fn random(&self) -> Vec<bool> {
        let mut is_held = self.none();
        self.draw(self.splitter.places()).for_each(|place| is_held[place] = true);
        is_held
    }

    /// A class with a single row is learnt from.
    fn stratified(&self) -> Vec<bool> {
        let mut is_held = self.none();
        for places in self.splitter.places_by_class().into_iter().filter(|places| places.len() > 1) {
            self.draw(places).for_each(|place| is_held[place] = true);
        }
        is_held
    }

    fn whole_groups(&self, groups: &[(u64, Vec<usize>)]) -> Vec<bool> {
        let mut is_held = self.none();
        let hashes = groups.iter().enumerate().map(|(group, (hash, _))| (*hash, group)).collect();
        self.draw(hashes).for_each(|group| groups[group].1.iter().for_each(|place| is_held[*place] = true));
        is_held
    }

    /// The last rows; those of one time stay together.
    fn time(&self) -> Result<Vec<bool>> {
        let times = self.splitter.times()?;
        let mut sorted = times.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(first), Some(at)) = (sorted.first(), sorted.len().checked_sub(self.share(sorted.len()))) else {
            return Ok(Vec::new());
        };
        // Where the earliest time is all that training would have, validation begins after it.
        let begin = sorted[at];
        Ok(times.iter().map(|time| if begin > *first { *time >= begin } else { *time > begin }).collect())
    }
}
