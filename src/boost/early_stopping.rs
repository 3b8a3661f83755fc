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

    /// Takes the value of a round. Only a strictly better value is an improvement, NaN never is; the first number is.
    pub fn observe(&mut self, round: usize, value: f64) -> Decision {
        if self.improves(value) {
            self.best = Some((round, value));
            self.rounds_without_improvement = 0;
            return Decision::Improved;
        }
        self.rounds_without_improvement += 1;
        if self.rounds_without_improvement >= self.patience { Decision::Stop } else { Decision::Continue }
    }

    /// The best round and its value; `None` as long as every value was NaN.
    pub fn best(&self) -> Option<(usize, f64)> {
        self.best
    }

    fn improves(&self, value: f64) -> bool {
        match self.best {
            None => !value.is_nan(),
            Some((_, best)) if self.higher_is_better => value > best,
            Some((_, best)) => value < best,
        }
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
    fn nan_is_never_an_improvement_and_never_the_best() {
        let mut stopping = EarlyStopping::new(3, true);
        assert_eq!(
            decisions(&mut stopping, &[f64::NAN, f64::NEG_INFINITY, f64::NAN, 0.1]),
            [Continue, Improved, Continue, Improved]
        );
        assert_eq!(stopping.best(), Some((3, 0.1)));
        let mut stopping = EarlyStopping::new(2, false);
        assert_eq!(decisions(&mut stopping, &[f64::NAN, f64::NAN]), [Continue, Stop]);
        assert_eq!(stopping.best(), None);
    }
}
