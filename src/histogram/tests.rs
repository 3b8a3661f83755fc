//! Histograms against the obvious way to compute them.

use super::kernel::PACKED_ROWS;
use super::quantise::Codes;
use super::*;
use crate::binning::{BinMapper, BinnedMatrix, Cells};
use crate::collective::Solo;
use crate::execution::Execution;
use crate::objective::GradientPair;
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::{Dataset, Params};
use ndarray::Array2;

/// A matrix whose features have 2 to 300 distinct values and some missing ones.
fn binned(rows: usize, features: usize, max_bin: u32) -> (BinMapper, BinnedMatrix) {
    let x = Array2::from_shape_fn((rows, features), |(row, feature)| {
        let hash = crate::sampling::mix((row * 31 + feature) as u64);
        if hash.is_multiple_of(11) { f64::NAN } else { (hash % (2 + feature as u64 * 37 % 299)) as f64 }
    });
    let data = Dataset::from_array(x.view(), vec![0.0; rows], None).unwrap();
    let params = Params::builder().num_round(1).max_bin(max_bin).build().unwrap();
    let mapper = BinMapper::fit(&data, &params, &Solo).unwrap();
    let matrix = BinnedMatrix::build(&mapper, &data, Simd::scalar()).unwrap();
    (mapper, matrix)
}

/// A matrix whose features from the fifth on are 0 or missing in nine of ten rows.
fn sparse(rows: usize, features: usize) -> BinnedMatrix {
    let x = Array2::from_shape_fn((rows, features), |(row, feature)| {
        let hash = crate::sampling::mix((row * 67 + feature) as u64);
        match hash % 10 {
            0 => (hash % (20 + feature as u64)) as f64,
            _ if feature < 5 => (hash % 50) as f64,
            _ if feature.is_multiple_of(2) => f64::NAN,
            _ => 0.0,
        }
    });
    let data = Dataset::from_array(x.view(), vec![0.0; rows], None).unwrap();
    let params = Params::builder().num_round(1).build().unwrap();
    let matrix = crate::binning::bin(&data, &params, Execution::solo(Simd::scalar())).unwrap().1;
    assert!(matrix.tiles().iter().any(|tile| matches!(tile.cells, Cells::Sparse(_))));
    matrix
}

fn gradients(rows: usize, outlier: bool) -> Vec<GradientPair> {
    let pair = |row: usize| {
        let hash = crate::sampling::mix(row as u64 + 99);
        GradientPair { grad: (hash % 2001) as f32 * 0.01 - 10.0, hess: (hash >> 20 & 1023) as f32 * 0.01 }
    };
    let mut pairs: Vec<_> = (0..rows).map(pair).collect();
    if outlier {
        pairs[rows / 2].grad = 1e7;
    }
    pairs
}

fn code(quantised: &Quantised, row: usize) -> Sums {
    match quantised.codes() {
        Codes::Narrow(codes) => Sums { grad: i64::from(codes[row] as i32 >> 16), hess: i64::from(codes[row] & 0xffff) },
        Codes::Wide(codes) => Sums { grad: codes[row] as i64 >> 32, hess: (codes[row] & 0xffff_ffff) as i64 },
    }
}

fn naive(matrix: &BinnedMatrix, features: usize, quantised: &Quantised, rows: &[u32]) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); matrix.slots()];
    for &row in rows {
        for feature in 0..features {
            let layout = matrix.layout(feature as u32);
            let slot = layout.slot + matrix.bin(row as usize, layout);
            sums[slot] = sums[slot] + code(quantised, row as usize);
        }
    }
    sums
}

/// What builds histograms of all features.
fn builder<'a>(matrix: &'a BinnedMatrix, gradients: &'a Quantised, pools: &'a Pools, simd: Simd) -> HistogramBuilder<'a> {
    HistogramBuilder { matrix, gradients, used: vec![true; matrix.tiles().len()], pools, execution: Execution::solo(simd) }
}

/// Checks a build of `rows` at every level; returns the form it had.
fn check(matrix: &BinnedMatrix, features: usize, quantised: &Quantised, rows: &[u32]) -> SlotForm {
    let pools = Pools::new(matrix, 1);
    let expected = naive(matrix, features, quantised, rows);
    let mut form = None;
    for simd in Simd::all() {
        let histogram = builder(matrix, quantised, &pools, simd).build(rows, rows.len() as u64);
        for (slot, expected) in expected.iter().enumerate() {
            assert_eq!(histogram.get(slot), *expected, "slot {slot} with {simd:?}");
        }
        form = Some(histogram.form);
        pools.nodes.give(histogram.words);
    }
    form.unwrap()
}

#[test]
fn every_width_and_level_equals_the_naive_sums() {
    for features in 1..=35 {
        let (_, matrix) = binned(700, features, 256);
        let rows: Vec<u32> = (0..700).filter(|r| r % 3 != 0).collect();
        for outlier in [false, true] {
            let mut quantised = Quantised::new(0.0, 0.0, 1);
            quantised.fill(Execution::solo(Simd::scalar()), &gradients(700, outlier));
            check(&matrix, features, &quantised, &rows);
        }
    }
}

