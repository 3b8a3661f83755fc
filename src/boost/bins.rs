//! [`Bins`]: the data sets of a training run as bin numbers, before its first round.

use crate::binning::{BinMapper, BinnedMatrix, FeatureBins};
use crate::data::Sample;
use crate::{Dataset, Error, ErrorKind, Feature, FeatureKind, Params, Result};
use std::path::PathBuf;

/// Bins that are in a file, because memory has no room for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFile {
    /// The directory where the file is. It has no name there.
    pub place: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What was read of it so far.
    pub bytes_read: u64,
}

impl InFile {
    pub(super) fn of<'m>(matrices: impl Iterator<Item = &'m BinnedMatrix>) -> Option<Self> {
        let files = matrices.filter_map(BinnedMatrix::spilled);
        let one = files.map(|file| Self { place: file.place().into(), bytes: file.bytes(), bytes_read: file.bytes_read() });
        one.reduce(|all, one| Self { bytes: all.bytes + one.bytes, bytes_read: all.bytes_read + one.bytes_read, ..all })
    }
}

/// Bins of the training data and of all validation sets.
#[derive(Debug)]
pub struct Bins {
    pub(super) mapper: BinMapper,
    pub(super) train: BinnedMatrix,
    pub(super) validation: Vec<BinnedMatrix>,
}

impl Bins {
    pub(crate) fn new(mapper: BinMapper, train: BinnedMatrix, validation: Vec<BinnedMatrix>) -> Self {
        Self { mapper, train, validation }
    }

    pub(crate) fn mapper(&self) -> &BinMapper {
        &self.mapper
    }

    /// The training data's first.
    pub(crate) fn matrices(&self) -> impl Iterator<Item = &BinnedMatrix> {
        std::iter::once(&self.train).chain(&self.validation)
    }

    /// The bins of a fold of these data: what it learns from, the validation sets, and behind them what it holds out.
    pub(super) fn of_fold(&self, learned: &[u32], held_out: &[u32]) -> Result<Self> {
        let all = |matrix: &BinnedMatrix| (0..matrix.rows() as u32).collect::<Vec<_>>();
        let mut validation =
            self.validation.iter().map(|matrix| matrix.gather_ascending(&all(matrix))).collect::<Result<Vec<_>>>()?;
        validation.push(self.train.gather_ascending(held_out)?);
        Ok(Self { mapper: self.mapper.clone(), train: self.train.gather_ascending(learned)?, validation })
    }

    /// A sample of a data set, the training data's first, that has these bins and whose values cannot be had ([`cache`](crate::cache)): what stands for
    /// a value is on the same side of every split, so that models of these bins predict for it what they predict for the value. None of bins that
    /// are in a file.
    ///
    /// # Errors
    /// No such set.
    pub fn sample(&self, set: usize, data: &Dataset) -> Result<Option<Sample>> {
        let matrix = self.matrices().nth(set).filter(|matrix| matrix.rows() == data.rows());
        let matrix = matrix.ok_or_else(|| Error::internal("a sample of bins that are not there"))?;
        if matrix.spilled().is_some() {
            return Ok(None);
        }
        let features = self.mapper.features();
        let value = |feature: usize, row: usize| features[feature].stand_in(matrix.bin(row, matrix.layout(feature as u32)));
        Sample::of_bins(data, value).map(Some)
    }

    /// What of them is in a file, because memory has no room for it.
    #[must_use]
    pub fn in_file(&self) -> Option<InFile> {
        InFile::of(self.matrices())
    }

    /// Checks that these can be the bins of data sets with these names, the training data first, under these parameters. Other data of the
    /// same form cannot be told from them.
    ///
    /// # Errors
    /// Bins of other features or rows, of more or fewer sets, or more bins than the parameters allow.
    pub(super) fn check(&self, params: &Params, sets: &[(&str, &Dataset)]) -> Result<()> {
        let count = self.matrices().count();
        if count != sets.len() {
            return Err(refused(format!("they have {count} data sets, there are {}", sets.len())));
        }
        for ((name, data), matrix) in sets.iter().zip(self.matrices()) {
            let features = data.schema().len();
            if (self.mapper.features().len(), matrix.features()) != (features, features) {
                return Err(refused(format!("they have {} features, {name} has {features}", matrix.features())));
            }
            if matrix.rows() != data.rows() {
                return Err(refused(format!("they have {} rows, {name} has {}", matrix.rows(), data.rows())));
            }
            for (bins, feature) in self.mapper.features().iter().zip(&data.schema().features) {
                check_feature(bins, feature, params)?;
            }
        }
        Ok(())
    }
}

