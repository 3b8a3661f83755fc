//! What all ways of splitting rows share: hashes of rows, their classes, and the groups and times that a column gives them.

use super::dataset::Dataset;
use super::subset::{Subset, values};
use crate::sampling;
use crate::{Error, FeatureKind, Params, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The rows that are split: those that have weight. A row's place among them is its global number.
pub(super) struct Splitter<'a> {
    pub data: &'a Dataset,
    /// The row at each place.
    pub rows: Vec<u32>,
    /// The position of `split_column`.
    pub column: Option<usize>,
    key: u64,
}

/// Things with their hashes, in whose order they are drawn.
pub(super) type Hashed = Vec<(u64, usize)>;

impl<'a> Splitter<'a> {
    /// A splitter that draws by `key`.
    ///
    /// # Errors
    /// A `split_column` that does not exist.
    pub fn new(data: &'a Dataset, params: &Params, key: u64) -> Result<Self> {
        let column = params.split_column.as_deref().map(|column| data.split_column(column)).transpose()?;
        let rows = data.targets.weighted_rows().unwrap_or_else(|| (0..data.rows() as u32).collect());
        Ok(Self { data, rows, column, key })
    }

    fn hash(&self, of: u64) -> u64 {
        sampling::mix(self.key ^ of)
    }

    /// All places with their hashes.
    pub fn places(&self) -> Hashed {
        (0..self.rows.len()).map(|place| (self.hash(place as u64), place)).collect()
    }

    /// The places of each class with their hashes. Of several targets, the classes of all together are one.
    pub fn places_by_class(&self) -> Vec<Hashed> {
        let targets = self.data.targets();
        let targets: Vec<_> = (0..targets.num_targets()).map(|target| targets.of_target(target).labels()).collect();
        let mut classes = BTreeMap::<Vec<u64>, Hashed>::new();
        for (hash, place) in self.places() {
            let row = self.rows[place] as usize;
            let class = targets.iter().map(|labels| labels.get(row).copied().unwrap_or_default().to_bits()).collect();
            classes.entry(class).or_default().push((hash, place));
        }
        classes.into_values().collect()
    }

    /// The places of each query group, if rows have any, with the group's hash.
    pub fn places_by_query(&self) -> Option<Vec<(u64, Vec<usize>)>> {
        let groups = self.data.groups()?;
        Some(self.by_name(&self.rows.iter().map(|row| groups[*row as usize]).collect::<Vec<_>>()))
    }

    /// The places of each group of `split_column` with the group's hash. Groups are known by what they are called, whatever rows they have.
    ///
    /// # Errors
    /// Values that are missing, or fewer than two groups.
    pub fn places_by_group(&self) -> Result<Vec<(u64, Vec<usize>)>> {
        let column = self.split_column()?;
        let name = |value: f64| match &self.data.schema.features[column].kind {
            FeatureKind::Categorical { levels } => xxh3_64(levels[value as usize].as_bytes()),
            // Zero has two signs.
            _ => (value + 0.0).to_bits(),
        };
        let names: Vec<u64> = self.column(column)?.into_iter().map(name).collect();
        let groups = self.by_name(&names);
        if groups.len() < 2 {
            return Err(self.unusable("has only one group", "split=group needs at least two"));
        }
        Ok(groups)
    }

    fn by_name(&self, names: &[u64]) -> Vec<(u64, Vec<usize>)> {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        names.iter().enumerate().for_each(|(place, name)| groups.entry(*name).or_default().push(place));
        groups.into_iter().map(|(name, places)| (self.hash(name), places)).collect()
    }

    /// The time of each place.
    ///
    /// # Errors
    /// Values that are missing or have no order.
    pub fn times(&self) -> Result<Vec<f64>> {
        let column = self.split_column()?;
        if self.data.schema.features[column].kind.is_categorical() {
            return Err(
                self.unusable("holds texts, which have no order in time", "split=time needs numbers or dates such as 2024-01-31")
            );
        }
        self.column(column)
    }

    /// The column's values of the rows, none of which is missing.
    fn column(&self, column: usize) -> Result<Vec<f64>> {
        let all = values(&*self.data.source, column)?;
        let found = self.rows.iter().map(|row| match all[*row as usize] {
            value if value.is_nan() => {
                let what = format!("is missing in {}", self.data.source.locate(*row as usize));
                Err(self.unusable(&what, "give every row a value, or leave such rows out"))
            }
            value => Ok(value),
        });
        found.collect()
    }

    fn split_column(&self) -> Result<usize> {
        self.column.ok_or_else(|| Error::internal("a split by column without a column"))
    }

    /// A `split_column` that rows cannot be split by.
    pub fn unusable(&self, what: &str, remedy: &str) -> Error {
        let name = self.column.map_or("", |column| &self.data.schema.features[column].name);
        Error::data(format!("split_column={name} {what}")).with_parameter("split_column").with_remedy(remedy)
    }

    /// The rows at some places, ascending, as a data set without the column that only says how rows are split.
    pub fn subset(&self, places: impl Iterator<Item = usize>) -> Dataset {
        self.data.subset(places.map(|place| self.rows[place]).collect(), self.column)
    }
}

impl Dataset {
    /// The same data without a column that only says how other data were split.
    ///
    /// # Errors
    /// There is no such column.
    pub fn without_column(&self, name: &str) -> Result<Self> {
        let column = self.split_column(name)?;
        Ok(self.subset((0..self.rows() as u32).collect(), Some(column)))
    }

    /// The consecutive rows that a rank holds of these, query groups whole.
    #[must_use]
    pub fn part(&self, rank: usize, size: usize) -> Self {
        let rows = self.rows();
        let cut = |rank: usize| {
            let at = rows * rank / size;
            let Some(groups) = self.groups() else { return at };
            (at..rows).find(|&row| row == 0 || groups[row] != groups[row - 1]).unwrap_or(rows)
        };
        self.subset((cut(rank) as u32..cut(rank + 1) as u32).collect(), None)
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
    pub(super) fn subset(&self, rows: Vec<u32>, dropped: Option<usize>) -> Self {
        let mut schema = (*self.schema).clone();
        let removed = dropped.map(|feature| schema.features.remove(feature));
        let mut reading = self.reading.clone();
        reading.ignored_columns.extend(removed.map(|feature| feature.name));
        let targets = self.targets.gather(&rows);
        let source = Arc::new(Subset { source: self.source.clone(), rows, dropped });
        Self { schema: Arc::new(schema), source, targets, reading, ..self.clone() }
    }
}
