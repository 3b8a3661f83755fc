//! Features that are made of pairs of numeric features: which pairs, and whether they help. Short models of the first folds tell both.
//!
//! ChimeraBoost 0.34 tries differences and products of its best six numeric features so.

use super::averaged::measured_held_out;
use super::bins::Bins;
use super::members::{Ground, Listener, Member, Members, Task};
use super::preparation::Beginnings;
use super::training::Training;
use crate::binning::FeatureBins;
use crate::data::Fold;
use crate::execution::Execution;
use crate::metric::Metric;
use crate::numeric::Short;
use crate::preset::{Choice, Crosses, Plan};
use crate::{Dataset, Error, FeatureKind, Params, Result};
use sapwood_score::text::counted;
use sapwood_score::{Derivation, DerivedFeature};
use std::sync::Arc;

/// The gain, as a share of the metric, that further features must bring: each tree takes longer with them.
const WORTH: f64 = 0.005;

/// Features of fewer bins have splits enough.
const FEWEST_BINS: usize = 9;

/// What members learn from, with further features.
pub(super) struct Crossed {
    pub derived: Arc<[DerivedFeature]>,
    pub folds: Vec<Fold>,
    pub validation: Vec<(String, Dataset)>,
    pub bins: Bins,
}

impl Crossed {
    /// With these validation sets.
    pub fn ground<'a>(&'a self, validation: &'a [(String, &'a Dataset)]) -> Ground<'a> {
        Ground { folds: &self.folds, validation, bins: &self.bins }
    }
}

/// What came of trying further features.
pub(super) struct Tried {
    /// The data with them, if they help.
    pub crossed: Option<Crossed>,
    pub choice: Choice,
}

/// Tries features that are made of pairs of those which short models gain most by; nothing, where there are no pairs. `field` is what members learn
/// from without them.
///
/// # Errors
/// What training has to say; no metric.
pub(super) fn tried(
    rule: &Crosses,
    field: &Members<'_>,
    train: &Dataset,
    execution: Execution<'_>,
    metrics: &[Box<dyn Metric>],
) -> Result<Option<Tried>> {
    let metric = metrics.last().ok_or_else(|| Error::internal("features are tried without a metric"))?;
    let rounds = field.plan.params.num_round.min(rule.rounds);
    let params = Params { num_round: rounds, early_stopping_rounds: None, ..field.plan.params.clone() };
    let short = Plan { params, race: None, ..field.plan.clone() };
    let tasks: Vec<Task> = (0..rule.folds.min(field.ground.folds.len())).map(|fold| Task { fold, candidate: 0 }).collect();
    let fit = |field: &Members<'_>| Members { plan: &short, checkpoints: &[], ..*field }.train(&tasks, &Listener::new(&mut ()));
    let plain = fit(field)?;
    let derived: Arc<[DerivedFeature]> = pairs(&leading(&plain, field, train, rule.features), train).into();
    if derived.is_empty() {
        return Ok(None);
    }
    let crossed = crossed(derived, field, train, execution)?;
    let sets: Vec<_> = crossed.validation.iter().map(|(name, data)| (name.clone(), data)).collect();
    let members = fit(&Members { ground: crossed.ground(&sets), ..*field })?;
    let error = |members: &[Member]| {
        let members: Vec<&Member> = members.iter().collect();
        measured_held_out(&members, field.ground.folds, &short.params, 1.0, metrics).last().copied().unwrap_or(f64::NAN)
    };
    let (with, without) = (error(&members), error(&plain));
    let gain = if metric.higher_is_better() { with - without } else { without - with };
    let helps = gain > WORTH * without.abs();
    let held_out = counted(tasks.len(), "fold");
    let because = format!(
        "after {}, {} of the rows that {held_out} held out is {} with sums, differences and products of features, {} without",
        counted(rounds as usize, "round"),
        metric.name(),
        Short(with),
        Short(without)
    );
    let choice = Choice { parameter: "cross_features", value: helps.to_string(), because };
    Ok(Some(Tried { crossed: helps.then_some(crossed), choice }))
}

/// The numeric features that models gain most by, best first, and at most so many.
fn leading(members: &[Member], field: &Members<'_>, train: &Dataset, most: usize) -> Vec<u32> {
    let gain = |feature: usize| members.iter().map(|member| member.model.importance()[feature].total_gain).sum::<f64>();
    let is_fine = |feature: &usize| {
        let bins = &field.ground.bins.mapper().features()[*feature];
        train.schema().features[*feature].kind == FeatureKind::Numeric
            && matches!(bins, FeatureBins::Numeric { .. })
            && bins.value_bins() >= FEWEST_BINS
    };
    let mut gains: Vec<(f64, usize)> = (0..train.schema().len()).filter(is_fine).map(|feature| (gain(feature), feature)).collect();
    gains.retain(|(gain, _)| *gain > 0.0);
    gains.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    gains.into_iter().take(most).map(|(_, feature)| feature as u32).collect()
}

/// The sum, the difference and the product of each two features, by names that no column has.
fn pairs(features: &[u32], train: &Dataset) -> Vec<DerivedFeature> {
    let names = &train.schema().features;
    let name = |feature: u32| &names[feature as usize].name;
    let of_pair = |first: u32, second: u32| {
        let named =
            |sign: &str, derivation| DerivedFeature { name: format!("{} {sign} {}", name(first), name(second)), derivation };
        let sum = named("+", Derivation::Sum { first, second });
        [sum, named("-", Derivation::Difference { first, second }), named("*", Derivation::Product { first, second })]
    };
    let pairs = features.iter().enumerate().flat_map(|(at, &second)| features[..at].iter().map(move |&first| (first, second)));
    let all = pairs.flat_map(|(first, second)| of_pair(first, second));
    all.filter(|feature| names.iter().all(|column| column.name != feature.name)).collect()
}

/// The data of a field with further features, binned.
fn crossed(derived: Arc<[DerivedFeature]>, field: &Members<'_>, train: &Dataset, execution: Execution<'_>) -> Result<Crossed> {
    let wider = |data: &Dataset| data.with_derived(&derived);
    let of_fold = |fold: &Fold| Fold { train: wider(&fold.train), held_out: wider(&fold.held_out), ..fold.clone() };
    let folds = field.ground.folds.iter().map(of_fold).collect();
    let validation: Vec<(String, Dataset)> =
        field.ground.validation.iter().map(|(name, data)| (name.clone(), wider(data))).collect();
    let sets: Vec<_> = validation.iter().map(|(name, data)| (name.clone(), data)).collect();
    let (train, params) = (wider(train), Params { early_stopping_rounds: None, ..field.plan.params.clone() });
    let bins = Training::prepare(execution, &params, &train, &sets, Beginnings::default())?.bin()?;
    Ok(Crossed { derived, folds, validation, bins })
}