fn check_feature(bins: &FeatureBins, feature: &Feature, params: &Params) -> Result<()> {
    let name = &feature.name;
    match (bins, &feature.kind) {
        (FeatureBins::Categorical { levels }, FeatureKind::Categorical { levels: known }) if *levels != known.len() => {
            Err(refused(format!("they have {levels} levels of feature {name}, which has {}", known.len())))
        }
        (FeatureBins::Categorical { .. }, FeatureKind::Categorical { .. }) => Ok(()),
        // One of them is for missing values.
        (FeatureBins::Numeric { cuts }, kind) if !kind.is_categorical() => match cuts.len() < params.max_bin as usize {
            true => Ok(()),
            false => Err(refused(format!("feature {name} has {} of them, and max_bin is {}", cuts.len() + 1, params.max_bin))),
        },
        (FeatureBins::Numeric { .. }, kind) => Err(refused(format!("feature {name} has thresholds, and is {}", kind.word()))),
        (FeatureBins::Categorical { .. }, kind) => Err(refused(format!("feature {name} has levels, and is {}", kind.word()))),
    }
}

fn refused(what: String) -> Error {
    Error::new(
        ErrorKind::Cache,
        format!("the bins were not made from these data: {what}; give the data that were binned, or train without bins"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boost::preparation::Beginnings;
    use crate::boost::training::Training;
    use crate::execution::Execution;
    use crate::simd::Simd;
    use crate::{FeatureSchema, Trainer};
    use ndarray::Array2;

    /// A numeric feature of 40 values and a categorical one of 5 levels, or what `change` makes of them.
    fn data(rows: usize, change: impl Fn(&mut FeatureSchema)) -> Dataset {
        let levels = (0..5).map(|level| level.to_string()).collect();
        let kinds = [FeatureKind::Numeric, FeatureKind::Categorical { levels }];
        let features = kinds.into_iter().zip(["a", "b"]).map(|(kind, name)| Feature { name: name.into(), kind }).collect();
        let mut schema = FeatureSchema { features, named: true, index_base: None };
        change(&mut schema);
        let x = Array2::from_shape_fn((rows, schema.len()), |(row, column)| ((row * (column + 3)) % [40, 5][column % 2]) as f64);
        let y = x.column(0).to_vec();
        Dataset::from_array(x.view(), y, Some(schema)).unwrap()
    }

    /// Values far apart and next to each other, some missing, and many features that are nearly always 0, which share a sparse tile.
    #[test]
    fn models_predict_for_a_sample_of_bins_what_they_predict_for_values() {
        let number = |row: usize, column: usize| match column {
            1 => (row % 5) as f64,
            _ if (row + column).is_multiple_of(if column < 5 { 11 } else { 37 }) => f64::NAN,
            0 => ((row * 7919) % 1009) as f64,
            2 => [1.0, 1.0f64.next_up(), 1e300, f64::MAX, -1e-310][row % 5],
            3 => f64::from(u8::from(row % 3 == 1)) * 1e-3,
            4 => 7.0,
            _ => {
                if (row * (column + 3)).is_multiple_of(17) {
                    (row % 19) as f64
                } else {
                    0.0
                }
            }
        };
        let mut schema = FeatureSchema::numeric(60);
        schema.features[1].kind = FeatureKind::Categorical { levels: (0..5).map(|level| level.to_string()).collect() };
        let x = Array2::from_shape_fn((900, 60), |(row, column)| number(row, column));
        let y = (0..900).map(|row| number(row, 5).max(0.0) + number(row, 3).max(0.0) * 1e3 + (row % 5) as f64 * 0.3).collect();
        let data = Dataset::from_array(x.view(), y, Some(schema)).unwrap();
        let params = Params::builder().num_round(15).max_bin(64).build().unwrap();
        let simd = Simd::detect().unwrap();
        let bins = Training::prepare(Execution::solo(simd), &params, &data, &[], Beginnings::default()).unwrap().bin().unwrap();
        assert!(
            bins.matrices().any(|matrix| matrix.tiles().iter().any(|tile| matches!(tile.cells, crate::binning::Cells::Sparse(_))))
        );
        let sample = bins.sample(0, &data).unwrap().unwrap();
        assert!(sample.is_of_bins && sample.rows.len() == 900 && bins.sample(1, &data).is_err());
        let model = Trainer::new(params).fit_binned(&data, bins, &mut ()).unwrap().model;
        assert!(model.trees.iter().all(|tree| tree.nodes.len() > 10));
        let margins = |data: &Dataset| crate::predict::predict_margins(&model, data).unwrap();
        assert!(margins(&sample.data) == margins(&data));
        // Whole numbers with a bin each, and levels, stand for themselves.
        sample
            .data
            .source()
            .visit(&|block| {
                for row in 0..block.rows {
                    let here = |feature: usize| block.columns.iter().find(|column| column.0 == feature).unwrap().1.get(row);
                    assert!(here(1) == number(row, 1) && (here(3) - number(row, 3)).abs() < 1.0 || number(row, 3).is_nan());
                }
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn bins_of_anything_else_are_refused_by_what_differs() {
        let params = |max_bin| Params::builder().num_round(2).max_bin(max_bin).build().unwrap();
        let (train, valid) = (data(200, |_| {}), data(50, |_| {}));
        let bins = || {
            let sets = [("validation".to_string(), &valid)];
            Training::prepare(Execution::solo(Simd::detect().unwrap()), &params(256), &train, &sets, Beginnings::default())
                .unwrap()
                .bin()
                .unwrap()
        };
        let fit = |max_bin, train: &Dataset, validation: &[&Dataset]| {
            let trainer =
                validation.iter().fold(Trainer::new(params(max_bin)), |trainer, set| trainer.validation("validation", set));
            trainer.fit_binned(train, bins(), &mut ()).map(|trained| trained.model.to_bytes().unwrap())
        };
        let whole = Trainer::new(params(256)).validation("validation", &valid).fit(&train).unwrap().to_bytes().unwrap();
        assert!(fit(256, &train, &[&valid]).unwrap() == whole);
        let more = |schema: &mut FeatureSchema| schema.features.push(Feature { name: "c".into(), kind: FeatureKind::Numeric });
        let six = |schema: &mut FeatureSchema| {
            schema.features[1].kind = FeatureKind::Categorical { levels: (0..6).map(|level| level.to_string()).collect() };
        };
        let dates = |schema: &mut FeatureSchema| schema.features[1].kind = FeatureKind::Date;
        let texts = |schema: &mut FeatureSchema| {
            schema.features[0].kind = FeatureKind::Categorical { levels: (0..40).map(|level| format!("{level:02}")).collect() };
        };
        let cases = [
            (fit(256, &train, &[]), "they have 2 data sets, there are 1"),
            (fit(256, &train, &[&valid, &valid]), "they have 2 data sets, there are 3"),
            (fit(256, &data(201, |_| {}), &[&valid]), "they have 200 rows, train has 201"),
            (fit(256, &train, &[&data(49, |_| {})]), "they have 50 rows, validation has 49"),
            (fit(256, &data(200, more), &[&data(50, more)]), "they have 2 features, train has 3"),
            (fit(256, &data(200, six), &[&data(50, six)]), "they have 5 levels of feature b, which has 6"),
            (fit(256, &data(200, dates), &[&data(50, dates)]), "feature b has levels, and is date"),
            (fit(256, &data(200, texts), &[&data(50, texts)]), "feature a has thresholds, and is categorical"),
            (fit(30, &train, &[&valid]), "feature a has 41 of them, and max_bin is 30"),
        ];
        for (outcome, expected) in cases {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cache);
            assert!(error.to_string().contains(&format!("not made from these data: {expected}; ")), "{error}");
        }
        // 40 values have as many bins, and one more for missing values.
        assert!(fit(41, &train, &[&valid]).is_ok());
    }
}
