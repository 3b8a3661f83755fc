//! `auc` and `aucpr` of objectives that rank: means over query groups.
//!
//! `auc` is the share of pairs of a group's rows that are in the right order: with grades 0 and 1, the area under its ROC curve. Groups whose
//! rows are all of one kind have none and are left out. XGBoost means the same, but counts pairs of equal grades, too, as if the row that came
//! first belonged above, so that a perfect order has less than 1; it leaves out pairs of rows that are alone, and weighs no group.

use super::auc::{Curve, area, ordered_bits};
use super::reduce::mean_of_groups;
use super::{Evaluation, Metric};
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::simd::Simd;

/// The mean area under a curve of each query group.
pub(super) struct GroupArea {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) curve: Curve,
}

impl Metric for GroupArea {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    /// NaN where no group has rows of two kinds.
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let (margins, grades) = (evaluation.margins, evaluation.targets.labels());
        mean_of_groups(self.simd, evaluation, |ranked: &mut Vec<(u64, f64)>, rows| {
            ranked.clear();
            ranked.extend(rows.iter().map(|&row| (ordered_bits(margins[row as usize]), grades[row as usize])));
            match self.curve {
                Curve::Roc => pairs_in_order(ranked),
                Curve::PrecisionRecall => precision_recall(ranked),
            }
        })
    }
}

/// The area under the curve of precision and recall, of scores with grades; relevant are those above 0.
fn precision_recall(ranked: &mut [(u64, f64)]) -> f64 {
    ranked.sort_unstable_by_key(|&(score, _)| score);
    let of = |is_relevant: bool| -> Vec<_> {
        let some = ranked.iter().filter(|(_, grade)| (*grade > 0.0) == is_relevant);
        some.map(|&(score, _)| (score, 1.0_f64.to_bits())).collect()
    };
    area(Curve::PrecisionRecall, &of(true), &of(false))
}

/// The share of pairs of different grades of which the better one has the higher score; those of equal scores count half.
fn pairs_in_order(ranked: &mut [(u64, f64)]) -> f64 {
    ranked.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut grades: Vec<f64> = ranked.iter().map(|&(_, grade)| grade + 0.0).collect();
    grades.sort_unstable_by(f64::total_cmp);
    grades.dedup();
    let place = |grade: f64| grades.partition_point(|other| *other < grade);
    // Twice the pairs that are in order, and rows so far by grade.
    let (mut doubled, mut below) = (0, Counts::new(grades.len()));
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        for (before, of_grade) in starts(tied) {
            doubled += of_grade.len() as u64 * (2 * below.under(place(of_grade[0].1)) + before as u64);
        }
        tied.iter().for_each(|&(_, grade)| below.add(place(grade)));
    }
    let of_one_grade = |grade: usize| below.under(grade + 1) - below.under(grade);
    let rows = ranked.len() as u64;
    let pairs = rows * rows - (0..grades.len()).map(of_one_grade).map(|rows| rows * rows).sum::<u64>();
    // Twice the pairs over twice the pairs: 0 of 0 is no number.
    doubled as f64 / pairs as f64
}

/// Rows of equal scores by grade, each grade's with the number of those before them.
fn starts(tied: &[(u64, f64)]) -> impl Iterator<Item = (usize, &[(u64, f64)])> {
    tied.chunk_by(|a, b| a.1 == b.1).scan(0, |before, rows| {
        let start = *before;
        *before += rows.len();
        Some((start, rows))
    })
}

/// Numbers of rows by grade, of which prefixes are summed in logarithmic time (Fenwick 1994).
struct Counts(Vec<u64>);

impl Counts {
    fn new(grades: usize) -> Self {
        Self(vec![0; grades + 1])
    }

    fn add(&mut self, grade: usize) {
        let mut at = grade + 1;
        while let Some(count) = self.0.get_mut(at) {
            *count += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// The rows of the first so many grades.
    fn under(&self, grades: usize) -> u64 {
        let (mut at, mut sum) = (grades, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}

/// A warning about query groups that an area leaves out, if some are and some are not.
pub(crate) fn left_out(metric: &str, set: &str, targets: TargetsView<'_>, ranks: &dyn Collective) -> Option<String> {
    let (kind, is_kind): (_, fn(f64) -> u64) = match metric {
        "auc" => ("of one grade", |grade| (grade + 0.0).to_bits()),
        "aucpr" => ("all relevant, or none is", |grade| u64::from(grade > 0.0)),
        _ => return None,
    };
    let labels = targets.labels();
    let differ = |rows: &[u32]| rows.iter().any(|&row| is_kind(labels[row as usize]) != is_kind(labels[rows[0] as usize]));
    let groups = targets.by_group();
    let rows_of = groups.into_iter().flat_map(|groups| (0..groups.count()).map(|group| groups.rows_of(group)));
    let counting: Vec<&[u32]> = rows_of.filter(|rows| targets.weight(rows[0] as usize) > 0.0).collect();
    let alike = counting.iter().filter(|rows| !differ(rows)).count();
    let (alike, count) = (ranks.sum(alike as u64), ranks.sum(counting.len() as u64));
    let share = format!("{alike} of {count} query groups of {set}");
    (0 < alike && alike < count).then(|| format!("{metric} leaves out {share}, whose rows are {kind}"))
}
