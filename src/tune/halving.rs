//! Successive halving (Jamieson & Talwalkar 2016; Li et al. 2018, "Hyperband"): of many trials with few rounds the best go on to more.

/// Of so many trials one goes on to the next rung.
const FACTOR: usize = 3;

/// Rungs of a bracket; at the last one trials train to their end.
pub(super) const RUNGS: usize = 3;

/// Trials that are compared with each other.
pub(super) const BRACKET: usize = FACTOR.pow(RUNGS as u32 - 1);

/// The rounds of a rung, where a whole training has `whole`; `None` at the last, where training ends as it does alone.
pub(super) fn rounds(rung: usize, whole: usize) -> Option<usize> {
    (rung + 1 < RUNGS).then(|| whole.div_ceil(FACTOR.pow((RUNGS - 1 - rung) as u32)))
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
        assert_eq!(BRACKET, 9);
        let judged: Vec<(f64, usize)> = [5.0, 1.0, 4.0, 1.0, 9.0, 2.0, 6.0, f64::NAN, 3.0].into_iter().zip(10..).collect();
        assert_eq!(promoted(&judged), [11, 13, 15]);
        assert_eq!(promoted(&[(1.0, 11), (1.0, 13), (2.0, 15)]), [11]);
        assert_eq!(promoted(&judged[..2]), [11]);
        assert!(promoted(&[]).is_empty());
    }

    #[test]
    fn rungs_have_a_ninth_a_third_and_all_rounds() {
        assert_eq!([0, 1, 2].map(|rung| rounds(rung, 100)), [Some(12), Some(34), None]);
        assert_eq!(rounds(0, 1), Some(1));
    }
}
