//! [`TreeContext`]: expanding nodes of one tree, which is partitioning their rows and finding the splits of their children.
//!
//! Several ranks expand a batch of nodes in step: each partitions the rows that it has, all add up the numbers of rows; each builds
//! histograms of its rows, all add these up, and each keeps the sums of its own features; each finds the best splits of these, all exchange
//! them. A rank that is alone expands each node by itself; where bins are in a file, it does as several do, so that the file is read once a
//! batch.

use super::blocks::FeatureBlocks;
use super::exchange::exchange;
use super::node::OpenNode;
use super::partition::NodeRows;
use super::partition_batch::partition_all;
use super::side::{RowBins, SideTable};
use super::workers::Workers;
use crate::binning::{BinColumns, BinMapper, BinnedMatrix};
use crate::collective::Collective;
use crate::execution::Execution;
use crate::histogram::{Histogram, HistogramBuilder, NodeOfRows, Pools, Quantised, Sums};
use crate::sampling::{self, Purpose};
use crate::split::{Bounds, Candidates, FeatureRules, NodeContext, SplitFinder, SplitInfo};
use crate::{Error, Params, Result};
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

/// Slots from which on both children of a node are scanned at the same time. Waking a thread takes as long as scanning some thousands.
const PARALLEL_SLOTS: usize = 32_768;

/// What is sent at a time of the histograms of a batch, in bytes: many messages, and still so short that MPICH sums them in as many steps as the number of
/// ranks has bits (from 512 KiB on it takes a step a rank).
const PART_BYTES: usize = if cfg!(test) { 1 << 14 } else { 1 << 19 };

/// Features are left out of what is done for a node, or a tree, if all are at least this many times as many.
pub(super) const FEWER: usize = 2;

/// What the expansion of a tree's nodes needs to know.
pub(super) struct TreeContext<'a> {
    pub params: &'a Params,
    pub rules: &'a FeatureRules,
    /// The tree's number.
    pub index: u64,
    pub mapper: &'a BinMapper,
    pub matrix: &'a BinnedMatrix,
    pub columns: &'a BinColumns,
    pub quantised: &'a Quantised,
    /// Those of the tree.
    pub features: Vec<u32>,
    pub finder: SplitFinder<'a>,
    pub histograms: HistogramBuilder<'a>,
    pub pools: &'a Pools,
    pub blocks: FeatureBlocks,
    /// Nodes with at least so many rows keep their histogram for their children.
    pub kept_rows: u64,
    /// Leaves of smaller gains will probably not have their turn.
    pub least_gain: f64,
    pub batches: Batches,
    pub execution: Execution<'a>,
    pub workers: &'a Workers,
}

/// How nodes are expanded together: the same on all ranks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batches {
    /// Whether any rank has bins in a file.
    pub any_in_file: bool,
    /// The most nodes that are.
    pub nodes: usize,
    /// What histograms that are kept for children may take.
    pub kept_bytes: usize,
}

/// The children of a node while they are made.
struct Children<'r> {
    /// Left and right.
    nodes: [OpenNode<'r>; 2],
    parent: Option<Histogram>,
    /// What this rank found for each.
    found: [Candidates; 2],
}

