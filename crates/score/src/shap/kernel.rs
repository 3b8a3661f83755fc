//! The walk that finds contributions: down a tree and back, for several rows side by side.
//!
//! A row's value of a coalition is, leaf by leaf, `v · Π_{j in it} s_j · Π_{other j} w_j`: `s_j` is 1 where the row satisfies the splits of
//! the path that are on player j, else 0, and `w_j` is the share of the cover that they let through. Its Shapley values are
//!
//! ```text
//! φ_i = v · (s_i − w_i) · ∫₀¹ Π_{j≠i} u_j(t) dt,   u_j(t) = w_j + (s_j − w_j) t
//! ```
//!
//! (Owen's multilinear extension; XGBoost 3.3 computes them so, too), a polynomial in t that quadrature integrates exactly. For each node t of
//! the quadrature the walk keeps the product of all u above a split, and the sum of `v · Π u` over the leaves below it, of what lies
//! below alone. An edge thus gives its player `κ · Σ product · sum`, where an edge that replaces `(s, w)` by `(s', w')` has
//! `κ = s' w − s w'` and divides by `u²`. Once a row has left a player's splits (`s = 0`), further ones on the same player change `w` only.
//!
//! Nothing is added in an order that depends on the number of rows or on instructions, so that both leave every bit as it is.

use super::program::{LEFT, Program, SplitPlan, Step, Test};

/// What a split of the path, and the edge that the walk has taken from it, make of each row.
#[derive(Clone, Copy)]
pub(super) struct Frame<const W: usize> {
    /// 1 for rows that go left, else 0.
    left: [f64; W],
    /// 1 for rows that satisfy the earlier splits on the player.
    on: [f64; W],
    edge: Edge<W>,
    /// The player's slot, and whether no split of the path further down is on it.
    slot: u32,
    is_last: bool,
}

/// An edge's part: `u(t) = offset + slope · t`.
#[derive(Clone, Copy)]
struct Edge<const W: usize> {
    offset: [f64; W],
    slope: [f64; W],
    /// κ.
    gain: [f64; W],
    /// 1 for rows that satisfy all splits on the player, this one included.
    on: [f64; W],
}

impl<const W: usize> Frame<W> {
    pub const EMPTY: Self = {
        let zeros = [0.0; W];
        let edge = Edge { offset: zeros, slope: zeros, gain: zeros, on: zeros };
        Self { left: zeros, on: zeros, edge, slot: 0, is_last: false }
    };
}

/// A walk of one tree, for some nodes of the quadrature, by `W` rows; with interactions of pairs of players, or without.
pub(super) struct Walk<'a, const W: usize, const PAIRS: bool> {
    pub program: &'a Program,
    /// The nodes, and their weights.
    pub nodes: &'a [f64],
    pub weights: &'a [f64],
    /// `1 / u` at each node, of rows that satisfy the earlier splits, for each of [`Program::repeats`].
    pub inverses: &'a [f64],
    /// What each leaf adds.
    pub values: &'a [f64],
    /// The rows, feature by feature.
    pub rows: &'a [[f64; W]],
    /// Room for one more than [`Program::depth`] times as many as there are nodes: the products.
    pub products: &'a mut [[f64; W]],
    /// As much room: the sums.
    pub sums: &'a mut [[f64; W]],
    /// Room for [`Program::depth`].
    pub frames: &'a mut [Frame<W>],
    /// What each slot contributes is added here.
    pub found: &'a mut [[f64; W]],
    /// With pairs: room for what is integrated, one for each node.
    pub integrand: &'a mut [[f64; W]],
    /// With pairs: room for `(s − w) / u` of each edge of the path, as much as for the products.
    pub quotients: &'a mut [[f64; W]],
    /// With pairs: what is found at the edges of one slot about another one is added here. Both halves of a pair sum up to its interaction.
    pub pairs: &'a mut [[f64; W]],
}

