//! How far metrics are due to chance: the bootstrap.

use crate::metric::{Evaluation, Metric};
use crate::sampling::{self, Purpose};
use crate::{Dataset, Objective, Result};
use rayon::prelude::*;

/// The values of metrics on `repeats` sets that are drawn with replacement from the rows of `data`, query groups as wholes: `[repeat][metric]`. In each a row
/// counts as often as a Poisson variable of mean 1 says, which its number and the repeat decide, so that nothing depends on threads (Hanley &
/// MacGibbon 2006). Margins lie output by output. Runs on the current thread pool.
///
/// ```
/// use sapwood::evaluation::bootstrap;
/// use sapwood::{Dataset, Objective, metric::metrics};
/// let labels: Vec<f64> = (0..1000).map(|row| f64::from(row % 2)).collect();
/// let data = Dataset::from_array(ndarray::Array2::zeros((1000, 1)).view(), labels, None)?;
/// let metric = metrics(&["mae".to_string()], Objective::SquaredError)?;
/// let values = bootstrap(&metric, Objective::SquaredError, &[0.0; 1000], &data, 50)?;
/// assert!(values.iter().all(|values| (0.4..0.6).contains(&values[0])));
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// A number of margins that does not fit the data.
pub fn bootstrap(
    metrics: &[Box<dyn Metric>],
    objective: Objective,
    margins: &[f64],
    data: &Dataset,
    repeats: usize,
) -> Result<Vec<Vec<f64>>> {
    let one = |repeat: usize| {
        let key = sampling::key(0, Purpose::Bootstrap, repeat as u64);
        let times = |row: usize| poisson(sampling::number(key, data.groups().map_or(row as u64, |groups| groups[row])));
        let weights = (0..data.rows()).map(|row| times(row) * data.weights().map_or(1.0, |weights| weights[row])).collect();
        let drawn = data.clone().with_weights(weights)?;
        let evaluation = Evaluation::new(objective, margins, drawn.targets())?;
        Ok(metrics.iter().map(|metric| metric.evaluate(&evaluation)).collect())
    };
    (0..repeats).into_par_iter().map(one).collect()
}

/// The Poisson variable of mean 1 with such a rank in [0, 1).
fn poisson(rank: f64) -> f64 {
    let (mut count, mut share, mut below) = (0.0, 1.0 / std::f64::consts::E, 1.0 / std::f64::consts::E);
    while rank >= below && count < 20.0 {
        count += 1.0;
        share /= count;
        below += share;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::metrics;
    use ndarray::Array2;

    /// The standard error of a mean of 0 and 1 in equal parts is 1 / (2 √n).
    #[test]
    fn the_spread_is_the_standard_error() {
        let labels: Vec<f64> = (0..2_500).map(|row| f64::from(row % 2)).collect();
        let data = Dataset::from_array(Array2::zeros((2_500, 1)).view(), labels, None).unwrap();
        let chosen = metrics(&["mae".to_string()], Objective::SquaredError).unwrap();
        let values = bootstrap(&chosen, Objective::SquaredError, &[0.0; 2_500], &data, 400).unwrap();
        let mean = values.iter().map(|value| value[0]).sum::<f64>() / 400.0;
        let deviation = (values.iter().map(|value| (value[0] - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
        assert!((mean - 0.5).abs() < 0.002 && (0.0085..0.0115).contains(&deviation), "{mean} {deviation}");
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let again = pool.install(|| bootstrap(&chosen, Objective::SquaredError, &[0.0; 2_500], &data, 400)).unwrap();
            assert_eq!(again, values);
        }
    }

    #[test]
    fn groups_are_drawn_as_wholes() {
        let groups: Vec<u64> = (0..60).map(|row| row / 20).collect();
        let labels = groups.iter().map(|&group| group as f64).collect();
        let data = Dataset::from_array(Array2::zeros((60, 1)).view(), labels, None).unwrap().with_groups(groups).unwrap();
        let chosen = metrics(&["mae".to_string()], Objective::SquaredError).unwrap();
        let values = bootstrap(&chosen, Objective::SquaredError, &[0.0; 60], &data, 200).unwrap();
        // Means of whole multiples of groups 0, 1 and 2: had rows been drawn one by one, hardly any would be 0, 1 or 2.
        assert!(values.iter().filter(|value| [0.0, 1.0, 2.0].contains(&value[0])).count() > 20);
    }
}
