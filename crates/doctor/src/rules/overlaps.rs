//! Channels that read the same data: metrics of training data say nothing about new data.

use super::channels::RequestChannel;
use super::context::RuleContext;
use crate::finding::{Position, Severity};
use crate::yaml::Yaml;
use sapwood::Params;
use sapwood::params::SameData;
use sapwood_sagemaker::channels::TRAIN;

/// A place in a store: which one, and the path there.
struct Location<'n> {
    store: &'n str,
    path: &'n str,
    at: Position,
}

/// Compares every channel with `train`. How bad it is follows `same_data`, as in the trainer.
pub fn check(channels: &[RequestChannel<'_>], params: Option<&Params>, context: &mut RuleContext<'_>) {
    let Some(train) = channels.iter().find(|channel| channel.name == TRAIN).and_then(|channel| location(channel.node)) else {
        return;
    };
    let severity = match params.map(|params| params.data.same_data) {
        Some(SameData::Error) => Severity::Error,
        _ => Severity::Warning,
    };
    for channel in channels.iter().filter(|channel| channel.name != TRAIN) {
        let Some(other) = location(channel.node).filter(|other| overlap(&train, other)) else { continue };
        context.report.add(
            severity,
            other.at,
            format!(
                "the channels train ({}) and {} ({}) hold the same files: the metrics of {1} say nothing about new data, nor does early stopping",
                train.path, channel.name, other.path
            ),
            "hold some data out of training, in a directory of their own",
        );
    }
}

fn location(channel: &Yaml) -> Option<Location<'_>> {
    if let Some(source) = channel.find(&["DataSource", "FileSystemDataSource"]) {
        let directory = source.get("DirectoryPath")?;
        return Some(Location { store: source.text_of("FileSystemId")?, path: directory.text()?, at: directory.at });
    }
    let uri = channel.find(&["DataSource", "S3DataSource", "S3Uri"])?;
    Some(Location { store: "s3", path: uri.text()?, at: uri.at })
}

/// Whether one is the other, or holds it. What S3 calls a prefix ends anywhere; only whole directories are compared.
fn overlap(one: &Location<'_>, other: &Location<'_>) -> bool {
    let directory = |path: &str| format!("{}/", path.trim_end_matches('/'));
    let (left, right) = (directory(one.path), directory(other.path));
    one.store == other.store && (left.starts_with(&right) || right.starts_with(&left))
}
