//! [`RowSampler`]: which rows a tree is grown on, and how much their gradients count.
//!
//! A row is drawn by a hash of (seed, tree, row), so that neither threads nor the order of rows in memory change what is drawn. Where
//! the chance depends on gradients, it is computed from counts of rows by magnitude, which no order changes either.

use crate::Params;
use crate::collective::Collective;
use crate::execution::Execution;
use crate::objective::GradientPair;
use crate::params::SamplingMethod;
use crate::sampling::{Draw, Purpose, key};
use crate::simd::{Simd, dispatch};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Rows that one task looks at.
const CHUNK: usize = 65_536;

/// Rows are copied if all are at least this many times as many.
const FEWER: usize = 2;

/// Rows that are drawn at a time.
const BATCH: usize = 512;

/// Magnitudes of a [`MagnitudeCounts`] bucket agree in sign, exponent and the first bits of the mantissa: within 1.6 %.
const BUCKET_BITS: u32 = 17;
const BUCKETS: usize = 1 << (31 - BUCKET_BITS);

/// Draws the rows of each tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowSampler {
    seed: i64,
    method: Method,
    /// Trees of earlier rounds are grown on all rows.
    first_round: usize,
}

#[derive(Clone, Copy, Debug)]
enum Method {
    /// A share of the rows, all alike.
    Uniform(f64),
    /// Minimal variance sampling (Ibragimov & Gusev 2019), as XGBoost has it: rows are drawn in proportion to √(g² + λ h²), those
    /// above a threshold always.
    MinimalVariance { share: f64, lambda: f64 },
    /// Gradient-based one-side sampling (Ke et al. 2017): the rows with the largest |g h|, and some of the others, which count more.
    OneSide { top: f64, other: f64 },
}

/// The rows that a tree is grown on.
pub(super) enum Drawn {
    All,
    Some(RowSample),
}

/// Some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RowSample {
    /// Ascending.
    pub rows: Vec<u32>,
    /// What the gradients of each are multiplied by; none: they are left as they are.
    pub factors: Vec<f32>,
}

impl RowSample {
    /// Leaves only the sample's rows their gradients, times their factors. What others have becomes zero, as if they were not there.
    pub fn apply(&self, gradients: &mut [GradientPair]) {
        gradients.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, gradients)| {
            let first = (chunk * CHUNK) as u32;
            let mut next = self.rows.partition_point(|&row| row < first);
            for (row, pair) in (first..).zip(gradients) {
                let is_next = self.rows.get(next) == Some(&row);
                *pair = pair.times(if is_next { self.factor(next) } else { 0.0 });
                next += usize::from(is_next);
            }
        });
    }

    /// Whether these are so few of some rows that they are copied.
    pub fn are_few_of(&self, rows: usize) -> bool {
        FEWER * self.rows.len() <= rows
    }

    /// The factor of the row at a position of the sample.
    pub fn factor(&self, position: usize) -> f32 {
        self.factors.get(position).copied().unwrap_or(1.0)
    }
}

impl RowSampler {
    pub fn new(params: &Params) -> Self {
        let share = params.subsample;
        let (method, first_round) = match params.sampling_method {
            // As LightGBM: the first rounds, about as many as undo the shrinkage, see all rows.
            SamplingMethod::Goss => {
                (Method::OneSide { top: params.top_rate, other: params.other_rate }, (1.0 / params.eta.max(1e-9)) as usize)
            }
            _ if share >= 1.0 => (Method::Uniform(1.0), usize::MAX),
            SamplingMethod::Uniform => (Method::Uniform(share), 0),
            SamplingMethod::GradientBased => (Method::MinimalVariance { share, lambda: params.lambda }, 0),
        };
        Self { seed: params.seed, method, first_round }
    }

    /// Whether trees are ever grown on some rows only.
    pub fn samples(&self) -> bool {
        self.first_round < usize::MAX
    }

    /// Whether rows are drawn whatever their gradients: then those of the others are not needed.
    pub fn is_blind(&self) -> bool {
        matches!(self.method, Method::Uniform(share) if share < 1.0)
    }

