//! Channels: which data sets the job has, where they are and what they claim to be.

use crate::config;
use crate::paths::Paths;
use sapwood::{Error, Result};
use sapwood_readers::Format;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The channel that is learned from.
pub const TRAIN: &str = "train";
/// The channel that decides early stopping.
pub const VALIDATION: &str = "validation";
/// The channel of the model that is trained further, as SageMaker's incremental training has it.
pub const MODEL: &str = "model";
/// Channels that are no data sets: the SageMaker SDK adds the first for purposes of its own.
pub const NO_DATA: [&str; 2] = ["code", MODEL];
/// How the platform brings a channel's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputMode {
    /// Files that are there before the job begins.
    File,
    /// Files that are fetched while they are read.
    FastFile,
    /// A pipe an epoch.
    Pipe,
}

/// A data set of the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// What it is called.
    pub name: String,
    /// How its data come.
    pub mode: InputMode,
    /// The directory of its files; in Pipe mode the pipe of the first epoch. Those after it hold the same data.
    pub path: PathBuf,
    /// The format, where the content type states it.
    pub format: Option<Format>,
    /// Whether text may come in RecordIO frames.
    pub unwrap_records: bool,
    /// Whether each instance of the job has files of its own.
    pub is_sharded: bool,
}

/// All channels of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels {
    /// What is learned from.
    pub train: Channel,
    /// Those that are evaluated, by name; the one called [`VALIDATION`] decides early stopping.
    pub evaluated: Vec<Channel>,
    /// Sentences about channels that are not read.
    pub notes: Vec<String>,
}

/// The part of a channel's configuration that matters. The platform leaves out what was not given.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ChannelConfig {
    content_type: Option<String>,
    training_input_mode: Option<String>,
    record_wrapper_type: Option<String>,
    #[serde(rename = "S3DistributionType")]
    distribution: Option<String>,
}

/// The job's data sets: the channels of `inputdataconfig.json`, or without that file the directories of `input/data`.
///
/// # Errors
/// No channel called train, or one whose name, mode or format is unknown.
pub fn read(paths: &Paths) -> Result<Channels> {
    let configured = config::read::<BTreeMap<String, Option<ChannelConfig>>>(&paths.config("inputdataconfig.json"))?;
    let mut configured: BTreeMap<String, ChannelConfig> = match configured {
        Some(channels) => channels.into_iter().map(|(name, channel)| (name, channel.unwrap_or_default())).collect(),
        None => directories(paths).into_iter().map(|name| (name, ChannelConfig::default())).collect(),
    };
    let Some(train) = configured.remove(TRAIN) else {
        let names: Vec<_> = configured.keys().map(String::as_str).collect();
        let found = if names.is_empty() { "no channels".to_string() } else { names.join(", ") };
        let error = Error::configuration(format!("the channel train is missing (found: {found})"));
        return Err(error.with_remedy("add a channel called train to the job"));
    };
    let mut channels = Channels { train: channel(paths, TRAIN, &train)?, evaluated: Vec::new(), notes: Vec::new() };
    for (name, config) in configured {
        check_name(&name)?;
        if name == MODEL {
            // Its content decides.
        } else if NO_DATA.contains(&name.as_str()) {
            channels
                .notes
                .push(format!("the channel {name} is not read: it is not a data set; give an evaluation set another name"));
        } else {
            channels.evaluated.push(channel(paths, &name, &config)?);
        }
    }
    Ok(channels)
}

/// Makes sure that metric lines can bear the name.
///
/// # Errors
/// They cannot.
pub fn check_name(name: &str) -> Result<()> {
    match sapwood::boost::is_set_name(name) {
        true => Ok(()),
        false => Err(Error::configuration(format!(
            "channel {name:?}: a channel's name may contain only letters, digits, '.', '-' and '_'"
        ))),
    }
}

/// The directories beside which the platform may put manifests.
fn directories(paths: &Paths) -> Vec<String> {
    let entries = std::fs::read_dir(paths.data()).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with(['.', '_'])).collect()
}

fn channel(paths: &Paths, name: &str, config: &ChannelConfig) -> Result<Channel> {
    let within = |error: Error| error.within(&format!("channel {name}"));
    let mode = config.training_input_mode.as_deref().map_or(Ok(InputMode::File), input_mode).map_err(within)?;
    let path = match mode {
        InputMode::Pipe => paths.data().join(format!("{name}_0")),
        InputMode::File | InputMode::FastFile => paths.data().join(name),
    };
    let unwrap_records = config.record_wrapper_type.as_deref().map_or(Ok(false), is_wrapped).map_err(within)?;
    let format = config.content_type.as_deref().map_or(Ok(None), format).map_err(within)?;
    let is_sharded = config.distribution.as_deref().map_or(Ok(false), is_sharded).map_err(within)?;
    Ok(Channel { name: name.to_string(), mode, path, format, unwrap_records, is_sharded })
}

