//! [`List`]: the rows of a query group, ranked by their scores, and the gradients of pairs of them.

use super::measure::{Facts, Measure};
use crate::simd::{Simd, dispatch};
use sapwood_score::math::{exp, ln};

/// What is added to the distance of two scores before a change is divided by it.
const NEAR: f64 = 0.01;

/// The least second derivative of a pair, and the least position bias that is divided by.
pub(super) const LEAST: f64 = 1e-16;

/// The rows of a group, the one with the highest score first; rows of equal scores in the order in which they came.
#[derive(Default)]
pub(super) struct List {
    /// The number of each row in the order in which they came.
    pub numbers: Vec<u32>,
    pub scores: Vec<f64>,
    pub grades: Vec<f64>,
    /// What the measure needs to know of each place.
    pub facts: [Vec<f64>; 3],
    pub gradients: Vec<f64>,
    pub hessians: Vec<f64>,
    /// Those of a row's pairs with the rows below it.
    terms: [Vec<f64>; 2],
}

/// What all pairs of a group have in common.
#[derive(Clone, Copy)]
pub(super) struct Pairing<M> {
    pub measure: M,
    /// What changes of the measure are multiplied by.
    pub factor: f64,
    /// Whether changes are divided by the distance of the scores.
    pub by_distance: bool,
}

/// A row at a place.
#[derive(Clone, Copy)]
struct Row {
    score: f64,
    grade: f64,
    facts: Facts,
}

/// The derivatives of a pair's loss by the score of the row above; by that of the other, the first has the other sign.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub gradient: f64,
    pub hessian: f64,
    /// The loss.
    pub cost: f64,
}

#[inline(always)]
fn term<M: Measure>(pairing: Pairing<M>, above: Row, below: Row) -> Term {
    let sign = if above.grade > below.grade { 1.0 } else { -1.0 };
    let difference = above.score - below.score;
    let wrong = 1.0 / (1.0 + exp(sign * difference));
    let change = pairing.measure.change(above.facts, below.facts, above.grade > below.grade).abs() * pairing.factor;
    let change = if pairing.by_distance { change / (difference.abs() + NEAR) } else { change };
    let change = if above.grade == below.grade { 0.0 } else { change };
    let curvature = wrong * (1.0 - wrong);
    Term {
        gradient: -sign * wrong * change,
        hessian: if curvature > LEAST { curvature } else { LEAST } * change * 2.0,
        cost: change,
    }
}

/// Rows below another, side by side.
#[derive(Clone, Copy)]
struct Below<'a> {
    scores: &'a [f64],
    grades: &'a [f64],
    facts: [&'a [f64]; 3],
}

#[inline(always)]
fn compare_body<M: Measure>(pairing: Pairing<M>, above: Row, below: Below<'_>, gradients: &mut [f64], hessians: &mut [f64]) {
    let [first, second, third] = below.facts;
    let rows = below.scores.iter().zip(below.grades).zip(first.iter().zip(second).zip(third));
    for (((&score, &grade), ((&a, &b), &c)), (gradient, hessian)) in rows.zip(gradients.iter_mut().zip(hessians)) {
        let term = term(pairing, above, Row { score, grade, facts: [a, b, c] });
        (*gradient, *hessian) = (term.gradient, term.hessian);
    }
}
dispatch! {
    /// The terms of a row's pairs with rows below it.
    fn compare<M: Measure>(pairing: Pairing<M>, above: Row, below: Below<'_>, gradients: &mut [f64], hessians: &mut [f64]) = compare_body
}

/// A sum whose terms are added in an order that vector units like.
fn sum(terms: &[f64]) -> f64 {
    let (chunks, rest) = terms.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, term)| *sum += term);
    }
    sums.iter().chain(rest).sum()
}

impl List {
    /// Ranks the rows of a group.
    pub fn rank(&mut self, rows: &[u32], margins: &[f64], labels: &[f64]) {
        let count = rows.len();
        // Zero has two signs.
        let score = |number: u32| margins[rows[number as usize] as usize] + 0.0;
        self.numbers.clear();
        self.numbers.extend(0..count as u32);
        self.numbers.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        self.scores.clear();
        self.scores.extend(self.numbers.iter().map(|&number| score(number)));
        self.grades.clear();
        self.grades.extend(self.numbers.iter().map(|&number| labels[rows[number as usize] as usize]));
        self.facts.iter_mut().for_each(Vec::clear);
        for values in [&mut self.gradients, &mut self.hessians] {
            values.clear();
            values.resize(count, 0.0);
        }
    }

    /// Whether all rows have one score.
    pub fn is_flat(&self) -> bool {
        self.scores.first() == self.scores.last()
    }

    fn row(&self, place: usize) -> Row {
        Row { score: self.scores[place], grade: self.grades[place], facts: self.facts.each_ref().map(|facts| facts[place]) }
    }

    /// Adds the gradients of all pairs of which one is among the first rows. Returns the sum of their magnitudes.
    pub fn add_top_pairs<M: Measure>(&mut self, simd: Simd, pairing: Pairing<M>, first: usize) -> f64 {
        let count = self.scores.len();
        self.terms.iter_mut().for_each(|terms| terms.resize(count.max(terms.len()), 0.0));
        let mut magnitude = 0.0;
        for place in 0..first.min(count) {
            let above = self.row(place);
            let next = place + 1;
            let below = Below {
                scores: &self.scores[next..],
                grades: &self.grades[next..],
                facts: self.facts.each_ref().map(|facts| &facts[next..]),
            };
            let [gradients, hessians] = self.terms.each_mut().map(|terms| &mut terms[..count - next]);
            compare(simd, pairing, above, below, gradients, hessians);
            self.gradients[place] += sum(gradients);
            self.hessians[place] += sum(hessians);
            self.gradients[next..].iter_mut().zip(&*gradients).for_each(|(gradient, term)| *gradient -= term);
            self.hessians[next..].iter_mut().zip(&*hessians).for_each(|(hessian, term)| *hessian += term);
            gradients.iter_mut().for_each(|term| *term = term.abs());
            magnitude += 2.0 * sum(gradients);
        }
        magnitude
    }

    /// Adds the gradients of a pair of places, divided by a position bias. Returns their term as it was before.
    pub fn add_pair<M: Measure>(&mut self, pairing: Pairing<M>, places: (usize, usize), bias: f64) -> Term {
        let (above, below) = (places.0.min(places.1), places.0.max(places.1));
        let (upper, lower) = (self.row(above), self.row(below));
        let term = term(pairing, upper, lower);
        let better_by = if upper.grade > lower.grade { upper.score - lower.score } else { lower.score - upper.score };
        let (gradient, hessian) = (term.gradient / bias, term.hessian / bias);
        self.gradients[above] += gradient;
        self.gradients[below] -= gradient;
        self.hessians[above] += hessian;
        self.hessians[below] += hessian;
        Term { gradient, hessian, cost: term.cost * softplus(better_by) }
    }
}

/// ln(1 + e^x).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln(1.0 + exp(-x.abs()))
}
