//! [`RiskSets`]: who was still observed at the time of each event, as the partial likelihood of Cox (1972) sums over them. Events at the
//! same time share their risk set (Breslow 1974).

use crate::collective::{self, Collective};
use rayon::prelude::*;
use sapwood_score::math::{exp, ln};

/// Rows that are observed until the magnitude of their label; those whose label is negative or zero had no event by then.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Observed {
    label: f64,
    margin: f64,
    weight: f64,
}

impl Observed {
    fn time(&self) -> f64 {
        self.label.abs()
    }

    fn has_event(&self) -> bool {
        self.label > 0.0
    }
}

/// The risk sets of all ranks' rows. They do not depend on the order of the rows: sums go over rows that are sorted by all that they hold.
#[derive(Debug)]
pub(crate) struct RiskSets {
    /// Times at which rows had an event or were last seen, ascending and distinct.
    pub times: Vec<f64>,
    /// At each time, the logarithm of the sum of weight · e^margin over the rows that were observed at least so long.
    pub at_risk: Vec<f64>,
    /// At each time, the weight of the rows that had their event then.
    pub events: Vec<f64>,
    /// The sum of weight · margin over all events.
    margin_of_events: f64,
}

impl RiskSets {
    /// The risk sets of labels, margins and weights (1 where absent), a value of each for a row. Rows of weight 0 are in none.
    pub fn new(labels: &[f64], margins: &[f64], weights: Option<&[f64]>, ranks: &dyn Collective) -> Self {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let rows = (0..labels.len()).into_par_iter().filter(|&row| weight(row) > 0.0);
        let mut rows =
            gathered(rows.map(|row| Observed { label: labels[row], margin: margins[row], weight: weight(row) }).collect(), ranks);
        rows.par_sort_unstable_by(|a, b| {
            let keys = |row: &Observed| [row.time(), row.label, row.margin, row.weight];
            let orders = keys(a).into_iter().zip(keys(b)).map(|(a, b)| a.total_cmp(&b));
            orders.reduce(std::cmp::Ordering::then).unwrap_or(std::cmp::Ordering::Equal)
        });
        // One row of some weight is as many equal rows, to the last bit.
        rows.dedup_by(|next, kept| {
            let are_equal = next.label == kept.label && next.margin == kept.margin;
            if are_equal {
                kept.weight += next.weight;
            }
            are_equal
        });
        let mut sets = Self { times: Vec::new(), at_risk: Vec::new(), events: Vec::new(), margin_of_events: 0.0 };
        let mut at_risk = LogSum::default();
        // From the last time back: each set is the one after it, and the rows that were last seen in between.
        for same in rows.chunk_by(|a, b| a.time() == b.time()).rev() {
            let events = same.iter().filter(|row| row.has_event());
            same.iter().for_each(|row| at_risk.add(row.margin, row.weight));
            sets.times.push(same[0].time());
            sets.at_risk.push(at_risk.value());
            sets.events.push(events.clone().map(|row| row.weight).sum());
            sets.margin_of_events += events.map(|row| row.weight * row.margin).sum::<f64>();
        }
        sets.times.reverse();
        sets.at_risk.reverse();
        sets.events.reverse();
        sets
    }

    /// The negative logarithm of the partial likelihood, per event; NaN without events.
    pub fn negative_log_likelihood(&self) -> f64 {
        let sets = self.at_risk.iter().zip(&self.events).filter(|(_, events)| **events > 0.0);
        let at_risk: f64 = sets.map(|(at_risk, events)| at_risk * events).sum();
        (at_risk - self.margin_of_events) / self.events.iter().sum::<f64>()
    }
}

/// The rows of all ranks.
fn gathered(rows: Vec<Observed>, ranks: &dyn Collective) -> Vec<Observed> {
    if ranks.is_alone() {
        return rows;
    }
    let words: Vec<u64> = rows.iter().flat_map(|row| [row.label, row.margin, row.weight].map(f64::to_bits)).collect();
    let all = ranks.all_gather(bytemuck::cast_slice(&words));
    let row = |words: &[u64; 3]| {
        let [label, margin, weight] = words.map(f64::from_bits);
        Observed { label, margin, weight }
    };
    all.iter().flat_map(|bytes| collective::words(bytes).as_chunks().0.iter().map(row).collect::<Vec<_>>()).collect()
}

