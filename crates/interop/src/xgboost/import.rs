//! From what an XGBoost file says to a model.

use super::trees::{MAX_WORDS, TreeReader};
use super::{FORMAT, objective, wire};
use crate::Error;
use sapwood_score::{Feature, FeatureKind, FeatureSchema, Layout, Model, Precision, Tree};

/// The most features that a file may declare.
const MAX_FEATURES: usize = 1 << 22;
/// The most that a short file may, and how many more for each of its bytes: each takes some 80 bytes for its name, which files need not
/// have.
const FEATURES_OF_SHORT_FILES: usize = 1 << 19;
const FEATURES_OF_BYTE: usize = 8;
/// The most outputs that a file may declare.
const MAX_OUTPUTS: usize = 1 << 20;

fn inconsistent(what: impl Into<String>) -> Error {
    Error::Inconsistent { format: FORMAT, what: what.into() }
}

/// The model of a file of so many bytes.
///
/// # Errors
/// A booster or an objective that Sapwood cannot score with, or contradictions.
pub fn model(file: wire::File, bytes: usize) -> Result<Model, Error> {
    let learner = file.learner;
    let forest = forest(learner.gradient_booster)?;
    let params = &learner.learner_model_param;
    let outputs = outputs(params)?;
    let schema = schema(&learner.feature_names, count_of_features(params, bytes)?, forest.cats.as_ref())?;
    let known = objective::known(&learner.objective.name).ok_or_else(|| {
        let what = format!("{FORMAT} has the objective {:?}, which Sapwood does not know", learner.objective.name);
        Error::unsupported(what, "set an objective that XGBoost has built in (booster.set_param) and save the model again")
    })?;
    let meaning = objective::meaning(known, &learner.objective, outputs, &file.version).map_err(inconsistent)?;
    let mut base_score = base_score(&params.base_score, outputs)?;
    objective::margins(known, &mut base_score);
    let base_score = base_score.into_iter().map(f64::from).collect();

    let trees = trees(&forest, outputs, &schema)?;
    let mut model = Model::new(schema, known, base_score, trees);
    model.objective = meaning.spec;
    model.link = meaning.link;
    model.outputs = meaning.outputs;
    model.prediction = meaning.prediction;
    model.precision = Precision::Single;
    model.reading.infinite_values = true;
    lay_out(&mut model, &forest, parallel_trees(&forest, &learner.attributes)?)?;
    end_with_best(&mut model, &learner.attributes)?;
    model.attributes = learner.attributes.into_iter().collect();
    model.validate()?;
    Ok(model)
}

/// The trees with their weights, wherever the file has them.
fn forest(booster: wire::Booster) -> Result<wire::Forest, Error> {
    let wire::Booster { name, model, gbtree, weight_drop } = booster;
    let forest = match &name[..] {
        "gbtree" => model,
        "dart" => gbtree.and_then(|booster| booster.model).or(model),
        "gblinear" => {
            let what = "the booster is gblinear, a linear model without trees";
            return Err(Error::unsupported(what, "Sapwood scores trees; train with booster=gbtree"));
        }
        other => return Err(Error::unsupported(format!("the booster is {other:?}"), "Sapwood reads gbtree and dart")),
    };
    let mut forest = forest.ok_or_else(|| inconsistent("the booster has no model"))?;
    if let Some(weights) = weight_drop {
        forest.weight_drop = Some(weights);
    }
    Ok(forest)
}

/// A whole number that is written as text; 0 where there is none.
fn number(name: &str, text: &str, most: usize) -> Result<usize, Error> {
    if text.is_empty() {
        return Ok(0);
    }
    let number = text.parse::<usize>().map_err(|_| inconsistent(format!("{name} is {text:?}")))?;
    match number > most {
        true => Err(Error::unsupported(format!("{name} is {number}"), format!("Sapwood reads models of at most {most}"))),
        false => Ok(number),
    }
}

