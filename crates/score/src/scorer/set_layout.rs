//! How sets of rows, their ranks and the splits of a tree lie in memory: what kernels and their callers share.

/// Rows that go down a tree together.
pub(super) const ROWS: usize = 512;

/// Words of a [`Set`].
pub(super) const WORDS: usize = ROWS / 64;

/// A bit for each of [`ROWS`] rows.
pub(super) type Set = [u64; WORDS];

/// Ranks of [`ROWS`] rows.
pub(super) type Column = [u8; ROWS];

/// Thresholds that a value is compared with at once.
pub(super) const BLOCK: usize = 16;

/// Which levels go left: bit `h % 8` of byte `l + 16 * (h / 8)` stands for the level `16 * h + l`.
pub(super) type LevelBits = [u8; 32];

/// Which parts of a set go on to other splits. A part that does not is in a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onward {
    /// Both: the left part takes the place of the whole.
    Both,
    /// One: it takes the place of the whole.
    Left,
    Right,
    Neither,
}

/// Neighbouring splits of one kind.
pub(super) struct Run {
    pub onward: Onward,
    pub splits: usize,
}

/// A split: the column that decides, which set it parts, and where the parts go.
pub(super) struct SetSplit {
    pub column: u16,
    /// The set that it parts.
    pub from: u16,
    /// Where the right part goes, if both go on.
    pub right: u16,
    /// The numbers of the leaves that parts are in which do not go on, left and right.
    pub leaves: [u8; 2],
    pub goes_left: Rule,
}

/// Which ranks go left.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Those up to this one.
    UpTo(u8),
    /// The set of levels of this number.
    Levels(u16),
}
