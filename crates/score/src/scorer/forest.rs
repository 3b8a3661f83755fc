//! The trees of a model laid out for walking: 16 bytes a node, siblings side by side, no branch on what a row holds.
//!
//! A walk keeps several lanes going at once (the same tree for several rows, or several trees for one row), because one walk alone
//! waits for memory most of the time: every step needs the one before. Leaves are nodes that lead to themselves, so that lanes
//! that are done need no attention.

use super::keys::{self, Encoder, KEYS, Keys, LANES};
use super::set_layout::ROWS;
use super::sets::{Ranked, SetForest};
use crate::meaning;
use crate::{Condition, Error, LeafValue, Model, Node, Precision, Split, Tree};
use std::ops::Range;

/// Bytes of rows that are walked together: they stay in the second-level cache while tree after tree comes into the first-level one.
const TILE_BYTES: usize = 128 * 1024;

/// Fewer rows are walked even where they might go down as sets, which take as long for one row as for [`ROWS`].
const MIN_ROWS_OF_SETS: usize = 192;

/// A split, or a leaf that leads to itself. What goes right is decided by one comparison: `key > limit`.
#[derive(Clone, Copy)]
struct FlatNode {
    /// The greatest key that goes left. Of a split on levels: where its words begin (low half), and the least code that is unseen (high
    /// half).
    limit: u64,
    /// Where the key is: at twice the feature, or next to that, where missing values are the greatest of all, if they go right. With the
    /// flags [`LEVELS`] and [`PARTS_UNSEEN`].
    key: u32,
    /// The left child; the right one comes next to it.
    left: u32,
}

/// The split is on levels.
const LEVELS: u32 = 1 << 31;
/// The split is on levels, and what is none goes another way than what is missing.
const PARTS_UNSEEN: u32 = 1 << 30;
const KEY: u32 = PARTS_UNSEEN - 1;

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
    /// Where the leaves' vectors begin, if leaves are vectors.
    vectors: Option<usize>,
}

/// The compiled trees of a valid model.
pub(super) struct Forest {
    nodes: Vec<FlatNode>,
    /// The value of each node that is a leaf, times the weight of its tree.
    values: Vec<f64>,
    /// The vectors of the leaves of each tree that has such, in the model's node order, one value for each output.
    vectors: Vec<f64>,
    /// The number of each node that is a leaf, among the leaves of its tree in the model's node order.
    ordinals: Vec<u32>,
    words: Vec<u64>,
    trees: Vec<FlatTree>,
    /// Whether any tree splits on levels.
    categorical: bool,
    outputs: usize,
    features: usize,
    precision: Precision,
    encoder: Encoder,
    by_sets: Option<SetForest>,
}

/// Whoever is told the leaves that rows fall into.
trait Visitor {
    /// Takes the leaves of consecutive rows, from row `first` on, in the tree number `tree`.
    fn take(&mut self, tree: usize, first: usize, leaves: impl Iterator<Item = u32>);
}

/// Adds the leaves' values to margins.
struct AddTo<'a> {
    forest: &'a Forest,
    margins: &'a mut [f64],
}

impl Visitor for AddTo<'_> {
    #[inline(always)]
    fn take(&mut self, tree: usize, first: usize, leaves: impl Iterator<Item = u32>) {
        let FlatTree { output, vectors, .. } = self.forest.trees[tree];
        let (outputs, output) = (self.forest.outputs, output as usize);
        if let Some(vectors) = vectors {
            return self.add_vectors(&self.forest.vectors[vectors..], first, leaves);
        }
        let margins = self.margins[first * outputs + output..].iter_mut().step_by(outputs);
        let terms = margins.zip(leaves.map(|leaf| self.forest.values[leaf as usize]));
        match self.forest.precision {
            Precision::Double => terms.for_each(|(margin, value)| *margin += value),
            precision => terms.for_each(|(margin, value)| *margin = precision.sum(*margin, value)),
        }
    }
}

impl AddTo<'_> {
    /// Adds a tree whose leaves are `vectors`.
    fn add_vectors(&mut self, vectors: &[f64], first: usize, leaves: impl Iterator<Item = u32>) {
        let outputs = self.forest.outputs;
        for (margins, leaf) in self.margins[first * outputs..].chunks_exact_mut(outputs).zip(leaves) {
            let values = &vectors[self.forest.ordinals[leaf as usize] as usize * outputs..][..outputs];
            let precision = self.forest.precision;
            margins.iter_mut().zip(values).for_each(|(margin, value)| *margin = precision.sum(*margin, *value));
        }
    }
}

