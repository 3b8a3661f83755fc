//! Channels: which data sets the job has, where they are and what they claim to be.

use super::{Paths, config};
use crate::inputs::{Input, Inputs};
use crate::log::Log;
use crate::report::Failure;
use sapwood::data::Format;
use serde::Deserialize;
use std::collections::BTreeMap;

const TRAIN: &str = "train";
const VALIDATION: &str = "validation";

/// The part of a channel's configuration that matters. The platform leaves out what was not given.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Channel {
    content_type: Option<String>,
    training_input_mode: Option<String>,
    record_wrapper_type: Option<String>,
}

/// The job's data sets: the channels of `inputdataconfig.json`, or without that file the directories of `input/data`.
///
/// # Errors
/// No channel called train, a channel without its directory, or one in a mode or format that is not supported.
pub fn inputs(paths: &Paths, log: &mut Log) -> Result<Inputs, Failure> {
    let configured = config::read::<BTreeMap<String, Option<Channel>>>(&paths.config("inputdataconfig.json"))?;
    let channels: BTreeMap<String, Channel> = match configured {
        Some(channels) => channels.into_iter().map(|(name, channel)| (name, channel.unwrap_or_default())).collect(),
        None => directories(paths).into_iter().map(|name| (name, Channel::default())).collect(),
    };
    let Some(train) = channels.get(TRAIN) else {
        let names: Vec<_> = channels.keys().map(String::as_str).collect();
        let found = if names.is_empty() { "no channel at all".to_string() } else { names.join(", ") };
        return Err(Failure::user(format!("the channel train is missing (found: {found}); add a channel called train to the job")));
    };
    for name in channels.keys().filter(|name| ![TRAIN, VALIDATION].contains(&name.as_str())) {
        log.note(&format!("the channel {name} is not read: Sapwood reads train and validation"));
    }
    let validation = channels.get(VALIDATION).map(|channel| input(paths, VALIDATION, channel)).transpose()?;
    Ok(Inputs {
        train: input(paths, TRAIN, train)?,
        validation: validation.map(|input| (VALIDATION.to_string(), input)).into_iter().collect(),
    })
}

/// The directories beside which the platform may put manifests.
fn directories(paths: &Paths) -> Vec<String> {
    let entries = std::fs::read_dir(paths.data()).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn input(paths: &Paths, name: &str, channel: &Channel) -> Result<Input, Failure> {
    let origin = format!("channel {name}");
    let is = |value: &Option<String>, word: &str| value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word));
    if is(&channel.training_input_mode, "Pipe") {
        return Err(Failure::user("input mode Pipe is not supported yet; use File or FastFile").at(&origin));
    }
    if is(&channel.record_wrapper_type, "RecordIO") {
        return Err(recordio().at(&origin));
    }
    let format = channel.content_type.as_deref().map_or(Ok(None), format).map_err(|failure| failure.at(&origin))?;
    Ok(Input { origin, paths: vec![paths.data().join(name)], format })
}

fn recordio() -> Failure {
    Failure::user("recordio is not supported yet; convert the data to CSV, libsvm or Parquet")
}

/// The format that a content type stands for; none where it is empty.
fn format(content_type: &str) -> Result<Option<Format>, Failure> {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media_type = parts.next().unwrap_or_default();
    let format = match media_type.as_str() {
        "" => return Ok(None),
        "csv" | "text/csv" => Format::Csv,
        "libsvm" | "text/libsvm" | "text/x-libsvm" => Format::Libsvm,
        "parquet" | "application/parquet" | "application/x-parquet" => Format::Parquet,
        other if other.contains("recordio") => return Err(recordio()),
        _ => {
            return Err(Failure::user(format!(
                "content type {content_type:?} is unknown; use text/csv, text/libsvm or application/x-parquet"
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
        ("label_size", _) => Err(Failure::user(format!(
            "label_size={value} is not supported: training data have one label a row; give label_size=1, or leave it out"
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
        for text in ["parquet", "application/x-parquet"] {
            assert_eq!(format(text).unwrap(), Some(Format::Parquet), "{text}");
        }
        assert_eq!(format("").unwrap(), None);
    }

    #[test]
    fn content_types_that_cannot_be_read_say_what_can() {
        let error = |text| format(text).unwrap_err().to_string();
        assert!(error("application/x-recordio-protobuf").contains("recordio is not supported yet"));
        assert!(error("image/png").contains("\"image/png\" is unknown; use text/csv"));
        assert!(error("text/csv; label_size=0").contains("label_size=0 is not supported"));
        assert!(error("text/csv; charset=utf16").contains("charset=utf16"));
    }
}
