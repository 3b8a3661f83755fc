//! What an XGBoost objective makes of margins, and of the base score.

use super::wire;
use sapwood_score::{Link, Objective, ObjectiveSpec, Outputs, Prediction};

/// The meaning of a model's margins.
pub struct Meaning {
    pub spec: ObjectiveSpec,
    pub link: Link,
    pub outputs: Outputs,
    pub prediction: Prediction,
}

/// The objective by the name that it has now.
pub fn known(name: &str) -> Option<Objective> {
    match name {
        // Until 0.9 it was called so.
        "reg:linear" => Some(Objective::SquaredError),
        name => Objective::from_name(name),
    }
}

/// What the objective of a file with so many outputs means. XGBoost sorts quantiles since 3.4; files of earlier versions were made when it
/// did not.
pub fn meaning(objective: Objective, file: &wire::Objective, outputs: usize, version: &[u32]) -> Result<Meaning, String> {
    let mut spec = ObjectiveSpec::from(objective);
    let mut link = objective.link();
    let described = match objective {
        Objective::Quantile => {
            let levels = levels_of(&file.quantile_loss_param, "quantile_alpha", &mut spec)?;
            link = if version >= &[3, 4][..] && outputs > 1 { Link::Sorted } else { Link::Identity };
            Outputs::Quantiles(levels)
        }
        Objective::Expectile => {
            let levels = levels_of(&file.expectile_loss_param, "expectile_alpha", &mut spec)?;
            link = if outputs > 1 { Link::CumulativeSoftplus } else { Link::Identity };
            Outputs::Expectiles(levels)
        }
        objective if objective.is_multiclass() => Outputs::Classes,
        _ if outputs > 1 => Outputs::Targets((0..outputs).map(|target| target.to_string()).collect()),
        objective => objective.outputs(),
    };
    let parameters = [
        (&file.tweedie_regression_param, "tweedie_variance_power"),
        (&file.pseudo_huber_param, "huber_slope"),
        (&file.aft_loss_param, "aft_loss_distribution"),
        (&file.aft_loss_param, "aft_loss_distribution_scale"),
    ];
    let given = parameters.iter().filter_map(|(params, name)| params.get(*name).map(|value| (name.to_string(), value.clone())));
    spec.parameters.extend(given);
    Ok(Meaning { spec, link, outputs: described, prediction: objective.prediction() })
}

fn levels_of(params: &wire::Params, name: &str, spec: &mut ObjectiveSpec) -> Result<Vec<f64>, String> {
    let text = params.get(name).map(|text| text.trim_matches(['[', ']', '(', ')'])).unwrap_or_default();
    let level = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("{name} {text:?}"));
    let levels: Vec<f64> = text.split(',').map(level).collect::<Result<_, _>>()?;
    spec.parameters.push((name.to_string(), levels.iter().map(f64::to_string).collect::<Vec<_>>().join(",")));
    Ok(levels)
}

/// The margins that stand for base scores, which are predictions: as XGBoost computes them, in four bytes, with the C library's functions.
pub fn margins(objective: Objective, base_score: &mut [f32]) {
    match objective.link() {
        Link::Logit { .. } if objective != Objective::BinaryLogitraw => base_score.iter_mut().for_each(|p| *p = logit(*p)),
        Link::Log => base_score.iter_mut().for_each(|mean| *mean = ln(*mean)),
        _ => {}
    }
    if objective == Objective::Expectile {
        for at in (1..base_score.len()).rev() {
            base_score[at] = inverse_softplus(base_score[at] - base_score[at - 1] - 1e-6);
        }
    }
}

/// The base score whose margin comes next to `margin`, and the margin that it comes to.
pub fn score_of(objective: Objective, margin: f32) -> (f32, f32) {
    let mut guess = [f64::from(margin)];
    let link = objective.link();
    if matches!(link, Link::Logit { .. } | Link::Log) && objective != Objective::BinaryLogitraw {
        link.apply(&mut guess);
    }
    let guess = guess[0] as f32;
    let near = std::iter::successors(Some(guess), |x| Some(x.next_down())).take(8);
    let near = near.chain(std::iter::successors(Some(guess), |x| Some(x.next_up())).take(8));
    let of = |score: f32| {
        let mut margin = [score];
        margins(objective, &mut margin);
        (score, margin[0])
    };
    near.map(of).min_by(|a, b| (a.1 - margin).abs().total_cmp(&(b.1 - margin).abs())).unwrap_or_else(|| of(guess))
}

/// The logarithm of the C library, as XGBoost calls it. Rounding the exact one, as our own would, gives another last bit for one base score
/// in twenty near ½, and then other margins.
#[expect(clippy::disallowed_methods, reason = "margins are to be those of XGBoost on the same machine, to the last bit")]
fn ln(x: f32) -> f32 {
    x.ln()
}

/// `e^x − 1` of the C library.
#[expect(clippy::disallowed_methods, reason = "as above")]
fn exp_m1(x: f32) -> f32 {
    x.exp_m1()
}

fn logit(p: f32) -> f32 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    -ln(1.0 / p - 1.0)
}

/// `ln(e^x − 1)`, as `x + ln(1 − e^−x)`.
fn inverse_softplus(x: f32) -> f32 {
    let x = x.max(1e-6);
    x + ln(-exp_m1(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// XGBoost 3.2.0's own, on Debian 12: `binary:logistic` with `base_score` 0.495979 and a model without splits.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn base_margins_have_the_last_bit_of_the_c_library() {
        // Compilers compute the logarithm of what they know, and round it once.
        let score = std::hint::black_box(0.495_979f32);
        let mut margin = [score];
        margins(Objective::BinaryLogistic, &mut margin);
        assert_eq!(margin[0].to_bits(), 3_162_751_813);
        let rounded_once = -sapwood_score::math::ln(f64::from(1.0 / score - 1.0)) as f32;
        assert_ne!(margin[0], rounded_once);
    }
}
