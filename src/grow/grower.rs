//! [`TreeGrower`]: grows one tree from quantised gradients, and what is done for each of its nodes.

use super::growth::Growth;
use super::leaves::set_leaf_values;
use super::node::{GrownNode, GrownTree, OpenNode};
use super::partition::NodeRows;
use super::side::{RowBins, SideTable};
use crate::Params;
use crate::binning::{BinColumns, BinMapper, BinnedMatrix};
use crate::histogram::{Histogram, HistogramBuilder, Pools, Quantised, Sums};
use crate::objective::GradientPair;
use crate::params::GrowPolicy;
use crate::profile::{Phase, Profiler};
use crate::sampling::{self, Purpose};
use crate::simd::Simd;
use crate::split::{NodeSums, SplitFinder};
use std::borrow::Cow;

/// Grows trees over one binned matrix, in whatever order its rows are.
pub(crate) struct TreeGrower<'a> {
    pub(super) params: &'a Params,
    pub(crate) mapper: &'a BinMapper,
    pub(super) pools: Pools,
    simd: Simd,
    pub(crate) profiler: &'a Profiler,
    features: Vec<u32>,
    /// Memory for the sides of the rows of nodes.
    sides: Vec<u8>,
}

/// What one tree is grown from.
pub(crate) struct TreeInput<'a> {
    /// The tree's number, counted over the whole training: sampling depends on it.
    pub index: u64,
    pub matrix: &'a BinnedMatrix,
    pub gradients: &'a [GradientPair],
    pub quantised: &'a Quantised,
    /// The bins by column, of the same rows.
    pub columns: &'a BinColumns,
    /// The rows to grow on, ascending, and a buffer with any contents. Both are in the grown tree.
    pub rows: [Vec<u32>; 2],
}

/// What the tasks of one tree share.
pub(super) struct TreeContext<'a> {
    matrix: &'a BinnedMatrix,
    columns: &'a BinColumns,
    finder: SplitFinder<'a>,
    histograms: HistogramBuilder<'a>,
    quantised: &'a Quantised,
    features: Vec<u32>,
    index: u64,
}

/// Slots from which on both children of a node are scanned at the same time. Waking a thread takes as long as scanning some thousands.
const PARALLEL_SLOTS: usize = 32_768;

/// A tree is grown on a matrix of its own features if all are at least this many times as many.
const FEWER: usize = 2;

impl<'a> TreeGrower<'a> {
    pub fn new(params: &'a Params, mapper: &'a BinMapper, matrix: &BinnedMatrix, simd: Simd, profiler: &'a Profiler) -> Self {
        Self {
            params,
            mapper,
            pools: Pools::new(matrix),
            simd,
            profiler,
            features: (0..mapper.features().len() as u32).collect(),
            sides: Vec::new(),
        }
    }

    /// Grows a tree.
    pub fn grow(&mut self, mut input: TreeInput<'_>) -> GrownTree {
        let key = sampling::key(self.params.seed, Purpose::Tree, input.index);
        let features = sampling::columns(key, &self.features, self.params.colsample_bytree);
        let [mut rows, mut spare] = std::mem::take(&mut input.rows);
        spare.resize(rows.len(), 0);
        let mut sides = std::mem::take(&mut self.sides);
        sides.resize(rows.len(), 0);
        let this = &*self;
        let selected = (features.len() * FEWER <= this.features.len()).then(|| this.select(input.matrix, input.columns, &features));
        let matrix = selected.as_ref().unwrap_or(input.matrix);
        let context = this.context(&input, matrix, features);
        let root = this.root(&context, NodeRows::new(&mut rows, &mut spare, &mut sides));
        let mut nodes = match this.narrowed(&context, &root) {
            None => this.grow_from(&context, root),
            Some((matrix, features)) => {
                let root = this.moved(root, context.matrix, &matrix, &features);
                let context = this.context(&input, &matrix, features);
                this.grow_from(&context, root)
            }
        };
        let buffers = [rows, spare];
        let shrinkage = this.params.eta / f64::from(this.params.num_parallel_tree);
        let regularisation = &context.finder.regularisation;
        this.profiler.step(Phase::Leaves, || {
            set_leaf_values(&mut nodes, &buffers, input.gradients, input.quantised.largest, regularisation, shrinkage);
        });
        self.sides = sides;
        GrownTree { nodes, rows: buffers }
    }

