//! Small statistics of samples.

/// The weighted mean; 0 of nothing.
pub fn mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let weight = |at: usize| weights.map_or(1.0, |weights| weights[at]);
    let (sum, whole) =
        values.iter().enumerate().fold((0.0, 0.0), |(sum, whole), (at, x)| (sum + weight(at) * x, whole + weight(at)));
    if whole > 0.0 { sum / whole } else { 0.0 }
}

/// The value below which such a share of sorted values lies.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// Values in order, without those that are NaN.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().filter(|x| !x.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The rank of each value, from 1; equal ones share their mean.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let to = (from..order.len()).find(|&at| values[order[at]] != values[order[from]]).unwrap_or(order.len()).max(from + 1);
        order[from..to].iter().for_each(|&at| ranks[at] = (from + to + 1) as f64 / 2.0);
        from = to;
    }
    ranks
}

/// The area under the ROC curve, from ranks of scores (Mann and Whitney); none without rows of both kinds.
pub fn auc(ranks: &[f64], is_positive: impl Fn(usize) -> bool) -> Option<f64> {
    let of_positives: Vec<f64> = ranks.iter().enumerate().filter(|(row, _)| is_positive(*row)).map(|(_, rank)| *rank).collect();
    let (positives, sum) = (of_positives.len() as f64, of_positives.iter().sum::<f64>());
    let negatives = ranks.len() as f64 - positives;
    (positives > 0.0 && negatives > 0.0).then(|| (sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// Pearson's correlation; none where either has no spread.
pub fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let (m, n) = (mean(one, None), mean(other, None));
    let sums = one.iter().zip(other).fold((0.0, 0.0, 0.0), |(xy, xx, yy), (x, y)| {
        let (x, y) = (x - m, y - n);
        (xy + x * y, xx + x * x, yy + y * y)
    });
    (sums.1 > 0.0 && sums.2 > 0.0).then(|| sums.0 / (sums.1 * sums.2).sqrt())
}

/// Bounds between which about equally many of sorted values lie, `parts` at most; the last one is the largest value.
pub fn cuts(sorted: &[f64], parts: usize) -> Vec<f64> {
    let mut cuts: Vec<f64> = (1..=parts).map(|part| sorted[(part * sorted.len()).div_ceil(parts) - 1]).collect();
    cuts.dedup();
    cuts
}

/// The part, by its upper bound, that a value lies in.
pub fn part_of(cuts: &[f64], x: f64) -> usize {
    cuts.partition_point(|cut| *cut < x).min(cuts.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_areas() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(auc(&ranks(&[0.1, 0.4, 0.35, 0.8]), |row| row > 1), Some(0.75));
        assert_eq!(auc(&[1.0], |_| true), None);
        assert_eq!((correlation(&[1.0, 2.0], &[2.0, 1.0]), correlation(&[1.0, 1.0], &[2.0, 1.0])), (Some(-1.0), None));
    }

    #[test]
    fn quantiles_and_parts() {
        let values = sorted([3.0, f64::NAN, 1.0, 2.0]);
        assert_eq!((quantile(&values, 0.5), quantile(&values, 0.25), quantile(&[7.0], 0.9)), (2.0, 1.5, 7.0));
        assert!(quantile(&[], 0.5).is_nan());
        let cuts = cuts(&[0.0, 0.0, 0.0, 1.0, 2.0, 3.0], 3);
        assert_eq!(cuts, [0.0, 1.0, 3.0]);
        assert_eq!((part_of(&cuts, 0.0), part_of(&cuts, 0.5), part_of(&cuts, 9.0)), (0, 1, 2));
        assert_eq!(mean(&[1.0, 3.0], Some(&[3.0, 1.0])), 1.5);
    }
}
