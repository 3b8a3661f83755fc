//! From the text of a level to its code.

use crate::{FeatureKind, FeatureSchema};

/// Finds the codes of levels by their texts. Levels are in code order, which need not be that of their texts.
#[derive(Clone, Debug, Default)]
pub struct LevelIndex {
    /// Of each feature, its levels with their codes, sorted by text; empty for features that are not categorical.
    features: Vec<Vec<(Box<str>, u32)>>,
}

impl LevelIndex {
    /// An index over the levels of every categorical feature.
    pub fn new(schema: &FeatureSchema) -> Self {
        let features = schema.features.iter().map(|feature| match &feature.kind {
            FeatureKind::Categorical { levels } => sorted(levels),
            _ => Vec::new(),
        });
        Self { features: features.collect() }
    }

    /// The code of the level `text` of feature number `feature`, if there is such a level.
    ///
    /// ```
    /// use sapwood_score::{Feature, FeatureKind, FeatureSchema, LevelIndex};
    /// let levels = vec!["9".to_string(), "10".to_string()];
    /// let size = Feature { name: "size".to_string(), kind: FeatureKind::Categorical { levels } };
    /// let index = LevelIndex::new(&FeatureSchema { features: vec![size], named: true, index_base: None });
    /// assert_eq!(index.code(0, "10"), Some(1));
    /// assert_eq!(index.code(0, "11"), None);
    /// ```
    pub fn code(&self, feature: usize, text: &str) -> Option<u32> {
        let levels = self.features.get(feature)?;
        let found = levels.binary_search_by(|(level, _)| (**level).cmp(text)).ok()?;
        Some(levels[found].1)
    }
}

fn sorted(levels: &[String]) -> Vec<(Box<str>, u32)> {
    let mut sorted: Vec<_> = levels.iter().map(|level| level.as_str().into()).zip(0..).collect();
    sorted.sort_unstable();
    sorted
}
