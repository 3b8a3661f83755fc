//! When a parameter has an effect: the table of those that need a certain objective, metric or method, and what is said where it is not
//! in use.

use super::row::{PLAIN, ParamSpec};
use super::{Booster, MultiStrategy, Params, ProcessType, SamplingMethod, spec};
use sapwood_score::Objective;

/// A parameter that does nothing unless something else is in use.
struct Relevance {
    parameter: &'static str,
    /// Whether it has an effect.
    holds: fn(&Params) -> bool,
    /// What it needs, in words.
    needs: &'static str,
}

const RELEVANCE: &[Relevance] = &[
    Relevance {
        parameter: "quantile_alpha",
        holds: |params| params.objective == Objective::Quantile,
        needs: "objective=reg:quantileerror",
    },
    Relevance {
        parameter: "expectile_alpha",
        holds: |params| params.objective == Objective::Expectile,
        needs: "objective=reg:expectileerror",
    },
    Relevance {
        parameter: "huber_slope",
        holds: |params| params.objective == Objective::PseudoHuber || measures(params, "mphe"),
        needs: "objective=reg:pseudohubererror or eval_metric=mphe",
    },
    Relevance {
        parameter: "tweedie_variance_power",
        holds: |params| params.objective == Objective::Tweedie || measures(params, "tweedie-nloglik"),
        needs: "objective=reg:tweedie or eval_metric=tweedie-nloglik",
    },
    of_times("aft_loss_distribution"),
    of_times("aft_loss_distribution_scale"),
    Relevance { parameter: "top_rate", holds: is_goss, needs: "sampling_method=goss" },
    Relevance { parameter: "other_rate", holds: is_goss, needs: "sampling_method=goss" },
    Relevance {
        parameter: "scale_pos_weight",
        holds: |params| {
            use Objective::{BinaryHinge, BinaryLogistic, BinaryLogitraw, Logistic};
            matches!(params.objective, Logistic | BinaryLogistic | BinaryLogitraw | BinaryHinge)
        },
        needs: "a binary objective or reg:logistic",
    },
    Relevance {
        parameter: "feature_weights",
        holds: |params| params.colsample_bytree.min(params.colsample_bylevel).min(params.colsample_bynode) < 1.0,
        needs: "colsample_bytree, colsample_bylevel or colsample_bynode below 1",
    },
    Relevance {
        parameter: "monotone_constraints_method",
        holds: |params| !params.monotone_constraints.0.is_empty(),
        needs: "monotone_constraints",
    },
    Relevance {
        parameter: "num_class",
        holds: |params| params.objective.is_multiclass(),
        needs: "objective=multi:softprob or multi:softmax",
    },
    Relevance {
        parameter: "sketch_outputs",
        holds: |params| params.multi_strategy == MultiStrategy::MultiOutputTree,
        needs: "multi_strategy=multi_output_tree",
    },
    Relevance { parameter: "cross_features", holds: Params::has_preset, needs: "preset=best" },
    Relevance { parameter: "linear_lambda", holds: |params| params.linear_tree, needs: "linear_tree=true" },
    of_update("refresh_leaf"),
    Relevance {
        parameter: "refit_decay_rate",
        holds: |params| params.process_type == ProcessType::Update && params.refresh_leaf,
        needs: "process_type=update and refresh_leaf=true",
    },
    of_dart("rate_drop"),
    of_dart("skip_drop"),
    of_dart("one_drop"),
    of_dart("sample_type"),
    of_dart("normalize_type"),
    of_pairs("lambdarank_pair_method"),
    of_pairs("lambdarank_num_pair_per_sample"),
    of_pairs("lambdarank_normalization"),
    of_pairs("lambdarank_score_normalization"),
    of_pairs("lambdarank_unbiased"),
    Relevance {
        parameter: "lambdarank_bias_norm",
        holds: |params| params.objective.compares_pairs() && params.lambdarank_unbiased,
        needs: "objective=rank:ndcg and lambdarank_unbiased=true",
    },
    of_pairs("ndcg_exp_gain"),
];

const fn of_times(parameter: &'static str) -> Relevance {
    Relevance { parameter, holds: |params| params.objective == Objective::Aft, needs: "objective=survival:aft" }
}

const fn of_pairs(parameter: &'static str) -> Relevance {
    Relevance {
        parameter,
        holds: |params| params.objective.compares_pairs(),
        needs: "objective=rank:ndcg, rank:map or rank:pairwise",
    }
}

