//! Accelerated failure times: the likelihood of a time that is known to lie in an interval. Its logarithm is a margin plus noise.
//!
//! The losses are XGBoost's, and so are the limits of derivatives. These come from forms that hold in the tails of the distributions, too,
//! where a difference of two shares that are nearly 1 says nothing.

use crate::params::AftDistribution;
use sapwood_score::math::{exp, ln, sigmoid};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The most that a gradient may be, and a hessian.
const LARGEST: f64 = 15.0;
/// The least that a hessian may be.
const SMALLEST_HESSIAN: f64 = 1e-16;
/// The least that a likelihood counts as.
const SMALLEST_LIKELIHOOD: f64 = 1e-12;

/// Of an interval that is narrower than this, shares would be differences of nearly the same numbers: it is as good as a point.
const NARROW: f64 = 1e-5;
/// A share that is less than this is lost in rounding: of the interval only the bound counts that is nearer.
const SMALLEST_SHARE: f64 = 1e-290;
/// Beyond this, the hazard of a normal distribution is its series.
const FAR: f64 = 30.0;

/// By what logarithms of times differ from margins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Noise {
    pub distribution: AftDistribution,
    pub scale: f64,
}

/// What is known of noise, in units of its scale.
#[derive(Clone, Copy, Debug)]
enum Known {
    Exactly(f64),
    Above(f64),
    Below(f64),
    Between(f64, f64),
    Nothing,
}

impl Noise {
    /// The negative logarithm of the likelihood of a time between two bounds; of its density where they are the same.
    pub fn negative_log_likelihood(self, margin: f64, lower: f64, upper: f64) -> f64 {
        let of = self.distribution;
        let likelihood = match self.known(margin, lower, upper) {
            Known::Exactly(z) => density(of, z) / (self.scale * lower),
            Known::Above(z) => above(of, z),
            Known::Below(z) => below(of, z),
            Known::Between(lower, upper) => between(of, lower, upper),
            Known::Nothing => 1.0,
        };
        -ln(likelihood.max(SMALLEST_LIKELIHOOD))
    }

    /// Its first and second derivative by the margin.
    pub fn derivatives(self, margin: f64, lower: f64, upper: f64) -> (f64, f64) {
        let of = self.distribution;
        let known = match self.known(margin, lower, upper) {
            Known::Between(lower, upper) if upper - lower < NARROW => Known::Exactly(0.5 * (lower + upper)),
            known => known,
        };
        let (slope, curvature) = match known {
            Known::Exactly(z) => (slope_of_ln(of, z), curvature_of_ln(of, z)),
            Known::Above(z) => of_survivor(of, z),
            Known::Below(z) => of_failed(of, z),
            Known::Between(lower, upper) => of_interval(of, lower, upper),
            Known::Nothing => (0.0, 0.0),
        };
        let gradient = (slope / self.scale).clamp(-LARGEST, LARGEST);
        (gradient, (curvature / (self.scale * self.scale)).clamp(SMALLEST_HESSIAN, LARGEST))
    }

    fn known(self, margin: f64, lower: f64, upper: f64) -> Known {
        let noise = |time| (ln(time) - margin) / self.scale;
        match (lower > 0.0, upper.is_finite()) {
            (true, true) if lower == upper => Known::Exactly(noise(lower)),
            (true, true) => Known::Between(noise(lower), noise(upper)),
            (true, false) => Known::Above(noise(lower)),
            (false, true) => Known::Below(noise(upper)),
            (false, false) => Known::Nothing,
        }
    }
}

/// Slope and curvature of −ln(share above z), by −z.
fn of_survivor(of: AftDistribution, z: f64) -> (f64, f64) {
    match of {
        AftDistribution::Normal => {
            let hazard = normal_hazard(z);
            (-hazard, hazard * (hazard - z))
        }
        AftDistribution::Logistic => (-sigmoid(z), sigmoid(z) * sigmoid(-z)),
        AftDistribution::Extreme => (-exp(z), exp(z)),
    }
}

/// Slope and curvature of −ln(share below z), by −z.
fn of_failed(of: AftDistribution, z: f64) -> (f64, f64) {
    match of {
        AftDistribution::Normal => {
            let hazard = normal_hazard(-z);
            (hazard, hazard * (hazard + z))
        }
        AftDistribution::Logistic => (sigmoid(-z), sigmoid(z) * sigmoid(-z)),
        AftDistribution::Extreme => {
            let w = exp(z);
            let grown = libm::expm1(w);
            match w / grown {
                // Far to the left, and far to the right.
                _ if grown == 0.0 => (1.0, 0.0),
                _ if grown.is_infinite() => (0.0, 0.0),
                hazard => (hazard, hazard * (hazard + w - 1.0)),
            }
        }
    }
}

/// Slope and curvature of −ln(share between two bounds), by minus both.
fn of_interval(of: AftDistribution, lower: f64, upper: f64) -> (f64, f64) {
    let share = between(of, lower, upper);
    if share < SMALLEST_SHARE {
        return if lower > 0.0 { of_survivor(of, lower) } else { of_failed(of, upper) };
    }
    let slope_of_density = |z| {
        let density = density(of, z);
        if density > 0.0 { density * slope_of_ln(of, z) } else { 0.0 }
    };
    let first = (density(of, upper) - density(of, lower)) / share;
    (first, first * first - (slope_of_density(upper) - slope_of_density(lower)) / share)
}

/// The share of noise below z.
fn below(of: AftDistribution, z: f64) -> f64 {
    match of {
        AftDistribution::Normal => 0.5 * libm::erfc(-z * FRAC_1_SQRT_2),
        AftDistribution::Logistic => sigmoid(z),
        AftDistribution::Extreme => -libm::expm1(-exp(z)),
    }
}

