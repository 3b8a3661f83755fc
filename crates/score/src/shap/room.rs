//! Room for walks: explaining row by row allocates nothing but once a thread.

use super::kernel::Frame;
use super::program::Program;
use crate::row_view::RowView;
use std::cell::Cell;

/// Rows side by side in a walk of many.
pub(super) const LANES: usize = 8;

/// What walks write to.
#[derive(Default)]
pub(super) struct Room {
    row: Vec<f64>,
    /// Rows in groups as wide as a walk, feature by feature within a group.
    pub rows: Vec<f64>,
    pub products: Vec<f64>,
    pub sums: Vec<f64>,
    pub quotients: Vec<f64>,
    pub integrand: Vec<f64>,
    pub inverses: Vec<f64>,
    pub found: Vec<f64>,
    pub pairs: Vec<f64>,
    pub frames: Vec<Frame<LANES>>,
    pub narrow_frames: Vec<Frame<1>>,
}

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

/// Calls `then` with room in which `count` rows lie as walks take them, `W` side by side.
pub(super) fn with_room<const W: usize>(view: &RowView, rows: &[f64], count: usize, then: impl FnOnce(&mut Room)) {
    let (columns, features) = (view.columns(), view.features());
    let mut room = ROOM.take();
    room.rows.clear();
    room.rows.resize(count.next_multiple_of(W) * features, f64::NAN);
    for at in 0..count {
        view.fill(&rows[at * columns..][..columns], &mut room.row);
        let places = room.rows[at / W * W * features + at % W..].iter_mut().step_by(W);
        places.zip(&room.row).for_each(|(place, x)| *place = *x);
    }
    then(&mut room);
    ROOM.set(room);
}

impl Room {
    /// Makes room for walks of a tree by `W` rows, and fills in the inverses.
    pub fn make_ready<const W: usize, const PAIRS: bool>(&mut self, program: &Program, nodes: &[f64])
    where
        Frame<W>: Framed,
    {
        let levels = (program.depth + 1) * nodes.len() * W;
        grow(&mut self.products, levels, 0.0);
        grow(&mut self.sums, levels, 0.0);
        let slots = program.slots.len();
        grow(&mut self.found, slots * W, 0.0);
        if PAIRS {
            grow(&mut self.quotients, levels, 0.0);
            grow(&mut self.integrand, nodes.len() * W, 0.0);
            grow(&mut self.pairs, slots * slots * W, 0.0);
        }
        grow(Frame::<W>::among(&mut self.frames, &mut self.narrow_frames), program.depth, Frame::EMPTY);
        self.inverses.clear();
        for &share in &program.repeats {
            self.inverses.extend(nodes.iter().map(|t| 1.0 / (share + (1.0 - share) * t)));
        }
    }
}

fn grow<T: Clone>(room: &mut Vec<T>, least: usize, with: T) {
    if room.len() < least {
        room.resize(least, with);
    }
}

/// The widths of walks.
pub(super) trait Framed: Sized {
    /// The room for frames of this width.
    fn among<'a>(wide: &'a mut Vec<Frame<LANES>>, narrow: &'a mut Vec<Frame<1>>) -> &'a mut Vec<Self>;
}

impl Framed for Frame<LANES> {
    fn among<'a>(wide: &'a mut Vec<Self>, _: &'a mut Vec<Frame<1>>) -> &'a mut Vec<Self> {
        wide
    }
}

impl Framed for Frame<1> {
    fn among<'a>(_: &'a mut Vec<Frame<LANES>>, narrow: &'a mut Vec<Self>) -> &'a mut Vec<Self> {
        narrow
    }
}
