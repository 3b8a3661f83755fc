//! Sets of levels against a search that sorts all levels and scores one set after the other.

use super::categorical::{LevelScan, LevelScratch, LevelSearch, best_set_score};
use super::gain::Regularisation;
use super::node::NodeContext;
use super::numeric::Scan;
use super::restraint::Restraint;
use crate::Params;
use crate::histogram::{Histogram, SlotForm, Sums, Units};
use crate::simd::Simd;
use proptest::prelude::*;

/// A set of levels, the side of the rest, and the score.
type Best = Option<(Vec<u32>, bool, f64)>;

fn naive(params: &Params, scan: &Scan<'_>, levels: usize) -> Best {
    let rows_of = |sums: Sums| sums.hess as f64 * (scan.rows as f64 / scan.total.hess as f64);
    let is_onehot = levels <= params.max_cat_to_onehot as usize;
    let fewest = if is_onehot { 0.0 } else { params.cat_smooth - 0.5 };
    let all = (0..levels as u32).map(|level| (level, scan.histogram.get(level as usize)));
    let mut order: Vec<_> = all.filter(|(_, sums)| !sums.is_zero() && rows_of(*sums) >= fewest).collect();
    let ratio = |sums: Sums| match sums.hess as f64 * scan.units.hess + params.cat_smooth {
        hess if hess > 0.0 => sums.grad as f64 * scan.units.grad / hess,
        _ => 0.0,
    };
    let rest = order.iter().fold(scan.total, |rest, level| rest - level.1);
    let mut sets: Vec<Vec<(u32, Sums)>> = Vec::new();
    let lambda = if is_onehot {
        sets.extend(order.iter().map(|level| vec![*level]));
        params.lambda
    } else {
        order.sort_by(|a, b| ratio(a.1).total_cmp(&ratio(b.1)).then(a.0.cmp(&b.0)));
        let most = order.len().div_ceil(2).min(params.max_cat_threshold as usize);
        for backwards in [false, true] {
            let (mut group, mut outside) = (0.0, scan.rows as f64);
            for count in 1..=most {
                let set = if backwards { &order[order.len() - count..] } else { &order[..count] };
                let rows = rows_of(if backwards { set[0].1 } else { set[count - 1].1 });
                (group, outside) = (group + rows, outside - rows);
                if outside < params.min_data_per_group {
                    break;
                }
                if group >= params.min_data_per_group {
                    group = 0.0;
                    sets.push(set.to_vec());
                }
            }
        }
        params.lambda + params.cat_l2
    };
    let mut best: Best = None;
    for set in sets {
        for rest_left in [false, true] {
            let levels = set.iter().fold(Sums::default(), |sum, level| sum + level.1);
            let left = if rest_left { levels + rest } else { levels };
            let sides =
                [left, scan.total - left].map(|side| (side.grad as f64 * scan.units.grad, side.hess as f64 * scan.units.hess));
            let allowed = sides.iter().all(|side| side.1 >= params.min_child_weight && side.1 > 0.0);
            let [left_score, right_score] = sides.map(|(grad, hess)| grad * grad / (hess + lambda));
            let is_new = !rest_left || !rest.is_zero();
            if allowed && is_new && best.as_ref().is_none_or(|best| left_score + right_score > best.2) {
                let goes_left = if rest.is_zero() { 2 * left.hess >= scan.total.hess } else { rest_left };
                best = Some((set.iter().map(|level| level.0).collect(), goes_left, left_score + right_score));
            }
        }
    }
    best
}

/// All levels that go left: with the rest on that side, those that are left out as well.
fn left_levels((set, rest_left, _): &(Vec<u32>, bool, f64), params: &Params, scan: &Scan<'_>, levels: usize) -> Vec<u32> {
    let fewest = if levels <= params.max_cat_to_onehot as usize { 0.0 } else { params.cat_smooth - 0.5 };
    let is_left_out = |level: u32| {
        let sums = scan.histogram.get(level as usize);
        sums.is_zero() || (sums.hess as f64 * (scan.rows as f64 / scan.total.hess as f64)) < fewest
    };
    (0..levels as u32).filter(|level| set.contains(level) || (*rest_left && is_left_out(*level))).collect()
}

proptest! {
    #[test]
    fn the_best_set_is_that_of_a_plain_search(
        // Few different gradients, so that ratios are equal.
        slots in prop::collection::vec((-6i64..6, 0i64..40), 2..150),
        missing in (-5i64..5, 0i64..9),
        smooth in prop::sample::select(vec![0.0, 1.0, 10.0]),
        group in prop::sample::select(vec![0.0, 30.0]),
        most in 1u32..40,
        wide: bool,
    ) {
        let levels = slots.len();
        let sums: Vec<Sums> = slots.iter().chain([&missing]).map(|&(grad, hess)| Sums { grad: grad * hess.min(1), hess }).collect();
        let total = sums.iter().fold(Sums::default(), |total, &sums| total + sums);
        prop_assume!(total.hess > 0);
        let (form, words) = match wide {
            true => (SlotForm::Wide, sums.iter().flat_map(|sums| [sums.grad as u64, sums.hess as u64]).collect()),
            false => (SlotForm::Packed, sums.iter().map(|sums| ((sums.grad << 32) | sums.hess) as u64).collect()),
        };
        let params = Params::builder().num_round(1).cat_smooth(smooth).min_data_per_group(group).max_cat_threshold(most);
        let params = params.min_child_weight(0.5).build().unwrap();
        let histogram = Histogram { form, words };
        let units = Units { grad: 0.25, hess: 0.5 };
        let rows = total.hess as u64;
        let restraint = Restraint::of(&NodeContext::root(total, Vec::new(), rows), 0.0, 0.0, units);
        let regularisation = Regularisation::new(&params);
        let scan = Scan { histogram: &histogram, total, rows, units, regularisation, restraint, random: None };
        let expected = naive(&params, &scan, levels);
        let search = LevelSearch::new(&params);
        let feature = LevelScan { scan: &scan, slot: 0, levels, number: None };
        // Memory that other features have used.
        let mut scratch = LevelScratch::default();
        for simd in Simd::all() {
            let score = best_set_score(simd, &search, feature, &mut scratch);
            prop_assert_eq!(score.map(f64::to_bits), expected.as_ref().map(|best| best.2.to_bits()));
            let found = search.best_set(simd, feature);
            let found = found.map(|split| (0..levels as u32).filter(|&level| split.words[level as usize / 64] >> (level % 64) & 1 == 1).collect());
            prop_assert_eq!(found, expected.as_ref().map(|best| left_levels(best, &params, &scan, levels)));
        }
    }
}
