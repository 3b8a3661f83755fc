//! [`TreeGrower`]: grows one tree from quantised gradients.

use super::blocks::FeatureOwners;
use super::expand::{Batches, FEWER, TreeContext};
use super::growth::Growth;
use super::leaves::{LeafInput, LeafRule, set_leaf_values};
use super::node::{GrownNode, GrownTree, OpenNode};
use super::partition::NodeRows;
use super::workers::Workers;
use crate::binning::{BinColumns, BinMapper, BinnedMatrix};
use crate::collective::Collective;
use crate::execution::Execution;
use crate::histogram::{Histogram, HistogramBuilder, Pools, Quantised, stride};
use crate::objective::GradientPair;
use crate::params::GrowPolicy;
use crate::profile::Phase;
use crate::sampling::{self, Purpose};
use crate::split::{FeatureRules, SplitFinder};
use crate::{Params, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the histograms of trees of several outputs may take together while a tree grows. A node with so few rows that more nodes could have as
/// many than fit does not keep its own: its children build theirs from their rows, both of them.
const KEPT_BYTES: usize = 1 << 29;

/// Grows trees over one binned matrix, in whatever order its rows are.
pub(crate) struct TreeGrower<'a> {
    params: &'a Params,
    rules: &'a FeatureRules,
    pub(crate) mapper: &'a BinMapper,
    pools: Pools,
    owners: FeatureOwners,
    execution: Execution<'a>,
    features: Vec<u32>,
    /// Memory for the sides of the rows of nodes: one for each tree that is grown at a time.
    sides: Mutex<Vec<Vec<u8>>>,
    /// Whether several trees are grown at a time.
    side_by_side: bool,
    workers: Workers,
    pub(super) batches: Batches,
    /// The smallest gain of a split in the tree before, as bits.
    least_gain: AtomicU64,
}

/// What one tree is grown from.
pub(crate) struct TreeInput<'a> {
    /// The tree's number, counted over the whole training: sampling depends on it.
    pub index: u64,
    pub matrix: &'a BinnedMatrix,
    /// Of all outputs of the tree, output by output.
    pub gradients: &'a [GradientPair],
    pub outputs: usize,
    /// The largest magnitudes of gradient and hessian among all rows of all ranks.
    pub largest: (f32, f32),
    /// What splits are found by.
    pub quantised: &'a Quantised,
    /// The bins by column, of the same rows.
    pub columns: &'a BinColumns,
    /// The rows to grow on, ascending, and a buffer with any contents. Both are in the grown tree.
    pub rows: [Vec<u32>; 2],
}

impl<'a> TreeGrower<'a> {
    /// A grower of trees whose splits are found by so many outputs.
    pub fn new(
        params: &'a Params,
        rules: &'a FeatureRules,
        mapper: &'a BinMapper,
        matrix: &BinnedMatrix,
        outputs: usize,
        execution: Execution<'a>,
    ) -> Self {
        Self {
            params,
            rules,
            mapper,
            pools: Pools::new(matrix, stride(outputs)),
            owners: FeatureOwners::new(matrix, execution.ranks),
            execution,
            features: (0..mapper.features().len() as u32).collect(),
            sides: Mutex::default(),
            side_by_side: false,
            workers: Workers::default(),
            batches: Batches::of(matrix, stride(outputs), execution.ranks),
            least_gain: AtomicU64::new(f64::INFINITY.to_bits()),
        }
    }

    /// The same with less memory for histograms.
    #[cfg(test)]
    pub(crate) fn keeping(mut self, bytes: usize) -> Self {
        self.batches.kept_bytes = bytes;
        self
    }

    /// The same for trees of which several are grown at a time.
    #[must_use]
    pub fn side_by_side(self, side_by_side: bool) -> Self {
        Self { side_by_side, ..self }
    }

    /// A step of growing a tree: of all threads, or of the one that grows it beside others.
    pub fn step<T>(&self, phase: Phase, step: impl FnOnce() -> T) -> T {
        match self.side_by_side {
            true => self.execution.profiler.task(phase, step),
            false => self.execution.profiler.step(phase, step),
        }
    }

    /// Grows a tree. Any number of threads may do so at a time.
    ///
    /// # Errors
    /// Bins that cannot be read back from their file, on any rank.
    pub fn grow(&self, mut input: TreeInput<'_>) -> Result<GrownTree> {
        self.workers.add(1);
        let key = sampling::key(self.params.seed, Purpose::Tree, input.index);
        let features = sampling::columns(key, &self.features, self.params.colsample_bytree, self.rules.weights());
        let [mut rows, mut spare] = std::mem::take(&mut input.rows);
        spare.resize(rows.len(), 0);
        let mut sides = self.sides.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        sides.resize(rows.len(), 0);
        let selected = pays(input.matrix, &features, &self.features).then(|| self.select(input.matrix, input.columns, &features));
        let matrix = selected.as_ref().unwrap_or(input.matrix);
        let context = self.context(&input, matrix, features);
        let root = context.root(NodeRows::new(&mut rows, &mut spare, &mut sides))?;
        let regularisation = context.finder.regularisation;
        let mut nodes = match self.narrowed(&context, &root) {
            None => self.grow_from(context, root)?,
            Some((matrix, features)) => {
                let root = self.moved(root, context.matrix, &matrix, &features);
                let context = self.context(&input, &matrix, features);
                self.grow_from(context, root)?
            }
        };
        let buffers = [rows, spare];
        let rule = LeafRule {
            regularisation,
            path_smooth: self.params.path_smooth,
            shrinkage: self.params.eta / f64::from(self.params.num_parallel_tree),
        };
        let values = LeafInput { gradients: input.gradients, outputs: input.outputs, largest: input.largest };
        self.step(Phase::Leaves, || set_leaf_values(&mut nodes, &buffers, values, rule, self.execution.ranks));
        self.sides.lock().unwrap_or_else(PoisonError::into_inner).push(sides);
        self.workers.remove();
        Ok(GrownTree { nodes, rows: buffers })
    }

