//! The attributes of TreeEnsemble (version 5 of `ai.onnx.ml`): lists with an entry for each inner node, others for each leaf, and the roots.

use super::attributes::{Attributes, numbers};
use super::ensemble::{Aggregate, Ensemble, RawNode, RawSplit, Test, Transform, check_lengths, feature, position};
use super::proto::element;

/// The modes of nodes, by number.
const MODES: [&[u8]; 6] = [b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GTE", b"BRANCH_GT", b"BRANCH_EQ", b"BRANCH_NEQ"];
/// The mode of nodes that ask for membership in a set.
const MEMBER: usize = 6;

/// The lists.
struct Lists {
    features: Vec<i64>,
    tests: Vec<Test>,
    nan: Vec<i64>,
    children: [Vec<i64>; 2],
    are_leaves: [Vec<i64>; 2],
    leaves: usize,
}

/// Reads the ensemble.
///
/// # Errors
/// Lists that do not fit each other, or graphs that are no trees.
pub fn read(attributes: &mut Attributes, is_double: bool) -> Result<Ensemble, String> {
    let targets = position("n_targets", attributes.int("n_targets").unwrap_or(0))?;
    let aggregate = ["AVERAGE", "SUM", "MIN", "MAX"];
    // The specification has 1 for SOFTMAX and 2 for LOGISTIC; onnxruntime has it the other way round.
    let transforms = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"];
    let name = |names: &[&'static str], attribute: &str, default: i64| {
        let number = attributes.int(attribute).unwrap_or(default);
        let name = usize::try_from(number).ok().and_then(|number| names.get(number).copied());
        name.ok_or_else(|| format!("{attribute} is {number}"))
    };
    let aggregate = Aggregate::of(name(&aggregate, "aggregate_function", 1)?)?;
    let transform = Transform::of(name(&transforms, "post_transform", 0)?)?;
    let kind = if is_double { element::DOUBLE } else { element::FLOAT };
    let ids = attributes.take_ints("leaf_targetids");
    let leaf_weights = take(attributes, "leaf_weights", kind)?;
    check_lengths(ids.len(), &[("leaf_weights", leaf_weights.len())])?;
    let target = |&id: &i64| match position("leaf_targetids", id)? {
        target if target < targets => Ok(target),
        target => Err(format!("leaf_targetids has {target}, and there are {targets}")),
    };
    let targets_of = ids.iter().map(target).collect::<Result<Vec<_>, _>>()?;
    let weights = targets_of.into_iter().zip(leaf_weights).collect();
    let mut ensemble = Ensemble { trees: Vec::new(), weights, targets, base: Vec::new(), aggregate, transform, is_double };
    let lists = lists(attributes, kind, ids.len())?;
    let mut is_reached = vec![false; lists.tests.len()];
    for (number, root) in attributes.take_ints("tree_roots").into_iter().enumerate() {
        let nodes = tree(&lists, root, &mut is_reached).map_err(|what| format!("tree {number}: {what}"))?;
        ensemble.trees.push(nodes);
    }
    Ok(ensemble)
}

/// The numbers of a tensor of one type, taken out; none where there is none.
fn take(attributes: &mut Attributes, name: &str, kind: i32) -> Result<Vec<f64>, String> {
    let Some(tensor) = attributes.take_tensor(name) else { return Ok(Vec::new()) };
    if tensor.data_type != Some(kind) {
        return Err(format!("{name} has elements of another type than the input, which onnxruntime refuses"));
    }
    numbers(&tensor).map_err(|what| format!("{name}: {what}"))
}

fn lists(attributes: &mut Attributes, kind: i32, leaves: usize) -> Result<Lists, String> {
    let modes = take(attributes, "nodes_modes", element::UINT8)?;
    let splits = take(attributes, "nodes_splits", kind)?;
    let members = take(attributes, "membership_values", kind)?;
    let features = attributes.take_ints("nodes_featureids");
    let children = ["nodes_truenodeids", "nodes_falsenodeids"].map(|name| attributes.take_ints(name));
    let are_leaves = ["nodes_trueleafs", "nodes_falseleafs"].map(|name| attributes.take_ints(name));
    let nan = attributes.take_ints("nodes_missing_value_tracks_true");
    check_lengths(
        modes.len(),
        &[
            ("nodes_splits", splits.len()),
            ("nodes_featureids", features.len()),
            ("nodes_truenodeids", children[0].len()),
            ("nodes_falsenodeids", children[1].len()),
            ("nodes_trueleafs", are_leaves[0].len()),
            ("nodes_falseleafs", are_leaves[1].len()),
            ("nodes_missing_value_tracks_true", if nan.is_empty() { modes.len() } else { nan.len() }),
        ],
    )?;
    // The sets of the nodes that have one come one after the other, NaN after each.
    let mut sets = members.split(|member| member.is_nan());
    let test = |(&mode, &split): (&f64, &f64)| match mode as usize {
        MEMBER => match sets.next().filter(|set| !set.is_empty()) {
            Some(set) => Ok(member(set)),
            None => Err("membership_values has an empty set, or too few".to_string()),
        },
        mode => Test::of(MODES.get(mode).copied().unwrap_or_default(), split),
    };
    let tests = modes.iter().zip(&splits).map(test).collect::<Result<_, _>>()?;
    Ok(Lists { features, tests, nan, children, are_leaves, leaves })
}

/// The test for membership. Other sets than small ones are looked up by onnxruntime after it cut values to whole numbers.
fn member(set: &[f64]) -> Test {
    if is_small_set(set) { Test::AnyOf(set.to_vec()) } else { Test::Whole(set.to_vec()) }
}

/// Whether onnxruntime compares each member of a set with values as they are.
pub fn is_small_set(set: &[f64]) -> bool {
    set.len() < 31 && set.iter().all(|member| (0.0..=30.0).contains(member))
}

/// What a child is.
#[derive(Clone, Copy)]
enum Place {
    Split(usize),
    Leaf(usize),
}

impl Lists {
    fn child(&self, node: usize, side: usize) -> Result<Place, String> {
        let at = position("a child", self.children[side][node])?;
        let (place, count) = match self.are_leaves[side][node] {
            0 => (Place::Split(at), self.tests.len()),
            _ => (Place::Leaf(at), self.leaves),
        };
        if at < count { Ok(place) } else { Err(format!("node {node} has child {at}, and there are {count}")) }
    }
}

/// The nodes of the tree below a root. A root both of whose children are one leaf stands for this leaf.
fn tree(lists: &Lists, root: i64, is_reached: &mut [bool]) -> Result<Vec<RawNode>, String> {
    let root = position("tree_roots", root)?;
    if root >= lists.tests.len() {
        return Err(format!("its root is node {root}, and there are {}", lists.tests.len()));
    }
    let mut nodes = Vec::new();
    let mut open = match (lists.child(root, 0)?, lists.child(root, 1)?) {
        (Place::Leaf(yes), Place::Leaf(no)) if yes == no => vec![Place::Leaf(yes)],
        _ => vec![Place::Split(root)],
    };
    // Level by level: the children of a node get the next two numbers.
    let mut at = 0;
    while let Some(&place) = open.get(at) {
        at += 1;
        nodes.push(match place {
            Place::Leaf(leaf) => RawNode::Leaf { weights: leaf..leaf + 1, own: 0.0 },
            Place::Split(node) => {
                if std::mem::replace(&mut is_reached[node], true) {
                    return Err(format!("node {node} has two parents, or is the root of another"));
                }
                let yes = open.len();
                open.extend([lists.child(node, 0)?, lists.child(node, 1)?]);
                RawNode::Split(RawSplit {
                    feature: feature(lists.features[node])?,
                    test: lists.tests[node].clone(),
                    is_nan_true: lists.nan.get(node) == Some(&1),
                    yes,
                    no: yes + 1,
                })
            }
        });
    }
    Ok(nodes)
}
