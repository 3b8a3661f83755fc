//! Measures of the order within query groups, averaged over groups.
//!
//! Rows of equal scores are taken in the order in which they came, as XGBoost does. A group counts by the weight of its rows. Of XGBoost's
//! definitions one is not followed: with weights, it counts groups without a relevant row as if they had none.

use super::reduce::mean_of_groups;
use super::{Evaluation, Metric};
use crate::numeric::discount;
use crate::objective::gain;
use crate::simd::Simd;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Ndcg,
    AveragePrecision,
    Precision,
    ReciprocalRank,
}

/// A measure of the first rows of each group.
pub(super) struct Ranking {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) measure: Measure,
    /// How many first rows count.
    pub(super) depth: usize,
    /// What a group without a relevant row counts as, where the measure does not tell.
    pub(super) without_relevant: f64,
    /// Whether a grade gains 2^grade − 1.
    pub(super) exp_gain: bool,
}

impl Metric for Ranking {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    /// NaN where there are no groups.
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let (margins, labels) = (evaluation.margins, evaluation.targets.labels());
        mean_of_groups(self.simd, evaluation, |grades: &mut Vec<f64>, rows| {
            let mut ranked = rows.to_vec();
            // Zero has two signs.
            let score = |row: u32| margins[row as usize] + 0.0;
            ranked.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            grades.clear();
            grades.extend(ranked.iter().map(|&row| labels[row as usize]));
            self.of_group(grades)
        })
    }
}

impl Ranking {
    /// The value of a group whose rows have these grades, that of the first row first.
    fn of_group(&self, grades: &mut [f64]) -> f64 {
        let first = &grades[..grades.len().min(self.depth)];
        let is_relevant = |grade: &f64| *grade > 0.0;
        let relevant = || grades.iter().copied().filter(|grade| is_relevant(grade)).count();
        match self.measure {
            Measure::Ndcg => {
                let reached = self.gains(first);
                grades.sort_unstable_by(|a, b| b.total_cmp(a));
                let ideal = self.gains(&grades[..grades.len().min(self.depth)]);
                if ideal > 0.0 { reached / ideal } else { self.without_relevant }
            }
            Measure::AveragePrecision => {
                let hits = (1..).zip(first).filter(|(_, grade)| is_relevant(grade));
                let precisions = (1..).zip(hits).map(|(hits, (place, _))| f64::from(hits) / f64::from(place)).sum::<f64>();
                match relevant() {
                    0 => self.without_relevant,
                    relevant => precisions / relevant.min(self.depth) as f64,
                }
            }
            Measure::Precision => first.iter().filter(|grade| is_relevant(grade)).count() as f64 / first.len() as f64,
            Measure::ReciprocalRank => first.iter().position(is_relevant).map_or(0.0, |place| 1.0 / (place + 1) as f64),
        }
    }

    /// The discounted gains of rows in this order.
    fn gains(&self, grades: &[f64]) -> f64 {
        grades.iter().enumerate().map(|(place, &grade)| gain(grade, self.exp_gain) * discount(place)).sum()
    }
}
