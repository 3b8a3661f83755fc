//! The three operators that are tree ensembles: which classes they tell, and in which type.

use super::attributes::Node;
use super::ensemble::{Aggregate, Ensemble, position};
use super::{v3, v5};

/// A tree ensemble with what its operator adds.
pub struct Operator {
    pub ensemble: Ensemble,
    /// The labels of a classifier.
    pub classes: Option<Classes>,
    /// Whether no weight of a classifier is negative.
    pub is_positive: bool,
    /// Whether scores are told as f64; the older operators tell f32 even where they sum f64.
    pub tells_doubles: bool,
}

/// The labels of classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classes {
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

impl Classes {
    /// The number of classes.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// The texts of the labels, unless these are 0, 1, 2, ….
    pub fn texts(self) -> Option<Vec<String>> {
        match self {
            Self::Texts(texts) => Some(texts),
            Self::Numbers(numbers) if numbers.iter().zip(0..).all(|(&number, at)| number == at) => None,
            Self::Numbers(numbers) => Some(numbers.iter().map(i64::to_string).collect()),
        }
    }
}

/// The most targets or classes.
const MAX_TARGETS: usize = 1 << 20;

const REGRESSOR: &str = "TreeEnsembleRegressor";
const CLASSIFIER: &str = "TreeEnsembleClassifier";
const ENSEMBLE: &str = "TreeEnsemble";

/// Whether a node is a tree ensemble.
pub fn is_ensemble(node: &Node) -> bool {
    [REGRESSOR, CLASSIFIER, ENSEMBLE].contains(&&node.operator[..])
}

/// The number of features that the ensembles of a graph ask for.
pub fn least_features(nodes: &[Node]) -> usize {
    let greatest = nodes.iter().filter(|node| is_ensemble(node)).filter_map(|node| node.attributes.greatest("nodes_featureids"));
    greatest.max().and_then(|greatest| usize::try_from(greatest).ok()).map_or(0, |greatest| greatest.saturating_add(1))
}

/// The labels that a node names.
///
/// # Errors
/// Texts that are none.
pub fn labels(node: &Node) -> Result<Classes, String> {
    let texts = node.attributes.texts("classlabels_strings")?;
    Ok(match texts.is_empty() {
        true => Classes::Numbers(node.attributes.ints("classlabels_int64s").to_vec()),
        false => Classes::Texts(texts),
    })
}

impl Operator {
    /// Reads the operator of a node that [`is_ensemble`].
    ///
    /// # Errors
    /// Attributes that contradict each other.
    pub fn read(mut node: Node, is_double: bool) -> Result<Self, String> {
        let classes = (node.operator == CLASSIFIER).then(|| labels(&node)).transpose()?;
        let attributes = &mut node.attributes;
        let ensemble = match (&classes, &node.operator[..]) {
            (Some(classes), _) => v3::read(attributes, &v3::CLASS, classes.len(), is_double)?,
            (None, REGRESSOR) => {
                let targets = position("n_targets", attributes.int("n_targets").unwrap_or(0))?;
                v3::read(attributes, &v3::TARGET, targets, is_double)?
            }
            (None, _) => v5::read(attributes, is_double)?,
        };
        if ensemble.targets == 0 || ensemble.trees.is_empty() {
            return Err("no targets, classes or trees".into());
        }
        if ensemble.targets > MAX_TARGETS {
            return Err(format!("{} targets, more than {MAX_TARGETS}", ensemble.targets));
        }
        if classes.is_some() && ensemble.aggregate != Aggregate::Sum {
            return Err("a classifier with an aggregate_function, which the operator does not have".into());
        }
        let is_positive = !ensemble.weights.iter().any(|(_, weight)| *weight < 0.0);
        let tells_doubles = is_double && node.operator == ENSEMBLE;
        Ok(Self { ensemble, classes, is_positive, tells_doubles })
    }
}
