//! [`Dart`]: which earlier trees are dropped in a round, and what trees weigh afterwards (Rashmi & Gilad-Bachrach 2015), as in XGBoost.
//!
//! What is dropped is drawn by hashes of (seed, round, tree), so that a run that is taken up again draws what the first one did. Weights
//! follow from the draws.

use crate::params::{Booster, NormalizeType, SampleType};
use crate::sampling::{Purpose, key, number};
use crate::{Params, Tree};

/// Drops trees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dart {
    seed: i64,
    rate_drop: f64,
    skip_drop: f64,
    one_drop: bool,
    is_weighted: bool,
    is_forest: bool,
    /// What the new trees of a round take of what is dropped: `eta` divided by their number.
    rate: f64,
}

/// What a round does to earlier trees.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dropped {
    /// The numbers of the trees that are dropped, ascending.
    pub trees: Vec<usize>,
    /// What their weights are multiplied by when they come back.
    pub factor: f64,
    /// The weight of the round's new trees.
    pub weight: f64,
}

impl Dropped {
    /// Nothing is dropped.
    pub fn none() -> Self {
        Self { trees: Vec::new(), factor: 1.0, weight: 1.0 }
    }

    /// Gives trees that come back their new weights.
    pub fn reweigh(&self, trees: &mut [Tree]) {
        self.trees.iter().for_each(|&index| trees[index].weight *= self.factor);
    }
}

impl Dart {
    /// What the parameters say, if they say that trees are dropped.
    pub fn new(params: &Params, trees_per_round: usize) -> Option<Self> {
        (params.booster == Booster::Dart).then(|| Self {
            seed: params.seed,
            rate_drop: params.rate_drop,
            skip_drop: params.skip_drop,
            one_drop: params.one_drop,
            is_weighted: params.sample_type == SampleType::Weighted,
            is_forest: params.normalize_type == NormalizeType::Forest,
            rate: params.eta / trees_per_round as f64,
        })
    }

    /// What a round drops of the trees so far.
    pub fn drop(&self, round: usize, trees: &[Tree]) -> Dropped {
        let trees = self.draw(round, trees);
        let count = trees.len() as f64;
        match (trees.is_empty(), self.is_forest) {
            (true, _) => Dropped::none(),
            (false, true) => Dropped { trees, factor: 1.0 / (1.0 + self.rate), weight: 1.0 / (1.0 + self.rate) },
            (false, false) => Dropped { trees, factor: count / (count + self.rate), weight: 1.0 / (count + self.rate) },
        }
    }

    /// Gives trees the weights that they had after the last of their rounds, whatever later ones made of them.
    pub fn rewind(&self, trees: &mut [Tree], trees_per_round: usize) {
        for round in 0..trees.len() / trees_per_round {
            let first = round * trees_per_round;
            let dropped = self.drop(round, &trees[..first]);
            trees[first..first + trees_per_round].iter_mut().for_each(|tree| tree.weight = dropped.weight);
            dropped.reweigh(trees);
        }
    }

    fn draw(&self, round: usize, trees: &[Tree]) -> Vec<usize> {
        let round = round as u64;
        if number(key(self.seed, Purpose::SkipDrop, round), 0) < self.skip_drop {
            return Vec::new();
        }
        let weight = |index: usize| if self.is_weighted { trees[index].weight } else { 1.0 };
        let total: f64 = (0..trees.len()).map(weight).sum();
        let share = self.rate_drop * trees.len() as f64 / total;
        let drops = key(self.seed, Purpose::Drop, round);
        let mut drawn: Vec<usize> = (0..trees.len()).filter(|&index| number(drops, index as u64) < share * weight(index)).collect();
        if self.one_drop && drawn.is_empty() && !trees.is_empty() {
            let mut left = number(key(self.seed, Purpose::OneDrop, round), 0) * total;
            let is_it = |&index: &usize| {
                left -= weight(index);
                left < 0.0
            };
            drawn.push((0..trees.len()).find(is_it).unwrap_or(trees.len() - 1));
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamsBuilder;

    fn dart(change: impl Fn(ParamsBuilder) -> ParamsBuilder) -> Dart {
        let params = change(Params::builder().num_round(1).eta(0.4).booster(Booster::Dart)).build().unwrap();
        Dart::new(&params, 2).unwrap()
    }

    fn trees(weights: &[f64]) -> Vec<Tree> {
        let tree = |&weight: &f64| {
            let mut tree = Tree::leaf(1.0, 1.0);
            tree.weight = weight;
            tree
        };
        weights.iter().map(tree).collect()
    }

    /// How often each tree is dropped in many rounds.
    fn shares(dart: Dart, trees: &[Tree]) -> Vec<f64> {
        const ROUNDS: usize = 40_000;
        let mut counts = vec![0.0; trees.len()];
        (0..ROUNDS).for_each(|round| dart.drop(round, trees).trees.into_iter().for_each(|index| counts[index] += 1.0));
        counts.iter().map(|count| count / ROUNDS as f64).collect()
    }

    fn are_near(found: &[f64], expected: &[f64]) {
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.01), "{found:?} {expected:?}");
    }

    #[test]
    fn trees_are_dropped_as_often_as_they_should() {
        let four = trees(&[0.5, 1.0, 1.0, 1.5]);
        are_near(&shares(dart(|p| p.rate_drop(0.3)), &four), &[0.3; 4]);
        are_near(&shares(dart(|p| p.rate_drop(0.3).skip_drop(0.5)), &four), &[0.15; 4]);
        let weighted = |p: ParamsBuilder| p.sample_type(SampleType::Weighted);
        are_near(&shares(dart(|p| weighted(p.rate_drop(0.4))), &four), &[0.2, 0.4, 0.4, 0.6]);
        are_near(&shares(dart(|p| p.one_drop(true)), &four), &[0.25; 4]);
        are_near(&shares(dart(|p| weighted(p.one_drop(true))), &four), &[0.125, 0.25, 0.25, 0.375]);
        assert!(shares(dart(|p| p), &four) == [0.0; 4] && shares(dart(|p| p.rate_drop(1.0)), &four) == [1.0; 4]);
        assert_eq!(dart(|p| p.one_drop(true)).drop(0, &[]), Dropped::none());
    }

    #[test]
    fn weights_are_those_of_xgboost() {
        let all = |change: fn(ParamsBuilder) -> ParamsBuilder| dart(|p| change(p.rate_drop(1.0))).drop(3, &trees(&[1.0, 0.5, 1.0]));
        let Dropped { factor, weight, .. } = all(|p| p);
        assert_eq!((factor, weight), (3.0 / 3.2, 1.0 / 3.2));
        let Dropped { factor, weight, .. } = all(|p| p.normalize_type(NormalizeType::Forest));
        assert_eq!((factor, weight), (1.0 / 1.2, 1.0 / 1.2));
        let mut reweighed = trees(&[1.0, 0.5, 1.0]);
        Dropped { trees: vec![1, 2], factor: 0.5, weight: 1.0 }.reweigh(&mut reweighed);
        assert_eq!(reweighed, trees(&[1.0, 0.25, 0.5]));
    }
}
