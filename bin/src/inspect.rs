//! `sapwood inspect`: what a model file holds, for people and as JSON.

use crate::cli::{InspectArgs, TreeFormat, WhichTree};
use crate::report::Failure;
use crate::{model_files, streams, summary, tree_table};
use sapwood::text::{counted, shown};
use sapwood::{Model, Tree};
use sapwood_interop::dump::{self, TreeForm};
use sapwood_score::{Leaf, LeafValue};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Features of which the importance is listed for people; JSON has all of them.
const LISTED_FEATURES: usize = 30;

/// Describes the model.
///
/// # Errors
/// The file cannot be read, or is no whole model.
pub fn run(args: &InspectArgs) -> Result<(), Failure> {
    if let Some(which) = args.tree {
        return streams::print_result(&trees(&model_files::load(&args.model)?, which, args.format)?);
    }
    if let Some(path) = &args.trees_table {
        return tree_table::write(args, path);
    }
    let (model, bytes) = model_files::load_with_bytes(&args.model)?;
    if args.config {
        return streams::print_result(&format!("{:#}\n", config(&model)));
    }
    let file = File { size: bytes.len(), sha256: summary::sha256(&bytes) };
    streams::print_result(&if args.json { format!("{:#}\n", file.json(&model)) } else { file.text(&model) })
}

fn trees(model: &Model, which: WhichTree, format: TreeFormat) -> Result<String, Failure> {
    let form = match format {
        TreeFormat::Text => TreeForm::Text,
        TreeFormat::Json => TreeForm::Json,
        TreeFormat::Dot => TreeForm::Dot,
        TreeFormat::Svg => TreeForm::Svg,
    };
    match which {
        WhichTree::All => dump::all_trees(model, form)
            .ok_or_else(|| Failure::user("a graph or a picture is of one tree; give its number, or --format text or json")),
        WhichTree::Number(number) => dump::tree(model, number, form).ok_or_else(|| {
            Failure::user(format!(
                "there is no tree {number}: the model has {}, counted from 0",
                counted(model.trees.len(), "tree")
            ))
        }),
    }
}

/// The settings that reproduce the model from the same data. Columns that were left out are among them: with them it would be another one.
fn config(model: &Model) -> Value {
    let given = model.params.iter().filter(|(_, value)| !value.is_empty());
    let mut settings: Map<_, _> = given.map(|(name, value)| (name.clone(), json!(value))).collect();
    let reading = &model.reading;
    let is_split = |column: &&String| settings.get("split_column").and_then(Value::as_str) != Some(column.as_str());
    let ignored: Vec<_> = reading.ignored_columns.iter().filter(is_split).collect();
    let lists =
        [("ignore_columns", json!(ignored)), ("missing_values", json!(reading.missing_values.as_deref().unwrap_or_default()))];
    let lists = lists.into_iter().filter(|(_, list)| list.as_array().is_some_and(|list| !list.is_empty()));
    settings.extend(lists.map(|(name, list)| (name.to_string(), list)));
    let columns = [("label_column", &reading.label_column), ("base_margin_column", &reading.base_margin_column)];
    settings.extend(columns.into_iter().filter_map(|(name, column)| Some((name.to_string(), json!(column.as_ref()?)))));
    let categorical = model.schema.features.iter().filter(|feature| feature.kind.is_categorical()).map(|feature| &feature.name);
    let categorical: Vec<_> = categorical.collect();
    if model.schema.named && !categorical.is_empty() {
        settings.insert("categorical_features".to_string(), json!(categorical));
    }
    Value::Object(settings)
}

/// What only the bytes of the file tell.
struct File {
    size: usize,
    sha256: String,
}

impl File {
    /// The model's own JSON, behind size and checksum.
    fn json(&self, model: &Model) -> Value {
        let mut object = Map::new();
        object.insert("size_bytes".to_string(), json!(self.size));
        object.insert("sha256".to_string(), json!(self.sha256));
        if let Value::Object(rest) = model.to_json() {
            object.extend(rest);
        }
        Value::Object(object)
    }

    fn text(&self, model: &Model) -> String {
        let nodes = model.num_nodes();
        let mut facts = vec![
            ("objective", model.objective.name.clone()),
            ("rounds", model.num_rounds().to_string()),
            ("trees", format!("{} of {}", model.trees.len(), counted(nodes, "node"))),
            ("base score", list(model.base_score.iter().map(f64::to_string))),
            ("size", format!("{} bytes", self.size)),
            ("SHA-256", self.sha256.clone()),
        ];
        let is_linear = |leaf: &&Leaf| matches!(leaf.value, LeafValue::Linear(_));
        let leaves = || model.trees.iter().flat_map(Tree::leaves);
        if leaves().any(|leaf| is_linear(&leaf)) {
            facts.push(("leaves", format!("{}, {} of them linear", leaves().count(), leaves().filter(is_linear).count())));
        }
        if let Some(classes) = &model.classes {
            facts.push(("classes", list(classes.iter().map(String::clone))));
        }
        if let (Some(round), Some(score)) = (model.best_iteration, model.best_score) {
            facts.push(("best round", format!("{round} ({score})")));
        }
        let mut text = String::new();
        for (name, value) in facts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:12}{}", shown(&value));
        }
        text + &features(model) + &parameters(model)
    }
}

/// The features by total gain, the most important first.
fn features(model: &Model) -> String {
    let importance = model.importance();
    let mut order: Vec<usize> = (0..model.num_features()).collect();
    order.sort_by(|&a, &b| importance[b].total_gain.total_cmp(&importance[a].total_gain));
    let mut text = format!("\n{}, by total gain:\n", counted(model.num_features(), "feature"));
    let _ = writeln!(text, "{:>14}{:>8}{:>14}{:>14}  {:12}name", "total gain", "weight", "gain", "cover", "type");
    for &feature in order.iter().take(LISTED_FEATURES) {
        let (name, of) = (model.feature_name(feature).unwrap_or_default(), importance[feature]);
        let kind = match (model.levels_of(feature), model.schema.features.get(feature)) {
            (Some(levels), _) => counted(levels, "level"),
            (None, Some(feature)) => feature.kind.word().to_string(),
            (None, None) => "derived".to_string(),
        };
        let (total, gain, cover) = (of.total_gain, of.gain(), of.cover());
        let _ = writeln!(text, "{total:14.5}{:8}{gain:14.5}{cover:14.5}  {kind:12}{}", of.weight, shown(name));
    }
    if order.len() > LISTED_FEATURES {
        let _ = writeln!(text, "… and {} more (--json has all)", order.len() - LISTED_FEATURES);
    }
    text
}

fn parameters(model: &Model) -> String {
    let given = model.params.iter().filter(|(_, value)| !value.is_empty());
    let given: Vec<_> = given.map(|(name, value)| format!("{name}={value}")).collect();
    format!("\nparameters: {}\n", shown(&given.join(" ")))
}

/// A few values in a row.
fn list(values: impl ExactSizeIterator<Item = String>) -> String {
    let (count, shown) = (values.len(), 12);
    let mut text = values.take(shown).collect::<Vec<_>>().join(", ");
    if count > shown {
        let _ = write!(text, ", … ({count} in all)");
    }
    text
}
