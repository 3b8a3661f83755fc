//! The model of a preset: the sum of its members' trees, each of which weighs its share; and how good it is.

use super::members::Member;
use crate::collective::Solo;
use crate::data::Fold;
use crate::metric::{Evaluation, Metric};
use crate::{Dataset, Error, Model, Params, Result};

/// The mean of members as one model: its margins are the mean of theirs, times `factor`. Trees come member by member; each one's weight and each
/// base score is rounded to the nearest f64.
///
/// # Errors
/// No members.
pub(super) fn averaged(members: &[&Member], params: &Params, factor: f64) -> Result<Model> {
    let Some((first, others)) = members.split_first() else { return Err(Error::internal("a mean of no models")) };
    let (share, mut model) = (factor / members.len() as f64, first.model.clone());
    for member in others {
        model.trees.extend(member.model.trees.iter().cloned());
        model.base_score.iter_mut().zip(&member.model.base_score).for_each(|(sum, score)| *sum += score);
    }
    model.base_score.iter_mut().for_each(|sum| *sum *= share);
    model.trees.iter_mut().for_each(|tree| tree.weight *= share);
    // No round of the whole is the best: each member has its own.
    (model.best_iteration, model.best_score) = (None, None);
    model.params = params.model_affecting();
    Ok(model)
}

/// The mean of what members predict of a data set that all of them saw; `set` is its number among these.
fn mean<'m>(members: impl Iterator<Item = &'m Member> + Clone, set: impl Fn(&'m Member) -> &'m [f64], factor: f64) -> Vec<f64> {
    let share = factor / members.clone().count() as f64;
    let rows = members.clone().next().map_or(0, |member| set(member).len());
    (0..rows).map(|at| members.clone().map(|member| set(member)[at]).sum::<f64>() * share).collect()
}

/// What members predict of the rows that a fold holds out: their mean, times `factor`. Empty where there are no members of this fold.
pub(super) fn held_out_margins(members: &[&Member], fold: usize, factor: f64) -> Vec<f64> {
    let of_fold = members.iter().copied().filter(|member| member.task.fold == fold);
    mean(of_fold, |member| member.margins.last().map_or(&[], Vec::as_slice), factor)
}

/// What members predict of the training rows that their folds hold out: the mean over a row's folds, times `factor`, output by output. NaN for rows
/// that no fold with members holds out.
pub(super) fn out_of_fold(members: &[&Member], folds: &[Fold], rows: usize, factor: f64) -> Vec<f64> {
    let outputs = members.first().map_or(0, |member| member.model.num_outputs());
    let (mut sums, mut counts) = (vec![0.0; rows * outputs], vec![0u32; rows]);
    for (number, fold) in folds.iter().enumerate() {
        let margins = held_out_margins(members, number, factor);
        if margins.is_empty() {
            continue;
        }
        fold.rows.iter().for_each(|&row| counts[row as usize] += 1);
        for (sums, margins) in sums.chunks_exact_mut(rows).zip(margins.chunks_exact(fold.rows.len())) {
            fold.rows.iter().zip(margins).for_each(|(&row, margin)| sums[row as usize] += margin);
        }
    }
    sums.iter().enumerate().map(|(at, sum)| sum / f64::from(counts[at % rows])).collect()
}

/// What metrics make of the model on a data set that all members saw.
pub(super) fn measured(
    members: &[&Member],
    set: usize,
    data: &Dataset,
    params: &Params,
    factor: f64,
    metrics: &[Box<dyn Metric>],
) -> Vec<f64> {
    let margins = mean(members.iter().copied(), |member| &member.margins[set], factor);
    values(&margins, data, params, metrics)
}

/// The means over folds of what metrics make of the members of each on the rows that it holds out.
pub(super) fn measured_held_out(
    members: &[&Member],
    folds: &[Fold],
    params: &Params,
    factor: f64,
    metrics: &[Box<dyn Metric>],
) -> Vec<f64> {
    let of_fold = |(number, fold): (usize, &Fold)| {
        let margins = held_out_margins(members, number, factor);
        (!margins.is_empty()).then(|| values(&margins, &fold.held_out, params, metrics))
    };
    let all: Vec<Vec<f64>> = folds.iter().enumerate().filter_map(of_fold).collect();
    (0..metrics.len()).map(|metric| all.iter().map(|values| values[metric]).sum::<f64>() / all.len() as f64).collect()
}

fn values(margins: &[f64], data: &Dataset, params: &Params, metrics: &[Box<dyn Metric>]) -> Vec<f64> {
    let evaluation = Evaluation { objective: params.objective, margins, targets: data.targets(), ranks: &Solo };
    metrics.iter().map(|metric| metric.evaluate(&evaluation)).collect()
}
