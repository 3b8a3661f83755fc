//! Whether probabilities come true.

use super::{ratio, weight};

/// Rows whose probability lies in `from..to`; the last bin holds 1 as well.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CalibrationBin {
    /// The lower bound.
    pub from: f64,
    /// The upper bound.
    pub to: f64,
    /// The weight of its rows.
    pub weight: f64,
    /// The mean of their probabilities.
    pub mean_probability: Option<f64>,
    /// The share of the second class among them.
    pub observed: Option<f64>,
}

/// The rows by probability, in so many bins of equal width. Labels are 0 or 1.
pub fn calibration_curve(probabilities: &[f64], labels: &[f64], weights: Option<&[f64]>, bins: usize) -> Vec<CalibrationBin> {
    let mut sums = vec![(0.0, 0.0, 0.0); bins];
    for (row, (&probability, &label)) in probabilities.iter().zip(labels).enumerate() {
        let weight = weight(weights, row);
        let at = ((probability * bins as f64) as usize).min(bins.saturating_sub(1));
        if let Some((all, mean, observed)) = sums.get_mut(at) {
            *all += weight;
            *mean += weight * probability;
            *observed += weight * label;
        }
    }
    let bin = |(at, (weight, probability, label)): (usize, (f64, f64, f64))| CalibrationBin {
        from: at as f64 / bins as f64,
        to: (at + 1) as f64 / bins as f64,
        weight,
        mean_probability: ratio(probability, weight),
        observed: ratio(label, weight),
    };
    sums.into_iter().enumerate().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fall_into_their_bins() {
        let bins =
            calibration_curve(&[0.0, 0.05, 0.95, 1.0, 0.5], &[0.0, 1.0, 1.0, 1.0, 0.0], Some(&[1.0, 1.0, 1.0, 1.0, 2.0]), 10);
        assert_eq!((bins[0].weight, bins[0].observed, bins[0].mean_probability), (2.0, Some(0.5), Some(0.025)));
        assert_eq!((bins[9].weight, bins[9].observed), (2.0, Some(1.0)));
        assert_eq!((bins[5].weight, bins[5].observed), (2.0, Some(0.0)));
        assert_eq!((bins[3].weight, bins[3].observed, bins[3].from), (0.0, None, 0.3));
    }
}
