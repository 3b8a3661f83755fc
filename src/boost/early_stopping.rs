//! Early stopping: watches one metric and says when it has stopped improving.

/// What a new value means for training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is the best so far.
    Improved,
    /// It is not, but there is patience left.
    Continue,
    /// There has been no improvement for as many rounds as there was patience: training ends.
    Stop,
}

/// Watches the values of a metric, round by round.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    patience: usize,
    higher_is_better: bool,
    best: Option<(usize, f64)>,
    rounds_without_improvement: usize,
}

impl EarlyStopping {
    /// Stops after `patience` (at least 1) rounds without improvement.
    pub fn new(patience: usize, higher_is_better: bool) -> Self {
        Self { patience, higher_is_better, best: None, rounds_without_improvement: 0 }
    }

    /// Takes the value of a round. Only a strictly better value is an improvement; the first finite number is one, and nothing else ever:
    /// neither NaN nor an infinity can be the best.
    pub fn observe(&mut self, round: usize, value: f64) -> Decision {
        if self.improves(value) {
            self.best = Some((round, value));
            self.rounds_without_improvement = 0;
            return Decision::Improved;
        }
        self.rounds_without_improvement += 1;
        if self.rounds_without_improvement >= self.patience { Decision::Stop } else { Decision::Continue }
    }

    /// The best round and its value; `None` as long as no value was a finite number.
    pub fn best(&self) -> Option<(usize, f64)> {
        self.best
    }

    fn improves(&self, value: f64) -> bool {
        let is_better = |best: f64| if self.higher_is_better { value > best } else { value < best };
        value.is_finite() && self.best.is_none_or(|(_, best)| is_better(best))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Continue, Improved, Stop};

    fn decisions(stopping: &mut EarlyStopping, values: &[f64]) -> Vec<Decision> {
        values.iter().enumerate().map(|(round, value)| stopping.observe(round, *value)).collect()
    }

    #[test]
    fn it_stops_after_patience_rounds_and_remembers_the_best() {
        let mut stopping = EarlyStopping::new(2, false);
        assert_eq!(
            decisions(&mut stopping, &[3.0, 2.0, 2.5, 1.0, 1.5, 1.2]),
            [Improved, Improved, Continue, Improved, Continue, Stop]
        );
        assert_eq!(stopping.best(), Some((3, 1.0)));
    }

    #[test]
    fn larger_can_be_better() {
        let mut stopping = EarlyStopping::new(1, true);
        assert_eq!(decisions(&mut stopping, &[0.5, 0.6, 0.59]), [Improved, Improved, Stop]);
        assert_eq!(stopping.best(), Some((1, 0.6)));
    }

    #[test]
    fn an_equal_value_is_no_improvement() {
        let mut stopping = EarlyStopping::new(2, false);
        assert_eq!(decisions(&mut stopping, &[1.0, 1.0, 1.0]), [Improved, Continue, Stop]);
        assert_eq!(stopping.best(), Some((0, 1.0)));
    }

    #[test]
    fn only_finite_numbers_are_improvements_and_the_best() {
        let mut stopping = EarlyStopping::new(4, true);
        assert_eq!(
            decisions(&mut stopping, &[f64::NAN, f64::NEG_INFINITY, f64::NAN, 0.1, f64::INFINITY]),
            [Continue, Continue, Continue, Improved, Continue]
        );
        assert_eq!(stopping.best(), Some((3, 0.1)));
        for never in [f64::NAN, f64::INFINITY] {
            let mut stopping = EarlyStopping::new(2, false);
            assert_eq!(decisions(&mut stopping, &[never, never]), [Continue, Stop]);
            assert_eq!(stopping.best(), None);
        }
    }
}
