//! [`Sampler`]: some rows of a data set and the moments of all its columns, taken while the data are read for something else.
//!
//! Training reads raw values once or twice and lets them go. Whoever wants to look at some of them afterwards, for a report, would have to read
//! everything again; a sampler stands between the source and its reader and keeps what goes by.

use super::MISSING_CODE;
use super::block::{Block, BlockSource, Chunk, FeatureSource};
use super::dataset::Dataset;
use super::groups::Groups;
use super::memory::{Column, Columns};
use crate::sampling::{self, Draw, Purpose};
use crate::{Error, Feature, FeatureKind, Result};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows that are kept at most, query groups apart.
const MOST_ROWS: usize = 10_000;

/// Values that are kept at most, unless a few rows have more.
const MOST_VALUES: usize = 4_000_000;

/// Rows that are kept however many columns there are.
const FEWEST_ROWS: usize = 200;

/// What all values of a column amount to. Rows of weight zero count, too: this is about the data as they were read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Moments {
    /// Values that are there.
    pub present: u64,
    /// Values that are missing.
    pub missing: u64,
    /// The mean of those that are there; 0 if there are none, as are all below.
    pub mean: f64,
    /// Their standard deviation (of the population).
    pub deviation: f64,
    /// The least.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Whether all are whole numbers.
    pub are_whole: bool,
}

/// What a column amounts to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ColumnSummary {
    /// Of numbers, truth values (0 and 1), dates.
    Numbers(Moments),
    /// Of a categorical column.
    Levels {
        /// The number of rows of each level, in the order of the schema.
        counts: Vec<u64>,
        /// Values that are missing, or no level.
        missing: u64,
    },
}

/// Some rows of a data set.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The rows, with everything that goes with them.
    pub data: Dataset,
    /// Where each stands among all rows, ascending.
    pub rows: Vec<u32>,
    /// The number of all rows.
    pub of: usize,
    /// What all rows amount to, column by column; of bins, what the rows of the sample do.
    pub columns: Vec<ColumnSummary>,
    /// Whether values stand for those of their bins, because there were no others: near what was read, and on the same side of every split.
    pub is_of_bins: bool,
}

impl Sample {
    /// Those of its rows that are at some places, ascending; `of` is the number of all rows that they stand for.
    #[must_use]
    pub fn part(&self, places: Vec<u32>, of: usize) -> Self {
        let rows = places.iter().map(|&place| self.rows[place as usize]).collect();
        Self { data: self.data.subset(places, None), rows, of, columns: self.columns.clone(), is_of_bins: self.is_of_bins }
    }

    /// The same rows without a feature.
    ///
    /// # Errors
    /// No such feature.
    pub fn without_column(&self, name: &str) -> Result<Self> {
        let data = self.data.without_column(name)?;
        let features = self.data.schema.features.iter().zip(&self.columns);
        let columns = features.filter(|(feature, _)| feature.name != name).map(|(_, summary)| summary.clone()).collect();
        Ok(Self { data, columns, rows: self.rows.clone(), of: self.of, is_of_bins: self.is_of_bins })
    }

    /// A sample of data whose values cannot be had, drawn as others are. `value` gives what stands for that of a feature in a row: a number, the code
    /// of a level, or NaN.
    ///
    /// # Errors
    /// None that data could cause.
    pub(crate) fn of_bins(data: &Dataset, value: impl Fn(usize, usize) -> f64 + Sync) -> Result<Self> {
        let rows = drawn(data);
        let take = |(number, feature): (usize, &Feature)| {
            let mut taken = Taken::new(feature, rows.len());
            let values: Vec<f64> = rows.iter().map(|&row| value(number, row as usize)).collect();
            let chunk = Chunk::F64(values.into());
            taken.keep(&chunk, 0..rows.len(), |place| place);
            match &mut taken.tally {
                Tally::Numbers(parts) => parts.push((0, Part::of(&chunk))),
                Tally::Levels { counts, missing } => count_levels(&chunk, counts, missing),
            }
            (taken.values, taken.tally.summary())
        };
        let (values, columns) = data.schema.features.par_iter().enumerate().map(take).unzip();
        let source = Arc::new(Columns::with_infinite(&data.schema, values)?);
        let targets = data.targets.gather(&rows);
        Ok(Self { data: Dataset { source, targets, ..data.clone() }, of: data.rows(), rows, columns, is_of_bins: true })
    }
}

