//! What NDCG multiplies the gain of a place by.

use sapwood_score::math::ln;
use std::f64::consts::LN_2;

/// 1 / log2(place + 2); places count from 0.
pub(crate) fn discount(place: usize) -> f64 {
    LN_2 / ln(place as f64 + 2.0)
}
