//! Valid models and rows to try the model file and the scorer on: small ones by hand, any number at random.

use ndarray::Array2;
use proptest::prelude::*;
use sapwood_score::{Condition, Feature, FeatureKind, FeatureSchema, Leaf, Model, Node, Objective, Split, Tree};

/// A split on a threshold; the children are numbered.
pub fn threshold(feature: u32, threshold: f64, default_left: bool, children: (u32, u32)) -> Node {
    split(feature, Condition::Threshold(threshold), default_left, children)
}

/// A split on a set of levels.
pub fn levels(feature: u32, words: Vec<u64>, default_left: bool, children: (u32, u32)) -> Node {
    split(feature, Condition::Levels(words), default_left, children)
}

fn split(feature: u32, condition: Condition, default_left: bool, children: (u32, u32)) -> Node {
    Node::Split(Split::new(feature, condition, default_left, children, 2.5, 8.0))
}

pub fn leaf(value: f64) -> Node {
    Node::Leaf(Leaf::new(value, 4.0))
}

pub fn categorical(name: &str, levels: &[&str]) -> Feature {
    let levels = levels.iter().map(ToString::to_string).collect();
    Feature { name: name.to_string(), kind: FeatureKind::Categorical { levels } }
}

pub fn numeric(name: &str) -> Feature {
    Feature { name: name.to_string(), kind: FeatureKind::Numeric }
}

/// A model of `trees` over `features`, with one output per base score.
pub fn model(objective: Objective, features: Vec<Feature>, base_score: Vec<f64>, trees: Vec<Tree>) -> Model {
    let mut model = Model::new(FeatureSchema { features, named: true, index_base: None }, objective, base_score, trees);
    model.params = vec![("eta".to_string(), "0.3".to_string())];
    model
}

/// Two trees over a number and a category: small, yet with every kind of node.
pub fn small() -> Model {
    let nodes = vec![threshold(0, 2.5, false, (1, 2)), leaf(-1.0), levels(1, vec![0b101], true, (3, 4)), leaf(0.5), leaf(1.0)];
    let first = Tree::new(nodes);
    let second = Tree::new(vec![threshold(0, f64::INFINITY, true, (1, 2)), leaf(0.25), leaf(-0.25)]);
    let features = vec![numeric("age"), categorical("colour", &["blue", "green", "red"])];
    let mut model = model(Objective::BinaryLogistic, features, vec![-0.5], vec![first, second]);
    model.classes = Some(vec!["no".to_string(), "yes".to_string()]);
    (model.best_iteration, model.best_score) = (Some(1), Some(0.125));
    model
}

/// SplitMix64: what a random model is made of, so that proptest shrinks its dimensions and not its bits.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Between −4 and 4, on a grid coarse enough that values meet thresholds, or anything finite.
    pub fn number(&mut self) -> f64 {
        match self.below(8) {
            0 => Some(f64::from_bits(self.next())).filter(|x| x.is_finite()).unwrap_or(1.5),
            _ => (self.below(65) as f64 - 32.0) / 8.0,
        }
    }
}

/// Random valid models: all objectives, numbers and categories, infinite thresholds, lopsided trees and single leaves.
pub fn any_model() -> impl Strategy<Value = Model> {
    let dimensions = (1..7usize, 0..4u32, 1..4u32, 1..40usize);
    (any::<u64>(), 0..Objective::ALL.len(), dimensions).prop_map(|(seed, objective, (features, rounds, parallel, leaves))| {
        random_model(&mut Random(seed), Objective::ALL[objective], features, rounds, parallel, leaves)
    })
}

