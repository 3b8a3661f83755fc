//! [`Scores`]: the margins of every row while trees are added.

use crate::data::{BaseMargins, RawValues, TargetsView};
use crate::grow::{GrownTree, Led, Router};
use crate::numeric::{gather, reorder};
use crate::{Error, Result};
use rayon::prelude::*;

/// Rows that one task updates.
const CHUNK: usize = 16_384;

/// Margins, output by output: `margins[output * rows + row]`.
pub(crate) struct Scores {
    rows: usize,
    margins: Vec<f64>,
    /// What trees add that are dropped for a round, in the same order; none: no tree is.
    aside: Vec<f64>,
}

impl Scores {
    /// The margins before the first tree: the rows' base margins, else the base score.
    pub fn new(targets: TargetsView<'_>, base_score: &[f64]) -> Result<Self> {
        let (rows, outputs) = (targets.rows(), base_score.len());
        let base = BaseMargins::of(targets, base_score)?;
        let mut margins = Vec::new();
        let numbers = rows.checked_mul(outputs).filter(|&numbers| margins.try_reserve_exact(numbers).is_ok());
        let numbers = numbers
            .ok_or_else(|| Error::data(format!("{rows} rows times {outputs} classes are more margins than memory can hold")))?;
        margins.resize(numbers, 0.0);
        (0..outputs).for_each(|output| base.fill_output(output, &mut margins[output * rows..(output + 1) * rows]));
        Ok(Self { rows, margins, aside: Vec::new() })
    }

    /// The margins of so many rows, output by output.
    pub fn from_margins(rows: usize, margins: Vec<f64>) -> Self {
        Self { rows, margins, aside: Vec::new() }
    }

    /// Leaves some rows.
    pub fn gather(&mut self, order: &[u32]) {
        self.margins = self.margins.chunks_exact(self.rows).flat_map(|margins| gather(margins, 1, order)).collect();
        self.rows = order.len();
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a tree, whose leaf for each row is known by its number, as are the leaves' values.
    pub fn add_by_leaf(&mut self, output: usize, leaves: &[u32], values: &[f64]) {
        let margins = &mut self.margins[output * self.rows..(output + 1) * self.rows];
        let chunks = margins.par_chunks_mut(CHUNK).zip(leaves.par_chunks(CHUNK));
        chunks.for_each(|(margins, leaves)| margins.iter_mut().zip(leaves).for_each(|(m, &leaf)| *m += values[leaf as usize]));
    }

    /// The margins of all outputs.
    pub fn all(&self) -> &[f64] {
        &self.margins
    }

    /// Moves rows: at each place then is the row that was at `order[place]`.
    pub fn reorder(&mut self, order: &[u32]) {
        self.margins.chunks_exact_mut(self.rows).for_each(|margins| reorder(margins, order));
    }

    /// Adds a tree that was grown on these rows: most rows' leaves are known. Rows that it was not grown on are routed. A tree of several outputs
    /// adds to all from `output` on. `raw` has the values of linear leaves' features.
    pub fn add_leaves(&mut self, output: usize, tree: &GrownTree, router: Option<&Router<'_>>, raw: &RawValues) {
        if !tree.is_constant() {
            return self.add_by_number(output, tree, (Some(tree), router), raw);
        }
        add_grown(&mut self.margins[output * self.rows..(output + 1) * self.rows], tree, router);
    }

    /// Adds a tree that was grown on other rows.
    pub fn add_led(&mut self, output: usize, tree: &GrownTree, led: &Led<'_>, raw: &RawValues) {
        match led {
            Led::Router(router) if tree.is_constant() => add_to(&mut self.margins[output * self.rows..][..self.rows], router),
            Led::Router(router) => self.add_by_number(output, tree, (None, Some(router)), raw),
            Led::Tree(tree) => self.add_leaves(output, tree, None, raw),
        }
    }

    /// Adds a tree to those that [`Scores::take_out`] takes out.
    pub fn set_aside(&mut self, output: usize, tree: &GrownTree, led: &Led<'_>, raw: &RawValues) {
        self.aside.resize(self.margins.len(), 0.0);
        let first = output * self.rows;
        match led {
            Led::Router(router) if tree.is_constant() => add_to(&mut self.aside[first..][..self.rows], router),
            Led::Router(router) => {
                let numbers = self.leaf_numbers(tree, (None, Some(router)));
                add_values(&mut self.aside[first..], tree, &numbers, raw);
            }
            Led::Tree(tree) if tree.is_constant() => add_grown(&mut self.aside[first..][..self.rows], tree, None),
            Led::Tree(tree) => {
                let numbers = self.leaf_numbers(tree, (Some(tree), None));
                add_values(&mut self.aside[first..], tree, &numbers, raw);
            }
        }
    }

    /// Takes the trees out of the margins that were set aside.
    pub fn take_out(&mut self) {
        let chunks = self.margins.par_chunks_mut(CHUNK).zip(self.aside.par_chunks(CHUNK));
        chunks.for_each(|(margins, aside)| margins.iter_mut().zip(aside).for_each(|(margin, aside)| *margin -= aside));
    }

    /// Adds what was taken out, times a factor.
    pub fn bring_back(&mut self, factor: f64) {
        let chunks = self.margins.par_chunks_mut(CHUNK).zip(self.aside.par_chunks(CHUNK));
        chunks.for_each(|(margins, aside)| margins.iter_mut().zip(aside).for_each(|(margin, aside)| *margin += factor * aside));
        self.aside.clear();
    }

    /// Adds a tree whose leaves have no constant: finds the leaf of each row, then adds output by output. Rows that it was grown on are known.
    fn add_by_number(&mut self, output: usize, tree: &GrownTree, found_by: FoundBy<'_>, raw: &RawValues) {
        let numbers = self.leaf_numbers(tree, found_by);
        add_values(&mut self.margins[output * self.rows..], tree, &numbers, raw);
    }

    /// The number among the leaves of the one that each row falls into.
    fn leaf_numbers(&self, tree: &GrownTree, (grown_here, router): FoundBy<'_>) -> Vec<u32> {
        let known = grown_here.into_iter().flat_map(GrownTree::leaves).enumerate();
        let known: Vec<(&[u32], f64)> = known.map(|(number, leaf)| (leaf.rows(&tree.rows), number as f64)).collect();
        let mut numbers = vec![0u32; self.rows];
        numbers.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, numbers)| {
            add_known(&known, router, chunk * CHUNK, numbers, |leaf, number| *leaf = number as u32);
        });
        numbers
    }
}

