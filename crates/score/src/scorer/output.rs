//! Kinds of output, and [`Predictions`]: the values of many rows with what it takes to print them.

use super::single;
use crate::shap::check_covers;
use crate::{Error, Link, Model, Precision, Prediction};
use std::fmt::Write;

/// What to tell about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The objective's prediction: a mean, a probability (one per class for `multi:softprob`), the margin for `binary:logitraw`,
    /// the class for `multi:softmax` and `binary:hinge`.
    Value,
    /// The margin, one per class for multiclass objectives.
    Margin,
    /// Classification only: the probability of class 1, for multiclass objectives that of every class.
    Probability,
    /// Classification only: the class. For two classes it is 1 where the probability exceeds 0.5; for more, the most probable one,
    /// the first of several. Prints as the label's text where the labels of the training data were texts, else as its index.
    Class,
    /// The leaf in each tree: its number among the tree's leaves in node order, counted from 0.
    Leaf,
    /// What each column contributes to each margin ([`Explainer`](crate::Explainer)): output by output, its columns in the schema's order,
    /// then the bias.
    Contributions,
    /// Of each output a matrix of interactions, row by row: columns in the schema's order, then the bias, both ways.
    Interactions,
}

impl Output {
    /// Every kind, in the order in which documentation lists them.
    pub const ALL: [Self; 7] =
        [Self::Value, Self::Margin, Self::Probability, Self::Class, Self::Leaf, Self::Contributions, Self::Interactions];

    /// The kind's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Margin => "margin",
            Self::Probability => "probability",
            Self::Class => "class",
            Self::Leaf => "leaf",
            Self::Contributions => "contributions",
            Self::Interactions => "interactions",
        }
    }

    /// The kind called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|output| output.name() == name)
    }

    /// Checks that `model` has this output.
    ///
    /// # Errors
    /// [`Error::Output`] for classes and probabilities of a model that has no classes, and for contributions of one whose leaves are linear
    /// functions, or that does not tell how many training rows its nodes had.
    pub fn check(self, model: &Model) -> Result<(), Error> {
        if self.explains() {
            return check_covers(model);
        }
        if model.num_classes().is_some() || !matches!(self, Self::Probability | Self::Class) {
            return Ok(());
        }
        Err(Error::Output(format!(
            "a model of objective {} has no output {:?}; ask for value, margin, leaf or contributions",
            model.objective.name,
            self.name()
        )))
    }

    /// The number of values per row.
    pub fn columns(self, model: &Model) -> usize {
        match self {
            Self::Leaf => model.trees.len(),
            Self::Contributions => model.num_outputs().saturating_mul(model.schema.len() + 1),
            Self::Interactions => Self::Contributions.columns(model).saturating_mul(model.schema.len() + 1),
            _ if self.is_class(model) => 1,
            _ => model.num_outputs(),
        }
    }

    /// Whether it tells how a margin comes about.
    pub fn explains(self) -> bool {
        matches!(self, Self::Contributions | Self::Interactions)
    }

    /// Whether it is the index of a class.
    pub fn is_class(self, model: &Model) -> bool {
        let is_predicted = model.prediction == Prediction::Class || (model.link == Link::Step && model.num_classes().is_some());
        self == Self::Class || (self == Self::Value && is_predicted)
    }

    /// Whether it is what trees add up to, without link and calibration.
    pub(super) fn is_margin(self, model: &Model) -> bool {
        self == Self::Margin || (self == Self::Value && model.prediction == Prediction::Margin)
    }

    /// Turns margins, row by row, into values of this kind, row by row.
    pub(super) fn of_margins(self, model: &Model, mut margins: Vec<f64>) -> Vec<f64> {
        let outputs = model.num_outputs();
        if self.is_margin(model) {
            return margins;
        }
        if self.is_class(model)
            && model.calibration.is_none()
            && let Link::Onnx(transform) = model.link
        {
            return margins.chunks_exact(outputs).map(|row| transform.class(row) as f64).collect();
        }
        // The greatest margin is that of the most probable class; probabilities may be equal by rounding.
        if self.is_class(model)
            && outputs > 1
            && model.calibration.is_none()
            && matches!(model.link, Link::Softmax | Link::Logit { .. })
        {
            return classes(outputs, &margins);
        }
        margins.chunks_exact_mut(outputs).for_each(|row| to_means(model, row));
        self.of_means(model, margins)
    }

    /// Whether [`Output::of_row`] can make a row's values of its margins.
    pub(super) fn is_in_place(self, model: &Model) -> bool {
        !self.explains() && self != Self::Leaf && !self.is_class(model)
    }

    /// Turns the margins of one row into its values, if that [is possible](Output::is_in_place).
    pub(super) fn of_row(self, model: &Model, margins: &mut [f64]) {
        if !self.is_margin(model) {
            to_means(model, margins);
            correct(model, margins);
        }
    }

    /// Turns what the link made of margins, row by row, into values of this kind, row by row.
    pub(super) fn of_means(self, model: &Model, mut means: Vec<f64>) -> Vec<f64> {
        let outputs = model.num_outputs();
        means.chunks_exact_mut(outputs).for_each(|row| correct(model, row));
        if !self.is_class(model) {
            return means;
        }
        if outputs > 1 {
            return classes(outputs, &means);
        }
        means.iter_mut().for_each(|p| *p = f64::from(u8::from(*p > 0.5)));
        means
    }
}

