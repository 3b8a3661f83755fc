//! What becomes of a column of the data before the ensemble sees it, and which values of the data thereby pass a test.

use sapwood_score::FeatureSchema;

/// A column as the ensemble sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its position among the columns of the data.
    pub source: u32,
    /// What is done to its values, one after the other. Each step keeps their order, or turns it round.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Rounds to f32.
    Single,
    /// `(x − offset) · scale` in f32 (the operator Scaler); the scale is neither 0 nor NaN.
    Scale { offset: f32, scale: f32 },
}

/// The values that a condition `x <= threshold` holds for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Infinity stands for all.
    pub threshold: f64,
    /// Whether those pass that are greater, and not these.
    pub is_above: bool,
}

impl Column {
    /// A column of the data as it is.
    pub fn new(source: u32) -> Self {
        Self { source, steps: Vec::new() }
    }

    /// Rounds its values to f32, if they are not yet.
    pub fn round(&mut self) {
        if self.steps.is_empty() {
            self.steps.push(Step::Single);
        }
    }

    /// Whether it is a column of codes of categories.
    pub fn is_category(&self, schema: &FeatureSchema) -> bool {
        schema.features.get(self.source as usize).is_some_and(|feature| feature.kind.is_categorical())
    }

    /// The numbers that pass, where of what the ensemble sees those pass that are small enough for `is_low`.
    pub fn part(&self, is_low: impl Fn(f64) -> bool) -> Part {
        let is_descending = self.steps.iter().filter(|step| step.is_descending()).count() % 2 == 1;
        let is_left = |x: f64| is_low(self.seen(x)) != is_descending;
        match last(is_left) {
            Some(threshold) => Part { threshold, is_above: is_descending },
            // None is on the left: all are above "all" turned round.
            None => Part { threshold: f64::INFINITY, is_above: !is_descending },
        }
    }

    fn seen(&self, x: f64) -> f64 {
        self.steps.iter().fold(x, |x, step| step.apply(x))
    }
}

impl Step {
    fn apply(self, x: f64) -> f64 {
        match self {
            Self::Single => f64::from(x as f32),
            Self::Scale { offset, scale } => f64::from((x as f32 - offset) * scale),
        }
    }

    fn is_descending(self) -> bool {
        matches!(self, Self::Scale { scale, .. } if scale < 0.0)
    }
}

/// The greatest number that is on the left, where all below it are, too.
fn last(is_left: impl Fn(f64) -> bool) -> Option<f64> {
    let (mut low, mut high) = (rank(f64::NEG_INFINITY), rank(f64::INFINITY));
    if !is_left(f64::NEG_INFINITY) {
        return None;
    }
    if is_left(f64::INFINITY) {
        return Some(f64::INFINITY);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *if is_left(of_rank(middle)) { &mut low } else { &mut high } = middle;
    }
    Some(of_rank(low))
}

/// The position of a number among all f64 but NaN. There are less than 2⁶³ on each side of 0, and few enough on both.
fn rank(x: f64) -> i128 {
    let magnitude = i128::from(x.abs().to_bits());
    if x.is_sign_negative() { -magnitude - 1 } else { magnitude }
}

fn of_rank(rank: i128) -> f64 {
    match rank {
        0.. => f64::from_bits(rank as u64),
        _ => -f64::from_bits((-rank - 1) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(steps: &[Step]) -> Column {
        Column { source: 0, steps: steps.to_vec() }
    }

    #[test]
    fn numbers_and_ranks_are_in_one_order() {
        let numbers = [f64::NEG_INFINITY, -1.0, -5e-324, -0.0, 0.0, 5e-324, 1.0, f64::INFINITY];
        assert!(numbers.map(rank).is_sorted_by(|a, b| a < b));
        numbers.iter().for_each(|&number| assert_eq!(of_rank(rank(number)).to_bits(), number.to_bits()));
    }

    #[test]
    fn doubles_are_divided_where_they_are() {
        let plain = column(&[]);
        assert_eq!(plain.part(|x| x <= 0.1), Part { threshold: 0.1, is_above: false });
        assert_eq!(plain.part(|x| x < 0.1), Part { threshold: 0.1f64.next_down(), is_above: false });
        assert_eq!(plain.part(|x| x <= f64::INFINITY), Part { threshold: f64::INFINITY, is_above: false });
        assert_eq!(plain.part(|x| x < f64::NEG_INFINITY), Part { threshold: f64::INFINITY, is_above: true });
        assert_eq!(plain.part(|x| x <= f64::NEG_INFINITY), Part { threshold: f64::NEG_INFINITY, is_above: false });
        // 0 is less than nothing that −0 is not less than.
        assert!(plain.part(|x| x < 0.0).threshold < -0.0);
    }

    /// Every value is on the side on which it would be after all steps.
    #[test]
    fn steps_are_worked_into_thresholds() {
        let scale = |offset, scale| Step::Scale { offset, scale };
        for steps in [
            vec![],
            vec![Step::Single],
            vec![Step::Single, scale(0.3, 1.7)],
            vec![Step::Single, scale(-1e-3, -0.01)],
            vec![Step::Single, scale(2.0, -3.0), scale(0.1, -1e20)],
        ] {
            let column = column(&steps);
            for threshold in [0.1, -0.4, 0.0, 1e-3, 5.0, -1e19, f64::from(0.1f32)] {
                let strict = column.part(|x| x < threshold);
                let part = column.part(|x| x <= threshold);
                let near = [part.threshold, strict.threshold, 0.1, 0.3, -7.0, 1e30, f64::from(0.3f32)];
                for x in near.iter().flat_map(|x| [*x, x.next_up(), x.next_down(), f64::from(*x as f32), -x]) {
                    let seen = column.seen(x);
                    assert_eq!((x <= part.threshold) != part.is_above, seen <= threshold, "{steps:?} {threshold} {x}");
                    assert_eq!((x <= strict.threshold) != strict.is_above, seen < threshold, "{steps:?} {threshold} {x}");
                }
            }
        }
    }
}
