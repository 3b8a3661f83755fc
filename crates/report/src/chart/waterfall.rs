//! The waterfall: how contributions add up from what is predicted on average to the prediction for a row.

use super::{Axis, Title, WIDTH, figure, legend};
use crate::facts::Contribution;
use crate::text;
use maud::{Markup, html};

/// The height of a bar, and of the row that it has.
const BAR: f64 = 16.0;
const ROW: f64 = 24.0;

/// The room for names, and for values.
const NAMES: f64 = 190.0;
const RIGHT: f64 = 66.0;

/// Bars from `bias` on, one contribution after the other.
pub fn waterfall(title: Title<'_>, bias: f64, contributions: &[Contribution]) -> Markup {
    let mut sums = vec![bias];
    sums.extend(contributions.iter().scan(bias, |sum, part| {
        *sum += part.contribution;
        Some(*sum)
    }));
    let height = ROW * contributions.len() as f64 + 30.0;
    let axis = Axis::of("", sums.iter().copied());
    let scale = axis.scale(NAMES, WIDTH - RIGHT);
    let name = |part: &Contribution| match part.value.is_empty() {
        true => text::shortened(&part.feature, 28),
        false => format!("{} = {}", text::shortened(&part.feature, 16), text::shortened(&part.value, 10)),
    };
    let marks = html! {
        @for (at, part) in contributions.iter().enumerate() {
            @let top = ROW * at as f64 + 4.0;
            @let (from, to) = (scale.at(sums[at]), scale.at(sums[at + 1]));
            g.axis { text x=(NAMES - 8.0) y=(top + 12.0) text-anchor="end" { (name(part)) } }
            rect.bar.(if part.contribution < 0.0 { "c0" } else { "c1" }) x=(format!("{:.1}", from.min(to))) y=(top)
                width=(format!("{:.1}", (to - from).abs().max(0.8))) height=(BAR) {
                title { (text::name(&part.feature)) ": " (text::number(part.contribution)) }
            }
            g.axis { text x=(format!("{:.1}", from.max(to) + 4.0)) y=(top + 12.0) { (signed(part.contribution)) } }
        }
        g.axis {
            @let line = height - 26.0;
            path d=(format!("M{NAMES} {line:.1}H{}", WIDTH - RIGHT)) {}
            @for tick in axis.ticks(4) {
                text x=(format!("{:.1}", scale.at(tick))) y=(format!("{:.1}", line + 16.0)) text-anchor="middle" { (axis.label_of(tick)) }
            }
        }
    };
    let keys = [("raises the margin", "c1"), ("lowers it", "c0")];
    figure(title, (WIDTH, height), marks, legend(keys.map(|(name, class)| (name, class.to_string()))))
}

fn signed(x: f64) -> String {
    if x >= 0.0 { format!("+{}", text::number(x)) } else { text::number(x) }
}

/// Bars that begin at 0, to the left or to the right of it.
pub fn apart(title: Title<'_>, bars: &[Contribution]) -> Markup {
    let height = ROW * bars.len() as f64 + 30.0;
    let axis = Axis::of("", bars.iter().map(|bar| bar.contribution).chain([0.0]));
    let scale = axis.scale(NAMES, WIDTH - RIGHT);
    let line = height - 26.0;
    let marks = html! {
        path.reference d=(format!("M{:.1} 0V{line:.1}", scale.at(0.0))) {}
        @for (at, bar) in bars.iter().enumerate() {
            @let top = ROW * at as f64 + 4.0;
            @let (from, to) = (scale.at(0.0), scale.at(bar.contribution));
            g.axis { text x=(NAMES - 8.0) y=(top + 12.0) text-anchor="end" { (text::shortened(&bar.feature, 28)) } }
            rect.bar.(if bar.contribution < 0.0 { "c0" } else { "c1" }) x=(format!("{:.1}", from.min(to))) y=(top)
                width=(format!("{:.1}", (to - from).abs().max(0.8))) height=(BAR) {}
            g.axis { text x=(format!("{:.1}", from.max(to) + 4.0)) y=(top + 12.0) { (signed(bar.contribution)) } }
        }
        g.axis {
            path d=(format!("M{NAMES} {line:.1}H{}", WIDTH - RIGHT)) {}
            @for tick in axis.ticks(4) {
                text x=(format!("{:.1}", scale.at(tick))) y=(format!("{:.1}", line + 16.0)) text-anchor="middle" { (axis.label_of(tick)) }
            }
        }
    };
    figure(title, (WIDTH, height), marks, html! {})
}