/// Writes the leaves' ordinals.
struct WriteTo<'a> {
    forest: &'a Forest,
    leaves: &'a mut [u32],
}

impl Visitor for WriteTo<'_> {
    #[inline(always)]
    fn take(&mut self, tree: usize, first: usize, leaves: impl Iterator<Item = u32>) {
        let trees = self.forest.trees.len();
        let places = self.leaves[first * trees + tree..].iter_mut().step_by(trees);
        places.zip(leaves).for_each(|(place, leaf)| *place = self.forest.ordinals[leaf as usize]);
    }
}

impl Forest {
    /// Compiles the trees of `model`, which must be valid and plain.
    ///
    /// # Errors
    /// Sets of levels that take more than 32 GiB together.
    pub fn new(model: &Model) -> Result<Self, Error> {
        let meanings = meaning::of_columns(model).ok_or_else(|| Error::Inconsistent("a column has several meanings".into()))?;
        let nodes = model.num_nodes();
        let mut forest = Self {
            nodes: Vec::with_capacity(nodes),
            values: Vec::with_capacity(nodes),
            vectors: Vec::new(),
            ordinals: Vec::with_capacity(nodes),
            words: Vec::new(),
            trees: Vec::with_capacity(model.trees.len()),
            categorical: false,
            outputs: model.num_outputs(),
            features: model.schema.len(),
            precision: model.precision,
            encoder: Encoder::new(&meanings),
            by_sets: None,
        };
        let mut by_sets = SetForest::new(model, &meanings);
        for (index, tree) in model.trees.iter().enumerate() {
            let places = forest.push(tree, model.output_of(index) as u32)?;
            if let Some(by_sets) = &mut by_sets {
                by_sets.push(tree, &places);
            }
        }
        forest.by_sets = by_sets.filter(SetForest::pays);
        forest.categorical = forest.trees.iter().any(|tree| tree.categorical);
        Ok(forest)
    }