impl TreeContext<'_> {
    /// A tree's first node, with its split if it has one.
    ///
    /// # Errors
    /// Bins that cannot be read back from their file, on any rank.
    pub fn root<'r>(&self, rows: NodeRows<'r>) -> Result<OpenNode<'r>> {
        let ranks = self.execution.ranks;
        let count = ranks.sum(rows.rows.len() as u64);
        let mut built = self.agree(self.histograms.build_all(&[(&*rows.rows, count)]))?;
        let Some(mut histogram) = built.pop() else { return Err(Error::internal("the histogram of a root was not built")) };
        let outputs = self.totals(&histogram);
        let total = outputs.iter().fold(Sums::default(), |sum, &output| sum + output);
        let outputs = if outputs.len() > 1 { outputs } else { Vec::new() };
        let mut root = OpenNode::new(NodeContext::root(total, outputs, count), 0, rows);
        if !self.may_split(&root.context) {
            self.pools.nodes.give(histogram.words);
            return Ok(root);
        }
        self.blocks.reduce(ranks, vec![&mut histogram]);
        let mut found = self.find(&root.context, &histogram);
        exchange(ranks, vec![&mut found]);
        root.histogram = Some(histogram);
        self.settle(&mut root, found);
        Ok(root)
    }

    /// Carries out the split of a node and finds those of its children. For a rank that is alone, with all bins in memory.
    pub fn expand(&self, node: &mut OpenNode<'_>) {
        let Some((rows, table)) = self.to_part(node) else { return };
        let Some(mut children) = self.children(node, rows.partition(&self.bins(), &table)) else { return };
        let build = |node: &OpenNode<'_>| self.histograms.build(node.rows(), node.context.rows);
        let built = self.to_build(&children).map(|child| build(&children.nodes[child])).collect();
        self.keep(&mut children, built);
        self.scan(&mut children);
        node.children = Some(self.finish(children));
    }

    /// Carries out the splits of some nodes and finds those of their children: the same nodes in the same order on all ranks.
    ///
    /// # Errors
    /// Bins that cannot be read back from their file, on any rank.
    pub fn expand_batch<'r>(&self, batch: Vec<&mut OpenNode<'r>>) -> Result<()> {
        let ranks = self.execution.ranks;
        if !self.in_batches() {
            batch.into_par_iter().with_max_len(1).for_each(|node| self.expand(node));
            return Ok(());
        }
        let mut batch = batch.into_iter();
        loop {
            let nodes: Vec<_> = batch.by_ref().take(self.batches.nodes).collect();
            if nodes.is_empty() {
                return Ok(());
            }
            let (nodes, mut children) = self.agree(self.partition(nodes))?;
            count_rows(ranks, &mut children);
            self.build_parts(&mut children)?;
            exchange(ranks, children.iter_mut().flat_map(Children::searched).collect());
            nodes.into_iter().zip(children).for_each(|(node, children)| node.children = Some(self.finish(children)));
        }
    }

    /// Whether nodes are expanded in batches, and none by itself: by several ranks, which do it in step, and from bins in a file, which are read
    /// once a batch.
    pub fn in_batches(&self) -> bool {
        self.batches.any_in_file || !self.execution.ranks.is_alone()
    }

    /// What became of reading bins, if it did not fail on any rank.
    fn agree<T>(&self, result: Result<T>) -> Result<T> {
        if self.batches.any_in_file { self.execution.ranks.agree(result) } else { result }
    }

    /// Partitions the rows that this rank has of those nodes that have a split. Their children's numbers of rows are this rank's.
    fn partition<'n, 'r>(&self, nodes: Vec<&'n mut OpenNode<'r>>) -> Result<(Vec<&'n mut OpenNode<'r>>, Vec<Children<'r>>)> {
        let to_part = nodes.into_iter().filter_map(|node| Some((self.to_part(node)?, node)));
        let (rows, nodes): (Vec<_>, Vec<_>) = to_part.unzip();
        let sides = partition_all(&self.bins(), rows)?;
        let children = sides.into_iter().zip(nodes).filter_map(|(sides, node)| Some((self.children(node, sides)?, node)));
        let (children, nodes) = children.unzip();
        Ok((nodes, children))
    }

    fn bins(&self) -> RowBins<'_> {
        RowBins { matrix: self.matrix, columns: self.columns, execution: self.execution }
    }

    /// The rows that this rank has of a node, and where they go, if it has a split.
    fn to_part<'r>(&self, node: &mut OpenNode<'r>) -> Option<(NodeRows<'r>, SideTable)> {
        let (split, rows) = (node.split.as_ref()?, node.rows.take()?);
        Some((rows, SideTable::new(split, &self.mapper.features()[split.feature as usize], self.matrix.layout(split.feature))))
    }

    /// The children of a node, which have these rows of this rank.
    fn children<'r>(&self, node: &mut OpenNode<'r>, (left, right): (NodeRows<'r>, NodeRows<'r>)) -> Option<Children<'r>> {
        let split = node.split.as_ref()?;
        let middle = node.range.start + left.rows.len();
        let above = self.handed_down(&node.context, split);
        let bounds = self.finder.children_bounds(&node.context, split, self.quantised.units);
        let child = |side: u64, bounds, (sums, outputs), begin, rows: NodeRows<'r>| {
            let path = sampling::mix(above.path ^ side);
            let context = NodeContext { rows: rows.rows.len() as u64, bounds, ..above.child(path, sums, outputs) };
            OpenNode::new(context, begin, rows)
        };
        let lefts = split.left_outputs.clone();
        let rights = node.context.outputs.iter().zip(&lefts).map(|(&all, &left)| all - left).collect();
        let (lefts, rights) = ((split.left, lefts), (split.right, rights));
        let nodes = [child(1, bounds[0], lefts, node.range.start, left), child(2, bounds[1], rights, middle, right)];
        Some(Children { nodes, parent: node.histogram.take(), found: Default::default() })
    }

    /// A node that is split, with what both of its children take from it.
    fn handed_down<'n>(&self, node: &'n NodeContext, split: &SplitInfo) -> Cow<'n, NodeContext> {
        let used = node.used.as_deref().unwrap_or_default();
        let is_new = self.rules.limit_interactions() && !used.contains(&split.feature);
        if self.params.path_smooth == 0.0 && !is_new {
            return Cow::Borrowed(node);
        }
        let mut node = node.clone();
        node.parent_weight = Some(self.finder.weight(&node, self.quantised.units));
        if is_new {
            let used: Arc<[u32]> = used.iter().copied().chain([split.feature]).collect();
            let features = node.features.as_deref().unwrap_or(&self.features);
            node.features = Some(self.rules.allowed(features, &used).into());
            node.used = Some(used);
        }
        Cow::Owned(node)
    }

    /// The children whose histograms are built from their rows: the smaller one, if either may be split; all that may be if the parent's was not
    /// kept.
    fn to_build(&self, children: &Children<'_>) -> impl Iterator<Item = usize> + use<> {
        let by_size = children.by_size();
        let may = by_size.map(|child| self.may_split(&children.nodes[child].context));
        let wanted = if children.parent.is_some() { [may[0] || may[1], false] } else { may };
        by_size.into_iter().zip(wanted).filter_map(|(child, wanted)| wanted.then_some(child))
    }

    /// Gives the children of [`TreeContext::to_build`] what was built of them. Without any of these, the parent's histogram is of no use.
    fn keep(&self, children: &mut Children<'_>, built: Vec<Histogram>) {
        if built.is_empty()
            && let Some(parent) = children.parent.take()
        {
            return self.pools.nodes.give(parent.words);
        }
        self.to_build(children).zip(built).for_each(|(child, histogram)| children.nodes[child].histogram = Some(histogram));
    }

    /// Builds the histograms of the children of several nodes, adds them up over all ranks, and finds the best splits of this rank's features: those
    /// of one part are sent while those of the next are built. What is in a file is read once for all.
    fn build_parts(&self, batch: &mut [Children<'_>]) -> Result<()> {
        let bytes = size_of::<u64>() * self.matrix.slots() * self.quantised.stride();
        let nodes = if self.batches.any_in_file { batch.len() } else { PART_BYTES / bytes.max(1) };
        let mut parts = batch.chunks_mut(nodes.max(1));
        let mut built: Option<&mut [Children<'_>]> = None;
        loop {
            let mut next = parts.next();
            if built.is_none() && next.is_none() {
                return Ok(());
            }
            let sum = || {
                if let Some(part) = &mut built {
                    self.reduce(part);
                    part.par_iter_mut().with_max_len(1).for_each(|children| self.scan(children));
                }
            };
            let ((), result) = rayon::join(sum, || next.as_deref_mut().map_or(Ok(()), |part| self.build(part)));
            if next.is_some() {
                self.agree(result)?;
            }
            built = next;
        }
    }

    /// Adds up what was built of the children of several nodes over all ranks.
    fn reduce(&self, batch: &mut [Children<'_>]) {
        let nodes = batch.iter_mut().flat_map(|children| &mut children.nodes);
        self.blocks.reduce(self.execution.ranks, nodes.filter_map(|node| node.histogram.as_mut()).collect());
    }

    /// Builds the histograms of the children of several nodes.
    fn build(&self, batch: &mut [Children<'_>]) -> Result<()> {
        let mut wanted: Vec<NodeOfRows<'_>> = Vec::new();
        let mut counts = Vec::with_capacity(batch.len());
        for children in &*batch {
            let before = wanted.len();
            let nodes = self.to_build(children).map(|child| &children.nodes[child]);
            wanted.extend(nodes.map(|child| (child.rows(), child.context.rows)));
            counts.push(wanted.len() - before);
        }
        let mut built = self.histograms.build_all(&wanted)?.into_iter();
        for (children, count) in batch.iter_mut().zip(counts) {
            self.keep(children, built.by_ref().take(count).collect());
        }
        Ok(())
    }

    /// Gets the larger child's histogram by subtraction from the parent's, and finds the best splits of this rank's features.
    fn scan(&self, children: &mut Children<'_>) {
        let parent = children.parent.take();
        let [small, large] = children.by_size_mut();
        match (parent, &small.histogram) {
            (Some(mut parent), Some(built)) if self.may_split(&large.context) => {
                let narrow = self.histograms.is_narrow();
                parent.subtract(built, self.blocks.own_sums(), large.context.rows, narrow, self.execution.profiler);
                large.histogram = Some(parent);
            }
            (Some(parent), _) => self.pools.nodes.give(parent.words),
            (None, _) => {}
        }
        if !self.may_split(&small.context) {
            self.release(small);
        }
        let find = |node: &OpenNode<'_>| {
            node.histogram.as_ref().map_or_else(Candidates::default, |histogram| self.find(&node.context, histogram))
        };
        let Children { nodes: [left, right], found, .. } = children;
        let found_now: (_, _) = match self.matrix.slots() >= PARALLEL_SLOTS {
            true => rayon::join(|| find(left), || find(right)),
            false => (find(left), find(right)),
        };
        *found = found_now.into();
    }

    /// The children, with their splits, from what all ranks found.
    fn finish<'r>(&self, children: Children<'r>) -> Box<[OpenNode<'r>; 2]> {
        let Children { mut nodes, found, .. } = children;
        nodes.iter_mut().zip(found).for_each(|(node, found)| self.settle(node, found));
        Box::new(nodes)
    }

    /// Gives a node its split; only one that has one needs its histogram for its children.
    fn settle(&self, node: &mut OpenNode<'_>, found: Candidates) {
        let features = self.num_features(&node.context);
        if self.lists(features) && found.splittable.len() * FEWER <= features && node.histogram.is_some() {
            node.context.features = Some(found.splittable.into());
        }
        node.split = found.best.map(|best| best.split);
        if node.split.is_none() || node.context.rows < self.kept_rows {
            self.release(node);
        }
    }

    /// Looks for the split of an unsplit node anew, with narrower bounds than before.
    pub fn find_anew(&self, node: &mut OpenNode<'_>, bounds: Bounds) {
        node.context.bounds = bounds;
        let mut found = node.histogram.as_ref().map_or_else(Candidates::default, |histogram| self.find(&node.context, histogram));
        exchange(self.execution.ranks, vec![&mut found]);
        self.settle(node, found);
    }

    /// Gives back a node's histogram.
    fn release(&self, node: &mut OpenNode<'_>) {
        if let Some(histogram) = node.histogram.take() {
            self.pools.nodes.give(histogram.words);
        }
    }

    /// The sums of each output over all rows of all ranks, read off the histogram of this rank's.
    fn totals(&self, histogram: &Histogram) -> Vec<Sums> {
        let stride = self.quantised.stride();
        let Some(&feature) = self.features.first() else { return vec![Sums::default(); stride] };
        let layout = self.matrix.layout(feature);
        let mut sums: Vec<i64> = histogram
            .totals(layout.slot, layout.value_bins, stride)
            .into_iter()
            .flat_map(|Sums { grad, hess }| [grad, hess])
            .collect();
        self.execution.ranks.all_reduce_sum(&mut sums);
        sums.as_chunks::<2>().0.iter().map(|&[grad, hess]| Sums { grad, hess }).collect()
    }

    /// Whether a node may have a split at all: only then is its histogram worth building.
    fn may_split(&self, node: &NodeContext) -> bool {
        let deep_enough = self.params.max_depth > 0 && node.depth >= self.params.max_depth;
        let hess = node.sums.hess as f64 * self.quantised.units.hess;
        !deep_enough && !self.quantised.is_noise && node.rows >= 2 && hess >= 2.0 * self.params.min_child_weight
    }

    /// The best split that this rank's features have to offer.
    fn find(&self, node: &NodeContext, histogram: &Histogram) -> Candidates {
        let features = self.node_features(node);
        let list = self.lists(features.len());
        self.finder.best(node, histogram, self.quantised.units, &self.blocks.own(&features), list)
    }

    /// Whether nodes with so many features list those that their children may be split on.
    fn lists(&self, features: usize) -> bool {
        SplitFinder::lists(features) && !self.samples_by_node()
    }

    /// Whether nodes of a tree have different features.
    fn samples_by_node(&self) -> bool {
        self.params.colsample_bylevel < 1.0 || self.params.colsample_bynode < 1.0
    }

    /// The number of features that a node may be split on, before any are drawn for it.
    fn num_features(&self, node: &NodeContext) -> usize {
        node.features.as_ref().map_or(self.features.len(), |features| features.len())
    }

    fn node_features<'n>(&'n self, node: &'n NodeContext) -> Cow<'n, [u32]> {
        if !self.samples_by_node() {
            return Cow::Borrowed(node.features.as_deref().unwrap_or(&self.features));
        }
        let seed = self.params.seed;
        let stream = sampling::mix(self.index);
        let level_key = sampling::key(seed, Purpose::Level, stream ^ u64::from(node.depth));
        let mut level = sampling::columns(level_key, &self.features, self.params.colsample_bylevel, self.rules.weights());
        if let Some(features) = &node.features {
            level.retain(|feature| features.binary_search(feature).is_ok());
        }
        let key = sampling::key(seed, Purpose::Node, stream ^ node.path);
        Cow::Owned(sampling::columns(key, &level, self.params.colsample_bynode, self.rules.weights()))
    }
}

impl<'r> Children<'r> {
    /// The child with fewer rows on all ranks, and the other one; of equal ones the left one comes first.
    fn by_size(&self) -> [usize; 2] {
        let [left, right] = &self.nodes;
        if left.context.rows <= right.context.rows { [0, 1] } else { [1, 0] }
    }

    /// The two themselves.
    fn by_size_mut(&mut self) -> [&mut OpenNode<'r>; 2] {
        let is_left = self.by_size()[0] == 0;
        let [left, right] = &mut self.nodes;
        if is_left { [left, right] } else { [right, left] }
    }

    /// What was found for those children whose features were scanned.
    fn searched(&mut self) -> impl Iterator<Item = &mut Candidates> {
        self.nodes.iter().zip(&mut self.found).filter(|(node, _)| node.histogram.is_some()).map(|(_, found)| found)
    }
}

/// Adds up the children's numbers of rows over all ranks.
fn count_rows(ranks: &dyn Collective, batch: &mut [Children<'_>]) {
    let mut counts: Vec<i64> =
        batch.iter().flat_map(|children| children.nodes.iter().map(|node| node.context.rows as i64)).collect();
    ranks.all_reduce_sum(&mut counts);
    let nodes = batch.iter_mut().flat_map(|children| &mut children.nodes);
    nodes.zip(counts).for_each(|(node, count)| node.context.rows = count as u64);
}
