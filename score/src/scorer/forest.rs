//! The trees of a model laid out for walking: 16 bytes a node, siblings side by side, no branch on what a row holds.
//!
//! A walk keeps several lanes going at once (the same tree for several rows, or several trees for one row), because one walk alone
//! waits for memory most of the time: every step needs the one before. Leaves are nodes that lead to themselves, so that lanes
//! that are done need no attention.

use super::keys::{self, KEYS, Keys};
use crate::{Condition, Error, Model, Node, Split, Tree};

/// Walks that go on at the same time.
pub(super) const LANES: usize = 8;

/// A split, or a leaf that leads to itself. What goes right is decided by one comparison: `key > limit`.
#[derive(Clone, Copy)]
struct FlatNode {
    /// The greatest key that goes left. Of a split on levels: where its words begin (low half), and the least code that is unseen (high
    /// half).
    limit: u64,
    /// Where the key is: at twice the feature, or next to that, where missing values are the greatest of all, if they go right. With the
    /// flag [`LEVELS`].
    key: u32,
    /// The left child; the right one comes next to it.
    left: u32,
}

/// The split is on levels.
const LEVELS: u32 = 1 << 31;
const KEY: u32 = LEVELS - 1;

const _: () = assert!(size_of::<FlatNode>() == 16);
const _: () = assert!(KEYS * crate::validate::MAX_FEATURES <= KEY as usize);
const _: () = assert!(crate::validate::MAX_LEVELS.div_ceil(64) * 64 <= u32::MAX as usize);
const _: () = assert!(crate::validate::MAX_NODES <= u32::MAX as usize);

/// What a walk needs to know of a tree.
#[derive(Clone, Copy)]
struct FlatTree {
    root: u32,
    /// Steps from the root to the deepest leaf.
    depth: u32,
    /// The margin that the leaves add to.
    output: u32,
    /// Whether any split is on levels.
    categorical: bool,
}

/// The compiled trees of a valid model.
pub(super) struct Forest {
    nodes: Vec<FlatNode>,
    /// The value of each node that is a leaf.
    values: Vec<f64>,
    /// The number of each node that is a leaf, among the leaves of its tree in the model's node order.
    ordinals: Vec<u32>,
    words: Vec<u64>,
    trees: Vec<FlatTree>,
    /// Whether any tree splits on levels.
    categorical: bool,
    outputs: usize,
    features: usize,
}

impl Forest {
    /// Compiles the trees of `model`, which must be valid.
    ///
    /// # Errors
    /// Sets of levels that take more than 32 GiB together.
    pub fn new(model: &Model) -> Result<Self, Error> {
        let nodes = model.num_nodes();
        let mut forest = Self {
            nodes: Vec::with_capacity(nodes),
            values: Vec::with_capacity(nodes),
            ordinals: Vec::with_capacity(nodes),
            words: Vec::new(),
            trees: Vec::with_capacity(model.trees.len()),
            categorical: false,
            outputs: model.num_outputs(),
            features: model.schema.len(),
        };
        for (index, tree) in model.trees.iter().enumerate() {
            forest.push(tree, model.output_of(index) as u32)?;
        }
        forest.categorical = forest.trees.iter().any(|tree| tree.categorical);
        Ok(forest)
    }

    fn push(&mut self, tree: &Tree, output: u32) -> Result<(), Error> {
        let root = self.nodes.len();
        let end = root + tree.nodes.len();
        self.nodes.resize(end, FlatNode { limit: u64::MAX, key: 0, left: 0 });
        self.values.resize(end, 0.0);
        self.ordinals.resize(end, 0);
        // Where each node goes and how deep it lies: known before the loop comes to it, because parents come first.
        let mut places = vec![(root, 0u32); tree.nodes.len()];
        let (mut free, mut leaves, mut deepest, mut categorical) = (root + 1, 0, 0, false);
        for (n, node) in tree.nodes.iter().enumerate() {
            let (place, depth) = places[n];
            match node {
                Node::Leaf { value, .. } => {
                    self.nodes[place].left = place as u32;
                    self.values[place] = *value;
                    self.ordinals[place] = leaves;
                    leaves += 1;
                    deepest = deepest.max(depth);
                }
                Node::Split(split) => {
                    categorical |= matches!(split.condition, Condition::Levels(_));
                    self.nodes[place] = self.flatten(split, free as u32)?;
                    places[split.left as usize] = (free, depth + 1);
                    places[split.right as usize] = (free + 1, depth + 1);
                    free += 2;
                }
            }
        }
        self.trees.push(FlatTree { root: root as u32, depth: deepest, output, categorical });
        Ok(())
    }

    fn flatten(&mut self, split: &Split, left: u32) -> Result<FlatNode, Error> {
        let (limit, kind) = match &split.condition {
            Condition::Threshold(threshold) => (keys::of_number(*threshold), 0),
            Condition::Levels(words) => {
                let start = u32::try_from(self.words.len())
                    .map_err(|_| Error::Inconsistent("its sets of levels take more than 32 GiB".into()))?;
                self.words.extend_from_slice(words);
                (u64::from(start) | (words.len() as u64 * 64) << 32, LEVELS)
            }
        };
        let key = KEYS as u32 * split.feature + u32::from(!split.default_left);
        Ok(FlatNode { limit, key: key | kind, left })
    }

