//! [`exchange`]: from the best splits that each rank found among its features to the best ones of all.

use crate::collective::{self, Collective};
use crate::histogram::Sums;
use crate::split::{BinCondition, Candidate, Candidates, SplitInfo};

/// Replaces what this rank found for some nodes by the best that any rank found. The nodes are the same on all ranks.
pub(super) fn exchange(ranks: &dyn Collective, found: Vec<&mut Candidates>) {
    if ranks.is_alone() {
        return;
    }
    let mut words = Vec::new();
    found.iter().for_each(|found| encode(found, &mut words));
    let gathered = ranks.all_gather(bytemuck::cast_slice(&words));
    let gathered: Vec<Vec<u64>> = gathered.iter().map(|bytes| collective::words(bytes)).collect();
    let mut readers: Vec<Words<'_>> = gathered.iter().map(|words| Words(words)).collect();
    for found in found {
        *found = readers.iter_mut().map(decode).fold(Candidates::default(), merge);
        found.splittable.sort_unstable();
    }
}

/// What two ranks found for a node.
fn merge(mut all: Candidates, one: Candidates) -> Candidates {
    all.splittable.extend(one.splittable);
    all.best = match (all.best, one.best) {
        (Some(all), Some(one)) => Some(all.better(one)),
        (all, one) => all.or(one),
    };
    all
}

/// Writes, as words: the features that may be split on, behind their number; 0 or 1 candidates; of one its score, gain and feature, which
/// side missing values go to, the left and the right sums, the number of outputs and the
/// left sums of each, the number of its levels' words or 0, and these or the bin.
fn encode(found: &Candidates, words: &mut Vec<u64>) {
    words.push(found.splittable.len() as u64);
    words.extend(found.splittable.iter().map(|&feature| u64::from(feature)));
    words.push(u64::from(found.best.is_some()));
    if let Some(Candidate { score, split }) = &found.best {
        words.extend([score.to_bits(), split.gain.to_bits(), u64::from(split.feature), u64::from(split.missing_left)]);
        words.extend([split.left, split.right].iter().flat_map(|sums| [sums.grad as u64, sums.hess as u64]));
        words.push(split.left_outputs.len() as u64);
        words.extend(split.left_outputs.iter().flat_map(|sums| [sums.grad as u64, sums.hess as u64]));
        match &split.condition {
            BinCondition::Bin(bin) => words.extend([0, *bin as u64]),
            BinCondition::Levels(levels) => {
                words.push(levels.len() as u64);
                words.extend(levels);
            }
        }
    }
}

fn decode(words: &mut Words<'_>) -> Candidates {
    let count = words.next() as usize;
    let splittable = words.take(count).iter().map(|&feature| feature as u32).collect();
    let best = (words.next() == 1).then(|| {
        let (score, gain) = (f64::from_bits(words.next()), f64::from_bits(words.next()));
        let (feature, missing_left) = (words.next() as u32, words.next() == 1);
        let mut sums = || Sums { grad: words.next() as i64, hess: words.next() as i64 };
        let (left, right) = (sums(), sums());
        let outputs = words.next() as usize;
        let left_outputs =
            words.take(2 * outputs).as_chunks::<2>().0.iter().map(|&[grad, hess]| Sums { grad: grad as i64, hess: hess as i64 });
        let left_outputs = left_outputs.collect();
        let condition = match words.next() as usize {
            0 => BinCondition::Bin(words.next() as usize),
            levels => BinCondition::Levels(words.take(levels).to_vec()),
        };
        Candidate { score, split: SplitInfo { gain, feature, condition, missing_left, left, right, left_outputs } }
    });
    Candidates { best, splittable }
}

/// Words that another rank wrote, to be read in their order.
struct Words<'w>(&'w [u64]);

impl<'w> Words<'w> {
    fn next(&mut self) -> u64 {
        self.take(1)[0]
    }

    fn take(&mut self, count: usize) -> &'w [u64] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Threads;

    fn candidate(score: f64, feature: u32, condition: BinCondition) -> Option<Candidate> {
        let sums = |grad| Sums { grad, hess: 3 };
        let left_outputs = (0..feature as i64 % 3).map(sums).collect();
        let (missing_left, left, right) = (feature == 4, sums(-1), sums(7));
        let split = SplitInfo { gain: score / 2.0, feature, condition, missing_left, left, right, left_outputs };
        Some(Candidate { score, split })
    }

    #[test]
    fn the_best_of_all_ranks_wins_and_the_lowest_feature_a_tie() {
        let levels = candidate(2.5, 4, BinCondition::Levels(vec![5, u64::MAX]));
        let by_rank = [
            [(candidate(2.5, 9, BinCondition::Bin(1)), vec![9, 12]), (None, vec![])],
            [(levels.clone(), vec![4]), (candidate(1.0, 3, BinCondition::Bin(254)), vec![])],
            [(candidate(2.25, 1, BinCondition::Bin(3)), vec![1]), (None, vec![])],
        ];
        let found = Threads::run(3, |ranks| {
            let mut found = by_rank[ranks.rank()].clone().map(|(best, splittable)| Candidates { best, splittable });
            exchange(ranks, found.iter_mut().collect());
            found
        });
        let second = by_rank[1][1].0.clone();
        let expected =
            [Candidates { best: levels, splittable: vec![1, 4, 9, 12] }, Candidates { best: second, splittable: vec![] }];
        assert!(found.iter().all(|found| *found == expected));
    }
}
