//! What LightGBM calls a model's objective.

use super::lines::Number;
use sapwood_score::{Link, Model, Outputs, Prediction};

/// How a file says what becomes of margins.
pub struct Meaning {
    /// The objective with its words; nothing where predictions are the margins and LightGBM has no objective of the kind.
    pub words: Option<String>,
    /// Parameters of training that say more.
    pub parameters: Vec<(&'static str, String)>,
}

/// The objective that makes of margins what the model predicts.
///
/// # Errors
/// There is none.
pub fn meaning(model: &Model) -> Result<Meaning, String> {
    if model.prediction == Prediction::Class {
        let name = &model.objective.name;
        return Err(format!("the class as prediction of {name}: LightGBM predicts the probabilities of all classes"));
    }
    let outputs = model.num_outputs();
    let is_sole = |link| matches!(link, Link::Sorted | Link::CumulativeSoftplus) && outputs == 1;
    let words = match model.link {
        Link::Identity => of_identity(model),
        link if is_sole(link) => of_identity(model),
        _ if model.prediction == Prediction::Margin => None,
        link => Some(of_link(model, link, outputs).ok_or_else(|| {
            let several = if outputs > 1 { format!(" and {outputs} outputs") } else { String::new() };
            format!("the objective {} with the link {link:?}{several}", model.objective.name)
        })?),
    };
    let parameter = |name: &'static str, value: Option<f64>| value.map(|value| (name, Number(value).to_string()));
    let alpha = match &model.outputs {
        Outputs::Quantiles(levels) if outputs == 1 => levels.first().copied(),
        _ => None,
    };
    let power = model.objective.number("tweedie_variance_power");
    let parameters = [parameter("alpha", alpha), parameter("tweedie_variance_power", power)];
    Ok(Meaning { words, parameters: parameters.into_iter().flatten().collect() })
}

/// Where predictions are margins.
fn of_identity(model: &Model) -> Option<String> {
    let name = match &model.objective.name[..] {
        _ if model.num_outputs() > 1 => return None,
        "reg:squarederror" => "regression",
        "reg:absoluteerror" => "regression_l1",
        "reg:quantileerror" => "quantile",
        "rank:ndcg" => "lambdarank",
        name @ ("huber" | "fair" | "mape" | "rank_xendcg") => name,
        _ => return None,
    };
    Some(name.into())
}

/// Where they are made by a link.
fn of_link(model: &Model, link: Link, outputs: usize) -> Option<String> {
    match (link, &model.objective.name[..], outputs) {
        (Link::Logit { scale }, "binary:logistic", 1) => Some(format!("binary sigmoid:{}", Number(scale))),
        (Link::Logit { scale: 1.0 }, "reg:logistic", 1) => Some("cross_entropy".into()),
        (Link::Logit { scale }, "multiclassova", 2..) => {
            Some(format!("multiclassova num_class:{outputs} sigmoid:{}", Number(scale)))
        }
        (Link::Log, "count:poisson", 1) => Some("poisson".into()),
        (Link::Log, "reg:gamma", 1) => Some("gamma".into()),
        (Link::Log, "reg:tweedie", 1) => Some("tweedie".into()),
        (Link::Softplus, "cross_entropy_lambda" | "xentlambda", 1) => Some("cross_entropy_lambda".into()),
        (Link::SignedSquare, "regression", 1) => Some("regression sqrt".into()),
        (Link::Softmax, "multi:softprob", 2..) => Some(format!("multiclass num_class:{outputs}")),
        _ => None,
    }
}
