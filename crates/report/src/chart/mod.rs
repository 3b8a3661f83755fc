//! Charts: SVG that stands in the page itself. Each is a figure with a title, a text that says what it shows, and marks between two axes.
//!
//! Colours are classes (`c0` …) whose values the page's style sheet has, for dark and light. Coordinates have one decimal.

mod axis;
mod bars;
mod effect;
mod lines;
mod panels;
mod swarm;
mod waterfall;

pub use bars::{columns, horizontal, spark};
pub use effect::effect;
pub use lines::{Line, Lines, scatter};
pub use panels::{Panel, panels};
pub use swarm::swarm;
pub use waterfall::{apart, waterfall};

pub use axis::Axis;
use axis::Scale;
use maud::{Markup, html};

/// The size of a chart with axes.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 300.0;

/// The room that axes take: left, right, top, bottom.
const MARGIN: (f64, f64, f64, f64) = (68.0, 24.0, 10.0, 44.0);

/// What stands above a chart and what is read out in its place.
#[derive(Clone, Copy, Debug)]
pub struct Title<'a> {
    /// The title.
    pub title: &'a str,
    /// What the chart shows, in a sentence.
    pub text: &'a str,
}

/// A figure around marks.
pub(crate) fn figure(title: Title<'_>, (width, height): (f64, f64), marks: Markup, legend: Markup) -> Markup {
    html! {
        figure {
            figcaption { strong { (title.title) } " " span.note { (title.text) } }
            (legend)
            svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(format!("{}. {}", title.title, title.text)) {
                title { (title.title) }
                (marks)
            }
        }
    }
}

/// What the colours stand for; nothing to say of a single one.
fn legend<'a>(names: impl IntoIterator<Item = (&'a str, String)>) -> Markup {
    html! {
        ul.legend {
            @for (name, class) in names {
                li { span.key.(class) {} " " (name) }
            }
        }
    }
}

/// Points as one path of round dots, which is the shortest way to write many.
fn dots(points: impl Iterator<Item = (f64, f64)>) -> String {
    points.filter(|(x, y)| x.is_finite() && y.is_finite()).map(|(x, y)| format!("M{x:.1} {y:.1}h0")).collect()
}

/// Points as a line; where one is not a number the line is broken.
pub(crate) fn line(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (x, y) in points {
        if x.is_finite() && y.is_finite() {
            path.push_str(&format!("{}{x:.1} {y:.1}", if is_open { 'L' } else { 'M' }));
        }
        is_open = x.is_finite() && y.is_finite();
    }
    path
}

/// Both axes of a chart, and its marks.
fn plot(title: Title<'_>, x: &Axis<'_>, y: &Axis<'_>, legend: Markup, marks: impl FnOnce(&Scale, &Scale) -> Markup) -> Markup {
    let (left, right, top, bottom) = MARGIN;
    let across = x.scale(left, WIDTH - right);
    let up = y.scale(HEIGHT - bottom, top);
    let axes = html! {
        g.grid {
            @for tick in y.ticks(6) { path d=(format!("M{left} {:.1}H{}", up.at(tick), WIDTH - right)) {} }
        }
        g.axis {
            path d=(format!("M{left} {top}V{}H{}", HEIGHT - bottom, WIDTH - right)) {}
            @for tick in x.ticks(6) {
                text x=(format!("{:.1}", across.at(tick))) y=(HEIGHT - bottom + 16.0) text-anchor="middle" { (x.label_of(tick)) }
            }
            @for tick in y.ticks(6) {
                text x=(left - 6.0) y=(format!("{:.1}", up.at(tick) + 4.0)) text-anchor="end" { (y.label_of(tick)) }
            }
            text.name x=((left + WIDTH - right) / 2.0) y=(HEIGHT - 6.0) text-anchor="middle" { (x.name) }
            text.name x="12" y=((top + HEIGHT - bottom) / 2.0) text-anchor="middle"
                transform=(format!("rotate(-90 12 {:.1})", (top + HEIGHT - bottom) / 2.0)) { (y.name) }
        }
    };
    figure(title, (WIDTH, HEIGHT), html! { (axes) (marks(&across, &up)) }, legend)
}
