//! Whole weights as so many equal rows.
//!
//! Each row's gradient is rounded once, times its weight, so that a row of weight 3 is not to the last bit three rows. On few rows, where many
//! splits have equal gains, that decides which of them is taken. There each row is taken as often as it weighs, which costs next to nothing;
//! on many rows a rounding decides nothing.

use crate::Params;
use crate::collective::Collective;
use crate::data::TargetsView;

/// Rows that whole weights may add up to.
const FEW_ROWS: f64 = 16_384.0;

/// The place of each row as often as it weighs; `None` where weights are not whole, or all 1, or too many rows would come of them, or where
/// rows are ranked: there a second row is another one to be put in order.
pub(super) fn places(params: &Params, targets: TargetsView<'_>, ranks: &dyn Collective) -> Option<Vec<u32>> {
    let weights = targets.weights().unwrap_or_default();
    let is_whole = |weight: &f64| weight.fract() == 0.0 && *weight <= FEW_ROWS;
    if !ranks.any(weights.iter().any(|weight| *weight != 1.0)) || ranks.any(!weights.iter().all(is_whole)) {
        return None;
    }
    let is_few = ranks.sum(weights.iter().map(|weight| *weight as u64).sum()) as f64 <= FEW_ROWS;
    let places = || (0..).zip(weights).flat_map(|(row, weight)| std::iter::repeat_n(row, *weight as usize)).collect();
    (is_few && !params.objective.is_ranking()).then(places)
}
