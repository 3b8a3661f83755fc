//! The beeswarm: a row of dots for each feature, a dot for each row of the data.

use super::{Axis, Title, WIDTH, dots, figure, legend};
use crate::facts::FeatureEffect;
use crate::text;
use maud::{Markup, html};

/// The height of a feature's dots.
const ROW: f64 = 30.0;

/// The room for names.
const NAMES: f64 = 150.0;

/// The colours of low to high values, and that of values without an order.
const CLASSES: [&str; 6] = ["s0", "s1", "s2", "s3", "s4", "faint"];

/// Contributions from left to right; the colour tells how high the feature's value is.
pub fn swarm(title: Title<'_>, features: &[FeatureEffect]) -> Markup {
    let height = ROW * features.len() as f64 + 34.0;
    let axis = Axis::of("", features.iter().flat_map(|feature| feature.swarm.iter().map(|dot| dot.1)));
    let scale = axis.scale(NAMES, WIDTH - 14.0);
    let keys = [("low value", "s0"), ("high value", "s4"), ("missing or a category", "faint")];
    let marks = html! {
        path.reference d=(format!("M{:.1} 0V{:.1}", scale.at(0.0), height - 28.0)) {}
        @for (at, feature) in features.iter().enumerate() {
            @let middle = ROW * (at as f64 + 0.5);
            g.axis { text x=(NAMES - 8.0) y=(middle + 4.0) text-anchor="end" { (text::shortened(&feature.name, 22)) } }
            @for (class, dots) in CLASSES.iter().zip(by_class(feature, middle, |x| scale.at(x))) {
                @if !dots.is_empty() { path.dot.(class) d=(dots) {} }
            }
        }
        g.axis {
            path d=(format!("M{NAMES} {:.1}H{}", height - 28.0, WIDTH - 14.0)) {}
            @for tick in axis.ticks(5) {
                text x=(format!("{:.1}", scale.at(tick))) y=(format!("{:.1}", height - 12.0)) text-anchor="middle" { (axis.label_of(tick)) }
            }
        }
    };
    figure(title, (WIDTH, height), marks, legend(keys.map(|(name, class)| (name, class.to_string()))))
}

/// The dots of each colour. Those at one place are put above and below each other.
fn by_class(feature: &FeatureEffect, middle: f64, place: impl Fn(f64) -> f64) -> [String; 6] {
    const SLOTS: usize = 160;
    let mut filled = vec![0usize; SLOTS + 1];
    let mut found: [Vec<(f64, f64)>; 6] = Default::default();
    for &(height, contribution) in &feature.swarm {
        let x = place(contribution);
        let slot = ((x - NAMES) / (WIDTH - NAMES) * SLOTS as f64) as usize;
        let before = filled.get_mut(slot).map_or(0, |count| {
            *count += 1;
            *count - 1
        });
        let away = (before.div_ceil(2) as f64 * 2.2).min(0.42 * ROW);
        let class = height.map_or(5, |height| ((height * 5.0) as usize).min(4));
        found[class].push((x, if before.is_multiple_of(2) { middle - away } else { middle + away }));
    }
    found.map(|points| dots(points.into_iter()))
}
