//! Channels: which data sets the job has, where they are and what they claim to be.

use super::{Paths, config};
use crate::inputs::{Input, Inputs, Place, VALIDATION, is_set_name};
use crate::log::Log;
use crate::report::Failure;
use sapwood_readers::Format;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The channel that is learned from.
pub const TRAIN: &str = "train";
/// Channels that the SageMaker SDK adds for purposes of its own.
pub const NO_DATA: [&str; 2] = ["code", "model"];
/// The input modes.
pub const MODES: [&str; 3] = ["File", "FastFile", "Pipe"];
/// What each S3 object may be wrapped in.
pub const WRAPPERS: [&str; 2] = ["None", "RecordIO"];

/// The part of a channel's configuration that matters. The platform leaves out what was not given.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Channel {
    content_type: Option<String>,
    training_input_mode: Option<String>,
    record_wrapper_type: Option<String>,
}

/// The job's data sets: the channels of `inputdataconfig.json`, or without that file the directories of `input/data`. `train` is
/// learned from, `validation` decides early stopping, all others are only evaluated.
///
/// # Errors
/// No channel called train, a channel without its directory, or one in a mode or format that is unknown.
pub fn inputs(paths: &Paths, log: &mut Log) -> Result<Inputs, Failure> {
    let configured = config::read::<BTreeMap<String, Option<Channel>>>(&paths.config("inputdataconfig.json"))?;
    let mut channels: BTreeMap<String, Channel> = match configured {
        Some(channels) => channels.into_iter().map(|(name, channel)| (name, channel.unwrap_or_default())).collect(),
        None => directories(paths).into_iter().map(|name| (name, Channel::default())).collect(),
    };
    let Some(train) = channels.remove(TRAIN) else {
        let names: Vec<_> = channels.keys().map(String::as_str).collect();
        let found = if names.is_empty() { "no channel at all".to_string() } else { names.join(", ") };
        return Err(Failure::user(format!("the channel train is missing (found: {found}); add a channel called train to the job")));
    };
    let mut inputs = Inputs { train: input(paths, TRAIN, &train)?, evaluated: Vec::new(), validation: Vec::new() };
    for (name, channel) in channels {
        if !is_set_name(&name) {
            return Err(Failure::user(format!("channel {name:?}: names of channels have letters, digits, '.', '-' and '_' only")));
        }
        if NO_DATA.contains(&name.as_str()) {
            log.note(&format!("the channel {name} is not read: it is no data set; give an evaluation set another name"));
            continue;
        }
        let input = input(paths, &name, &channel)?;
        let list = if name == VALIDATION { &mut inputs.validation } else { &mut inputs.evaluated };
        list.push((name, input));
    }
    Ok(inputs)
}

/// The directories beside which the platform may put manifests.
fn directories(paths: &Paths) -> Vec<String> {
    let entries = std::fs::read_dir(paths.data()).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with(['.', '_'])).collect()
}

fn input(paths: &Paths, name: &str, channel: &Channel) -> Result<Input, Failure> {
    let origin = format!("channel {name}");
    let failed = |failure: Failure| failure.at(&origin);
    let place = match one_of("input mode", channel.training_input_mode.as_deref(), &MODES).map_err(failed)? {
        // The first epoch; those after it hold the same data.
        Some("Pipe") => Place::Pipe(paths.data().join(format!("{name}_0"))),
        _ => Place::Files(vec![paths.data().join(name)]),
    };
    let wrapper = one_of("RecordWrapperType", channel.record_wrapper_type.as_deref(), &WRAPPERS).map_err(failed)?;
    let format = channel.content_type.as_deref().map_or(Ok(None), format).map_err(failed)?;
    Ok(Input { place, format, unwrap_records: wrapper == Some("RecordIO"), origin })
}

/// The word among `words` that a setting says in whatever case; none where it says nothing.
///
/// # Errors
/// It says something else.
pub fn one_of<'w>(what: &str, value: Option<&str>, words: &[&'w str]) -> Result<Option<&'w str>, Failure> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let known = words.iter().find(|word| word.eq_ignore_ascii_case(value));
    known.map(|word| Some(*word)).ok_or_else(|| Failure::user(format!("{what} {value:?} is unknown; use {}", words.join(" or "))))
}

/// The format that a content type stands for; none where it is empty.
///
/// # Errors
/// A type that is unknown, or parameters of it that would have the data read otherwise than they are.
pub fn format(content_type: &str) -> Result<Option<Format>, Failure> {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media_type = parts.next().unwrap_or_default();
    let format = match media_type.as_str() {
        "" => return Ok(None),
        "csv" | "text/csv" => Format::Csv,
        "libsvm" | "text/libsvm" | "text/x-libsvm" => Format::Libsvm,
        "parquet" | "application/parquet" | "application/x-parquet" => Format::Parquet,
        "recordio-protobuf" | "application/recordio-protobuf" | "application/x-recordio-protobuf" => Format::Recordio,
        _ => {
            return Err(Failure::user(format!(
                "content type {content_type:?} is unknown; use text/csv, text/libsvm, application/x-parquet or application/x-recordio-protobuf"
            )));
        }
    };
    parts.try_for_each(|parameter| check_parameter(&parameter))?;
    Ok(Some(format))
}

/// Refuses parameters that would have the data read otherwise than they are.
fn check_parameter(parameter: &str) -> Result<(), Failure> {
    let (name, value) =
        parameter.split_once('=').map_or((parameter, ""), |(name, value)| (name.trim(), value.trim().trim_matches('"')));
    match (name, value) {
        ("label_size", "1") | ("charset", "utf8" | "utf-8" | "us-ascii" | "ascii") => Ok(()),
        ("label_size", "0") => Err(Failure::user(
            "label_size=0 says that the data have no labels, and without labels nothing can be learned; give label_size=1, or leave it out",
        )),
        ("label_size", _) => Err(Failure::user(format!(
            "label_size={value} is not supported: a model predicts one label, so data have one label a row; give label_size=1, or leave it out"
        ))),
        ("charset", _) => Err(Failure::user(format!("charset={value} is not supported; convert the data to UTF-8"))),
        _ => Ok(()),
    }
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
        assert!(error("text/csv; label_size=0").contains("without labels nothing can be learned"));
        assert!(error("text/csv; label_size=2").contains("label_size=2 is not supported: a model predicts one label"));
        assert!(error("text/csv; charset=utf16").contains("charset=utf16"));
    }
}
