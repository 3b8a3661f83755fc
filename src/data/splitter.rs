//! What all ways of splitting rows share: hashes of rows, their classes, and the groups and times that a column gives them.

use super::dataset::Dataset;
use super::subset::{Subset, values};
use crate::collective::{Collective, words};
use crate::sampling;
use crate::{Error, FeatureKind, Params, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The rows that are split: those that have weight. A row's place among them, and those of lower ranks, is its global number.
pub(super) struct Splitter<'a> {
    pub data: &'a Dataset,
    /// The rows of this rank, in the order of their places.
    pub rows: Vec<u32>,
    /// The place of the first of them.
    first: usize,
    /// The number of places: as many as all ranks have rows.
    pub count: usize,
    /// The position of `split_column`.
    pub column: Option<usize>,
    key: u64,
    ranks: &'a dyn Collective,
}

/// Things with their hashes, in whose order they are drawn.
pub(super) type Hashed = Vec<(u64, usize)>;

impl<'a> Splitter<'a> {
    /// A splitter of the rows of all ranks, each of which has some, that draws by `key`.
    ///
    /// # Errors
    /// A `split_column` that does not exist.
    pub fn new(data: &'a Dataset, params: &Params, key: u64, ranks: &'a dyn Collective) -> Result<Self> {
        let column = params.split_column.as_deref().map(|column| data.split_column(column)).transpose()?;
        let rows = data.targets.weighted_rows().unwrap_or_else(|| (0..data.rows() as u32).collect());
        let own = rows.len() as u64;
        let (first, count) = (ranks.sum_below(own) as usize, ranks.sum(own) as usize);
        Ok(Self { data, rows, first, count, column, key, ranks })
    }

    /// What all ranks say of their rows, in the order of places.
    fn of_all(&self, own: &[u64]) -> Vec<u64> {
        let own: Vec<u8> = own.iter().flat_map(|word| word.to_ne_bytes()).collect();
        self.ranks.all_gather(&own).iter().flat_map(|bytes| words(bytes)).collect()
    }

    fn hash(&self, of: u64) -> u64 {
        sampling::mix(self.key ^ of)
    }

    /// All places with their hashes.
    pub fn places(&self) -> Hashed {
        (0..self.count).map(|place| (self.hash(place as u64), place)).collect()
    }

    /// The places of each class with their hashes. Of several targets, the classes of all together are one.
    pub fn places_by_class(&self) -> Vec<Hashed> {
        let targets = self.data.targets();
        let targets: Vec<_> = (0..targets.num_targets()).map(|target| targets.of_target(target).labels()).collect();
        let label = |labels: &&[f64], row: u32| labels.get(row as usize).copied().unwrap_or_default().to_bits();
        let own: Vec<u64> = self.rows.iter().flat_map(|&row| targets.iter().map(move |labels| label(labels, row))).collect();
        let all = self.of_all(&own);
        let mut classes = BTreeMap::<&[u64], Hashed>::new();
        for (thing, class) in self.places().into_iter().zip(all.chunks_exact(targets.len().max(1))) {
            classes.entry(class).or_default().push(thing);
        }
        classes.into_values().collect()
    }

    /// The places of each query group, if rows have any, with the group's hash.
    pub fn places_by_query(&self) -> Option<Vec<(u64, Vec<usize>)>> {
        let groups = self.data.groups()?;
        let own: Vec<u64> = self.rows.iter().map(|row| groups[*row as usize]).collect();
        Some(self.by_name(&self.of_all(&own)))
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
        let own: Vec<u64> = self.own_values(column)?.into_iter().map(name).collect();
        let groups = self.by_name(&self.of_all(&own));
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
        let own: Vec<u64> = self.own_values(column)?.into_iter().map(f64::to_bits).collect();
        Ok(self.of_all(&own).into_iter().map(f64::from_bits).collect())
    }

    /// The column's values of this rank's rows. None is missing on any rank.
    fn own_values(&self, column: usize) -> Result<Vec<f64>> {
        self.ranks.agree(values(&*self.data.source, column).and_then(|all| self.present(&all)))
    }

    fn present(&self, all: &[f64]) -> Result<Vec<f64>> {
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

    /// This rank's rows at some places, ascending, as a data set without the column that only says how rows are split.
    pub fn subset(&self, places: impl Iterator<Item = usize>) -> Dataset {
        let row = |place: usize| self.rows.get(place.checked_sub(self.first)?).copied();
        self.data.subset(places.filter_map(row).collect(), self.column)
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