impl<const W: usize, const PAIRS: bool> Walk<'_, W, PAIRS> {
    #[inline(always)]
    pub fn run(&mut self) {
        let program = self.program;
        for (product, &weight) in self.products.iter_mut().zip(self.weights) {
            *product = [weight; W];
        }
        for &step in &program.steps {
            match step {
                Step::Arrive(split) => self.arrive(&program.splits[split as usize]),
                Step::Down(split, side) => self.down(&program.splits[split as usize], side as usize),
                Step::Up { split, is_first: true } => self.up::<true>(&program.splits[split as usize]),
                Step::Up { split, is_first: false } => self.up::<false>(&program.splits[split as usize]),
                Step::Leave(split) => self.leave(&program.splits[split as usize]),
            }
        }
    }

    #[inline(always)]
    fn arrive(&mut self, split: &SplitPlan) {
        let depth = split.depth as usize;
        let left = self.goes_left(split.test);
        let on = split.last.map_or([1.0; W], |last| self.frames[last as usize].edge.on);
        let n = self.nodes.len();
        let products = &mut self.products[depth * n..][..n];
        if split.last.is_some() {
            for (product, inverse) in products.iter_mut().zip(&self.inverses[split.repeat as usize * n..][..n]) {
                *product = times(product, &chosen(&on, *inverse));
            }
        }
        self.frames[depth].left = left;
        self.frames[depth].on = on;
        if split.leaves == [None, None] {
            return;
        }
        // The leaves' sum is a straight line in t.
        let (mut offset, mut slope, mut gain) = ([0.0; W], [0.0; W], [0.0; W]);
        for (side, leaf) in split.leaves.iter().enumerate() {
            let Some(leaf) = leaf else { continue };
            let (value, edge) = (self.values[*leaf as usize], edge(split, side, &left, &on));
            for lane in 0..W {
                offset[lane] += value * edge.offset[lane];
                slope[lane] += value * edge.slope[lane];
                gain[lane] += value * edge.gain[lane];
            }
        }
        let mut whole = [0.0; W];
        let sums = &mut self.sums[depth * n..][..n];
        for (k, (sum, &t)) in sums.iter_mut().zip(self.nodes).enumerate() {
            let mut product = products[k];
            if split.last.is_some() {
                product = times(&product, &chosen(&on, self.inverses[split.repeat as usize * n + k]));
            }
            for lane in 0..W {
                sum[lane] = offset[lane] + slope[lane] * t;
                whole[lane] += product[lane];
            }
            if PAIRS {
                self.integrand[k] = times(&product, &gain);
            }
        }
        self.take(split, &gain, &whole);
    }

    #[inline(always)]
    fn down(&mut self, split: &SplitPlan, side: usize) {
        let (depth, n) = (split.depth as usize, self.nodes.len());
        let frame = &mut self.frames[depth];
        frame.edge = edge(split, side, &frame.left, &frame.on);
        let Edge { offset, slope, on, .. } = frame.edge;
        if PAIRS {
            frame.slot = split.slot;
            frame.is_last = true;
            self.supersede(split, true);
            let share = split.before * split.ratios[side];
            for (quotient, &t) in self.quotients[depth * n..][..n].iter_mut().zip(self.nodes) {
                let [if_on, if_off] = [(1.0 - share) / (share + (1.0 - share) * t), -1.0 / (1.0 - t)];
                for lane in 0..W {
                    quotient[lane] = if on[lane] != 0.0 { if_on } else { if_off };
                }
            }
        }
        let (above, below) = self.products[depth * n..].split_at_mut(n);
        for ((below, above), &t) in below[..n].iter_mut().zip(above).zip(self.nodes) {
            for lane in 0..W {
                below[lane] = above[lane] * (offset[lane] + slope[lane] * t);
            }
        }
    }

    #[inline(always)]
    fn up<const FIRST: bool>(&mut self, split: &SplitPlan) {
        let (depth, n) = (split.depth as usize, self.nodes.len());
        let Frame { on, edge: Edge { offset, slope, gain, .. }, .. } = self.frames[depth];
        let products = &self.products[depth * n..][..n];
        let (sums, below) = self.sums[depth * n..].split_at_mut(n);
        let below = &below[..n];
        let mut whole = [0.0; W];
        for (k, (((sum, below), product), &t)) in sums.iter_mut().zip(below).zip(products).zip(self.nodes).enumerate() {
            let mut part = times(product, below);
            if split.last.is_some() {
                part = times(&part, &chosen(&on, self.inverses[split.repeat as usize * n + k]));
            }
            for lane in 0..W {
                let from_below = (offset[lane] + slope[lane] * t) * below[lane];
                sum[lane] = if FIRST { from_below } else { sum[lane] + from_below };
                whole[lane] += part[lane];
            }
            if PAIRS {
                self.integrand[k] = times(&part, &gain);
            }
        }
        self.take(split, &gain, &whole);
        if PAIRS {
            self.supersede(split, false);
        }
    }

    /// Adds what a split's edges contribute, and what they tell about pairs of its player with the others of the path.
    #[inline(always)]
    fn take(&mut self, split: &SplitPlan, gain: &[f64; W], whole: &[f64; W]) {
        let slot = split.slot as usize;
        let found = &mut self.found[slot];
        for lane in 0..W {
            found[lane] += gain[lane] * whole[lane];
        }
        if !PAIRS {
            return;
        }
        let (n, slots) = (self.nodes.len(), self.program.slots.len());
        for (at, frame) in self.frames[..split.depth as usize].iter().enumerate() {
            if !frame.is_last || frame.slot == split.slot {
                continue;
            }
            let mut whole = [0.0; W];
            for (part, quotient) in self.integrand[..n].iter().zip(&self.quotients[at * n..][..n]) {
                for lane in 0..W {
                    whole[lane] += part[lane] * quotient[lane];
                }
            }
            let pair = &mut self.pairs[slot * slots + frame.slot as usize];
            for lane in 0..W {
                pair[lane] += whole[lane];
            }
        }
    }

    /// Notes whether a split further down is on the player of an earlier edge.
    #[inline(always)]
    fn supersede(&mut self, split: &SplitPlan, by_this: bool) {
        if let Some(last) = split.last {
            self.frames[last as usize].is_last = !by_this;
        }
    }

    #[inline(always)]
    fn leave(&mut self, split: &SplitPlan) {
        let (depth, n) = (split.depth as usize, self.nodes.len());
        let on = self.frames[depth].on;
        let sums = &mut self.sums[depth * n..][..n];
        for (sum, inverse) in sums.iter_mut().zip(&self.inverses[split.repeat as usize * n..][..n]) {
            *sum = times(sum, &chosen(&on, *inverse));
        }
    }

    #[inline(always)]
    fn goes_left(&self, test: Test) -> [f64; W] {
        let mut left = [0.0; W];
        match test {
            Test::AtMost { feature, threshold, default_left: false } => {
                let rows = &self.rows[feature as usize];
                for lane in 0..W {
                    left[lane] = if rows[lane] <= threshold { 1.0 } else { 0.0 };
                }
            }
            Test::AtMost { feature, threshold, default_left: true } => {
                let rows = &self.rows[feature as usize];
                for lane in 0..W {
                    left[lane] = if rows[lane] > threshold { 0.0 } else { 1.0 };
                }
            }
            Test::ByLetter { feature, split } => {
                let (rows, split) = (&self.rows[feature as usize], &self.program.by_letter[split as usize]);
                for lane in 0..W {
                    left[lane] = f64::from(u8::from(split.goes_left(rows[lane])));
                }
            }
        }
        left
    }
}