    /// Draws the rows of the tree number `index`; the row at a position is `row(position)`, counted over all ranks. Gradients of several
    /// `outputs` come output by output.
    pub fn draw(
        &self,
        (round, index): (usize, u64),
        (gradients, outputs): (&[GradientPair], usize),
        row: impl Fn(u32) -> u64 + Sync,
        execution: Execution<'_>,
    ) -> Drawn {
        let Execution { simd, ranks, .. } = execution;
        let seed = self.seed;
        let draw = |purpose, share| Draw::new(key(seed, purpose, index), share);
        let rows = gradients.len() / outputs;
        let gradients = &*self.of_rows(gradients, outputs);
        match self.method {
            _ if round < self.first_round => Drawn::All,
            Method::Uniform(share) => {
                let rows =
                    chosen(rows, |first, count| draw_positions(simd, draw(Purpose::Rows, share), first..first + count, &row));
                Drawn::Some(RowSample { rows: rows.concat(), factors: Vec::new() })
            }
            Method::MinimalVariance { share, lambda } => {
                let magnitude = |pair: &GradientPair| magnitude(pair, lambda);
                let threshold = MagnitudeCounts::of(gradients, magnitude, ranks).threshold(share);
                let uniform = draw(Purpose::Rows, 1.0);
                choose(rows, |position| {
                    let chance = (f64::from(magnitude(&gradients[position as usize])) / threshold).min(1.0);
                    if uniform.number(row(position)) < chance { (1.0 / chance) as f32 } else { 0.0 }
                })
            }
            Method::OneSide { top, other } => {
                let magnitude = |pair: &GradientPair| (pair.grad * pair.hess).abs().min(f32::MAX);
                let (bucket, share) = MagnitudeCounts::of(gradients, magnitude, ranks).top(top);
                let (on_top, among_others) = (draw(Purpose::Top, share), draw(Purpose::Rows, other / (1.0 - top)));
                let factor = ((1.0 - top) / other) as f32;
                choose(rows, |position| {
                    let (row, here) = (row(position), bucket_of(magnitude(&gradients[position as usize])));
                    let is_top = here > bucket || (here == bucket && on_top.has(row));
                    match (is_top, is_top || among_others.has(row)) {
                        (_, false) => 0.0,
                        (true, _) => 1.0,
                        (false, true) => factor,
                    }
                })
            }
        }
    }
}

impl RowSampler {
    /// Pairs whose magnitudes are those of rows with several outputs: as in XGBoost the root of the sum of squares, as in LightGBM the sum of
    /// |g h|.
    fn of_rows<'g>(&self, gradients: &'g [GradientPair], outputs: usize) -> Cow<'g, [GradientPair]> {
        if outputs == 1 || matches!(self.method, Method::Uniform(_)) {
            return Cow::Borrowed(gradients);
        }
        let rows = gradients.len() / outputs;
        let of_row = |row: usize| {
            let pairs = gradients[row..].iter().step_by(rows).map(|pair| (f64::from(pair.grad), f64::from(pair.hess)));
            match self.method {
                Method::OneSide { .. } => (pairs.map(|(grad, hess)| (grad * hess).abs()).sum::<f64>(), 1.0),
                _ => pairs.fold((0.0, 0.0), |sums, (grad, hess)| (sums.0 + grad * grad, sums.1 + hess * hess)),
            }
        };
        let is_root = !matches!(self.method, Method::OneSide { .. });
        let pair = |(grad, hess): (f64, f64)| if is_root { (grad.sqrt(), hess.sqrt()) } else { (grad, hess) };
        let single = |x: f64| x.min(f64::from(f32::MAX)) as f32;
        let rows = (0..rows).into_par_iter().map(|row| pair(of_row(row)));
        Cow::Owned(rows.map(|(grad, hess)| GradientPair { grad: single(grad), hess: single(hess) }).collect())
    }
}

/// What is chosen of each chunk of the rows, of which `choose` gets the first and the number.
fn chosen<T: Send>(rows: usize, choose: impl Fn(usize, usize) -> T + Sync) -> Vec<T> {
    let starts: Vec<usize> = (0..rows).step_by(CHUNK).collect();
    starts.into_par_iter().map(|first| choose(first, CHUNK.min(rows - first))).collect()
}

/// The positions whose rows are drawn.
fn draw_positions(simd: Simd, draw: Draw, positions: Range<usize>, row: impl Fn(u32) -> u64) -> Vec<u32> {
    let mut drawn = vec![0; positions.len()];
    let mut count = 0;
    let (mut rows, mut is_drawn) = ([0; BATCH], [0; BATCH]);
    for first in positions.clone().step_by(BATCH) {
        let batch = first as u32..positions.end.min(first + BATCH) as u32;
        rows.iter_mut().zip(batch.clone()).for_each(|(number, position)| *number = row(position));
        draw_batch(simd, draw, &rows, &mut is_drawn);
        for (position, is_drawn) in batch.zip(is_drawn) {
            // Free of branches: which rows are drawn is not to be predicted.
            drawn[count] = position;
            count += usize::from(is_drawn);
        }
    }
    drawn.truncate(count);
    drawn
}

