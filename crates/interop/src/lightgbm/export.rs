//! From a model to LightGBM's text, version v4.
//!
//! LightGBM has no base score: it adds up the leaves alone, from 0. So the first tree of each output bears the base score in its leaves, as
//! LightGBM's own trees do; the sums are the same to the last bit. Where that tree has linear leaves, a tree of one leaf goes before it.

use super::lines::line;
use super::objective_export::{self, Meaning};
use super::tree_export::{TreeWriter, constant_tree};
use super::unseen::apart_from_missing;
use crate::{Error, Rounding};
use sapwood_score::{Aggregation, Condition, FeatureKind, LeafValue, MissingRule, Model, Node, Precision, Tree};
use std::collections::{BTreeSet, HashSet};
use std::fmt::{Display, Write};

/// What names of features must not have, for LightGBM puts them into JSON as they are.
const SPECIAL: [char; 7] = ['"', ',', ':', '[', ']', '{', '}'];

pub(super) fn refused(what: impl Display) -> Error {
    Error::unsupported(format!("LightGBM's format cannot say it: {what}"), "keep the model in Sapwood's own format")
}

/// What the file says, and what of it is not what it was.
///
/// # Errors
/// What LightGBM does not have, by name.
pub fn text(model: &Model) -> Result<(String, Rounding), Error> {
    check(model)?;
    let meaning = objective_export::meaning(model).map_err(refused)?;
    let mut rounding = Rounding { sums: model.precision != Precision::Double, fractions: fractions(model), ..Rounding::default() };
    let names = names(model, &mut rounding)?;
    let trees = trees(model, &mut rounding)?;

    let is_forest = model.aggregation == Aggregation::Mean;
    let outputs = model.num_outputs();
    let mut text = format!("tree\nversion=v4\nnum_class={outputs}\nnum_tree_per_iteration={outputs}\nlabel_index=0\n");
    line(&mut text, "max_feature_idx", [names.len() - 1]);
    if let Some(words) = &meaning.words {
        line(&mut text, "objective", [words]);
    }
    if is_forest {
        text.push_str("average_output\n");
    }
    line(&mut text, "feature_names", &names);
    line(&mut text, "feature_infos", (0..names.len()).map(|feature| info(model, feature)));
    line(&mut text, "tree_sizes", trees.iter().map(String::len));
    text.push('\n');
    text.extend(trees);
    text.push_str("end of trees\n\nfeature_importances:\n");
    importances(model, &names, &mut text);
    parameters(model, &meaning, is_forest, &mut text);
    let _ = writeln!(text, "\npandas_categorical:{}", pandas_categorical(model));
    Ok((text, rounding))
}

/// What there is no word for.
fn check(model: &Model) -> Result<(), Error> {
    let is_forest = model.aggregation == Aggregation::Mean;
    let lacking = [
        (!is_forest && model.aggregation != Aggregation::Sum, "the least or the greatest of the leaves"),
        (model.ensemble.is_some(), "an average of several models"),
        (model.calibration.is_some(), "calibrated predictions"),
        (!model.derived.is_empty(), "features that are computed from others"),
        (!model.required_roles.is_empty(), "that rows must have a base margin"),
        (model.schema.is_empty(), "a model without features"),
        (is_forest && model.base_score.iter().any(|&score| score != 0.0), "the mean of trees with a base score"),
    ];
    lacking.iter().find(|(holds, _)| *holds).map_or(Ok(()), |(_, what)| Err(refused(*what)))
}

/// Names as LightGBM has them: `_` for spaces, as it puts there itself.
fn names(model: &Model, rounding: &mut Rounding) -> Result<Vec<String>, Error> {
    let features = &model.schema.features;
    if !model.schema.named {
        return Ok((0..features.len()).map(|index| format!("Column_{index}")).collect());
    }
    let mut seen = HashSet::with_capacity(features.len());
    let name = |name: &String| {
        if name.is_empty() || name.contains(SPECIAL) || name.contains(|c: char| c.is_control()) {
            return Err(refused(format!("a feature called {name:?}, for names must not be empty or have any of \" , : [ ] {{ }}")));
        }
        let words = name.replace(char::is_whitespace, "_");
        rounding.names += usize::from(words != *name);
        match seen.insert(words.clone()) {
            true => Ok(words),
            false => Err(refused(format!("two features called {words:?}, where _ stands for a space"))),
        }
    };
    features.iter().map(|feature| &feature.name).map(name).collect()
}

/// The codes of a categorical feature. Of others a file tells the range in the training data, which the model does not know.
fn info(model: &Model, feature: usize) -> String {
    let codes = match model.levels_of(feature) {
        Some(levels) => (0..levels).collect(),
        None => codes_in_sets(model, feature),
    };
    if codes.is_empty() {
        return "none".into();
    }
    codes.iter().map(usize::to_string).collect::<Vec<_>>().join(":")
}

