//! Rungs of a generation of trials: all of them are judged by few folds, and the best go on to more (successive halving, Jamieson & Talwalkar 2016,
//! with folds in the place of rounds: a trial with few rounds would look worse the less it learns in each).

/// Of so many trials one goes on to the next rung.
const FACTOR: usize = 3;

/// Trials that are drawn together and compared with each other. With five folds they come to 12, 4 and 6 trainings: two and four threads have
/// little to wait for.
pub(super) const GENERATION: usize = 12;

/// By how many folds trials of each rung are judged, of so many in all: a ninth, a third, all. A validation set counts as one.
pub(super) fn rungs(folds: usize) -> Vec<usize> {
    let folds = folds.max(1);
    let mut rungs = vec![folds.div_ceil(FACTOR * FACTOR), folds.div_ceil(FACTOR), folds];
    rungs.dedup();
    rungs
}

/// Which of some trials go on: the best third, at least one, by (how bad, number), ascending by number.
pub(super) fn promoted(judged: &[(f64, usize)]) -> Vec<usize> {
    let mut order = judged.to_vec();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut best: Vec<usize> = order.iter().take(judged.len().div_ceil(FACTOR)).map(|(_, trial)| *trial).collect();
    best.sort_unstable();
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_trials_become_three_and_one() {
        let judged: Vec<(f64, usize)> = [5.0, 1.0, 4.0, 1.0, 9.0, 2.0, 6.0, f64::INFINITY, 3.0].into_iter().zip(10..).collect();
        assert_eq!(promoted(&judged), [11, 13, 15]);
        assert_eq!(promoted(&[(1.0, 11), (1.0, 13), (2.0, 15)]), [11]);
        assert_eq!(promoted(&judged[..2]), [11]);
        assert!(promoted(&[]).is_empty());
    }

    #[test]
    fn every_rung_has_more_folds_than_the_one_before() {
        let expected: [(usize, &[usize]); 6] =
            [(0, &[1]), (1, &[1]), (2, &[1, 2]), (3, &[1, 3]), (5, &[1, 2, 5]), (10, &[2, 4, 10])];
        for (folds, rungs) in expected {
            assert_eq!(super::rungs(folds), rungs);
        }
    }
}
