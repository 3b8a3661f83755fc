//! Scoring rows.

use crate::memory;
use crate::model::{SapwoodModel, model_of};
use crate::status::{Failure, SapwoodStatus, guard};
use sapwood_score::{Error, Output, Scorer};
use std::cell::Cell;

/// What to tell about a row.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SapwoodOutput {
    /// What the objective predicts: a mean, a probability, one for each class, a class.
    Value = 0,
    /// The margin of each output.
    Margin = 1,
    /// Classification only: the probability of class 1; of more than two classes, that of each.
    Probability = 2,
    /// Classification only: the index of the class.
    Class = 3,
    /// The number of the leaf in each tree.
    Leaf = 4,
    /// What each feature contributes to each margin (SHAP values): output by output, its features in order, then the bias.
    Contributions = 5,
    /// Of each output a matrix of interactions, row by row: features in order, then the bias, both ways.
    Interactions = 6,
}

impl SapwoodOutput {
    const ALL: [(Self, Output); 7] = [
        (Self::Value, Output::Value),
        (Self::Margin, Output::Margin),
        (Self::Probability, Output::Probability),
        (Self::Class, Output::Class),
        (Self::Leaf, Output::Leaf),
        (Self::Contributions, Output::Contributions),
        (Self::Interactions, Output::Interactions),
    ];
}

/// The output that a number from C stands for, which may be any.
fn output_of(number: i32) -> Result<Output, Failure> {
    let known = SapwoodOutput::ALL.into_iter().find(|(ours, _)| *ours as i32 == number);
    known.map(|(_, output)| output).ok_or_else(|| Failure::argument(format!("there is no output {number}; see SapwoodOutput")))
}

/// What a row comes to, and where that is written.
struct Request<'a> {
    scorer: &'a Scorer,
    output: Output,
    base_margins: Option<&'a [f64]>,
    predictions: &'a mut [f64],
}

impl<'a> Request<'a> {
    /// Checks the arguments that all functions share.
    ///
    /// # Safety
    /// Those of the functions that score.
    unsafe fn new(
        model: *const SapwoodModel,
        output: i32,
        num_rows: usize,
        num_features: usize,
        base_margins: *const f64,
        (predictions, length): (*mut f64, usize),
    ) -> Result<Self, Failure> {
        // SAFETY: the caller's promise.
        let scorer = &unsafe { model_of(model)? }.scorer;
        let output = output_of(output)?;
        output.check(scorer.model())?;
        scorer.model().schema.check_count(num_features)?;
        let columns = output.columns(scorer.model());
        if num_rows.checked_mul(columns) != Some(length) {
            return Err(Failure::argument(format!(
                "room for {length} predictions; {num_rows} rows of {columns} need as many as their product"
            )));
        }
        let base_margins = match base_margins.is_null() {
            true => None,
            // SAFETY: not null; the rest is the caller's promise. The product is no longer than any that memory holds, or is refused.
            false => Some(unsafe { memory::slice("base_margins", base_margins, num_rows.saturating_mul(scorer.num_outputs()))? }),
        };
        if base_margins.is_none() && scorer.model().requires_base_margin() {
            return Err(Error::BaseMarginRequired.into());
        }
        // SAFETY: the caller's promise.
        let predictions = unsafe { memory::slice_mut("predictions", predictions, length)? };
        Ok(Self { scorer, output, base_margins, predictions })
    }

    /// Scores rows, tile by tile; `tile(first, count, room)` gives the values of some rows, one after the other, which may be in `room`.
    fn score(
        self,
        num_rows: usize,
        mut tile: impl for<'t> FnMut(usize, usize, &'t mut Vec<f64>) -> Result<&'t [f64], Failure>,
    ) -> Result<(), Failure> {
        let mut room = ROOM.take();
        let Self { scorer, output, base_margins, predictions } = self;
        let (columns, outputs) = (output.columns(scorer.model()), scorer.num_outputs());
        let most = scorer.tile_rows_of(output)?;
        for first in (0..num_rows).step_by(most) {
            let count = most.min(num_rows - first);
            let values = tile(first, count, &mut room)?;
            let out = &mut predictions[first * columns..][..count * columns];
            if count == 1 && base_margins.is_none() {
                scorer.output_into(output, values, out)?;
                continue;
            }
            let margins = base_margins.map(|margins| margins[first * outputs..][..count * outputs].to_vec());
            out.copy_from_slice(&scorer.score_tile(output, values, count, margins)?);
        }
        ROOM.set(room);
        Ok(())
    }
}

thread_local! {
    /// Room for the doubles of rows that are something else, so that scoring row by row allocates nothing but once a thread.
    static ROOM: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

/// Stores in `*columns` the number of values that an output has for each row.
///
/// # Safety
/// `model` must be null or a model that is loaded, `columns` null or a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_columns(model: *const SapwoodModel, output: i32, columns: *mut usize) -> SapwoodStatus {
    guard(|| {
        // SAFETY: the caller's promise.
        let model = unsafe { model_of(model)? }.scorer.model();
        if columns.is_null() {
            return Err(Failure::argument("columns is a null pointer; it must be a place for a number"));
        }
        let output = output_of(output)?;
        output.check(model)?;
        // SAFETY: not null; the rest is the caller's promise.
        unsafe { columns.write(output.columns(model)) };
        Ok(())
    })
}

/// Whether rows must come with base margins, because the training data had some.
///
/// # Safety
/// `model` must be null or a model that is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_requires_base_margin(model: *const SapwoodModel) -> bool {
    // SAFETY: the caller's promise.
    unsafe { model.as_ref() }.is_some_and(|model| model.scorer.model().requires_base_margin())
}

