//! Validation data that are a part of the training rows: which rows, drawn by hashes of their global numbers or of what is in them, so
//! that neither threads nor the layout of files matter.

use super::dataset::Dataset;
use super::subset::{Subset, values};
use crate::params::SplitMethod;
use crate::sampling::{self, Purpose};
use crate::{Error, FeatureKind, Params, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

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
        let Some(fraction) = params.validation_fraction else { return Ok(None) };
        let column = params.split_column.as_deref().map(|column| self.split_column(column)).transpose()?;
        let rows = self.targets.weighted_rows().unwrap_or_else(|| (0..self.rows() as u32).collect());
        let split = Split { data: self, rows: &rows, fraction, key: sampling::key(params.seed, Purpose::Validation, 0) };
        let is_held = match (params.split, column) {
            (SplitMethod::Random, _) => match self.groups().filter(|_| params.objective.is_ranking()) {
                Some(groups) => split.whole_groups(&rows.iter().map(|row| groups[*row as usize]).collect::<Vec<_>>()),
                None => split.random(),
            },
            (SplitMethod::Stratified, _) => split.stratified(),
            (SplitMethod::Group, column) => split.group(column.ok_or_else(no_column)?)?,
            (SplitMethod::Time, column) => split.time(column.ok_or_else(no_column)?)?,
        };
        let part = |held: bool| rows.iter().zip(&is_held).filter(|(_, is)| **is == held).map(|(row, _)| *row).collect::<Vec<_>>();
        let (train, validation) = (part(false), part(true));
        if train.is_empty() || validation.is_empty() {
            return Err(Error::data(format!(
                "validation_fraction={fraction}: {} rows are left for training and {} for validation; give more data or another fraction",
                train.len(),
                validation.len()
            )));
        }
        let said = format!(
            "validation_fraction={fraction}: {} rows are kept back as validation data ({}), {} are trained on",
            validation.len(),
            describe(params),
            train.len()
        );
        let without = params.split_column.as_deref();
        let validation = Self { notes: Vec::new(), warnings: Vec::new(), ..self.subset(validation, column, without) };
        Ok(Some(HeldOut { train: self.subset(train, column, without).with_notes([said]), validation }))
    }

    /// The same data without a column that only says how other data were split.
    ///
    /// # Errors
    /// There is no such column.
    pub fn without_column(&self, name: &str) -> Result<Self> {
        let column = self.split_column(name)?;
        Ok(self.subset((0..self.rows() as u32).collect(), Some(column), Some(name)))
    }

    /// The position of the column that was named or counted.
    fn split_column(&self, name: &str) -> Result<usize> {
        self.schema.position(name).ok_or_else(|| {
            let names: Vec<String> = self.schema.features.iter().map(|feature| feature.name.clone()).collect();
            let error =
                Error::schema(format!("split_column={name}: there is no such feature; there are {}", crate::names::list(&names)));
            error.with_remedy("name one of them; labels, weights and ignored columns cannot say how rows are split")
        })
    }

    /// Some rows, ascending, without a feature.
    fn subset(&self, rows: Vec<u32>, dropped: Option<usize>, name: Option<&str>) -> Self {
        let mut schema = (*self.schema).clone();
        dropped.map(|feature| schema.features.remove(feature));
        let mut reading = self.reading.clone();
        reading.ignored_columns.extend(name.map(str::to_string));
        let targets = self.targets.gather(&rows);
        let source = Arc::new(Subset { source: self.source.clone(), rows, dropped });
        Self { schema: Arc::new(schema), source, targets, reading, ..self.clone() }
    }
}

fn no_column() -> Error {
    Error::internal("a split by column without a column")
}

fn describe(params: &Params) -> String {
    let (column, seed) = (params.split_column.as_deref().unwrap_or_default(), params.seed);
    match params.split {
        SplitMethod::Random if params.objective.is_ranking() => format!("whole query groups, seed {seed}"),
        SplitMethod::Random => format!("drawn by row number, seed {seed}"),
        SplitMethod::Stratified => format!("drawn by row number, as many of every class, seed {seed}"),
        SplitMethod::Group => format!("whole groups of {column}, seed {seed}"),
        SplitMethod::Time => format!("the last by {column}"),
    }
}

/// Rows that may be kept back.
struct Split<'a> {
    data: &'a Dataset,
    /// The rows that have weight; their positions are their global numbers.
    rows: &'a [u32],
    fraction: f64,
    key: u64,
}

