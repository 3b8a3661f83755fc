//! `rank:ndcg`, `rank:map` and `rank:pairwise`: LambdaMART, as XGBoost has it. Pairs of rows of a query group pull their scores apart, each
//! with the force by which a measure of the group would change if the two changed places.
//!
//! A group's gradients follow from its scores and grades, in the order in which its rows came, and from nothing else: neither from where
//! the rows lie nor from other groups. Rows of equal scores are ranked in that order.

mod list;
mod measure;
mod pairs;
mod position_bias;

pub(crate) use measure::gain;

use super::loss::{GradientPair, Loss, Round};
use super::query_groups::{pick_all, pick_some, split_by_group};
use crate::collective::Collective;
use crate::data::{Groups, TargetsView};
use crate::params::PairMethod;
use crate::sampling::{self, Purpose, mix};
use crate::simd::Simd;
use crate::{Objective, Params, Result};
use list::{List, Pairing};
use measure::{AveragePrecision, Inversions, Measure, Ndcg};
use position_bias::{Costs, PositionBias};
use rayon::prelude::*;
use sapwood_score::math::ln;
use std::f64::consts::LN_2;

/// How many first rows are compared with all others, and how many others each row is compared with, unless the parameters say so.
const FIRST: usize = 32;
const DRAWN: usize = 1;

/// Positions whose bias is estimated where pairs are drawn.
const POSITIONS: usize = 32;

/// How many first rows of a group matter, if not all do.
pub(crate) fn depth(method: PairMethod, pairs: Option<usize>) -> Option<usize> {
    (method == PairMethod::TopK).then(|| pairs.unwrap_or(FIRST))
}

/// The loss of an objective that ranks.
pub(super) fn lambdarank(simd: Simd, params: &Params) -> Box<dyn Loss> {
    let depth = depth(params.lambdarank_pair_method, params.lambdarank_num_pair_per_sample.map(|pairs| pairs as usize));
    match params.objective {
        Objective::RankMap => Box::new(LambdaMart::new(simd, params, AveragePrecision)),
        Objective::RankPairwise => Box::new(LambdaMart::new(simd, params, Inversions)),
        _ => {
            let measure = Ndcg { depth: depth.unwrap_or(usize::MAX), exp_gain: params.ndcg_exp_gain };
            Box::new(LambdaMart::new(simd, params, measure))
        }
    }
}

/// Losses of pairs, weighed by changes of a measure.
struct LambdaMart<M> {
    simd: Simd,
    measure: M,
    method: PairMethod,
    /// How many first rows are compared with all others, or how many others each row is compared with.
    pairs: usize,
    normalised: bool,
    by_distance: bool,
    base_score: f64,
    seed: i64,
    bias: Option<PositionBias>,
    /// As of the start of the round, and group by group, so that a group's lie together.
    gradients: Vec<GradientPair>,
    costs: Vec<Costs>,
}

impl<M: Measure> LambdaMart<M> {
    fn new(simd: Simd, params: &Params, measure: M) -> Self {
        let method = params.lambdarank_pair_method;
        let (default, positions) = match method {
            PairMethod::TopK => (FIRST, None),
            PairMethod::Mean => (DRAWN, Some(POSITIONS)),
        };
        let pairs = params.lambdarank_num_pair_per_sample.map_or(default, |pairs| pairs as usize);
        Self {
            simd,
            measure,
            method,
            pairs,
            normalised: params.lambdarank_normalization,
            by_distance: params.lambdarank_score_normalization,
            base_score: params.base_score.unwrap_or(0.0),
            seed: params.seed,
            bias: params.lambdarank_unbiased.then(|| PositionBias::none(positions.unwrap_or(pairs), params.lambdarank_bias_norm)),
            gradients: Vec::new(),
            costs: Vec::new(),
        }
    }

