//! [`TreeGrower`]: grows one tree from quantised gradients.
//!
//! Splits are carried out ahead of their turn (several open leaves at once, one task each) and committed in the order that the growth
//! policy demands. So the tree is the one that sequential growth gives, whatever the number of threads, and no thread waits per leaf.

use super::node::{GrownNode, GrownTree, OpenNode};
use super::partition::{SideTable, partition};
use crate::Params;
use crate::binning::{BinMapper, BinnedMatrix};
use crate::histogram::{Histogram, HistogramBuilder, Pool, Quantised, Sums};
use crate::numeric::Grid;
use crate::objective::GradientPair;
use crate::params::GrowPolicy;
use crate::sampling::{self, Purpose};
use crate::simd::Simd;
use crate::split::SplitFinder;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Open leaves expanded ahead of their turn per thread, and at least.
const AHEAD_PER_THREAD: usize = 2;
const AHEAD_MIN: usize = 8;

/// Grows trees over one binned matrix.
pub(crate) struct TreeGrower<'a> {
    params: &'a Params,
    mapper: &'a BinMapper,
    matrix: &'a BinnedMatrix,
    finder: SplitFinder<'a>,
    pool: Pool,
    simd: Simd,
    features: Vec<u32>,
    scratch: Vec<u32>,
}

/// What one tree is grown from.
pub(crate) struct TreeInput<'a> {
    /// The tree's number, counted over the whole training: sampling depends on it.
    pub index: u64,
    pub gradients: &'a [GradientPair],
    pub quantised: &'a Quantised,
    /// The rows to grow on, ascending.
    pub rows: Vec<u32>,
}

/// What the tasks of one tree share.
struct Context<'a> {
    histograms: HistogramBuilder<'a>,
    quantised: &'a Quantised,
    features: &'a [u32],
    index: u64,
}

impl<'a> TreeGrower<'a> {
    pub fn new(params: &'a Params, mapper: &'a BinMapper, matrix: &'a BinnedMatrix, simd: Simd) -> Self {
        Self {
            params,
            mapper,
            matrix,
            finder: SplitFinder::new(params, mapper, matrix, simd),
            pool: Pool::default(),
            simd,
            features: (0..mapper.features().len() as u32).collect(),
            scratch: vec![0; matrix.rows()],
        }
    }

    /// Grows a tree.
    pub fn grow(&mut self, input: TreeInput<'_>) -> GrownTree {
        let key = sampling::key(self.params.seed, Purpose::Tree, input.index);
        let features = sampling::columns(key, &self.features, self.params.colsample_bytree);
        let mut used = vec![false; self.matrix.tiles().len()];
        features.iter().for_each(|&f| used[self.matrix.place(f).tile] = true);
        let mut scratch = std::mem::take(&mut self.scratch);
        let this = &*self;
        let histograms =
            HistogramBuilder { matrix: this.matrix, gradients: input.quantised, used: &used, pool: &this.pool, simd: this.simd };
        let context = Context { histograms, quantised: input.quantised, features: &features, index: input.index };
        let mut rows = input.rows;
        let root = this.root(&context, &rows);
        let mut growth = Growth { grower: this, context: &context, rows: &mut rows, scratch: &mut scratch, nodes: Vec::new() };
        match this.params.grow_policy {
            GrowPolicy::Depthwise => growth.depthwise(root),
            GrowPolicy::Lossguide => growth.lossguide(root),
        }
        let mut nodes = growth.nodes;
        this.set_leaf_values(&mut nodes, &rows, input.gradients);
        self.scratch = scratch;
        GrownTree { nodes, rows, units: input.quantised.units }
    }

    fn root(&self, context: &Context<'_>, rows: &[u32]) -> OpenNode {
        let histogram = context.histograms.build(rows);
        let sums = match context.features.first() {
            Some(&feature) => {
                let place = self.matrix.place(feature);
                (place.slot..=place.slot + place.value_bins).map(|slot| histogram.get(slot)).fold(Sums::default(), |a, b| a + b)
            }
            None => Sums::default(),
        };
        let range = 0..rows.len();
        let mut root = OpenNode { id: 0, range, depth: 0, path: 1, sums, histogram: None, split: None, children: None };
        if self.may_split(context, &root) {
            self.find_split(context, &mut root, histogram);
        } else {
            self.pool.give(histogram.words);
        }
        root
    }

    /// Whether a node may have a split at all: only then is its histogram worth building.
    fn may_split(&self, context: &Context<'_>, node: &OpenNode) -> bool {
        let deep_enough = self.params.max_depth > 0 && node.depth >= self.params.max_depth;
        let hess = node.sums.hess as f64 * context.quantised.units.hess;
        !deep_enough && node.range.len() >= 2 && hess >= 2.0 * self.params.min_child_weight
    }

