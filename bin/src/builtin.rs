//! `sapwood builtin`: what becomes of each hyperparameter, objective and metric of SageMaker's built-in XGBoost 3.2-0, or of another library.

use crate::cli::{BuiltinArgs, Library};
use crate::other_words::{CATBOOST, LIGHTGBM, Words, XGBOOST};
use crate::report::Failure;
use crate::streams;
use crate::text::wrapped;
use sapwood::params::spec::Effect;
use sapwood::params::{known, objective_named, without_effect};
use sapwood::{Error, metric, objective};
use sapwood_sagemaker::hyperparameters::TUNING_OBJECTIVE;

/// Those that it declares.
const HYPERPARAMETERS: [&str; 53] = [
    "num_round",
    "csv_weights",
    "early_stopping_rounds",
    "booster",
    "verbosity",
    "nthread",
    "eta",
    "gamma",
    "max_depth",
    "min_child_weight",
    "max_delta_step",
    "subsample",
    "colsample_bytree",
    "colsample_bylevel",
    "colsample_bynode",
    "lambda",
    "alpha",
    "tree_method",
    "sketch_eps",
    "scale_pos_weight",
    "updater",
    "dsplit",
    "refresh_leaf",
    "process_type",
    "grow_policy",
    "max_leaves",
    "max_bin",
    "predictor",
    "monotone_constraints",
    "interaction_constraints",
    "sample_type",
    "normalize_type",
    "rate_drop",
    "one_drop",
    "skip_drop",
    "lambda_bias",
    "tweedie_variance_power",
    "objective",
    "num_class",
    "base_score",
    "_kfold",
    "_num_cv_round",
    "_tuning_objective_metric",
    "eval_metric",
    "seed",
    "num_parallel_tree",
    "save_model_on_termination",
    "aft_loss_distribution",
    "aft_loss_distribution_scale",
    "deterministic_histogram",
    "sampling_method",
    "prob_buffer_row",
    "use_dask_gpu_training",
];

const OBJECTIVES: [&str; 19] = [
    "reg:squarederror",
    "reg:linear",
    "reg:logistic",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:tweedie",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "survival:cox",
    "survival:aft",
];

const METRICS: [&str; 33] = [
    "accuracy",
    "auc",
    "aucpr",
    "r2",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "precision",
    "precision_macro",
    "precision_micro",
    "recall",
    "recall_macro",
    "recall_micro",
    "ndcg",
    "map",
    "error",
    "logloss",
    "mae",
    "mape",
    "mse",
    "rmse",
    "merror",
    "mlogloss",
    "poisson-nloglik",
    "rmsle",
    "mphe",
    "gamma-nloglik",
    "gamma-deviance",
    "tweedie-nloglik",
    "aft-nloglik",
    "cox-nloglik",
    "interval-regression-accuracy",
];

/// Something of the built-in's, and what it is here.
struct Line {
    name: &'static str,
    /// Whether it acts, and under which name.
    here: String,
    meaning: String,
}

/// Prints the three tables.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &BuiltinArgs) -> Result<(), Failure> {
    let words = words_of(args.of);
    let tables = tables(&words);
    streams::print_result(&if args.markdown { markdown(args.of, &words, &tables) } else { list(&tables, streams::width()) })
}

const BUILT_IN: Words = Words {
    library: "SageMaker's built-in XGBoost 3.2-0",
    parameters: &HYPERPARAMETERS,
    objectives: &OBJECTIVES,
    metrics: &METRICS,
};

fn words_of(library: Library) -> Words {
    match library {
        Library::Builtin => BUILT_IN,
        Library::Xgboost => XGBOOST,
        Library::Lightgbm => LIGHTGBM,
        Library::Catboost => CATBOOST,
    }
}

fn tables(words: &Words) -> [(&'static str, Vec<Line>); 3] {
    let lines = |words: &[&'static str], line: fn(&'static str) -> Line| words.iter().map(|&word| line(word)).collect();
    [
        ("Hyperparameters", lines(words.parameters, hyperparameter)),
        ("Objectives", lines(words.objectives, of_objective)),
        ("Metrics", lines(words.metrics, of_metric)),
    ]
}

fn hyperparameter(name: &'static str) -> Line {
    if name == TUNING_OBJECTIVE {
        let meaning = "The metric that a tuning job goes by; a job that would not print it is refused.";
        return Line { name, here: "acts".to_string(), meaning: meaning.to_string() };
    }
    let row = match known(name) {
        Ok(row) => row,
        Err(error) => return refused(name, &error),
    };
    let (here, meaning) = match row.effect {
        Effect::Active => (acts(name, row.name), first_sentence(row.doc)),
        Effect::Accepted { .. } => ("has no effect".to_string(), without_effect(row, "")),
        Effect::InertOnly { .. } => ("in part".to_string(), without_effect(row, "")),
    };
    Line { name, here, meaning }
}

fn of_objective(name: &'static str) -> Line {
    let objective = match objective_named(name) {
        Ok(objective) => objective,
        Err(error) => return refused(name, &error),
    };
    Line { name, here: acts(name, objective.name()), meaning: first_sentence(objective::describe(objective).doc) }
}

fn of_metric(name: &'static str) -> Line {
    let row = match metric::known(name) {
        Ok(row) => row,
        Err(error) => return refused(name, &error),
    };
    let own = name.split_once('@').map_or(name, |(name, _)| name);
    Line { name, here: acts(own, row.name), meaning: first_sentence(row.doc) }
}

fn refused(name: &'static str, error: &Error) -> Line {
    Line { name, here: "refused".to_string(), meaning: error.to_string() }
}

fn acts(name: &str, ours: &str) -> String {
    if name == ours { "acts".to_string() } else { format!("acts, as {ours}") }
}

fn first_sentence(doc: &str) -> String {
    let doc = doc.trim();
    doc.find(". ").map_or(doc, |end| &doc[..=end]).to_string()
}

fn list(tables: &[(&str, Vec<Line>)], width: Option<usize>) -> String {
    let mut text = String::new();
    for (title, lines) in tables {
        text += &format!("{title}:\n");
        for Line { name, here, meaning } in lines {
            match width {
                Some(_) => text += &(wrapped(&format!("{name}  {here}"), "  ", width) + &wrapped(meaning, "      ", width)),
                None => text += &format!("  {name}  {here}  {meaning}\n"),
            }
        }
    }
    text
}

fn markdown(of: Library, words: &Words, tables: &[(&str, Vec<Line>)]) -> String {
    let (title, there, flag) = match of {
        Library::Builtin => ("The built-in XGBoost's parameters", "built-in", ""),
        Library::Xgboost => ("XGBoost's parameters", "XGBoost", " --of xgboost"),
        Library::Lightgbm => ("LightGBM's parameters", "LightGBM", " --of lightgbm"),
        Library::Catboost => ("CatBoost's parameters", "CatBoost", " --of catboost"),
    };
    let mut text = format!(
        "# {title}\n\nMade by `sapwood builtin{flag} --markdown`; do not edit. What becomes here of each hyperparameter, objective and metric of {}.\n",
        words.library
    );
    for (title, lines) in tables {
        text += &format!("\n## {title}\n\n| {there} | here | meaning |\n|---|---|---|\n");
        for Line { name, here, meaning } in lines {
            text += &format!("| `{name}` | {here} | {meaning} |\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn nothing_is_left_without_an_answer() {
        for library in Library::value_variants() {
            for (title, lines) in tables(&words_of(*library)) {
                for line in lines {
                    assert!(!line.meaning.is_empty() && !line.meaning.contains('|'), "{title}: {}", line.name);
                }
            }
        }
    }
}
