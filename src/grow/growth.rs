//! [`Growth`]: the order in which nodes are split.
//!
//! Splits are carried out ahead of their turn (several open leaves at once, one task each) and committed in the order that the growth
//! policy demands. So the tree is the one that sequential growth gives, whatever the number of threads, and no thread waits per leaf.

use super::grower::{Context, TreeGrower};
use super::node::{GrownNode, OpenNode};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Open leaves expanded ahead of their turn per thread, and at least.
const AHEAD_PER_THREAD: usize = 2;
const AHEAD_MIN: usize = 8;

/// A tree in the making.
pub(super) struct Growth<'g, 'a> {
    grower: &'g TreeGrower<'a>,
    context: &'g Context<'g>,
    rows: &'g mut [u32],
    scratch: &'g mut [u32],
    nodes: Vec<GrownNode>,
}

impl<'g, 'a> Growth<'g, 'a> {
    pub fn new(grower: &'g TreeGrower<'a>, context: &'g Context<'g>, rows: &'g mut [u32], scratch: &'g mut [u32]) -> Self {
        Self { grower, context, rows, scratch, nodes: Vec::new() }
    }

    /// The nodes of the tree, parents before their children; leaves have no values yet.
    pub fn into_nodes(self) -> Vec<GrownNode> {
        self.nodes
    }

    /// Level by level, left to right, until `max_leaves` are reached.
    pub fn depthwise(&mut self, root: OpenNode) {
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
    pub fn lossguide(&mut self, root: OpenNode) {
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
            .for_each(|((node, rows), scratch)| grower.split(context, node, rows, scratch));
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
            self.grower.pools.nodes.give(histogram.words);
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
