//! Trees of several outputs: against the obvious way to compute them, and the same bytes however they are computed.

use super::buffers::Buffers;
use super::preparation::Beginnings;
use super::row_order::RowOrder;
use super::training::Training;
use crate::binning::{self, BinColumns, BinMapper, BinnedMatrix};
use crate::execution::Execution;
use crate::grow::{RowBins, TreeGrower};
use crate::objective::GradientPair;
use crate::params::{MultiStrategy, ParamsBuilder, SamplingMethod};
use crate::sampling::mix;
use crate::simd::Simd;
use crate::split::FeatureRules;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, GrowPolicy, Model, Objective, Params, Trainer};
use ndarray::{Array2, ArrayView1};
use sapwood_score::math::exp;
use sapwood_score::{Condition, LeafValue, Node, Tree};

const CLASSES: usize = 5;

fn base() -> ParamsBuilder {
    let params = Params::builder().objective(Objective::Softprob).num_class(CLASSES as u32).min_child_weight(0.3);
    params.multi_strategy(MultiStrategy::MultiOutputTree)
}

/// Numbers with missing ones, many values, three levels, and many.
fn values(rows: usize) -> (Array2<f64>, FeatureSchema) {
    let x = Array2::from_shape_fn((rows, 5), |(row, column)| match (mix((row * 8 + column) as u64), column) {
        (hash, _) if hash % 17 == column as u64 => f64::NAN,
        (hash, 0) => (hash % 12) as f64,
        (hash, 1 | 2) => (hash >> 11) as f64 / (1u64 << 53) as f64,
        (hash, 3) => (hash % 3) as f64,
        (hash, _) => (hash % 40) as f64,
    });
    let levels = |count: usize| FeatureKind::Categorical { levels: (0..count).map(|level| format!("{level:02}")).collect() };
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Numeric, levels(3), levels(40)];
    let features = kinds.into_iter().enumerate().map(|(i, kind)| Feature { name: format!("x{i}"), kind }).collect();
    (x, FeatureSchema { features, named: true, index_base: None })
}

fn class(row: ArrayView1<'_, f64>, classes: usize) -> f64 {
    let number = |x: f64| if x.is_nan() { 0.3 } else { x };
    let sum = number(row[0]) / 4.0 + 2.0 * number(row[1]) + number(row[3]) + (number(row[4]) % 4.0) * 0.8;
    ((sum * 1.3).floor() as usize % classes) as f64
}

fn dataset(rows: usize, classes: usize) -> Dataset {
    let (x, schema) = values(rows);
    let labels = x.rows().into_iter().map(|row| class(row, classes)).collect();
    let weights = (0..rows).map(|row| [0.0, 0.5, 1.0, 2.0][row % 4]).collect();
    Dataset::from_array(x.view(), labels, Some(schema)).unwrap().with_weights(weights).unwrap()
}

/// The gradients of the first round, row by row, times weights.
fn first_gradients(model: &Model, labels: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let whole: f64 = model.base_score.iter().map(|&margin| exp(margin)).sum();
    let of = |(row, &label): (usize, &f64)| {
        let weight = [0.0, 0.5, 1.0, 2.0][row % 4];
        let pair = |(class, &margin): (usize, &f64)| {
            let p = exp(margin) / whole;
            ((p - f64::from(u8::from(label == class as f64))) * weight, 2.0 * p * (1.0 - p) * weight)
        };
        model.base_score.iter().enumerate().map(pair).collect()
    };
    labels.iter().enumerate().map(of).collect()
}

fn sums(gradients: &[Vec<(f64, f64)>], rows: &[usize]) -> Vec<(f64, f64)> {
    let add = |sums: Vec<(f64, f64)>, &row: &usize| {
        sums.iter().zip(&gradients[row]).map(|(sum, pair)| (sum.0 + pair.0, sum.1 + pair.1)).collect()
    };
    rows.iter().fold(vec![(0.0, 0.0); gradients[0].len()], add)
}

/// What outputs gain that have hessian enough, and whether there is one.
fn score(sums: &[(f64, f64)], least: f64, lambda: f64) -> (f64, bool) {
    let enough = sums.iter().filter(|(_, hess)| *hess >= least);
    (enough.clone().map(|(grad, hess)| grad * grad / (hess + lambda)).sum(), enough.count() > 0)
}

/// Rows of each node.
fn rows_of_nodes(tree: &Tree, x: &Array2<f64>) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); tree.nodes.len()];
    rows[0] = (0..x.nrows()).filter(|row| row % 4 > 0).collect();
    for (at, node) in tree.nodes.iter().enumerate() {
        if let Node::Split(split) = node {
            for row in rows[at].clone() {
                let child = if split.goes_left(x[[row, split.feature as usize]]) { split.left } else { split.right };
                rows[child as usize].push(row);
            }
        }
    }
    rows
}

