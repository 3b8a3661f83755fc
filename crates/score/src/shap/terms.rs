//! A model as a plain sum: what every leaf of every tree adds to an output, members, weights and means counted.

use crate::parts::parts;
use crate::{Aggregation, Error, Leaf, LeafValue, Model, Node, Tree};

/// What the leaves of a tree add to one output, in the order of the nodes.
pub(super) struct Term {
    pub output: usize,
    pub values: Vec<f64>,
}

/// The terms of each tree of a valid model, and what each output begins with.
///
/// # Errors
/// Leaves that are linear functions.
pub(super) fn terms(model: &Model) -> Result<(Vec<Vec<Term>>, Vec<f64>), Error> {
    check_leaves(model)?;
    let outputs = model.num_outputs();
    let (mut terms, mut base) = (Vec::with_capacity(model.trees.len()), vec![0.0; outputs]);
    for part in parts(model) {
        base.iter_mut().zip(&part.base_score).for_each(|(base, score)| *base += part.share * score);
        let counts = counts(model, part.trees.clone());
        for index in part.trees {
            let tree = &model.trees[index];
            let scale = |output: usize| part.share / f64::from(counts[output]);
            terms.push(match tree.has_vector_leaves() {
                true => (0..outputs).map(|output| term(model, tree, output, scale(output))).collect::<Result<_, _>>()?,
                false => vec![term(model, tree, model.output_of(index), scale(model.output_of(index)))?],
            });
        }
    }
    Ok((terms, base))
}

/// What the sum of some trees is divided by, for each output.
fn counts(model: &Model, trees: std::ops::Range<usize>) -> Vec<u32> {
    let mut counts = vec![0u32; model.num_outputs()];
    if model.aggregation == Aggregation::Mean {
        for index in trees {
            match model.trees[index].has_vector_leaves() {
                true => counts.iter_mut().for_each(|count| *count += 1),
                false => counts[model.output_of(index)] += 1,
            }
        }
    }
    counts.into_iter().map(|count| count.max(1)).collect()
}

fn term(model: &Model, tree: &Tree, output: usize, scale: f64) -> Result<Term, Error> {
    let value = |leaf: &Leaf| {
        let value = match &leaf.value {
            LeafValue::Scalar(value) => *value,
            LeafValue::Vector(values) => values[output],
            LeafValue::Linear(_) => return Err(linear_leaves()),
        };
        Ok(scale * model.precision.weighted(tree.weight, value))
    };
    Ok(Term { output, values: tree.leaves().map(value).collect::<Result<_, _>>()? })
}

/// Checks that every leaf is a constant, or one for each output, and that trees add up.
///
/// # Errors
/// Leaves that are linear functions, or trees of which one alone counts.
pub(crate) fn check_leaves(model: &Model) -> Result<(), Error> {
    if matches!(model.aggregation, Aggregation::Min | Aggregation::Max) {
        let what =
            "the model tells the least or the greatest of its trees, and only what is added up can be divided among features";
        return Err(Error::Output(what.into()));
    }
    let is_linear = |leaf: &Leaf| matches!(leaf.value, LeafValue::Linear(_));
    if model.trees.iter().any(|tree| tree.leaves().any(is_linear)) { Err(linear_leaves()) } else { Ok(()) }
}

/// Checks that a prediction can be divided among features without rows to compare it with: as [`check_leaves`], and the model tells how many
/// training rows its nodes had.
///
/// # Errors
/// As [`check_leaves`], or no split has a cover.
pub(crate) fn check_covers(model: &Model) -> Result<(), Error> {
    check_leaves(model)?;
    let mut splits = model.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| matches!(node, Node::Split(_))).peekable();
    if splits.peek().is_none() || splits.any(|node| node.cover() > 0.0) {
        return Ok(());
    }
    let what = "the model does not tell how many training rows its nodes had (a file in ONNX does not), by which contributions average over \
                what a feature is not; give rows to compare with in their place (sapwood predict --output contributions --background FILE)";
    Err(Error::Output(what.into()))
}

fn linear_leaves() -> Error {
    Error::Output(
        "leaves of the model are linear functions, and what these add is not divided among features; \
         only models whose leaves are constants can be explained so, others by permutation importance"
            .into(),
    )
}