    /// What a tree of some features, on a matrix that has these, needs to know.
    fn context<'c>(&'c self, input: &TreeInput<'c>, matrix: &'c BinnedMatrix, features: Vec<u32>) -> TreeContext<'c> {
        let &TreeInput { quantised, columns, index, .. } = input;
        let mut used = vec![false; matrix.tiles().len()];
        features.iter().for_each(|&f| used[matrix.layout(f).tile] = true);
        let histograms =
            HistogramBuilder { matrix, gradients: quantised, used, pools: &self.pools, simd: self.simd, profiler: self.profiler };
        let finder = SplitFinder::new(self.params, self.mapper, matrix, self.simd, self.profiler);
        TreeContext { matrix, columns, finder, histograms, quantised, features, index }
    }

    fn grow_from(&self, context: &TreeContext<'_>, root: OpenNode<'_>) -> Vec<GrownNode> {
        let growth = Growth { grower: self, context };
        match self.params.grow_policy {
            GrowPolicy::Depthwise => growth.depthwise(root),
            GrowPolicy::Lossguide => growth.lossguide(root),
        }
    }

    /// The matrix of the features that the tree may be split on, if these are far fewer than it was to be grown on.
    fn narrowed(&self, context: &TreeContext<'_>, root: &OpenNode<'_>) -> Option<(BinnedMatrix, Vec<u32>)> {
        root.split.as_ref()?;
        let features = root.features.as_ref().filter(|features| features.len() * FEWER <= context.features.len())?;
        Some((self.select(context.matrix, context.columns, features), features.to_vec()))
    }

    fn select(&self, matrix: &BinnedMatrix, columns: &BinColumns, features: &[u32]) -> BinnedMatrix {
        self.profiler.step(Phase::Reorder, || matrix.select(columns, features))
    }

    /// The root with its histogram in the layout of a matrix of fewer features.
    fn moved<'r>(&self, mut root: OpenNode<'r>, from: &BinnedMatrix, to: &BinnedMatrix, features: &[u32]) -> OpenNode<'r> {
        if let Some(histogram) = root.histogram.take() {
            let mut words = self.pools.nodes.take();
            let per_slot = histogram.form.words();
            for &feature in features {
                let (old, new) = (from.layout(feature), to.layout(feature));
                let length = (old.value_bins + 1) * per_slot;
                words[new.slot * per_slot..][..length].copy_from_slice(&histogram.words[old.slot * per_slot..][..length]);
            }
            self.pools.nodes.give(histogram.words);
            root.histogram = Some(Histogram { form: histogram.form, words });
        }
        root.features = None;
        root
    }

    fn root<'r>(&self, context: &TreeContext<'_>, rows: NodeRows<'r>) -> OpenNode<'r> {
        let histogram = context.histograms.build(rows.rows);
        let sums = match context.features.first() {
            Some(&feature) => {
                let layout = context.matrix.layout(feature);
                histogram.total(layout.slot, layout.value_bins)
            }
            None => Sums::default(),
        };
        let mut root = OpenNode {
            id: 0,
            range: 0..rows.rows.len(),
            buffer: rows.buffer,
            rows: Some(rows),
            depth: 0,
            path: 1,
            sums,
            features: None,
            histogram: None,
            split: None,
            children: None,
        };
        if self.may_split(context, &root) {
            self.find_split(context, &mut root, histogram);
        } else {
            self.pools.nodes.give(histogram.words);
        }
        root
    }

    /// Whether a node may have a split at all: only then is its histogram worth building.
    fn may_split(&self, context: &TreeContext<'_>, node: &OpenNode<'_>) -> bool {
        let deep_enough = self.params.max_depth > 0 && node.depth >= self.params.max_depth;
        let hess = node.sums.hess as f64 * context.quantised.units.hess;
        !deep_enough && node.range.len() >= 2 && hess >= 2.0 * self.params.min_child_weight
    }

    /// Finds the node's split and keeps the histogram for its children if there is one.
    fn find_split(&self, context: &TreeContext<'_>, node: &mut OpenNode<'_>, histogram: Histogram) {
        let features = self.node_features(context, node);
        let sums = NodeSums { histogram: &histogram, total: node.sums, rows: node.range.len() };
        let (split, splittable) = context.finder.best(sums, context.quantised.units, &features);
        let fewer = splittable.filter(|splittable| splittable.len() * FEWER <= features.len() && !self.samples_by_node());
        if let Some(fewer) = fewer {
            node.features = Some(fewer.into());
        }
        node.split = split;
        if node.split.is_some() {
            node.histogram = Some(histogram);
        } else {
            self.pools.nodes.give(histogram.words);
        }
    }

    /// Whether nodes of a tree have different features.
    fn samples_by_node(&self) -> bool {
        self.params.colsample_bylevel < 1.0 || self.params.colsample_bynode < 1.0
    }

    fn node_features<'c>(&self, context: &'c TreeContext<'_>, node: &OpenNode<'_>) -> Cow<'c, [u32]> {
        if !self.samples_by_node() {
            return node.features.as_ref().map_or(Cow::Borrowed(&context.features), |features| Cow::Owned(features.to_vec()));
        }
        let seed = self.params.seed;
        let stream = sampling::mix(context.index);
        let level_key = sampling::key(seed, Purpose::Level, stream ^ u64::from(node.depth));
        let level = sampling::columns(level_key, &context.features, self.params.colsample_bylevel);
        let key = sampling::key(seed, Purpose::Node, stream ^ node.path);
        Cow::Owned(sampling::columns(key, &level, self.params.colsample_bynode))
    }

    /// Carries out a node's split: partitions its rows, and finds its children's splits.
    pub(super) fn split<'r>(&self, context: &TreeContext<'_>, node: &mut OpenNode<'r>) {
        let (Some(split), Some(rows)) = (&node.split, node.rows.take()) else { return };
        let table = SideTable::new(split, &self.mapper.features()[split.feature as usize], context.matrix.layout(split.feature));
        let bins = RowBins { matrix: context.matrix, columns: context.columns, simd: self.simd };
        let (left, right) = rows.partition(&bins, &table, self.profiler);
        let middle = node.range.start + left.rows.len();
        let (depth, features) = (node.depth + 1, &node.features);
        let child = |side: u64, range, sums, rows: NodeRows<'r>| OpenNode {
            id: 0,
            range,
            buffer: rows.buffer,
            rows: Some(rows),
            depth,
            path: sampling::mix(node.path ^ side),
            sums,
            features: features.clone(),
            histogram: None,
            split: None,
            children: None,
        };
        let mut left = child(1, node.range.start..middle, split.left, left);
        let mut right = child(2, middle..node.range.end, split.right, right);
        if let Some(parent) = node.histogram.take() {
            self.find_child_splits(context, &mut left, &mut right, parent);
        }
        node.children = Some(Box::new([left, right]));
    }

    /// Builds the smaller child's histogram and gets the larger one's by subtraction from the parent's.
    fn find_child_splits<'r>(
        &self,
        context: &TreeContext<'_>,
        left: &mut OpenNode<'r>,
        right: &mut OpenNode<'r>,
        mut parent: Histogram,
    ) {
        let (small, large) = if left.range.len() <= right.range.len() { (left, right) } else { (right, left) };
        let (small_may, large_may) = (self.may_split(context, small), self.may_split(context, large));
        if !small_may && !large_may {
            self.pools.nodes.give(parent.words);
            return;
        }
        let small_rows = small.rows.as_ref().map_or(&[][..], |rows| rows.rows);
        let histogram = context.histograms.build(small_rows);
        if large_may {
            parent.subtract(&histogram, context.matrix.slots(), large.range.len(), context.histograms.is_narrow(), self.profiler);
        }
        let find = |may: bool, node: &mut OpenNode<'_>, histogram: Histogram| {
            if may {
                self.find_split(context, node, histogram);
            } else {
                self.pools.nodes.give(histogram.words);
            }
        };
        if context.matrix.slots() >= PARALLEL_SLOTS {
            rayon::join(|| find(large_may, large, parent), || find(small_may, small, histogram));
        } else {
            find(large_may, large, parent);
            find(small_may, small, histogram);
        }
    }
}
