//! What comes before the first round: parameters and data are checked against each other, targets and weights made, the loss and the metrics
//! set up, and scores begun.

use super::agreement;
use super::dart::Dart;
use super::initial::InitialModel;
use super::phases::Phases;
use super::repeats;
use super::row_order::RowOrder;
use super::row_sampling::RowSampler;
use super::training::{Training, Watched};
use crate::data::Targets;
use crate::execution::Execution;
use crate::memory::{self, TrainingSize};
use crate::metric::{self, Metric};
use crate::names::list;
use crate::numeric::gather;
use crate::objective::{self, CustomObjective};
use crate::params::{DataParams, ProcessType};
use crate::split::FeatureRules;
use crate::{Dataset, Error, Model, Params, Result};
use std::borrow::Cow;
use std::sync::Arc;

/// What training begins with besides parameters and data: a model to go on from, a loss and metrics of the caller's.
#[derive(Clone, Copy, Default)]
pub(super) struct Beginnings<'a> {
    pub initial: Option<&'a Model>,
    pub custom: Option<&'a CustomObjective<'a>>,
    pub metrics: &'a [Arc<dyn Metric>],
}

impl<'a> Training<'a> {
    /// A run that is about to begin.
    ///
    /// # Errors
    /// Parameters and data that do not fit each other.
    pub(super) fn prepare(
        execution: Execution<'a>,
        params: &'a Params,
        train: &'a Dataset,
        validation: &'a [(String, &'a Dataset)],
        beginnings: Beginnings<'a>,
    ) -> Result<Self> {
        let ranks = execution.ranks;
        let Beginnings { initial, custom, .. } = beginnings;
        let sets = validation.iter().map(|(name, data)| (&name[..], *data));
        agreement::check_job(ranks, params, &std::iter::once(("train", train)).chain(sets).collect::<Vec<_>>())?;
        check_configuration(params, train, validation.len())?;
        ranks.agree(check_positive_class(params, train))?;
        let rules = Arc::new(FeatureRules::new(params, train.schema())?);
        let outputs = ranks.agree(objective::num_outputs(params, train))?;
        let size = TrainingSize::of(params, train.schema(), train.rows() as u64, outputs as u64);
        let limit = params.memory_limit.map_or_else(memory::limit, |given| Some(given.0));
        ranks.agree(size.check_within(limit))?;
        let spec = params.objective_spec();
        objective::check_labels_of_ranks(&spec, outputs, train, ranks)?;
        let weighted_rows = train.targets.weighted_rows();
        let targets = match &weighted_rows {
            Some(rows) => Cow::Owned(train.targets.gather(rows)),
            None => Cow::Borrowed(&train.targets),
        };
        let targets = agreement::with_weights(ranks, targets)?;
        let weights = objective::weights_by_class(params, outputs, train.classes(), targets.view(), ranks)?;
        let weights = match weights {
            None => objective::normalised_weights(params, targets.view(), ranks)?,
            weights => weights,
        };
        let targets = match weights {
            Some(weights) => Cow::Owned(Targets { weights: Some(weights), ..targets.into_owned() }),
            None => targets,
        };
        // Functions of the caller's know rows one by one.
        let keeps_order = custom.is_some() || !beginnings.metrics.is_empty();
        let places = if keeps_order { None } else { repeats::places(params, targets.view(), ranks) };
        let (targets, weighted_rows) = match places {
            Some(places) => {
                let repeated = Targets { weights: None, ..targets.gather(&places) };
                (Cow::Owned(repeated), Some(weighted_rows.map_or_else(|| places.clone(), |rows| gather(&rows, 1, &places))))
            }
            None => (targets, weighted_rows),
        };
        let first_row = ranks.sum_below(targets.view().rows() as u64);
        let loss = match custom {
            Some(custom) => ranks.agree(custom.check(params, outputs).map(|()| custom.loss()))?,
            None => objective::loss(params, outputs)?,
        };
        let metrics = metrics(params, beginnings)?;
        let initial = ranks.agree(initial.map(|model| InitialModel::new(model, params, train, outputs)).transpose())?;
        let id = initial.as_ref().map(|initial| initial.id);
        agreement::check_same(ranks, &[("model to go on from".into(), format!("{id:?}"))])?;
        let base_score = match &initial {
            Some(initial) => initial.model.base_score.clone(),
            None => ranks.agree(loss.base_score(targets.view(), ranks))?,
        };
        let mut watched = vec![ranks.agree(Watched::new("train", train, targets, &base_score))?];
        for (name, data) in validation {
            // Metrics rely on it.
            objective::check_labels_of_ranks(&spec, outputs, data, ranks)?;
            if data.schema().features != train.schema().features {
                return Err(Error::schema(format!("the features of {name} are not those of the training data")));
            }
            let targets = agreement::with_weights(ranks, Cow::Borrowed(&data.targets))?;
            watched.push(ranks.agree(Watched::new(name, data, targets, &base_score))?);
        }
        let magnitude = loss.magnitude(&watched[0].round(), ranks)?;
        // Where its trees are to change, their scores come round by round.
        if let Some(initial) = initial.as_ref().filter(|_| params.process_type == ProcessType::Default) {
            let scored = watched.iter_mut().try_for_each(|watched| watched.start_from(initial));
            ranks.agree(scored)?;
            if let (Some(rows), [train, ..]) = (&weighted_rows, &mut watched[..]) {
                train.scores.gather(rows);
            }
        }
        let mut training = Self {
            execution,
            params,
            rules,
            train,
            weighted_rows,
            first_row,
            sampler: RowSampler::new(params),
            dart: Dart::new(params, outputs / params.outputs_of_tree(outputs) * params.num_parallel_tree as usize),
            order: RowOrder::new(false),
            any_in_file: false,
            in_file: None,
            loss,
            metrics,
            custom,
            keeps_order,
            base_score,
            initial,
            magnitude,
            watched,
            seconds: Phases::default(),
            warnings: Vec::new(),
        };
        training.check_linear()?;
        training.warnings = training.first_warnings();
        Ok(training)
    }

    /// What deserves the user's attention before the first round.
    fn first_warnings(&self) -> Vec<String> {
        let (params, ranks, outputs) = (self.params, self.execution.ranks, self.base_score.len());
        let mut warnings = params.warnings();
        if !self.train.schema().features.iter().any(|feature| feature.kind.is_categorical()) {
            warnings.extend(params.warnings_without_categories());
        }
        if let (Some(given), true) = (params.base_score, self.initial.is_some()) {
            warnings.push(format!("base_score={given} has no effect: that of the model to go on from stays"));
        }
        if self.initial.is_some() && self.loss.remembers() {
            warnings.push("lambdarank_unbiased: biases are estimated anew, those of the model to go on from are not known".into());
        }
        if ranks.any(self.train.base_margin().is_some()) {
            warnings.push("base margins replace the base score; give them to predict as well (base_margin_column)".into());
        }
        let names = self.train.target_names();
        for (target, name) in names.iter().enumerate() {
            if let Some(label) = agreement::only_label(ranks, self.watched[0].round().targets.of_target(target).labels()) {
                let of = if names.len() > 1 { format!(" of {name}") } else { String::new() };
                warnings.push(format!("all labels{of} are {label}: there is nothing to learn; check label_column"));
            }
        }
        if params.objective.is_multiclass() {
            let absent = objective::absent_classes(outputs, self.watched[0].round().targets, ranks);
            warnings.extend(without_rows(&absent, outputs, self.train.classes()));
        }
        warnings.extend(self.warnings_of_linear_trees());
        warnings.extend(objective::nothing_to_rank(params, self.watched[0].round().targets, ranks));
        if params.objective.is_ranking() {
            let sets = self.metrics.iter().flat_map(|metric| self.watched.iter().map(|set| (metric.name(), set)));
            warnings.extend(sets.filter_map(|(metric, set)| metric::left_out(metric, set.name, set.round().targets, ranks)));
        }
        warnings
    }
}

