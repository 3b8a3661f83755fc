//! From a model to what XGBoost reads: its format of version 3.1, where dictionaries of categories and base scores of several outputs
//! have a place.

use super::objective;
use super::tree_export::{TreeWriter, Written};
use super::value::Value;
use crate::{Error, Rounding};
use sapwood_score::{Aggregation, FeatureKind, Link, Model, Objective, Outputs, Precision, Prediction};

/// The version that files claim. Since 3.4, quantiles are sorted.
const VERSION: [i64; 3] = [3, 1, 0];

fn refused(what: impl Into<String>) -> Error {
    Error::unsupported(format!("XGBoost's format cannot say it: {}", what.into()), "keep the model in Sapwood's own format")
}

/// What the file says, and what of it is rounded.
///
/// # Errors
/// What XGBoost does not have, by name.
pub fn value(model: &Model) -> Result<(Value, Rounding), Error> {
    check(model)?;
    let objective = objective(model)?;
    let mut rounding = Rounding { sums: model.precision != Precision::Single, ..Rounding::default() };
    let base_score = base_score(model, objective, &mut rounding)?;
    let outputs = model.num_outputs();
    let writer = TreeWriter { model };
    let mut trees = Vec::with_capacity(model.trees.len());
    for (index, tree) in model.trees.iter().enumerate() {
        let Written { value, thresholds, leaves } =
            writer.write(index, tree).map_err(|what| refused(format!("tree {index}: {what}")))?;
        rounding.thresholds += thresholds;
        rounding.leaves += leaves;
        trees.push(value);
    }
    let texts =
        |pairs: &[(&str, String)]| Value::Texts(pairs.iter().map(|(key, value)| (key.to_string(), value.clone())).collect());
    let is_multiclass = matches!(model.outputs, Outputs::Classes);
    let forest = Value::Object(vec![
        ("cats", categories(model)),
        (
            "gbtree_model_param",
            texts(&[("num_parallel_tree", model.parallel_trees.to_string()), ("num_trees", model.trees.len().to_string())]),
        ),
        ("iteration_indptr", whole_numbers(round_starts(model))),
        ("tree_info", whole_numbers((0..model.trees.len()).map(|tree| output_of(model, tree)))),
        ("trees", Value::List(trees)),
    ]);
    let names = model.schema.features.iter().map(|feature| Value::from(feature.name.as_str()));
    let types = model.schema.features.iter().map(|feature| Value::from(kind_of(&feature.kind)));
    let params = texts(&[
        ("base_score", base_score),
        ("boost_from_average", "1".into()),
        ("num_class", if is_multiclass { outputs.to_string() } else { "0".into() }),
        ("num_feature", model.schema.len().to_string()),
        ("num_target", if is_multiclass { "1".into() } else { outputs.to_string() }),
    ]);
    let learner = Value::Object(vec![
        ("attributes", Value::Texts(attributes(model))),
        ("feature_names", Value::List(if model.schema.named { names.collect() } else { Vec::new() })),
        ("feature_types", Value::List(types.collect())),
        ("gradient_booster", Value::Object(vec![("model", forest), ("name", "gbtree".into())])),
        ("learner_model_param", params),
        ("objective", objective_value(model, objective)),
    ]);
    Ok((Value::Object(vec![("learner", learner), ("version", Value::List(VERSION.map(Value::Whole).into()))]), rounding))
}

/// What there is no word for.
fn check(model: &Model) -> Result<(), Error> {
    let features = &model.schema.features;
    let named = features.iter().find(|feature| model.schema.named && feature.name.contains(['[', ']', '<']));
    if let Some(feature) = named {
        return Err(refused(format!("a feature called {:?}, for names must not contain [, ] or <", feature.name)));
    }
    let lacking = [
        (model.ensemble.is_some(), "an average of several models"),
        (model.calibration.is_some(), "calibrated predictions"),
        (!model.derived.is_empty(), "features that are computed from others"),
        (model.aggregation != Aggregation::Sum, "the mean of trees"),
        (!model.required_roles.is_empty(), "that rows must have a base margin"),
    ];
    lacking.iter().find(|(holds, _)| *holds).map_or(Ok(()), |(_, what)| Err(refused(*what)))
}

/// The objective, if XGBoost's of that name predicts what the model predicts.
fn objective(model: &Model) -> Result<Objective, Error> {
    let name = &model.objective.name;
    let objective = objective::known(name).ok_or_else(|| refused(format!("the objective {name}")))?;
    let is_single = model.num_outputs() == 1;
    let link = match objective {
        Objective::Expectile if !is_single => Link::CumulativeSoftplus,
        other => other.link(),
    };
    let unlinked = matches!(objective, Objective::Quantile | Objective::Expectile) && is_single;
    let is_same = model.link == link || unlinked || (objective == Objective::Quantile && model.link == Link::Identity);
    if !is_same {
        return Err(refused(format!("the link {:?} with the objective {name}", model.link)));
    }
    let says_same = model.prediction == objective.prediction()
        || (objective == Objective::BinaryLogitraw && model.prediction == Prediction::Margin);
    if says_same { Ok(objective) } else { Err(refused(format!("predictions {:?} with the objective {name}", model.prediction))) }
}

