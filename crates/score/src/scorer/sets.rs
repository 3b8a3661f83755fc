//! Trees applied to hundreds of rows at once, as sets of bits, on CPUs that have AVX-512.
//!
//! A split parts a set of rows by comparing 64 ranks with one instruction, and no branch depends on where rows go. A walk needs several
//! instructions for every step of every row. The leaf of each row comes out as a byte.

use super::kernel::{self, Avx512};
use super::ranks::{Ranks, Test};
use super::set_layout::{Column, LevelBits, Onward, ROWS, Rule, Run, Set, SetSplit, WORDS};
use crate::meaning::Meaning;
use crate::{Model, Node, Tree};
use std::cell::Cell;

/// Leaves are numbered by bytes.
const MAX_LEAVES: usize = 256;

/// Longer rows do not fit the caches [`ROWS`] at a time.
const MAX_FEATURES: usize = 1024;

/// So many trees save what ranking a value costs.
const MIN_TREES_OF_RANKING: usize = 1;

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
    pub fn new(model: &Model, meanings: &[Meaning]) -> Option<Self> {
        let avx512 = Avx512::detect().filter(|_| (1..=MAX_FEATURES).contains(&model.schema.len()))?;
        let ranks = Ranks::new(meanings, model.trees.iter().filter(|tree| tree.num_leaves() <= MAX_LEAVES));
        Some(Self { avx512, ranks, trees: Vec::with_capacity(model.trees.len()) })
    }

    /// Adds the next tree of the model, whose nodes are elsewhere known by `places`.
    pub fn push(&mut self, tree: &Tree, places: &[(usize, u32)]) {
        self.trees.push(SetTree::new(tree, &self.ranks, places));
    }

    /// Whether what the trees save is more than what the ranks cost.
    pub fn pays(&self) -> bool {
        self.trees.iter().flatten().count() >= MIN_TREES_OF_RANKING * self.ranks.rankings().max(1)
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

/// A tree whose splits all read ranks.
pub(super) struct SetTree {
    /// Parents before their children, and those of one kind together as far as that allows.
    splits: Vec<SetSplit>,
    runs: Vec<Run>,
    levels: Vec<LevelBits>,
    /// The place of each leaf; by 256 numbers, so that a byte is always one.
    leaves: Box<[u32; MAX_LEAVES]>,
    /// How many sets are waiting to be parted at a time, at most; the first one is the root's.
    sets: usize,
}

/// Splits whose sets are waiting: the node and its set.
type Waiting = Vec<(u32, u16)>;

impl SetTree {
    /// The tree, if it has few enough leaves and `ranks` has a column for every split. `places` are what its nodes are known by.
    fn new(tree: &Tree, ranks: &Ranks, places: &[(usize, u32)]) -> Option<Self> {
        let leaves = tree.num_leaves();
        if leaves > MAX_LEAVES {
            return None;
        }
        let (splits, runs, levels) = (Vec::with_capacity(leaves - 1), Vec::new(), Vec::new());
        let mut this = Self { splits, runs, levels, leaves: Box::new([places[0].0 as u32; MAX_LEAVES]), sets: 1 };
        let mut numbered = 0;
        // By kind. Those that nothing follows come last.
        let mut waiting: [Waiting; 4] = Default::default();
        this.wait(tree, &mut waiting, 0, 0);
        let mut kind = Onward::Both;
        while let Some(next) = next_kind(&waiting, kind) {
            kind = next;
            let Some((node, from)) = waiting[kind as usize].pop() else { continue };
            let Node::Split(split) = &tree.nodes[node as usize] else { continue };
            let mut goes_on = |child: u32, set: u16, this: &mut Self| match tree.nodes[child as usize] {
                Node::Split(_) => {
                    this.wait(tree, &mut waiting, child, set);
                    0
                }
                Node::Leaf(_) => {
                    this.leaves[numbered] = places[child as usize].0 as u32;
                    numbered += 1;
                    (numbered - 1) as u8
                }
            };
            let right = if kind == Onward::Both { this.sets as u16 } else { from };
            let leaves = [goes_on(split.left, from, &mut this), goes_on(split.right, right, &mut this)];
            this.sets = this.sets.max(usize::from(right) + 1);
            let (column, test) = ranks.test(split)?;
            let goes_left = rule(test, &mut this.levels);
            this.splits.push(SetSplit { column, from, right, leaves, goes_left });
            match this.runs.last_mut() {
                Some(run) if run.onward == kind => run.splits += 1,
                _ => this.runs.push(Run { onward: kind, splits: 1 }),
            }
        }
        Some(this)
    }

    /// Lets a node wait, if it is a split, with those of its kind.
    fn wait(&self, tree: &Tree, waiting: &mut [Waiting; 4], node: u32, set: u16) {
        if let Node::Split(split) = &tree.nodes[node as usize] {
            let is_split = |child: u32| matches!(tree.nodes[child as usize], Node::Split(_));
            let kind = match (is_split(split.left), is_split(split.right)) {
                (true, true) => Onward::Both,
                (true, false) => Onward::Left,
                (false, true) => Onward::Right,
                (false, false) => Onward::Neither,
            };
            waiting[kind as usize].push((node, set));
        }
    }

    /// Finds the leaf of every row, by its number. `sets` is room to work in.
    fn find_leaves(&self, avx512: Avx512, columns: &[Column], sets: &mut Vec<Set>, leaves: &mut Column) {
        if sets.len() < self.sets {
            sets.resize(self.sets, [0; WORDS]);
        }
        sets[0] = [u64::MAX; WORDS];
        kernel::find_leaves(avx512, (&self.runs, &self.splits), &self.levels, columns, sets, leaves);
    }
}

/// The kind of the next split: the same as before as long as there are any, because the processor guesses what comes next.
fn next_kind(waiting: &[Waiting; 4], now: Onward) -> Option<Onward> {
    let first = if now == Onward::Neither { Onward::Both } else { now };
    let kinds = [first, Onward::Both, Onward::Left, Onward::Right, Onward::Neither];
    kinds.into_iter().find(|&kind| !waiting[kind as usize].is_empty())
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