impl Split<'_> {
    /// How many of so many are kept back: at least one, and not all.
    fn share(&self, of: usize) -> usize {
        ((self.fraction * of as f64).round() as usize).clamp(1, of.saturating_sub(1).max(1))
    }

    /// Marks the items with the smallest hashes.
    fn draw(&self, items: &mut [(u64, usize)], count: usize, mark: &mut dyn FnMut(usize)) {
        items.sort_unstable();
        items.iter().take(count).for_each(|(_, item)| mark(*item));
    }

    fn hash(&self, of: u64) -> u64 {
        sampling::mix(self.key ^ of)
    }

    fn random(&self) -> Vec<bool> {
        let mut is_held = vec![false; self.rows.len()];
        let mut items: Vec<_> = (0..self.rows.len()).map(|place| (self.hash(place as u64), place)).collect();
        self.draw(&mut items, self.share(self.rows.len()), &mut |place| is_held[place] = true);
        is_held
    }

    /// A class with a single row is learnt from.
    fn stratified(&self) -> Vec<bool> {
        let mut is_held = vec![false; self.rows.len()];
        let labels = self.data.labels().unwrap_or_default();
        let mut classes = BTreeMap::<u64, Vec<(u64, usize)>>::new();
        for (place, row) in self.rows.iter().enumerate() {
            let label = labels.get(*row as usize).copied().unwrap_or_default();
            classes.entry(label.to_bits()).or_default().push((self.hash(place as u64), place));
        }
        for items in classes.values_mut().filter(|items| items.len() > 1) {
            let count = self.share(items.len());
            self.draw(items, count, &mut |place| is_held[place] = true);
        }
        is_held
    }

    fn group(&self, column: usize) -> Result<Vec<bool>> {
        let values = self.column(column)?;
        let name = |value: f64| match &self.data.schema.features[column].kind {
            FeatureKind::Categorical { levels } => xxh3_64(levels[value as usize].as_bytes()),
            // Zero has two signs.
            _ => (value + 0.0).to_bits(),
        };
        let names: Vec<u64> = values.into_iter().map(name).collect();
        if names.iter().all(|name| *name == names[0]) {
            return Err(self.unusable(column, "has only one group", "split=group needs at least two"));
        }
        Ok(self.whole_groups(&names))
    }

    /// Groups, of which each row names its own, are drawn by what they are called, whatever rows they have.
    fn whole_groups(&self, names: &[u64]) -> Vec<bool> {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        names.iter().enumerate().for_each(|(place, name)| groups.entry(*name).or_default().push(place));
        let mut is_held = vec![false; names.len()];
        let mut items: Vec<_> = groups.keys().enumerate().map(|(at, group)| (self.hash(*group), at)).collect();
        let members: Vec<&Vec<usize>> = groups.values().collect();
        self.draw(&mut items, self.share(members.len()), &mut |at| members[at].iter().for_each(|place| is_held[*place] = true));
        is_held
    }

    /// The last rows; those of one time stay together.
    fn time(&self, column: usize) -> Result<Vec<bool>> {
        if self.data.schema.features[column].kind.is_categorical() {
            return Err(self.unusable(
                column,
                "holds texts, which have no order in time",
                "split=time needs numbers or dates such as 2024-01-31",
            ));
        }
        let values = self.column(column)?;
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(first), Some(at)) = (sorted.first(), sorted.len().checked_sub(self.share(sorted.len()))) else {
            return Ok(Vec::new());
        };
        // Where the earliest time is all that training would have, validation begins after it.
        let begin = sorted[at];
        Ok(values.iter().map(|value| if begin > *first { *value >= begin } else { *value > begin }).collect())
    }

    /// The column's values of the rows, none of which is missing.
    fn column(&self, column: usize) -> Result<Vec<f64>> {
        let all = values(&*self.data.source, column)?;
        let found = self.rows.iter().map(|row| match all[*row as usize] {
            value if value.is_nan() => {
                let what = format!("is missing in {}", self.data.source.locate(*row as usize));
                Err(self.unusable(column, &what, "give every row a value, or leave such rows out"))
            }
            value => Ok(value),
        });
        found.collect()
    }

    fn unusable(&self, column: usize, what: &str, remedy: &str) -> Error {
        let name = &self.data.schema.features[column].name;
        Error::data(format!("split_column={name} {what}")).with_parameter("split_column").with_remedy(remedy)
    }
}
