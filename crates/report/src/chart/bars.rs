//! Bars: across with their names before them, or upright along an axis.

use super::{Axis, MARGIN, Title, WIDTH, figure, legend, plot};
use crate::facts::Bar;
use crate::text;
use maud::{Markup, html};

/// The height of a bar that lies, and of the row that it has.
const BAR: f64 = 16.0;
const ROW: f64 = 24.0;

/// The room for names.
const NAMES: f64 = 176.0;

/// Bars that lie, each with its name before it and its value behind it.
pub fn horizontal(title: Title<'_>, bars: &[Bar], value: impl Fn(f64) -> String) -> Markup {
    let height = ROW * bars.len().max(1) as f64 + 8.0;
    let scale = Axis::between("", 0.0, largest(bars)).scale(NAMES, WIDTH - 74.0);
    let marks = html! {
        @for (at, bar) in bars.iter().enumerate() {
            @let top = ROW * at as f64 + 6.0;
            g.axis { text x=(NAMES - 8.0) y=(top + 12.0) text-anchor="end" { (text::shortened(&bar.label, 22)) } }
            rect.bar.c0 x=(NAMES) y=(top) width=(format!("{:.1}", scale.at(bar.value) - NAMES)) height=(BAR) {
                title { (text::name(&bar.label)) ": " (value(bar.value)) }
            }
            g.axis { text x=(format!("{:.1}", scale.at(bar.value) + 6.0)) y=(top + 12.0) { (value(bar.value)) } }
        }
    };
    figure(title, (WIDTH, height), marks, html! {})
}

fn largest(bars: &[Bar]) -> f64 {
    bars.iter().map(|bar| bar.value).filter(|x| x.is_finite()).fold(f64::MIN_POSITIVE, f64::max)
}

/// Upright bars side by side, of one or more kinds; names are below.
pub fn columns(title: Title<'_>, x: &str, y: &Axis<'_>, kinds: &[(&str, &[Bar])]) -> Markup {
    let names = kinds.iter().enumerate().map(|(at, (name, _))| (*name, format!("c{at}")));
    let legend = if kinds.len() > 1 {
        legend(names)
    } else {
        html! {}
    };
    let count = kinds.first().map_or(0, |(_, bars)| bars.len());
    // Names that would not fit beside each other are left out.
    let every = count.div_ceil(5).max(1);
    let axis = Axis::between(x, 0.0, count.max(1) as f64).without_ticks();
    let (left, right, ..) = MARGIN;
    let step = (WIDTH - left - right) / count.max(1) as f64;
    let width = (0.9 * step / kinds.len().max(1) as f64).max(0.5);
    plot(title, &axis, y, legend, |across, up| {
        html! {
            @for (kind, (_, bars)) in kinds.iter().enumerate() {
                @for (at, bar) in bars.iter().enumerate() {
                    @let from = across.at(at as f64) + 0.05 * step + kind as f64 * width;
                    rect.bar.(format!("c{kind}")) x=(format!("{from:.1}")) y=(format!("{:.1}", up.at(bar.value))) width=(format!("{width:.1}"))
                        height=(format!("{:.1}", (up.at(0.0) - up.at(bar.value)).max(0.0))) {
                        title { (text::name(&bar.label)) ": " (y.label_of(bar.value)) }
                    }
                }
            }
            g.axis {
                @for (at, bar) in kinds.first().map_or(&[][..], |(_, bars)| bars).iter().enumerate().step_by(every) {
                    text x=(format!("{:.1}", across.at(at as f64 + 0.5))) y=(up.at(f64::NEG_INFINITY) + 16.0) text-anchor="middle" {
                        (text::shortened(&bar.label, 11))
                    }
                }
            }
        }
    })
}

/// A distribution as small as a word.
pub fn spark(bars: &[Bar]) -> Markup {
    let (width, height) = (96.0, 22.0);
    let step = width / bars.len().max(1) as f64;
    let scale = Axis::between("", 0.0, largest(bars)).scale(0.0, height);
    html! {
        svg.spark viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height) aria-hidden="true" {
            @for (at, bar) in bars.iter().enumerate() {
                @let tall = if bar.value > 0.0 { scale.at(bar.value).max(1.0) } else { 0.0 };
                rect.bar.c0 x=(format!("{:.1}", step * at as f64)) y=(format!("{:.1}", height - tall)) width=(format!("{:.1}", 0.86 * step))
                    height=(format!("{tall:.1}")) {}
            }
        }
    }
}