/// The base scores as predictions whose margins they are: as XGBoost will compute these.
fn base_score(model: &Model, objective: Objective, rounding: &mut Rounding) -> Result<String, Error> {
    if objective == Objective::Expectile && model.num_outputs() > 1 {
        return Err(refused("the base scores of several expectiles"));
    }
    let mut texts = Vec::new();
    for &margin in &model.base_score {
        let wanted = margin as f32;
        let (score, found) = objective::score_of(objective, wanted);
        // A prediction of four bytes near 1 stands for many margins.
        if (found - wanted).abs() > 1e-3 * wanted.abs().max(1.0) {
            return Err(refused(format!("the base score {margin} of objective {}", objective.name())));
        }
        rounding.leaves += usize::from(f64::from(found) != margin);
        texts.push(format!("{score:E}"));
    }
    Ok(format!("[{}]", texts.join(",")))
}

fn whole_numbers(numbers: impl IntoIterator<Item = i64>) -> Value {
    Value::List(numbers.into_iter().map(Value::Whole).collect())
}

/// Where rounds begin, and where the last ends.
fn round_starts(model: &Model) -> Vec<i64> {
    let rounds: Vec<u32> = match &model.layout {
        Some(layout) => layout.rounds.clone(),
        None => vec![model.trees_per_round() as u32; model.num_rounds()],
    };
    let mut starts = vec![0];
    for trees in rounds {
        starts.push(starts[starts.len() - 1] + i64::from(trees));
    }
    starts
}

fn output_of(model: &Model, tree: usize) -> i64 {
    if model.trees[tree].has_vector_leaves() { 0 } else { model.output_of(tree) as i64 }
}

fn kind_of(kind: &FeatureKind) -> &'static str {
    match kind {
        FeatureKind::Categorical { .. } => "c",
        FeatureKind::Boolean => "i",
        FeatureKind::Numeric | FeatureKind::Date | FeatureKind::Datetime => "float",
    }
}

/// The dictionaries of categorical features; nothing where there is none.
fn categories(model: &Model) -> Value {
    let mut segments = vec![0i32];
    let (mut encodings, mut order) = (Vec::new(), Vec::<i32>::new());
    for feature in &model.schema.features {
        let levels = match &feature.kind {
            FeatureKind::Categorical { levels } => &levels[..],
            _ => &[],
        };
        let mut offsets = if levels.is_empty() { Vec::new() } else { vec![0i32] };
        let mut bytes = Vec::new();
        for level in levels {
            bytes.extend(level.bytes().map(|byte| byte as i8));
            offsets.push(bytes.len() as i32);
        }
        let mut sorted: Vec<i32> = (0..levels.len() as i32).collect();
        sorted.sort_by_key(|&code| &levels[code as usize]);
        order.extend(sorted);
        segments.push(order.len() as i32);
        encodings.push(Value::Object(vec![("offsets", Value::Ints(offsets)), ("values", Value::Chars(bytes))]));
    }
    let has_any = !order.is_empty();
    Value::Object(vec![
        ("enc", Value::List(if has_any { encodings } else { Vec::new() })),
        ("feature_segments", Value::Ints(if has_any { segments } else { Vec::new() })),
        ("sorted_idx", Value::Ints(order)),
    ])
}

fn attributes(model: &Model) -> Vec<(String, String)> {
    let mut attributes = model.attributes.clone();
    attributes.retain(|(name, _)| name != "best_iteration" && name != "best_score");
    attributes.extend(model.best_iteration.map(|best| ("best_iteration".into(), best.to_string())));
    attributes.extend(model.best_score.map(|score| ("best_score".into(), score.to_string())));
    attributes
}

fn objective_value(model: &Model, objective: Objective) -> Value {
    let param = |name: &str, default: &str| model.objective.text(name).unwrap_or(default).to_string();
    let list = |name: &str, levels: &[f64]| {
        let levels: Vec<_> = levels.iter().map(f64::to_string).collect();
        vec![(name.to_string(), format!("[{}]", levels.join(",")))]
    };
    let one = |name: &str, value: String| vec![(name.to_string(), value)];
    let (key, params) = match (objective, &model.outputs) {
        (Objective::Softmax | Objective::Softprob, _) => {
            ("softmax_multiclass_param", one("num_class", model.num_outputs().to_string()))
        }
        (Objective::Quantile, Outputs::Quantiles(levels)) => ("quantile_loss_param", list("quantile_alpha", levels)),
        (Objective::Expectile, Outputs::Expectiles(levels)) => ("expectile_loss_param", list("expectile_alpha", levels)),
        (Objective::Tweedie, _) => {
            ("tweedie_regression_param", one("tweedie_variance_power", param("tweedie_variance_power", "1.5")))
        }
        (Objective::Poisson, _) => ("poisson_regression_param", one("max_delta_step", param("max_delta_step", "0.7"))),
        (Objective::PseudoHuber, _) => ("pseudo_huber_param", one("huber_slope", param("huber_slope", "1"))),
        (Objective::Aft, _) => (
            "aft_loss_param",
            [
                one("aft_loss_distribution", param("aft_loss_distribution", "normal")),
                one("aft_loss_distribution_scale", param("aft_loss_distribution_scale", "1")),
            ]
            .concat(),
        ),
        (ranking, _) if ranking.is_ranking() => ("lambdarank_param", Vec::new()),
        _ => ("reg_loss_param", one("scale_pos_weight", "1".into())),
    };
    Value::Object(vec![("name", objective.name().into()), (key, Value::Texts(params))])
}