#[test]
fn features_with_many_bins_do_not_widen_the_others() {
    let (_, matrix) = binned(3000, 12, 1000);
    assert!(matrix.tiles().len() >= 2);
    let mut quantised = Quantised::new(0.0, 0.0, 1);
    quantised.fill(Execution::solo(Simd::scalar()), &gradients(3000, false));
    check(&matrix, 12, &quantised, &(0..3000).collect::<Vec<_>>());
}

#[test]
fn sparse_features_equal_the_naive_sums() {
    for rows in [700, PACKED_ROWS + 1000] {
        let matrix = sparse(rows, 45);
        for outlier in [false, true] {
            let mut quantised = Quantised::new(0.0, 0.0, 1);
            quantised.fill(Execution::solo(Simd::scalar()), &gradients(rows, outlier));
            let some: Vec<u32> = (0..rows as u32).filter(|row| row % 7 != 0).collect();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
            pool.install(|| check(&matrix, 45, &quantised, &some));
        }
    }
}

#[test]
fn large_nodes_are_exact_where_packed_sums_would_overflow() {
    let rows = 3 * PACKED_ROWS + 17;
    let (_, matrix) = binned(rows, 3, 8);
    let extreme = vec![GradientPair { grad: -1.0, hess: 1.0 }; rows];
    let mut quantised = Quantised::new(0.0, 0.0, 1);
    quantised.fill(Execution::solo(Simd::scalar()), &extreme);
    let all: Vec<u32> = (0..rows as u32).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(pool.install(|| check(&matrix, 3, &quantised, &all)), SlotForm::Wide);
    assert_eq!(check(&matrix, 3, &quantised, &all[..PACKED_ROWS]), SlotForm::Packed);
}

#[test]
fn parent_minus_child_is_the_other_child_in_every_form() {
    let rows = PACKED_ROWS + 5000;
    let (_, matrix) = binned(rows, 5, 64);
    let mut quantised = Quantised::new(0.0, 0.0, 1);
    quantised.fill(Execution::solo(Simd::scalar()), &gradients(rows, false));
    let pools = Pools::new(&matrix, 1);
    let builder = builder(&matrix, &quantised, &pools, Simd::scalar());
    let all: Vec<u32> = (0..rows as u32).collect();
    for (parent, split) in [(rows, 3000), (rows, 20_000), (PACKED_ROWS, 100)] {
        let mut histogram = builder.build(&all[..parent], parent as u64);
        let child = builder.build(&all[..split], split as u64);
        histogram.subtract(&child, std::slice::from_ref(&(0..matrix.slots())), (parent - split) as u64, true, &Profiler::new(1));
        let expected = naive(&matrix, 5, &quantised, &all[split..parent]);
        for (slot, expected) in expected.iter().enumerate() {
            assert_eq!(histogram.get(slot), *expected);
        }
        assert_eq!(histogram.form, if parent - split <= PACKED_ROWS { SlotForm::Packed } else { SlotForm::Wide });
    }
}

#[test]
fn quantising_is_the_same_at_every_level() {
    for outlier in [false, true] {
        let gradients = gradients(40_000, outlier);
        let mut reference = Quantised::new(0.0, 0.0, 1);
        reference.fill(Execution::solo(Simd::scalar()), &gradients);
        for simd in Simd::all() {
            let mut quantised = Quantised::new(0.0, 0.0, 1);
            quantised.fill(Execution::solo(simd), &gradients);
            assert_eq!(quantised.units, reference.units);
            assert!((0..40_000).all(|row| code(&quantised, row) == code(&reference, row)));
        }
    }
}

#[test]
fn buffers_are_as_many_as_are_in_use_at_a_time() {
    let rows = 3 * PACKED_ROWS;
    let (_, matrix) = binned(rows, 40, 64);
    let pools = Pools::new(&matrix, 1);
    let all: Vec<u32> = (0..rows as u32).collect();
    let threads = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for round in 0..10 {
        let mut quantised = Quantised::new(0.0, 0.0, 1);
        quantised.fill(Execution::solo(Simd::scalar()), &gradients(rows, round % 2 == 0));
        let builder = builder(&matrix, &quantised, &pools, Simd::scalar());
        let histograms = threads.install(|| [builder.build(&all, rows as u64), builder.build(&all[..5000], 5000)]);
        histograms.into_iter().for_each(|histogram| pools.nodes.give(histogram.words));
    }
    assert_eq!(pools.nodes.waiting(), 2);
    let runs = 2 * 3 + matrix.tiles().len();
    assert!(pools.partials.waiting() <= 2 * runs, "{} buffers after {runs} runs at a time", pools.partials.waiting());
}