#[inline(always)]
fn draw_batch_body(draw: Draw, rows: &[u64; BATCH], is_drawn: &mut [u8; BATCH]) {
    for (is_drawn, &row) in is_drawn.iter_mut().zip(rows) {
        *is_drawn = u8::from(draw.has(row));
    }
}
dispatch! {
    /// 1 for the rows that are drawn.
    fn draw_batch(draw: Draw, rows: &[u64; BATCH], is_drawn: &mut [u8; BATCH]) = draw_batch_body
}

/// The rows with a factor above zero, and these factors.
fn choose(rows: usize, factor: impl Fn(u32) -> f32 + Sync) -> Drawn {
    let choose = |first: usize, count: usize| {
        let (mut rows, mut factors) = (vec![0; count], vec![0.0; count]);
        let mut chosen = 0;
        for position in first as u32..(first + count) as u32 {
            let factor = factor(position);
            (rows[chosen], factors[chosen]) = (position, factor);
            chosen += usize::from(factor > 0.0);
        }
        rows.truncate(chosen);
        factors.truncate(chosen);
        (rows, factors)
    };
    let (rows, factors): (Vec<_>, Vec<_>) = chosen(rows, choose).into_iter().unzip();
    Drawn::Some(RowSample { rows: rows.concat(), factors: factors.concat() })
}

/// √(g² + λ h²). In double precision squares neither overflow nor vanish.
fn magnitude(pair: &GradientPair, lambda: f64) -> f32 {
    let (grad, hess) = (f64::from(pair.grad), f64::from(pair.hess));
    (grad * grad + lambda * hess * hess).sqrt().min(f64::from(f32::MAX)) as f32
}

/// The bucket of a magnitude; larger magnitudes have larger numbers.
fn bucket_of(magnitude: f32) -> usize {
    (magnitude.to_bits() >> BUCKET_BITS) as usize
}

/// Numbers of rows by magnitude.
struct MagnitudeCounts {
    buckets: Vec<u64>,
    rows: u64,
}

impl MagnitudeCounts {
    /// Counts the rows of all ranks.
    fn of(gradients: &[GradientPair], magnitude: impl Fn(&GradientPair) -> f32 + Sync, ranks: &dyn Collective) -> Self {
        let count = |mut buckets: Vec<u64>, pair: &GradientPair| {
            buckets[bucket_of(magnitude(pair))] += 1;
            buckets
        };
        let add = |mut all: Vec<u64>, other: Vec<u64>| {
            all.iter_mut().zip(other).for_each(|(all, other)| *all += other);
            all
        };
        let none = || vec![0; BUCKETS];
        let mut buckets = gradients.par_iter().with_min_len(CHUNK).fold(none, count).reduce(none, add);
        ranks.all_reduce_sum(bytemuck::cast_slice_mut(&mut buckets));
        Self { rows: buckets.iter().sum(), buckets }
    }

    /// The buckets that have rows, those of the largest magnitudes first, and how many.
    fn filled(&self) -> impl Iterator<Item = (usize, f64)> {
        self.buckets.iter().enumerate().rev().filter(|(_, count)| **count > 0).map(|(bucket, &count)| (bucket, count as f64))
    }

    /// The magnitude `t` at which the rows' chances `min(1, magnitude / t)` sum to a share of them.
    fn threshold(&self, share: f64) -> f64 {
        let value = |bucket: usize| f64::from(f32::from_bits((bucket as u32) << BUCKET_BITS | 1 << (BUCKET_BITS - 1)));
        let wanted = share * self.rows as f64;
        let filled: Vec<_> = self.filled().collect();
        // Summed from the smallest: a difference would lose them beside a few large ones.
        let up_to = filled.iter().rev().scan(0.0, |sum, &(bucket, count)| {
            *sum += count * value(bucket);
            Some(*sum)
        });
        let up_to: Vec<f64> = up_to.collect();
        let mut certain = 0.0;
        for (&(bucket, count), &rest) in filled.iter().zip(up_to.iter().rev()) {
            // With these and all smaller ones drawn in proportion, is the largest chance at most 1?
            if wanted > certain && value(bucket) * (wanted - certain) <= rest {
                return rest / (wanted - certain);
            }
            certain += count;
        }
        // As many are wanted as there are: each is certain.
        f64::MIN_POSITIVE
    }

