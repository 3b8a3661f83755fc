//! [`BaseMargins`]: where the rows of a data set begin, before any tree.

use super::TargetsView;
use crate::{Error, Result};

/// The margins that rows begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BaseMargins<'a> {
    /// The base score, one number an output.
    Score(&'a [f64]),
    /// A margin of each row's own, the same for all of so many outputs.
    PerRow(&'a [f64], usize),
    /// Margins of each row's own, row by row, so many a row.
    PerOutput(&'a [f64], usize),
}

impl<'a> BaseMargins<'a> {
    /// The base margins of some rows, else the base score.
    ///
    /// # Errors
    /// Base margins in another number than rows or rows × outputs.
    pub fn of(targets: TargetsView<'a>, base_score: &'a [f64]) -> Result<Self> {
        let (rows, outputs) = (targets.rows(), base_score.len());
        match targets.base_margin() {
            None => Ok(Self::Score(base_score)),
            Some(margins) if margins.len() == rows * outputs => Ok(Self::PerOutput(margins, outputs)),
            Some(margins) if margins.len() == rows => Ok(Self::PerRow(margins, outputs)),
            Some(margins) => Err(Error::data(format!(
                "{} base margins for {rows} rows and {outputs} outputs; give one per row, or one for each row and output",
                margins.len()
            ))),
        }
    }

    /// The margins of rows `first..first + count`, row by row.
    pub fn of_rows(self, first: usize, count: usize) -> Vec<f64> {
        match self {
            Self::Score(score) => score.repeat(count),
            Self::PerRow(margins, outputs) => {
                margins[first..first + count].iter().flat_map(|&margin| std::iter::repeat_n(margin, outputs)).collect()
            }
            Self::PerOutput(margins, outputs) => margins[first * outputs..(first + count) * outputs].to_vec(),
        }
    }

    /// Fills `out`, one number a row, with the margins of one output.
    pub fn fill_output(self, output: usize, out: &mut [f64]) {
        match self {
            Self::Score(score) => out.fill(score[output]),
            Self::PerRow(margins, _) => out.copy_from_slice(margins),
            Self::PerOutput(margins, outputs) => {
                out.iter_mut().zip(margins.iter().skip(output).step_by(outputs)).for_each(|(out, &margin)| *out = margin);
            }
        }
    }
}
