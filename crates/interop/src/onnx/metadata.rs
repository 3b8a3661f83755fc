//! What files that Sapwood wrote tell besides the graph: names, texts of categories and classes, the objective.

use super::proto::{FORMAT, StringStringEntry};
use prost::Message;
use prost::bytes::Bytes;
use sapwood_score::{FeatureKind, FeatureSchema, Link, Model, Objective, Outputs, Prediction};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The names of the columns, a list in JSON. Believed whoever wrote the file.
pub const FEATURE_NAMES: &str = "feature_names";
/// The columns that are categories: pairs of position and list of texts in the order of their codes.
pub const CATEGORIES: &str = "categories";
/// The texts of classes.
pub const CLASSES: &str = "classes";
/// The objective's name.
pub const OBJECTIVE: &str = "objective";

/// The entries of a file's metadata.
pub struct Metadata {
    entries: HashMap<String, String>,
    /// Whether Sapwood wrote the file.
    pub is_own: bool,
}

impl Metadata {
    /// Decodes them; what is no entry is left out. `is_own` tells whether Sapwood wrote the file.
    pub fn new(entries: Vec<Bytes>, is_own: bool) -> Self {
        let entry = |bytes| StringStringEntry::decode(bytes).ok().and_then(|entry| Some((entry.key?, entry.value?)));
        Self { entries: entries.into_iter().filter_map(entry).collect(), is_own }
    }

    fn parsed<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.entries.get(key)?).ok()
    }

    /// Names columns that have no names, and makes categories of those that are.
    pub fn add_to(&self, schema: &mut FeatureSchema) {
        let names: Option<Vec<String>> = self.parsed(FEATURE_NAMES).filter(|names: &Vec<_>| names.len() == schema.len());
        if let Some(names) = names.filter(|_| !schema.named) {
            let mut named = schema.clone();
            named.named = true;
            named.features.iter_mut().zip(names).for_each(|(feature, name)| feature.name = name);
            if crate::schema::check_names(&named, FORMAT).is_ok() {
                *schema = named;
            }
        }
        let categories: Option<Vec<(usize, Vec<String>)>> = self.parsed(CATEGORIES).filter(|_| self.is_own);
        for (at, levels) in categories.unwrap_or_default() {
            if let Some(feature) = schema.features.get_mut(at) {
                feature.kind = FeatureKind::Categorical { levels };
            }
        }
    }

    /// Gives outputs the meaning that they had, where the graph can be said to have it.
    pub fn restore(&self, model: &mut Model) {
        if !self.is_own {
            return;
        }
        if let Some(objective) = self.entries.get(OBJECTIVE).and_then(|name| Objective::from_name(name)) {
            restore_objective(model, objective);
        }
        let classes: Option<Vec<String>> = self.parsed(CLASSES);
        if model.classes.is_none() && classes.as_ref().map(Vec::len) == model.num_classes() {
            model.classes = classes;
        }
    }
}

fn restore_objective(model: &mut Model, objective: Objective) {
    let is_one = model.outputs == Outputs::Value;
    let outputs = match (objective, model.link) {
        (Objective::BinaryLogitraw, Link::Identity) if is_one => {
            (model.link, model.prediction) = (Link::LOGIT, Prediction::Margin);
            Outputs::Binary
        }
        (Objective::BinaryLogistic, Link::LOGIT | Link::Identity) if is_one => Outputs::Binary,
        (Objective::Softmax, _) if model.outputs == Outputs::Classes => {
            model.prediction = Prediction::Class;
            Outputs::Classes
        }
        (Objective::Softprob, Link::Identity) if matches!(model.outputs, Outputs::Targets(_)) => Outputs::Classes,
        // Levels are not told.
        (Objective::Quantile | Objective::Expectile, _) => return,
        (_, link) if is_one && !objective.is_classification() && objective.link() == link => Outputs::Value,
        _ => return,
    };
    (model.objective, model.outputs) = (objective.into(), outputs);
}
