//! What labels and predictions are where a feature has such values, over how many rows there are.

use super::{Axis, MARGIN, Title, WIDTH, dots, legend, line, plot};
use crate::facts::EffectBin;
use crate::text;
use maud::{Markup, html};

/// Bars for the shares of rows, and dots for the mean label and the mean prediction, with lines between them where values are in order.
pub fn effect(title: Title<'_>, feature: &str, y: &str, bins: &[EffectBin], is_ordered: bool) -> Markup {
    let means = bins.iter().flat_map(|bin| [bin.actual, bin.predicted]);
    let axis = Axis::between(feature, 0.0, bins.len().max(1) as f64).without_ticks();
    let shares = Axis::between("", 0.0, 3.0 * bins.iter().map(|bin| bin.share).fold(f64::MIN_POSITIVE, f64::max));
    let keys = [("actual mean", "c1"), ("predicted mean", "c0"), ("share of rows", "faint")];
    let (left, right, ..) = MARGIN;
    let step = (WIDTH - left - right) / bins.len().max(1) as f64;
    let every = bins.len().div_ceil(5).max(1);
    plot(title, &axis, &Axis::of(y, means), legend(keys.map(|(name, class)| (name, class.to_string()))), |x, up| {
        let bottom = up.at(f64::NEG_INFINITY);
        let heights = shares.scale(0.0, bottom - up.at(f64::INFINITY));
        let points = |value: fn(&EffectBin) -> f64| {
            bins.iter().enumerate().map(move |(at, bin)| (x.at(at as f64 + 0.5), up.at(value(bin)))).collect::<Vec<_>>()
        };
        html! {
            @for (at, bin) in bins.iter().enumerate() {
                @let tall = heights.at(bin.share);
                rect.bar.faint x=(format!("{:.1}", x.at(at as f64) + 0.08 * step)) y=(format!("{:.1}", bottom - tall)) width=(format!("{:.1}", 0.84 * step))
                    height=(format!("{tall:.1}")) { title { (text::name(&bin.label)) ": " (text::percent(bin.share)) " of rows" } }
            }
            @for (class, values) in [("c1", points(|bin| bin.actual)), ("c0", points(|bin| bin.predicted))] {
                @if is_ordered { path.line.(class) d=(line(values.iter().copied())) {} }
                path.dot.large.(class) d=(dots(values.iter().copied())) {}
            }
            g.axis {
                @for (at, bin) in bins.iter().enumerate().step_by(every) {
                    text x=(format!("{:.1}", x.at(at as f64 + 0.5))) y=(bottom + 16.0) text-anchor="middle" { (text::shortened(&bin.label, 11)) }
                }
            }
        }
    })
}
