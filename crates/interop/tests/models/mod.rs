//! Models of all kinds that Sapwood makes, with trees at random, and rows that try them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "not every test needs all of it")]

use sapwood_score::ndarray::Array2;
use sapwood_score::{
    Aggregation, Condition, Feature, FeatureKind, FeatureSchema, Leaf, LeafValue, LinearLeaf, LinearTerm, Link, MissingRule, Model,
    Node, Objective, Outputs, Prediction, Split, Tree,
};

const NUMERIC: u32 = 4;
const LEVELS: [usize; 2] = [7, 70];

/// What a model is like.
#[derive(Clone, Debug)]
pub struct Kind {
    pub name: &'static str,
    pub objective: Objective,
    pub outputs: usize,
    pub link: Option<Link>,
    pub has_categories: bool,
    pub is_linear: bool,
    pub has_vectors: bool,
    pub is_dart: bool,
    pub is_forest: bool,
    pub parallel_trees: u32,
    pub rounds: usize,
    pub missing: MissingRule,
}

impl Kind {
    fn of(name: &'static str, objective: Objective, outputs: usize) -> Self {
        Self {
            name,
            objective,
            outputs,
            link: None,
            has_categories: true,
            is_linear: false,
            has_vectors: false,
            is_dart: false,
            is_forest: false,
            parallel_trees: 1,
            rounds: 6,
            missing: MissingRule::Nan,
        }
    }
}

/// Every kind that LightGBM's format can say without rounding anything.
pub fn kinds() -> Vec<Kind> {
    use Objective::*;
    let plain = [
        ("squarederror", SquaredError, 1),
        ("absoluteerror", AbsoluteError, 1),
        ("pseudohuber", PseudoHuber, 1),
        ("squaredlogerror", SquaredLogError, 1),
        ("quantile", Quantile, 1),
        ("expectile", Expectile, 1),
        ("logistic", Logistic, 1),
        ("binary", BinaryLogistic, 1),
        ("logitraw", BinaryLogitraw, 1),
        ("poisson", Poisson, 1),
        ("gamma", Gamma, 1),
        ("tweedie", Tweedie, 1),
        ("ndcg", RankNdcg, 1),
        ("map", RankMap, 1),
        ("pairwise", RankPairwise, 1),
        ("xendcg", RankXendcg, 1),
        ("softprob", Softprob, 3),
        ("targets", SquaredError, 3),
    ];
    let plain = plain.map(|(name, objective, outputs)| Kind::of(name, objective, outputs));
    let one = |name| Kind::of(name, BinaryLogistic, 1);
    let three = |name| Kind::of(name, Softprob, 3);
    let variants = [
        Kind { has_categories: false, ..one("numeric") },
        Kind { is_linear: true, ..one("linear") },
        Kind { is_linear: true, parallel_trees: 2, ..three("linear_multi") },
        Kind { is_dart: true, ..one("dart") },
        Kind { is_dart: true, ..three("dart_multi") },
        Kind { has_vectors: true, ..three("vector") },
        Kind { has_vectors: true, is_dart: true, parallel_trees: 2, ..Kind::of("vector_targets", SquaredError, 3) },
        Kind { parallel_trees: 3, ..three("parallel") },
        Kind { is_forest: true, ..Kind::of("forest", SquaredError, 1) },
        Kind { is_forest: true, ..three("forest_multi") },
        Kind { rounds: 0, ..three("no_trees") },
        Kind { link: Some(Link::Logit { scale: 0.7 }), ..one("sigmoid") },
        Kind { missing: MissingRule::NanOrZero, ..one("zero") },
        Kind { missing: MissingRule::NanIsZero, ..one("no_missing") },
    ];
    plain.into_iter().chain(variants).collect()
}

/// A source of numbers (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// Between −1 and 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() * 0.5 + 0.5 < share
    }

    pub fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// A model of a kind.
pub fn model(kind: &Kind, seed: u64) -> Model {
    let mut numbers = Numbers::new(seed);
    let per_round = if kind.has_vectors { 1 } else { kind.outputs } * kind.parallel_trees as usize;
    let trees = (0..kind.rounds * per_round).map(|index| tree(kind, index, &mut numbers)).collect();
    let base = |_| if kind.is_forest { 0.0 } else { numbers.unit() };
    let base_score = (0..kind.outputs).map(base).collect();
    let mut model = Model::new(schema(kind), kind.objective, base_score, trees);
    model.parallel_trees = kind.parallel_trees;
    model.link = kind.link.unwrap_or(model.link);
    if kind.outputs > 1 && !kind.objective.is_multiclass() {
        model.outputs = Outputs::Targets((0..kind.outputs).map(|target| format!("y{target}")).collect());
    }
    if kind.is_forest {
        model.aggregation = Aggregation::Mean;
    }
    if kind.objective == Objective::Softprob {
        model.prediction = Prediction::Mean;
    }
    model.validate().unwrap();
    model
}

