//! What ranks agree on after each round: that they have grown the same trees and measured the same, and whether training goes on.

use super::report::RoundReport;
use crate::collective::Collective;
use crate::{Error, Result, Tree};
use sapwood_score::{Condition, Leaf, LeafValue, Node, Split};
use xxhash_rust::xxh3::Xxh3;

/// Whether training goes on after a round, in which `trees` were grown: it does if all ranks want it to.
///
/// # Errors
/// The ranks have grown different trees or measured different values. That is a defect, of this program or of a machine.
pub(super) fn goes_on(ranks: &dyn Collective, trees: &[Tree], report: &RoundReport, goes_on: bool) -> Result<bool> {
    if ranks.is_alone() {
        return Ok(goes_on);
    }
    let hash = hash(trees, report) as i64;
    // The complement turns the order around.
    let mut largest = [hash, !hash, i64::from(!goes_on)];
    ranks.all_reduce_max(&mut largest);
    // The largest hash is the smallest one, too.
    if largest[0] != !largest[1] {
        return Err(Error::internal(format!(
            "the trees or the metrics of round {} differ between the hosts; give all hosts CPUs and an image of the same kind, and report \
             this if they are",
            report.round
        )));
    }
    Ok(largest[2] == 0)
}

fn hash(trees: &[Tree], report: &RoundReport) -> u64 {
    let mut numbers = Numbers::default();
    for tree in trees {
        numbers.float(tree.weight);
        tree.counts.iter().for_each(|&count| numbers.word(count));
        for node in &tree.nodes {
            match node {
                Node::Leaf(leaf) => numbers.leaf(leaf),
                Node::Split(split) => numbers.split(split),
            }
        }
    }
    report.values.iter().for_each(|(_, _, value)| numbers.float(*value));
    numbers.0.digest()
}

/// A hash of numbers.
#[derive(Default)]
struct Numbers(Xxh3);

impl Numbers {
    fn word(&mut self, word: u64) {
        self.0.update(&word.to_le_bytes());
    }

    fn float(&mut self, number: f64) {
        self.word(number.to_bits());
    }

    fn leaf(&mut self, leaf: &Leaf) {
        self.float(leaf.cover);
        match &leaf.value {
            LeafValue::Scalar(value) => self.float(*value),
            LeafValue::Vector(values) => values.iter().for_each(|&value| self.float(value)),
            LeafValue::Linear(linear) => {
                let terms =
                    linear.terms.iter().flat_map(|term| [f64::from(term.feature), term.coefficient, term.range.0, term.range.1]);
                terms
                    .chain([linear.constant, linear.if_missing, linear.range.0, linear.range.1])
                    .for_each(|number| self.float(number));
            }
            _ => {}
        }
    }

    fn split(&mut self, split: &Split) {
        [split.feature, u32::from(split.default_left), split.left, split.right].iter().for_each(|&word| self.word(word.into()));
        [split.gain, split.cover].iter().for_each(|&number| self.float(number));
        match &split.condition {
            Condition::Threshold(threshold) => self.float(*threshold),
            Condition::Levels(levels) => levels.iter().for_each(|&word| self.word(word)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::{Solo, Threads};

    fn tree(threshold: f64, value: f64) -> Tree {
        let leaf = |value| Node::Leaf(Leaf::new(value, 3.0));
        let split = Node::Split(Split::new(1, Condition::Threshold(threshold), true, (1, 2), 0.5, 6.0));
        Tree::new(vec![split, leaf(value), leaf(-value)])
    }

    fn report(value: f64) -> RoundReport {
        RoundReport { round: 4, values: vec![("train".into(), "rmse".into(), value)] }
    }

    #[test]
    fn ranks_stop_together() {
        let with_stop =
            |stopping| Threads::run(3, |ranks| goes_on(ranks, &[tree(0.5, 1.0)], &report(2.0), ranks.rank() != stopping).unwrap());
        assert_eq!(with_stop(1), [false; 3]);
        assert_eq!(with_stop(9), [true; 3]);
        assert!(!goes_on(&Solo, &[], &report(2.0), false).unwrap());
    }

    #[test]
    fn any_difference_ends_the_job_on_all() {
        let last_bit = f64::from_bits(1.0f64.to_bits() + 1);
        let others = [(tree(0.5, last_bit), 2.0), (tree(last_bit, 1.0), 2.0), (tree(0.5, 1.0), f64::NAN)];
        for (other, metric) in others {
            let found = Threads::run(3, |ranks| match ranks.rank() {
                1 => goes_on(ranks, std::slice::from_ref(&other), &report(metric), true),
                _ => goes_on(ranks, &[tree(0.5, 1.0)], &report(2.0), true),
            });
            assert!(found.iter().all(|found| found.as_ref().is_err_and(|error| error.to_string().contains("round 4 differ"))));
        }
    }
}