    /// The number of trees.
    pub fn num_trees(&self) -> usize {
        self.trees.len()
    }

    /// Adds every tree's leaf to the margins of each row, in the order of the trees; `margins` lie row by row.
    pub fn add_to(&self, rows: Keys<'_>, margins: &mut [f64]) {
        self.for_each_leaf(rows, margins.len() / self.outputs, |row, tree, leaf| {
            margins[row * self.outputs + self.trees[tree].output as usize] += self.values[leaf];
        });
    }

    /// Writes the ordinal of the leaf that each of the first `count` rows falls into in each tree, row by row.
    pub fn leaves(&self, rows: Keys<'_>, count: usize, leaves: &mut [u32]) {
        let trees = self.trees.len();
        self.for_each_leaf(rows, count, |row, tree, leaf| leaves[row * trees + tree] = self.ordinals[leaf]);
    }

    /// Calls `visit(row, tree, leaf node)` for every tree and each of the first `count` rows; the trees of a row come in order.
    fn for_each_leaf(&self, rows: Keys<'_>, count: usize, visit: impl FnMut(usize, usize, usize)) {
        match (rows, self.categorical) {
            (Keys::Row(row), false) => self.for_each_tree::<false>(row, visit),
            (Keys::Row(row), true) => self.for_each_tree::<true>(row, visit),
            (Keys::Groups(groups), _) => self.for_each_group(groups, count, visit),
        }
    }

    /// One row down several trees at a time.
    fn for_each_tree<const CATEGORICAL: bool>(&self, row: &[[u64; 1]], mut visit: impl FnMut(usize, usize, usize)) {
        for (chunk, trees) in self.trees.chunks(LANES).enumerate() {
            // Idle lanes of the last chunk go down its first tree once more.
            let roots = std::array::from_fn(|lane| trees.get(lane).unwrap_or(&trees[0]).root);
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
            let leaves = self.walk::<1, CATEGORICAL>(roots, depth, row);
            (0..trees.len()).for_each(|lane| visit(0, chunk * LANES + lane, leaves[lane] as usize));
        }
    }

    /// Several rows down one tree at a time; tree by tree, so that the nodes of a tree stay in the cache.
    fn for_each_group(&self, groups: &[[u64; LANES]], count: usize, mut visit: impl FnMut(usize, usize, usize)) {
        for (t, tree) in self.trees.iter().enumerate() {
            for (g, first) in (0..count).step_by(LANES).enumerate() {
                let keys = KEYS * self.features;
                let group = &groups[g * keys..][..keys];
                let leaves = if tree.categorical {
                    self.walk::<LANES, true>([tree.root; LANES], tree.depth, group)
                } else {
                    self.walk::<LANES, false>([tree.root; LANES], tree.depth, group)
                };
                (0..LANES.min(count - first)).for_each(|lane| visit(first + lane, t, leaves[lane] as usize));
            }
        }
    }

    /// Takes every lane from its root to its leaf. Lane `l` reads the keys at position `l`, or all the only one.
    #[inline(always)]
    fn walk<const WIDTH: usize, const CATEGORICAL: bool>(
        &self,
        mut at: [u32; LANES],
        depth: u32,
        keys: &[[u64; WIDTH]],
    ) -> [u32; LANES] {
        // Looking every other step whether all lanes have arrived costs less than a step too many.
        for _ in 0..depth.div_ceil(2) {
            let mut moved = 0;
            for (lane, at) in at.iter_mut().enumerate() {
                *at = self.step::<WIDTH, CATEGORICAL>(*at, keys, lane % WIDTH);
            }
            for (lane, at) in at.iter_mut().enumerate() {
                let next = self.step::<WIDTH, CATEGORICAL>(*at, keys, lane % WIDTH);
                moved |= next ^ *at;
                *at = next;
            }
            if moved == 0 {
                break;
            }
        }
        at
    }

    /// The child of a split that a row goes to; a leaf stays.
    #[inline(always)]
    fn step<const WIDTH: usize, const CATEGORICAL: bool>(&self, at: u32, keys: &[[u64; WIDTH]], lane: usize) -> u32 {
        let node = self.nodes[at as usize];
        // Where no split is on levels, no key has the flag: there is nothing to mask.
        let key = keys[if CATEGORICAL { node.key & KEY } else { node.key } as usize][lane];
        let right = if CATEGORICAL && node.key & LEVELS != 0 { self.level_goes_right(node, key) } else { key > node.limit };
        node.left + u32::from(right)
    }

    #[inline]
    fn level_goes_right(&self, node: FlatNode, key: u64) -> bool {
        let (start, unseen) = (node.limit as u32, node.limit >> 32);
        // What is missing comes out beyond all codes, whichever key it has.
        let code = key.wrapping_sub(1);
        if code < unseen { self.words[start as usize + (code / 64) as usize] >> (code % 64) & 1 == 0 } else { node.key & 1 != 0 }
    }
}
