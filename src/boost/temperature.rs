//! Temperature scaling (Guo et al. 2017): one factor for all margins, so that probabilities are neither too sure nor too unsure. It is fitted to what
//! members predict of the rows that they hold out.

use super::averaged::held_out_margins;
use super::members::Member;
use crate::collective::Solo;
use crate::data::Fold;
use crate::metric::{self, Evaluation};
use crate::params::ClassWeight;
use crate::{Dataset, Objective, Params, Result};

/// Factors lie between this and its inverse.
const LARGEST: f64 = 2.0;

/// Steps of the search, each of which leaves .618 of the interval.
const STEPS: usize = 20;

/// The factor that makes the log loss of the rows held out least. 1 where it gains nothing, where margins are no log odds, where rows begin with
/// margins of their own, or where classes are weighed, which probabilities are to show.
///
/// # Errors
/// None that data could cause.
pub(super) fn factor(members: &[&Member], folds: &[Fold], train: &Dataset, params: &Params) -> Result<f64> {
    let name = match params.objective {
        Objective::BinaryLogistic => "logloss",
        Objective::Softprob | Objective::Softmax => "mlogloss",
        _ => return Ok(1.0),
    };
    let is_weighed = params.class_weight != ClassWeight::Equal || params.is_unbalance || params.scale_pos_weight != 1.0;
    if is_weighed || train.base_margin().is_some() {
        return Ok(1.0);
    }
    let metric = metric::metrics(&[name.to_string()], params.objective_spec())?.remove(0);
    let (margins, rows) = held_out(members, folds);
    let targets = train.targets.gather(&rows);
    let loss = |ln_factor: f64| {
        let scaled: Vec<f64> = margins.iter().map(|margin| margin * sapwood_score::math::exp(ln_factor)).collect();
        metric.evaluate(&Evaluation { objective: params.objective, margins: &scaled, targets: targets.view(), ranks: &Solo })
    };
    let end = sapwood_score::math::ln(LARGEST);
    let best = least(loss, -end, end);
    Ok(if loss(best) < loss(0.0) { sapwood_score::math::exp(best) } else { 1.0 })
}

/// Of all rows that folds hold out, fold by fold, output by output; and these rows.
fn held_out(members: &[&Member], folds: &[Fold]) -> (Vec<f64>, Vec<u32>) {
    let outputs = members.first().map_or(1, |member| member.model.num_outputs());
    let (mut margins, mut rows) = (vec![Vec::new(); outputs], Vec::new());
    for (number, fold) in folds.iter().enumerate() {
        let of_fold = held_out_margins(members, number, 1.0);
        if !of_fold.is_empty() {
            rows.extend_from_slice(&fold.rows);
            margins.iter_mut().zip(of_fold.chunks(fold.rows.len())).for_each(|(all, of_fold)| all.extend_from_slice(of_fold));
        }
    }
    (margins.concat(), rows)
}

/// Where a function with one minimum is least, by golden sections.
fn least(function: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const SECTION: f64 = 0.618_033_988_749_894_9;
    let (mut left, mut right) = (high - SECTION * (high - low), low + SECTION * (high - low));
    let (mut at_left, mut at_right) = (function(left), function(right));
    for _ in 0..STEPS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - SECTION * (high - low);
            at_left = function(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + SECTION * (high - low);
            at_right = function(right);
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::least;

    #[test]
    fn the_least_of_a_parabola_is_found() {
        assert!((least(|x| (x - 0.3) * (x - 0.3), -1.0, 1.0) - 0.3).abs() < 1e-4);
        assert!(least(|x| x, -1.0, 1.0) < -0.999);
    }
}
