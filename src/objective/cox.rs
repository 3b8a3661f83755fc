//! `survival:cox`: the negative partial log-likelihood of proportional hazards (Cox 1972), with Breslow's treatment of ties. The magnitude of
//! a label is a time; a negative one means that the row was last seen then, without an event (XGBoost's convention).
//!
//! XGBoost lets rows that share a time take part in only some of that time's events, by their order in memory; here they take part in all,
//! as Breslow has it. Rows count in risk sets by their weights; second derivatives are the diagonal, as in XGBoost.

use super::log_link::positive_mean;
use super::loss::{CHUNK, GradientPair, Loss, Round, checked_magnitude};
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::{LogSum, RiskSets};
use crate::{Error, Params, Result};
use rayon::prelude::*;
use sapwood_score::math::{exp, ln};

/// The smallest second derivative, XGBoost's of other losses.
const SMALLEST_HESSIAN: f64 = 1e-16;

/// Cox's partial likelihood.
pub(super) struct Cox {
    base_score: Option<f64>,
    hazard: Hazard,
}

/// What has become of rows by each time: sums over the events until then, as logarithms.
#[derive(Default)]
struct Hazard {
    times: Vec<f64>,
    /// Of weight ÷ risk set: the cumulative hazard of a margin of 0.
    cumulative: Vec<f64>,
    /// Of weight ÷ squared risk set.
    squared: Vec<f64>,
}

impl Hazard {
    fn new(sets: RiskSets) -> Self {
        let (mut sum, mut sum_of_squares) = (LogSum::default(), LogSum::default());
        let (mut cumulative, mut squared) = (Vec::with_capacity(sets.times.len()), Vec::with_capacity(sets.times.len()));
        for (&at_risk, &events) in sets.at_risk.iter().zip(&sets.events) {
            if events > 0.0 {
                sum.add(-at_risk, events);
                sum_of_squares.add(-2.0 * at_risk, events);
            }
            cumulative.push(sum.value());
            squared.push(sum_of_squares.value());
        }
        Self { times: sets.times, cumulative, squared }
    }

    fn derivatives(&self, margin: f64, label: f64) -> (f64, f64) {
        // Rows of weight 0 may be later than all others, and their derivatives count for nothing.
        let at = self.times.partition_point(|&time| time < label.abs()).min(self.times.len().saturating_sub(1));
        let (Some(cumulative), Some(squared)) = (self.cumulative.get(at), self.squared.get(at)) else { return (0.0, 0.0) };
        let expected = exp(margin + cumulative);
        let observed = if label > 0.0 { 1.0 } else { 0.0 };
        (expected - observed, (expected - exp(2.0 * margin + squared)).max(SMALLEST_HESSIAN))
    }
}

impl Cox {
    pub(super) fn new(params: &Params) -> Result<Self> {
        Ok(Self { base_score: positive_mean(params)?, hazard: Hazard::default() })
    }

    fn pair(&self, round: &Round<'_>, row: usize) -> GradientPair {
        let (grad, hess) = self.hazard.derivatives(round.margins[row], round.targets.labels()[row]);
        let weight = round.targets.weight(row);
        GradientPair::new(grad * weight, hess * weight)
    }
}

impl Loss for Cox {
    /// The logarithm of `base_score`, by default 0: hazards are relative.
    fn base_score(&self, targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<Vec<f64>> {
        let has_event = |row: usize| targets.labels()[row] > 0.0 && targets.weight(row) > 0.0;
        if !ranks.any((0..targets.rows()).any(has_event)) {
            return Err(Error::data(
                "no row has an event: survival:cox takes a label above 0 for the time of one, and a negative label for the time when a row \
                 was last seen; check label_column",
            ));
        }
        Ok(vec![self.base_score.map_or(0.0, ln)])
    }

    /// Differences of events that were expected and seen, times weights.
    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let heaviest = round.targets.weights().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        checked_magnitude(ranks.max_magnitudes([heaviest])[0])
    }

    fn start_round(&mut self, _: usize, round: &Round<'_>, ranks: &dyn Collective) {
        self.hazard = Hazard::new(RiskSets::new(round.targets.labels(), round.margins, round.targets.weights(), ranks));
    }

    fn gradients(&self, _output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        out.par_iter_mut().with_min_len(CHUNK).enumerate().for_each(|(row, out)| *out = self.pair(round, row));
    }

    fn gradients_of(&self, _output: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        let rows = out.par_iter_mut().with_min_len(CHUNK).zip(rows);
        rows.for_each(|(out, &row)| *out = self.pair(round, row as usize));
    }
}