    /// Computes the gradients of a group; where position biases are estimated, also the costs of its rows.
    fn group(&self, list: &mut List, key: u64, weight: f64, out: &mut [GradientPair], costs: &mut [Costs]) {
        let factor = self.measure.prepare(&list.grades, &mut list.facts);
        let pairing = Pairing { measure: self.measure, factor, by_distance: self.by_distance && !list.is_flat() };
        let magnitude = match (self.method, &self.bias) {
            (PairMethod::TopK, None) => list.add_top_pairs(self.simd, pairing, self.pairs),
            (PairMethod::TopK, _) => {
                let grades = list.grades.clone();
                let mut magnitude = 0.0;
                pairs::with_first(&grades, self.pairs, |a, b| magnitude += self.pair(list, pairing, (a, b), costs));
                magnitude
            }
            (PairMethod::Mean, _) => {
                let grades = list.grades.clone();
                let mut magnitude = 0.0;
                pairs::drawn(&grades, self.pairs, key, |a, b| magnitude += self.pair(list, pairing, (a, b), costs));
                magnitude
            }
        };
        let norm = match self.method {
            _ if !self.normalised => 1.0,
            PairMethod::TopK if magnitude > 0.0 => ln(1.0 + magnitude) / (LN_2 * magnitude),
            PairMethod::TopK => 1.0,
            PairMethod::Mean => 1.0 / self.pairs as f64,
        };
        let scale = norm * weight;
        for (place, &number) in list.numbers.iter().enumerate() {
            out[number as usize] = GradientPair::new(list.gradients[place] * scale, list.hessians[place] * scale);
        }
    }

    /// Adds the gradients of a pair. Returns the sum of their magnitudes.
    fn pair(&self, list: &mut List, pairing: Pairing<M>, places: (usize, usize), costs: &mut [Costs]) -> f64 {
        let (better, other) = if list.grades[places.0] > list.grades[places.1] { places } else { (places.1, places.0) };
        let [better, other] = [better, other].map(|place| list.numbers[place] as usize);
        let term = list.add_pair(pairing, places, self.bias.as_ref().map_or(1.0, |bias| bias.of(better, other)));
        if let Some(bias) = &self.bias {
            bias.add(better, other, term.cost, costs);
        }
        2.0 * term.gradient.abs()
    }

    fn all_groups(&mut self, number: usize, round: &Round<'_>, groups: &Groups) {
        let key = sampling::key(self.seed, Purpose::Pairs, number as u64);
        let (targets, margins) = (round.targets, round.margins_of(0));
        let (mut gradients, mut costs) = (std::mem::take(&mut self.gradients), std::mem::take(&mut self.costs));
        gradients.clear();
        gradients.resize(groups.ids().len(), GradientPair::default());
        costs.clear();
        costs.resize(if self.bias.is_some() { groups.ids().len() } else { 0 }, Costs::default());
        let parts = split_by_group(&mut gradients, groups).into_par_iter().zip(split_by_group(&mut costs, groups));
        parts.enumerate().for_each_init(List::default, |list, (group, (out, costs))| {
            let rows = groups.rows_of(group);
            if rows.len() > 1 {
                list.rank(rows, margins, targets.labels());
                self.group(list, mix(key ^ groups.id(group)), targets.weight(rows[0] as usize), out, costs);
            }
        });
        (self.gradients, self.costs) = (gradients, costs);
    }
}

impl<M: Measure> Loss for LambdaMart<M> {
    /// Only differences of scores matter.
    fn base_score(&self, _: TargetsView<'_>, _: &dyn Collective) -> Result<Vec<f64>> {
        Ok(vec![self.base_score])
    }

    /// Changes of a measure between 0 and 1, times weights.
    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let heaviest = round.targets.weights().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        Ok(ranks.max_magnitudes([heaviest])[0])
    }

    fn remembers(&self) -> bool {
        self.bias.is_some()
    }

    fn start_round(&mut self, number: usize, round: &Round<'_>, ranks: &dyn Collective) {
        let groups = round.targets.by_group();
        if let Some(groups) = groups {
            self.all_groups(number, round, groups);
        }
        if let Some(bias) = &mut self.bias {
            bias.update(self.simd, groups, &self.costs, ranks);
        }
    }

    fn gradients(&self, _: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        pick_all(&self.gradients, round.targets, out);
    }

    fn gradients_of(&self, _: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        pick_some(&self.gradients, round.targets, rows, out);
    }
}

#[cfg(test)]
mod tests;
