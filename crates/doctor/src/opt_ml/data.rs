//! The first rows of every channel, read as the trainer reads: formats, columns, labels. And how large the whole may be.

use super::memory;
use crate::finding::Report;
use sapwood::memory::TrainingSize;
use sapwood::text::counted;
use sapwood::{Dataset, FeatureKind, Params, objective};
use sapwood_readers::{Expected, Format, ReadOptions, Sample, list_files, read_matching, read_training, sample};
use sapwood_sagemaker::Channel;
use sapwood_sagemaker::channels::TRAIN;
use std::fs;

/// Files other than text are read whole, up to this size.
const LARGEST: u64 = 64 << 20;
/// Columns that are named.
const NAMED: usize = 8;

/// Reads the beginning of all channels, `train` first. Returns the memory that training takes, if that can be told.
pub fn check(channels: &[&Channel], params: &Params, report: &mut Report) -> Option<u64> {
    let options = match ReadOptions::new(&params.data) {
        Ok(options) => options,
        Err(error) => {
            report.error(None, error.to_string(), "");
            return None;
        }
    };
    let mut need = None;
    let mut train: Option<Train> = None;
    for channel in channels {
        let Some(rows) = beginning(channel, &options, report) else { continue };
        let mut own = ReadOptions { format: Some(rows.format), unwrap_records: false, ..options.clone() };
        let tells_labels = train.as_ref().is_none_or(|train| train.tells_labels(rows.whole));
        let source = std::slice::from_ref(&rows.source);
        let read = match (&train, channel.name.as_str()) {
            (None, TRAIN) => read_training(source, &own),
            (None, _) => continue,
            (Some(Train { data, .. }), _) => {
                if !tells_labels {
                    own.label.get_or_insert_with(|| "0".to_string());
                }
                let classes = data.classes().filter(|_| tells_labels);
                read_matching(source, &own, Expected { schema: data.schema(), classes, needs_labels: tells_labels })
            }
        };
        let data = match read {
            Ok(data) => data,
            Err(error) => {
                report.error(None, format!("channel {}: {error}", channel.name), "");
                continue;
            }
        };
        if tells_labels {
            labels(channel, &data, params, rows.whole, report);
        }
        data.notes().iter().chain(&rows.note).for_each(|note| report.note(None, format!("channel {}: {note}", channel.name), ""));
        data.warnings().iter().for_each(|warning| report.warning(None, format!("channel {}: {warning}", channel.name), ""));
        if train.is_none() {
            need = describe(channel, &data, &rows, params, report);
            train = Some(Train { data, is_whole: rows.whole });
        }
    }
    need
}

/// The training data, as far as they were read.
struct Train {
    data: Dataset,
    is_whole: bool,
}

impl Train {
    /// Whether labels of other data can be held to those of these: a part of the data may lack classes that the rest has.
    fn tells_labels(&self, others_are_whole: bool) -> bool {
        self.data.classes().is_none() || (self.is_whole && others_are_whole)
    }
}

fn beginning(channel: &Channel, options: &ReadOptions, report: &mut Report) -> Option<Sample> {
    let options = ReadOptions { format: channel.format, unwrap_records: channel.unwrap_records, ..options.clone() };
    match sample(std::slice::from_ref(&channel.path), &options, LARGEST) {
        Ok(Some(rows)) => Some(rows),
        Ok(None) => {
            report.note(
                None,
                format!("channel {}: the first file is larger than {} MiB and was not inspected", channel.name, LARGEST >> 20),
                "",
            );
            None
        }
        Err(error) => {
            report.error(None, format!("channel {}: {error}", channel.name), "");
            None
        }
    }
}

fn labels(channel: &Channel, data: &Dataset, params: &Params, is_whole: bool, report: &mut Report) {
    if data.classes().is_some() && !is_whole {
        return;
    }
    let checked = objective::num_outputs(params, data)
        .and_then(|outputs| objective::check_labels(params.objective_spec(), outputs, data).map(drop));
    if let Err(error) = checked {
        report.error(None, format!("channel {}: {error}", channel.name), "");
    }
}

/// A format as a word.
fn word(format: Format) -> &'static str {
    match format {
        Format::Csv => "CSV",
        Format::Libsvm => "libsvm",
        Format::Parquet => "Parquet",
        Format::Recordio => "recordio-protobuf",
        Format::Json => "JSON",
        Format::JsonLines => "JSON lines",
    }
}

/// Says what the columns are taken for, and how much memory all rows may need.
fn describe(channel: &Channel, data: &Dataset, rows: &Sample, params: &Params, report: &mut Report) -> Option<u64> {
    let features = &data.schema().features;
    let categories = features.iter().filter(|feature| matches!(feature.kind, FeatureKind::Categorical { .. })).count();
    let mut names: Vec<&str> = features.iter().take(NAMED).map(|feature| feature.name.as_str()).collect();
    if features.len() > NAMED {
        names.push("…");
    }
    let label = params.data.label_column.as_deref().map_or_else(|| "the first column".to_string(), |name| format!("column {name}"));
    report.note(
        None,
        format!(
            "channel {}: {}, {} ({categories} of them categorical): {}; the label is {label}",
            channel.name,
            word(rows.format),
            counted(features.len(), "feature"),
            names.join(", ")
        ),
        "",
    );
    if rows.compressed || !matches!(rows.format, Format::Csv | Format::Parquet | Format::Recordio) {
        return None;
    }
    let files = list_files(std::slice::from_ref(&channel.path)).unwrap_or_default();
    let total: u64 = files.iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).sum();
    let count = if rows.whole { data.rows() as u64 } else { (data.rows() as u64).saturating_mul(total) / rows.bytes.max(1) };
    let outputs = objective::num_outputs(params, data).unwrap_or(1) as u64;
    let size = TrainingSize::of(params, data.schema(), count, outputs);
    memory::check(channel, &size, report);
    Some(size.bytes())
}
