//! What a LightGBM objective makes of margins.

use sapwood_score::{Link, Objective, ObjectiveSpec, Outputs, Prediction};

/// The meaning of a model's margins.
pub struct Meaning {
    pub spec: ObjectiveSpec,
    pub link: Link,
    pub outputs: Outputs,
    pub prediction: Prediction,
}

/// What the header's objective means for so many outputs: its name, then words and `key:value`. It bears XGBoost's name where the two are
/// the same.
///
/// # Errors
/// An unknown name, or a parameter that is no number.
pub fn meaning(text: &str, outputs: usize, param: impl Fn(&str) -> Option<String>) -> Result<Meaning, String> {
    let mut words = text.split_ascii_whitespace();
    let name = words.next().unwrap_or("custom");
    let words: Vec<_> = words.collect();
    let given = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix(':'));
    let sigmoid = || {
        let scale = given("sigmoid").unwrap_or("1");
        scale.parse().map(|scale| Link::Logit { scale }).map_err(|_| format!("objective {text:?}: sigmoid {scale:?}"))
    };
    let (objective, link) = match name {
        "regression" if words.contains(&"sqrt") => (None, Link::SignedSquare),
        "regression" => (Some(Objective::SquaredError), Link::Identity),
        "regression_l1" => (Some(Objective::AbsoluteError), Link::Identity),
        "huber" | "fair" | "mape" | "rank_xendcg" | "custom" | "none" => (None, Link::Identity),
        "quantile" => (Some(Objective::Quantile), Link::Identity),
        "poisson" => (Some(Objective::Poisson), Link::Log),
        "gamma" => (Some(Objective::Gamma), Link::Log),
        "tweedie" => (Some(Objective::Tweedie), Link::Log),
        "binary" => (Some(Objective::BinaryLogistic), sigmoid()?),
        "multiclass" => (Some(Objective::Softprob), Link::Softmax),
        "multiclassova" => (None, sigmoid()?),
        "cross_entropy" | "xentropy" => (Some(Objective::Logistic), Link::LOGIT),
        "cross_entropy_lambda" | "xentlambda" => (None, Link::Softplus),
        "lambdarank" => (Some(Objective::RankNdcg), Link::Identity),
        _ => return Err(format!("the objective {text:?} is unknown")),
    };
    let described = match (name, outputs) {
        ("multiclass" | "multiclassova", _) => Outputs::Classes,
        (_, 2..) => Outputs::Targets((0..outputs).map(|target| target.to_string()).collect()),
        // Releases before 2.2 do not tell the level.
        ("quantile", _) => match given("alpha").map(String::from).or_else(|| param("alpha")) {
            Some(alpha) => Outputs::Quantiles(vec![alpha.parse().map_err(|_| format!("alpha {alpha:?}"))?]),
            None => Outputs::Value,
        },
        _ => objective.map_or(Outputs::Value, Objective::outputs),
    };
    let parameters = words.iter().map(|word| {
        let (key, value) = word.split_once(':').unwrap_or((word, "true"));
        (key.to_string(), value.to_string())
    });
    let objective = objective.filter(|objective| *objective != Objective::Quantile || described != Outputs::Value);
    let mut spec = ObjectiveSpec::new(objective.map_or(name, |objective| objective.name()), parameters.collect());
    if let Outputs::Quantiles(levels) = &described {
        spec.parameters.push(("quantile_alpha".into(), levels[0].to_string()));
    }
    if let (Some(Objective::Tweedie), Some(power)) = (objective, param("tweedie_variance_power")) {
        spec.parameters.push(("tweedie_variance_power".into(), power));
    }
    Ok(Meaning { spec, link, outputs: described, prediction: Prediction::Mean })
}