/// The largest gain of some rows over all thresholds of numbers, and over single levels of the feature that has three.
fn best_gain(x: &Array2<f64>, rows: &[usize], gradients: &[Vec<(f64, f64)>], least: f64, lambda: f64) -> f64 {
    let total = sums(gradients, rows);
    let parent = score(&total, least, lambda).0;
    let mut best = f64::NEG_INFINITY;
    let mut consider = |left: &[usize]| {
        let left = sums(gradients, left);
        let right: Vec<_> = total.iter().zip(&left).map(|(all, left)| (all.0 - left.0, all.1 - left.1)).collect();
        let ((left, has_left), (right, has_right)) = (score(&left, least, lambda), score(&right, least, lambda));
        if has_left && has_right {
            best = f64::max(best, left + right - parent);
        }
    };
    for feature in 0..4 {
        let value = |row: usize| x[[row, feature]];
        let missing: Vec<usize> = rows.iter().copied().filter(|&row| value(row).is_nan()).collect();
        let mut distinct: Vec<f64> = rows.iter().map(|&row| value(row)).filter(|x| !x.is_nan()).collect();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        for limit in distinct {
            let goes_left = |&row: &usize| if feature == 3 { value(row) == limit } else { value(row) <= limit };
            let mut left: Vec<usize> = rows.iter().copied().filter(goes_left).collect();
            consider(&left);
            left.extend(&missing);
            consider(&left);
        }
    }
    best
}

#[test]
fn splits_and_leaves_are_those_of_the_obvious_way() {
    let (x, schema) = values(400);
    // Few enough values for exact cuts.
    let x = x.mapv(|x| if x < 1.0 && x > 0.0 { (x * 30.0).floor() } else { x });
    let labels: Vec<f64> = x.rows().into_iter().map(|row| class(row, CLASSES)).collect();
    let data = Dataset::from_array(x.view(), labels.clone(), Some(schema)).unwrap();
    let data = data.with_weights((0..400).map(|row| [0.0, 0.5, 1.0, 2.0][row % 4]).collect()).unwrap();
    for (least, lambda, sketch) in [(0.0, 1.0, 0), (2.0, 0.0, 0), (6.0, 0.5, 0), (1.0, 0.5, 2)] {
        let params = base().num_round(1).eta(0.7).max_depth(4).lambda(lambda).min_child_weight(least);
        let params = params.sketch_outputs(sketch).build().unwrap();
        let model = Trainer::new(params).fit(&data).unwrap();
        let [tree] = &model.trees[..] else { panic!("{} trees", model.trees.len()) };
        assert!(tree.nodes.len() > 9);
        let gradients = first_gradients(&model, &labels);
        let nodes = rows_of_nodes(tree, &x);
        for (node, rows) in tree.nodes.iter().zip(&nodes) {
            let total = sums(&gradients, rows);
            match node {
                // Combinations find other splits, whose leaves are nevertheless of all outputs.
                Node::Split(split) if sketch == 0 => {
                    let best = best_gain(&x, rows, &gradients, least, lambda);
                    // Sets of many levels are not tried here, and may be better.
                    let is_best = (split.gain - best).abs() <= 4e-3 * best || (split.feature == 4 && split.gain > best);
                    assert!(is_best, "{} {best} {least} {lambda}", split.gain);
                    let left = sums(&gradients, &nodes[split.left as usize]);
                    let right = sums(&gradients, &nodes[split.right as usize]);
                    let gain = score(&left, least, lambda).0 + score(&right, least, lambda).0 - score(&total, least, lambda).0;
                    let l2 = if split.feature == 4 { 1.0 } else { 4e-3 };
                    assert!((split.gain - gain).abs() <= l2 * gain, "{} {gain}", split.gain);
                    let cover: f64 = total.iter().map(|(_, hess)| hess).sum();
                    assert!((split.cover - cover).abs() < 1e-4 * cover);
                }
                Node::Split(split) => {
                    let cover: f64 = total.iter().map(|(_, hess)| hess).sum();
                    assert!((split.cover - cover).abs() < 1e-4 * cover);
                }
                Node::Leaf(leaf) => {
                    let LeafValue::Vector(values) = &leaf.value else { panic!("{leaf:?}") };
                    for (value, (grad, hess)) in values.iter().zip(total) {
                        let expected = if hess >= least { -0.7 * grad / (hess + lambda) } else { 0.0 };
                        assert!((value - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{value} {expected}");
                    }
                }
            }
        }
    }
}

/// A model that is trained with some vector instructions, rows that move or stay, on so many threads.
fn fit(params: &Params, data: &Dataset, simd: Simd, order: RowOrder, threads: usize) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut training = Training::prepare(Execution::solo(simd), params, data, &[], Beginnings::default()).unwrap();
        let bins = training.bin().unwrap();
        let mut binned = training.lay_out(bins).unwrap();
        training.order = order;
        let model = training.grow_all(&mut binned, None, &mut ()).unwrap().0;
        assert!(model.trees.iter().any(|tree| tree.nodes.len() > 5));
        model.to_bytes().unwrap()
    })
}

