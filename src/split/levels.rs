//! [`Levels`]: the levels of a categorical feature that may be part of a set, and their order.

use super::numeric::{Scan, turned};
use crate::histogram::{SlotForm, Sums};

/// Levels that are passed over together if none of them has rows enough.
const GROUP: usize = 64;

/// So few levels are put in order by comparing each with each.
const COMPARED: usize = 64;

/// Levels that are compared with another one at a time.
const LANES: usize = 8;

/// Whether any of some packed slots has a hessian of at least `least` units.
#[inline(always)]
fn any_heavy(words: &[u64], least: i64) -> bool {
    let mut heavy = false;
    for &word in words {
        heavy |= (word & 0xffff_ffff) as i64 >= least;
    }
    heavy
}

/// The levels of a feature in a node that may be part of a set. The memory is used for feature after feature.
#[derive(Default)]
pub(super) struct Levels {
    /// How many there are; the vectors below are longer.
    count: usize,
    codes: Vec<u32>,
    grads: Vec<i64>,
    hesses: Vec<i64>,
    /// Their rows in the node, estimated from their shares of the hessian (exact where all hessians are equal).
    rows: Vec<f64>,
    /// What they are put in order by: the rank of the smoothed ratio of gradient and hessian.
    keys: Vec<i64>,
    /// Their positions, in the order of keys, as far as it matters.
    order: Vec<u32>,
    pairs: Vec<(i64, u32)>,
}

impl Levels {
    /// Takes the levels of the feature whose bins begin at `slot` that have rows, and not fewer than `fewest`.
    #[inline(always)]
    pub fn collect(&mut self, scan: &Scan<'_>, slot: usize, levels: usize, fewest: f64) {
        let rows_per_hess = scan.rows as f64 / scan.total.hess as f64;
        // Most levels of a column with thousands have few rows in most nodes. A little less than `fewest`, so that rounding excludes none.
        let least = (fewest / rows_per_hess * 0.999_999) as i64;
        self.reserve(levels);
        let mut count = 0;
        for first in (0..levels).step_by(GROUP) {
            let end = levels.min(first + GROUP);
            let is_packed = scan.histogram.form == SlotForm::Packed;
            if is_packed && !any_heavy(&scan.histogram.words[slot + first..slot + end], least) {
                continue;
            }
            for level in first..end {
                let sums = scan.histogram.get(slot + level);
                let rows = sums.hess as f64 * rows_per_hess;
                // Written in any case, and gone over if it is none: which ones are cannot be foretold.
                self.codes[count] = level as u32;
                self.grads[count] = sums.grad;
                self.hesses[count] = sums.hess;
                self.rows[count] = rows;
                count += usize::from((sums.hess >= least) & !sums.is_zero() & (rows >= fewest));
            }
        }
        self.count = count;
    }

    fn reserve(&mut self, levels: usize) {
        // One place more, for what is written behind the last one.
        let length = levels + 1;
        if self.codes.len() < length {
            self.codes.resize(length, 0);
            self.grads.resize(length, 0);
            self.hesses.resize(length, 0);
            self.rows.resize(length, 0.0);
            self.keys.resize(length.next_multiple_of(LANES), 0);
            self.order.resize(length, 0);
        }
    }

    /// Puts them in the order of their ratios, the lower code first among equals, as far as it matters: the first and the last `most`. `smooth`
    /// draws those with little hessian to the middle. A level whose hessian rounds to nothing has no say about its place.
    #[inline(always)]
    pub fn sort_ends(&mut self, scan: &Scan<'_>, smooth: f64, most: usize) {
        let count = self.count;
        for ((key, &grad), &hess) in self.keys[..count].iter_mut().zip(&self.grads[..count]).zip(&self.hesses[..count]) {
            let (grad, hess) = (grad as f64 * scan.units.grad, hess as f64 * scan.units.hess + smooth);
            let ratio = if hess > 0.0 { grad / hess } else { 0.0 };
            *key = turned(ratio.to_bits() as i64);
        }
        if count <= COMPARED {
            self.sort_by_comparing_all();
        } else {
            self.select_ends(most);
        }
    }

    /// A level's place is the number of those before it. Of equal ones, the next place is the next one's.
    #[inline(always)]
    fn sort_by_comparing_all(&mut self) {
        let mut equal_before = [0u8; COMPARED];
        for (chunk, keys) in self.keys[..self.count.next_multiple_of(LANES)].as_chunks::<LANES>().0.iter().enumerate() {
            let mut smaller = [0i64; LANES];
            for &other in &self.keys[..self.count] {
                for (smaller, &key) in smaller.iter_mut().zip(keys) {
                    *smaller += i64::from(other < key);
                }
            }
            let first = chunk * LANES;
            for (lane, &smaller) in smaller.iter().enumerate().take(self.count - first) {
                let equal = &mut equal_before[smaller as usize];
                self.order[smaller as usize + usize::from(*equal)] = (first + lane) as u32;
                *equal += 1;
            }
        }
    }

    fn select_ends(&mut self, most: usize) {
        let pairs = &mut self.pairs;
        pairs.clear();
        pairs.extend(self.keys[..self.count].iter().zip(0..).map(|(&key, at)| (key, at)));
        if 2 * most < pairs.len() {
            let end = pairs.len() - most;
            pairs.select_nth_unstable(end);
            pairs[..end].select_nth_unstable(most);
            pairs[..most].sort_unstable();
            pairs[end..].sort_unstable();
        } else {
            pairs.sort_unstable();
        }
        self.order.iter_mut().zip(&*pairs).for_each(|(order, &(_, at))| *order = at);
    }

    /// Leaves them in the order of their codes.
    #[inline(always)]
    pub fn keep_order(&mut self) {
        self.order[..self.count].iter_mut().zip(0..).for_each(|(order, at)| *order = at);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The sums and the estimated number of rows of the one at a place of the order.
    #[inline(always)]
    pub fn at(&self, place: usize) -> (Sums, f64) {
        let at = self.order[place] as usize;
        (Sums { grad: self.grads[at], hess: self.hesses[at] }, self.rows[at])
    }

    /// What they sum to.
    #[inline(always)]
    pub fn total(&self) -> Sums {
        let mut total = Sums::default();
        for (&grad, &hess) in self.grads[..self.count].iter().zip(&self.hesses[..self.count]) {
            total = total + Sums { grad, hess };
        }
        total
    }

    /// The codes of all, ascending.
    pub fn codes(&self) -> &[u32] {
        &self.codes[..self.count]
    }

    /// The codes of those at some places of the order.
    pub fn codes_at(&self, places: std::ops::Range<usize>) -> impl Iterator<Item = u32> {
        self.order[places].iter().map(|&at| self.codes[at as usize])
    }
}
