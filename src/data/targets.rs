//! [`Targets`]: what each row is to be predicted as, and how much it counts: labels, their bounds, weights, query groups, base margins.
//!
//! A data set owns them. Losses, metrics and samplers borrow them as a [`TargetsView`] for as long as a call takes and keep no copy, so
//! that rows move in one place ([`Targets::gather`]) whenever they are laid out anew. What a view holds is private: more kinds of targets
//! (several label columns, say) change neither the traits that take views nor their implementations.

use super::groups::Groups;
use crate::numeric::gather;
use crate::{Error, Result};
use std::ops::Range;

/// The targets of a data set; each list has a value a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets {
    pub rows: usize,
    /// Those of the first target, or of the only one.
    pub labels: Option<Vec<f64>>,
    /// Those of the other targets.
    pub more_labels: Vec<Vec<f64>>,
    pub label_bounds: Option<LabelBounds>,
    pub weights: Option<Vec<f64>>,
    pub groups: Option<Groups>,
    /// One or several values a row, row by row.
    pub base_margin: Option<Vec<f64>>,
}

/// Intervals that labels are known to lie in.
#[derive(Clone, Debug)]
pub(crate) struct LabelBounds {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
}

impl Targets {
    /// No targets, of so many rows.
    pub fn none(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// All of them.
    pub fn view(&self) -> TargetsView<'_> {
        TargetsView {
            rows: self.rows,
            first_row: 0,
            labels: self.labels.as_deref().unwrap_or_default(),
            more_labels: &self.more_labels,
            label_bounds: self.label_bounds.as_ref().map(|bounds| (&bounds.lower[..], &bounds.upper[..])),
            weights: self.weights.as_deref(),
            groups: self.groups.as_ref().map(Groups::ids),
            by_group: self.groups.as_ref(),
            base_margin: self.base_margin.as_deref(),
        }
    }

    /// The rows that have weight, ascending; `None` where all have.
    pub fn weighted_rows(&self) -> Option<Vec<u32>> {
        let weights = self.weights.as_ref().filter(|weights| weights.contains(&0.0))?;
        Some((0..).zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(row, _)| row).collect())
    }

    /// The targets of some rows: at each place those of the row that is at `order[place]` here.
    pub fn gather(&self, order: &[u32]) -> Self {
        let numbers = |values: &Option<Vec<f64>>| values.as_ref().map(|values| gather(values, 1, order));
        Self {
            rows: order.len(),
            labels: numbers(&self.labels),
            more_labels: self.more_labels.iter().map(|labels| gather(labels, 1, order)).collect(),
            label_bounds: self.label_bounds.as_ref().map(|bounds| bounds.gather(order)),
            weights: numbers(&self.weights),
            groups: self.groups.as_ref().map(|groups| groups.gather(order)),
            base_margin: self.base_margin.as_ref().map(|margins| gather(margins, margins.len() / self.rows.max(1), order)),
        }
    }
}

impl LabelBounds {
    fn gather(&self, order: &[u32]) -> Self {
        Self { lower: gather(&self.lower, 1, order), upper: gather(&self.upper, 1, order) }
    }
}

/// Targets of consecutive rows, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct TargetsView<'a> {
    rows: usize,
    /// Where these rows begin among those of `more_labels`.
    first_row: usize,
    labels: &'a [f64],
    more_labels: &'a [Vec<f64>],
    label_bounds: Option<(&'a [f64], &'a [f64])>,
    weights: Option<&'a [f64]>,
    groups: Option<&'a [u64]>,
    by_group: Option<&'a Groups>,
    base_margin: Option<&'a [f64]>,
}

impl<'a> TargetsView<'a> {
    /// Labels and weights that lie elsewhere than in a [`Dataset`](crate::Dataset).
    ///
    /// # Errors
    /// Another number of weights than of labels.
    pub fn new(labels: &'a [f64], weights: Option<&'a [f64]>) -> Result<Self> {
        match weights {
            Some(weights) if weights.len() != labels.len() => {
                Err(Error::data(format!("{} weights for {} labels; there must be one for each", weights.len(), labels.len())))
            }
            _ => Ok(Self {
                rows: labels.len(),
                first_row: 0,
                labels,
                more_labels: &[],
                label_bounds: None,
                weights,
                groups: None,
                by_group: None,
                base_margin: None,
            }),
        }
    }

