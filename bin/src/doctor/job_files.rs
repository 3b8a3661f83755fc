//! The files under `/opt/ml/input/config`, judged by what the trainer reads of them.

use super::finding::Report;
use super::nearest::nearest;
use super::node::{Node, Value};
use super::rules::hyperparameters;
use crate::inputs::is_set_name;
use crate::sagemaker::channels::{self, NO_DATA, TRAIN};
use sapwood::Params;

/// Those that the trainer reads.
pub const NAMES: [&str; 4] = ["hyperparameters.json", "inputdataconfig.json", "resourceconfig.json", "checkpointconfig.json"];
/// What the platform writes about a channel.
const CHANNEL: [&str; 5] = ["ContentType", "TrainingInputMode", "S3DistributionType", "RecordWrapperType", "CompressionType"];

/// Checks one of them. Returns the parameters, if it is `hyperparameters.json` and they can be told.
pub fn check(name: &str, node: &Node, report: &mut Report) -> Option<Params> {
    if !matches!(node.value, Value::Map(_)) {
        report.error(node.at, format!("{name} is {}, where an object must be", node.value.sort()), "write {\"name\": …}");
        return None;
    }
    match name {
        "hyperparameters.json" => return hyperparameters::check(Some(node), node.at, report),
        "inputdataconfig.json" => input_data(node, report),
        "resourceconfig.json" => hosts(node, report),
        "checkpointconfig.json" => spelt(node, &["LocalPath", "S3Uri"], report),
        _ => {}
    }
    None
}

/// Fields are passed over that the trainer does not know, so a misspelt one would be without a trace.
fn spelt(node: &Node, known: &[&str], report: &mut Report) {
    for entry in node.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        if let Some(meant) = nearest(&entry.key, known.iter().copied()) {
            report.warning(
                entry.value.at,
                format!("{} is a field that the trainer does not know", entry.key),
                format!("write {meant}"),
            );
        }
    }
}

fn input_data(node: &Node, report: &mut Report) {
    for entry in node.entries() {
        let (name, channel) = (&entry.key, &entry.value);
        if !is_set_name(name) {
            report.error(
                channel.at,
                format!("channel {name:?}: names of channels have letters, digits, '.', '-' and '_' only"),
                "rename it",
            );
        }
        spelt(channel, &CHANNEL, report);
        for (field, words) in [("TrainingInputMode", &channels::MODES[..]), ("RecordWrapperType", &channels::WRAPPERS)] {
            if let Some(value) = channel.get(field)
                && let Err(failure) = channels::one_of(field, value.text(), words)
            {
                report.error(value.at, failure.message(), "");
            }
        }
        if let Some(value) = channel.get("ContentType")
            && let Some(Err(failure)) = value.text().map(channels::format)
        {
            report.error(value.at, failure.message(), "");
        }
    }
    let sets: Vec<&str> = node.entries().iter().map(|entry| entry.key.as_str()).filter(|name| !NO_DATA.contains(name)).collect();
    if !sets.contains(&TRAIN) {
        report.error(node.at, "the channel train is missing: there is nothing to learn from", "add a channel called train");
    }
}

fn hosts(node: &Node, report: &mut Report) {
    let Some(hosts) = node.get("hosts") else { return };
    let count = hosts.items().len();
    if count > 1 {
        report.error(hosts.at, format!("training on {count} instances is not supported yet"), "set InstanceCount to 1");
    }
}