const fn of_update(parameter: &'static str) -> Relevance {
    Relevance { parameter, holds: |params| params.process_type == ProcessType::Update, needs: "process_type=update" }
}

const fn of_dart(parameter: &'static str) -> Relevance {
    Relevance { parameter, holds: |params| params.booster == Booster::Dart, needs: "booster=dart" }
}

/// Parameters that only splits on categorical features have.
const OF_CATEGORIES: [&str; 5] = ["max_cat_to_onehot", "max_cat_threshold", "cat_smooth", "min_data_per_group", "cat_l2"];

fn is_goss(params: &Params) -> bool {
    params.sampling_method == SamplingMethod::Goss
}

fn measures(params: &Params, metric: &str) -> bool {
    params.eval_metric.iter().any(|name| name.split('@').next() == Some(metric))
}

/// What the parameters say that has no effect.
pub(super) fn warnings(params: &Params) -> impl Iterator<Item = String> {
    let idle = RELEVANCE.iter().filter(|relevance| !(relevance.holds)(params));
    idle.filter_map(|relevance| without_effect(params, relevance.parameter, relevance.needs))
}

impl Params {
    /// Sentences about parameters of categorical features, for data that have none.
    pub fn warnings_without_categories(&self) -> Vec<String> {
        let needs = "a categorical feature; name columns of numbers in categorical_features";
        OF_CATEGORIES.iter().filter_map(|parameter| without_effect(self, parameter, needs)).collect()
    }
}

/// The sentence, if the parameter is not at its default.
fn without_effect(params: &Params, parameter: &str, needs: &str) -> Option<String> {
    let value = params.render(parameter)?;
    let default = spec::find(parameter).map_or(PLAIN.default, |row: &ParamSpec| row.default);
    (value != default).then(|| format!("{parameter}={value} has no effect: it needs {needs}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings_of(pairs: &[(&str, &str)]) -> Vec<String> {
        Params::from_pairs([("num_round", "1")].iter().chain(pairs).copied()).unwrap().0.warnings()
    }

    #[test]
    fn what_has_no_effect_is_said_and_what_it_needs() {
        for (name, value, use_it) in [
            ("quantile_alpha", "0.9", ("objective", "reg:quantileerror")),
            ("expectile_alpha", "0.9", ("objective", "reg:expectileerror")),
            ("huber_slope", "2", ("objective", "reg:pseudohubererror")),
            ("huber_slope", "2", ("eval_metric", "rmse,mphe")),
            ("tweedie_variance_power", "1.2", ("objective", "reg:tweedie")),
            ("top_rate", "0.3", ("sampling_method", "goss")),
            ("other_rate", "0.2", ("sampling_method", "goss")),
            ("scale_pos_weight", "3", ("objective", "binary:hinge")),
            ("aft_loss_distribution", "extreme", ("objective", "survival:aft")),
            ("aft_loss_distribution_scale", "2", ("objective", "survival:aft")),
            ("monotone_constraints_method", "intermediate", ("monotone_constraints", "(1,0)")),
            ("num_class", "3", ("objective", "multi:softprob")),
            ("lambdarank_pair_method", "mean", ("objective", "rank:ndcg")),
            ("lambdarank_num_pair_per_sample", "3", ("objective", "rank:map")),
            ("ndcg_exp_gain", "false", ("objective", "rank:pairwise")),
            ("cross_features", "false", ("preset", "best")),
            ("linear_lambda", "1", ("linear_tree", "true")),
            ("one_drop", "true", ("booster", "dart")),
            ("refresh_leaf", "false", ("process_type", "update")),
            ("refit_decay_rate", "0.9", ("process_type", "update")),
        ] {
            let warnings = warnings_of(&[(name, value)]);
            assert!(
                warnings.len() == 1 && warnings[0].starts_with(&format!("{name}={value} has no effect: it needs ")),
                "{warnings:?}"
            );
            assert!(warnings_of(&[(name, value), use_it]).is_empty(), "{name}");
        }
        assert!(warnings_of(&[]).is_empty() && warnings_of(&[("top_rate", "0.2")]).is_empty());
        let (params, _) = Params::from_pairs([("num_round", "1"), ("cat_smooth", "3")]).unwrap();
        assert_eq!(params.warnings_without_categories().len(), 1);
    }

    #[test]
    fn the_table_names_parameters() {
        let named = RELEVANCE.iter().map(|relevance| relevance.parameter).chain(OF_CATEGORIES);
        assert!(named.into_iter().all(|name| spec::find(name).is_some_and(|row| row.name == name)));
    }
}
