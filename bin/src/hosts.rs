//! The start of a training job on several hosts: who takes part, and the parent's work on this one. The training processes are started by MPICH,
//! with the same arguments.

use crate::called_as;
use crate::leash;
use crate::log::Log;
use crate::report::{Ending, Failure};
use crate::signal::Signals;
use sapwood_hosts::{Caller, Group, Program, patience};
use sapwood_sagemaker::{Paths, config};
use std::cell::Cell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The hosts that are to train one model, if this process is to start its part of it: not where it is already one of several that a launcher of
/// MPI started. `root` is that of a SageMaker job.
///
/// # Errors
/// Configuration or variables that contradict themselves.
pub fn group(root: Option<&Path>) -> Result<Option<Group>, Failure> {
    if leash::is_held() || variable("PMI_RANK").is_some_and(|rank| !rank.is_empty()) {
        return Ok(None);
    }
    let listed = match root {
        Some(root) => listed(root)?,
        None => None,
    };
    let named = Group::of_variables(variable).map_err(leash::failure)?;
    match (listed, named) {
        (Some(listed), Some(_)) => Err(Failure::user(format!(
            "resourceconfig.json lists {} hosts, and variables such as {} name others; unset the variables",
            listed.size,
            sapwood_hosts::HOSTS
        ))),
        (listed, named) => Ok(listed.or(named)),
    }
}

/// The hosts of a SageMaker job.
fn listed(root: &Path) -> Result<Option<Group>, Failure> {
    let path = Paths::new(root).config("resourceconfig.json");
    let Some(cluster) = config::cluster(&path)? else { return Ok(None) };
    let job = variable("TRAINING_JOB_NAME").unwrap_or_default();
    let group = Group::of_names(&cluster.hosts, &cluster.current_host, cluster.network_interface_name, &job);
    group.map_err(|error| leash::failure(error).at(&path.display().to_string()))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Starts this host's part of the job and waits for its end.
///
/// # Errors
/// Hosts do not come together, or one is lost.
pub fn start(group: &Group, failure_file: Option<PathBuf>, log: &Log) -> Result<Ending, Failure> {
    let executable = std::env::current_exe().map_err(|error| Failure::user(format!("this executable has no path: {error}")))?;
    let mut arguments: Vec<OsString> = called_as::command_line(std::env::args_os()).into_iter().skip(1).collect();
    if arguments.is_empty() {
        arguments.push("train".into());
    }
    let program = Program { executable, arguments, version: env!("CARGO_PKG_VERSION").to_string() };
    let patience = patience(variable).map_err(leash::failure)?;
    let parent = Parent { log, signals: Signals::listen(failure_file)?, passed: Cell::new(None) };
    let code = sapwood_hosts::start(group, &program, patience, &parent).map_err(leash::failure)?;
    Ok(Ending::OfAnother { code })
}

/// This process, while another one trains.
struct Parent<'a> {
    log: &'a Log,
    signals: Signals,
    passed: Cell<Option<u8>>,
}

impl Caller for Parent<'_> {
    fn tell(&self, line: &str) {
        self.log.info(line);
    }

    fn running(&self) {
        self.signals.defer();
    }

    fn signal(&self) -> Option<u8> {
        let received = self.signals.received();
        (self.passed.replace(received) != received).then_some(received).flatten()
    }
}