    /// Finds the node's split and keeps the histogram for its children if there is one.
    fn find_split(&self, context: &Context<'_>, node: &mut OpenNode, histogram: Histogram) {
        let features = self.node_features(context, node);
        node.split = self.finder.best(&histogram, node.sums, context.quantised.units, &features);
        if node.split.is_some() {
            node.histogram = Some(histogram);
        } else {
            self.pool.give(histogram.words);
        }
    }

    fn node_features(&self, context: &Context<'_>, node: &OpenNode) -> Vec<u32> {
        let seed = self.params.seed;
        let place = sampling::mix(context.index);
        let level_key = sampling::key(seed, Purpose::Level, place ^ u64::from(node.depth));
        let level = sampling::columns(level_key, context.features, self.params.colsample_bylevel);
        sampling::columns(sampling::key(seed, Purpose::Node, place ^ node.path), &level, self.params.colsample_bynode)
    }

    /// Carries out a node's split: parts its rows (given as `rows`), and finds its children's splits.
    fn expand(&self, context: &Context<'_>, node: &mut OpenNode, rows: &mut [u32], scratch: &mut [u32]) {
        let Some(split) = &node.split else { return };
        let table = SideTable::new(split, &self.mapper.features()[split.feature as usize], self.matrix.place(split.feature));
        let lefts = partition(self.matrix, &table, rows, scratch);
        let middle = node.range.start + lefts;
        let child = |side: u64, range, sums| OpenNode {
            id: 0,
            range,
            depth: node.depth + 1,
            path: sampling::mix(node.path ^ side),
            sums,
            histogram: None,
            split: None,
            children: None,
        };
        let mut left = child(1, node.range.start..middle, split.left);
        let mut right = child(2, middle..node.range.end, split.right);
        if let Some(parent) = node.histogram.take() {
            self.find_child_splits(context, &mut left, &mut right, parent, (&rows[..lefts], &rows[lefts..]));
        }
        node.children = Some(Box::new([left, right]));
    }

    /// Builds the smaller child's histogram and gets the larger one's by subtraction from the parent's.
    fn find_child_splits(
        &self,
        context: &Context<'_>,
        left: &mut OpenNode,
        right: &mut OpenNode,
        mut parent: Histogram,
        rows: (&[u32], &[u32]),
    ) {
        let ((small, small_rows), large) =
            if rows.0.len() <= rows.1.len() { ((left, rows.0), right) } else { ((right, rows.1), left) };
        let (small_may, large_may) = (self.may_split(context, small), self.may_split(context, large));
        if !small_may && !large_may {
            self.pool.give(parent.words);
            return;
        }
        let histogram = context.histograms.build(small_rows);
        if large_may {
            parent.subtract(&histogram, self.matrix.slots(), large.range.len(), context.histograms.is_narrow());
            self.find_split(context, large, parent);
        } else {
            self.pool.give(parent.words);
        }
        if small_may {
            self.find_split(context, small, histogram);
        } else {
            self.pool.give(histogram.words);
        }
    }

    /// Leaf values from exact sums of the rows' own gradients, not from the quantised ones.
    fn set_leaf_values(&self, nodes: &mut [GrownNode], rows: &[u32], gradients: &[GradientPair]) {
        let largest =
            |of: fn(&GradientPair) -> f32| f64::from(gradients.par_iter().with_min_len(16_384).map(of).reduce(|| 0.0, f32::max));
        let (grads, hesses) = (Grid::new(largest(|p| p.grad.abs())), Grid::new(largest(|p| p.hess)));
        let units = |rows: &[u32]| {
            rows.iter().map(|&row| gradients[row as usize]).fold((0i128, 0i128), |(grad, hess), pair| {
                (grad + i128::from(grads.units(f64::from(pair.grad))), hess + i128::from(hesses.units(f64::from(pair.hess))))
            })
        };
        let shrinkage = self.params.eta / f64::from(self.params.num_parallel_tree);
        nodes.par_iter_mut().for_each(|node| {
            if let GrownNode::Leaf { range, value, cover } = node {
                let runs = rows[range.clone()].par_chunks(65_536).map(units);
                let (grad, hess) = runs.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
                *cover = hesses.value(hess);
                *value = shrinkage * self.finder.regularisation.weight(grads.value(grad), *cover);
            }
        });
    }
}

/// A tree in the making.
struct Growth<'g, 'a> {
    grower: &'g TreeGrower<'a>,
    context: &'g Context<'g>,
    rows: &'g mut [u32],
    scratch: &'g mut [u32],
    nodes: Vec<GrownNode>,
}

impl Growth<'_, '_> {
    /// Level by level, left to right, until `max_leaves` are reached.
    fn depthwise(&mut self, root: OpenNode) {
        let mut leaves = 1;
        self.reserve(1);
        let mut level = vec![root];
        while !level.is_empty() {
            let room = self.room(leaves);
            let splittable = level.iter_mut().filter(|node| node.split.is_some()).take(room);
            leaves += self.expand(splittable.collect());
            level = level.into_iter().flat_map(|node| self.settle(node)).collect();
        }
    }

