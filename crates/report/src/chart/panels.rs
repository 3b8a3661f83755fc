//! Small charts side by side, one for each class, all between the same axes from 0 to 1.

use super::{Axis, Title, WIDTH, figure, line};
use crate::text;
use maud::{Markup, html};

/// Panels in a row, and the size of one with the room around it.
const ACROSS: usize = 3;
const HEIGHT: f64 = 150.0;

/// The room within a panel's size: left, right, top, bottom.
const ROOM: (f64, f64, f64, f64) = (30.0, 8.0, 22.0, 20.0);

/// A small chart.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// What it is of.
    pub name: &'a str,
    /// What is said beside the name.
    pub note: String,
    /// The line.
    pub points: &'a [(f64, f64)],
    /// A dashed line from one place to another.
    pub reference: [(f64, f64); 2],
}

/// The panels, row by row. What the axes are is told in the title.
pub fn panels(title: Title<'_>, panels: &[Panel<'_>]) -> Markup {
    let rows = panels.len().div_ceil(ACROSS).max(1);
    let each = WIDTH / ACROSS as f64;
    let marks = html! {
        @for (at, panel) in panels.iter().enumerate() {
            (panel_at(panel, (at % ACROSS) as f64 * each, (at / ACROSS) as f64 * HEIGHT, each))
        }
    };
    figure(title, (WIDTH, rows as f64 * HEIGHT), marks, html! {})
}

fn panel_at(panel: &Panel<'_>, from_left: f64, from_top: f64, width: f64) -> Markup {
    let (left, right, top, bottom) = ROOM;
    let (west, east) = (from_left + left, from_left + width - right);
    let (north, south) = (from_top + top, from_top + HEIGHT - bottom);
    let axis = Axis::between("", 0.0, 1.0);
    let (x, y) = (axis.scale(west, east), axis.scale(south, north));
    let at = |points: &[(f64, f64)]| line(points.iter().map(|&(a, b)| (x.at(a), y.at(b))));
    html! {
        text.name x=(format!("{west:.1}")) y=(format!("{:.1}", north - 7.0)) { (text::shortened(panel.name, 10)) title { (text::name(panel.name)) } }
        g.axis {
            text x=(format!("{east:.1}")) y=(format!("{:.1}", north - 7.0)) text-anchor="end" { (panel.note) }
            path d=(format!("M{west:.1} {north:.1}V{south:.1}H{east:.1}")) {}
            @for end in [0.0, 1.0] {
                text x=(format!("{:.1}", x.at(end))) y=(format!("{:.1}", south + 14.0)) text-anchor="middle" { (end) }
                text x=(format!("{:.1}", west - 5.0)) y=(format!("{:.1}", y.at(end) + 4.0)) text-anchor="end" { (end) }
            }
        }
        path.reference d=(at(&panel.reference)) {}
        path.line.c0 d=(at(panel.points)) {}
    }
}
