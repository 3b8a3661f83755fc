//! What of a model another format cannot hold.

/// How much of a model is not what it was in another format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rounding {
    /// Thresholds that had to move. Data whose values the format tells apart are divided as before.
    pub thresholds: usize,
    /// Linear leaves that lose their limits: beyond the values of training they no longer stay what they are at the nearest of them.
    pub limits: usize,
    /// Splits on categories without texts that send fractions, which are no categories, to another side.
    pub fractions: usize,
    /// Leaf values, base scores among them, that were rounded.
    pub leaves: usize,
    /// Feature names in which `_` stands for a space.
    pub names: usize,
    /// Whether margins are summed in f32 there and in f64 here, or the other way round.
    pub sums: bool,
    /// Whether predictions are told in f32 there, although margins are summed in f64.
    pub outputs: bool,
}

impl Rounding {
    /// Whether rows can fall into other leaves, or get other values, than by rounding of sums alone. Nobody wants that unasked.
    pub fn changes_predictions(&self) -> bool {
        self.thresholds + self.limits + self.fractions > 0
    }
}
