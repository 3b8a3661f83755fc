//! Weighted quantiles over the rows of all ranks, whatever their order.

use crate::collective::{self, Collective};
use rayon::prelude::*;

/// A value and its weight, as bits: rows that compare equal are equal, so that sorting gives one result only.
pub(crate) type Weighted = [u64; 2];

/// The smallest value up to which at least `level` of the weight lies; NaN where no row has weight. Values are finite.
pub(crate) fn weighted_quantile(ranks: &dyn Collective, values: &[f64], weights: Option<&[f64]>, level: f64) -> f64 {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let rows = (0..values.len()).into_par_iter().filter(|&row| weight(row) > 0.0);
    quantile_of(ranks, rows.map(|row| weighted(values[row], weight(row))).collect(), level)
}

/// A value and its weight.
pub(crate) fn weighted(value: f64, weight: f64) -> Weighted {
    [value.to_bits(), weight.to_bits()]
}

/// The same of rows that have weight.
pub(crate) fn quantile_of(ranks: &dyn Collective, own: Vec<Weighted>, level: f64) -> f64 {
    let mut all: Vec<Weighted> = match ranks.is_alone() {
        true => own,
        false => {
            let gathered = ranks.all_gather(bytemuck::cast_slice(own.as_flattened()));
            gathered.iter().flat_map(|bytes| collective::words(bytes).as_chunks().0.to_vec()).collect()
        }
    };
    // By weight, too, where values are equal: so that sums do not depend on the order of rows.
    all.par_sort_unstable_by(|a, b| f64::from_bits(a[0]).total_cmp(&f64::from_bits(b[0])).then(a[1].cmp(&b[1])));
    let total: f64 = all.iter().map(|[_, weight]| f64::from_bits(*weight)).sum();
    let mut below = 0.0;
    let reaches = |[_, weight]: &&Weighted| {
        below += f64::from_bits(*weight);
        below >= total * level
    };
    all.iter().find(reaches).or(all.last()).map_or(f64::NAN, |[value, _]| f64::from_bits(*value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Solo;

    #[test]
    fn as_much_weight_as_the_level_says_lies_at_or_below() {
        let median = |values: &[f64], weights: Option<&[f64]>| weighted_quantile(&Solo, values, weights, 0.5);
        assert_eq!(median(&[3.0, -1.0, 2.0], None), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0], None), 2.0);
        assert_eq!(median(&[3.0, -1.0, 2.0], Some(&[5.0, 1.0, 1.0])), 3.0);
        assert_eq!(median(&[3.0, -1.0, 2.0], Some(&[0.0, 1.0, 2.0])), 2.0);
        assert!(median(&[1.0], Some(&[0.0])).is_nan());
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let levels = [0.05, 0.1, 0.55, 0.9, 0.95].map(|level| weighted_quantile(&Solo, &values, None, level));
        assert_eq!(levels, [1.0, 1.0, 6.0, 9.0, 10.0]);
    }
}
