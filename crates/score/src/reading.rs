//! What reading the training data decided, so that scoring reads data alike.

use serde::{Deserialize, Serialize};

/// Facts about how the training data were read. What is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reading {
    /// The texts that stood for missing values.
    pub missing_values: Option<Vec<String>>,
    /// The decimal mark of numbers in text.
    pub decimal_mark: Option<char>,
    /// Whether infinite values of features are values like others: the library that trained the model takes them. Otherwise data with such
    /// are refused, as training data are.
    #[serde(default)]
    pub infinite_values: bool,
    /// The columns that were left out.
    pub ignored_columns: Vec<String>,
    /// The column of labels: its name, or its 0-based index where the data had no names.
    pub label_column: Option<String>,
    /// The column of the labels' lower bounds, likewise.
    pub label_lower_bound_column: Option<String>,
    /// The column of the labels' upper bounds, likewise.
    pub label_upper_bound_column: Option<String>,
    /// The column of row weights, likewise.
    pub weight_column: Option<String>,
    /// The column of query groups, likewise.
    pub group_column: Option<String>,
    /// The column of base margins, likewise.
    pub base_margin_column: Option<String>,
}

/// What a row may have besides features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The margin that it starts from.
    BaseMargin,
}

impl Role {
    /// Every role, in the order of the declaration.
    pub const ALL: [Self; 1] = [Self::BaseMargin];

    /// The role's name in parameters and in the model file.
    pub fn name(self) -> &'static str {
        match self {
            Self::BaseMargin => "base_margin",
        }
    }

    /// The role called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
