//! The trees of a model laid out for walking: 16 bytes a node, siblings side by side, no branch on what a row holds.
//!
//! A walk keeps several lanes going at once (the same tree for several rows, or several trees for one row), because one walk alone
//! waits for memory most of the time: every step needs the one before. Leaves are nodes that lead to themselves, so that lanes
//! that are done need no attention.

use crate::{Condition, Error, FeatureKind, FeatureSchema, Model, Node, Split, Tree};

/// Walks that go on at the same time.
pub(super) const LANES: usize = 8;

/// A split, or a leaf that leads to itself.
#[derive(Clone, Copy)]
struct FlatNode {
    /// The threshold's bits; of a split on levels: where its words begin (low half), and the least code that is unseen (high half).
    condition: u64,
    /// The feature, and the flags [`MISSING_RIGHT`] and [`LEVELS`].
    feature: u32,
    /// The left child; the right one comes next to it.
    left: u32,
}

/// Missing values and unseen levels go right.
const MISSING_RIGHT: u32 = 1 << 31;
/// The split is on levels.
const LEVELS: u32 = 1 << 30;
const FEATURE: u32 = LEVELS - 1;

const _: () = assert!(size_of::<FlatNode>() == 16);
const _: () = assert!(crate::validate::MAX_FEATURES <= FEATURE as usize);
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
            forest.push(tree, model.output_of(index) as u32, &model.schema)?;
        }
        forest.categorical = forest.trees.iter().any(|tree| tree.categorical);
        Ok(forest)
    }

    fn push(&mut self, tree: &Tree, output: u32, schema: &FeatureSchema) -> Result<(), Error> {
        let root = self.nodes.len();
        let end = root + tree.nodes.len();
        self.nodes.resize(end, FlatNode { condition: f64::INFINITY.to_bits(), feature: 0, left: 0 });
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
                    self.nodes[place] = self.flatten(split, free as u32, schema)?;
                    places[split.left as usize] = (free, depth + 1);
                    places[split.right as usize] = (free + 1, depth + 1);
                    free += 2;
                }
            }
        }
        self.trees.push(FlatTree { root: root as u32, depth: deepest, output, categorical });
        Ok(())
    }

    fn flatten(&mut self, split: &Split, left: u32, schema: &FeatureSchema) -> Result<FlatNode, Error> {
        let missing = if split.default_left { 0 } else { MISSING_RIGHT };
        let (condition, kind) = match &split.condition {
            Condition::Threshold(threshold) => (threshold.to_bits(), 0),
            Condition::Levels(words) => {
                let levels = match &schema.features[split.feature as usize].kind {
                    FeatureKind::Categorical { levels } => levels.len(),
                    _ => 0,
                };
                let start = u32::try_from(self.words.len())
                    .map_err(|_| Error::Inconsistent("its sets of levels take more than 32 GiB".into()))?;
                let unseen = levels.min(words.len() * 64) as u64;
                self.words.extend_from_slice(words);
                (u64::from(start) | unseen << 32, LEVELS)
            }
        };
        Ok(FlatNode { condition, feature: split.feature | missing | kind, left })
    }

    /// The number of trees.
    pub fn num_trees(&self) -> usize {
        self.trees.len()
    }

    /// Adds every tree's leaf to the margins of each row, in the order of the trees. `rows` are row by row, `margins` too.
    pub fn add_to(&self, rows: &[f64], margins: &mut [f64]) {
        self.for_each_leaf(rows, margins.len() / self.outputs, |row, tree, leaf| {
            margins[row * self.outputs + self.trees[tree].output as usize] += self.values[leaf];
        });
    }

    /// Writes the ordinal of the leaf that each row falls into in each tree, row by row.
    pub fn leaves(&self, rows: &[f64], leaves: &mut [u32]) {
        let trees = self.trees.len();
        if trees > 0 {
            self.for_each_leaf(rows, leaves.len() / trees, |row, tree, leaf| leaves[row * trees + tree] = self.ordinals[leaf]);
        }
    }

    /// Calls `visit(row, tree, leaf node)` for every row and tree; the trees of a row come in their order.
    fn for_each_leaf(&self, rows: &[f64], count: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let whole = count - count % LANES;
        for (t, tree) in self.trees.iter().enumerate() {
            for first in (0..whole).step_by(LANES) {
                let offsets = std::array::from_fn(|lane| (first + lane) * self.features);
                let leaves = self.walk([tree.root; LANES], tree.depth, tree.categorical, rows, offsets);
                leaves.iter().enumerate().for_each(|(lane, &leaf)| visit(first + lane, t, leaf as usize));
            }
        }
        for row in whole..count {
            self.for_each_tree_of(&rows[row * self.features..][..self.features], |tree, leaf| visit(row, tree, leaf));
        }
    }

    /// Calls `visit(tree, leaf node)` for every tree and one row, several trees at a time.
    fn for_each_tree_of(&self, row: &[f64], mut visit: impl FnMut(usize, usize)) {
        for (chunk, trees) in self.trees.chunks(LANES).enumerate() {
            // Idle lanes of the last chunk go down its first tree once more.
            let roots = std::array::from_fn(|lane| trees.get(lane).unwrap_or(&trees[0]).root);
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
            let leaves = self.walk(roots, depth, self.categorical, row, [0; LANES]);
            (0..trees.len()).for_each(|lane| visit(chunk * LANES + lane, leaves[lane] as usize));
        }
    }

    #[inline]
    fn walk(&self, roots: [u32; LANES], depth: u32, categorical: bool, rows: &[f64], offsets: [usize; LANES]) -> [u32; LANES] {
        if categorical {
            self.walk_lanes::<true>(roots, depth, rows, offsets)
        } else {
            self.walk_lanes::<false>(roots, depth, rows, offsets)
        }
    }

    /// Takes every lane from its root to its leaf. Lane `l` reads the row that begins at `offsets[l]`.
    #[inline]
    fn walk_lanes<const CATEGORICAL: bool>(
        &self,
        roots: [u32; LANES],
        depth: u32,
        rows: &[f64],
        offsets: [usize; LANES],
    ) -> [u32; LANES] {
        let mut at = roots;
        for _ in 0..depth {
            let mut moved = 0;
            for lane in 0..LANES {
                let node = self.nodes[at[lane] as usize];
                let x = rows[offsets[lane] + (node.feature & FEATURE) as usize];
                let right = if CATEGORICAL && node.feature & LEVELS != 0 {
                    self.level_goes_right(node, x)
                } else {
                    (x > f64::from_bits(node.condition)) | (x.is_nan() & (node.feature & MISSING_RIGHT != 0))
                };
                let next = node.left + u32::from(right);
                moved |= next ^ at[lane];
                at[lane] = next;
            }
            if moved == 0 {
                break;
            }
        }
        at
    }

    #[inline]
    fn level_goes_right(&self, node: FlatNode, x: f64) -> bool {
        let (start, unseen) = (node.condition as u32, (node.condition >> 32) as u32);
        // The cast saturates; what it changes was no level's code.
        let code = x as u32;
        if f64::from(code) == x && code < unseen {
            self.words[start as usize + (code / 64) as usize] >> (code % 64) & 1 == 0
        } else {
            node.feature & MISSING_RIGHT != 0
        }
    }
}
