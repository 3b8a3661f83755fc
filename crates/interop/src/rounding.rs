//! What a format with smaller numbers changes.

/// How many numbers of a model another format cannot hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rounding {
    /// Thresholds that had to move. Data whose values the format can hold are divided as before.
    pub thresholds: usize,
    /// Leaf values, base scores among them, that were rounded.
    pub leaves: usize,
    /// Whether margins are summed in f32 there and in f64 here, or the other way round.
    pub sums: bool,
    /// Splits on categories that divide whole numbers as before, and others perhaps not.
    pub categories: usize,
    /// Whether predictions are told in f32 there, although margins are summed in f64.
    pub outputs: bool,
}
