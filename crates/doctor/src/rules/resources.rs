//! Machines, and when they are given back.

use super::context::RuleContext;
use super::instances::{self, Purpose};
use super::{hosting, hosts};
use crate::dialect::Dialect;
use crate::finding::{Position, Severity};
use crate::yaml::Yaml;
use sapwood::Params;
use sapwood::params::{ParamValue, Seconds};

/// Checks instances, stopping and spot.
pub fn check(job: &Yaml, context: &mut RuleContext<'_>) {
    let tuned = job.get("HyperParameterTuningResourceConfig").is_some();
    match job.get("ResourceConfig") {
        Some(resources) => instances(resources, hosts::count(job), context),
        None if tuned => {}
        None => {
            let name = context.spell("ResourceConfig");
            context.report.error(
                job.at,
                format!("{name} is missing"),
                format!("add {name}: which instance, and how large its disk is"),
            );
        }
    }
    stopping(job, context);
}

/// Checks that a job may run as long as its time budget says: the platform ends it else, and takes what came of it by then.
pub fn check_time(job: &Yaml, given: Option<&Yaml>, params: &Params, context: &mut RuleContext<'_>) {
    let longest = job.get("StoppingCondition").and_then(|stopping| stopping.integer_of("MaxRuntimeInSeconds"));
    let at = given.and_then(|given| given.get("time_budget")).map(|node| node.at);
    let (Some(Seconds(time)), Some(longest), Some(at)) = (params.time_budget, longest, at) else { return };
    if time.as_secs_f64() >= longest as f64 {
        let runtime = context.spell("MaxRuntimeInSeconds");
        let message = format!(
            "time_budget={} is no less than {runtime} ({longest}), after which SageMaker ends the job before its plan is carried out",
            Seconds(time).render()
        );
        context.report.warning(at, message, format!("give a {runtime} that leaves time to start, or a shorter time_budget"));
    }
}

fn instances(resources: &Yaml, hosts: i64, context: &mut RuleContext<'_>) {
    let groups = resources.get("InstanceGroups").map_or(&[][..], Yaml::items);
    let others = ["TrainingPlanArn", "InstancePreferences"].iter().any(|name| resources.get(name).is_some());
    if groups.is_empty() && !others {
        for name in ["InstanceType", "InstanceCount"] {
            if resources.get(name).is_none() {
                let name = context.spell(name);
                context.report.error(resources.at, format!("{name} is missing"), format!("add {name}"));
            }
        }
    }
    if resources.get("VolumeSizeInGB").is_none() {
        let name = context.spell("VolumeSizeInGB");
        // The retired operator's resources must have it.
        let severity = if context.dialect == Dialect::Operator { Severity::Error } else { Severity::Warning };
        let message = format!("{name} is missing, which most instances need");
        context.report.add(severity, resources.at, message, format!("add {name}: 30"));
    }
    for machine in std::iter::once(resources).chain(groups) {
        if let Some(kind) = machine.get("InstanceType")
            && let Some(text) = kind.text()
        {
            instances::check(kind, Purpose::Training, context);
            hosting::local_storage(kind, resources.get("VolumeKmsKeyId"), context);
            memory(text, kind.at, hosts, context);
        }
    }
}

/// Whether the machine has the memory that its share of the data takes, where that is known.
fn memory(kind: &str, at: Position, hosts: i64, context: &mut RuleContext<'_>) {
    let Some((need, there)) = context.need.zip(instances::memory(kind)) else { return };
    let need = need.div_ceil(hosts.max(1).unsigned_abs());
    if there < need {
        let share = if hosts > 1 { "its share of the data" } else { "the data" };
        let message =
            format!("{kind} has {} GiB of memory, and training on {share} takes about {} GiB", there >> 30, need.div_ceil(1 << 30));
        context.report.warning(at, message, "use a larger size, a family with more memory such as ml.r5, or more instances");
    }
}

fn stopping(job: &Yaml, context: &mut RuleContext<'_>) {
    let (condition, runtime, wait) =
        (context.spell("StoppingCondition"), context.spell("MaxRuntimeInSeconds"), context.spell("MaxWaitTimeInSeconds"));
    let spot = job.get("EnableManagedSpotTraining").filter(|_| job.is_true("EnableManagedSpotTraining"));
    if let Some(spot) = spot
        && job.get("CheckpointConfig").is_none()
    {
        let name = context.spell("CheckpointConfig");
        context.report.warning(
            spot.at,
            format!("a spot job without {name} starts over when it is interrupted"),
            format!("add {name} with a place in S3: the trainer resumes from there and ends with the same model"),
        );
    }
    let Some(stopping) = job.get("StoppingCondition") else {
        return context.report.error(job.at, format!("{condition} is missing"), format!("add {condition} with {runtime}"));
    };
    if stopping.get("MaxRuntimeInSeconds").is_none() {
        context.report.warning(
            stopping.at,
            format!("{runtime} is missing: a job that hangs would run, and cost, for a day"),
            format!("add {runtime}, in seconds"),
        );
    }
    let longest = stopping.integer_of("MaxRuntimeInSeconds").unwrap_or(86_400);
    match (spot, stopping.get("MaxWaitTimeInSeconds")) {
        (Some(spot), None) => context.report.error(
            spot.at,
            format!("with spot instances {wait} must be given: how long waiting and running may take together"),
            format!("add {wait} to {condition}, at least {longest}"),
        ),
        (Some(_), Some(node)) if node.integer().is_some_and(|wait| wait < longest) => context.report.error(
            node.at,
            format!("{wait} is less than {runtime} ({longest}), and covers waiting and running together"),
            format!("give at least {longest}"),
        ),
        (None, Some(node)) => context.report.error(
            node.at,
            format!("{wait} is only for spot instances, but {} is not true", context.spell("EnableManagedSpotTraining")),
            "remove it, or ask for spot instances",
        ),
        _ => {}
    }
}