    /// The bucket at which a share of the rows, those of larger magnitude first, is reached, and the share of this bucket that it takes.
    fn top(&self, share: f64) -> (usize, f64) {
        let wanted = share * self.rows as f64;
        let mut above = 0.0;
        for (bucket, count) in self.filled() {
            if above + count >= wanted {
                return (bucket, (wanted - above) / count);
            }
            above += count;
        }
        (0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamsBuilder;

    const ROWS: usize = 200_000;

    fn gradients() -> Vec<GradientPair> {
        let pair = |row: usize| {
            let hash = crate::sampling::mix(row as u64);
            let uniform = (hash >> 40) as f32 / (1u32 << 24) as f32;
            // A few rows matter most.
            GradientPair { grad: (uniform - 0.5) / (uniform + 0.01), hess: 0.05 + 0.2 * uniform }
        };
        (0..ROWS).map(pair).collect()
    }

    fn drawn(params: ParamsBuilder, gradients: &[GradientPair], order: impl Fn(u32) -> u32 + Sync) -> RowSample {
        let row = |position| u64::from(order(position));
        let sampler = RowSampler::new(&params.num_round(1).build().unwrap());
        match sampler.draw((100, 7), (gradients, 1), row, Execution::solo(Simd::detect().unwrap())) {
            Drawn::All => panic!("all rows"),
            Drawn::Some(sample) => sample,
        }
    }

    fn methods() -> [ParamsBuilder; 3] {
        [
            Params::builder().subsample(0.3),
            Params::builder().subsample(0.3).sampling_method(SamplingMethod::GradientBased),
            Params::builder().sampling_method(SamplingMethod::Goss).top_rate(0.2).other_rate(0.1),
        ]
    }

    #[test]
    fn shares_are_as_asked_and_sums_are_kept() {
        let gradients = gradients();
        let all: f64 = gradients.iter().map(|pair| f64::from(pair.hess)).sum();
        for (method, kept) in methods().into_iter().zip([0.3, 1.0, 1.0]) {
            let sample = drawn(method.clone(), &gradients, |position| position);
            let share = sample.rows.len() as f64 / ROWS as f64;
            assert!((share - 0.3).abs() < 0.005, "{method:?}: {share}");
            let hess = |(at, &row): (usize, &u32)| f64::from(gradients[row as usize].hess * sample.factor(at));
            let ratio = sample.rows.iter().enumerate().map(hess).sum::<f64>() / all;
            assert!((ratio / kept - 1.0).abs() < 0.02, "{method:?}: {ratio}");
            assert!(sample.rows.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn neither_threads_nor_the_order_in_memory_change_what_is_drawn() {
        let last = ROWS as u32 - 1;
        for method in methods() {
            let forwards = gradients();
            let backwards: Vec<_> = forwards.iter().rev().copied().collect();
            let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
            let sample = one.install(|| drawn(method.clone(), &forwards, |position| position));
            let mut other = three.install(|| drawn(method, &backwards, |position| last - position));
            other.rows.reverse();
            other.factors.reverse();
            other.rows.iter_mut().for_each(|position| *position = last - *position);
            assert!(sample == other);
        }
    }

    #[test]
    fn one_side_sampling_keeps_the_largest() {
        let gradients = gradients();
        let [.., goss] = methods();
        let sample = drawn(goss, &gradients, |position| position);
        let magnitude = |row: u32| (gradients[row as usize].grad * gradients[row as usize].hess).abs();
        let mut all: Vec<f32> = (0..ROWS as u32).map(magnitude).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        let surely = all[ROWS * 19 / 100];
        let mut largest = (0..ROWS as u32).filter(|&row| magnitude(row) > surely);
        assert!(largest.all(|row| sample.rows.binary_search(&row).is_ok_and(|at| sample.factor(at) == 1.0)));
    }

    #[test]
    fn a_few_enormous_gradients_leave_room_for_the_others() {
        for outlier in [1e19f32, 1e38] {
            let mut gradients = gradients();
            gradients[17] = GradientPair { grad: outlier, hess: 1.0 };
            let [_, gradient_based, _] = methods();
            let sample = drawn(gradient_based, &gradients, |position| position);
            let share = sample.rows.len() as f64 / ROWS as f64;
            assert!((share - 0.3).abs() < 0.01 && sample.rows.contains(&17), "{share}");
        }
    }

    #[test]
    fn gradients_that_are_all_alike_are_drawn_alike() {
        for method in methods() {
            let alike = vec![GradientPair { grad: 0.5, hess: 0.25 }; ROWS];
            let share = drawn(method, &alike, |position| position).rows.len() as f64 / ROWS as f64;
            assert!((share - 0.3).abs() < 0.01, "{share}");
        }
    }
}