/// Keeps some rows of a source, and counts all, as they are read. Each value is taken the first time that it is handed over.
pub struct Sampler {
    source: Arc<dyn BlockSource>,
    /// Those that are kept, ascending.
    rows: Vec<u32>,
    columns: Vec<Mutex<Taken>>,
}

/// What was taken of a column.
struct Taken {
    /// Rows that went by.
    seen: usize,
    values: Column,
    tally: Tally,
}

enum Tally {
    /// Of consecutive rows, with the first one: in order they add up to the same bits, whichever thread was first.
    Numbers(Vec<(usize, Part)>),
    Levels {
        counts: Vec<u64>,
        missing: u64,
    },
}

impl Dataset {
    /// The same data, and what will keep a sample of them when they are read. Rows are drawn by hashes of their numbers, query groups as wholes; data of
    /// at most 10,000 rows, fewer if they have many columns, are kept whole. Rows of weight zero are not drawn.
    pub fn sampled(mut self) -> (Self, Arc<Sampler>) {
        let rows = drawn(&self);
        let columns = self.schema.features.iter().map(|feature| Mutex::new(Taken::new(feature, rows.len()))).collect();
        let sampler = Arc::new(Sampler { source: self.source.clone(), rows, columns });
        self.source = sampler.clone();
        (self, sampler)
    }
}

/// The rows that are kept.
fn drawn(data: &Dataset) -> Vec<u32> {
    let weighted = data.targets.weighted_rows();
    let count = weighted.as_ref().map_or(data.rows(), Vec::len);
    let most = (MOST_VALUES / data.schema.len().max(1)).clamp(FEWEST_ROWS, MOST_ROWS);
    if count <= most {
        return weighted.unwrap_or_else(|| (0..data.rows() as u32).collect());
    }
    let key = sampling::key(0, Purpose::Report, 0);
    if let Some(groups) = &data.targets.groups {
        return drawn_groups(groups, key, most);
    }
    let draw = Draw::new(key, most as f64 / count as f64);
    let drawn = (0..count).filter(|&row| draw.has(row as u64));
    match &weighted {
        None => drawn.map(|row| row as u32).collect(),
        Some(rows) => drawn.map(|row| rows[row]).collect(),
    }
}

/// The rows of as many whole groups as have so many rows, at least of one.
fn drawn_groups(groups: &Groups, key: u64, most: usize) -> Vec<u32> {
    let mut order: Vec<_> = (0..groups.count()).map(|group| (sampling::mix(key ^ groups.id(group)), group)).collect();
    order.sort_unstable();
    let mut rows: Vec<u32> = Vec::new();
    for (_, group) in order {
        let more = groups.rows_of(group);
        if !rows.is_empty() && rows.len() + more.len() > most {
            break;
        }
        rows.extend(more);
    }
    rows.sort_unstable();
    rows
}

