//! [`SharedBins`]: a data set that is binned once, parts of which are trained on again and again.

use super::bins::Bins;
use crate::binning::{self, BinnedMatrix};
use crate::collective::Solo;
use crate::data::Fold;
use crate::execution::Execution;
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::{Dataset, Error, Params, Result};

/// The bins of a whole data set. Cuts lie where those of all rows lie, those included that a fold holds out: they tell a fold nothing of the
/// labels.
///
/// ```
/// use sapwood::boost::SharedBins;
/// use sapwood::{Dataset, Params, Trainer};
/// # use ndarray::Array2;
/// # let x = Array2::from_shape_fn((200, 2), |(row, column)| ((row * (column + 3)) % 17) as f64);
/// # let y = x.rows().into_iter().map(|row| row[0] + 2.0 * row[1]).collect();
/// let data = Dataset::from_array(x.view(), y, None)?;
/// let params = Params::builder().num_round(20).nfold(4).early_stopping_rounds(5).build()?;
/// let shared = SharedBins::new(&data, &params)?;
/// for fold in data.folds(&params)? {
///     let trainer = Trainer::new(params.clone()).validation("validation", &fold.held_out);
///     trainer.fit_binned(&fold.train, shared.of_fold(&fold)?, &mut ())?;
/// }
/// # Ok::<(), sapwood::Error>(())
/// ```
#[derive(Debug)]
pub struct SharedBins(Bins);

impl SharedBins {
    /// Bins all rows, on the thread pool that it is called from. What `params` say about bins (`max_bin`) holds for all that is trained on
    /// them. Folds have no `split_column`; nor must `data` ([`Dataset::without_column`]).
    ///
    /// # Errors
    /// Values that cannot be read.
    pub fn new(data: &Dataset, params: &Params) -> Result<Self> {
        let profiler = Profiler::new(rayon::current_num_threads());
        let execution = Execution { simd: Simd::detect()?, profiler: &profiler, ranks: &Solo };
        let (mapper, matrix) = binning::bin(data, params, execution)?;
        Ok(Self(Bins::new(mapper, matrix, Vec::new())))
    }

    /// Bins a validation set as well.
    ///
    /// # Errors
    /// Values that cannot be read, or other features.
    pub fn with_validation(mut self, data: &Dataset) -> Result<Self> {
        self.0.validation.push(BinnedMatrix::build(&self.0.mapper, data, Simd::detect()?)?);
        Ok(self)
    }

    /// Bins to train on all rows, with all validation sets.
    pub fn of_all(&self) -> Bins {
        let Bins { mapper, train, validation } = &self.0;
        Bins::new(mapper.clone(), train.clone(), validation.clone())
    }

    /// Bytes that bins to train on take.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.train.bytes() as u64
    }

    /// Bins to train on what a fold of the same data learns from, with all validation sets, and behind them what it holds out.
    ///
    /// # Errors
    /// A fold of other data.
    pub fn of_fold(&self, fold: &Fold) -> Result<Bins> {
        let last = fold.learned.iter().chain(&fold.rows).max();
        let rows = self.0.train.rows();
        if last.is_some_and(|row| *row as usize >= rows) {
            return Err(Error::data(format!("the fold is one of other data: these have {rows} rows")));
        }
        self.0.of_fold(&fold.learned, &fold.rows)
    }
}
