//! Random models and rows, functions of a seed.

use crate::{
    Condition, Feature, FeatureKind, FeatureSchema, Leaf, LeafValue, MissingRule, Model, Node, Objective, Outputs, Split, Tree,
};

/// A generator of numbers (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What random trees are like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub columns: usize,
    pub leaves: usize,
    pub outputs: usize,
    pub vectors: bool,
    /// Columns from here on are categorical, of five levels.
    pub categorical_from: usize,
}

pub fn schema(shape: Shape) -> FeatureSchema {
    let mut schema = FeatureSchema::numeric(shape.columns);
    for feature in &mut schema.features[shape.categorical_from.min(shape.columns)..] {
        let levels = ["a", "b", "c", "d", "e"].map(String::from).into();
        *feature = Feature { kind: FeatureKind::Categorical { levels }, name: feature.name.clone() };
    }
    schema
}

pub fn model(random: &mut Random, shape: Shape, trees: usize) -> Model {
    let trees = (0..trees).map(|_| tree(random, shape)).collect();
    let base_score = (0..shape.outputs).map(|_| random.unit()).collect();
    let mut model = Model::new(schema(shape), Objective::SquaredError, base_score, trees);
    if shape.outputs > 1 {
        model.outputs = Outputs::Targets((0..shape.outputs).map(|target| format!("t{target}")).collect());
    }
    model
}

/// A tree that grows at random leaves; covers add up, and some are 0.
pub fn tree(random: &mut Random, shape: Shape) -> Tree {
    let mut nodes = vec![leaf(random, shape, 100.0)];
    let mut leaves = vec![0];
    while leaves.len() < shape.leaves {
        let at = leaves.swap_remove(random.below(leaves.len()));
        let cover = nodes[at].cover();
        let part = match random.below(8) {
            0 => 0.0,
            1 => cover,
            _ => cover * random.unit(),
        };
        let children = (nodes.len() as u32, nodes.len() as u32 + 1);
        nodes[at] = Node::Split(split(random, shape, children, cover));
        leaves.extend([nodes.len(), nodes.len() + 1]);
        nodes.extend([leaf(random, shape, part), leaf(random, shape, cover - part)]);
    }
    let mut tree = Tree::new(nodes);
    tree.weight = [1.0, 0.7][random.below(2)];
    tree
}

fn leaf(random: &mut Random, shape: Shape, cover: f64) -> Node {
    let mut value = || random.unit() * 4.0 - 2.0;
    let value = match shape.vectors {
        true => LeafValue::Vector((0..shape.outputs).map(|_| value()).collect()),
        false => LeafValue::Scalar(value()),
    };
    Node::Leaf(Leaf::of(value, cover))
}

fn split(random: &mut Random, shape: Shape, children: (u32, u32), cover: f64) -> Split {
    let (feature, default_left) = (random.below(shape.columns), random.below(2) == 0);
    let is_categorical = feature >= shape.categorical_from;
    let condition = match is_categorical {
        true => Condition::Levels(vec![random.bits() % 32]),
        false => Condition::Threshold(random.unit() * 4.0 - 2.0),
    };
    let mut split = Split::new(feature as u32, condition, default_left, children, 1.0, cover);
    split.missing = match (random.below(4), is_categorical) {
        (0, true) => MissingRule::UnseenLeft,
        (1, true) => MissingRule::UnseenRight,
        (0, false) => MissingRule::NanOrZero,
        (1, false) => MissingRule::NanIsZero,
        _ => MissingRule::Nan,
    };
    split
}

/// A row, some of whose values are missing, zero, or no level.
pub fn row(random: &mut Random, shape: Shape) -> Vec<f64> {
    let value = |column| match random.below(6) {
        0 => f64::NAN,
        1 => 0.0,
        _ if column >= shape.categorical_from => random.below(7) as f64 - 1.0,
        _ => random.unit() * 5.0 - 2.5,
    };
    (0..shape.columns).map(value).collect()
}
