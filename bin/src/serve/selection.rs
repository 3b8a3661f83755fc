//! `SAGEMAKER_INFERENCE_OUTPUT`: what each row's answer holds, in the words of the built-in XGBoost.

use super::explanation::{Explanation, KINDS};
use super::json::{write_json_list, write_json_number};
use crate::memory::Large;
use crate::report::Failure;
use sapwood::predict::{Output, Predictions, Scorer, predict};
use sapwood::{Dataset, Model};
use sapwood_score::{Prediction, write_number};
use serde_json::Value;
use std::sync::Arc;

/// One thing to tell about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    PredictedLabel,
    Labels,
    Probability,
    Probabilities,
    RawScore,
    RawScores,
    PredictedScore,
    /// The explanation of this number among [`KINDS`].
    Explanation(usize),
}

const KEYS: [(Key, &str); 9] = [
    (Key::PredictedLabel, "predicted_label"),
    (Key::Labels, "labels"),
    (Key::Probability, "probability"),
    (Key::Probabilities, "probabilities"),
    (Key::RawScore, "raw_score"),
    (Key::RawScores, "raw_scores"),
    (Key::PredictedScore, "predicted_score"),
    (Key::Explanation(0), "contributions"),
    (Key::Explanation(1), "interactions"),
];

impl Key {
    /// The key's name in the variable and in JSON.
    pub fn name(self) -> &'static str {
        KEYS.iter().find(|(key, _)| *key == self).map_or("", |(_, name)| name)
    }

    fn fits(self, model: &Model) -> bool {
        match self {
            Self::Explanation(kind) => KINDS[kind].check(model).is_ok(),
            _ => model.num_classes().is_some() != (self == Self::PredictedScore),
        }
    }
}

/// What to tell about every row, in order.
#[derive(Clone, Debug)]
pub struct Selection {
    keys: Arc<[Key]>,
}

impl Selection {
    /// Reads a list of keys. The built-in answers NaN for what a model does not have; here it is an error before the first request.
    ///
    /// # Errors
    /// A key that is unknown, or that the model does not have.
    pub fn parse(text: &str, model: &Model) -> Result<Self, Failure> {
        let names = text.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty());
        let key = |name: String| {
            let known = KEYS.iter().find(|(_, known)| *known == name).map(|(key, _)| *key);
            known.filter(|key| key.fits(model)).ok_or_else(|| {
                let fitting = KEYS.iter().filter(|(key, _)| key.fits(model)).map(|(_, name)| *name);
                Failure::user(format!(
                    "SAGEMAKER_INFERENCE_OUTPUT: a model of objective {} has no {name:?}; it has {}",
                    model.objective.name,
                    fitting.collect::<Vec<_>>().join(", ")
                ))
            })
        };
        let keys = names.map(key).collect::<Result<Arc<[_]>, _>>()?;
        if keys.is_empty() { Err(Failure::user("SAGEMAKER_INFERENCE_OUTPUT is empty")) } else { Ok(Self { keys }) }
    }

    /// The same keys, and those of these explanations that are not among them.
    pub fn with_explanations(&self, kinds: impl Iterator<Item = Output>) -> Self {
        let keys = kinds.filter_map(|kind| KINDS.iter().position(|known| *known == kind)).map(Key::Explanation);
        let more = keys.filter(|key| !self.keys.contains(key));
        Self { keys: self.keys.iter().copied().chain(more).collect() }
    }

    /// Whether answers explain themselves.
    pub fn explains(&self) -> bool {
        self.explanations().next().is_some()
    }

    /// The explanations among the keys, by their numbers.
    fn explanations(&self) -> impl Iterator<Item = usize> {
        (0..KINDS.len()).filter(|kind| self.keys.contains(&Key::Explanation(*kind)))
    }

    /// Scores the data for everything that the keys need.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub fn score(&self, scorer: &Arc<Large<Scorer>>, data: &Dataset) -> sapwood::Result<Selected> {
        let [class, probability, raw] = self.outputs(scorer.model());
        let scored = |output: Option<Output>| output.map(|output| predict(scorer, data, output)).transpose();
        let mut explanations = KINDS.map(|_| None);
        for kind in self.explanations() {
            explanations[kind] = Some(Explanation::new(KINDS[kind], scorer, data)?);
        }
        Ok(Selected {
            keys: self.keys.clone(),
            scorer: scorer.clone(),
            rows: data.rows(),
            class: scored(class)?,
            probability: scored(probability)?,
            raw: scored(raw)?,
            explanations,
        })
    }

    /// The numbers that a row is scored for.
    pub fn columns(&self, model: &Model) -> usize {
        let outputs = self.outputs(model).into_iter().flatten().chain(self.explanations().map(|kind| KINDS[kind]));
        outputs.map(|output| output.columns(model)).fold(0, usize::saturating_add)
    }

    /// The kinds of output that the keys need: for classes, for probabilities, for raw scores.
    fn outputs(&self, model: &Model) -> [Option<Output>; 3] {
        let needed = |keys: &[Key], output| self.keys.iter().any(|key| keys.contains(key)).then_some(output);
        let raw = if model.prediction == Prediction::Class { Output::Margin } else { Output::Value };
        [
            needed(&[Key::PredictedLabel], Output::Class),
            needed(&[Key::Probability, Key::Probabilities], Output::Probability),
            needed(&[Key::RawScore, Key::RawScores, Key::PredictedScore], raw),
        ]
    }
}