/// A sum of factor · e^exponent that neither overflows nor loses its terms when all of them are small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSum {
    largest: f64,
    sum: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, sum: 0.0 }
    }
}

impl LogSum {
    /// Adds a term. Its exponent is finite.
    pub fn add(&mut self, exponent: f64, factor: f64) {
        if exponent > self.largest {
            self.sum = if self.sum > 0.0 { self.sum * exp(self.largest - exponent) } else { 0.0 } + factor;
            self.largest = exponent;
        } else {
            self.sum += factor * exp(exponent - self.largest);
        }
    }

    /// The logarithm of the sum; of no terms, negative infinity.
    pub fn value(&self) -> f64 {
        if self.sum > 0.0 { self.largest + ln(self.sum) } else { f64::NEG_INFINITY }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::{Solo, Threads};
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// The sums as definitions have them.
    fn naive(labels: &[f64], margins: &[f64], weights: &[f64]) -> f64 {
        let rows = || 0..labels.len();
        let at_risk = |time: f64| rows().filter(|&j| labels[j].abs() >= time).map(|j| weights[j] * margins[j].exp()).sum::<f64>();
        let events = rows().filter(|&i| labels[i] > 0.0 && weights[i] > 0.0);
        let total: f64 = events.clone().map(|i| weights[i] * (at_risk(labels[i]).ln() - margins[i])).sum();
        total / events.map(|i| weights[i]).sum::<f64>()
    }

    proptest! {
        #[test]
        fn the_likelihood_is_that_of_the_definition_for_any_order_and_ranks(
            rows in prop::collection::vec((-6i32..=9, -30.0..30.0f64, 0u8..4), 1..60),
            shift in 0usize..60,
        ) {
            let labels: Vec<f64> = rows.iter().map(|&(label, ..)| f64::from(label) / 2.0).chain([1.5]).collect();
            let margins: Vec<f64> = rows.iter().map(|&(_, margin, _)| margin).chain([0.0]).collect();
            let weights: Vec<f64> = rows.iter().map(|&(.., weight)| f64::from(weight)).chain([1.0]).collect();
            let value = RiskSets::new(&labels, &margins, Some(&weights), &Solo).negative_log_likelihood();
            assert_relative_eq!(value, naive(&labels, &margins, &weights), max_relative = 1e-9, epsilon = 1e-9);

            let turned = |values: &[f64]| {
                let mut values = values.to_vec();
                values.rotate_left(shift % labels.len());
                values
            };
            let [other_labels, other_margins, other_weights] = [turned(&labels), turned(&margins), turned(&weights)];
            for ranks in 1..=3 {
                let share = |values: &[f64], rank: usize| values.chunks(values.len().div_ceil(ranks)).nth(rank).unwrap_or_default().to_vec();
                let found = Threads::run(ranks, |rank| {
                    let [labels, margins, weights] = [&other_labels, &other_margins, &other_weights].map(|v| share(v, rank.rank()));
                    RiskSets::new(&labels, &margins, Some(&weights), rank).negative_log_likelihood()
                });
                prop_assert!(found.iter().all(|other| other.to_bits() == value.to_bits()), "{found:?} {value}");
            }
        }
    }

    #[test]
    fn margins_of_any_size_have_risk_sets() {
        let sets = RiskSets::new(&[1.0, 2.0, 3.0], &[1e4, -1e4, -2e4], None, &Solo);
        assert_eq!(sets.at_risk, [1e4, -1e4, -2e4]);
        assert_eq!(sets.negative_log_likelihood(), 0.0);
        assert!(RiskSets::new(&[-1.0], &[0.0], None, &Solo).negative_log_likelihood().is_nan());
    }
}