/// Who knows the leaves of rows: a tree those that it was grown on, a router the others.
type FoundBy<'a> = (Option<&'a GrownTree>, Option<&'a Router<'a>>);

/// Adds a tree of constant leaves to the margins of the rows that it was grown on, and of those that a router knows.
fn add_grown(margins: &mut [f64], tree: &GrownTree, router: Option<&Router<'_>>) {
    let leaves: Vec<(&[u32], f64)> = tree.leaves().map(|leaf| (leaf.rows(&tree.rows), leaf.value)).collect();
    margins.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, margins)| {
        let first = chunk * CHUNK;
        add_known(&leaves, router, first, margins, |margin, value| *margin += value);
    });
}

fn add_to(margins: &mut [f64], router: &Router<'_>) {
    margins.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, margins)| {
        let first = chunk * CHUNK;
        router.route(first..first + margins.len(), &[], |row, value| margins[row - first] += value);
    });
}

/// Adds a tree, whose leaf for each row is known by its number, to margins: those of its first output first.
fn add_values(margins: &mut [f64], tree: &GrownTree, numbers: &[u32], raw: &RawValues) {
    let margins = margins.chunks_exact_mut(numbers.len().max(1)).take(tree.outputs());
    if tree.outputs() == 1 {
        return margins.for_each(|margins| add_linear(margins, tree, numbers, raw));
    }
    margins.collect::<Vec<_>>().into_par_iter().enumerate().for_each(|(output, margins)| {
        let values: Vec<f64> = tree.leaves().map(|leaf| leaf.outputs[output]).collect();
        margins.iter_mut().zip(numbers).for_each(|(margin, &leaf)| *margin += values[leaf as usize]);
    });
}

/// Adds a tree of linear leaves, of which each row falls into that with its number.
fn add_linear(margins: &mut [f64], tree: &GrownTree, numbers: &[u32], raw: &RawValues) {
    let leaves: Vec<_> = tree.leaves().collect();
    let chunks = margins.par_chunks_mut(CHUNK).zip(numbers.par_chunks(CHUNK)).enumerate();
    chunks.for_each(|(chunk, (margins, numbers))| {
        for (row, (margin, &leaf)) in (chunk * CHUNK..).zip(margins.iter_mut().zip(numbers)) {
            *margin += leaves[leaf as usize].value_at(|feature| raw.get(feature, row));
        }
    });
}

/// Gives the rows from `first` on, one for each place, the values of their leaves: of those whose rows are known, of others by the router.
fn add_known<T>(leaves: &[(&[u32], f64)], router: Option<&Router<'_>>, first: usize, places: &mut [T], add: impl Fn(&mut T, f64)) {
    let end = first + places.len();
    let mut drawn = vec![false; if router.is_some() { places.len() } else { 0 }];
    for &(rows, value) in leaves {
        // Rows are ascending, so those of this chunk are consecutive.
        let from = rows.partition_point(|&row| (row as usize) < first);
        for row in rows[from..].iter().map(|&row| row as usize).take_while(|&row| row < end) {
            add(&mut places[row - first], value);
            if let Some(drawn) = drawn.get_mut(row - first) {
                *drawn = true;
            }
        }
    }
    if let Some(router) = router {
        router.route(first..end, &drawn, |row, value| add(&mut places[row - first], value));
    }
}
