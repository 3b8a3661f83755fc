//! The rules of presets: each is a function of the data and of what was given, and says why. What they are worth is
//! recorded in `benches/runs/2026-11-29-amd-epyc/presets.md`.

use super::{Candidate, Choice, Crosses, Facts, Race};
use crate::params::{Preset, SamplingMethod};
use crate::{Objective, Params};

/// What `preset=best` spends where `quality` is not given.
const QUALITY: u32 = 3;

/// The number of folds at a quality, and how often rows are cut into them.
pub(super) fn folds(quality: u32, facts: &Facts, params: &Params) -> (usize, u32) {
    match quality {
        0..=1 => (3, 1),
        // Labels that are numbers take many more trees than classes, and with so many rows each model has enough to learn from.
        2..=3 if !params.objective.is_classification() && facts.rows > SMALL => (4, 1),
        2..=3 => (5, 1),
        4 => (8, 1),
        _ => (8, 2),
    }
}

/// The values of all parameters that a preset has an opinion about, with the reasons.
pub(super) fn choices(facts: &Facts, params: &Params) -> Vec<Choice> {
    let quality = params.quality.unwrap_or(if params.preset == Preset::Fast { 1 } else { QUALITY });
    let mut choices = vec![of_quality(quality, facts, params)];
    choices.extend(pace(quality, facts, params));
    choices.extend(shape(params));
    choices.extend(leaves(facts, params));
    choices.extend(sampling(facts, params));
    choices.extend(metric(params));
    choices
}

fn choice(parameter: &'static str, value: impl ToString, because: impl Into<String>) -> Choice {
    Choice { parameter, value: value.to_string(), because: because.into() }
}

fn of_quality(quality: u32, facts: &Facts, params: &Params) -> Choice {
    let (folds, repeats) = folds(quality, facts, params);
    let models = if repeats > 1 { format!("{repeats} × {folds}") } else { folds.to_string() };
    choice("quality", quality, format!("the mean of {models} models is worth their time"))
}

/// How fast models learn, and when they stop.
fn pace(quality: u32, facts: &Facts, params: &Params) -> Vec<Choice> {
    let is_regression = !params.objective.is_classification();
    let (eta, why) = match quality {
        // Each category splits off what many splits of numbers approach.
        0..=3 if is_regression && facts.rows > MOST_RACING_ROWS && facts.levels == 0 => {
            (0.2, "so many rows of numbers alone would take very many smaller steps")
        }
        0..=3 if facts.rows * facts.classes > MOST_CLASS_ROWS => {
            (0.2, "so many rows of so many classes take long, and a tree a class in every step")
        }
        0..=3 => (0.1, "where rows that were held out end training, smaller steps gain next to nothing"),
        _ => (0.05, "smaller steps gain a little, which this quality is worth"),
    };
    let step = if params.given.has("eta") { params.eta.max(LEAST_STEP) } else { eta };
    let most = if quality <= 3 && is_regression && facts.rows > SMALL { MOST_STEPS / 2.0 } else { MOST_STEPS };
    let rounds = (most / step).round();
    let patience = (PATIENCE / step).round().max(1.0);
    vec![
        choice("eta", eta, why),
        choice("num_round", rounds, "each model stops long before, by the rows that it holds out"),
        choice("early_stopping_rounds", patience, format!("with eta={step} a gain may come as late as that")),
    ]
}

/// Rounds times `eta` that no model should need, and those without a gain that end a model.
const MOST_STEPS: f64 = 150.0;
const PATIENCE: f64 = 3.0;

/// Rows times classes, beyond which steps are larger.
const MOST_CLASS_ROWS: usize = 80_000;

/// With a smaller `eta` than this, rounds are counted as with this.
const LEAST_STEP: f64 = 0.001;

/// How large trees are.
fn shape(params: &Params) -> Vec<Choice> {
    // Whoever limits trees in one way has no use for another limit.
    if ["max_depth", "max_leaves", "grow_policy"].iter().any(|name| params.given.has(name)) {
        return Vec::new();
    }
    let because = "the leaves that gain most are worth more than whole levels";
    vec![choice("grow_policy", "lossguide", because), choice("max_depth", 0, because), choice("max_leaves", 31, because)]
}

/// How little a leaf may have.
fn leaves(facts: &Facts, params: &Params) -> Option<Choice> {
    let is_binary = params.objective.is_classification() && facts.classes == 0;
    let because = "rows of a rare class have small hessians, and few rows leave few of them";
    (is_binary && facts.rows <= SMALL).then(|| choice("min_child_weight", 0.1, because))
}

