//! Channels: what the trainer makes of each, and whether its mode goes with where the data are.

use super::context::RuleContext;
use crate::finding::Position;
use crate::yaml::Yaml;
use sapwood_readers::Format;
use sapwood_sagemaker::channels::{self, MODEL, NO_DATA, TRAIN, VALIDATION};

/// A channel that holds data.
pub struct RequestChannel<'n> {
    /// What it is called.
    pub name: &'n str,
    /// Where its name stands.
    pub at: Position,
    /// What it reads.
    pub node: &'n Yaml,
}

impl RequestChannel<'_> {
    /// The format of its data, as far as its content type says it.
    pub fn format(&self) -> Option<Format> {
        self.node.text_of("ContentType").and_then(|text| channels::format(text).ok().flatten())
    }
}

/// Checks all channels of a job and returns those that the trainer reads.
pub fn check<'n>(job: &'n Yaml, context: &mut RuleContext<'_>) -> Vec<RequestChannel<'n>> {
    let configured = job.get("InputDataConfig");
    let nodes = configured.map_or(&[][..], Yaml::items);
    let default_mode = job.find(&["AlgorithmSpecification", "TrainingInputMode"]).and_then(Yaml::text);
    let mut found: Vec<RequestChannel<'n>> = Vec::new();
    for node in nodes {
        let Some(name_node) = node.get("ChannelName") else { continue };
        let name = name_node.text().unwrap_or_default();
        if found.iter().any(|known| known.name == name) {
            context.report.error(name_node.at, format!("there are two channels called {name}"), "give each its own name");
            continue;
        }
        role(name, name_node.at, context);
        // What is in the channel model is no data, whatever its content type says.
        match name == MODEL {
            true => source(node, context),
            false => one(node, default_mode, context),
        }
        if !NO_DATA.contains(&name) {
            found.push(RequestChannel { name, at: name_node.at, node });
        }
    }
    if !found.iter().any(|channel| channel.name == TRAIN) {
        missing_train(configured.map_or(job.at, |list| list.at), &found, context);
    }
    found
}

fn missing_train(at: Position, found: &[RequestChannel<'_>], context: &mut RuleContext<'_>) {
    let similar = found.iter().find(|channel| ["training", "train_data", "train-data", "training-data"].contains(&channel.name));
    let similar = similar.or_else(|| found.iter().find(|channel| channel.name.eq_ignore_ascii_case(TRAIN)));
    let name = context.spell("ChannelName");
    match similar {
        Some(channel) => context.report.error(
            channel.at,
            format!("the channel train is missing, and {} does not replace it: the trainer only evaluates on it", channel.name),
            format!("call it train: {name}: train"),
        ),
        None => context.report.error(
            at,
            "the channel train is missing: there are no training data",
            format!("add a channel with {name}: train"),
        ),
    }
}

/// What the trainer does with a channel of this name.
fn role(name: &str, at: Position, context: &mut RuleContext<'_>) {
    if name == MODEL {
        context.report.note(
            at,
            "the channel model holds a model that is trained further: model.sapwood, or a model.tar.gz that a job of Sapwood left",
            "leave it out to train a model from the beginning",
        );
    } else if NO_DATA.contains(&name) {
        context.report.note(
            at,
            format!("the channel {name} is not read: it is not a data set"),
            "give an evaluation set another name",
        );
    } else if name != TRAIN && name != VALIDATION && !["training", "train_data"].contains(&name) {
        let stopping = if name.starts_with("val") { ", and early stopping ignores it" } else { "" };
        context.report.note(
            at,
            format!("the channel {name} is evaluated after every round, under its own name{stopping}"),
            if stopping.is_empty() { String::new() } else { format!("call it {VALIDATION}, if it is to decide early stopping") },
        );
    }
}

fn one(node: &Yaml, default_mode: Option<&str>, context: &mut RuleContext<'_>) {
    let format = content_type(node, context);
    source(node, context);
    let mode_at = node.get("InputMode").map_or(node.at, |mode| mode.at);
    let mode = node.text_of("InputMode").or(default_mode).unwrap_or("File");
    if let Some(compression) = node.get("CompressionType").filter(|node| node.text() == Some("Gzip") && mode != "Pipe") {
        context.report.warning(
            compression.at,
            format!("{} Gzip is allowed only in Pipe mode, but the mode is {mode}", context.spell("CompressionType")),
            "leave it out: the trainer finds out by content whether files are compressed",
        );
    }
    if let Some(s3) = node.find(&["DataSource", "S3DataSource"])
        && let Some(kind) = s3.get("S3DataType")
    {
        match kind.text() {
            Some(text) if text != "S3Prefix" && mode == "FastFile" => {
                context.report.error(
                    mode_at,
                    format!("FastFile mode allows only S3Prefix, not {text}"),
                    "use S3Prefix, or File mode",
                );
            }
            Some(text @ ("AugmentedManifestFile" | "Converse")) => context.report.error(
                kind.at,
                format!("{text} delivers records of JSON, which the trainer does not read"),
                "use S3Prefix or ManifestFile",
            ),
            _ => {}
        }
    }
    if let Some(wrapper) = node.get("RecordWrapperType").filter(|node| node.text() == Some("RecordIO"))
        && format == Some(Format::Parquet)
    {
        context.report.error(wrapper.at, "Parquet files in RecordIO frames are not read", "leave it out, or set it to None");
    }
}

/// The format, by the trainer's own table.
fn content_type(node: &Yaml, context: &mut RuleContext<'_>) -> Option<Format> {
    let content_type = node.get("ContentType")?;
    match channels::format(content_type.text()?) {
        Ok(format) => format,
        Err(error) => {
            context.report.error(content_type.at, error.to_string(), "");
            None
        }
    }
}

/// A channel has one source.
fn source(node: &Yaml, context: &mut RuleContext<'_>) {
    let Some(source) = node.get("DataSource") else { return };
    let names = ["S3DataSource", "FileSystemDataSource"].map(|name| context.spell(name));
    match source.entries().len() {
        0 => context.report.error(source.at, "the channel has no source", format!("add {}", names.join(" or "))),
        1 => {}
        _ => context.report.error(source.at, "the channel has two sources", "leave one"),
    }
}
