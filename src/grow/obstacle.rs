//! What keeps a tree from its first split, found by trying again without one limit after the other.

use super::grower::{TreeGrower, TreeInput};
use super::partition::NodeRows;
use crate::binning::BinMapper;
use crate::execution::Execution;
use crate::numeric::Short;
use crate::split::FeatureRules;
use crate::text::counted;
use crate::{Params, Result};

/// A split of all rows.
struct FirstSplit {
    gain: f64,
    /// The smaller of its sides' hessians.
    least_hess: f64,
}

/// The rows of a tree, and the split that they have under some parameters.
struct Trial {
    rows: u64,
    hess: f64,
    split: Option<FirstSplit>,
}

/// Why a tree that is grown from `input` has no split: a part of a sentence, with the remedy where there is one.
///
/// # Errors
/// Bins that cannot be read back from their file.
pub(crate) fn obstacle(
    params: &Params,
    rules: &FeatureRules,
    mapper: &BinMapper,
    execution: Execution<'_>,
    mut input: TreeInput<'_>,
) -> Result<String> {
    let all = Params { colsample_bytree: 1.0, colsample_bylevel: 1.0, colsample_bynode: 1.0, extra_trees: false, ..params.clone() };
    if rules.are_monotone()
        && trial(&all, rules, mapper, execution, &mut input)?.split.is_none()
        && let Some(split) = trial(&all, &FeatureRules::default(), mapper, execution, &mut input)?.split
    {
        return Ok(format!(
            "monotone_constraints allow none: without them, the largest gain is {}; turn their directions round, or leave them out",
            Short(split.gain)
        ));
    }
    let mut without = |relax: fn(&mut Params)| {
        let mut relaxed = all.clone();
        relax(&mut relaxed);
        trial(&relaxed, rules, mapper, execution, &mut input)
    };
    let plain = without(|_| {})?;
    if plain.rows < 2 {
        return Ok(format!(
            "a tree is grown on {}: there are no more, or none is drawn; give more rows",
            counted(plain.rows as usize, "row")
        ));
    }
    if plain.split.is_some() && params.extra_trees {
        return Ok("extra_trees tries one threshold of each feature, and those that were drawn allow none; lower min_child_weight, or train more rounds".into());
    }
    if plain.split.is_some() {
        return Ok("the features that a tree or a node may use have none, others would; raise colsample_bytree, colsample_bylevel or colsample_bynode".into());
    }
    if let Trial { hess, split: Some(split), .. } = without(no_min_child_weight)? {
        return Ok(format!(
            "min_child_weight={} is more than a split leaves on both sides: all rows have a hessian of {}, of which the best split leaves {} on \
             its smaller side; lower min_child_weight, or multiply the weights of all rows by a constant",
            params.min_child_weight,
            Short(hess),
            Short(split.least_hess)
        ));
    }
    if let Some(split) = without(no_gamma)?.split {
        return Ok(format!("gamma={} is more than the largest gain, {}; lower gamma", params.gamma, Short(split.gain)));
    }
    if let Some(split) = without(no_alpha)?.split {
        return Ok(format!(
            "alpha={} outweighs all gradients: without it, the largest gain is {}; lower alpha",
            params.alpha,
            Short(split.gain)
        ));
    }
    if without(no_least_levels)?.split.is_some() {
        return Ok(format!(
            "cat_smooth={} and min_data_per_group={} ask for more rows than levels have; lower them",
            params.cat_smooth, params.min_data_per_group
        ));
    }
    let unlimited =
        without(|params| [no_min_child_weight, no_gamma, no_alpha, no_least_levels].into_iter().for_each(|relax| relax(params)))?;
    Ok(match unlimited.split {
        Some(split) => format!(
            "min_child_weight={}, gamma={} and alpha={} together allow none: without them, the largest gain is {}; lower them",
            params.min_child_weight,
            params.gamma,
            params.alpha,
            Short(split.gain)
        ),
        None => "no feature tells rows apart that the trees could fit better".into(),
    })
}

fn no_min_child_weight(params: &mut Params) {
    params.min_child_weight = 0.0;
}

fn no_gamma(params: &mut Params) {
    params.gamma = 0.0;
}

fn no_alpha(params: &mut Params) {
    params.alpha = 0.0;
}

fn no_least_levels(params: &mut Params) {
    (params.cat_smooth, params.min_data_per_group) = (0.0, 0.0);
}

/// The root of a tree under some parameters.
fn trial(
    params: &Params,
    rules: &FeatureRules,
    mapper: &BinMapper,
    execution: Execution<'_>,
    input: &mut TreeInput<'_>,
) -> Result<Trial> {
    let grower = TreeGrower::new(params, rules, mapper, input.matrix, input.quantised.outputs, execution);
    let features = (0..mapper.features().len() as u32).collect();
    let [mut rows, mut spare] = std::mem::take(&mut input.rows);
    spare.resize(rows.len(), 0);
    let mut sides = vec![0; rows.len()];
    let context = grower.context(input, input.matrix, features);
    let root = context.root(NodeRows::new(&mut rows, &mut spare, &mut sides))?;
    let unit = input.quantised.units.hess;
    let split = root
        .split
        .as_ref()
        .map(|split| FirstSplit { gain: split.gain, least_hess: split.left.hess.min(split.right.hess) as f64 * unit });
    let trial = Trial { rows: root.context.rows, hess: root.context.sums.hess as f64 * unit, split };
    drop((root, context));
    input.rows = [rows, spare];
    Ok(trial)
}