/// The categories without texts that splits name.
fn codes_in_sets(model: &Model, feature: usize) -> Vec<usize> {
    let mut codes = BTreeSet::new();
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Node::Split(split) = node
            && let Condition::Levels(words) = &split.condition
            && split.feature as usize == feature
        {
            codes.extend((0..64 * words.len()).filter(|code| words[code / 64] >> (code % 64) & 1 == 1));
        }
    }
    codes.into_iter().collect()
}

/// The splits by which XGBoost divides fractions otherwise than LightGBM: rounded to four bytes first, and all below 0 as unknown.
fn fractions(model: &Model) -> usize {
    let is_of_xgboost = |node: &&Node| matches!(node, Node::Split(split) if split.missing == MissingRule::UnseenLeft);
    model.trees.iter().flat_map(|tree| &tree.nodes).filter(is_of_xgboost).count()
}

/// The trees as text, round by round, within a round output by output.
fn trees(model: &Model, rounding: &mut Rounding) -> Result<Vec<String>, Error> {
    let chains = chains(model);
    let rounds = chains.iter().map(Vec::len).max().unwrap_or(0);
    if model.aggregation == Aggregation::Mean && chains.iter().any(|chain| chain.len() != rounds) {
        return Err(refused("the mean of trees of which outputs have different numbers"));
    }
    let can_bear = |chain: &Vec<usize>| chain.first().is_some_and(|&tree| !has_linear_leaves(&model.trees[tree]));
    let bases = || model.base_score.iter().copied();
    let opens = rounds == 0 || bases().zip(&chains).any(|(base, chain)| base != 0.0 && !can_bear(chain));
    let mut texts = Vec::with_capacity((rounds + usize::from(opens)) * chains.len());
    if opens {
        texts.extend(bases().map(constant_tree));
    }
    for round in 0..rounds {
        for (output, (chain, base)) in chains.iter().zip(bases()).enumerate() {
            let base = if round == 0 && !opens { base } else { 0.0 };
            let Some(&index) = chain.get(round) else {
                texts.push(constant_tree(base));
                continue;
            };
            let at_tree = |what| refused(format!("tree {index}: {what}"));
            let tree = apart_from_missing(&model.trees[index]).map_err(at_tree)?;
            let writer = TreeWriter { model, tree: &tree, output, base };
            texts.push(writer.write(rounding).map_err(at_tree)?);
        }
    }
    let number = |(index, text): (usize, String)| format!("Tree={index}\n{text}");
    Ok(texts.into_iter().enumerate().map(number).collect())
}

/// The trees that add to each output, in their order.
fn chains(model: &Model) -> Vec<Vec<usize>> {
    let mut chains = vec![Vec::new(); model.num_outputs()];
    for (index, tree) in model.trees.iter().enumerate() {
        match tree.has_vector_leaves() {
            true => chains.iter_mut().for_each(|chain| chain.push(index)),
            false => chains[model.output_of(index)].push(index),
        }
    }
    chains
}

fn has_linear_leaves(tree: &Tree) -> bool {
    tree.leaves().any(|leaf| matches!(leaf.value, LeafValue::Linear(_)))
}

/// How many splits each feature has, the most first.
fn importances(model: &Model, names: &[String], text: &mut String) {
    let mut weights: Vec<_> = model.importance().iter().map(|importance| importance.weight).zip(names).collect();
    weights.retain(|(weight, _)| *weight > 0);
    weights.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    weights.iter().for_each(|(weight, name)| line(text, name, [weight]));
}

/// The parameters that say what the rest of the file does not.
fn parameters(model: &Model, meaning: &Meaning, is_forest: bool, text: &mut String) {
    let objective = meaning.words.as_deref().and_then(|words| words.split(' ').next()).unwrap_or("custom");
    let features = 0..model.schema.len();
    let categorical: Vec<_> =
        features.filter(|&feature| model.levels_of(feature).is_some()).map(|feature| feature.to_string()).collect();
    let given = [
        ("boosting", if is_forest { "rf" } else { "gbdt" }.to_string()),
        ("objective", objective.to_string()),
        ("linear_tree", u8::from(model.trees.iter().any(has_linear_leaves)).to_string()),
        ("categorical_feature", categorical.join(",")),
        ("num_class", model.num_outputs().to_string()),
    ];
    text.push_str("\nparameters:\n");
    for (name, value) in given.iter().chain(&meaning.parameters) {
        let _ = writeln!(text, "[{name}: {value}]");
    }
    text.push_str("end of parameters\n");
}

/// The texts of categories, as JSON: a list for each feature that has such. Where all are numbers, they are written as numbers, for such are
/// the categories of columns of numbers.
fn pandas_categorical(model: &Model) -> String {
    let levels = model.schema.features.iter().filter_map(|feature| match &feature.kind {
        FeatureKind::Categorical { levels } => Some(levels),
        _ => None,
    });
    let column = |levels: &Vec<String>| match levels.iter().all(|level| is_number(level)) {
        true => format!("[{}]", levels.join(", ")),
        false => serde_json::Value::from(levels.as_slice()).to_string(),
    };
    let columns: Vec<_> = levels.map(column).collect();
    if columns.is_empty() { "null".into() } else { format!("[{}]", columns.join(", ")) }
}

/// Whether a text is how a whole number is written.
fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}