/// Checks what parameters say about the data.
fn check_configuration(params: &Params, train: &Dataset, validation_sets: usize) -> Result<()> {
    if params.early_stopping_rounds.is_some() && validation_sets == 0 {
        return Err(Error::parameter("early_stopping_rounds needs validation data; add some, or remove the parameter"));
    }
    if params.validation_fraction.is_some() && validation_sets == 0 {
        let error = Error::parameter("validation_fraction is given, and there are no validation data")
            .with_parameter("validation_fraction");
        return Err(error.with_remedy("split the data by Dataset::hold_out, and add the part that is kept back as validation data"));
    }
    if train.schema().is_empty() {
        return Err(Error::schema("the training data have no feature column: all columns are labels, weights or ignored"));
    }
    if train.reading().missing_values.is_none() && params.data.missing_values != DataParams::default().missing_values {
        return Err(Error::parameter("missing_values is about data that are read, and the training data were given as they are")
            .with_parameter("missing_values")
            .with_remedy("make such values NaN, or read the data by these parameters"));
    }
    Ok(())
}

/// The metrics that are named, and behind them the caller's own.
fn metrics(params: &Params, beginnings: Beginnings<'_>) -> Result<Vec<Arc<dyn Metric>>> {
    let mut metrics: Vec<Arc<dyn Metric>> = Vec::new();
    // The default is about the objective of the table.
    if beginnings.custom.is_none() || !params.eval_metric.is_empty() {
        metrics.extend(metric::metrics(&params.eval_metric, params.objective_spec())?.into_iter().map(Arc::from));
    }
    metrics.extend(beginnings.metrics.iter().cloned());
    if metrics.is_empty() && params.early_stopping_rounds.is_some() {
        return Err(Error::parameter(
            "early_stopping_rounds needs a metric, and the custom objective has none; add one by Trainer::metric",
        ));
    }
    Ok(metrics)
}

/// Checks that the training data have the positive class where the parameters want it.
fn check_positive_class(params: &Params, train: &Dataset) -> Result<()> {
    let Some(positive) = &params.positive_class else { return Ok(()) };
    let is_so = |data: &Dataset| data.classes() == train.classes();
    match train.clone().with_positive_class(positive) {
        Ok(data) if is_so(&data) => Ok(()),
        Ok(_) => Err(Error::parameter(format!("positive_class={positive:?} is not class 1 of the training data"))
            .with_parameter("positive_class")
            .with_remedy("give all data sets the order of classes that Dataset::with_positive_class makes")),
        Err(error) => Err(error),
    }
}

/// A warning about classes that nothing can be learnt of.
fn without_rows(absent: &[usize], classes: usize, names: Option<&[String]>) -> Option<String> {
    let name =
        |&class: &usize| names.and_then(|names| names.get(class)).map_or_else(|| class.to_string(), |name| format!("{name:?}"));
    let listed: Vec<_> = absent.iter().map(name).collect();
    let remedy =
        if names.is_some() { "" } else { "; classes are counted from 0: renumber them if these are none, and lower num_class" };
    (!absent.is_empty()).then(|| format!("of {classes} classes these have no training row: {}{remedy}", list(&listed)))
}
