//! The split finder against trying every split by hand.

use super::*;
use crate::binning::{BinMapper, BinnedMatrix};
use crate::collective::Solo;
use crate::execution::Execution;
use crate::histogram::{HistogramBuilder, Pools, Quantised};
use crate::objective::GradientPair;
use crate::params::PerFeature;
use crate::simd::Simd;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, Params};
use ndarray::Array2;
use proptest::prelude::*;

/// The best gain over every threshold and side of missing values, computed from the rows, of children whose weights lie within bounds.
fn naive_numeric(values: &[f64], pairs: &[GradientPair], params: &Params, bounds: Bounds) -> f64 {
    let direction = params.monotone_constraints.0.values().next().unwrap_or(0.0);
    let regularisation = Regularisation::new(params);
    let mut thresholds: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    thresholds.sort_by(f64::total_cmp);
    let sum = |goes: &dyn Fn(f64) -> bool| {
        let chosen = values.iter().zip(pairs).filter(|(x, _)| goes(**x));
        chosen.fold((0.0, 0.0), |(g, h), (_, p)| (g + f64::from(p.grad), h + f64::from(p.hess)))
    };
    let total = sum(&|_| true);
    let mut best = f64::NEG_INFINITY;
    for &threshold in &thresholds {
        for missing_left in [false, true] {
            let left = sum(&|x: f64| if x.is_nan() { missing_left } else { x <= threshold });
            let right = (total.0 - left.0, total.1 - left.1);
            if left.1.min(right.1) >= params.min_child_weight.max(1e-9) {
                let weight = |(grad, hess)| bounds.clamp(regularisation.weight(grad, hess));
                let score = |sums: (f64, f64)| regularisation.score_at(weight(sums), sums.0, sums.1);
                // What tells missing values from all others has no direction.
                let is_of_missing = !missing_left && thresholds.last() == Some(&threshold);
                if is_of_missing || (weight(right) - weight(left)) * direction >= 0.0 {
                    best = best.max(score(left) + score(right) - score(total));
                }
            }
        }
    }
    best
}

fn find(x: &Array2<f64>, schema: Option<FeatureSchema>, pairs: &[GradientPair], params: &Params) -> Option<SplitInfo> {
    find_within(x, schema, pairs, params, Bounds::default())
}

fn find_within(
    x: &Array2<f64>,
    schema: Option<FeatureSchema>,
    pairs: &[GradientPair],
    params: &Params,
    bounds: Bounds,
) -> Option<SplitInfo> {
    let data = Dataset::from_array(x.view(), vec![0.0; x.nrows()], schema).unwrap();
    let mapper = BinMapper::fit(&data, params, &Solo).unwrap();
    let matrix = BinnedMatrix::build(&mapper, &data, Simd::scalar()).unwrap();
    let mut quantised = Quantised::new(0.0, 0.0, 1);
    let scalar = Execution::solo(Simd::scalar());
    quantised.fill(scalar, pairs);
    let (pools, used) = (Pools::new(&matrix, 1), vec![true; matrix.tiles().len()]);
    let builder = HistogramBuilder { matrix: &matrix, gradients: &quantised, used, pools: &pools, execution: scalar };
    let rows = x.nrows() as u64;
    let histogram = builder.build(&(0..x.nrows() as u32).collect::<Vec<_>>(), rows);
    let layout = matrix.layout(0);
    let node =
        NodeContext { bounds, ..NodeContext::root(histogram.totals(layout.slot, layout.value_bins, 1)[0], Vec::new(), rows) };
    let features: Vec<u32> = (0..x.ncols() as u32).collect();
    let rules = FeatureRules::new(params, data.schema()).unwrap();
    let found = |simd| {
        let finder = SplitFinder::new(params, &rules, &mapper, &matrix, Execution::solo(simd));
        let list = SplitFinder::lists(features.len());
        finder.best(&node, &histogram, quantised.units, &features, list).best.map(|candidate| candidate.split)
    };
    let best = found(Simd::scalar());
    assert_eq!(found(Simd::detect().unwrap()), best);
    best
}

fn level_schema(levels: usize) -> FeatureSchema {
    let levels = (0..levels).map(|i| format!("level{i:03}")).collect();
    let feature = Feature { name: "c".into(), kind: FeatureKind::Categorical { levels } };
    FeatureSchema { features: vec![feature], named: true, index_base: None }
}