/// What each tree sees.
fn sampling(facts: &Facts, params: &Params) -> Vec<Choice> {
    // Trees that predict numbers of many rows are better for seeing all of them.
    if !params.objective.is_classification() && facts.rows > MOST_RACING_ROWS {
        return Vec::new();
    }
    let mut choices = Vec::new();
    // Other methods have shares of their own.
    if params.sampling_method == SamplingMethod::Uniform {
        choices.push(choice("subsample", 0.75, "trees of different rows err differently, and their sum errs less"));
    }
    if facts.features > 1 {
        let because = format!("so do splits that each choose among others of the {} features", facts.features);
        choices.push(choice("colsample_bynode", 0.7, because));
    }
    choices
}

/// A metric that tells more than the share of wrong classes, which rounds hardly move.
fn metric(params: &Params) -> Option<Choice> {
    let because = "the share of wrong classes is too coarse to stop by";
    match params.objective {
        Objective::Softmax => Some(choice("eval_metric", "merror,mlogloss", because)),
        _ => None,
    }
}

/// Sums, differences and products of numeric features let a split follow what depends on two of them at once. Only rows that were held out can tell
/// whether anything does.
pub(super) fn crosses(quality: u32, facts: &Facts, params: &Params) -> Option<Crosses> {
    // Rules about features name those of the data.
    let has_rules =
        ["monotone_constraints", "interaction_constraints", "feature_weights"].iter().any(|name| params.given.has(name));
    let is_small = facts.rows <= SMALL;
    // Where each class has trees of its own, further features take long, and random thresholds mostly gain what they would.
    let most_rows = if facts.classes > 0 { SMALL } else { MOST_CROSSED_ROWS };
    let is_tried = quality > 1 && params.cross_features && !has_rules && facts.numeric > 1 && facts.rows <= most_rows;
    let (features, rounds, folds) = if is_small { (6, 100, 2) } else { (4, 50, 1) };
    is_tried.then_some(Crosses { features, rounds, folds, race: is_small })
}

/// The candidates with features made of pairs that race beside some without.
pub(super) fn crossed(candidates: &[Candidate]) -> Vec<Candidate> {
    let crossed = |candidate: &Candidate| {
        let name = match candidate.name {
            PLAIN => "cross_features",
            EXTRA_TREES => "cross_features_and_extra_trees",
            _ => return None,
        };
        Some(Candidate { name, crossed: true, ..candidate.clone() })
    };
    candidates.iter().filter_map(crossed).collect()
}

/// Names of candidates.
const PLAIN: &str = "plain";
const EXTRA_TREES: &str = "extra_trees";

/// Up to so many rows, training takes next to no time, whatever is tried.
const SMALL: usize = 5_000;

/// With more rows than this, trees are deep enough to find what depends on two features, and further features cost most.
const MOST_CROSSED_ROWS: usize = 50_000;

/// What only rows that were held out can tell. Random thresholds make smoother models, which are now better, now worse than those of the best
/// thresholds. Levels of few rows tell a lot, or only noise. Sampling lets trees err differently, but each one is worse.
pub(super) fn race(quality: u32, facts: &Facts, params: &Params) -> Option<Race> {
    let most_rows = if params.objective.is_classification() { MOST_RACING_ROWS } else { MOST_RACING_ROWS / 2 };
    let folds = match quality {
        0..=1 => return None,
        2 => 1,
        3 => 2,
        _ => 3,
    };
    let mut candidates = vec![Candidate { name: PLAIN, values: vec![], crossed: false }];
    if facts.rows <= most_rows {
        candidates.push(Candidate { name: EXTRA_TREES, values: vec![("extra_trees", "true")], crossed: false });
    }
    if params.objective.is_classification() && facts.levels > 0 && facts.rows > SMALL {
        let values = vec![("subsample", "1"), ("colsample_bynode", "1")];
        candidates.push(Candidate { name: "no_sampling", values, crossed: false });
    }
    if facts.levels >= MANY_LEVELS {
        let smooth = |name, smooth, l2| {
            let values = vec![("max_cat_to_onehot", "10"), ("cat_smooth", smooth), ("cat_l2", l2)];
            Candidate { name, values, crossed: false }
        };
        candidates.extend([smooth("smooth_levels", "50", "10"), smooth("smoother_levels", "200", "50")]);
    }
    Some(Race { candidates, folds, mixes: quality > 2 })
}

/// With more rows than this, and than half of it where labels are no classes, the best thresholds have nearly always been better.
const MOST_RACING_ROWS: usize = 20_000;

/// A categorical feature with so many levels has some of few rows.
const MANY_LEVELS: usize = 11;
