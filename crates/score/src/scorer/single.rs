//! Links in f32, operation for operation as XGBoost applies them; of its functions `expf` and `logf` alone, whose last bit is the C
//! library's, the f64 values are rounded instead.

use crate::{Link, math};

/// Applies a link to one row's margins, which are f32, in place.
pub(super) fn apply(link: Link, margins: &mut [f64]) {
    match link {
        Link::Identity | Link::SignedSquare | Link::Step | Link::Sorted | Link::Onnx(_) => link.apply(margins),
        Link::Logit { scale } => each(margins, |margin| sigmoid(scale as f32 * margin)),
        Link::Log => each(margins, exp),
        Link::Softplus => each(margins, softplus),
        Link::Softmax => softmax(margins),
        Link::CumulativeSoftplus => {
            // What XGBoost adds to keep expectiles apart.
            const LEAST_STEP: f32 = 1e-6;
            (1..margins.len()).for_each(|at| {
                let step = LEAST_STEP + softplus(margins[at] as f32);
                margins[at] = f64::from(margins[at - 1] as f32 + step);
            });
        }
    }
    each(margins, |value| value);
}

fn each(margins: &mut [f64], then: impl Fn(f32) -> f32) {
    margins.iter_mut().for_each(|margin| *margin = f64::from(then(*margin as f32)));
}

fn exp(x: f32) -> f32 {
    math::exp(f64::from(x)) as f32
}

fn sigmoid(x: f32) -> f32 {
    // Beyond, `expf` overflows.
    const MOST: f32 = 88.7;
    1.0 / (exp((-x).min(MOST)) + 1.0)
}

fn softplus(x: f32) -> f32 {
    let mut value = [f64::from(x)];
    Link::Softplus.apply(&mut value);
    value[0] as f32
}

fn softmax(margins: &mut [f64]) {
    let max = margins.iter().fold(f32::NEG_INFINITY, |max, &margin| max.max(margin as f32));
    each(margins, |margin| exp(margin - max));
    let sum: f64 = margins.iter().sum();
    each(margins, |value| value / sum as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied<const N: usize>(link: Link, mut margins: [f64; N]) -> [f64; N] {
        apply(link, &mut margins);
        margins
    }

    #[test]
    fn values_are_of_four_bytes() {
        for link in [Link::LOGIT, Link::Log, Link::Softplus, Link::Softmax, Link::CumulativeSoftplus] {
            for value in applied(link, [0.1f32, -3.3, 2.7].map(f64::from)) {
                assert_eq!(f64::from(value as f32), value, "{link:?}");
            }
        }
        assert_eq!(applied(Link::Log, [200.0, -200.0]), [f64::INFINITY, 0.0]);
        assert_eq!(applied(Link::LOGIT, [0.0, 1e30]), [0.5, 1.0]);
        // XGBoost's smallest probability.
        assert_eq!(applied(Link::LOGIT, [-1e30]), [f64::from(1.0f32 / (exp(88.7) + 1.0))]);
    }

    #[test]
    fn differences_of_margins_are_rounded_before_they_are_exponents() {
        let (low, high) = (-10.123_457f32, 9.456_789f32);
        let [first, _] = applied(Link::Softmax, [low, high].map(f64::from));
        let expected = exp(low - high);
        assert_eq!(first as f32, expected / (f64::from(expected) + 1.0) as f32);
    }
}
