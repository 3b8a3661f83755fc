//! Outputs, classes, calibration and members agree with each other.

use super::{Check, MAX_OUTPUTS, repeated};
use crate::{Calibration, Ensemble, Link, MeanOf, Member, Model, OnnxTransform, Outputs, Prediction};

pub(super) fn check(model: &Model) -> Check {
    if model.parallel_trees == 0 || model.num_outputs() == 0 {
        return Err("it has no output".into());
    }
    if model.num_outputs() > MAX_OUTPUTS {
        return Err(format!("{} outputs, more than {MAX_OUTPUTS}", model.num_outputs()));
    }
    check_base_score(&model.base_score)?;
    check_kind(model)?;
    check_link(model)?;
    check_classes(model)?;
    if let Some(calibration) = &model.calibration {
        check_calibration(calibration, model.num_outputs())?;
    }
    if let Some(role) = model.required_roles.iter().enumerate().find(|(n, role)| model.required_roles[..*n].contains(role)) {
        return Err(format!("role {} is named twice", role.1.name()));
    }
    model.ensemble.as_ref().map_or(Ok(()), |ensemble| check_ensemble(model, ensemble))
}

fn check_base_score(base_score: &[f64]) -> Check {
    base_score.iter().find(|base| !base.is_finite()).map_or(Ok(()), |base| Err(format!("base score {base}")))
}

fn check_kind(model: &Model) -> Check {
    let outputs = model.num_outputs();
    let levels_fit = |levels: &[f64]| levels.len() == outputs && levels.iter().all(|&level| level > 0.0 && level < 1.0);
    let fits = match &model.outputs {
        Outputs::Value | Outputs::Binary => outputs == 1,
        Outputs::Classes => outputs > 1,
        Outputs::Targets(names) => names.len() == outputs && repeated(names).is_none(),
        Outputs::Quantiles(levels) | Outputs::Expectiles(levels) => levels_fit(levels),
    };
    if !fits {
        return Err(format!("{outputs} outputs that are {:?}", model.outputs));
    }
    let Some(objective) = model.objective.known() else { return Ok(()) };
    let is_classifier = model.num_classes().is_some() || matches!(model.outputs, Outputs::Targets(_));
    let is_multiclass = matches!(model.outputs, Outputs::Classes);
    let fits = match objective.is_classification() {
        true => is_classifier && objective.is_multiclass() == is_multiclass,
        false => model.num_classes().is_none(),
    };
    if fits { Ok(()) } else { Err(format!("objective {} with {outputs} outputs that are {:?}", objective.name(), model.outputs)) }
}

fn check_link(model: &Model) -> Check {
    let fits = match model.link {
        Link::Softmax => matches!(model.outputs, Outputs::Classes),
        Link::Sorted | Link::CumulativeSoftplus => matches!(model.outputs, Outputs::Quantiles(_) | Outputs::Expectiles(_)),
        Link::Logit { scale } => scale.is_finite() && scale > 0.0,
        // Forests whose leaves are probabilities have no link.
        Link::Identity => true,
        Link::Step => !matches!(model.outputs, Outputs::Classes),
        Link::Onnx(OnnxTransform::Exp { factor }) => factor.is_finite(),
        Link::Onnx(OnnxTransform::Logistic { cut }) => cut.is_finite(),
        Link::Onnx(_) => true,
        _ => model.num_classes().is_none(),
    };
    if !fits {
        return Err(format!("link {:?} of outputs that are {:?}", model.link, model.outputs));
    }
    match model.prediction {
        Prediction::Class if model.num_classes().is_none() => Err("it predicts classes and has none".into()),
        _ => Ok(()),
    }
}

fn check_classes(model: &Model) -> Check {
    let Some(classes) = &model.classes else { return Ok(()) };
    match model.num_classes() {
        None => Err(format!("objective {} with classes", model.objective.name)),
        Some(expected) if classes.len() != expected => Err(format!("{} class texts for {expected} classes", classes.len())),
        Some(_) => repeated(classes).map_or(Ok(()), |text| Err(format!("class {text:?} occurs twice"))),
    }
}

fn check_calibration(calibration: &Calibration, outputs: usize) -> Check {
    let fits = match calibration {
        Calibration::Linear { slopes, intercepts } => {
            slopes.len() == outputs && intercepts.len() == outputs && slopes.iter().chain(intercepts).all(|x| x.is_finite())
        }
        Calibration::Isotonic { outputs: functions } => {
            functions.len() == outputs && functions.iter().all(|points| is_monotone(points))
        }
    };
    if fits { Ok(()) } else { Err("a calibration that does not fit the outputs, or that is not a function".into()) }
}

fn is_monotone(points: &[(f64, f64)]) -> bool {
    let is_finite = points.iter().all(|(x, y)| x.is_finite() && y.is_finite());
    !points.is_empty() && is_finite && points.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1)
}

fn check_ensemble(model: &Model, ensemble: &Ensemble) -> Check {
    if !model.base_score.is_empty() || model.layout.is_some() || model.best_iteration.is_some() || model.best_score.is_some() {
        return Err("an ensemble whose base score, layout or best round is not left to its members".into());
    }
    if ensemble.mean_of == MeanOf::Votes && model.num_classes().is_none() {
        return Err(format!("members that vote for classes, and outputs that are {:?}", model.outputs));
    }
    let members = &ensemble.members;
    members
        .iter()
        .enumerate()
        .try_for_each(|(n, member)| check_member(model, member).map_err(|what| format!("member {n}: {what}")))?;
    let trees: u64 = members.iter().map(|member| u64::from(member.trees)).sum();
    if trees != model.trees.len() as u64 {
        return Err(format!("members of {trees} trees, the model has {}", model.trees.len()));
    }
    let weight: f64 = members.iter().map(|member| member.weight).sum();
    if weight.is_finite() && weight > 0.0 { Ok(()) } else { Err(format!("members of weight {weight}")) }
}

fn check_member(model: &Model, member: &Member) -> Check {
    check_base_score(&member.base_score)?;
    if member.base_score.len() != model.num_outputs() {
        return Err(format!("{} base scores for {} outputs", member.base_score.len(), model.num_outputs()));
    }
    if !member.weight.is_finite() || member.weight < 0.0 {
        return Err(format!("weight {}", member.weight));
    }
    super::trees::check_rounds(member.trees as usize, model.trees_per_round(), member.best_iteration)
}
