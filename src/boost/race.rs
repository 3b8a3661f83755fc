//! Which candidates of a plan are worth going on with: those that predict best what the first folds hold out, alone or several together.

use super::averaged::measured_held_out;
use super::members::Member;
use crate::data::Fold;
use crate::metric::Metric;
use crate::numeric::Short;
use crate::preset::{Choice, Plan};
use crate::{Error, Result};
use sapwood_score::text::counted;

/// The gain, as a share of the metric, that each further candidate must bring.
const WORTH: f64 = 0.005;

/// What came of a race: the members that stay, the candidates that further folds are trained with, and why.
pub(super) struct Outcome {
    pub members: Vec<Member>,
    pub candidates: Vec<usize>,
    pub choice: Option<Choice>,
}

/// Compares the candidates' members, and all of them together where the plan allows it, by the last metric. Where none is better than the first
/// candidate, it stays. Folds count that all candidates have members for.
///
/// # Errors
/// No metric.
pub(super) fn decide(members: Vec<Member>, folds: &[Fold], plan: &Plan, metrics: &[Box<dyn Metric>]) -> Result<Outcome> {
    let metric = metrics.last().ok_or_else(|| Error::internal("a race without a metric"))?;
    let is_complete = |fold: &usize| members.iter().filter(|member| member.task.fold == *fold).count() == plan.candidates();
    let complete: Vec<usize> = (0..folds.len()).filter(is_complete).collect();
    let Some(race) = plan.race.as_ref().filter(|_| !complete.is_empty()) else {
        return Ok(Outcome { members: of(members, &[0]), candidates: vec![0], choice: None });
    };
    let most = if race.mixes { plan.candidates() } else { 1 };
    let entrants = entrants(plan.candidates(), most);
    let value = |entrant: &Vec<usize>| {
        let of_entrant =
            members.iter().filter(|member| complete.contains(&member.task.fold) && entrant.contains(&member.task.candidate));
        let of_entrant: Vec<&Member> = of_entrant.collect();
        measured_held_out(&of_entrant, folds, &plan.params, 1.0, metrics).last().copied().unwrap_or(f64::NAN)
    };
    let values: Vec<f64> = entrants.iter().map(value).collect();
    // The mean of several takes several times as long to train.
    let is_better = |entrant: usize, than: usize| {
        let gain = if metric.higher_is_better() { values[entrant] - values[than] } else { values[than] - values[entrant] };
        let more = entrants[entrant].len().saturating_sub(entrants[than].len());
        gain > WORTH * more as f64 * values[than].abs()
    };
    let best = (1..entrants.len()).fold(0, |best, entrant| if is_better(entrant, best) { entrant } else { best });
    let name = |entrant: &Vec<usize>| entrant.iter().map(|at| race.candidates[*at].name).collect::<Vec<_>>().join("+");
    // Of means only the best is told: there are many.
    let is_told = |at: &usize| entrants[*at].len() == 1 || *at == best;
    let results = (0..entrants.len()).filter(is_told).map(|at| format!("{} with {}", Short(values[at]), name(&entrants[at])));
    let results = results.collect::<Vec<_>>().join(", ");
    let held_out = counted(complete.len(), "fold");
    let because = format!("{} of the rows that {held_out} held out is {results}", metric.name());
    let choice = Some(Choice { parameter: "race", value: name(&entrants[best]), because });
    Ok(Outcome { members: of(members, &entrants[best]), candidates: entrants[best].clone(), choice })
}

/// Sets of candidates, small ones first, each in the order of the plan.
fn entrants(candidates: usize, most: usize) -> Vec<Vec<usize>> {
    let set = |bits: u32| (0..candidates).filter(move |at| bits >> at & 1 == 1).collect::<Vec<_>>();
    let mut sets: Vec<_> = (1..1u32 << candidates).map(set).filter(|set| set.len() <= most).collect();
    sets.sort_by_key(|set| (set.len(), set.clone()));
    sets
}

/// Those of some candidates.
fn of(members: Vec<Member>, candidates: &[usize]) -> Vec<Member> {
    members.into_iter().filter(|member| candidates.contains(&member.task.candidate)).collect()
}
