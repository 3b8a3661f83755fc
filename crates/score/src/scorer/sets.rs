//! Trees applied to hundreds of rows at once, as sets of bits, on CPUs that have AVX-512.
//!
//! A split parts a set of rows by comparing 64 ranks with one instruction, and no branch depends on where rows go. A walk needs several
//! instructions for every step of every row. The leaf of each row comes out as a byte.

use super::kernel::{self, Avx512};
use super::ranks::{Ranks, Test};
use super::set_layout::{Column, LevelBits, ROWS, Rule, Set, SetSplit, WORDS};
use crate::{Model, Node, Tree};
use std::cell::Cell;

/// Leaves are numbered by bytes.
const MAX_LEAVES: usize = 256;

/// Longer rows do not fit the caches [`ROWS`] at a time.
const MAX_FEATURES: usize = 1024;

/// So many trees save what the ranks of a feature cost.
const MIN_TREES_OF_FEATURE: usize = 1;

/// What is known of some rows while trees are applied to them.
pub(super) struct Ranked {
    avx512: Avx512,
    columns: Vec<Column>,
    /// Room for the sets of a tree.
    sets: Vec<Set>,
    /// Room for the leaf of each row.
    leaves: Column,
}

thread_local! {
    /// Room for the rows of a tile, so that scoring allocates nothing but once a thread.
    static ROOM: Cell<Option<Box<Ranked>>> = const { Cell::new(None) };
}

/// Those trees of a model that are best applied to sets of rows.
pub(super) struct SetForest {
    avx512: Avx512,
    ranks: Ranks,
    trees: Vec<Option<SetTree>>,
}

impl SetForest {
    /// A forest without trees yet, where the CPU has the instructions and rows are neither empty nor too long.
    pub fn new(model: &Model) -> Option<Self> {
        let avx512 = Avx512::detect().filter(|_| (1..=MAX_FEATURES).contains(&model.schema.len()))?;
        let ranks = Ranks::new(model, model.trees.iter().filter(|tree| tree.num_leaves() <= MAX_LEAVES));
        Some(Self { avx512, ranks, trees: Vec::with_capacity(model.trees.len()) })
    }

    /// Adds the next tree of the model, whose nodes are elsewhere known by `places`.
    pub fn push(&mut self, tree: &Tree, places: &[(usize, u32)]) {
        self.trees.push(SetTree::new(tree, &self.ranks, places));
    }

    /// Whether what the trees save is more than what the ranks cost.
    pub fn pays(&self) -> bool {
        self.trees.iter().flatten().count() >= MIN_TREES_OF_FEATURE * self.ranks.features().max(1)
    }

    /// The tree number `index`, if it is one of those.
    pub fn tree(&self, index: usize) -> Option<&SetTree> {
        self.trees[index].as_ref()
    }

    /// Whether all trees are.
    pub fn is_complete(&self) -> bool {
        self.trees.iter().all(Option::is_some)
    }

    /// Calls `then` with the ranks of at most [`ROWS`] rows, which lie row by row.
    pub fn with_ranks(&self, rows: &[f64], then: impl FnOnce(&mut Ranked)) {
        let empty = || Box::new(Ranked { avx512: self.avx512, columns: Vec::new(), sets: Vec::new(), leaves: [0; ROWS] });
        let mut room = ROOM.take().unwrap_or_else(empty);
        if room.columns.len() < self.ranks.columns() {
            room.columns.resize(self.ranks.columns(), [0; ROWS]);
        }
        self.ranks.fill(self.avx512, rows, &mut room.columns);
        then(&mut room);
        ROOM.set(Some(room));
    }
}

impl Ranked {
    /// The place of the leaf that each row falls into.
    #[inline]
    pub fn leaves(&mut self, tree: &SetTree) -> impl Iterator<Item = u32> {
        tree.find_leaves(self.avx512, &self.columns, &mut self.sets, &mut self.leaves);
        self.leaves.iter().map(|&leaf| tree.leaves[usize::from(leaf)])
    }
}

/// A tree whose splits all read ranks. Its sets are first those of the leaves, then those that are still to be parted.
pub(super) struct SetTree {
    /// Parents before their children.
    splits: Vec<SetSplit>,
    levels: Vec<LevelBits>,
    /// The place of each leaf; by 256 numbers, so that a byte is always one.
    leaves: Box<[u32; MAX_LEAVES]>,
    num_leaves: usize,
    /// How many sets there are; the first after the leaves' is the root's, unless the root is a leaf.
    sets: usize,
}

impl SetTree {
    /// The tree, if it has few enough leaves and `ranks` has a column for every split. `places` are what its nodes are known by.
    fn new(tree: &Tree, ranks: &Ranks, places: &[(usize, u32)]) -> Option<Self> {
        let leaves = tree.num_leaves();
        if leaves > MAX_LEAVES {
            return None;
        }
        let (splits, levels) = (Vec::with_capacity(leaves - 1), Vec::new());
        let mut this =
            Self { splits, levels, leaves: Box::new([places[0].0 as u32; MAX_LEAVES]), num_leaves: leaves, sets: leaves + 1 };
        let mut numbered = 0;
        let mut set_of = |node: u32, other: usize| match tree.nodes[node as usize] {
            Node::Leaf(_) => {
                this.leaves[numbered] = places[node as usize].0 as u32;
                numbered += 1;
                numbered - 1
            }
            Node::Split(_) => other,
        };
        // A node, its set, and the first set that nobody waits for.
        let mut open = vec![(0, leaves, leaves + 1)];
        while let Some((node, from, free)) = open.pop() {
            let Node::Split(split) = &tree.nodes[node] else { continue };
            let (column, test) = ranks.test(split)?;
            // The left part takes the place of the whole.
            let (left, right) = (set_of(split.left, from), set_of(split.right, free));
            let goes_left = rule(test, &mut this.levels);
            this.splits.push(SetSplit { column, from: from as u16, left: left as u16, right: right as u16, goes_left });
            this.sets = this.sets.max(free + 1);
            open.extend([(split.right as usize, free, free + 1), (split.left as usize, from, free + 1)]);
        }
        Some(this)
    }

    /// Finds the leaf of every row, by its number. `sets` is room to work in.
    fn find_leaves(&self, avx512: Avx512, columns: &[Column], sets: &mut Vec<Set>, leaves: &mut Column) {
        if sets.len() < self.sets {
            sets.resize(self.sets, [0; WORDS]);
        }
        let root = if self.splits.is_empty() { 0 } else { self.num_leaves };
        sets[root] = [u64::MAX; WORDS];
        kernel::part(avx512, &self.splits, &self.levels, columns, sets);
        kernel::number(avx512, &sets[..self.num_leaves], leaves);
    }
}

/// What a split asks, sets of levels being kept in `levels`.
fn rule(test: Test, levels: &mut Vec<LevelBits>) -> Rule {
    match test {
        Test::UpTo(rank) => Rule::UpTo(rank),
        Test::Levels(bits) => {
            levels.push(bits);
            Rule::Levels((levels.len() - 1) as u16)
        }
    }
}

#[cfg(test)]
mod tests {}