/// The share of noise above z.
fn above(of: AftDistribution, z: f64) -> f64 {
    match of {
        AftDistribution::Normal => 0.5 * libm::erfc(z * FRAC_1_SQRT_2),
        AftDistribution::Logistic => sigmoid(-z),
        AftDistribution::Extreme => exp(-exp(z)),
    }
}

/// The share of noise between two bounds, from the tail that is smaller.
fn between(of: AftDistribution, lower: f64, upper: f64) -> f64 {
    match lower > 0.0 {
        true => above(of, lower) - above(of, upper),
        false => below(of, upper) - below(of, lower),
    }
}

fn density(of: AftDistribution, z: f64) -> f64 {
    match of {
        AftDistribution::Normal => exp(-0.5 * z * z) / (2.0 * PI).sqrt(),
        AftDistribution::Logistic => sigmoid(z) * sigmoid(-z),
        // z − e^z, and not e^z times e^−e^z, which is no number where e^z is infinite.
        AftDistribution::Extreme => exp(z - exp(z)),
    }
}

/// The slope of −ln(density), by −z.
fn slope_of_ln(of: AftDistribution, z: f64) -> f64 {
    match of {
        AftDistribution::Normal => -z,
        AftDistribution::Logistic => sigmoid(-z) - sigmoid(z),
        AftDistribution::Extreme => 1.0 - exp(z),
    }
}

/// The curvature of −ln(density).
fn curvature_of_ln(of: AftDistribution, z: f64) -> f64 {
    match of {
        AftDistribution::Normal => 1.0,
        AftDistribution::Logistic => 2.0 * sigmoid(z) * sigmoid(-z),
        AftDistribution::Extreme => exp(z),
    }
}

/// Density ÷ share above.
fn normal_hazard(z: f64) -> f64 {
    match z > FAR {
        true => z + 1.0 / z - 2.0 / z.powi(3) + 10.0 / z.powi(5),
        false => density(AftDistribution::Normal, z) / above(AftDistribution::Normal, z),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    const ALL: [AftDistribution; 3] = [AftDistribution::Normal, AftDistribution::Logistic, AftDistribution::Extreme];

    /// Bounds of every kind.
    const BOUNDS: [(f64, f64); 7] =
        [(3.0, 3.0), (2.0, f64::INFINITY), (0.0, 5.0), (1.5, 2.5), (0.5, 60.0), (7.0, 7.2), (0.0, f64::INFINITY)];

    #[test]
    fn derivatives_are_those_of_the_likelihood() {
        let h = 1e-4;
        for (distribution, scale) in ALL.into_iter().flat_map(|of| [(of, 0.7), (of, 1.0), (of, 2.5)]) {
            let noise = Noise { distribution, scale };
            for (lower, upper) in BOUNDS {
                for margin in (-8..16).map(|step| f64::from(step) * 0.25) {
                    let loss = |margin| noise.negative_log_likelihood(margin, lower, upper);
                    if [margin - h, margin + h].into_iter().any(|margin| loss(margin) > 27.0) {
                        continue;
                    }
                    let gradient = (loss(margin + h) - loss(margin - h)) / (2.0 * h);
                    let hessian = (loss(margin + h) - 2.0 * loss(margin) + loss(margin - h)) / (h * h);
                    let (found, curvature) = noise.derivatives(margin, lower, upper);
                    assert_relative_eq!(found, gradient.clamp(-15.0, 15.0), max_relative = 1e-5, epsilon = 1e-6);
                    assert_relative_eq!(curvature, hessian.clamp(0.0, 15.0), max_relative = 1e-3, epsilon = 1e-5);
                }
            }
        }
    }

    #[test]
    fn derivatives_are_numbers_however_far_off_a_margin_is() {
        for (distribution, scale) in ALL.into_iter().flat_map(|of| [(of, 1e-3), (of, 1.0), (of, 1e3)]) {
            let noise = Noise { distribution, scale };
            for (lower, upper) in BOUNDS.into_iter().chain([(1e-300, 1e300), (1.0, 1.0 + 1e-12), (1e300, 1e300)]) {
                let mut last = -f64::INFINITY;
                for margin in [-1e6, -800.0, -40.0, -9.0, 0.0, 0.7, 9.0, 40.0, 800.0, 1e6] {
                    let (gradient, hessian) = noise.derivatives(margin, lower, upper);
                    assert!(
                        (-15.0..=15.0).contains(&gradient) && (1e-16..=15.0).contains(&hessian),
                        "{noise:?} {margin} in {lower}..{upper}: {gradient}, {hessian}"
                    );
                    // The likelihood has one maximum.
                    assert!(gradient >= last - 1e-9, "{noise:?} {margin} in {lower}..{upper}: {gradient} after {last}");
                    last = gradient;
                    assert!(noise.negative_log_likelihood(margin, lower, upper).is_finite());
                }
            }
        }
    }

    #[test]
    fn tails_go_on_smoothly() {
        let hazards = |z: f64| (normal_hazard(z), of_survivor(AftDistribution::Normal, z).1);
        let (inside, outside) = (hazards(FAR), hazards(FAR.next_up()));
        assert_relative_eq!(inside.0, outside.0, max_relative = 1e-8);
        assert_relative_eq!(inside.1, outside.1, max_relative = 1e-5);
        // An interval narrower and wider than what is taken for a point.
        for distribution in ALL {
            let noise = Noise { distribution, scale: 1.0 };
            let (narrow, wide) = (noise.derivatives(0.3, 2.0, 2.0 + 1.9e-5), noise.derivatives(0.3, 2.0, 2.0 + 2.1e-5));
            assert_relative_eq!(narrow.0, wide.0, max_relative = 1e-4);
            assert_relative_eq!(narrow.1, wide.1, max_relative = 1e-4);
        }
    }
}