fn outputs(params: &wire::LearnerParams) -> Result<usize, Error> {
    let classes = number("num_class", &params.num_class, MAX_OUTPUTS)?;
    let targets = number("num_target", &params.num_target, MAX_OUTPUTS)?;
    Ok(classes.max(targets).max(1))
}

/// The number of features that a file of so many bytes declares.
fn count_of_features(params: &wire::LearnerParams, bytes: usize) -> Result<usize, Error> {
    let count = number("num_feature", &params.num_feature, MAX_FEATURES)?;
    let most = FEATURES_OF_SHORT_FILES.saturating_add(bytes.saturating_mul(FEATURES_OF_BYTE));
    if count > most {
        let what = format!("num_feature is {count} in a file of {bytes} bytes");
        return Err(Error::unsupported(what, format!("Sapwood reads a model of this length with at most {most}")));
    }
    Ok(count)
}

fn schema(names: &[String], count: usize, cats: Option<&wire::Categories>) -> Result<FeatureSchema, Error> {
    let mut schema = FeatureSchema::numeric(count);
    if !names.is_empty() {
        if names.len() != count {
            return Err(inconsistent(format!("{} feature_names for {count} features", names.len())));
        }
        schema.named = schema.features.iter().zip(names).any(|(feature, name)| feature.name != *name);
        schema.features.iter_mut().zip(names).for_each(|(feature, name)| feature.name.clone_from(name));
        crate::schema::check_names(&schema, FORMAT)?;
    }
    if !schema.named {
        // As XGBoost counts the features of libsvm data.
        schema.index_base = Some(0);
    }
    let dictionaries = cats.map_or(&[][..], |cats| &cats.enc);
    if dictionaries.len() > count {
        return Err(inconsistent(format!("{} dictionaries for {count} features", dictionaries.len())));
    }
    for (feature, dictionary) in schema.features.iter_mut().zip(dictionaries) {
        add_levels(feature, dictionary).map_err(|what| inconsistent(format!("feature {:?}: {what}", feature.name)))?;
    }
    Ok(schema)
}

/// Features that are not categorical have empty dictionaries.
fn add_levels(feature: &mut Feature, dictionary: &wire::Dictionary) -> Result<(), String> {
    if dictionary.values.is_empty() && dictionary.offsets.as_ref().is_none_or(|offsets| offsets.len() < 2) {
        return Ok(());
    }
    let levels = match &dictionary.offsets {
        None => dictionary.values.iter().map(i64::to_string).collect(),
        Some(offsets) => texts(offsets, &dictionary.values)?,
    };
    feature.kind = FeatureKind::Categorical { levels };
    Ok(())
}

fn texts(offsets: &[u32], values: &[i64]) -> Result<Vec<String>, String> {
    // Bytes are written with a sign by some versions.
    let bytes: Vec<u8> = values.iter().map(|&value| value as u8).collect();
    let text = |pair: &[u32]| {
        let bytes = bytes.get(pair[0] as usize..pair[1] as usize).ok_or("offsets beyond the texts")?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a category that is not UTF-8")
    };
    offsets.windows(2).map(|pair| text(pair).map_err(String::from)).collect()
}