/// A random valid model whose trees have up to `leaves` leaves.
pub fn random_model(
    random: &mut Random,
    objective: Objective,
    features: usize,
    rounds: u32,
    parallel_trees: u32,
    leaves: usize,
) -> Model {
    let schema = random_schema(random, features);
    let outputs = if objective.is_multiclass() { 2 + random.below(3) } else { 1 };
    let count = rounds as usize * outputs * parallel_trees as usize;
    let trees: Vec<_> = (0..count).map(|_| random_tree(random, &schema, leaves)).collect();
    let classes = (objective.is_classification() && random.below(2) == 0)
        .then(|| (0..outputs.max(2)).map(|class| format!("class {class}, \"quoted\"")).collect());
    let best = [None, Some(0.3), Some(f64::INFINITY), Some(-0.0)][random.below(4)];
    let base_score = (0..outputs).map(|_| random.number()).collect();
    let mut model = Model::new(schema, objective, base_score, trees);
    (model.best_iteration, model.best_score) = (best.and(rounds.checked_sub(1)), best);
    model.params = vec![("objective".to_string(), objective.name().to_string()), ("eta".to_string(), "0.1".to_string())];
    (model.classes, model.parallel_trees) = (classes, parallel_trees);
    model
}

fn random_schema(random: &mut Random, features: usize) -> FeatureSchema {
    let kind = |random: &mut Random| match random.below(6) {
        0 => FeatureKind::Boolean,
        1 => FeatureKind::Datetime,
        2 | 3 => {
            let most = [150, 150, 400][random.below(3)];
            FeatureKind::Categorical { levels: (0..1 + random.below(most)).map(|level| format!("level {level}")).collect() }
        }
        _ => FeatureKind::Numeric,
    };
    let features = (0..features).map(|i| Feature { name: format!("feature {i}"), kind: kind(random) }).collect();
    FeatureSchema { features, named: random.below(2) == 0, index_base: [None, Some(0), Some(1)][random.below(3)] }
}

/// Splits random leaves until there are enough, so that shapes range from balanced to a list.
fn random_tree(random: &mut Random, schema: &FeatureSchema, leaves: usize) -> Tree {
    let mut nodes = vec![leaf(random.number())];
    for _ in 1..1 + random.below(leaves) {
        let open: Vec<_> = (0..nodes.len()).filter(|&n| matches!(nodes[n], Node::Leaf(_))).collect();
        let at = open[if random.below(2) == 0 { open.len() - 1 } else { random.below(open.len()) }];
        let children = (nodes.len() as u32, nodes.len() as u32 + 1);
        let children = if random.below(2) == 0 { children } else { (children.1, children.0) };
        nodes[at] = random_split(random, schema, children);
        nodes.extend([leaf(random.number()), leaf(random.number())]);
    }
    Tree::new(nodes)
}

fn random_split(random: &mut Random, schema: &FeatureSchema, children: (u32, u32)) -> Node {
    let feature = random.below(schema.len());
    let default_left = random.below(2) == 0;
    let FeatureKind::Categorical { levels: texts } = &schema.features[feature].kind else {
        let at = match random.below(10) {
            0 => f64::INFINITY,
            1 => f64::NEG_INFINITY,
            _ => random.number(),
        };
        return threshold(feature as u32, at, default_left, children);
    };
    // Fewer words than levels: the levels beyond are unseen.
    let count = texts.len();
    let mut words: Vec<_> = (0..1 + random.below(count.div_ceil(64))).map(|_| random.next()).collect();
    if let Some(last) = words.get_mut(count / 64) {
        *last &= (1 << (count % 64)) - 1;
    }
    levels(feature as u32, words, default_left, children)
}

/// Random rows, among them missing values, infinities, unseen codes and what is no code at all.
pub fn random_rows(random: &mut Random, schema: &FeatureSchema, rows: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, schema.len()), |(_, feature)| {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.5, 1e300, -0.0, 4_294_967_296.0];
        match (&schema.features[feature].kind, random.below(8)) {
            (_, 0) => special[random.below(special.len())],
            (FeatureKind::Categorical { levels }, _) => random.below(levels.len() + 40) as f64,
            _ => random.number(),
        }
    })
}