/// The mode that `TrainingInputMode` says, in whatever case; File where it says nothing.
///
/// # Errors
/// It says something else.
pub fn input_mode(word: &str) -> Result<InputMode> {
    Ok(match one_of("input mode", word, &["File", "FastFile", "Pipe"])? {
        Some("Pipe") => InputMode::Pipe,
        Some("FastFile") => InputMode::FastFile,
        _ => InputMode::File,
    })
}

/// Whether `RecordWrapperType` says, in whatever case, that text may come in RecordIO frames.
///
/// # Errors
/// It says something unknown.
pub fn is_wrapped(word: &str) -> Result<bool> {
    Ok(one_of("RecordWrapperType", word, &["None", "RecordIO"])? == Some("RecordIO"))
}

/// Whether `S3DistributionType` says, in whatever case, that each instance has files of its own.
///
/// # Errors
/// It says something unknown.
pub fn is_sharded(word: &str) -> Result<bool> {
    Ok(one_of("S3DistributionType", word, &["FullyReplicated", "ShardedByS3Key"])? == Some("ShardedByS3Key"))
}

/// The word among `words` that a setting says in whatever case; none where it says nothing.
fn one_of<'w>(what: &str, value: &str, words: &[&'w str]) -> Result<Option<&'w str>> {
    if value.is_empty() {
        return Ok(None);
    }
    let known = words.iter().find(|word| word.eq_ignore_ascii_case(value));
    known.map(|word| Some(*word)).ok_or_else(|| {
        Error::configuration(format!("{what} {value:?} is unknown")).with_remedy(format!("use {}", words.join(" or ")))
    })
}

/// The format that a content type stands for; none where it is empty.
///
/// # Errors
/// A type that is unknown, or parameters of it that would have the data read otherwise than they are.
pub fn format(content_type: &str) -> Result<Option<Format>> {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media_type = parts.next().unwrap_or_default();
    let format = match media_type.as_str() {
        "" => return Ok(None),
        "csv" | "text/csv" => Format::Csv,
        "libsvm" | "text/libsvm" | "text/x-libsvm" => Format::Libsvm,
        "parquet" | "application/parquet" | "application/x-parquet" => Format::Parquet,
        "recordio-protobuf" | "application/recordio-protobuf" | "application/x-recordio-protobuf" => Format::Recordio,
        "json" | "application/json" => Format::Json,
        "jsonlines" | "application/jsonlines" | "application/x-jsonlines" | "application/x-ndjson" => Format::JsonLines,
        _ => {
            let known = "use text/csv, text/libsvm, application/x-parquet, application/x-recordio-protobuf, application/json or application/jsonlines";
            return Err(Error::configuration(format!("content type {content_type:?} is unknown")).with_remedy(known));
        }
    };
    parts.try_for_each(|parameter| check_parameter(&parameter))?;
    Ok(Some(format))
}

/// Refuses parameters that would have the data read otherwise than they are.
fn check_parameter(parameter: &str) -> Result<()> {
    let (name, value) =
        parameter.split_once('=').map_or((parameter, ""), |(name, value)| (name.trim(), value.trim().trim_matches('"')));
    let (cause, remedy) = match (name, value) {
        ("label_size", "1") | ("charset", "utf8" | "utf-8" | "us-ascii" | "ascii") => return Ok(()),
        ("label_size", "0") => (
            "label_size=0 says that the data have no labels, but training needs labels".to_string(),
            "give label_size=1, or leave it out",
        ),
        ("label_size", _) => (
            format!("label_size={value} is not supported: a model predicts one label, so data have one label per row"),
            "give label_size=1, or leave it out",
        ),
        ("charset", _) => (format!("charset={value} is not supported"), "convert the data to UTF-8"),
        _ => return Ok(()),
    };
    Err(Error::configuration(cause).with_remedy(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_with_aliases_and_parameters() {
        for text in ["csv", "text/csv", "TEXT/CSV", "text/csv; label_size=1", "text/csv;label_size=1;charset=utf8"] {
            assert_eq!(format(text).unwrap(), Some(Format::Csv), "{text}");
        }
        for text in ["libsvm", "text/libsvm", "text/x-libsvm"] {
            assert_eq!(format(text).unwrap(), Some(Format::Libsvm), "{text}");
        }
        for text in ["parquet", "application/x-parquet", "Application/X-Parquet"] {
            assert_eq!(format(text).unwrap(), Some(Format::Parquet), "{text}");
        }
        for text in ["recordio-protobuf", "application/x-recordio-protobuf", "APPLICATION/x-recordio-protobuf"] {
            assert_eq!(format(text).unwrap(), Some(Format::Recordio), "{text}");
        }
        assert_eq!(format("").unwrap(), None);
    }

    #[test]
    fn content_types_that_cannot_be_read_say_what_can() {
        let error = |text| format(text).unwrap_err().to_string();
        assert!(error("application/x-recordio").contains("is unknown"));
        assert!(error("image/png").contains("\"image/png\" is unknown; use text/csv"));
        assert!(error("text/csv; label_size=0").contains("training needs labels"));
        assert!(error("text/csv; label_size=2").contains("label_size=2 is not supported: a model predicts one label"));
        assert!(error("text/csv; charset=utf16").contains("charset=utf16"));
    }
}
