//! A model as a weighted sum: which trees and which base score belong to a member, and how much each counts.

use crate::{Member, Model};
use std::ops::Range;

/// A member of an ensemble; the only one of a model that is none.
pub(crate) struct Part {
    pub trees: Range<usize>,
    pub base_score: Vec<f64>,
    /// Its share in the mean.
    pub share: f64,
}

/// The members of a valid model, in their order.
pub(crate) fn parts(model: &Model) -> Vec<Part> {
    let Some(ensemble) = &model.ensemble else {
        return vec![Part { trees: 0..model.trees.len(), base_score: model.base_score.clone(), share: 1.0 }];
    };
    let whole: f64 = ensemble.members.iter().map(|member| member.weight).sum();
    let mut first = 0;
    let part = |member: &Member| {
        let trees = first..first + member.trees as usize;
        first = trees.end;
        Part { trees, base_score: member.base_score.clone(), share: member.weight / whole }
    };
    ensemble.members.iter().map(part).collect()
}
