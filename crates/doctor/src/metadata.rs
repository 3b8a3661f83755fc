//! What a manifest says of itself as an object of Kubernetes.

use crate::finding::Report;
use crate::nearest::remedy;
use crate::yaml::{Yaml, YamlValue};

/// Kubernetes' fields that people write, and those that a cluster adds.
const FIELDS: [&str; 15] = [
    "name",
    "namespace",
    "labels",
    "annotations",
    "generateName",
    "finalizers",
    "ownerReferences",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Checks `metadata` of a manifest.
pub fn check(manifest: &Yaml, report: &mut Report) {
    let Some(metadata) = manifest.get("metadata") else {
        return report.error(manifest.at, "metadata.name is missing", "add it, as a string");
    };
    if metadata.text_of("name").is_none() {
        report.error(metadata.at, "metadata.name is missing", "add it, as a string");
    }
    for entry in metadata.entries() {
        let (key, value) = (entry.key.as_str(), &entry.value);
        match key {
            _ if !FIELDS.contains(&key) => report.error(value.at, format!("unknown field {key}"), remedy(key, &FIELDS)),
            "namespace" | "generateName" => string(key, value, report),
            "labels" | "annotations" if matches!(value.value, YamlValue::Map(_)) => {
                value.entries().iter().for_each(|entry| string(&entry.key, &entry.value, report));
            }
            "labels" | "annotations" => {
                report.error(value.at, format!("{key} must be a mapping, but is {}", value.value.sort()), "write a mapping");
            }
            _ => {}
        }
    }
}

fn string(key: &str, value: &Yaml, report: &mut Report) {
    if value.text().is_none() {
        let message = format!("{key} must be a string, but is {}", value.value.sort());
        report.error(value.at, message, "put it in double quotes");
    }
}
