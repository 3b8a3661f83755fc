//! `class_weight` and `is_unbalance`: factors of the weights of training rows, by class.

use crate::collective::Collective;
use crate::data::TargetsView;
use crate::names::{list, nearest};
use crate::numeric::Grid;
use crate::params::ClassWeight;
use crate::{Error, Params, Result};

/// The weight of all rows of each class, over all ranks, in units of a grid: the same whatever order the rows are in.
pub(super) fn class_units(classes: usize, targets: TargetsView<'_>, ranks: &dyn Collective) -> (Grid, Vec<i128>) {
    let [largest] = ranks.max_magnitudes([(0..targets.rows()).map(|row| targets.weight(row)).fold(0.0, f64::max)]);
    let grid = Grid::new(largest);
    let mut units = vec![0_i128; classes];
    for (row, &class) in targets.labels().iter().enumerate() {
        units[class as usize] += i128::from(grid.units(targets.weight(row)));
    }
    ranks.sum_wide(&mut units);
    (grid, units)
}

/// Which of several classes have no row that counts.
pub(crate) fn absent_classes(classes: usize, targets: TargetsView<'_>, ranks: &dyn Collective) -> Vec<usize> {
    let sums = class_sums(classes, targets, ranks);
    (0..classes).filter(|&class| sums[class] == 0.0).collect()
}

fn class_sums(classes: usize, targets: TargetsView<'_>, ranks: &dyn Collective) -> Vec<f64> {
    let (grid, units) = class_units(classes, targets, ranks);
    units.into_iter().map(|units| grid.value(units)).collect()
}

/// The weights of the rows with the factors of their classes, or nothing where all factors are 1 by the parameters. Labels are classes,
/// `names` what they are called in the data.
///
/// # Errors
/// A factor of a class that there is not.
pub(crate) fn weights_by_class(
    params: &Params,
    outputs: usize,
    names: Option<&[String]>,
    targets: TargetsView<'_>,
    ranks: &dyn Collective,
) -> Result<Option<Vec<f64>>> {
    let classes = outputs.max(2);
    let factors = match &params.class_weight {
        ClassWeight::Given(given) => given_factors(given, classes, names)?,
        ClassWeight::Balanced => balanced(&class_sums(classes, targets, ranks)),
        ClassWeight::Equal if params.is_unbalance => evened(&class_sums(classes, targets, ranks)),
        ClassWeight::Equal => return Ok(None),
    };
    let weight = |(row, &class): (usize, &f64)| targets.weight(row) * factors[class as usize];
    Ok(Some(targets.labels().iter().enumerate().map(weight).collect()))
}

/// scikit-learn's formula, by weight: all rows / (classes × rows of the class), of the classes that occur.
fn balanced(sums: &[f64]) -> Vec<f64> {
    let occurring = sums.iter().filter(|sum| **sum > 0.0).count() as f64;
    let total: f64 = sums.iter().sum();
    sums.iter().map(|&sum| if sum > 0.0 { total / (occurring * sum) } else { 1.0 }).collect()
}

/// LightGBM's: the rarer of two classes counts as much as the other.
fn evened(sums: &[f64]) -> Vec<f64> {
    let largest = sums.iter().copied().fold(0.0, f64::max);
    sums.iter().map(|&sum| if sum > 0.0 { largest / sum } else { 1.0 }).collect()
}

fn given_factors(given: &[(String, f64)], classes: usize, names: Option<&[String]>) -> Result<Vec<f64>> {
    let mut factors = vec![1.0; classes];
    for (class, factor) in given {
        let number = || class.parse().ok().filter(|number: &f64| number.fract() == 0.0 && (0.0..classes as f64).contains(number));
        let index = match names {
            Some(names) => names.iter().position(|name| name == class),
            None => number().map(|number| number as usize),
        };
        *index.and_then(|index| factors.get_mut(index)).ok_or_else(|| unknown_class(class, classes, names))? = *factor;
    }
    Ok(factors)
}

fn unknown_class(class: &str, classes: usize, names: Option<&[String]>) -> Error {
    let known = names.map_or_else(|| (0..classes).map(|class| class.to_string()).collect(), <[String]>::to_vec);
    let meant = names.and_then(|names| nearest(class, names.iter().map(String::as_str)));
    let all = format!("the classes are {}", list(&known));
    let remedy = meant.map_or_else(|| all.clone(), |meant| format!("did you mean {meant:?}? ({all})"));
    let error = Error::parameter(format!("class_weight names a class {class:?}, which the labels do not have"));
    error.with_parameter("class_weight").with_remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Solo;

    #[test]
    fn formulas_by_hand() {
        // sklearn.utils.class_weight.compute_class_weight("balanced", classes=[0, 1, 2], y=[0]*6 + [1]*3 + [2])
        assert_eq!(balanced(&[6.0, 3.0, 1.0]), [10.0 / 18.0, 10.0 / 9.0, 10.0 / 3.0]);
        assert_eq!(balanced(&[6.0, 0.0, 2.0]), [8.0 / 12.0, 1.0, 2.0]);
        // LightGBM's binary objective: the larger count over the smaller, for the class with the smaller one.
        assert_eq!(evened(&[90.0, 10.0]), [1.0, 9.0]);
        assert_eq!(evened(&[10.0, 40.0]), [4.0, 1.0]);
        assert_eq!(evened(&[10.0, 0.0]), [1.0, 1.0]);
    }

    #[test]
    fn a_row_of_weight_k_counts_as_k_rows() {
        let (labels, weights) = ([0.0, 1.0, 1.0], [3.0, 1.0, 0.5]);
        let targets = TargetsView::new(&labels, Some(&weights)).unwrap();
        assert_eq!(class_sums(2, targets, &Solo), [3.0, 1.5]);
        let params = Params::builder().num_round(1).objective(crate::Objective::BinaryLogistic).is_unbalance(true).build().unwrap();
        assert_eq!(weights_by_class(&params, 1, None, targets, &Solo).unwrap().unwrap(), [3.0, 2.0, 1.0]);
    }

    #[test]
    fn classes_go_by_their_names() {
        let names = ["no".to_string(), "yes".to_string()];
        let given = [("yes".to_string(), 5.0)];
        assert_eq!(given_factors(&given, 2, Some(&names)).unwrap(), [1.0, 5.0]);
        assert_eq!(given_factors(&[("1.0".to_string(), 5.0)], 2, None).unwrap(), [1.0, 5.0]);
        let message = given_factors(&[("yse".to_string(), 5.0)], 2, Some(&names)).unwrap_err().to_string();
        assert!(
            message.contains("a class \"yse\", which the labels do not have; did you mean \"yes\"? (the classes are no, yes)"),
            "{message}"
        );
        assert!(given_factors(&[("2".to_string(), 5.0)], 2, None).is_err());
        assert!(given_factors(&[("1".to_string(), 5.0)], 2, Some(&names)).is_err());
    }
}