/// One number, or a list of one for each output.
fn base_score(text: &str, outputs: usize) -> Result<Vec<f32>, Error> {
    let wrong = || inconsistent(format!("base_score {text:?} of a model of {outputs} outputs"));
    let numbers = text.trim().trim_start_matches('[').trim_end_matches(']');
    let numbers: Vec<f32> =
        numbers.split(',').map(|number| number.trim().parse::<f32>()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    match numbers[..] {
        [one] => Ok(vec![one; outputs]),
        _ if numbers.len() == outputs => Ok(numbers),
        _ => Err(wrong()),
    }
}

fn trees(forest: &wire::Forest, outputs: usize, schema: &FeatureSchema) -> Result<Vec<Tree>, Error> {
    let count = |feature: &Feature| match &feature.kind {
        FeatureKind::Categorical { levels } => Some(levels.len()),
        _ => None,
    };
    let levels: Vec<_> = schema.features.iter().map(count).collect();
    let weights = forest.weight_drop.as_deref();
    if let Some(weights) = weights.filter(|weights| weights.len() != forest.trees.len()) {
        return Err(inconsistent(format!("{} weights for {} trees", weights.len(), forest.trees.len())));
    }
    let mut reader = TreeReader { features: levels.len(), levels: &levels, outputs, words_left: MAX_WORDS };
    let weight = |tree: usize| weights.map_or(1.0, |weights| weights[tree]);
    let read = |(index, tree)| reader.read(tree, weight(index)).map_err(|what| inconsistent(format!("tree {index}: {what}")));
    forest.trees.iter().enumerate().map(read).collect()
}

/// Trees per output and round. Files of before 1.6 do not tell, but for those of 1.3 and later it follows from two attributes.
fn parallel_trees(forest: &wire::Forest, attributes: &wire::Params) -> Result<usize, Error> {
    if let Some(text) = forest.gbtree_model_param.get("num_parallel_tree") {
        return Ok(number("num_parallel_tree", text, u32::MAX as usize)?.max(1));
    }
    let attribute = |name: &str| attributes.get(name).and_then(|text| text.parse::<u32>().ok());
    let (Some(best), Some(limit)) = (attribute("best_iteration"), attribute("best_ntree_limit")) else { return Ok(1) };
    Ok((u64::from(limit) / (u64::from(best) + 1)).max(1) as usize)
}

/// Says which trees belong to which round and output: as the file does, or as it follows from the numbers of trees and outputs.
fn lay_out(model: &mut Model, forest: &wire::Forest, parallel: usize) -> Result<(), Error> {
    let outputs = model.num_outputs();
    let count = model.trees.len();
    if forest.tree_info.len() != count {
        return Err(inconsistent(format!("tree_info of {} trees, and there are {count}", forest.tree_info.len())));
    }
    let per_round = if model.has_vector_leaves() { parallel } else { parallel.saturating_mul(outputs) };
    let rounds = match &forest.iteration_indptr {
        Some(starts) => starts.windows(2).map(|pair| pair[1].checked_sub(pair[0])).collect::<Option<Vec<_>>>(),
        None => Some((0..count).step_by(per_round).map(|first| per_round.min(count - first) as u32).collect()),
    };
    let rounds = rounds.ok_or_else(|| inconsistent("iteration_indptr does not ascend"))?;
    let is_regular = rounds.iter().all(|&trees| trees as usize == per_round)
        && (model.has_vector_leaves()
            || forest.tree_info.iter().enumerate().all(|(tree, &output)| tree / parallel % outputs == output as usize));
    match is_regular {
        true => model.parallel_trees = parallel as u32,
        false => model.layout = Some(Layout { rounds, outputs: forest.tree_info.clone() }),
    }
    Ok(())
}

/// Leaves out the trees after the best round, where the file names one: XGBoost's scikit-learn classes and SageMaker's built-in predict
/// without them.
fn end_with_best(model: &mut Model, attributes: &wire::Params) -> Result<(), Error> {
    let Some(best) = attributes.get("best_iteration") else { return Ok(()) };
    let best = best.parse::<u32>().map_err(|_| inconsistent(format!("best_iteration is {best:?}")))?;
    if best as usize >= model.num_rounds() {
        return Err(inconsistent(format!("best_iteration is {best}, and there are {} rounds", model.num_rounds())));
    }
    let rounds = best as usize + 1;
    let trees = match &mut model.layout {
        None => rounds * model.trees_per_round(),
        Some(layout) => {
            layout.rounds.truncate(rounds);
            let trees = layout.rounds.iter().map(|&trees| trees as usize).sum();
            layout.outputs.truncate(trees);
            trees
        }
    };
    model.trees.truncate(trees);
    model.best_iteration = Some(best);
    model.best_score = attributes.get("best_score").and_then(|score| score.parse().ok()).filter(|score: &f64| score.is_finite());
    Ok(())
}
