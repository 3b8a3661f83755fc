//! The attributes of TreeEnsembleRegressor and TreeEnsembleClassifier (versions 1 and 3 of `ai.onnx.ml`): lists with an entry for each node
//! of all trees, and others with one for each weight of a leaf.

use super::attributes::{Attributes, numbers};
use super::ensemble::{Aggregate, Ensemble, RawNode, RawSplit, Test, Transform, check_lengths, feature, position};
use super::proto::element;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The attributes that tell what leaves add, by the names that the operator has for them.
pub struct Names {
    pub ids: &'static str,
    pub nodes: &'static str,
    pub trees: &'static str,
    pub weights: &'static str,
    pub weights_as_tensor: &'static str,
}

/// Those of the regressor.
pub const TARGET: Names = Names {
    ids: "target_ids",
    nodes: "target_nodeids",
    trees: "target_treeids",
    weights: "target_weights",
    weights_as_tensor: "target_weights_as_tensor",
};

/// Those of the classifier.
pub const CLASS: Names = Names {
    ids: "class_ids",
    nodes: "class_nodeids",
    trees: "class_treeids",
    weights: "class_weights",
    weights_as_tensor: "class_weights_as_tensor",
};

/// Reads the ensemble of so many targets or classes. Doubles are compared and summed where the input has doubles.
///
/// # Errors
/// Lists that do not fit each other, children that do not exist, or what onnxruntime refuses.
pub fn read(attributes: &mut Attributes, names: &Names, targets: usize, is_double: bool) -> Result<Ensemble, String> {
    let trees = attributes.take_ints("nodes_treeids");
    let count = trees.len();
    let ids = attributes.take_ints("nodes_nodeids");
    let features = attributes.take_ints("nodes_featureids");
    let modes = attributes.take_strings("nodes_modes");
    let (yes, no) = (attributes.take_ints("nodes_truenodeids"), attributes.take_ints("nodes_falsenodeids"));
    let values = take_numbers(attributes, "nodes_values", "nodes_values_as_tensor", is_double)?;
    let nan = attributes.take_ints("nodes_missing_value_tracks_true");
    check_lengths(
        count,
        &[
            ("nodes_nodeids", ids.len()),
            ("nodes_featureids", features.len()),
            ("nodes_modes", modes.len()),
            ("nodes_truenodeids", yes.len()),
            ("nodes_falsenodeids", no.len()),
            ("nodes_values", values.len()),
            ("nodes_missing_value_tracks_true", if nan.is_empty() { count } else { nan.len() }),
        ],
    )?;
    let mut ensemble = Ensemble {
        trees: Vec::new(),
        weights: Vec::new(),
        targets,
        base: take_numbers(attributes, "base_values", "base_values_as_tensor", is_double)?,
        aggregate: Aggregate::of(&attributes.text("aggregate_function").unwrap_or_else(|| "SUM".into()))?,
        transform: Transform::of(&attributes.text("post_transform").unwrap_or_else(|| "NONE".into()))?,
        is_double,
    };
    let mut leaves = leaf_weights(attributes, names, &mut ensemble)?;
    let mut seen = HashSet::new();
    let mut first = 0;
    for run in trees.chunk_by(|a, b| a == b) {
        let (tree, nodes) = (run[0], first..first + run.len());
        first = nodes.end;
        if !seen.insert(tree) {
            return Err(format!("the nodes of tree {tree} do not stand together"));
        }
        let numbers: HashMap<i64, usize> = ids[nodes.clone()].iter().copied().zip(0..).collect();
        if numbers.len() != run.len() {
            return Err(format!("tree {tree}: two nodes have one number"));
        }
        let child = |id: i64| numbers.get(&id).copied().ok_or_else(|| format!("child {id}, which does not exist"));
        let mut node = |at: usize| match &modes[at][..] {
            b"LEAF" => Ok(RawNode::Leaf { weights: leaves.remove(&(tree, ids[at])).unwrap_or(0..0), own: values[at] }),
            mode => Ok(RawNode::Split(RawSplit {
                feature: feature(features[at])?,
                test: Test::of(mode, values[at])?,
                is_nan_true: nan.get(at) == Some(&1),
                yes: child(yes[at])?,
                no: child(no[at])?,
            })),
        };
        let at_node = |id: i64| move |what: String| format!("tree {tree}, node {id}: {what}");
        let read = nodes.map(|at| node(at).map_err(at_node(ids[at]))).collect::<Result<_, _>>()?;
        ensemble.trees.push(read);
    }
    Ok(ensemble)
}

/// Floats, or doubles in a tensor in their place.
fn take_numbers(attributes: &mut Attributes, name: &str, as_tensor: &str, is_double: bool) -> Result<Vec<f64>, String> {
    let floats = attributes.take_floats(name);
    let Some(tensor) = attributes.take_tensor(as_tensor) else {
        return Ok(floats.into_iter().map(f64::from).collect());
    };
    let kind = if is_double { element::DOUBLE } else { element::FLOAT };
    if !floats.is_empty() {
        return Err(format!("{name} and {as_tensor} exclude each other"));
    }
    if tensor.data_type != Some(kind) {
        return Err(format!("{as_tensor} has elements of another type than the input, which onnxruntime refuses"));
    }
    numbers(&tensor).map_err(|what| format!("{as_tensor}: {what}"))
}

/// Sorts the weights by tree and node, and tells where those of each node are.
fn leaf_weights(
    attributes: &mut Attributes,
    names: &Names,
    ensemble: &mut Ensemble,
) -> Result<HashMap<(i64, i64), Range<usize>>, String> {
    let ids = attributes.take_ints(names.ids);
    let (trees, nodes) = (attributes.take_ints(names.trees), attributes.take_ints(names.nodes));
    let weights = take_numbers(attributes, names.weights, names.weights_as_tensor, ensemble.is_double)?;
    let lengths = [(names.trees, trees.len()), (names.nodes, nodes.len()), (names.weights, weights.len())];
    check_lengths(ids.len(), &lengths)?;
    let mut order: Vec<u32> = (0..u32::try_from(ids.len()).map_err(|_| format!("{} weights", ids.len()))?).collect();
    let node_of = |&at: &u32| (trees[at as usize], nodes[at as usize]);
    order.sort_by_key(node_of);
    let mut ranges = HashMap::new();
    for run in order.chunk_by(|a, b| node_of(a) == node_of(b)) {
        let start = ensemble.weights.len();
        for &at in run {
            let target = position(names.ids, ids[at as usize])?;
            if target >= ensemble.targets {
                return Err(format!("{} has {target}, and there are {}", names.ids, ensemble.targets));
            }
            ensemble.weights.push((target, weights[at as usize]));
        }
        ranges.insert(node_of(&run[0]), start..ensemble.weights.len());
    }
    Ok(ranges)
}
