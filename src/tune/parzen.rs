//! Proposals near what was good: the tree-structured Parzen estimator (Bergstra et al. 2011) with product kernels (Falkner, Klein & Hutter 2018, "BOHB").

use crate::sampling;
use sapwood_score::math::exp;

/// Of so many points one counts as good.
const GOOD: usize = 5;

/// Good points that count at most: of many the best.
const MOST: usize = 25;

/// Points that are drawn near the good ones; the likeliest of them is taken.
const CANDIDATES: u64 = 24;

/// Kernels are no narrower.
const NARROWEST: f64 = 0.08;

/// A density over the unit cube: kernels around points, and a share that is spread evenly.
struct Density<'a> {
    points: &'a [&'a [f64]],
    widths: Vec<f64>,
}

/// A point where the good ones are denser than the others, in the unit cube: `points` are those that were judged, the best ones first. It depends on them and
/// on `key` alone.
pub(super) fn propose(points: &[&[f64]], key: u64) -> Vec<f64> {
    let (good, poor) = points.split_at(points.len().div_ceil(GOOD).min(MOST));
    let (good, poor) = (Density::new(good), Density::new(poor));
    let candidates = (0..CANDIDATES).map(|candidate| good.draw(sampling::mix(key ^ candidate)));
    let judged = candidates.map(|point| (good.at(&point) / poor.at(&point), point));
    judged.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, point)| point).unwrap_or_default()
}

impl<'a> Density<'a> {
    /// Kernels are the narrower the closer points lie and the more there are (Scott 1992).
    fn new(points: &'a [&'a [f64]]) -> Self {
        let dimensions = points.first().map_or(0, |point| point.len());
        let count = points.len() as f64;
        let narrower = exp(-sapwood_score::math::ln(count.max(1.0)) / (dimensions as f64 + 4.0));
        let widths = (0..dimensions).map(|at| {
            let mean = points.iter().map(|point| point[at]).sum::<f64>() / count;
            let variance = points.iter().map(|point| (point[at] - mean).powi(2)).sum::<f64>() / count;
            (variance.sqrt() * narrower).max(NARROWEST)
        });
        Self { points, widths: widths.collect() }
    }

    /// Up to a factor that densities over one cube share. The even share is one kernel's.
    fn at(&self, point: &[f64]) -> f64 {
        let kernel = |center: &&[f64]| {
            let distances =
                center.iter().zip(point).zip(&self.widths).map(|((center, place), width)| ((place - center) / width).powi(2));
            exp(-0.5 * distances.sum::<f64>())
                / self.widths.iter().map(|width| width * (2.0 * std::f64::consts::PI).sqrt()).product::<f64>()
        };
        (1.0 + self.points.iter().map(kernel).sum::<f64>()) / (self.points.len() as f64 + 1.0)
    }

    fn draw(&self, key: u64) -> Vec<f64> {
        let which = (sampling::number(key, 0) * (self.points.len() + 1) as f64) as usize;
        let uniform = |at: usize, index: u64| sampling::number(sampling::mix(key.wrapping_add(at as u64)), 1 + index);
        let around = |at: usize, center: f64| {
            // The sum of four numbers is near enough to a normal one, of variance one third.
            let normal = (0..4).map(|index| uniform(at, index)).sum::<f64>() - 2.0;
            reflected(center + self.widths[at] * normal * 3f64.sqrt())
        };
        (0..self.widths.len())
            .map(|at| self.points.get(which).map_or_else(|| uniform(at, 0), |point| around(at, point[at])))
            .collect()
    }
}

/// A place outside the interval [0, 1), as its mirror image in it.
fn reflected(place: f64) -> f64 {
    let folded = place.rem_euclid(2.0);
    (if folded < 1.0 { folded } else { 2.0 - folded }).min(1.0 - f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proposals are near the best points, but not all of them.
    #[test]
    fn proposals_follow_the_good_points() {
        let all: Vec<[f64; 2]> = (0..60u64).map(|at| [sampling::number(7, 2 * at), sampling::number(7, 2 * at + 1)]).collect();
        let bad = |point: &[f64]| (point[0] - 0.8).powi(2) + (point[1] - 0.3).powi(2);
        let mut points: Vec<&[f64]> = all.iter().map(|point| &point[..]).collect();
        points.sort_by(|a, b| bad(a).total_cmp(&bad(b)));
        let proposed: Vec<_> = (0..200).map(|key| propose(&points, sampling::mix(key))).collect();
        assert!(proposed.iter().flatten().all(|place| (0.0..1.0).contains(place)));
        let mean = |points: &[Vec<f64>]| points.iter().map(|point| bad(point)).sum::<f64>() / points.len() as f64;
        let random = all.iter().map(|point| bad(point)).sum::<f64>() / 60.0;
        assert!(mean(&proposed) < random / 4.0, "{} {random}", mean(&proposed));
        let again = |key| propose(&points, sampling::mix(key));
        assert!(again(5) == again(5) && again(5) != again(6));
    }

    #[test]
    fn places_outside_are_mirrored() {
        for (place, expected) in [(0.25, 0.25), (-0.25, 0.25), (1.25, 0.75), (2.25, 0.25), (0.0, 0.0)] {
            assert!((reflected(place) - expected).abs() < 1e-12, "{place}");
        }
        assert!(reflected(1.0) < 1.0);
    }
}