#[test]
fn bytes_are_the_same_however_they_are_computed() {
    let params = [
        base().num_round(4),
        base().num_round(4).alpha(0.2).max_delta_step(0.5).grow_policy(GrowPolicy::Lossguide).max_leaves(20),
        base().num_round(3).subsample(0.4).colsample_bynode(0.6).num_parallel_tree(2),
        base().num_round(3).subsample(0.8).extra_trees(true),
        base().num_round(4).eta(0.6).sampling_method(SamplingMethod::Goss),
        base().num_round(4).subsample(0.3).sampling_method(SamplingMethod::GradientBased),
        base().num_round(3).max_cat_to_onehot(64).gamma(0.3),
        base().num_round(3).sketch_outputs(1),
        base().num_round(3).sketch_outputs(2).subsample(0.4).num_parallel_tree(2),
    ];
    for (classes, rows) in [(3, 1000), (CLASSES, 3000), (37, 9000)] {
        let data = dataset(rows, classes);
        for (case, params) in params.iter().enumerate() {
            let params = params.clone().num_class(classes as u32).build().unwrap();
            let expected = fit(&params, &data, Simd::scalar(), RowOrder::new(false), 1);
            for (simd, threads) in Simd::all().into_iter().zip([3, 2, 7]) {
                assert!(fit(&params, &data, simd, RowOrder::new(true), threads) == expected, "{case} {classes} {simd:?}");
            }
        }
    }
}

#[test]
fn sparse_features_give_the_trees_of_dense_ones() {
    let x = Array2::from_shape_fn((3000, 60), |(row, column)| match mix((row * 64 + column) as u64) {
        hash if column < 6 => (hash % 50) as f64,
        hash if hash % 12 == 0 => (hash % 5) as f64,
        _ => f64::NAN,
    });
    let label = |row: ArrayView1<'_, f64>| ((row[0] + 20.0 * row[7].max(0.0) + row[2]) / 30.0).floor().min(4.0);
    let data = Dataset::from_array(x.view(), x.rows().into_iter().map(label).collect(), None).unwrap();
    for params in [base().num_round(4), base().num_round(4).colsample_bytree(0.4)] {
        let params = params.build().unwrap();
        let model = |dense: bool| {
            let mut training =
                Training::prepare(Execution::solo(Simd::detect().unwrap()), &params, &data, &[], Beginnings::default()).unwrap();
            let bins = training.bin().unwrap();
            let mut binned = training.lay_out(bins).unwrap();
            if dense {
                let features = binned.mapper.features();
                binned.mapper = BinMapper::of(features.to_vec(), vec![None; features.len()]);
                binned.matrix = BinnedMatrix::build(&binned.mapper, &data, Simd::scalar()).unwrap();
                binned.columns = BinColumns::none();
            }
            training.grow_all(&mut binned, None, &mut ()).unwrap().0.to_bytes().unwrap()
        };
        assert!(model(true) == model(false));
    }
}

/// More rows than a packed sum holds, gradients that need wide codes, and histograms that are not kept.
#[test]
fn neither_forms_of_sums_nor_memory_change_a_tree() {
    let rows = 150_000;
    let x = Array2::from_shape_fn((rows, 3), |(row, column)| (mix((row * 4 + column) as u64) % 40) as f64);
    let data = Dataset::from_array(x.view(), vec![0.0; rows], None).unwrap();
    let params = Params::builder().num_round(1).max_depth(6).min_child_weight(0.5).build().unwrap();
    let execution = Execution::solo(Simd::detect().unwrap());
    let (mapper, matrix) = binning::bin(&data, &params, execution).unwrap();
    let (columns, rules) = (BinColumns::of(&matrix), FeatureRules::default());
    for outlier in [0.0, 1e7] {
        let tree = |kept_bytes: usize, threads: usize| -> Tree {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let grower = TreeGrower::new(&params, &rules, &mapper, &matrix, 3, execution).keeping(kept_bytes);
                let mut buffers = Buffers::new(rows, (3, 3), 0.0, 0.0);
                buffers.fill(|output, out| {
                    for (row, pair) in out.iter_mut().enumerate() {
                        let extra = if row == 77 { outlier } else { 0.0 };
                        *pair = GradientPair { grad: (x[[row, output]] - 20.0 + extra) as f32, hess: 1.0 + (row % 3) as f32 };
                    }
                });
                buffers.rows[0] = (0..rows as u32).collect();
                buffers.quantise(execution, 0);
                grower.grow(buffers.input(1, RowBins { matrix: &matrix, columns: &columns, execution })).unwrap().to_tree(&mapper)
            })
        };
        let expected = tree(1 << 30, 1);
        assert!(expected.nodes.len() > 60);
        let Node::Split(root) = &expected.nodes[0] else { panic!("no split") };
        assert!(matches!(root.condition, Condition::Threshold(_)));
        for (kept_bytes, threads) in [(1 << 30, 3), (0, 1), (0, 3), (200_000, 2)] {
            assert!(tree(kept_bytes, threads) == expected, "{outlier} {kept_bytes} {threads}");
        }
    }
}
