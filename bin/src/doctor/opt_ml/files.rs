//! The files of a channel: whether there are any, how many, how large.

use super::super::finding::Report;
use crate::inputs::{Input, Place};
use sapwood_readers::list_files;
use std::fs;

/// From this many files on their mean size matters.
const MANY: usize = 1_000;
const SMALL: u64 = 1 << 20;
const HUGE: u64 = 4 << 30;

/// Checks them. Whether there is something to look into.
pub fn check(input: &Input, report: &mut Report) -> bool {
    let paths = match &input.place {
        Place::Files(paths) => paths,
        // Channels lie under /opt/ml.
        Place::Objects(_) => return false,
        Place::Pipe(path) => {
            let text =
                format!("{}: data come through the pipe {}, which only the job itself can read", input.origin, path.display());
            report.note(None, text, "");
            return false;
        }
    };
    let files = match list_files(paths) {
        Ok(files) => files,
        Err(error) => {
            report.error(None, format!("{}: {error}", input.origin), "put the channel's files there");
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
                "{}: {} files of {} KiB on average: opening them takes longer than reading",
                input.origin,
                files.len(),
                (total / files.len() as u64) >> 10
            ),
            "join them into files of some 150 MiB",
        );
    }
    if let [huge] = sizes[..]
        && huge >= HUGE
    {
        report.note(
            None,
            format!("{}: all data are in one file of {} MiB, which on Lustre few servers hold", input.origin, mib(huge)),
            "split it into files of 150 MiB to 1 GiB: they are read in parallel",
        );
    }
    true
}
