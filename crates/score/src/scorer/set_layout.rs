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

/// A split: the column that decides, which set it parts, and where the parts go.
pub(super) struct SetSplit {
    pub column: u16,
    pub from: u16,
    pub left: u16,
    pub right: u16,
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