/// Scores rows of doubles. `rows` holds `num_rows × num_features` values, row by row, in the order of the model's features; NaN is missing.
/// `base_margins` is null or holds a margin for each row and output, with which rows begin in place of the base score. `predictions` has
/// room for `length` values, which must be `num_rows` × what `sapwood_columns` says. Nothing is allocated for margins, means and
/// probabilities of a single row after the first call on a thread, if the model is an ordinary one.
///
/// # Safety
/// `model` must be null or a model that is loaded; the other pointers must be null or point at as many values as said, and nobody else may
/// use `predictions` during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_predict(
    model: *const SapwoodModel,
    output: i32,
    rows: *const f64,
    num_rows: usize,
    num_features: usize,
    base_margins: *const f64,
    predictions: *mut f64,
    length: usize,
) -> SapwoodStatus {
    guard(|| {
        // SAFETY: the caller's promise.
        let request = unsafe { Request::new(model, output, num_rows, num_features, base_margins, (predictions, length))? };
        // SAFETY: the same; a product too large for memory is refused.
        let rows = unsafe { memory::slice("rows", rows, num_rows.saturating_mul(num_features))? };
        request.score(num_rows, |first, count, _| Ok(&rows[first * num_features..][..count * num_features]))
    })
}

/// Scores rows of floats; as `sapwood_predict` otherwise.
///
/// # Safety
/// That of `sapwood_predict`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_predict_float(
    model: *const SapwoodModel,
    output: i32,
    rows: *const f32,
    num_rows: usize,
    num_features: usize,
    base_margins: *const f64,
    predictions: *mut f64,
    length: usize,
) -> SapwoodStatus {
    guard(|| {
        // SAFETY: as in `sapwood_predict`.
        let request = unsafe { Request::new(model, output, num_rows, num_features, base_margins, (predictions, length))? };
        // SAFETY: the same.
        let rows = unsafe { memory::slice("rows", rows, num_rows.saturating_mul(num_features))? };
        request.score(num_rows, |first, count, room| {
            room.clear();
            room.extend(rows[first * num_features..][..count * num_features].iter().map(|&value| f64::from(value)));
            Ok(&room[..])
        })
    })
}

/// Scores rows of a sparse matrix in compressed rows (CSR), as SciPy has them: the entries of row `i` are those from `row_starts[i]` to
/// `row_starts[i + 1]`, each with the number of its feature in `features` and its value in `values`. `row_starts` has `num_rows + 1`
/// values, `features` and `values` have `num_entries`. Features without an entry have the value `absent`: NaN for missing, or 0. As
/// `sapwood_predict` otherwise. A feature with two entries in a row is a failure.
///
/// # Safety
/// That of `sapwood_predict`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sapwood_predict_csr(
    model: *const SapwoodModel,
    output: i32,
    row_starts: *const i64,
    features: *const i32,
    values: *const f64,
    num_entries: usize,
    num_rows: usize,
    num_features: usize,
    absent: f64,
    base_margins: *const f64,
    predictions: *mut f64,
    length: usize,
) -> SapwoodStatus {
    guard(|| {
        // SAFETY: the caller's promise.
        let (request, rows) = unsafe {
            let request = Request::new(model, output, num_rows, num_features, base_margins, (predictions, length))?;
            let starts = memory::slice("row_starts", row_starts, num_rows.saturating_add(1))?;
            let features = memory::slice("features", features, num_entries)?;
            (request, CompressedRows { starts, features, values: memory::slice("values", values, num_entries)? })
        };
        request.score(num_rows, |first, count, room| {
            *room = rows.dense(first, count, num_features, absent)?;
            Ok(&room[..])
        })
    })
}

/// A sparse matrix.
struct CompressedRows<'a> {
    starts: &'a [i64],
    features: &'a [i32],
    values: &'a [f64],
}

impl CompressedRows<'_> {
    /// Some rows with all their values.
    fn dense(&self, first: usize, count: usize, num_features: usize, absent: f64) -> Result<Vec<f64>, Failure> {
        let mut dense = vec![absent; count * num_features];
        let mut seen = vec![usize::MAX; num_features];
        for row in first..first + count {
            let entries = self.entries(row)?;
            for (&feature, &value) in self.features[entries.clone()].iter().zip(&self.values[entries]) {
                let at = usize::try_from(feature).ok().filter(|&at| at < num_features).ok_or_else(|| {
                    rows_failure(format!(
                        "row {row} has an entry of feature {feature}; the model has {num_features} features, counted from 0"
                    ))
                })?;
                if std::mem::replace(&mut seen[at], row) == row {
                    return Err(rows_failure(format!("row {row} has two entries of feature {feature}")));
                }
                dense[(row - first) * num_features + at] = value;
            }
        }
        Ok(dense)
    }

    fn entries(&self, row: usize) -> Result<std::ops::Range<usize>, Failure> {
        let (from, to) = (self.starts[row], self.starts[row + 1]);
        match (usize::try_from(from), usize::try_from(to)) {
            (Ok(from), Ok(to)) if from <= to && to <= self.values.len() => Ok(from..to),
            _ => Err(rows_failure(format!(
                "row {row} has the entries from {from} to {to} of {}; row_starts must ascend from 0 to their number",
                self.values.len()
            ))),
        }
    }
}

fn rows_failure(text: String) -> Failure {
    Failure { status: SapwoodStatus::InvalidRows, text }
}
