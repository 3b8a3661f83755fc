//! What a preset makes of a time budget: the plan that is expected to make the best of it, from the time that rounds were measured to take.

use super::{Choice, Facts, Plan};
use crate::numeric::Short;
use crate::params::{ParamsBuilder, SplitMethod};
use crate::{Dataset, Params, Result};

/// How long things take, in seconds, where all threads train one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// What a model takes besides its rounds.
    pub model: f64,
    /// What a round of it takes, with what that costs later.
    pub round: f64,
}

/// The qualities that there may be time for, from the one that takes most.
const QUALITIES: [u32; 4] = [5, 4, 3, 2];

/// Rounds times `eta` that a model is expected to need, those included that it waits for a gain. Many data sets need less, some three times as much.
const EXPECTED_STEPS: f64 = 20.0;

/// Rounds times `eta` that make the most of one model which has no time for more, and the largest `eta` that does it any good.
const FEW_STEPS: f64 = 20.0;
const LARGEST_ETA: f64 = 0.5;

/// What a model may need at least, in rounds: says how many folds are worth cutting.
const FEWEST_ROUNDS: f64 = 40.0;

/// Beyond so many models, another one gains next to nothing, and all of them take their time when they are scored.
const MOST_MODELS: usize = 40;

/// Of the time, what the models of the first fold may take together, so that they surely end.
const OF_FIRST_FOLD: f64 = 0.8;

/// The plan for so many seconds of training. `params` are those that were given, without a time budget. `None` if there is no time for one round of
/// one model. `kept` is what the time has decided already in an earlier run of the same job.
///
/// # Errors
/// Parameters that are given and exclude what the preset chooses.
pub(crate) fn in_time(params: &Params, data: &Dataset, pace: Pace, left: f64, kept: &[Choice]) -> Result<Option<Plan>> {
    let facts = Facts::of(params, data);
    let rounds = (left - pace.model) / pace.round;
    if rounds < 1.0 && kept.is_empty() {
        return Ok(None);
    }
    let choices = if kept.is_empty() { choices(params, &facts, pace, left)? } else { kept.to_vec() };
    let mut plan = planned(params, &facts, choices)?;
    // Rows are not cut into folds again if there will surely be no time for these.
    let fewest = FEWEST_ROUNDS.min(f64::from(plan.params.num_round));
    let fit = (left / (pace.model + fewest * pace.round)) as usize;
    if !params.given.has("num_models") {
        plan.train(fit.clamp(plan.folds, MOST_MODELS));
    }
    Ok(Some(plan))
}

/// The plan with what the time decides.
fn planned(params: &Params, facts: &Facts, choices: Vec<Choice>) -> Result<Plan> {
    let pairs: Vec<_> = choices.iter().map(|choice| (choice.parameter, choice.value.clone())).collect();
    let mut plan = Plan::of(facts, &ParamsBuilder::as_given(params, &pairs)?)?;
    plan.of_time = choices;
    Ok(plan)
}

fn choices(params: &Params, facts: &Facts, pace: Pace, left: f64) -> Result<Vec<Choice>> {
    let choice = |parameter, value: String, because: String| Choice { parameter, value, because };
    let time = format!("a round takes {} s and there are {} s", Short(pace.round), Short(left));
    // A column may have too few groups for more folds than those of the other qualities.
    let most = if params.split == SplitMethod::Group { 3 } else { 5 };
    for quality in QUALITIES.into_iter().filter(|quality| *quality <= most) {
        let chosen = choice("quality", quality.to_string(), time.clone());
        let plan = planned(params, facts, vec![chosen.clone()])?;
        if expected(&plan, pace) <= left {
            let cap = OF_FIRST_FOLD * left / (pace.round * plan.most_candidates() as f64);
            return Ok([Some(chosen), limit(&plan, cap, &time)].into_iter().flatten().collect());
        }
    }
    let rounds = (left - pace.model) / pace.round;
    let mut choices = vec![
        choice("quality", QUALITIES[QUALITIES.len() - 1].to_string(), time.clone()),
        choice("race_folds", "0".to_string(), "there is no time for models to race".to_string()),
        choice("cross_features", "false".to_string(), "there is no time to try them".to_string()),
    ];
    choices.retain(|choice| !params.given.has(choice.parameter));
    let plan = planned(params, facts, choices.clone())?;
    let eta = FEW_STEPS / rounds;
    if eta > plan.params.eta && !params.given.has("eta") {
        // Two digits are enough, and are written exactly.
        let eta = (eta.min(LARGEST_ETA) * 100.0).round() / 100.0;
        choices.push(choice("eta", eta.to_string(), format!("few rounds have to go as far as many would: {time}")));
    }
    let plan = planned(params, facts, choices.clone())?;
    choices.extend(limit(&plan, rounds, &time));
    Ok(choices)
}

/// The limit of rounds, where the plan has a higher one.
fn limit(plan: &Plan, rounds: f64, time: &str) -> Option<Choice> {
    let rounds = rounds.floor().max(1.0);
    let because = format!("no model may take longer: {time}");
    (rounds < f64::from(plan.params.num_round)).then(|| Choice { parameter: "num_round", value: rounds.to_string(), because })
}

/// The seconds that a plan is expected to take.
fn expected(plan: &Plan, pace: Pace) -> f64 {
    let racing = plan.race.as_ref().map_or(0, |race| race.folds * (plan.most_candidates() - 1));
    // Once with and once without them.
    let trying =
        plan.crosses.as_ref().map_or(0.0, |rule| (2 * rule.folds) as f64 * (pace.model + f64::from(rule.rounds) * pace.round));
    let rounds = (EXPECTED_STEPS / plan.params.eta.max(f64::MIN_POSITIVE)).min(f64::from(plan.params.num_round));
    (plan.models + racing) as f64 * (pace.model + rounds * pace.round) + trying
}
