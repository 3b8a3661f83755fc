//! Lines and clouds of points between two axes.

use super::{Axis, Title, dots, legend, line, plot};
use maud::{Markup, html};

/// A line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// What it is.
    pub name: &'a str,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Whether points are marked.
    pub is_marked: bool,
}

/// Lines between two axes.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    /// The title.
    pub title: Title<'a>,
    /// The horizontal axis.
    pub x: Axis<'a>,
    /// The vertical axis.
    pub y: Axis<'a>,
    /// The lines.
    pub lines: Vec<Line<'a>>,
    /// A dashed line from one place to another: what chance or perfection would give.
    pub reference: Option<[(f64, f64); 2]>,
    /// A place on the horizontal axis that is marked, and what it is.
    pub mark: Option<(f64, &'a str)>,
}

impl Lines<'_> {
    /// The chart.
    pub fn draw(&self) -> Markup {
        let class = |at: usize| format!("c{}", at % 6);
        let names = self.lines.iter().enumerate().map(|(at, line)| (line.name, class(at)));
        let legend = if self.lines.len() > 1 {
            legend(names)
        } else {
            html! {}
        };
        plot(self.title, &self.x, &self.y, legend, |x, y| {
            html! {
                @if let Some([from, to]) = self.reference {
                    path.reference d=(line([from, to].into_iter().map(|(a, b)| (x.at(a), y.at(b))))) {}
                }
                @if let Some((at, name)) = self.mark {
                    path.mark d=(format!("M{:.1} {:.1}V{:.1}", x.at(at), y.at(f64::NEG_INFINITY), y.at(f64::INFINITY))) {}
                    text.mark x=(format!("{:.1}", x.at(at) + if x.at(at) > 300.0 { -5.0 } else { 5.0 })) y="22"
                        text-anchor=(if x.at(at) > 300.0 { "end" } else { "start" }) { (name) }
                }
                @for (at, series) in self.lines.iter().enumerate() {
                    path.line.(class(at)) d=(line(series.points.iter().map(|&(a, b)| (x.at(a), y.at(b))))) {}
                    @if series.is_marked {
                        path.dot.large.(class(at)) d=(dots(series.points.iter().map(|&(a, b)| (x.at(a), y.at(b))))) {}
                    }
                }
            }
        })
    }
}

/// Points, and a dashed line.
pub fn scatter(title: Title<'_>, x: &Axis<'_>, y: &Axis<'_>, points: &[(f64, f64)], reference: Option<[(f64, f64); 2]>) -> Markup {
    plot(title, x, y, html! {}, |across, up| {
        html! {
            @if let Some(ends) = reference {
                path.reference d=(line(ends.into_iter().map(|(a, b)| (across.at(a), up.at(b))))) {}
            }
            path.dot.c0 d=(dots(points.iter().map(|&(a, b)| (across.at(a), up.at(b))))) {}
        }
    })
}
