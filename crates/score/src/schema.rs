//! The feature schema that a model stores: names, types and category dictionaries, in column order.

use crate::Error;
use crate::text::counted;
use serde::{Deserialize, Serialize};

/// How the values of a feature are to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FeatureKind {
    /// Integers or floats, compared as `f64`.
    Numeric,
    /// `false` = 0, `true` = 1.
    Boolean,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00:00.
    Datetime,
    /// A finite set of texts; a value is the index of its level in `levels`.
    Categorical {
        /// The levels in code order, without repeats (texts sorted, or numbers by value).
        levels: Vec<String>,
    },
}

impl FeatureKind {
    /// Whether splits on this feature are sets of levels and not thresholds.
    pub fn is_categorical(&self) -> bool {
        matches!(self, Self::Categorical { .. })
    }

    /// The kind as one word, for messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Categorical { .. } => "categorical",
        }
    }
}

/// One input column of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// The column's name; `f0`, `f1`, … where the data had none.
    pub name: String,
    /// How its values are read.
    #[serde(flatten)]
    pub kind: FeatureKind,
}

/// The input columns of a model, in the order in which they were trained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureSchema {
    /// The features, in column order.
    pub features: Vec<Feature>,
    /// Whether the names came with the data (a header, Parquet); columns are then matched by name when scoring.
    pub named: bool,
    /// For libsvm data: whether feature indices count from 0 or from 1.
    #[serde(default)]
    pub index_base: Option<u8>,
}

impl FeatureSchema {
    /// A schema of `n` numeric features without names of their own: `f0`, `f1`, ….
    pub fn numeric(n: usize) -> Self {
        let feature = |i| Feature { name: format!("f{i}"), kind: FeatureKind::Numeric };
        Self { features: (0..n).map(feature).collect(), named: false, index_base: None }
    }

    /// The number of features.
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether there is no feature at all.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// The position of the feature called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|f| f.name == name)
    }

    /// Checks that data with the schema `data` can be scored by a model with this one: as many features, of the same kinds with
    /// the same levels, and where both schemas have names, the same names in the same order.
    ///
    /// # Errors
    /// [`Error::Schema`] names the first difference.
    pub fn check(&self, data: &Self) -> Result<(), Error> {
        self.check_count(data.len())?;
        for (index, (ours, theirs)) in self.features.iter().zip(&data.features).enumerate() {
            if self.named && data.named && ours.name != theirs.name {
                return Err(Error::Schema(format!(
                    "feature {index} is {:?} in the data, {:?} in the model; put the columns into the model's order",
                    theirs.name, ours.name
                )));
            }
            if ours.kind.word() != theirs.kind.word() {
                return Err(Error::Schema(format!(
                    "feature {index} ({:?}) is {} in the data, {} in the model; convert the column",
                    ours.name,
                    theirs.kind.word(),
                    ours.kind.word()
                )));
            }
            if ours.kind != theirs.kind {
                return Err(Error::Schema(format!(
                    "feature {index} ({:?}) has other levels in the data than in the model; encode the column with the model's levels",
                    ours.name
                )));
            }
        }
        Ok(())
    }

    /// Checks that `count` columns are as many as this schema has.
    ///
    /// # Errors
    /// [`Error::Schema`] names both numbers.
    pub fn check_count(&self, count: usize) -> Result<(), Error> {
        if count == self.len() {
            return Ok(());
        }
        Err(Error::Schema(format!(
            "the data have {}, the model was trained on {}; give exactly those",
            counted(count, "feature"),
            self.len()
        )))
    }
}
