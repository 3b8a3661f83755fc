//! The files under `/opt/ml/input/config`, judged by what the trainer reads of them.

use crate::finding::Report;
use crate::rules::hyperparameters;
use crate::yaml::{Yaml, YamlValue};
use sapwood::Params;
use sapwood::names::nearest;
use sapwood_hosts::Group;
use sapwood_sagemaker::channels::{self, NO_DATA, TRAIN};

/// Those that the trainer reads.
pub const NAMES: [&str; 4] = ["hyperparameters.json", "inputdataconfig.json", "resourceconfig.json", "checkpointconfig.json"];
/// What the platform writes about a channel.
const CHANNEL: [&str; 5] = ["ContentType", "TrainingInputMode", "S3DistributionType", "RecordWrapperType", "CompressionType"];
/// What the platform writes about the hosts of a job.
const RESOURCES: [&str; 6] =
    ["current_host", "hosts", "network_interface_name", "current_instance_type", "current_group_name", "instance_groups"];

/// Checks one of them. Returns the parameters, if it is `hyperparameters.json` and they can be told.
pub fn check(name: &str, node: &Yaml, report: &mut Report) -> Option<Params> {
    if !matches!(node.value, YamlValue::Map(_)) {
        report.error(node.at, format!("{name} must be an object, but is {}", node.value.sort()), "write {\"name\": …}");
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
fn spelt(node: &Yaml, known: &[&str], report: &mut Report) {
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

fn input_data(node: &Yaml, report: &mut Report) {
    for entry in node.entries() {
        let (name, channel) = (&entry.key, &entry.value);
        if let Err(error) = channels::check_name(name) {
            report.error(channel.at, error.to_string(), "rename it");
        }
        spelt(channel, &CHANNEL, report);
        judge(channel, "TrainingInputMode", report, |text| channels::input_mode(text).map(drop));
        judge(channel, "RecordWrapperType", report, |text| channels::is_wrapped(text).map(drop));
        judge(channel, "ContentType", report, |text| channels::format(text).map(drop));
    }
    let sets: Vec<&str> = node.entries().iter().map(|entry| entry.key.as_str()).filter(|name| !NO_DATA.contains(name)).collect();
    if !sets.contains(&TRAIN) {
        report.error(node.at, "the channel train is missing: there are no training data", "add a channel called train");
    }
}

/// Reports what the trainer says of a field, if it is there.
fn judge(channel: &Yaml, field: &str, report: &mut Report, read: impl FnOnce(&str) -> sapwood::Result<()>) {
    if let Some(value) = channel.get(field)
        && let Some(Err(error)) = value.text().map(read)
    {
        report.error(value.at, error.to_string(), "");
    }
}

fn hosts(node: &Yaml, report: &mut Report) {
    spelt(node, &RESOURCES, report);
    let Some(hosts) = node.get("hosts") else { return };
    let names: Vec<String> = hosts.items().iter().filter_map(Yaml::text).map(str::to_string).collect();
    let current = node.get("current_host");
    let group = Group::of_names(&names, current.and_then(Yaml::text).unwrap_or_default(), None, "");
    if let Err(error) = group {
        report.error(current.unwrap_or(hosts).at, error.to_string(), "name each host once, and this one as in the list");
    }
}