impl Sampler {
    /// The sample, of which there is one. `data` are those that came with this sampler; they are read now, as far as nobody has read them.
    ///
    /// # Errors
    /// Data that cannot be read, or a sample that was taken already.
    pub fn finish(self: &Arc<Self>, data: &Dataset) -> Result<Sample> {
        let all = self.source.rows();
        if (0..self.columns.len()).any(|feature| self.taken(feature).seen < all) {
            self.visit(&|_| Ok(()))?;
        }
        let take = |feature: usize| std::mem::replace(&mut self.taken(feature).values, Column::F64(Vec::new()));
        let values: Vec<Column> = (0..self.columns.len()).map(take).collect();
        if values.iter().any(|values| values.len() != self.rows.len()) {
            return Err(Error::internal("a sample was asked for twice"));
        }
        let columns = (0..self.columns.len()).map(|feature| self.taken(feature).tally.summary()).collect();
        let source = Kept { columns: Columns::with_infinite(&data.schema, values)?, sampler: self.clone() };
        let targets = data.targets.gather(&self.rows);
        let data = Dataset { source: Arc::new(source), targets, ..data.clone() };
        Ok(Sample { data, rows: self.rows.clone(), of: all, columns, is_of_bins: false })
    }

    fn taken(&self, feature: usize) -> MutexGuard<'_, Taken> {
        self.columns[feature].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is new of consecutive values of a feature.
    fn take(&self, feature: usize, first_row: usize, chunk: &Chunk<'_>) {
        let (all, count) = (self.source.rows(), chunk.len());
        {
            let mut taken = self.taken(feature);
            if taken.seen >= all {
                return;
            }
            taken.seen += count;
            if let Tally::Levels { counts, missing } = &mut taken.tally {
                count_levels(chunk, counts, missing);
            }
        }
        let part = Part::of(chunk);
        let from = self.rows.partition_point(|&row| (row as usize) < first_row);
        let to = self.rows.partition_point(|&row| (row as usize) < first_row + count);
        let mut taken = self.taken(feature);
        if let Tally::Numbers(parts) = &mut taken.tally {
            parts.push((first_row, part));
        }
        taken.keep(chunk, from..to, |place| self.rows[place] as usize - first_row);
    }

    fn take_block(&self, block: &Block<'_>) {
        block.columns.iter().for_each(|(feature, chunk)| self.take(*feature, block.first_row, chunk));
    }
}

impl BlockSource for Sampler {
    fn rows(&self) -> usize {
        self.source.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit(&|block| {
            self.take_block(block);
            visit(block)
        })
    }

    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit_rows(&|block| {
            self.take_block(block);
            visit(block)
        })
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        self.source.by_feature().map(|_| self as &dyn FeatureSource)
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.source.unknown_levels()
    }

    fn locate(&self, row: usize) -> String {
        self.source.locate(row)
    }
}

impl FeatureSource for Sampler {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        let Some(source) = self.source.by_feature() else { return Ok(Vec::new()) };
        let chunks = source.feature(feature)?;
        let mut first_row = 0;
        for chunk in &chunks {
            self.take(feature, first_row, chunk);
            first_row += chunk.len();
        }
        Ok(chunks)
    }
}

/// The kept rows as a source of their own, which knows where they came from.
struct Kept {
    columns: Columns,
    sampler: Arc<Sampler>,
}

impl BlockSource for Kept {
    fn rows(&self) -> usize {
        self.sampler.rows.len()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.columns.visit(visit)
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        self.columns.by_feature()
    }

    fn locate(&self, row: usize) -> String {
        self.sampler.source.locate(self.sampler.rows[row] as usize)
    }
}

impl Taken {
    fn new(feature: &Feature, rows: usize) -> Self {
        let (values, tally) = match &feature.kind {
            FeatureKind::Categorical { levels } => {
                (Column::Codes(vec![MISSING_CODE; rows]), Tally::Levels { counts: vec![0; levels.len()], missing: 0 })
            }
            _ => (Column::F64(vec![f64::NAN; rows]), Tally::Numbers(Vec::new())),
        };
        Self { seen: 0, values, tally }
    }

    /// Keeps the values of some places, each of which is at `row` in the chunk.
    fn keep(&mut self, chunk: &Chunk<'_>, places: Range<usize>, row: impl Fn(usize) -> usize) {
        for place in places {
            let value = chunk.get(row(place));
            match &mut self.values {
                Column::F64(values) => values[place] = value,
                Column::F32(values) => values[place] = value as f32,
                Column::Codes(codes) => codes[place] = if value.is_nan() { MISSING_CODE } else { value as u32 },
            }
        }
    }
}

