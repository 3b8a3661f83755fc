//! Checkpoints of an earlier run, and whether this job may go on from them.

use crate::finding::Report;
use sapwood::Params;
use sapwood::boost::checkpoint_files;
use sapwood::text::counted;
use sapwood_sagemaker::{Paths, config};

/// Looks for the newest good one.
pub fn check(paths: &Paths, params: &Params, report: &mut Report) {
    // A damaged configuration file is reported where it is read.
    let Ok(Some(directory)) = config::checkpoints(paths) else { return };
    if !directory.is_dir() {
        return;
    }
    let newest = match checkpoint_files::newest(&directory) {
        Ok(newest) => newest,
        Err(error) => return report.error(None, error.to_string(), ""),
    };
    newest.warnings.iter().for_each(|text| report.warning(None, text, "remove it if you no longer need the run that wrote it"));
    match newest.found {
        None => {}
        Some((path, checkpoint)) => {
            let (path, rounds) = (path.display(), checkpoint.rounds());
            match checkpoint.check_parameters(&params.model_affecting()) {
                Err(error) => report.error(None, format!("{path}: {error}"), ""),
                Ok(()) if rounds >= params.num_round as usize => report.warning(
                    None,
                    format!(
                        "{path}: the checkpoint has {}, and num_round is {}: there are no rounds left to train",
                        counted(rounds, "round"),
                        params.num_round
                    ),
                    "raise num_round, or choose an empty directory for checkpoints",
                ),
                Ok(()) => {
                    report.note(
                        None,
                        format!("{path}: the job will resume after {} if the data are the same", counted(rounds, "round")),
                        "",
                    );
                }
            }
        }
    }
}