    /// Always the leaf with the largest gain, until `max_leaves` are reached.
    fn lossguide(&mut self, root: OpenNode) {
        let threads = rayon::current_num_threads();
        let ahead = if threads == 1 { 1 } else { AHEAD_MIN.max(AHEAD_PER_THREAD * threads) };
        let mut leaves = 1;
        self.reserve(1);
        let mut open = BinaryHeap::from([ByGain(root)]);
        while let Some(ByGain(best)) = open.pop() {
            let room = self.room(leaves);
            if best.split.is_none() || room == 0 {
                self.close(best);
                continue;
            }
            let mut batch = vec![best];
            if batch[0].children.is_none() {
                while batch.len() < ahead.min(room)
                    && let Some(ByGain(next)) = open.pop()
                {
                    batch.push(next);
                }
                self.expand(batch.iter_mut().filter(|node| node.split.is_some() && node.children.is_none()).collect());
            }
            let mut batch = batch.into_iter();
            if let Some(best) = batch.next() {
                leaves += 1;
                open.extend(self.settle(best).into_iter().map(ByGain));
            }
            open.extend(batch.map(ByGain));
        }
    }

    /// How many more splits `max_leaves` allows.
    fn room(&self, leaves: usize) -> usize {
        match self.grower.params.max_leaves as usize {
            0 => usize::MAX,
            limit => limit.saturating_sub(leaves),
        }
    }

    /// Carries out the splits of several nodes at once; returns how many.
    fn expand(&mut self, mut nodes: Vec<&mut OpenNode>) -> usize {
        nodes.sort_unstable_by_key(|node| node.range.start);
        let ranges: Vec<_> = nodes.iter().map(|node| node.range.clone()).collect();
        let rows = disjoint(self.rows, &ranges);
        let scratch = disjoint(self.scratch, &ranges);
        let (grower, context) = (self.grower, self.context);
        nodes
            .par_iter_mut()
            .zip(rows)
            .zip(scratch)
            .with_max_len(1)
            .for_each(|((node, rows), scratch)| grower.expand(context, node, rows, scratch));
        nodes.len()
    }

    /// Makes an expanded node an inner node and returns its children, with their numbers; closes any other.
    fn settle(&mut self, mut node: OpenNode) -> Vec<OpenNode> {
        match (node.split.take(), node.children.take()) {
            (Some(split), Some(children)) => {
                let [mut left, mut right] = *children;
                left.id = self.reserve(2);
                right.id = left.id + 1;
                self.nodes[node.id] = GrownNode::Split { split, left: left.id, right: right.id };
                vec![left, right]
            }
            _ => {
                self.close(node);
                Vec::new()
            }
        }
    }

    /// Makes a node a leaf and gives back the buffers below it.
    fn close(&mut self, node: OpenNode) {
        if node.children.is_some() {
            // Its rows were parted ahead of a turn that never came; a leaf's rows are ascending.
            self.rows[node.range.clone()].sort();
        }
        self.nodes[node.id] = GrownNode::Leaf { range: node.range.clone(), value: 0.0, cover: 0.0 };
        self.release(node);
    }

    fn release(&self, node: OpenNode) {
        if let Some(histogram) = node.histogram {
            self.grower.pool.give(histogram.words);
        }
        node.children.into_iter().flat_map(|children| *children).for_each(|child| self.release(child));
    }

    /// Numbers for new nodes; returns the first.
    fn reserve(&mut self, count: usize) -> usize {
        let first = self.nodes.len();
        self.nodes.extend((0..count).map(|_| GrownNode::Leaf { range: 0..0, value: 0.0, cover: 0.0 }));
        first
    }
}

/// An open node ordered by gain; of equal gains the lower number is the larger.
struct ByGain(OpenNode);

impl ByGain {
    fn gain(&self) -> f64 {
        self.0.split.as_ref().map_or(f64::NEG_INFINITY, |split| split.gain)
    }
}

impl Ord for ByGain {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain().total_cmp(&other.gain()).then(other.0.id.cmp(&self.0.id))
    }
}

impl PartialOrd for ByGain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByGain {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByGain {}

/// Mutable pieces of a slice at ascending, disjoint ranges.
fn disjoint<'s, T>(mut slice: &'s mut [T], ranges: &[std::ops::Range<usize>]) -> Vec<&'s mut [T]> {
    let mut start = 0;
    let mut pieces = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (_, rest) = std::mem::take(&mut slice).split_at_mut(range.start - start);
        let (piece, rest) = rest.split_at_mut(range.len());
        pieces.push(piece);
        slice = rest;
        start = range.end;
    }
    pieces
}
