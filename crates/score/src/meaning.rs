//! What the values of a column mean to the splits of an ordinary model.

use crate::{Aggregation, Condition, FeatureKind, LeafValue, MissingRule, Model, Node, Precision, Split};

/// What the values of a column are to all splits on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Numbers, of which NaN is missing.
    Numbers,
    /// Numbers, of which those near 0 are missing, too.
    NotZero,
    /// Codes of so many levels. What is none is missing.
    Levels(u32),
    /// Whole numbers that values are cut to, and that are levels.
    Cut(Cut),
}

/// How numbers become levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Whether they are rounded to four bytes before.
    single: bool,
    /// Whether numbers above -1 are level 0 where they are less than 0; otherwise they are no level, as all that are negative.
    from_minus_one: bool,
}

/// More than any code.
const NO_CODE: f64 = (1u64 << 31) as f64;

impl Cut {
    /// The code of a level that splits may know; `None` for what is none to any. NaN is the caller's.
    #[inline]
    pub fn code(self, x: f64) -> Option<u32> {
        let x = if self.single { f64::from(x as f32) } else { x };
        let is_level = x >= 0.0 || (self.from_minus_one && x > -1.0);
        // The cast cuts.
        (is_level && x < NO_CODE).then_some(x as u32)
    }

    /// A number that is no level to any split.
    pub const NONE: f64 = NO_CODE;
}

impl Meaning {
    fn of(model: &Model, split: &Split) -> Option<Self> {
        let single = model.precision == Precision::Single;
        let kind = &model.schema.features.get(split.feature as usize)?.kind;
        Some(match (kind, &split.condition, split.missing) {
            (FeatureKind::Categorical { levels }, Condition::Levels(_), MissingRule::Nan) => Self::Levels(levels.len() as u32),
            (FeatureKind::Categorical { .. }, ..) => return None,
            (_, Condition::Threshold(_), MissingRule::Nan) => Self::Numbers,
            (_, Condition::Threshold(_), MissingRule::NanOrZero) if !single => Self::NotZero,
            (_, Condition::Levels(_), MissingRule::UnseenRight) => Self::Cut(Cut { single, from_minus_one: true }),
            (_, Condition::Levels(_), MissingRule::UnseenLeft) => Self::Cut(Cut { single, from_minus_one: false }),
            _ => return None,
        })
    }
}

/// What each column of the schema means; `None` if splits disagree about one, or take it for something else.
pub(crate) fn of_columns(model: &Model) -> Option<Vec<Meaning>> {
    let mut found = vec![None; model.schema.len()];
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        let Node::Split(split) = node else { continue };
        let meaning = Meaning::of(model, split)?;
        if *found[split.feature as usize].get_or_insert(meaning) != meaning {
            return None;
        }
    }
    Some(found.into_iter().map(|meaning| meaning.unwrap_or(Meaning::Numbers)).collect())
}

impl Split {
    /// Whether what is no level to it goes another way than what is missing.
    pub(crate) fn parts_unseen(&self) -> bool {
        match self.missing {
            MissingRule::UnseenLeft => !self.default_left,
            MissingRule::UnseenRight => self.default_left,
            _ => false,
        }
    }
}

/// Whether margins are nothing but the base score plus a leaf of each tree, a constant or one for each output, times the tree's weight,
/// where splits look at columns of the schema, each of which means one thing.
pub(crate) fn is_plain(model: &Model) -> bool {
    let plain_node = |node: &Node| match node {
        Node::Leaf(leaf) => matches!(leaf.value, LeafValue::Scalar(_) | LeafValue::Vector(_)),
        Node::Split(split) => model.precision.divides_alike(&split.condition),
    };
    model.derived.is_empty()
        && model.ensemble.is_none()
        && model.aggregation == Aggregation::Sum
        && model.trees.iter().all(|tree| tree.nodes.iter().all(plain_node))
        && of_columns(model).is_some()
}