    /// What a tree of some features, on a matrix that has these, needs to know.
    pub(super) fn context<'c>(&'c self, input: &TreeInput<'c>, matrix: &'c BinnedMatrix, features: Vec<u32>) -> TreeContext<'c> {
        let &TreeInput { quantised, columns, index, .. } = input;
        let Self { params, rules, mapper, pools, execution, workers, .. } = self;
        let execution = *execution;
        let mut used = vec![false; matrix.tiles().len()];
        features.iter().for_each(|&f| used[matrix.layout(f).tile] = true);
        let histograms = HistogramBuilder { matrix, gradients: quantised, used, pools, execution };
        let finder = SplitFinder::new(params, rules, mapper, matrix, execution);
        let finder = match params.extra_trees {
            true => finder.at_random(sampling::key(params.seed, Purpose::Threshold, index)),
            false => finder,
        };
        let blocks = self.owners.blocks(matrix, quantised.stride(), &features, execution.ranks);
        TreeContext {
            params,
            rules,
            index,
            mapper,
            matrix,
            columns,
            quantised,
            features,
            finder,
            histograms,
            pools,
            blocks,
            kept_rows: 0,
            least_gain: f64::from_bits(self.least_gain.load(Ordering::Relaxed)),
            batches: self.batches,
            execution,
            workers,
        }
    }

    fn grow_from(&self, mut context: TreeContext<'_>, root: OpenNode<'_>) -> Result<Vec<GrownNode>> {
        let bytes = size_of::<[u64; 2]>() * context.matrix.slots() * context.quantised.stride();
        // So few nodes have so many rows that their histograms fit. That says nothing about this rank: all keep the same ones.
        let is_scarce = context.quantised.stride() > 1 || self.batches.any_in_file;
        context.kept_rows = if is_scarce { root.context.rows / (self.batches.kept_bytes / bytes.max(1)).max(1) as u64 } else { 0 };
        let growth = Growth { context: &context };
        match self.params.grow_policy {
            _ if context.finder.is_intermediate() => growth.in_turn(root),
            GrowPolicy::Depthwise => growth.depthwise(root),
            GrowPolicy::Lossguide => {
                let nodes = growth.lossguide(root)?;
                let gains = nodes.iter().filter_map(GrownNode::split).map(|split| split.gain);
                self.least_gain.store(gains.fold(f64::INFINITY, f64::min).to_bits(), Ordering::Relaxed);
                Ok(nodes)
            }
        }
    }

    /// The matrix of the features that the tree may be split on, if rows are far shorter than with those that it was to be grown on.
    fn narrowed(&self, context: &TreeContext<'_>, root: &OpenNode<'_>) -> Option<(BinnedMatrix, Vec<u32>)> {
        root.split.as_ref()?;
        let features = root.context.features.as_ref().filter(|features| pays(context.matrix, features, &context.features))?;
        Some((self.select(context.matrix, context.columns, features), features.to_vec()))
    }

    fn select(&self, matrix: &BinnedMatrix, columns: &BinColumns, features: &[u32]) -> BinnedMatrix {
        self.step(Phase::Reorder, || matrix.select(columns, features))
    }

    /// The root with its histogram in the layout of a matrix of fewer features.
    fn moved<'r>(&self, mut root: OpenNode<'r>, from: &BinnedMatrix, to: &BinnedMatrix, features: &[u32]) -> OpenNode<'r> {
        if let Some(histogram) = root.histogram.take() {
            let mut words = self.pools.nodes.take();
            let per_slot = histogram.form.words() * root.context.outputs.len().max(1);
            for &feature in features {
                let (old, new) = (from.layout(feature), to.layout(feature));
                let length = (old.value_bins + 1) * per_slot;
                words[new.slot * per_slot..][..length].copy_from_slice(&histogram.words[old.slot * per_slot..][..length]);
            }
            self.pools.nodes.give(histogram.words);
            root.histogram = Some(Histogram { form: histogram.form, words });
        }
        root.context.features = None;
        root
    }
}

impl Batches {
    /// Batches that grow trees over a matrix, whose slots have `stride` sums.
    fn of(matrix: &BinnedMatrix, stride: usize, ranks: &dyn Collective) -> Self {
        let Some(spilled) = matrix.spilled() else {
            return Self { any_in_file: ranks.any(false), nodes: ranks.min(usize::MAX), kept_bytes: ranks.min(KEPT_BYTES) };
        };
        // Histograms that are kept, and those that a batch builds: of both children of a node where the parent's was not kept.
        let bytes = spilled.histogram_bytes();
        let nodes = bytes / 4 / (size_of::<[u64; 2]>() * matrix.slots() * stride).max(1) / 2;
        Self { any_in_file: ranks.any(true), nodes: ranks.min(nodes.max(1)), kept_bytes: ranks.min(bytes / 4 * 3) }
    }
}

/// Whether laying out some features anew pays for a tree: most of the work that rows make is that of others. What is in a file stays there.
fn pays(matrix: &BinnedMatrix, features: &[u32], all: &[u32]) -> bool {
    matrix.spilled().is_none() && matrix.work_of(features) * FEWER as f64 <= matrix.work_of(all)
}
