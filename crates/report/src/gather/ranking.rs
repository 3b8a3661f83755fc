//! How well the rows of each query are put in order.

use super::scored::Scored;
use crate::facts::{Bar, RankingFacts};
use sapwood_score::math::{exp, ln};
use std::collections::BTreeMap;
use std::f64::consts::LN_2;

/// Places that count.
const DEPTH: usize = 10;

/// Bars of the histogram, and queries that are told one by one.
const BARS: usize = 10;
const MOST_QUERIES: usize = 10;

/// Everything about queries; nothing if there are none.
pub fn facts(scored: &Scored<'_>) -> Option<RankingFacts> {
    let mut queries: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (row, group) in scored.data.groups()?.iter().enumerate() {
        queries.entry(*group).or_default().push(row);
    }
    let mut found: Vec<(u64, f64, usize)> = Vec::new();
    let (mut reached, mut best) = (Places::default(), Places::default());
    for (query, mut rows) in queries {
        let grade = |row: &usize| scored.labels[*row];
        rows.sort_by(|a, b| scored.margins[*b].total_cmp(&scored.margins[*a]));
        let grades: Vec<f64> = rows.iter().map(grade).collect();
        let mut ideal = grades.clone();
        ideal.sort_by(|a, b| b.total_cmp(a));
        reached.add(&grades);
        best.add(&ideal);
        // Where no row is better than another, there is nothing to order.
        if gain(&ideal) > 0.0 && ideal.first() != ideal.last() {
            found.push((query, gain(&grades) / gain(&ideal), grades.len()));
        }
    }
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut bars: Vec<Bar> = (0..BARS).map(|at| Bar { label: format!("{:.1}", at as f64 / BARS as f64), value: 0.0 }).collect();
    found.iter().for_each(|(_, ndcg, _)| bars[((ndcg * BARS as f64) as usize).min(BARS - 1)].value += 1.0);
    Some(RankingFacts {
        queries: found.len(),
        ndcg: bars,
        grades_by_place: reached.means(),
        best_by_place: best.means(),
        worst_queries: found.into_iter().take(MOST_QUERIES).collect(),
    })
}

/// The discounted gain of the first places (Järvelin and Kekäläinen 2002), with gains of 2^grade − 1.
fn gain(grades: &[f64]) -> f64 {
    let gain = |(place, grade): (usize, &f64)| (exp(grade * LN_2) - 1.0) * LN_2 / ln(place as f64 + 2.0);
    grades.iter().take(DEPTH).enumerate().map(gain).sum()
}

/// Sums of grades by place.
#[derive(Default)]
struct Places([(f64, f64); DEPTH]);

impl Places {
    fn add(&mut self, grades: &[f64]) {
        self.0.iter_mut().zip(grades).for_each(|(sum, grade)| *sum = (sum.0 + grade, sum.1 + 1.0));
    }

    fn means(&self) -> Vec<f64> {
        self.0.iter().filter(|sum| sum.1 > 0.0).map(|(sum, count)| sum / count).collect()
    }
}
