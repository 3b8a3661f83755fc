//! Losses and metrics of the caller's own: the same bytes as the table's where they are the same, and everything that they cannot be combined with.

use crate::collective::Collective;
use crate::data::TargetsView;
use crate::metric::{Evaluation, Metric};
use crate::objective::{CustomObjective, GradientPair, Loss, Round};
use crate::params::{ParamsBuilder, SamplingMethod};
use crate::predict::{Output, Scorer, predict};
use crate::sampling::mix;
use crate::{Dataset, Model, Objective, Params, Result, Trainer};
use ndarray::Array2;
use sapwood_score::Link;
use std::sync::Arc;

fn data(rows: usize) -> Dataset {
    let number = |row: usize, feature: usize| (mix((row * 5 + feature) as u64) % 100) as f64;
    let x = Array2::from_shape_fn((rows, 4), |(row, feature)| number(row, feature));
    let labels = (0..rows).map(|row| (number(row, 0) + 3.0 * number(row, 1) + (number(row, 7) % 13.0)).round()).collect();
    let weights = (0..rows).map(|row| 0.5 + number(row, 3) % 3.0).collect();
    Dataset::from_array(x.view(), labels, None).unwrap().with_weights(weights).unwrap()
}

/// The derivatives of a row by margin and label, and the margin to start from.
struct Plain(fn(f64, f64) -> (f64, f64), f64);

impl Loss for Plain {
    fn base_score(&self, _: TargetsView<'_>, _: &dyn Collective) -> Result<Vec<f64>> {
        Ok(vec![self.1])
    }

    fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        for (row, out) in out.iter_mut().enumerate() {
            let (grad, hess) = (self.0)(round.margins_of(output)[row], round.targets.labels()[row]);
            let weight = round.targets.weight(row);
            *out = GradientPair::new(grad * weight, hess * weight);
        }
    }
}

fn squared(margin: f64, label: f64) -> (f64, f64) {
    (margin - label, 1.0)
}

/// ln cosh(margin − label): nobody ships it.
fn log_cosh(margin: f64, label: f64) -> (f64, f64) {
    let slope = (margin - label).tanh();
    (slope, (1.0 - slope * slope).max(1e-3))
}

/// The mean of ln cosh, a metric of one's own.
struct LogCosh;

impl Metric for LogCosh {
    fn name(&self) -> &str {
        "log_cosh"
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let rows = evaluation.margins.iter().zip(evaluation.targets.labels()).enumerate();
        let losses = rows.map(|(row, (margin, label))| evaluation.targets.weight(row) * (margin - label).cosh().min(1e300).ln());
        losses.sum::<f64>() / (0..evaluation.targets.rows()).map(|row| evaluation.targets.weight(row)).sum::<f64>()
    }
}

fn fit(params: Params, objective: Option<CustomObjective<'_>>, data: &Dataset) -> Model {
    let trainer = Trainer::new(params);
    objective.into_iter().fold(trainer, Trainer::custom_objective).fit(data).unwrap()
}

#[test]
fn a_loss_of_the_table_made_anew_grows_the_same_trees() {
    let data = data(900);
    let base = || Params::builder().num_round(12).max_leaves(20).base_score(150.0);
    let cases: [fn(ParamsBuilder) -> ParamsBuilder; 4] = [
        |p| p,
        |p| p.subsample(0.1).min_child_weight(0.1),
        |p| p.sampling_method(SamplingMethod::Goss).top_rate(0.1).other_rate(0.1),
        |p| p.num_parallel_tree(3).subsample(0.7),
    ];
    for change in cases {
        let ours = fit(change(base()).build().unwrap(), None, &data);
        let custom = CustomObjective::new("squares", Link::Identity, || Box::new(Plain(squared, 150.0)));
        let custom = fit(change(base()).build().unwrap(), Some(custom), &data);
        assert_eq!((ours.trees, ours.base_score), (custom.trees, custom.base_score));
        assert_eq!((&custom.objective.name[..], custom.objective.known()), ("squares", None));
    }
}

#[test]
fn a_loss_that_nobody_ships_is_minimised_and_saved() {
    let data = data(900);
    let objective = || CustomObjective::new("log_cosh", Link::Identity, || Box::new(Plain(log_cosh, 150.0)));
    let params = |params: ParamsBuilder| params.num_round(60).eta(0.3).max_delta_step(20.0).build().unwrap();
    let trained = |custom: Option<CustomObjective<'_>>| {
        let trainer = Trainer::new(params(Params::builder())).metric(Arc::new(LogCosh));
        custom.into_iter().fold(trainer, Trainer::custom_objective).fit_observed(&data, &mut ()).unwrap()
    };
    let (own, squares) = (trained(Some(objective())), trained(None));
    let [first, last] = [&own.history[0], &own.history[59]].map(|report| report.values.last().unwrap().clone());
    assert_eq!((own.history[0].values.len(), &last.1[..]), (1, "log_cosh"), "no metric of the table is printed for it");
    assert_eq!(squares.history[0].values.len(), 2);
    assert!(last.2 < first.2 * 0.05, "{first:?} {last:?}");
    let model = Model::from_bytes(&own.model.to_bytes().unwrap()).unwrap();
    let scorer = Scorer::new(model).unwrap();
    let [margins, values] = [Output::Margin, Output::Value].map(|output| predict(&scorer, &data, output).unwrap());
    assert_eq!(margins.values(), values.values());
}

#[test]
fn links_are_the_model_s() {
    let data = data(300);
    // Poisson's: e^margin rows are expected.
    let poisson = |margin: f64, label: f64| (margin.exp() - label, margin.exp());
    let make = || CustomObjective::new("counts", Link::Log, move || Box::new(Plain(poisson, 5.0)) as Box<dyn Loss>);
    let model = fit(Params::builder().num_round(30).build().unwrap(), Some(make()), &data);
    let scorer = Scorer::new(model).unwrap();
    let [margins, values] = [Output::Margin, Output::Value].map(|output| predict(&scorer, &data, output).unwrap());
    for ((margin, value), label) in margins.values().iter().zip(values.values()).zip(data.labels().unwrap()) {
        assert!((margin.exp() - value).abs() <= 1e-12 * value && (value - label).abs() < 60.0, "{value} {label}");
    }
    let refused = |params: ParamsBuilder, objective: CustomObjective<'_>, what: &str| {
        let error =
            Trainer::new(params.num_round(2).build().unwrap()).custom_objective(objective).validation("v", &data).fit(&data);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    let named = |name: &str| CustomObjective::new(name, Link::Identity, || Box::new(Plain(squared, 0.0)));
    refused(Params::builder().eval_metric(vec!["rmse".into()]), make(), "eval_metric cannot judge counts");
    refused(Params::builder(), named("reg:gamma"), "is that of another");
    refused(Params::builder().objective(Objective::Poisson), named("mine"), "are both given");
    refused(Params::builder().early_stopping_rounds(3), named("mine"), "add one by Trainer::metric");
}

#[test]
fn a_metric_of_one_s_own_stops_training() {
    let (train, validation) = (data(400), data(900));
    let params = Params::builder().num_round(500).early_stopping_rounds(3).eta(0.5).max_depth(3).build().unwrap();
    let trainer = Trainer::new(params).metric(Arc::new(LogCosh)).validation("validation", &validation);
    let trained = trainer.fit_observed(&train, &mut ()).unwrap();
    let values: Vec<f64> = trained.history.iter().map(|report| report.values[3].2).collect();
    let best = trained.model.best_iteration.unwrap() as usize;
    assert!(best + 4 == values.len() && values.iter().all(|value| *value >= values[best]), "{values:?}");
}
