//! A data set: features behind a [`BlockSource`], and what goes with every row.

use super::CancellationToken;
use super::block::BlockSource;
use super::groups::Groups;
use super::targets::{LabelBounds, Targets, TargetsView};
use crate::names::{list, nearest};
use crate::{Error, FeatureSchema, Result};
use sapwood_score::Reading;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which numbers are weights, for messages: what leaves room for gradients, which are kept in single precision.
pub const WEIGHT_RULE: &str = "weights must lie in [0, 1e20]";

/// Whether a number may be a row's weight.
pub fn is_weight(x: f64) -> bool {
    (0.0..=1e20).contains(&x)
}

/// The column that labels come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelColumn {
    /// What messages call it: its name, or where it has none its position.
    pub name: String,
    /// Whether nobody named it, so that it is the first column.
    pub is_default: bool,
    /// The columns of the other targets, of which there may be several.
    #[serde(default)]
    pub others: Vec<String>,
}

impl LabelColumn {
    /// The column of each target.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.others).map(String::as_str)
    }
}

impl std::fmt::Display for LabelColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.names().collect();
        write!(f, "{}{}", names.join(", "), if self.is_default { " (the first column; none was named)" } else { "" })
    }
}

/// Features, labels and row attributes, ready for [`Trainer::fit`](crate::Trainer::fit).
#[derive(Clone)]
pub struct Dataset {
    pub(crate) schema: Arc<FeatureSchema>,
    pub(crate) source: Arc<dyn BlockSource>,
    pub(crate) targets: Targets,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) notes: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) reading: Reading,
    pub(crate) label_column: Option<LabelColumn>,
    pub(crate) cancellation: CancellationToken,
}

impl Dataset {
    /// A data set without labels.
    pub fn new(schema: impl Into<Arc<FeatureSchema>>, source: Arc<dyn BlockSource>) -> Self {
        let targets = Targets::none(source.rows());
        let (schema, cancellation) = (schema.into(), CancellationToken::default());
        Self {
            schema,
            source,
            targets,
            classes: None,
            notes: Vec::new(),
            warnings: Vec::new(),
            reading: Reading::default(),
            label_column: None,
            cancellation,
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.source.rows()
    }

    /// The features' names and types.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// Where the feature values come from.
    pub fn source(&self) -> &dyn BlockSource {
        &*self.source
    }

    /// What goes with every row besides its features: labels, weights, query groups, base margins.
    pub fn targets(&self) -> TargetsView<'_> {
        self.targets.view()
    }

    /// One label a row: a number, or the index of its class.
    pub fn labels(&self) -> Option<&[f64]> {
        self.targets.labels.as_deref()
    }

    /// One non-negative weight a row; all 1 where absent.
    pub fn weights(&self) -> Option<&[f64]> {
        self.targets.weights.as_deref()
    }

    /// The query group of each row.
    pub fn groups(&self) -> Option<&[u64]> {
        self.targets.groups.as_ref().map(Groups::ids)
    }

    /// The margin each row starts from, row by row (`rows` or `rows × outputs` values), instead of the base score.
    pub fn base_margin(&self) -> Option<&[f64]> {
        self.targets.base_margin.as_deref()
    }

    /// The texts of the labels in class order, where labels were texts: sorted, unless another order was asked for.
    pub fn classes(&self) -> Option<&[String]> {
        self.classes.as_deref()
    }

    /// What the reader found worth saying and nobody needs to act on: files passed over, columns taken as categorical.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What in the data may have been read as something else than was meant.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How the data were read, as far as a reader has said it.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Says how the data were read: a model that learns from them keeps it.
    #[must_use]
    pub fn with_reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// The column that the labels come from, as far as a reader has said it.
    pub fn label_column(&self) -> Option<&LabelColumn> {
        self.label_column.as_ref()
    }

    /// Says which column the labels come from.
    #[must_use]
    pub fn with_label_column(mut self, column: LabelColumn) -> Self {
        self.label_column = Some(column);
        self
    }

    /// The same data with `positive` as class 1 of two.
    ///
    /// # Errors
    /// Labels that are numbers, of which 1 is the positive class; no such class, or other than two.
    pub fn with_positive_class(mut self, positive: &str) -> Result<Self> {
        let fault = |cause: String, remedy: &str| {
            Err(Error::parameter(format!("positive_class={positive:?}: {cause}"))
                .with_parameter("positive_class")
                .with_remedy(remedy))
        };
        let Some(classes) = &mut self.classes else {
            let is_one = positive.parse() == Ok(1.0) || positive.eq_ignore_ascii_case("true");
            return match is_one {
                true => Ok(self),
                false => fault(
                    "the labels are numbers or truth values, of which 1 and true are the positive class".into(),
                    "leave it out, or write labels as texts",
                ),
            };
        };
        match classes.iter().position(|class| class == positive) {
            Some(_) if classes.len() != 2 => {
                let cause = format!("there are {} classes ({})", classes.len(), list(classes));
                fault(cause, "leave it out: only one of two classes can be the positive one")
            }
            Some(1) => Ok(self),
            Some(_) => {
                classes.reverse();
                self.targets.labels.iter_mut().flatten().for_each(|label| *label = 1.0 - *label);
                Ok(self)
            }
            None => {
                let cause = "no label has this text".to_string();
                let hint = nearest(positive, classes.iter().map(String::as_str));
                let hint = hint.map_or_else(String::new, |known| format!("did you mean {known:?}? "));
                let remedy = format!("{hint}The classes are {}", list(classes));
                fault(cause, &remedy)
            }
        }
    }

