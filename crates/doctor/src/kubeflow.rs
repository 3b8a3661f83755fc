//! Kubeflow's jobs of several pods: whether these learn of each other in a way that the image understands.

use crate::finding::Report;
use crate::pods;
use crate::yaml::{Yaml, YamlEntry, YamlValue};

/// Checks a runtime of Kubeflow Trainer: the pods of each of its Jobs, and the policy that tells them of each other. `need` as in [`pods::check`].
pub fn runtime(node: &Yaml, need: Option<u64>, report: &mut Report) {
    let jobs = node.find(&["spec", "template", "spec", "replicatedJobs"]).map_or(&[][..], Yaml::items);
    for job in jobs {
        if let Some(spec) = job.find(&["template", "spec"]) {
            pods::check(&as_job(job, spec), need, report);
        }
    }
    let Some(policy) = node.find(&["spec", "mlPolicy"]) else { return };
    if policy.get("mpi").is_some() {
        report.error(policy.at, SSH, "use the policy xgboost: {}, whose variables the image understands");
    } else if policy.get("xgboost").is_none() {
        report.warning(
            policy.at,
            "no policy tells the pods of each other, so each would train a model of its own",
            "set xgboost: {} in mlPolicy",
        );
    }
}

/// What is wrong with launchers that log in.
const SSH: &str = "this starts workers by ssh, which the image lacks: its hosts start without it";

/// Refuses an MPIJob, whose launcher reaches workers by ssh, and gives these no number among all.
pub fn mpi_job(node: &Yaml, report: &mut Report) {
    let at = node.get("kind").map_or(node.at, |kind| kind.at);
    report.error(at, SSH, "use a Job with completionMode Indexed, or Kubeflow Trainer with the policy xgboost");
}

/// A replicated job as the Kubernetes Job that becomes of it.
fn as_job(job: &Yaml, spec: &Yaml) -> Yaml {
    let entry = |key: &str, value: Yaml| YamlEntry { key: key.to_string(), value };
    let kind = Yaml { at: job.at, value: YamlValue::text("Job") };
    let mut entries = vec![entry("kind", kind), entry("spec", spec.clone())];
    entries.extend(job.find(&["template", "metadata"]).map(|metadata| entry("metadata", metadata.clone())));
    Yaml { at: job.at, value: YamlValue::Map(entries) }
}