/// Values, with missing ones, and gradients on a grid that quantising keeps exactly.
fn rows() -> impl Strategy<Value = Vec<(Option<i32>, i32, i32)>> {
    prop::collection::vec((prop::option::weighted(0.9, -20..20i32), -64..64i32, 1..32i32), 2..120)
}

proptest! {
    #[test]
    fn the_best_threshold_is_the_naive_one(rows in rows(), lambda in 0.0..3.0f64, alpha in prop_oneof![Just(0.0), 0.1..2.0f64],
                                           step in prop_oneof![Just(0.0), 0.1..2.0f64], weight in prop_oneof![Just(0.0), 0.5..6.0f64]) {
        let values: Vec<f64> = rows.iter().map(|r| r.0.map_or(f64::NAN, f64::from)).collect();
        let pairs: Vec<_> = rows.iter().map(|r| GradientPair { grad: r.1 as f32 / 16.0, hess: r.2 as f32 / 16.0 }).collect();
        let params = Params::builder().num_round(1).lambda(lambda).alpha(alpha).max_delta_step(step).min_child_weight(weight).build().unwrap();
        let x = Array2::from_shape_vec((values.len(), 1), values.clone()).unwrap();
        let expected = naive_numeric(&values, &pairs, &params, Bounds::default());
        match find(&x, None, &pairs, &params) {
            Some(split) => prop_assert!((split.gain - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{} {expected}", split.gain),
            None => prop_assert!(expected <= 2e-6, "{expected}"),
        }
    }

    #[test]
    fn the_best_threshold_within_bounds_is_the_naive_one(rows in rows(), direction in -1i32..=1, alpha in prop_oneof![Just(0.0), 0.1..2.0f64],
                                                         step in prop_oneof![Just(0.0), 0.1..2.0f64], ends in (-3.0..3.0f64, 0.0..3.0f64)) {
        let values: Vec<f64> = rows.iter().map(|r| r.0.map_or(f64::NAN, f64::from)).collect();
        let pairs: Vec<_> = rows.iter().map(|r| GradientPair { grad: r.1 as f32 / 16.0, hess: r.2 as f32 / 16.0 }).collect();
        let params = Params::builder().num_round(1).alpha(alpha).max_delta_step(step).min_child_weight(0.5);
        let params = params.monotone_constraints(PerFeature::List(vec![f64::from(direction)])).build().unwrap();
        let x = Array2::from_shape_vec((values.len(), 1), values.clone()).unwrap();
        let bounds = Bounds { lower: ends.0, upper: ends.0 + ends.1 };
        let expected = naive_numeric(&values, &pairs, &params, bounds);
        match find_within(&x, None, &pairs, &params, bounds) {
            Some(split) => prop_assert!((split.gain - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{} {expected}", split.gain),
            None => prop_assert!(expected <= 2e-6, "{expected}"),
        }
    }

    #[test]
    fn sums_of_both_sides_make_the_whole(rows in rows()) {
        let values: Vec<f64> = rows.iter().map(|r| r.0.map_or(f64::NAN, |x| f64::from(x.rem_euclid(9)))).collect();
        let pairs: Vec<_> = rows.iter().map(|r| GradientPair { grad: r.1 as f32 / 16.0, hess: r.2 as f32 / 16.0 }).collect();
        let params = Params::builder().num_round(1).cat_smooth(0.0).cat_l2(0.0).min_data_per_group(0.0).min_child_weight(0.0).build().unwrap();
        let x = Array2::from_shape_vec((values.len(), 1), values.clone()).unwrap();
        if let Some(split) = find(&x, Some(level_schema(9)), &pairs, &params) {
            let BinCondition::Levels(words) = &split.condition else { panic!("levels expected") };
            let goes_left = |x: f64| if x.is_nan() { split.missing_left } else { words[0] >> (x as u32) & 1 == 1 };
            let left: f32 = values.iter().zip(&pairs).filter(|(x, _)| goes_left(**x)).map(|(_, p)| p.grad).sum();
            let right: f32 = values.iter().zip(&pairs).filter(|(x, _)| !goes_left(**x)).map(|(_, p)| p.grad).sum();
            let unit = 1.0 / f64::from(pairs.iter().fold(0f32, |m, p| m.max(p.grad.abs()))).max(1e-9);
            let ratio = |sum: i64, of: f32| if of == 0.0 { sum == 0 } else { (sum as f64 / f64::from(of) * unit).is_finite() };
            prop_assert!(ratio(split.left.grad, left) && ratio(split.right.grad, right));
            prop_assert_eq!(split.left.grad as f64 * f64::from(right), split.right.grad as f64 * f64::from(left));
        }
    }
}

#[test]
fn ties_go_to_the_lowest_feature_and_bin() {
    let x = Array2::from_shape_fn((8, 3), |(row, _)| (row / 2) as f64);
    let pairs: Vec<_> = (0..8).map(|row| GradientPair { grad: if row < 4 { 1.0 } else { -1.0 }, hess: 1.0 }).collect();
    let params = Params::builder().num_round(1).build().unwrap();
    let split = find(&x, None, &pairs, &params).unwrap();
    assert_eq!((split.feature, split.condition), (0, BinCondition::Bin(1)));
}

#[test]
fn missing_alone_can_be_split_off() {
    let values = [1.0, 1.0, 1.0, f64::NAN, f64::NAN, f64::NAN];
    let x = Array2::from_shape_vec((6, 1), values.to_vec()).unwrap();
    let pairs: Vec<_> = values.iter().map(|x| GradientPair { grad: if x.is_nan() { 1.0 } else { -1.0 }, hess: 1.0 }).collect();
    let params = Params::builder().num_round(1).build().unwrap();
    let split = find(&x, None, &pairs, &params).unwrap();
    assert_eq!((split.condition, split.missing_left), (BinCondition::Bin(0), false));
}

#[test]
fn without_missing_values_the_heavier_side_takes_them() {
    let x = Array2::from_shape_fn((10, 1), |(row, _)| row as f64);
    let params = Params::builder().num_round(1).build().unwrap();
    for (boundary, left_is_heavier) in [(3, false), (7, true)] {
        let pair = |row| GradientPair { grad: if row < boundary { 2.0 } else { -2.0 }, hess: 1.0 };
        let split = find(&x, None, &(0..10).map(pair).collect::<Vec<_>>(), &params).unwrap();
        assert_eq!(split.missing_left, left_is_heavier);
    }
}

#[test]
fn sorted_levels_find_the_interleaved_partition() {
    let x = Array2::from_shape_fn((60, 1), |(row, _)| (row % 6) as f64);
    let pairs: Vec<_> = (0..60).map(|row| GradientPair { grad: if row % 2 == 0 { 1.0 } else { -1.0 }, hess: 1.0 }).collect();
    let params = Params::builder().num_round(1).min_data_per_group(10.0).build().unwrap();
    let split = find(&x, Some(level_schema(7)), &pairs, &params).unwrap();
    let BinCondition::Levels(words) = &split.condition else { panic!("levels expected") };
    let even = words[0] & 0b01_0101;
    assert!(even == 0 || even == 0b01_0101);
    // The seventh level has no rows: it goes where missing values go.
    assert_eq!(words[0] >> 6 & 1 == 1, split.missing_left);
}

#[test]
fn a_level_with_one_extreme_row_does_not_win() {
    // Level 0 has a single row with a large gradient; levels 1 to 5 differ by a little, over many rows.
    // Being rare, it is not even a candidate: it goes where missing values go.
    let codes: Vec<f64> = std::iter::once(0.0).chain((0..500).map(|i| f64::from(1 + i % 5))).collect();
    let grad = |code: f64| {
        if code == 0.0 {
            -6.0
        } else if code <= 2.0 {
            1.0
        } else {
            -1.0
        }
    };
    let pairs: Vec<_> = codes.iter().map(|&code| GradientPair { grad: grad(code), hess: 1.0 }).collect();
    let x = Array2::from_shape_vec((codes.len(), 1), codes).unwrap();
    let params = Params::builder().num_round(1).build().unwrap();
    let split = find(&x, Some(level_schema(6)), &pairs, &params).unwrap();
    let BinCondition::Levels(words) = &split.condition else { panic!("levels expected") };
    let sides = [words[0] >> 1 & 1, words[0] >> 2 & 1, words[0] >> 3 & 1, words[0] >> 4 & 1, words[0] >> 5 & 1];
    assert!(sides == [1, 1, 0, 0, 0] || sides == [0, 0, 1, 1, 1], "{sides:?}");
}
