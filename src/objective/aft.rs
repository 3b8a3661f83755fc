//! `survival:aft`: accelerated failure times (Barnwal, Cho and Hocking 2020), as XGBoost has them. Of each row's time two bounds are known;
//! they are the same where the time is, and the upper one is infinite where the row was last seen at the lower one.
//!
//! Margins start where known times are on average, not at XGBoost's ln ½: from there, a logistic or extreme distribution with hardly any
//! hessian takes a first step that is too far.

use super::log_link::positive_mean;
use super::loss::{CHUNK, GradientPair, Loss, Round, checked_magnitude};
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::{Noise, weighted_mean};
use crate::{Error, Params, Result};
use rayon::prelude::*;
use sapwood_score::math::ln;

/// The likelihood of times between bounds.
pub(super) struct Aft {
    base_score: Option<f64>,
    noise: Noise,
}

impl Aft {
    pub(super) fn new(params: &Params) -> Result<Self> {
        let noise = Noise { distribution: params.aft_loss_distribution, scale: params.aft_loss_distribution_scale };
        Ok(Self { base_score: positive_mean(params)?, noise })
    }

    fn pair(&self, round: &Round<'_>, (lower, upper): (&[f64], &[f64]), row: usize) -> GradientPair {
        let (grad, hess) = self.noise.derivatives(round.margins[row], lower[row], upper[row]);
        let weight = round.targets.weight(row);
        GradientPair::new(grad * weight, hess * weight)
    }
}

/// The bounds of all rows: there are none where there are no rows.
fn bounds(targets: TargetsView<'_>) -> (&[f64], &[f64]) {
    targets.label_bounds().unwrap_or_default()
}

/// The logarithm of the time that is known best, and how much it counts.
fn known(lower: f64, upper: f64, weight: f64) -> (f64, f64) {
    match (lower > 0.0, upper.is_finite()) {
        (true, true) => (0.5 * (ln(lower) + ln(upper)), weight),
        (true, false) => (ln(lower), weight),
        (false, true) => (ln(upper), weight),
        (false, false) => (0.0, 0.0),
    }
}

/// Checks that there is something to learn: otherwise the best prediction would be infinity, or 0.
fn check_known(targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<()> {
    let (lower, upper) = bounds(targets);
    let rows = || (0..targets.rows()).filter(|&row| targets.weight(row) > 0.0);
    if !ranks.any(rows().any(|row| upper[row].is_finite())) {
        return Err(Error::data(
            "no row has an event: all upper bounds are infinite, which says that no row's time is known; check label_upper_bound_column",
        ));
    }
    if !ranks.any(rows().any(|row| lower[row] > 0.0)) {
        return Err(Error::data("all lower bounds are 0, so that no time would be too short; check label_lower_bound_column"));
    }
    Ok(())
}

impl Loss for Aft {
    /// The logarithm of `base_score`, by default the mean of the logarithms of known times.
    fn base_score(&self, targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<Vec<f64>> {
        check_known(targets, ranks)?;
        let (lower, upper) = bounds(targets);
        let known = |row: usize| known(lower[row], upper[row], targets.weight(row));
        let mean = || {
            let (logs, weights): (Vec<f64>, Vec<f64>) = (0..targets.rows()).map(known).unzip();
            weighted_mean(ranks, &logs, Some(&weights))
        };
        Ok(vec![self.base_score.map_or_else(mean, ln)])
    }

    /// Gradients have a limit, times weights.
    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let heaviest = round.targets.weights().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        checked_magnitude(ranks.max_magnitudes([heaviest])[0])
    }

    fn gradients(&self, _output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        let bounds = bounds(round.targets);
        out.par_iter_mut().with_min_len(CHUNK).enumerate().for_each(|(row, out)| *out = self.pair(round, bounds, row));
    }

    fn gradients_of(&self, _output: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        let bounds = bounds(round.targets);
        let rows = out.par_iter_mut().with_min_len(CHUNK).zip(rows);
        rows.for_each(|(out, &row)| *out = self.pair(round, bounds, row as usize));
    }
}