impl Tally {
    fn summary(&self) -> ColumnSummary {
        match self {
            Self::Levels { counts, missing } => ColumnSummary::Levels { counts: counts.clone(), missing: *missing },
            Self::Numbers(parts) => {
                let mut parts = parts.clone();
                parts.sort_by_key(|(first_row, _)| *first_row);
                let whole = parts.iter().fold(Part::EMPTY, |whole, (_, part)| whole.with(part));
                ColumnSummary::Numbers(whole.moments())
            }
        }
    }
}

fn count_levels(chunk: &Chunk<'_>, counts: &mut [u64], missing: &mut u64) {
    for row in 0..chunk.len() {
        let level = chunk.get(row);
        match counts.get_mut(level as usize).filter(|_| !level.is_nan()) {
            Some(count) => *count += 1,
            None => *missing += 1,
        }
    }
}

/// Moments of some values, as they can be put together (Chan, Golub & LeVeque 1983).
#[derive(Clone, Copy, Debug)]
struct Part {
    present: u64,
    missing: u64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    squares: f64,
    min: f64,
    max: f64,
    are_whole: bool,
}

impl Part {
    const EMPTY: Self =
        Self { present: 0, missing: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, are_whole: true };

    fn of(chunk: &Chunk<'_>) -> Self {
        match chunk {
            Chunk::F64(values) => Self::of_values(values, |x| x),
            Chunk::F32(values) => Self::of_values(values, f64::from),
            Chunk::Sparse { len, values, .. } => {
                let part = Self::of_values(values, |x| x);
                Self { missing: *len as u64 - part.present, ..part }
            }
            Chunk::Codes(_) => Self::EMPTY,
        }
    }

    fn of_values<T: Copy>(values: &[T], number: impl Fn(T) -> f64) -> Self {
        let (mut present, mut sum, mut min, mut max, mut are_whole) = (0u64, 0.0, f64::INFINITY, f64::NEG_INFINITY, true);
        for x in values.iter().map(|&x| number(x)) {
            let is_there = !x.is_nan();
            present += u64::from(is_there);
            sum += if is_there { x } else { 0.0 };
            min = if x < min { x } else { min };
            max = if x > max { x } else { max };
            are_whole &= !is_there || x.trunc() == x;
        }
        let mean = if present > 0 { sum / present as f64 } else { 0.0 };
        let square = |x: f64| if x.is_nan() { 0.0 } else { (x - mean) * (x - mean) };
        let squares = values.iter().map(|&x| square(number(x))).sum();
        Self { present, missing: values.len() as u64 - present, mean, squares, min, max, are_whole }
    }

    fn with(self, other: &Self) -> Self {
        let present = self.present + other.present;
        let (mine, theirs) = (self.present as f64, other.present as f64);
        let (whole, apart) = ((mine + theirs).max(1.0), other.mean - self.mean);
        Self {
            present,
            missing: self.missing + other.missing,
            mean: self.mean + apart * (theirs / whole),
            squares: self.squares + other.squares + apart * apart * (mine * theirs / whole),
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            are_whole: self.are_whole && other.are_whole,
        }
    }

