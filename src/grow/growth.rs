//! [`Growth`]: the order in which nodes are split.
//!
//! Leaf-wise growth splits the best leaf, then the best of what there is, and so on. Leaves are expanded ahead of their turn: the next best
//! ones by other threads, or several at a time by several ranks. Splits are committed best first all the same. So the tree is the one that
//! sequential growth gives, whatever is expanded when, and no thread waits for another as long as there is a committed leaf worth expanding.

use super::expand::TreeContext;
use super::node::{GrownNode, Leaf, OpenNode};
use crate::Result;
use rayon::Scope;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Leaves that several ranks expand in one batch of a leaf-wise tree if fewer have gains that had their turn in the tree before. A batch takes few
/// operations, but what is expanded in vain has to be sent as well.
const BATCH: usize = 4;

/// The same where bins are in a file, which each batch reads as a whole: to expand leaves in vain takes less time.
const BATCH_IN_FILE: usize = 64;

/// Splits nodes of one tree.
#[derive(Clone, Copy)]
pub(super) struct Growth<'g> {
    pub context: &'g TreeContext<'g>,
}

impl Growth<'_> {
    /// Level by level, left to right, until `max_leaves` are reached. Returns the nodes, parents before their children; leaves have no
    /// values yet.
    ///
    /// # Errors
    /// As [`TreeContext::expand_batch`].
    pub fn depthwise(&self, root: OpenNode<'_>) -> Result<Vec<GrownNode>> {
        let mut nodes = Vec::new();
        let mut leaves = 1;
        reserve(&mut nodes, 1);
        let mut level = vec![root];
        while !level.is_empty() {
            let splittable = level.iter_mut().filter(|node| node.split.is_some()).take(self.room(leaves));
            let splittable: Vec<_> = splittable.collect();
            leaves += splittable.len();
            self.context.expand_batch(splittable)?;
            level = level.into_iter().flat_map(|node| self.settle(&mut nodes, node)).collect();
        }
        Ok(nodes)
    }

    /// Always the leaf with the largest gain, until `max_leaves` are reached. Returns the same as [`Growth::depthwise`].
    ///
    /// # Errors
    /// As [`TreeContext::expand_batch`].
    pub fn lossguide(&self, root: OpenNode<'_>) -> Result<Vec<GrownNode>> {
        let mut frontier = Frontier { nodes: Vec::new(), open: BTreeMap::new(), leaves: 1 };
        reserve(&mut frontier.nodes, 1);
        self.open(&mut frontier, root);
        if self.context.in_batches() {
            self.expand_in_batches(&mut frontier)?;
        } else {
            frontier = self.expand_ahead(frontier);
        }
        let Frontier { mut nodes, open, .. } = frontier;
        for node in open.into_values() {
            if let Slot::Waiting(node) | Slot::Expanded(node) = node {
                self.close(&mut nodes, node);
            }
        }
        Ok(nodes)
    }

    /// Expands the best leaves a batch at a time: all that are likely to have their turn.
    fn expand_in_batches(&self, frontier: &mut Frontier<'_>) -> Result<()> {
        let batches = self.context.batches;
        let least = if batches.any_in_file { batches.nodes.min(BATCH_IN_FILE) } else { BATCH };
        loop {
            let likely = self.waiting(frontier).filter(|(rank, _)| rank.gain >= self.context.least_gain).count();
            let mut batch = self.take(frontier, likely.max(least));
            if batch.is_empty() {
                return Ok(());
            }
            self.context.expand_batch(batch.iter_mut().collect())?;
            batch.into_iter().for_each(|node| drop(frontier.open.insert(GainRank::of(&node), Slot::Expanded(node))));
            self.commit(frontier);
        }
    }

    /// Expands the best leaves on this thread and on those that have no other tree to work on.
    fn expand_ahead<'r>(&self, mut frontier: Frontier<'r>) -> Frontier<'r> {
        let Some(first) = self.take(&mut frontier, 1).pop() else { return frontier };
        let frontier = Mutex::new(frontier);
        rayon::scope(|scope| self.work(scope, &frontier, first));
        self.context.workers.add(1);
        frontier.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Expands a node, then others for as long as this worker finds one.
    fn work<'s, 'r: 's>(&'s self, scope: &Scope<'s>, frontier: &'s Mutex<Frontier<'r>>, mut node: OpenNode<'r>) {
        loop {
            self.context.expand(&mut node);
            let mut frontier_now = frontier.lock().unwrap_or_else(PoisonError::into_inner);
            frontier_now.open.insert(GainRank::of(&node), Slot::Expanded(node));
            self.commit(&mut frontier_now);
            let workers = self.context.workers;
            workers.remove();
            let next = self.take(&mut frontier_now, workers.idle().max(1));
            workers.add(next.len());
            drop(frontier_now);
            let mut next = next.into_iter();
            let Some(first) = next.next() else { return };
            next.for_each(|node| scope.spawn(move |scope| self.work(scope, frontier, node)));
            node = first;
        }
    }

    /// Makes inner nodes of the best leaves as long as they are expanded.
    fn commit<'r>(&self, frontier: &mut Frontier<'r>) {
        while self.room(frontier.leaves) > 0
            && let Some(best) = frontier.open.first_entry()
            && matches!(best.get(), Slot::Expanded(_))
            && let Slot::Expanded(node) = best.remove()
        {
            frontier.leaves += 1;
            for child in self.settle(&mut frontier.nodes, node) {
                self.open(frontier, child);
            }
        }
    }

    /// Takes the best leaves that nobody has expanded yet, so many at most, but none that cannot have its turn.
    fn take<'r>(&self, frontier: &mut Frontier<'r>, most: usize) -> Vec<OpenNode<'r>> {
        let taken = self.waiting(frontier).take(most).filter_map(|(_, slot)| match std::mem::replace(slot, Slot::InWork) {
            Slot::Waiting(node) => Some(node),
            _ => None,
        });
        taken.collect()
    }

    /// The leaves that nobody has expanded yet and that can have their turn, best first.
    fn waiting<'f, 'r>(&self, frontier: &'f mut Frontier<'r>) -> impl Iterator<Item = (&'f GainRank, &'f mut Slot<'r>)> {
        let room = self.room(frontier.leaves);
        frontier.open.iter_mut().take(room).filter(|(_, slot)| matches!(slot, Slot::Waiting(_)))
    }

    /// Adds a node to the open ones, if it has a split.
    fn open<'r>(&self, frontier: &mut Frontier<'r>, node: OpenNode<'r>) {
        if node.split.is_some() {
            frontier.open.insert(GainRank::of(&node), Slot::Waiting(node));
        } else {
            self.close(&mut frontier.nodes, node);
        }
    }

    /// How many more splits `max_leaves` allows.
    pub(super) fn room(&self, leaves: usize) -> usize {
        match self.context.params.max_leaves as usize {
            0 => usize::MAX,
            limit => limit.saturating_sub(leaves),
        }
    }

    /// Makes an expanded node an inner node and returns its children, with their numbers; closes any other.
    pub(super) fn settle<'r>(&self, nodes: &mut Vec<GrownNode>, mut node: OpenNode<'r>) -> Vec<OpenNode<'r>> {
        match (node.split.take(), node.children.take()) {
            (Some(split), Some(children)) => {
                let [mut left, mut right] = *children;
                left.context.id = reserve(nodes, 2);
                right.context.id = left.context.id + 1;
                nodes[node.context.id] = GrownNode::Split { split, left: left.context.id, right: right.context.id };
                vec![left, right]
            }
            _ => {
                self.close(nodes, node);
                Vec::new()
            }
        }
    }

    /// Makes a node a leaf and gives back the buffers below it.
    pub(super) fn close(&self, nodes: &mut [GrownNode], node: OpenNode<'_>) {
        let OpenNode { range, buffer, context, .. } = &node;
        let (range, buffer, bounds, row_count) = (range.clone(), *buffer, context.bounds, context.rows);
        nodes[context.id] = GrownNode::Leaf(Leaf { range, buffer, bounds, row_count, ..Leaf::default() });
        self.release(node);
    }

    fn release(&self, node: OpenNode<'_>) {
        if let Some(histogram) = node.histogram {
            self.context.pools.nodes.give(histogram.words);
        }
        node.children.into_iter().flat_map(|children| *children).for_each(|child| self.release(child));
    }
}

/// Numbers for new nodes; returns the first.
pub(super) fn reserve(nodes: &mut Vec<GrownNode>, count: usize) -> usize {
    let first = nodes.len();
    nodes.extend((0..count).map(|_| GrownNode::Leaf(Leaf::default())));
    first
}

/// The tree so far and its leaves that may be split.
struct Frontier<'r> {
    nodes: Vec<GrownNode>,
    /// Best first.
    open: BTreeMap<GainRank, Slot<'r>>,
    leaves: usize,
}

enum Slot<'r> {
    Waiting(OpenNode<'r>),
    InWork,
    Expanded(OpenNode<'r>),
}

/// Larger gains come first; of equal gains, the lower number.
#[derive(Clone, Copy)]
pub(super) struct GainRank {
    gain: f64,
    id: usize,
}

impl GainRank {
    pub fn of(node: &OpenNode<'_>) -> Self {
        Self { gain: node.split.as_ref().map_or(f64::NEG_INFINITY, |split| split.gain), id: node.context.id }
    }
}

impl Ord for GainRank {
    fn cmp(&self, other: &Self) -> Ordering {
        other.gain.total_cmp(&self.gain).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for GainRank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for GainRank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for GainRank {}