fn schema(kind: &Kind) -> FeatureSchema {
    let mut features: Vec<_> =
        (0..NUMERIC).map(|index| Feature { name: format!("x{index}"), kind: FeatureKind::Numeric }).collect();
    for (index, levels) in LEVELS.into_iter().enumerate() {
        let texts = (0..levels).map(|level| if index == 0 { format!("{}", 3 * level) } else { format!("k\"é {level}") });
        let levels = FeatureKind::Categorical { levels: texts.collect() };
        features.push(Feature { name: format!("c{index}"), kind: if kind.has_categories { levels } else { FeatureKind::Numeric } });
    }
    FeatureSchema { features, named: true, index_base: None }
}

/// A tree of up to five levels. The first of a model is a leaf now and then.
fn tree(kind: &Kind, index: usize, numbers: &mut Numbers) -> Tree {
    let mut nodes = Vec::new();
    let depth = if numbers.chance(0.1) { 0 } else { 5 };
    grow(kind, depth, numbers, &mut nodes);
    if kind.is_linear && index > 0 {
        nodes.iter_mut().for_each(|node| make_linear(node, numbers));
    }
    let mut tree = Tree::new(nodes);
    if kind.is_dart {
        tree.weight = numbers.unit().abs();
    }
    tree
}

fn grow(kind: &Kind, depth: usize, numbers: &mut Numbers, nodes: &mut Vec<Node>) -> (u32, f64) {
    let at = nodes.len();
    if depth == 0 || numbers.chance(0.15) {
        let cover = 1.0 + numbers.unit().abs() * 10.0;
        let value = match kind.has_vectors {
            true => LeafValue::Vector((0..kind.outputs).map(|_| numbers.unit()).collect()),
            false => LeafValue::Scalar(numbers.unit()),
        };
        nodes.push(Node::Leaf(Leaf::of(value, cover)));
        return (at as u32, cover);
    }
    let feature = numbers.below(NUMERIC as usize + LEVELS.len()) as u32;
    let mut split = match (feature.checked_sub(NUMERIC), kind.has_categories) {
        (Some(categorical), true) => {
            let levels = LEVELS[categorical as usize];
            let mut words = vec![0u64; levels.div_ceil(64)];
            // Sets may end before the last level.
            (0..levels.min(1 + numbers.below(levels + 20)))
                .for_each(|level| words[level / 64] |= (numbers.next() & 1) << (level % 64));
            words.truncate(1 + numbers.below(words.len()));
            Split::new(feature, Condition::Levels(words), numbers.chance(0.5), (0, 0), numbers.unit().abs(), 0.0)
        }
        _ => {
            let threshold = match numbers.below(12) {
                0 => f64::INFINITY,
                1 => f64::from(1e-35f32),
                2 => numbers.of(&[1e-30, -1e300, 1e300, 1e20]),
                _ => numbers.unit(),
            };
            let mut split =
                Split::new(feature, Condition::Threshold(threshold), numbers.chance(0.5), (0, 0), numbers.unit().abs(), 0.0);
            split.missing = kind.missing;
            split.default_left &= kind.missing != MissingRule::NanIsZero;
            split
        }
    };
    nodes.push(Node::Split(split.clone()));
    let ((left, of_left), (right, of_right)) = (grow(kind, depth - 1, numbers, nodes), grow(kind, depth - 1, numbers, nodes));
    (split.left, split.right, split.cover) = (left, right, of_left + of_right);
    let cover = split.cover;
    nodes[at] = Node::Split(split);
    (at as u32, cover)
}

fn make_linear(node: &mut Node, numbers: &mut Numbers) {
    let Node::Leaf(leaf) = node else { return };
    let always = (f64::NEG_INFINITY, f64::INFINITY);
    let terms = (0..numbers.below(4) as u32).map(|feature| LinearTerm { feature, coefficient: numbers.unit(), range: always });
    let terms = terms.collect();
    leaf.value =
        LeafValue::Linear(Box::new(LinearLeaf { constant: numbers.unit(), terms, if_missing: numbers.unit(), range: always }));
}

/// Rows with values at and next to the thresholds of a model, and those that libraries are wont to trip over.
pub fn rows(model: &Model, count: usize, seed: u64) -> Array2<f64> {
    let mut numbers = Numbers::new(seed);
    let mut near = vec![0.5];
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Node::Split(split) = node
            && let Condition::Threshold(threshold) = split.condition
            && threshold.is_finite()
        {
            near.extend([threshold, threshold.next_up(), threshold.next_down(), threshold * (1.0 + 3e-8)]);
        }
    }
    let special = [f64::NAN, 0.0, -0.0, 5e-324, -5e-324, 1e-45, -1e-40, 1e-35, -1e-35, 1e30, -1e30, f64::MAX, f64::MIN];
    let is_linear = model.trees.iter().flat_map(Tree::leaves).any(|leaf| matches!(leaf.value, LeafValue::Linear(_)));
    let mut cell = |(_, column): (usize, usize)| match (model.levels_of(column), numbers.below(4)) {
        (Some(levels), 0) => numbers.of(&[f64::NAN, levels as f64, 500.0]),
        (Some(levels), _) => numbers.below(levels) as f64,
        (None, 0) => numbers.of(&near),
        // A linear function of the greatest numbers may overflow.
        (None, 1) => numbers.of(&special[..if is_linear { 11 } else { special.len() }]),
        (None, _) => numbers.unit() * 1.5,
    };
    Array2::from_shape_fn((count, model.schema.len()), &mut cell)
}
