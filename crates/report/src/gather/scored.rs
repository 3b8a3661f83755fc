//! [`Scored`]: a sample with what the model predicts for it.

use crate::facts::Task;
use sapwood::predict::{Output, Predictions, Scorer, predict};
use sapwood::{Dataset, Model, Objective, Result};
use sapwood_score::Outputs;

/// A sample, and what the model predicts.
pub struct Scored<'a> {
    /// The task.
    pub task: Task,
    /// The model.
    pub model: &'a Model,
    /// The sample.
    pub data: &'a Dataset,
    /// The scorer.
    pub scorer: Scorer,
    /// Margins, output by output.
    pub margins: Vec<f64>,
    /// Of two classes the probability of class 1, of several classes probabilities row by row; else what is predicted, row by row.
    pub predicted: Vec<f64>,
    /// Of classes the one that is predicted.
    pub classes: Vec<f64>,
    /// One label a row; empty where labels are bounds.
    pub labels: &'a [f64],
    /// The rows' weights.
    pub weights: Option<&'a [f64]>,
}

/// The task of a model, and of labels if there are some.
pub fn task(model: &Model, labels: Option<&[f64]>) -> Task {
    let are_classes = labels.is_none_or(|labels| labels.iter().all(|label| label.fract() == 0.0));
    match (model.num_classes(), model.objective.known()) {
        (_, Some(objective)) if objective.is_ranking() => Task::Ranking,
        (_, Some(Objective::Cox | Objective::Aft)) => Task::Other,
        _ if labels.is_some_and(<[f64]>::is_empty) => Task::Other,
        (Some(2), _) if are_classes => Task::Binary,
        (Some(_), _) if are_classes && !matches!(model.outputs, Outputs::Binary) => Task::Multiclass,
        _ if model.num_outputs() > 1 => Task::Several,
        _ => Task::Regression,
    }
}

impl<'a> Scored<'a> {
    /// Scores a sample; where its margins are those of other models (row by row), these are taken.
    pub fn new(model: &'a Model, data: &'a Dataset, margins: Option<&[f64]>) -> Result<Self> {
        let scorer = Scorer::new(model.clone())?;
        let labels = data.labels().unwrap_or_default();
        let task = task(model, Some(labels));
        let scores = |output: Output| match margins {
            Some(margins) => {
                Ok::<_, sapwood::Error>(Predictions::of_margins(model, output, data.rows(), margins.to_vec())?.into_values())
            }
            None => predict(&scorer, data, output).map(Predictions::into_values),
        };
        let is_classifier = matches!(task, Task::Binary | Task::Multiclass);
        let output = if is_classifier && Output::Probability.check(model).is_ok() { Output::Probability } else { Output::Value };
        let predicted = scores(output)?;
        let classes = if is_classifier { scores(Output::Class)? } else { Vec::new() };
        let margins = by_output(&scores(Output::Margin)?, model.num_outputs());
        Ok(Self { task, model, data, scorer, margins, predicted, classes, labels, weights: data.weights() })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.data.rows()
    }

    /// The weight of a row.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// What classes are called.
    pub fn class_name(&self, class: usize) -> String {
        self.model.classes.as_ref().and_then(|names| names.get(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The probability of a class in a row, where these are known.
    pub fn probability(&self, row: usize, class: usize) -> Option<f64> {
        let classes = self.model.num_classes()?;
        match self.task {
            Task::Binary => Some(if class == 1 { self.predicted[row] } else { 1.0 - self.predicted[row] }),
            _ if self.predicted.len() == self.rows() * classes => Some(self.predicted[row * classes + class]),
            _ => None,
        }
    }

    /// The output that contributions are told of in a row: of several classes the one that is predicted, of several levels the middle one.
    pub fn output_of(&self, row: usize) -> usize {
        match self.task {
            Task::Multiclass => self.classes[row] as usize,
            Task::Several if self.model.objective.known().is_some_and(Objective::has_levels) => self.model.num_outputs() / 2,
            _ => 0,
        }
    }

    /// One number a row that stands for what is predicted: the probability of class 1, of several classes whether the class is right; and what it is
    /// in truth. What they are is told by [`Scored::label_name`].
    pub fn one_number(&self) -> (Vec<f64>, Vec<f64>) {
        let outputs = self.model.num_outputs();
        match self.task {
            Task::Binary | Task::Ranking => (self.predicted.clone(), self.labels.to_vec()),
            Task::Multiclass => {
                let sure = |row: usize| self.probability(row, self.classes[row] as usize).unwrap_or(1.0);
                let right = |row: usize| f64::from(u8::from(self.classes[row] == self.labels[row]));
                ((0..self.rows()).map(sure).collect(), (0..self.rows()).map(right).collect())
            }
            _ if self.predicted.len() == self.rows() * outputs => {
                let predicted = (0..self.rows()).map(|row| self.predicted[row * outputs + self.output_of(row)]).collect();
                (predicted, self.labels.to_vec())
            }
            _ => (self.predicted.clone(), self.labels.to_vec()),
        }
    }

    /// What [`Scored::one_number`] is.
    pub fn label_name(&self) -> String {
        match self.task {
            Task::Binary => format!("share of {}", crate::text::shortened(&self.class_name(1), 20)),
            Task::Multiclass => "share of right predictions".to_string(),
            Task::Ranking => "grade and score".to_string(),
            _ => "label".to_string(),
        }
    }
}

/// Values row by row, output by output.
fn by_output(values: &[f64], outputs: usize) -> Vec<f64> {
    (0..outputs).flat_map(|output| values.iter().skip(output).step_by(outputs).copied()).collect()
}
