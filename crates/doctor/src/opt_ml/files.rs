//! The files of a channel: whether there are any, how many, how large.

use crate::finding::Report;
use sapwood_readers::list_files;
use sapwood_sagemaker::{Channel, InputMode};
use std::fs;

/// From this many files on their mean size matters.
const MANY: usize = 1_000;
const SMALL: u64 = 1 << 20;
const HUGE: u64 = 4 << 30;

/// Checks them. Whether there is something to look into.
pub fn check(channel: &Channel, report: &mut Report) -> bool {
    let path = &channel.path;
    if channel.mode == InputMode::Pipe {
        let text =
            format!("channel {}: data come through the pipe {}, which only the job itself can read", channel.name, path.display());
        report.note(None, text, "");
        return false;
    }
    let files = match list_files(std::slice::from_ref(path)) {
        Ok(files) => files,
        Err(error) => {
            report.error(None, format!("channel {}: {error}", channel.name), "put the channel's files there");
            return false;
        }
    };
    let sizes: Vec<u64> = files.iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).collect();
    let total: u64 = sizes.iter().sum();
    let mib = |bytes: u64| bytes >> 20;
    if files.len() >= MANY && total / (files.len() as u64) < SMALL {
        report.note(
            None,
            format!(
                "channel {}: {} files of {} KiB on average: opening them takes longer than reading",
                channel.name,
                files.len(),
                (total / files.len() as u64) >> 10
            ),
            "merge them into files of about 150 MiB",
        );
    }
    if let [huge] = sizes[..]
        && huge >= HUGE
    {
        report.note(
            None,
            format!("channel {}: all data are in one file of {} MiB, which Lustre stores on few servers", channel.name, mib(huge)),
            "split it into files of 150 MiB to 1 GiB: they are read in parallel",
        );
    }
    true
}