/// Turns one row's margins into means or probabilities, as far as [`Output::of_means`] does not.
#[inline]
pub(super) fn to_means(model: &Model, margins: &mut [f64]) {
    if let Some(calibration) = &model.calibration {
        calibration.before_link(margins);
    }
    match model.precision {
        Precision::Double => model.link.apply(margins),
        Precision::Single => single::apply(model.link, margins),
    }
}

/// Calibrates what the link made of one row's margins.
fn correct(model: &Model, means: &mut [f64]) {
    if let Some(calibration) = &model.calibration {
        calibration.after_link(means, means.len() > 1 && model.num_classes().is_some());
    }
}

/// Turns one row's margins into a vote: 1 for the class that they predict.
pub(super) fn to_votes(model: &Model, margins: &mut [f64]) {
    if margins.len() == 1 {
        to_means(model, margins);
        margins[0] = f64::from(u8::from(margins[0] > 0.5));
        return;
    }
    if let Some(calibration) = &model.calibration {
        calibration.before_link(margins);
    }
    // Links keep the order of classes.
    let class = first_largest(margins);
    margins.fill(0.0);
    margins[class] = 1.0;
}

/// The class of each row.
fn classes(outputs: usize, values: &[f64]) -> Vec<f64> {
    values.chunks_exact(outputs).map(|row| first_largest(row) as f64).collect()
}

fn first_largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Values of one kind for many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
    /// The texts to print in place of class indices.
    classes: Option<Vec<String>>,
}

impl Predictions {
    /// Values of kind `output` for `rows` rows of `model`, row by row.
    ///
    /// # Errors
    /// A number of values that does not fit.
    pub fn new(model: &Model, output: Output, rows: usize, values: Vec<f64>) -> Result<Self, Error> {
        let columns = output.columns(model);
        if rows.checked_mul(columns) != Some(values.len()) {
            return Err(Error::Output(format!("{} values for {rows} rows of {columns}", values.len())));
        }
        let classes = if output.is_class(model) { model.classes.clone() } else { None };
        Ok(Self { values, rows, columns, classes })
    }

    /// What margins stand for: values of kind `output` of `rows` rows of `model`, whose margins come row by row. Those of several models, or of rows
    /// that a model has not seen whole, become predictions so.
    ///
    /// # Errors
    /// A kind that margins do not tell, one that the model does not have, or a number of margins that does not fit.
    pub fn of_margins(model: &Model, output: Output, rows: usize, margins: Vec<f64>) -> Result<Self, Error> {
        output.check(model)?;
        if output.explains() || output == Output::Leaf {
            return Err(Error::Output(format!("margins do not tell {}", output.name())));
        }
        let outputs = model.num_outputs();
        if rows.checked_mul(outputs) != Some(margins.len()) {
            return Err(Error::Output(format!("{} margins for {rows} rows of {outputs}", margins.len())));
        }
        Self::new(model, output, rows, output.of_margins(model, margins))
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of values per row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row; classes as indices.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All values, row by row; classes as indices.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// The texts that values stand for, if these are classes that have texts.
    pub fn classes(&self) -> Option<&[String]> {
        self.classes.as_deref()
    }

    /// The text that a value stands for, if it has one.
    pub fn class(&self, value: f64) -> Option<&str> {
        self.classes.as_ref()?.get(value as usize).map(String::as_str)
    }

    /// The values of one row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        &self.values[row * self.columns..][..self.columns]
    }

    /// Appends one row as a line of CSV without its end: numbers with as many digits as it takes to read them back exactly, texts
    /// in quotes where CSV needs them.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn write_row(&self, row: usize, line: &mut String) {
        for (column, &value) in self.row(row).iter().enumerate() {
            if column > 0 {
                line.push(',');
            }
            match self.class(value) {
                Some(text) => push_text(line, text),
                None => write_number(value, line),
            }
        }
    }
}

/// Appends the shortest digits that read back as `value`; with an exponent where there would be many zeros.
pub fn write_number(value: f64, line: &mut String) {
    let plain = value == 0.0 || (1e-5..1e16).contains(&value.abs()) || !value.is_finite();
    // Writing to a string cannot fail.
    let _ = if plain { write!(line, "{value}") } else { write!(line, "{value:e}") };
}

/// Appends a text as a cell of CSV, in quotes where it needs them.
pub fn push_text(line: &mut String, text: &str) {
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) || text.trim().len() != text.len() {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> String {
        let mut line = String::new();
        write_number(value, &mut line);
        line
    }

    #[test]
    fn numbers_print_short_and_read_back_exactly() {
        let cases = [(3.0, "3"), (0.1, "0.1"), (1e-7, "1e-7"), (-2.5e300, "-2.5e300"), (0.0, "0"), (f64::INFINITY, "inf")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        for value in [1.0 / 3.0, 5e-324, f64::MAX, -0.0, 1e16, 123_456.789_012_345_67, f64::MIN_POSITIVE] {
            assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{value:e}");
        }
    }

    #[test]
    fn texts_are_quoted_where_csv_needs_it() {
        let mut line = String::new();
        for text in ["plain", "a,b", "say \"x\"", "", " padded"] {
            push_text(&mut line, text);
            line.push('|');
        }
        assert_eq!(line, "plain|\"a,b\"|\"say \"\"x\"\"\"|\"\"|\" padded\"|");
    }

    #[test]
    fn the_first_of_equal_margins_is_the_class() {
        assert_eq!(first_largest(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(first_largest(&[-1.0]), 0);
    }

    #[test]
    fn every_kind_is_found_by_its_name() {
        for output in Output::ALL {
            assert_eq!(Output::from_name(output.name()), Some(output));
        }
        assert_eq!(Output::from_name("contribution"), None);
    }
}