    fn moments(self) -> Moments {
        let Self { present, missing, mean, squares, min, max, are_whole } = self;
        let any = |x: f64| if present > 0 { x } else { 0.0 };
        let deviation = (squares / present.max(1) as f64).sqrt();
        Moments { present, missing, mean, deviation, min: any(min), max: any(max), are_whole: are_whole && present > 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FeatureSchema;
    use ndarray::Array2;

    fn data(rows: usize) -> Dataset {
        let x = Array2::from_shape_fn((rows, 3), |(row, column)| match column {
            0 if row % 10 == 3 => f64::NAN,
            0 => row as f64 * 0.5,
            1 => 7.0,
            _ => (row % 3) as f64,
        });
        let mut schema = FeatureSchema::numeric(3);
        schema.features[2].kind = FeatureKind::Categorical { levels: ["a", "b", "c", "never"].map(String::from).into() };
        Dataset::from_array(x.view(), (0..rows).map(|row| row as f64).collect(), Some(schema)).unwrap()
    }

    fn values(data: &Dataset, feature: usize) -> Vec<f64> {
        super::super::subset::values(data.source(), feature).unwrap()
    }

    #[test]
    fn few_rows_are_kept_whole_and_counted() {
        let (data, sampler) = data(1_000).sampled();
        let sample = sampler.finish(&data).unwrap();
        assert_eq!((sample.rows.len(), sample.of, sample.data.rows()), (1_000, 1_000, 1_000));
        assert_eq!(values(&sample.data, 2), values(&data, 2));
        let ColumnSummary::Numbers(moments) = &sample.columns[0] else { panic!("not numbers") };
        let expected: Vec<f64> = values(&data, 0).into_iter().filter(|x| !x.is_nan()).collect();
        let mean = expected.iter().sum::<f64>() / 900.0;
        let deviation = (expected.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 900.0).sqrt();
        assert_eq!((moments.present, moments.missing, moments.min, moments.max), (900, 100, 0.0, 499.5));
        assert!((moments.mean - mean).abs() < 1e-9 && (moments.deviation - deviation).abs() < 1e-9, "{moments:?}");
        assert_eq!(sample.columns[2], ColumnSummary::Levels { counts: vec![334, 333, 333, 0], missing: 0 });
    }

    #[test]
    fn many_rows_are_drawn_and_every_way_of_reading_takes_the_same() {
        let plain = data(150_000);
        let expected = values(&plain, 0);
        let read: [fn(&Dataset); 3] = [
            |data| data.source().visit(&|_| Ok(())).unwrap(),
            |data| (0..3).for_each(|feature| drop(data.source().by_feature().unwrap().feature(feature).unwrap())),
            |_| {},
        ];
        let samples = read.map(|read| {
            let (data, sampler) = plain.clone().sampled();
            read(&data);
            // Another pass takes nothing again.
            data.source().visit_rows(&|_| Ok(())).unwrap();
            sampler.finish(&data).unwrap()
        });
        for sample in &samples {
            assert!((9_500..10_500).contains(&sample.rows.len()), "{}", sample.rows.len());
            let there: Vec<_> = sample.rows.iter().map(|&row| expected[row as usize].to_bits()).collect();
            assert_eq!(values(&sample.data, 0).iter().map(|x| x.to_bits()).collect::<Vec<_>>(), there);
            assert_eq!(sample.data.labels().unwrap()[5], f64::from(sample.rows[5]));
            assert_eq!(sample.data.source().locate(5), plain.source().locate(sample.rows[5] as usize));
            let ColumnSummary::Numbers(moments) = &sample.columns[1] else { panic!("not numbers") };
            assert_eq!((moments.present, moments.mean, moments.deviation, moments.are_whole), (150_000, 7.0, 0.0, true));
        }
    }

    #[test]
    fn groups_are_drawn_as_wholes_and_rows_without_weight_not_at_all() {
        let groups: Vec<u64> = (0..60_000).map(|row| row / 40).collect();
        let (ranked, sampler) = data(60_000).with_groups(groups).unwrap().sampled();
        let sample = sampler.finish(&ranked).unwrap();
        assert_eq!((sample.rows.len(), sample.rows.len() % 40), (10_000, 0));
        assert!(sample.data.groups().unwrap().chunks(40).all(|group| group.iter().all(|id| *id == group[0])));
        let weights = (0..60_000).map(|row| f64::from(row % 2)).collect();
        let (weighted, sampler) = data(60_000).with_weights(weights).unwrap().sampled();
        assert!(sampler.finish(&weighted).unwrap().rows.iter().all(|row| row % 2 == 1));
    }
}
