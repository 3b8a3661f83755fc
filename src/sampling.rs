//! Row and column sampling by counter-based hashing: what is drawn depends on (seed, purpose, position) alone, never on a shared
//! stream, so that threads and machines draw alike.

use sapwood_score::math::ln;

/// What a random number is for. Different purposes never share numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Rows that cuts are computed from.
    Cuts = 1,
    /// Rows a tree is grown on.
    Rows = 2,
    /// Features of a tree.
    Tree = 3,
    /// Features of a level.
    Level = 4,
    /// Features of a node.
    Node = 5,
    /// Rows that count as those of the largest gradients.
    Top = 6,
    /// Rows that are kept back as validation data.
    Validation = 7,
    /// Thresholds of features.
    Threshold = 8,
    /// Pairs of rows that are compared.
    Pairs = 9,
    /// Rows of a fold.
    Fold = 13,
    /// Values that change places among rows.
    Permutation = 20,
    /// Trees that are dropped in a round.
    Drop = 10,
    /// Rounds in which none is.
    SkipDrop = 11,
    /// The tree that is dropped where no other is.
    OneDrop = 12,
    /// How relevant rows are beside others.
    Relevance = 14,
    /// Signs of outputs in combinations.
    Sketch = 15,
    /// Parameters of a trial.
    Trial = 16,
    /// Parameters of a trial that is near good ones.
    Proposal = 17,
    /// Rows that a report is about.
    Report = 30,
    /// How often rows are drawn to see how far a metric is due to chance.
    Bootstrap = 31,
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection whose output passes statistical tests for sequential inputs.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The key of a stream: a seed for one purpose at one place (a tree number, a node's path).
pub(crate) fn key(seed: i64, purpose: Purpose, place: u64) -> u64 {
    mix(mix(seed as u64 ^ ((purpose as u64) << 56)) ^ place)
}

/// A position's number in [0, 1).
#[inline(always)]
pub(crate) fn number(key: u64, index: u64) -> f64 {
    (mix(key ^ index) >> 11) as f64 * (1.0 / Draw::NUMBERS)
}

/// Draws positions of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    key: u64,
    /// Drawn are numbers of 53 bits below this one.
    limit: u64,
}

impl Draw {
    const NUMBERS: f64 = 9_007_199_254_740_992.0;

    /// Draws a share of the positions.
    pub fn new(key: u64, share: f64) -> Self {
        Self { key, limit: (share * Self::NUMBERS).ceil() as u64 }
    }

    /// Whether a position is drawn.
    #[inline(always)]
    pub fn has(self, index: u64) -> bool {
        mix(self.key ^ index) >> 11 < self.limit
    }

    /// A position's number in [0, 1): it is drawn if that is below the share.
    #[inline(always)]
    pub fn number(self, index: u64) -> f64 {
        number(self.key, index)
    }
}

/// A share of `features`, rounded down but at least one, in ascending order. Computed in single precision as XGBoost does, so that
/// nested shares come to the same numbers. With weights, one after the other is drawn, each in proportion to its weight among those that
/// are left (Efraimidis & Spirakis 2006); one of weight 0 never.
pub(crate) fn columns(key: u64, features: &[u32], fraction: f64, weights: &[f64]) -> Vec<u32> {
    if fraction >= 1.0 || features.len() <= 1 {
        return features.to_vec();
    }
    let count = ((fraction as f32 * features.len() as f32) as usize).clamp(1, features.len());
    let number = |feature: u32| mix(key ^ u64::from(feature));
    let mut order: Vec<(u64, u32)> = match weights {
        [] => features.iter().map(|&feature| (number(feature), feature)).collect(),
        weights => {
            let drawn = features.iter().filter(|&&feature| weights[feature as usize] > 0.0);
            // The time until an event of this rate, in bits, which are ordered like positive numbers.
            let time = |feature: u32| -ln(open_interval(number(feature))) / weights[feature as usize];
            drawn.map(|&feature| (time(feature).to_bits(), feature)).collect()
        }
    };
    order.sort_unstable();
    let mut chosen: Vec<u32> = order.iter().take(count).map(|&(_, feature)| feature).collect();
    chosen.sort_unstable();
    chosen
}

/// A number between 0 and 1, both excluded.
fn open_interval(hash: u64) -> f64 {
    ((hash >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_about_right_and_repeatable() {
        let draw = Draw::new(key(7, Purpose::Rows, 3), 0.3);
        let count = (0..100_000).filter(|&i| draw.has(i)).count();
        assert!((29_000..31_000).contains(&count), "{count}");
        assert!((0..100_000).all(|i| draw.has(i) == (draw.number(i) < 0.3)));
        let all = Draw::new(draw.key, 1.0);
        assert!((0..1000).all(|i| all.has(i)));
    }

    #[test]
    fn columns_are_sorted_distinct_and_never_none() {
        let all: Vec<u32> = (0..28).collect();
        let some = columns(key(1, Purpose::Tree, 0), &all, 0.5, &[]);
        assert_eq!(some.len(), 14);
        assert!(some.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(columns(5, &all, 0.001, &[]).len(), 1);
        assert_eq!(columns(5, &all[..5], 0.5, &[]).len(), 2);
        assert_eq!(columns(5, &(0..100).collect::<Vec<_>>(), 0.29, &[]).len(), 29);
        assert_ne!(some, columns(key(1, Purpose::Tree, 1), &all, 0.5, &[]));
    }
}