    /// Sets the labels, in the place of bounds that there may be.
    ///
    /// # Errors
    /// A wrong number of labels, or one that is not finite.
    pub fn with_labels(mut self, labels: Vec<f64>) -> Result<Self> {
        self.check_attribute("label", &labels, f64::is_finite, "labels must be finite numbers")?;
        self.targets.labels = Some(labels);
        self.targets.more_labels = Vec::new();
        self.targets.label_bounds = None;
        Ok(self)
    }

    /// Adds labels of another target, which the rows have besides those they have already.
    ///
    /// # Errors
    /// A wrong number of labels, or one that is not finite.
    pub fn with_another_target(mut self, labels: Vec<f64>) -> Result<Self> {
        self.check_attribute("label", &labels, f64::is_finite, "labels must be finite numbers")?;
        self.targets.more_labels.push(labels);
        Ok(self)
    }

    /// What each target is called: as its column, else by its number.
    pub fn target_names(&self) -> Vec<String> {
        let names: Vec<_> = self.label_column.iter().flat_map(LabelColumn::names).map(str::to_string).collect();
        let count = self.targets().num_targets();
        if names.len() == count { names } else { (0..count).map(|target| target.to_string()).collect() }
    }

    /// Sets the texts of the labels, in the order of the classes that the labels are indices of.
    #[must_use]
    pub fn with_classes(mut self, classes: Option<Vec<String>>) -> Self {
        self.classes = classes;
        self
    }

    /// Adds what the reader found worth saying.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Adds what may have been read as something else than was meant.
    #[must_use]
    pub fn with_warnings(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Ends reading and scoring of these data soon after the token is cancelled.
    #[must_use]
    pub fn with_cancellation(mut self, cancellation: CancellationToken) -> Self {
        self.cancellation = cancellation;
        self
    }

    /// A sentence for each categorical feature with texts that training did not see, as far as the data have been visited.
    pub fn unknown_levels(&self) -> Vec<String> {
        self.notes_on_levels(self.source.unknown_levels())
    }

    /// The same of texts that were found in these and other data, by feature.
    pub fn notes_on_levels(&self, found: Vec<(usize, Vec<String>)>) -> Vec<String> {
        let note = |(feature, texts): (usize, Vec<String>)| {
            let name = &self.schema.features[feature].name;
            format!("column {name} has values not seen in training, treated as missing: {}", list(&texts))
        };
        found.into_iter().map(note).collect()
    }

    /// Sets the row weights.
    ///
    /// # Errors
    /// A wrong number of weights, or one outside [0, 1e20].
    pub fn with_weights(mut self, weights: Vec<f64>) -> Result<Self> {
        self.check_attribute("weight", &weights, is_weight, WEIGHT_RULE)?;
        self.targets.weights = Some(weights);
        Ok(self)
    }

    /// Sets the margin each row starts from: one value a row, or for multiclass one per row and class, row by row.
    ///
    /// # Errors
    /// A number of values that is no multiple of the rows, or a value that is not finite.
    pub fn with_base_margin(mut self, margin: Vec<f64>) -> Result<Self> {
        // A rank may hold no rows.
        if !margin.len().is_multiple_of(self.rows()) {
            return Err(Error::data(format!("{} base margins for {} rows", margin.len(), self.rows())));
        }
        if let Some(bad) = margin.iter().position(|x| !x.is_finite()) {
            let row = bad / (margin.len() / self.rows());
            return Err(Error::data(format!("{}: base margin is {}; it must be finite", self.source.locate(row), margin[bad])));
        }
        self.targets.base_margin = Some(margin);
        Ok(self)
    }

    /// Sets the query group of each row.
    ///
    /// # Errors
    /// A wrong number of groups.
    pub fn with_groups(mut self, groups: Vec<u64>) -> Result<Self> {
        if groups.len() != self.rows() {
            return Err(Error::data(format!("{} query groups for {} rows; there must be one per row", groups.len(), self.rows())));
        }
        self.targets.groups = Some(Groups::new(groups));
        Ok(self)
    }

    /// The same data without query groups, for objectives that do not rank.
    #[must_use]
    pub fn without_groups(mut self) -> Self {
        self.targets.groups = None;
        self
    }

    /// Sets the bounds that each row's label is known to lie between, in the place of labels; a bound may be infinite.
    ///
    /// # Errors
    /// A wrong number of bounds, one that is NaN, or a lower bound above the upper one.
    pub fn with_label_bounds(mut self, lower: Vec<f64>, upper: Vec<f64>) -> Result<Self> {
        self.check_attribute("lower label bound", &lower, |x| !x.is_nan(), "bounds must be numbers")?;
        self.check_attribute("upper label bound", &upper, |x| !x.is_nan(), "bounds must be numbers")?;
        if let Some(row) = lower.iter().zip(&upper).position(|(lower, upper)| lower > upper) {
            let (place, low, high) = (self.source.locate(row), lower[row], upper[row]);
            return Err(Error::data(format!("{place}: the lower label bound {low} is above the upper one, {high}; swap them")));
        }
        self.targets.label_bounds = Some(LabelBounds { lower, upper });
        self.targets.labels = None;
        self.targets.more_labels = Vec::new();
        Ok(self)
    }

    fn check_attribute(&self, what: &str, values: &[f64], valid: impl Fn(f64) -> bool, rule: &str) -> Result<()> {
        if values.len() != self.rows() {
            return Err(Error::data(format!("{} {what}s for {} rows; there must be one per row", values.len(), self.rows())));
        }
        match values.iter().position(|&x| !valid(x)) {
            Some(row) => Err(Error::data(format!("{}: {what} is {}; {rule}", self.source.locate(row), values[row]))),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset").field("rows", &self.rows()).field("features", &self.schema.len()).finish_non_exhaustive()
    }
}
