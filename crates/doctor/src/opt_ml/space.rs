//! Whether there is room for the model and for checkpoints.

use crate::finding::Report;
use rustix::fs::{Access, access, statvfs};
use sapwood::Params;
use sapwood::boost::checkpoint_files::KEPT;
use sapwood_sagemaker::{Paths, config};
use std::path::{Path, PathBuf};

/// Bytes of a node in a model file, at most.
const NODE: u64 = 48;
/// Leaves that a tree without `max_leaves` is taken to have at most: deeper trees are rarely full.
const LEAVES: u64 = 1 << 12;
/// Below this nobody would write anything.
const LEAST: u64 = 1 << 20;

/// Looks at every directory that the job writes to.
pub fn check(paths: &Paths, params: &Params, report: &mut Report) {
    let model = model_bytes(params);
    one("the model", paths.model().parent(), model, report);
    one("the summary", paths.summary().parent(), LEAST, report);
    if let Ok(Some(directory)) = config::checkpoints(paths) {
        // One more is there while the oldest is not yet gone.
        one("checkpoints", Some(&directory), model.saturating_mul(KEPT as u64 + 1), report);
    }
}

fn model_bytes(params: &Params) -> u64 {
    let deep = if params.max_depth == 0 { LEAVES } else { 1 << params.max_depth.min(12) };
    let leaves = if params.max_leaves == 0 { deep } else { deep.min(u64::from(params.max_leaves)) };
    let trees = u64::from(params.num_round) * u64::from(params.num_parallel_tree) * u64::from(params.num_class.max(1));
    trees.saturating_mul(2 * leaves * NODE).saturating_add(LEAST)
}

/// The directory itself, or that in which it would be made.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|path| path.exists()).map(Path::to_path_buf)
}

fn one(what: &str, directory: Option<&Path>, need: u64, report: &mut Report) {
    let Some(place) = directory.and_then(existing) else { return };
    let shown = place.display();
    if !place.is_dir() {
        return report.error(None, format!("{shown} is not a directory, but {what} must be written there"), "remove it");
    }
    if let Err(error) = access(&place, Access::WRITE_OK | Access::EXEC_OK) {
        return report.error(None, format!("{what} cannot be written to {shown}: {error}"), "give the job's user write permission");
    }
    let Ok(system) = statvfs(&place) else { return };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if free < need {
        report.warning(
            None,
            format!("{what} may need {} MiB in {shown}, and {} MiB are free", need.div_ceil(1 << 20), free >> 20),
            "free some space, or give the volume more (VolumeSizeInGB)",
        );
    }
}
