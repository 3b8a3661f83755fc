//! Leaves of quantile losses, against the quantile of the labels that fall into them.

use crate::predict::{Output, Scorer, predict};
use crate::sampling::mix;
use crate::{Dataset, Objective, Params, Trainer};
use ndarray::Array2;
use std::collections::BTreeMap;

const ROWS: usize = 3000;

/// Rows whose label's spread depends on a feature, with weights of which some are 0.
fn data() -> (Dataset, Vec<f64>, Vec<f64>) {
    let x = Array2::from_shape_fn((ROWS, 3), |(row, column)| (mix((row * 3 + column) as u64) % 40) as f64);
    let labels: Vec<f64> = (0..ROWS).map(|row| x[[row, 0]] + (mix(row as u64 + 77) % 1000) as f64 * 1e-3 * x[[row, 1]]).collect();
    let weights: Vec<f64> = (0..ROWS).map(|row| (row % 4) as f64).collect();
    let data = Dataset::from_array(x.view(), labels.clone(), None).unwrap().with_weights(weights.clone()).unwrap();
    (data, labels, weights)
}

/// The smallest label up to which the share `level` of the weight lies, by counting.
fn naive_quantile(rows: &[(f64, f64)], level: f64) -> f64 {
    let all: f64 = rows.iter().map(|row| row.1).sum();
    let below = |label: f64| rows.iter().filter(|row| row.0 <= label).map(|row| row.1).sum::<f64>();
    rows.iter()
        .filter(|row| row.1 > 0.0)
        .map(|row| row.0)
        .filter(|&label| below(label) >= level * all)
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn a_leaf_is_the_quantile_of_its_rows() {
    let (data, labels, weights) = data();
    let levels = [0.1, 0.5, 0.85];
    let base = Params::builder().num_round(1).eta(1.0).max_depth(3).objective(Objective::Quantile).quantile_alpha(levels.to_vec());
    let model = Trainer::new(base.build().unwrap()).fit(&data).unwrap();
    let scorer = Scorer::new(model).unwrap();
    let margins = predict(&scorer, &data, Output::Margin).unwrap();
    let leaves = predict(&scorer, &data, Output::Leaf).unwrap();
    for (output, level) in levels.into_iter().enumerate() {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for row in 0..ROWS {
            groups.entry(leaves.values()[row * 3 + output] as u64).or_default().push(row);
        }
        assert!(groups.len() > 4);
        for rows in groups.values() {
            let found = margins.values()[rows[0] * 3 + output];
            let expected = naive_quantile(&rows.iter().map(|&row| (labels[row], weights[row])).collect::<Vec<_>>(), level);
            // Residuals were taken from the base score and added to it again.
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected} at {level}");
        }
    }
}

#[test]
fn quantiles_cover_as_much_as_their_levels_say_and_never_cross() {
    let (data, labels, weights) = data();
    for sampling in [1.0, 0.3, 0.8] {
        let params = Params::builder().num_round(60).eta(0.2).max_depth(3).subsample(sampling).objective(Objective::Quantile);
        let params = params.quantile_alpha(vec![0.05, 0.5, 0.95]).min_child_weight(40.0).build().unwrap();
        let scorer = Scorer::new(Trainer::new(params).fit(&data).unwrap()).unwrap();
        let predictions = predict(&scorer, &data, Output::Value).unwrap();
        let rows = predictions.values().as_chunks::<3>().0;
        assert!(rows.iter().all(|row| row.is_sorted()));
        let all: f64 = weights.iter().sum();
        for (output, level) in [0.05, 0.5, 0.95].into_iter().enumerate() {
            let below = (0..ROWS).filter(|&row| labels[row] <= rows[row][output]).map(|row| weights[row]).sum::<f64>() / all;
            assert!((below - level).abs() < 0.03, "{below} of the weight lies below the quantile {level}");
        }
    }
}

#[test]
fn absolute_error_is_the_median_and_twice_its_gradient() {
    let (data, ..) = data();
    let base = |objective, lambda| Params::builder().num_round(20).eta(0.3).max_depth(3).objective(objective).lambda(lambda);
    let margins = |params: crate::ParamsBuilder| {
        let scorer = Scorer::new(Trainer::new(params.build().unwrap()).fit(&data).unwrap()).unwrap();
        predict(&scorer, &data, Output::Margin).unwrap().into_values()
    };
    // Gains are four times as large, which changes no order of them.
    assert!(margins(base(Objective::AbsoluteError, 1.0)) == margins(base(Objective::Quantile, 1.0)));
}