    /// The same with bounds in the place of labels.
    ///
    /// # Errors
    /// Another number of bounds than of rows.
    pub fn with_label_bounds(self, lower: &'a [f64], upper: &'a [f64]) -> Result<Self> {
        match [lower, upper].iter().find(|bounds| bounds.len() != self.rows) {
            Some(bounds) => {
                Err(Error::data(format!("{} label bounds for {} rows; there must be one for each", bounds.len(), self.rows)))
            }
            None => Ok(Self { labels: &[], more_labels: &[], label_bounds: Some((lower, upper)), ..self }),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// One label a row: a number, or the index of its class. Empty where there are no labels. Of several targets, that of the first.
    pub fn labels(&self) -> &'a [f64] {
        self.labels
    }

    /// How many targets rows have.
    pub fn num_targets(&self) -> usize {
        1 + self.more_labels.len()
    }

    /// The same with one of several targets alone. Where there is only one, any output is about it.
    #[must_use]
    pub fn of_target(&self, target: usize) -> Self {
        let rows = self.first_row..self.first_row + self.rows;
        let other = target.checked_sub(1).and_then(|other| self.more_labels.get(other));
        Self { labels: other.map_or(self.labels, |labels| &labels[rows]), more_labels: &[], ..*self }
    }

    /// The lower and the upper bound of each row's label, where labels are known as intervals.
    pub fn label_bounds(&self) -> Option<(&'a [f64], &'a [f64])> {
        self.label_bounds
    }

    /// One non-negative weight a row; all 1 where absent.
    pub fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    /// The query group of each row.
    pub fn groups(&self) -> Option<&'a [u64]> {
        self.groups
    }

    /// The rows of each query group; of all rows only, not of a slice of them.
    pub fn by_group(&self) -> Option<&'a Groups> {
        self.by_group
    }

    /// The margin each row starts from, row by row (`rows` or `rows × outputs` values), instead of the base score.
    pub fn base_margin(&self) -> Option<&'a [f64]> {
        self.base_margin
    }

    /// The weight of a row.
    #[inline]
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The targets of some of the rows.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let margins_a_row = self.base_margin.map_or(0, |margins| margins.len() / self.rows.max(1));
        Self {
            rows: rows.len(),
            first_row: self.first_row + rows.start,
            more_labels: self.more_labels,
            labels: if self.labels.is_empty() { self.labels } else { &self.labels[rows.clone()] },
            label_bounds: self.label_bounds.map(|(lower, upper)| (&lower[rows.clone()], &upper[rows.clone()])),
            weights: self.weights.map(|weights| &weights[rows.clone()]),
            groups: self.groups.map(|groups| &groups[rows.clone()]),
            by_group: self.by_group.filter(|_| rows.len() == self.rows),
            base_margin: self.base_margin.map(|margins| &margins[rows.start * margins_a_row..rows.end * margins_a_row]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets() -> Targets {
        Targets {
            rows: 3,
            labels: Some(vec![1.0, 2.0, 3.0]),
            more_labels: vec![vec![-1.0, -2.0, -3.0]],
            label_bounds: Some(LabelBounds { lower: vec![0.0, 1.0, 2.0], upper: vec![1.5, 2.5, f64::INFINITY] }),
            weights: Some(vec![0.5, 0.0, 4.0]),
            groups: Some(Groups::new(vec![7, 7, 9])),
            base_margin: Some(vec![10.0, 11.0, 20.0, 21.0, 30.0, 31.0]),
        }
    }

    /// Everything of each row: labels, bounds, weight, group, base margins.
    fn rows(view: TargetsView<'_>) -> Vec<[f64; 8]> {
        let (lower, upper) = view.label_bounds().unwrap();
        let margins = view.base_margin().unwrap();
        let row = |row: usize| {
            let group = view.groups().unwrap()[row] as f64;
            let second = view.of_target(1).labels()[row];
            [view.labels()[row], second, lower[row], upper[row], view.weight(row), group, margins[2 * row], margins[2 * row + 1]]
        };
        (0..view.rows()).map(row).collect()
    }

    #[test]
    fn gathered_rows_take_everything_with_them() {
        let all = rows(targets().view());
        assert_eq!(rows(targets().gather(&[2, 0, 1]).view()), [all[2], all[0], all[1]]);
        assert_eq!(rows(targets().gather(&[1]).view()), [all[1]]);
        assert_eq!(Targets::none(3).gather(&[2, 2]).view().rows(), 2);
    }

    #[test]
    fn rows_without_weight_are_found() {
        assert_eq!(targets().weighted_rows(), Some(vec![0, 2]));
        assert_eq!(Targets { weights: Some(vec![0.5, 1.0, 4.0]), ..targets() }.weighted_rows(), None);
        assert_eq!(Targets::none(3).weighted_rows(), None);
    }

    #[test]
    fn slices_are_of_their_rows() {
        let (targets, none) = (targets(), Targets::none(3));
        let all = rows(targets.view());
        assert_eq!(rows(targets.view().slice(1..3)), all[1..]);
        assert_eq!(rows(targets.view().slice(1..3).slice(1..2)), all[2..]);
        assert_eq!((none.view().slice(1..3).rows(), none.view().slice(1..3).labels().len()), (2, 0));
    }

    #[test]
    fn labels_without_their_weights_are_an_error() {
        let error = TargetsView::new(&[1.0, 2.0], Some(&[1.0])).unwrap_err();
        assert!(error.to_string().starts_with("1 weights for 2 labels"), "{error}");
    }
}
