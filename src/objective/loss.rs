//! [`Loss`]: what every objective is to boosting.

use crate::collective::Collective;
use crate::data::TargetsView;
use crate::{Error, Params, Result};

/// Rows for which one task computes gradients.
pub(super) const CHUNK: usize = 8_192;

/// Rows that are picked from among others at a time.
pub(super) const PICKED: usize = 512;

/// The values of at most [`PICKED`] rows, side by side.
pub(super) fn picked(values: &[f64], rows: &[u32]) -> [f64; PICKED] {
    let mut picked = [0.0; PICKED];
    picked.iter_mut().zip(rows).for_each(|(picked, &row)| *picked = values[row as usize]);
    picked
}

/// First and second derivative of a row's loss by its margin, times the row's weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GradientPair {
    /// First derivative.
    pub grad: f32,
    /// Second derivative, not negative.
    pub hess: f32,
}

impl GradientPair {
    /// A pair in single precision; what exceeds its range becomes its largest number.
    #[inline(always)]
    pub fn new(grad: f64, hess: f64) -> Self {
        const LARGEST: f64 = f32::MAX as f64;
        Self { grad: grad.clamp(-LARGEST, LARGEST) as f32, hess: hess.min(LARGEST) as f32 }
    }

    /// The pair of a row that stands for `factor` rows.
    #[inline(always)]
    pub(crate) fn times(self, factor: f32) -> Self {
        // A product of singles is exact in double precision: it is rounded once, and bounded as every pair is.
        Self::new(f64::from(self.grad) * f64::from(factor), f64::from(self.hess) * f64::from(factor))
    }
}

/// What a loss sees of a round. Margins are stored output by output: `margins[output * rows + row]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Round<'a> {
    /// What the rows are to be predicted as.
    pub targets: TargetsView<'a>,
    /// The margins that all trees of the round are grown on.
    pub margins: &'a [f64],
}

impl<'a> Round<'a> {
    /// The margins of one output.
    pub fn margins_of(&self, output: usize) -> &'a [f64] {
        let rows = self.targets.rows();
        &self.margins[output * rows..(output + 1) * rows]
    }
}

/// A loss. It keeps no copy of targets: those that it is given may lie in another order in every round. Only where the loss or a metric is the
/// caller's own do rows stay in the order of the data set, those of weight 0 left out.
///
/// Whatever it computes must be the same to the last bit for any number of threads, or models are not. [`CustomObjective`](super::CustomObjective)
/// trains by one of your own.
pub trait Loss: Send + Sync {
    /// The margins to start from, one per output: what `base_score` stands for, else an estimate from the targets of all ranks.
    ///
    /// # Errors
    /// Targets that leave nothing to estimate from.
    fn base_score(&self, targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<Vec<f64>>;

    /// Where the leaves of an output's trees are to predict a quantile of their rows' residuals, labels less margins: its level. Second
    /// derivatives are then the rows' weights.
    fn leaf_level(&self, _output: usize) -> Option<f64> {
        None
    }

    /// How large gradients are in the first round, over all ranks: that follows from the unit of labels and weights. Asked for before that
    /// round is started. Unless a loss says it, the largest first derivative.
    ///
    /// # Errors
    /// Gradients that would overflow or vanish in single precision.
    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let rows = round.targets.rows();
        let mut pairs = vec![GradientPair::default(); rows];
        let outputs = round.margins.len().checked_div(rows).unwrap_or_default();
        let largest = (0..outputs).map(|output| {
            self.gradients(output, round, &mut pairs);
            pairs.iter().map(|pair| f64::from(pair.grad.abs())).fold(0.0, f64::max)
        });
        let [largest] = ranks.max_magnitudes([largest.fold(0.0, f64::max)]);
        checked_magnitude(largest)
    }

    /// So many hessians may the gradient of a row be that is predicted well already. Of most losses, hessians do not tell.
    fn settled(&self) -> f32 {
        0.0
    }

    /// Whether gradients depend on earlier rounds, too. Then all these must be started before the one that training resumes with.
    fn remembers(&self) -> bool {
        false
    }

    /// Called once at the start of each round, for what all its outputs share (softmax computes its normalisers here). Rounds count from 0.
    fn start_round(&mut self, _number: usize, _round: &Round<'_>, _ranks: &dyn Collective) {}

    /// Gradients for one output, into `out` (one a row), each times the row's weight.
    fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]);

    /// Those of some rows, the same to the last bit. Unless a loss has a faster way, picked from those of all rows.
    fn gradients_of(&self, output: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        let mut all = vec![GradientPair::default(); round.targets.rows()];
        self.gradients(output, round, &mut all);
        out.iter_mut().zip(rows).for_each(|(out, &row)| *out = all[row as usize]);
    }
}

/// The gradient of a row whose class has a probability of 95 % or more, in hessians. It is 1/p where p is that of its own class, and half of
/// this where hessians are doubled.
pub(super) const SETTLED_CLASS: f32 = 1.05;

/// The smallest that the largest gradient of the first round may be. With this much, later ones may still become a million times smaller.
const SMALLEST_GRADIENT: f64 = 1e-32;

/// The largest magnitude of a gradient, if it is in range.
pub(super) fn checked_magnitude(largest: f64) -> Result<f64> {
    let (what, limit, remedy) = if largest > f64::from(f32::MAX) {
        ("large", "at most 3.4e38", "divide")
    } else if largest > 0.0 && largest < SMALLEST_GRADIENT {
        ("small", "at least 1e-32", "multiply")
    } else {
        return Ok(largest);
    };
    Err(Error::data(format!(
        "labels or weights are too {what}: differences of labels and predictions, times weights, begin with {largest:e}, and must be {limit}; \
         {remedy} the labels or the weights by a constant"
    )))
}

/// The error for a `base_score` outside its domain.
pub(super) fn base_score_error(params: &Params, value: f64, rule: &str) -> Error {
    Error::parameter(format!(
        "base_score={value} is out of range: with objective={} it {rule}; or leave it out, and it is estimated from the data",
        params.objective.name()
    ))
}
