//! One inner step of training, run a fixed number of times on fixed data: for counting instructions under valgrind, which neither clock
//! nor neighbours disturb. The step is the argument; with `setup`, what all need is done and nothing else. See
//! scripts/count-instructions.

use ndarray::Array2;
use sapwood::objective::GradientPair;
use sapwood::workbench::Workbench;
use sapwood::{Dataset, Params};

const ROWS: usize = 20_000;
const FEATURES: usize = 28;
const TIMES: usize = 10;

fn main() {
    let value = |(row, column): (usize, usize)| {
        let hash = (row * FEATURES + column) as u64;
        let hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((hash ^ hash >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64
    };
    let x = Array2::from_shape_fn((ROWS, FEATURES), value);
    let labels: Vec<f64> = x.rows().into_iter().map(|row| f64::from(u8::from(row[0] > row[1]))).collect();
    let gradients: Vec<GradientPair> = labels.iter().map(|&y| GradientPair { grad: 0.5 - y as f32, hess: 0.25 }).collect();
    let data = Dataset::from_array(x.view(), labels, None).expect("the data are finite");
    let params = Params::builder().num_round(1).build().expect("defaults are valid");
    let bench = Workbench::new(params, &data, &gradients).expect("the data are valid");
    let all: Vec<u32> = (0..ROWS as u32).collect();
    let (mut rows, mut spare, mut sides) = (all.clone(), all.clone(), vec![0; ROWS]);
    let node = bench.histogram(&all);
    let step = std::env::args().nth(1).unwrap_or_default();
    for _ in 0..TIMES {
        match step.as_str() {
            "binning" => bench.bin(&data).expect("they were binned before"),
            "histogram" => bench.recycle(bench.histogram(&all)),
            "scan" => drop(bench.scan(&node)),
            "partition" => drop(bench.partition(&node, &mut rows, &mut spare, &mut sides)),
            _ => {}
        }
    }
}
