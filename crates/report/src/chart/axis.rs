//! [`Axis`]: from values to places in a chart, and the values that are written beside it.

use crate::text;
use sapwood_score::math::ln;
use std::f64::consts::LN_10;

/// An axis that a chart is drawn along.
#[derive(Clone, Debug)]
pub struct Axis<'a> {
    /// What it shows.
    pub name: &'a str,
    low: f64,
    high: f64,
    is_share: bool,
    is_named: bool,
}

/// Where values are.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// The place of a value; of one beyond the end, the end.
    pub fn at(&self, x: f64) -> f64 {
        let share = ((x - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + (self.to - self.from) * share
    }
}

impl<'a> Axis<'a> {
    /// An axis with room for all of these; those that are not finite need none.
    pub fn of(name: &'a str, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            values.filter(|x| x.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        match () {
            () if low > high => Self::between(name, 0.0, 1.0),
            // Some room above and below a line without height.
            () if high - low <= 1e-12 * high.abs().max(low.abs()) => {
                let room = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
                Self::between(name, low - room, high + room)
            }
            () => Self::between(name, low, high),
        }
    }

    /// An axis from one value to another.
    pub fn between(name: &'a str, low: f64, high: f64) -> Self {
        Self { name, low, high, is_share: false, is_named: false }
    }

    /// An axis of shares, from 0 to 1.
    pub fn share(name: &'a str) -> Self {
        Self { name, low: 0.0, high: 1.0, is_share: true, is_named: false }
    }

    /// The same with its values as percentages.
    #[must_use]
    pub fn in_percent(self) -> Self {
        Self { is_share: true, ..self }
    }

    /// The same without values beside it: what it shows has names.
    #[must_use]
    pub fn without_ticks(self) -> Self {
        Self { is_named: true, ..self }
    }

    /// Its scale between two places.
    pub fn scale(&self, from: f64, to: f64) -> Scale {
        Scale { low: self.low, high: self.high, from, to }
    }

    /// About so many round values.
    pub fn ticks(&self, about: usize) -> Vec<f64> {
        if self.is_named { Vec::new() } else { ticks(self.low, self.high, about) }
    }

    /// What is written beside a value.
    pub fn label_of(&self, tick: f64) -> String {
        match self.is_share {
            true => text::percent(tick),
            false if tick.abs() >= 1e6 || (tick != 0.0 && tick.abs() < 1e-3) => short_power(tick),
            false => text::number(tick),
        }
    }
}

/// A large or a small number in the shortest way.
fn short_power(x: f64) -> String {
    let text = format!("{x:.1e}").replace(".0e", "e");
    text.replace('-', "−")
}

/// Multiples of 1, 2 or 5 times a power of ten that lie in `low..=high`.
fn ticks(low: f64, high: f64, about: usize) -> Vec<f64> {
    let rough = (high - low) / about.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return vec![low];
    }
    let power = 10f64.powi((ln(rough) / LN_10 + 1e-9).floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= rough).unwrap_or(10.0 * power);
    let first = (low / step - 1e-9).ceil();
    // Not by adding up: sums of .1 are not round.
    (0..=2 * about + 2)
        .map(|at| (first + at as f64) * step)
        .take_while(|tick| *tick <= high + 1e-9 * step)
        .map(|x| x + 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(ticks(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks(-3.0, 17.0, 4), [0.0, 5.0, 10.0, 15.0]);
        for (low, high) in [(0.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-1e300, 1e300), (1e-310, 2e-310)] {
            assert!(ticks(low, high, 5).len() <= 12, "{low} {high}");
        }
    }

    #[test]
    fn an_axis_has_room_for_what_has_no_height() {
        let axis = Axis::of("x", [2.0, 2.0].into_iter());
        assert!(axis.low < 2.0 && axis.high > 2.0);
        let (scale, none) = (axis.scale(0.0, 100.0), Axis::of("x", [f64::NAN].into_iter()));
        assert!((scale.at(2.0) - 50.0).abs() < 1e-9 && scale.at(1e9) == 100.0);
        assert_eq!((none.low, none.high), (0.0, 1.0));
    }
}