/// The answers' content.
pub struct Selected {
    keys: Arc<[Key]>,
    scorer: Arc<Large<Scorer>>,
    rows: usize,
    class: Option<Predictions>,
    probability: Option<Predictions>,
    raw: Option<Predictions>,
    explanations: [Option<Explanation>; KINDS.len()],
}

/// What a key tells about a row.
enum Item {
    Label(usize),
    Number(f64),
    Numbers(Vec<f64>),
    Labels,
}

impl Selected {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Appends a row as a line of CSV without its end. A list is one cell, as JSON in quotes.
    pub fn write_csv(&self, row: usize, line: &mut String) {
        for (position, &key) in self.keys.iter().enumerate() {
            if position > 0 {
                line.push(',');
            }
            match (key, self.item(key, row)) {
                (Key::PredictedLabel, _) => {
                    if let Some(class) = &self.class {
                        class.write_row(row, line);
                    }
                }
                (Key::Explanation(kind), _) => {
                    if let Some(explanation) = &self.explanations[kind] {
                        explanation.write_cell(row, line);
                    }
                }
                (_, Item::Number(value)) => write_number(value, line),
                (_, item) => {
                    let mut list = String::new();
                    self.write_item(&item, &mut list);
                    line.push('"');
                    line.push_str(&list.replace('"', "\"\""));
                    line.push('"');
                }
            }
        }
    }

    /// Appends a row as a JSON object.
    pub fn write_json(&self, row: usize, out: &mut String) {
        for (position, &key) in self.keys.iter().enumerate() {
            out.push_str(if position == 0 { "{\"" } else { ", \"" });
            out.push_str(key.name());
            out.push_str("\": ");
            match key {
                Key::Explanation(kind) => {
                    if let Some(explanation) = &self.explanations[kind] {
                        explanation.write_json(row, out);
                    }
                }
                _ => self.write_item(&self.item(key, row), out),
            }
        }
        out.push('}');
    }

    fn item(&self, key: Key, row: usize) -> Item {
        let values = |predictions: &Option<Predictions>| predictions.as_ref().map_or(&[][..], |p| p.row(row)).to_vec();
        match key {
            Key::PredictedLabel => Item::Label(values(&self.class).first().map_or(0, |&class| class as usize)),
            Key::Labels => Item::Labels,
            Key::Explanation(kind) => Item::Numbers(self.explanations[kind].as_ref().map_or(&[][..], |of| of.row(row)).to_vec()),
            Key::Probability => Item::Number(largest(&values(&self.probability))),
            Key::Probabilities => Item::Numbers(both(values(&self.probability), |p| 1.0 - p)),
            Key::RawScore | Key::PredictedScore => Item::Number(largest(&values(&self.raw))),
            Key::RawScores => {
                let margins = self.scorer.model().prediction == Prediction::Margin;
                Item::Numbers(both(values(&self.raw), |x| if margins { -x } else { 1.0 - x }))
            }
        }
    }

    /// A row's keys and values as numbers alone, for records: classes are their indices, whatever texts training had for them.
    pub fn numbers(&self, row: usize) -> Vec<(&'static str, Vec<f64>)> {
        let numbers = |key: Key| match self.item(key, row) {
            Item::Label(class) => vec![class as f64],
            Item::Number(value) => vec![value],
            Item::Numbers(values) => values,
            Item::Labels => (0..self.classes()).map(|class| class as f64).collect(),
        };
        self.keys.iter().map(|&key| (key.name(), numbers(key))).collect()
    }

    fn classes(&self) -> usize {
        self.scorer.model().num_classes().unwrap_or(0)
    }

    fn write_item(&self, item: &Item, out: &mut String) {
        match item {
            Item::Label(class) => self.write_label(*class, out),
            Item::Number(value) => write_json_number(*value, out),
            Item::Numbers(values) => write_json_list(values.len(), out, |at, out| write_json_number(values[at], out)),
            Item::Labels => {
                write_json_list(self.classes(), out, |class, out| self.write_label(class, out));
            }
        }
    }

    fn write_label(&self, class: usize, out: &mut String) {
        match self.scorer.model().classes.as_ref().and_then(|classes| classes.get(class)) {
            Some(text) => out.push_str(&Value::from(text.as_str()).to_string()),
            None => out.push_str(&class.to_string()),
        }
    }
}

/// One value stands for class 1 of two.
fn both(mut values: Vec<f64>, other: impl Fn(f64) -> f64) -> Vec<f64> {
    if let [value] = values[..] {
        values = vec![other(value), value];
    }
    values
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sapwood::{FeatureSchema, Objective};

    #[test]
    fn keys_that_a_model_does_not_have_are_errors_that_name_those_it_has() {
        let model = |objective: Objective| {
            let outputs = if objective.is_multiclass() { 3 } else { 1 };
            Model::new(FeatureSchema::numeric(1), objective, vec![0.0; outputs], Vec::new())
        };
        let error = |text, objective| Selection::parse(text, &model(objective)).unwrap_err().to_string();
        let text = error("probability", Objective::SquaredError);
        assert!(
            text.contains("reg:squarederror has no \"probability\"; it has predicted_score, contributions, interactions"),
            "{text}"
        );
        assert!(error("labels, score", Objective::Softmax).contains("it has predicted_label, labels, probability"));
        assert!(error(" , ", Objective::Softmax).contains("is empty"));
        let keys = Selection::parse(" Labels,predicted_label ", &model(Objective::BinaryLogitraw)).unwrap().keys;
        assert_eq!(keys[..], [Key::Labels, Key::PredictedLabel]);
    }
}
