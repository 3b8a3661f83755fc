//! Folds for cross-validation: parts of the rows to learn from, and others to be judged by. Which rows, follows from hashes of their global
//! numbers or from what is in them, so that neither threads nor the layout of files matter.

use super::dataset::Dataset;
use super::splitter::Splitter;
use crate::collective::Solo;
use crate::params::SplitMethod;
use crate::sampling::{self, Purpose};
use crate::{Error, FeatureKind, Params, Result};
use std::collections::BTreeMap;

/// A fold of a data set.
#[derive(Clone, Debug)]
pub struct Fold {
    /// What to learn from.
    pub train: Dataset,
    /// What the model is judged by. No row of it, of its groups, or of the time from `purge` before it on, is learnt from.
    pub held_out: Dataset,
    /// The rows that are held out, ascending.
    pub rows: Vec<u32>,
    /// The rows that are learnt from, ascending.
    pub learned: Vec<u32>,
}

/// The places that a fold learns from, and those that it holds out; both ascending.
type Places = (Vec<usize>, Vec<usize>);

impl Dataset {
    /// Cuts the rows into `nfold` folds, `num_cv_round` times. Each row of weight is held out once a time; with `split=time` there are `nfold + 1`
    /// windows, of which all but the first are held out, each by a fold that learns from those before it.
    ///
    /// # Errors
    /// `nfold` is not given; a column that does not exist, that has missing values, or whose values cannot be put in order; too few rows, groups or
    /// times.
    pub fn folds(&self, params: &Params) -> Result<Vec<Fold>> {
        let count =
            params.nfold.ok_or_else(|| Error::parameter("nfold is not given: folds need a number").with_parameter("nfold"))?;
        self.cut(params, count as usize, params.num_cv_round)
    }

    /// Cuts the rows into so many folds, so many times.
    ///
    /// # Errors
    /// As [`Dataset::folds`].
    pub(crate) fn cut(&self, params: &Params, count: usize, times: u32) -> Result<Vec<Fold>> {
        let mut folds = Vec::new();
        for round in 0..u64::from(times) {
            let splitter = Splitter::new(self, params, sampling::key(params.seed, Purpose::Fold, round), &Solo)?;
            for (learned, held) in places(&splitter, params, count)? {
                let numbers = |places: &[usize]| places.iter().map(|place| splitter.rows[*place]).collect();
                let rows = numbers(&held);
                let held_out = Self { notes: Vec::new(), warnings: Vec::new(), ..splitter.subset(held.into_iter()) };
                folds.push(Fold { learned: numbers(&learned), train: splitter.subset(learned.into_iter()), held_out, rows });
            }
        }
        Ok(folds)
    }

    /// The fold that learns from some rows, named by their numbers in any order, and is judged by others.
    ///
    /// # Errors
    /// A row that does not exist, is named twice, or is in both parts; a part without rows; a query group with rows in both parts.
    pub fn fold(&self, learned: &[usize], held_out: &[usize]) -> Result<Fold> {
        let mut part_of: Vec<Option<Part>> = vec![None; self.rows()];
        for (part, rows) in [(Part::Learned, learned), (Part::HeldOut, held_out)] {
            if rows.is_empty() {
                return Err(Error::data(format!("the fold {} no rows", part.words())));
            }
            for &row in rows {
                let count = self.rows();
                let known = part_of.get_mut(row);
                let known =
                    known.ok_or_else(|| Error::data(format!("there is no row {row}: there are {count}, counted from 0")))?;
                match known.replace(part) {
                    None => {}
                    Some(other) if other == part => {
                        let error = Error::data(format!("row {row} is named twice among those that the fold {}", part.words()));
                        return Err(error.with_remedy("name it once, and give it a weight"));
                    }
                    Some(_) => {
                        let error = Error::data(format!("row {row} is in both parts of the fold"));
                        return Err(error.with_remedy("judge by rows that the fold does not learn from"));
                    }
                }
            }
        }
        self.check_groups_are_whole(&part_of)?;
        let of = |part| (0..).zip(&part_of).filter(|(_, found)| **found == Some(part)).map(|(row, _)| row).collect::<Vec<u32>>();
        let (rows, learned) = (of(Part::HeldOut), of(Part::Learned));
        let held_out = Self { notes: Vec::new(), warnings: Vec::new(), ..self.subset(rows.clone(), None) };
        Ok(Fold { train: self.subset(learned.clone(), None), held_out, rows, learned })
    }

    fn check_groups_are_whole(&self, part_of: &[Option<Part>]) -> Result<()> {
        let mut part_of_group = BTreeMap::new();
        for (group, part) in self.groups().unwrap_or_default().iter().zip(part_of) {
            let Some(part) = part else { continue };
            if *part_of_group.entry(group).or_insert(part) != part {
                let error = Error::data(format!("query group {group} has rows in both parts of the fold"));
                return Err(error.with_remedy("keep the rows of a group together"));
            }
        }
        Ok(())
    }
}

/// What a fold does with a row.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Learned,
    HeldOut,
}

impl Part {
    fn words(self) -> &'static str {
        match self {
            Self::Learned => "learns from",
            Self::HeldOut => "is judged by",
        }
    }
}

