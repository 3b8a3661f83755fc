//! The steps of training: binning, histograms, the scan for splits, the partition of rows; and prediction.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use sapwood::objective::GradientPair;
use sapwood::workbench::Workbench;
use sapwood::{Dataset, GrowPolicy, Objective, Params, Trainer};
use std::hint::black_box;

const ROWS: usize = 200_000;
const FEATURES: usize = 28;

fn uniform() -> impl FnMut() -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    }
}

fn data() -> (Array2<f64>, Vec<f64>) {
    let mut draw = uniform();
    let x = Array2::from_shape_fn((ROWS, FEATURES), |_| draw() + draw() - draw() - draw());
    let labels = x.rows().into_iter().map(|row| f64::from(u8::from(row[0] + row[1] * row[2] + draw() > 0.5))).collect();
    (x, labels)
}

fn steps(criterion: &mut Criterion) {
    let (x, labels) = data();
    let gradients: Vec<GradientPair> = labels.iter().map(|&y| GradientPair { grad: 0.5 - y as f32, hess: 0.25 }).collect();
    let data = Dataset::from_array(x.view(), labels, None).expect("the data are finite");
    let params = Params::builder().num_round(1).build().expect("defaults are valid");
    let bench = Workbench::new(params, &data, &gradients).expect("the data are valid");
    let all: Vec<u32> = (0..ROWS as u32).collect();
    let scattered: Vec<u32> = (0..ROWS as u32).filter(|row| row.wrapping_mul(2_654_435_761) >> 28 == 0).collect();

    let mut group = criterion.benchmark_group("steps");
    group.sample_size(20);
    group.throughput(Throughput::Elements((ROWS * FEATURES) as u64));
    group.bench_function("binning", |b| b.iter(|| bench.bin(black_box(&data))));
    group.bench_function("histogram of all rows", |b| b.iter(|| bench.recycle(bench.histogram(black_box(&all)))));
    group.throughput(Throughput::Elements((scattered.len() * FEATURES) as u64));
    group.bench_function("histogram of a sixteenth", |b| b.iter(|| bench.recycle(bench.histogram(black_box(&scattered)))));
    let node = bench.histogram(&all);
    group.throughput(Throughput::Elements((256 * FEATURES) as u64));
    group.bench_function("split scan", |b| b.iter(|| bench.scan(black_box(&node))));
    group.throughput(Throughput::Elements(ROWS as u64));
    let (mut spare, mut sides) = (all.clone(), vec![0; all.len()]);
    group.bench_function("partition", |b| {
        b.iter_batched_ref(|| all.clone(), |rows| bench.partition(&node, rows, &mut spare, &mut sides), BatchSize::LargeInput);
    });
    group.finish();
}

fn prediction(criterion: &mut Criterion) {
    let (x, labels) = data();
    let data = Dataset::from_array(x.view(), labels, None).expect("the data are finite");
    let params = Params::builder().objective(Objective::BinaryLogistic).num_round(200).max_leaves(31);
    let params = params.grow_policy(GrowPolicy::Lossguide).build().expect("the parameters are valid");
    let model = Trainer::new(params).fit(&data).expect("the data are valid");
    let scorer = sapwood_score::Scorer::new(model).expect("the model is valid");
    let mut group = criterion.benchmark_group("prediction");
    group.sample_size(20);
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("matrix, one thread", |b| b.iter(|| scorer.predict(black_box(x.view()))));
    let row = x.row(17).to_vec();
    let mut margin = [0.0];
    group.throughput(Throughput::Elements(1));
    group.bench_function("single row", |b| b.iter(|| scorer.margins_into(black_box(&row), &mut margin)));
    group.finish();
}

criterion_group!(benches, steps, prediction);
criterion_main!(benches);