/// What the edge to a child makes of each row.
#[inline(always)]
fn edge<const W: usize>(split: &SplitPlan, side: usize, left: &[f64; W], on: &[f64; W]) -> Edge<W> {
    let (before, ratio) = (split.before, split.ratios[side]);
    let share = before * ratio;
    let mut edge = Frame::<W>::EMPTY.edge;
    for lane in 0..W {
        let goes = if side == LEFT { left[lane] } else { 1.0 - left[lane] };
        let after = on[lane] * goes;
        edge.on[lane] = after;
        edge.offset[lane] = if on[lane] != 0.0 { share } else { ratio };
        edge.slope[lane] = if on[lane] != 0.0 { after - share } else { 0.0 };
        edge.gain[lane] = after * before - on[lane] * share;
    }
    edge
}

/// `inverse` where the row satisfies the earlier splits, else 1.
#[inline(always)]
fn chosen<const W: usize>(on: &[f64; W], inverse: f64) -> [f64; W] {
    let mut chosen = [1.0; W];
    for lane in 0..W {
        chosen[lane] = if on[lane] != 0.0 { inverse } else { 1.0 };
    }
    chosen
}

#[inline(always)]
fn times<const W: usize>(a: &[f64; W], b: &[f64; W]) -> [f64; W] {
    let mut product = *a;
    for lane in 0..W {
        product[lane] *= b[lane];
    }
    product
}