    /// Adds a tree, and tells where its nodes are.
    fn push(&mut self, tree: &Tree, output: u32) -> Result<Vec<(usize, u32)>, Error> {
        let root = self.nodes.len();
        let end = root + tree.nodes.len();
        self.nodes.resize(end, FlatNode { limit: u64::MAX, key: 0, left: 0 });
        self.values.resize(end, 0.0);
        self.ordinals.resize(end, 0);
        let vectors = tree.has_vector_leaves().then_some(self.vectors.len());
        // Where each node goes and how deep it lies: known before the loop comes to it, because parents come first.
        let mut places = vec![(root, 0u32); tree.nodes.len()];
        let (mut free, mut leaves, mut deepest, mut categorical) = (root + 1, 0, 0, false);
        for (n, node) in tree.nodes.iter().enumerate() {
            let (place, depth) = places[n];
            match node {
                Node::Leaf(leaf) => {
                    self.nodes[place].left = place as u32;
                    match &leaf.value {
                        LeafValue::Scalar(value) => self.values[place] = self.precision.weighted(tree.weight, *value),
                        LeafValue::Vector(values) => {
                            self.vectors.extend(values.iter().map(|value| self.precision.weighted(tree.weight, *value)));
                        }
                        LeafValue::Linear(_) => return Err(Error::Inconsistent("a leaf is not a constant".into())),
                    }
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
        self.trees.push(FlatTree { root: root as u32, depth: deepest, output, categorical, vectors });
        Ok(places)
    }

    fn flatten(&mut self, split: &Split, left: u32) -> Result<FlatNode, Error> {
        let (limit, kind) = match &split.condition {
            Condition::Threshold(threshold) => (keys::of_number(*threshold), 0),
            Condition::Levels(words) => {
                let start = u32::try_from(self.words.len())
                    .map_err(|_| Error::Inconsistent("its sets of levels take more than 32 GiB".into()))?;
                self.words.extend_from_slice(words);
                let parts_unseen = if split.parts_unseen() { PARTS_UNSEEN } else { 0 };
                (u64::from(start) | (words.len() as u64 * 64) << 32, LEVELS | parts_unseen)
            }
        };
        let key = KEYS as u32 * split.feature + u32::from(!split.default_left);
        Ok(FlatNode { limit, key: key | kind, left })
    }

    /// The number of rows that are best scored together.
    pub fn tile_rows(&self) -> usize {
        if self.by_sets.is_some() {
            return ROWS;
        }
        let rows = TILE_BYTES / (8 * self.features.max(1));
        (rows - rows % LANES).clamp(4 * LANES, 1024)
    }

    /// Adds every tree's leaf to the margins of each row, in the order of the trees; rows and `margins` lie row by row.
    pub fn add_to(&self, rows: &[f64], margins: &mut [f64]) {
        self.for_each_leaf(rows, margins.len() / self.outputs, AddTo { forest: self, margins });
    }

    /// Writes the ordinal of the leaf that each of the first `count` rows falls into in each tree, row by row.
    pub fn leaves(&self, rows: &[f64], count: usize, leaves: &mut [u32]) {
        self.for_each_leaf(rows, count, WriteTo { forest: self, leaves });
    }

    /// Tells `visitor` for every tree the leaf of each of the first `count` rows; the trees of a row come in order.
    fn for_each_leaf(&self, rows: &[f64], count: usize, mut visitor: impl Visitor) {
        match &self.by_sets {
            Some(by_sets) if count >= MIN_ROWS_OF_SETS => self.for_each_set(by_sets, rows, count, &mut visitor),
            _ => self.encoder.with_keys(rows, count, |keys| match (keys, self.categorical) {
                (Keys::Row(row), false) => self.for_each_tree::<false>(row, &mut visitor),
                (Keys::Row(row), true) => self.for_each_tree::<true>(row, &mut visitor),
                (Keys::Groups(groups), _) => {
                    (0..self.trees.len()).for_each(|t| self.for_each_group(t, groups, 0..count, &mut visitor));
                }
            }),
        }
    }

    /// Many rows down one tree at a time, as sets where they can be, else each by a walk.
    fn for_each_set(&self, by_sets: &SetForest, rows: &[f64], count: usize, visitor: &mut impl Visitor) {
        for (tile, rows) in rows.chunks(ROWS * self.features).enumerate() {
            let range = tile * ROWS..count.min((tile + 1) * ROWS);
            let mut down_all = |groups: &[[u64; LANES]], ranked: &mut Ranked| {
                for t in 0..self.trees.len() {
                    match by_sets.tree(t) {
                        Some(tree) => visitor.take(t, range.start, ranked.leaves(tree).take(range.len())),
                        None => self.for_each_group(t, groups, range.clone(), visitor),
                    }
                }
            };
            by_sets.with_ranks(rows, |ranked| match by_sets.is_complete() {
                true => down_all(&[], ranked),
                false => self.encoder.with_groups(rows, range.len(), |groups| down_all(groups, ranked)),
            });
        }
    }

    /// One row down several trees at a time.
    fn for_each_tree<const CATEGORICAL: bool>(&self, row: &[[u64; 1]], visitor: &mut impl Visitor) {
        for (chunk, trees) in self.trees.chunks(LANES).enumerate() {
            // Idle lanes of the last chunk go down its first tree once more.
            let roots = std::array::from_fn(|lane| trees.get(lane).unwrap_or(&trees[0]).root);
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
            let leaves = self.walk::<1, CATEGORICAL>(roots, depth, row);
            (0..trees.len()).for_each(|lane| visitor.take(chunk * LANES + lane, 0, std::iter::once(leaves[lane])));
        }
    }

    /// A range of rows down one tree, several at a time; so the nodes of a tree stay in the cache. `groups` begin with the range.
    fn for_each_group(&self, tree: usize, groups: &[[u64; LANES]], rows: Range<usize>, visitor: &mut impl Visitor) {
        let FlatTree { root, depth, categorical, .. } = self.trees[tree];
        for (g, first) in rows.clone().step_by(LANES).enumerate() {
            let keys = KEYS * self.features;
            let group = &groups[g * keys..][..keys];
            let leaves = if categorical {
                self.walk::<LANES, true>([root; LANES], depth, group)
            } else {
                self.walk::<LANES, false>([root; LANES], depth, group)
            };
            visitor.take(tree, first, leaves.into_iter().take(rows.end - first));
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
        if code < unseen {
            return self.words[start as usize + (code / 64) as usize] >> (code % 64) & 1 == 0;
        }
        let missing_goes_right = node.key & 1 != 0;
        missing_goes_right ^ (node.key & PARTS_UNSEEN != 0 && !keys::is_missing(key))
    }
}
