//! Cut points of one numeric feature: from the weighted values of a sample to at most `max_bins` bins.
//!
//! A cut lies between two values of the data, so that `x <= cut` decides the same on raw values as on bins. The greedy equal-frequency
//! rule is LightGBM's `GreedyFindBin`: values heavier than a bin's share get a bin of their own.

/// A distinct value and its weight in fixed point.
pub(crate) type WeightedValue = (f64, u64);

/// Upper ends of the bins, ascending; the last is infinity, so that there are as many cuts as bins. `values` are sorted and distinct.
pub(crate) fn cuts(values: &[WeightedValue], max_bins: usize) -> Vec<f64> {
    let mut cuts = if values.len() <= max_bins {
        values.windows(2).map(|pair| between(pair[0].0, pair[1].0)).collect()
    } else {
        equal_frequency(values, max_bins)
    };
    cuts.push(f64::INFINITY);
    cuts
}

/// A number `c` with `a <= c < b`: the middle, where rounding leaves it there.
fn between(a: f64, b: f64) -> f64 {
    let middle = a / 2.0 + b / 2.0;
    if middle >= a && middle < b { middle } else { a }
}

fn equal_frequency(values: &[WeightedValue], max_bins: usize) -> Vec<f64> {
    let total: u128 = values.iter().map(|v| u128::from(v.1)).sum();
    let heavy = |weight: u64| u128::from(weight) * max_bins as u128 >= total;
    let mut rest_weight: u128 = values.iter().filter(|v| !heavy(v.1)).map(|v| u128::from(v.1)).sum();
    let mut rest_bins = (max_bins - values.iter().filter(|v| heavy(v.1)).count()) as u128;
    let mut share = (rest_weight, rest_bins.max(1));
    let mut cuts = Vec::with_capacity(max_bins);
    let mut current = 0u128;
    for pair in values.windows(2) {
        let (value, weight) = pair[0];
        if !heavy(weight) {
            rest_weight -= u128::from(weight);
        }
        current += u128::from(weight);
        let full = current * share.1 >= share.0;
        let before_heavy = heavy(pair[1].1) && 2 * current * share.1 >= share.0;
        if heavy(weight) || full || before_heavy {
            cuts.push(between(value, pair[1].0));
            if cuts.len() == max_bins - 1 {
                break;
            }
            current = 0;
            if !heavy(weight) {
                rest_bins = rest_bins.saturating_sub(1);
                share = (rest_weight, rest_bins.max(1));
            }
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_values_get_a_bin_each() {
        assert_eq!(cuts(&[(1.0, 1), (2.0, 9), (4.0, 1)], 3), [1.5, 3.0, f64::INFINITY]);
        assert_eq!(cuts(&[], 3), [f64::INFINITY]);
    }

    #[test]
    fn neighbouring_floats_are_told_apart() {
        let (a, b) = (1.0, 1.0 + f64::EPSILON);
        assert_eq!(cuts(&[(a, 1), (b, 1)], 9)[0], a);
        assert_eq!(cuts(&[(-f64::MAX, 1), (f64::MAX, 1)], 9)[0], 0.0);
    }

    #[test]
    fn a_heavy_value_has_a_bin_of_its_own() {
        let values: Vec<WeightedValue> = (0..1000).map(|i| (f64::from(i), if i == 500 { 10_000 } else { 1 })).collect();
        let cuts = cuts(&values, 16);
        // Neighbours that would not fill half a bin of their own may stay with it.
        let below = cuts.iter().rev().find(|&&cut| cut < 500.0);
        assert!(cuts.contains(&500.5) && below.is_some_and(|&cut| cut > 460.0), "{cuts:?}");
        assert_eq!(cuts.len(), 16);
    }

    proptest! {
        #[test]
        fn bins_are_bounded_ordered_and_balanced(mut raw in prop::collection::vec((-1e6f64..1e6, 1u64..50), 1..800), max_bins in 2usize..64) {
            raw.sort_by(|a, b| a.0.total_cmp(&b.0));
            raw.dedup_by(|a, b| a.0 == b.0);
            let cuts = cuts(&raw, max_bins);
            prop_assert!(cuts.len() <= max_bins);
            prop_assert!(cuts.windows(2).all(|w| w[0] < w[1]));
            if raw.len() > max_bins {
                let total: u64 = raw.iter().map(|v| v.1).sum();
                for (i, &high) in cuts.iter().enumerate() {
                    let low = if i == 0 { f64::NEG_INFINITY } else { cuts[i - 1] };
                    let inside: Vec<_> = raw.iter().filter(|v| v.0 > low && v.0 <= high).collect();
                    let weight: u64 = inside.iter().map(|v| v.1).sum();
                    prop_assert!(inside.len() <= 1 || weight <= 4 * (total / max_bins as u64 + 50), "{weight} of {total} in bin {i}");
                }
            }
        }
    }
}