/// How rows are split, in words.
pub fn describe_folds(params: &Params) -> String {
    let (column, seed) = (params.split_column.as_deref().unwrap_or_default(), params.seed);
    match method(params) {
        SplitMethod::Auto | SplitMethod::Random if params.objective.is_ranking() => format!("whole query groups, seed {seed}"),
        SplitMethod::Auto | SplitMethod::Random => format!("drawn by row number, seed {seed}"),
        SplitMethod::Stratified => format!("drawn by row number, as many of every class, seed {seed}"),
        SplitMethod::Group => format!("whole groups of {column}, seed {seed}"),
        SplitMethod::Time => format!("windows of {column}, each after all that its fold learns from"),
    }
}

/// `auto` keeps the shares of classes.
fn method(params: &Params) -> SplitMethod {
    match params.split {
        SplitMethod::Auto if params.objective.is_classification() => SplitMethod::Stratified,
        method => method,
    }
}

fn places(splitter: &Splitter<'_>, params: &Params, count: usize) -> Result<Vec<Places>> {
    let fold_of = match method(params) {
        SplitMethod::Auto | SplitMethod::Random => match splitter.places_by_query().filter(|_| params.objective.is_ranking()) {
            Some(groups) => whole_groups(splitter, groups, count),
            None => dealt(splitter, vec![splitter.places()], count),
        },
        SplitMethod::Stratified => dealt(splitter, splitter.places_by_class(), count),
        SplitMethod::Group => {
            let groups = splitter.places_by_group()?;
            if groups.len() < count {
                let what = format!("has {} groups", groups.len());
                return Err(splitter.unusable(&what, &format!("nfold={count} needs as many, or give a smaller nfold")));
            }
            whole_groups(splitter, groups, count)
        }
        SplitMethod::Time => return windows(splitter, params, count),
    };
    let of = |fold: usize, held: bool| (0..fold_of.len()).filter(|place| (fold_of[*place] == fold) == held).collect::<Vec<_>>();
    let folds: Vec<Places> = (0..count).map(|fold| (of(fold, false), of(fold, true))).collect();
    if folds.iter().any(|(learned, held)| learned.is_empty() || held.is_empty()) {
        let (rows, things) = (splitter.rows.len(), if params.objective.is_ranking() { "query groups" } else { "rows" });
        return Err(Error::data(format!(
            "nfold={count}: {rows} rows give no fold of each kind; give more {things}, or a smaller nfold"
        )));
    }
    Ok(folds)
}

/// The fold of each place: those of each class are dealt to the folds in the order of their hashes, and each class goes on where the last one
/// ended.
fn dealt(splitter: &Splitter<'_>, classes: Vec<Vec<(u64, usize)>>, count: usize) -> Vec<usize> {
    let mut fold_of = vec![0; splitter.rows.len()];
    let mut next = 0;
    for mut places in classes {
        places.sort_unstable();
        for (_, place) in places {
            fold_of[place] = next;
            next = (next + 1) % count;
        }
    }
    fold_of
}

/// The fold of each place: groups go, the largest first, to the fold that has the fewest rows so far, as scikit-learn's `GroupKFold` deals them.
fn whole_groups(splitter: &Splitter<'_>, mut groups: Vec<(u64, Vec<usize>)>, count: usize) -> Vec<usize> {
    let mut fold_of = vec![0; splitter.rows.len()];
    let mut rows = vec![0; count];
    groups.sort_unstable_by_key(|(hash, places)| (std::cmp::Reverse(places.len()), *hash));
    for (_, places) in groups {
        let fold = (0..count).min_by_key(|fold| rows[*fold]).unwrap_or_default();
        rows[fold] += places.len();
        places.into_iter().for_each(|place| fold_of[place] = fold);
    }
    fold_of
}

/// Windows of time with about as many rows each; those of one time stay together. What lies less than `purge` before a window is not learnt from
/// by its fold: labels that tell of a span of time may overlap with the window (López de Prado 2018, chapter 7).
fn windows(splitter: &Splitter<'_>, params: &Params, count: usize) -> Result<Vec<Places>> {
    let times = splitter.times()?;
    if times.is_empty() {
        return Err(Error::data("no row has weight: there is nothing to cut into windows"));
    }
    let purge = params.purge * unit(splitter);
    let mut sorted = times.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let begins: Vec<f64> = (1..=count).map(|window| sorted[sorted.len() * window / (count + 1)]).collect();
    let ends = begins[1..].iter().copied().chain([f64::INFINITY]);
    let window = |(&begin, end): (&f64, f64)| {
        let learned: Vec<_> = (0..times.len()).filter(|place| times[*place] < begin && times[*place] <= begin - purge).collect();
        (learned, (0..times.len()).filter(|place| times[*place] >= begin && times[*place] < end).collect::<Vec<_>>())
    };
    let folds: Vec<Places> = begins.iter().zip(ends).map(window).collect();
    match folds.iter().position(|(learned, held)| learned.is_empty() || held.is_empty()) {
        None => Ok(folds),
        Some(fold) => Err(splitter.unusable(
            &format!(
                "leaves fold {fold} with {} rows to learn from and {} to be judged by",
                folds[fold].0.len(),
                folds[fold].1.len()
            ),
            "give a smaller nfold or purge: windows need times of their own",
        )),
    }
}

/// What 1 of `purge` is in the column's numbers: dates count in days, times of day in seconds.
fn unit(splitter: &Splitter<'_>) -> f64 {
    let kind = splitter.column.map(|column| &splitter.data.schema().features[column].kind);
    if matches!(kind, Some(FeatureKind::Datetime)) { 1e6 } else { 1.0 }
}
