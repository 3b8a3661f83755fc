//! What is wrong with the outcome of rounds: metrics that decide nothing, trees that change nothing.

use super::report::RoundReport;
use crate::binning::{BinMapper, FeatureBins};
use crate::names::list;
use crate::numeric::Short;
use crate::{Error, FeatureSchema, Result, Tree};
use sapwood_score::Node;

/// With a `lambda` of more than so many times the hessian of all rows, no leaf has a tenth of the value that fits its rows.
const MOST_LAMBDA: f64 = 10.0;

/// Refuses to stop by a metric that is undefined or infinite on these data.
pub(super) fn check_decisive(report: &RoundReport) -> Result<()> {
    let Some((set, metric, value)) = report.values.last().filter(|(.., value)| !value.is_finite()) else { return Ok(()) };
    let (what, remedy) = match value.is_nan() {
        true => (
            "undefined",
            format!(
                "(labels of one kind only, or no weight), so it cannot decide early stopping; give {set} rows of all kinds, or"
            ),
        ),
        false if metric == "mape" => {
            ("infinite", "(it divides by labels, and one is 0), so it cannot decide early stopping; leave out such rows, or".into())
        }
        false => (
            "infinite",
            "(predictions or labels beyond the range of numbers), so it cannot decide early stopping; scale the labels, or".into(),
        ),
    };
    Err(Error::data(format!("{metric} is {what} on {set} {remedy} name another metric last in eval_metric")))
}

/// A warning about columns that nothing can be learnt from. In sparse data a feature may well have no value.
pub(super) fn empty_columns(schema: &FeatureSchema, mapper: &BinMapper) -> Option<String> {
    let bins = mapper.features().iter().zip(mapper.most_frequent());
    // Nearly all rows are in the bin of missing values, and the others in one.
    let is_empty = |(bins, most_frequent): (&FeatureBins, &Option<usize>)| bins.value_bins() == 1 && *most_frequent == Some(1);
    let features = schema.features.iter().zip(bins).filter(|(_, bins)| is_empty(*bins));
    let names: Vec<_> = features.map(|(feature, _)| feature.name.clone()).collect();
    let is_told = !names.is_empty() && schema.index_base.is_none();
    is_told.then(|| format!("columns with hardly any value: {}; check delimiter and missing_values", list(&names)))
}

/// Whether no tree has a split.
pub(super) fn has_no_split(trees: &[Tree]) -> bool {
    trees.iter().all(|tree| tree.nodes.len() == 1)
}

/// A warning about trees whose leaves `lambda` makes next to nothing.
pub(super) fn shrunk(lambda: f64, trees: &[Tree]) -> Option<String> {
    let hess = trees.iter().map(cover).fold(0.0, f64::max);
    (lambda > MOST_LAMBDA * hess).then(|| {
        format!(
            "lambda={lambda} is more than {MOST_LAMBDA} times the hessian of all rows ({}), so trees change predictions by next to nothing; \
             lower lambda, or multiply the weights of all rows by a constant",
            Short(hess)
        )
    })
}

/// The hessian of all rows that a tree was grown on.
fn cover(tree: &Tree) -> f64 {
    match tree.nodes.first() {
        Some(Node::Leaf(leaf)) => leaf.cover,
        Some(Node::Split(split)) => split.cover,
        None => 0.0,
    }
}
