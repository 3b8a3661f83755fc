//! Machines, and when they are given back.

use super::context::RuleContext;
use crate::dialect::Dialect;
use crate::finding::{Position, Severity};
use crate::yaml::Yaml;

/// Families of SageMaker's training instances that have CPUs alone.
const CPU: [&str; 18] = [
    "c4", "c5", "c5n", "c6i", "c7i", "c7i-flex", "c8i", "c8i-flex", "m4", "m5", "m6i", "m7i", "m7i-flex", "m8i", "m8i-flex", "r5",
    "r5d", "t3",
];
const MORE_CPU: [&str; 4] = ["r6i", "r7i", "r8i", "r8i-flex"];

/// Checks instances, stopping and spot.
pub fn check(job: &Yaml, context: &mut RuleContext<'_>) {
    let tuned = job.get("HyperParameterTuningResourceConfig").is_some();
    match job.get("ResourceConfig") {
        Some(resources) => instances(resources, context),
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

fn instances(resources: &Yaml, context: &mut RuleContext<'_>) {
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
    let machines = std::iter::once(resources).chain(groups);
    let mut hosts = 0;
    for machine in machines {
        if let Some(kind) = machine.get("InstanceType")
            && let Some(text) = kind.text()
        {
            instance(text, kind.at, context);
        }
        if let Some(count) = machine.get("InstanceCount") {
            hosts += count.integer().unwrap_or(0).clamp(0, 1_000_000);
            if hosts > 1 {
                let name = context.spell("InstanceCount");
                context.report.error(
                    count.at,
                    format!("training on {hosts} instances is not supported yet"),
                    format!("set {name} to 1, in all groups together"),
                );
            }
        }
    }
}

fn instance(kind: &str, at: Position, context: &mut RuleContext<'_>) {
    let family = kind.strip_prefix("ml.").and_then(|rest| rest.split_once('.')).map(|(family, _)| family);
    let Some(family) = family else {
        let fix = "write it as ml.m5.2xlarge";
        return context.report.error(
            at,
            format!("{kind:?} is not a SageMaker instance type: those have the form ml.FAMILY.SIZE"),
            fix,
        );
    };
    let generation = family.find(|c: char| c.is_ascii_digit()).map_or("", |at| &family[at..]);
    if CPU.contains(&family) || MORE_CPU.contains(&family) {
    } else if ["g", "p", "trn", "inf"]
        .iter()
        .any(|start| family.strip_prefix(start).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
    {
        context.report.note(
            at,
            format!("{kind} has accelerators, which Sapwood does not use, and you would pay for them"),
            "use a family such as ml.m5 or ml.c5",
        );
    } else if generation.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('g') {
        context.report.note(
            at,
            format!("{kind} has Graviton CPUs, on which SageMaker does not train"),
            "use a family such as ml.m5 or ml.c5",
        );
    } else {
        context.report.warning(at, format!("{kind} belongs to a family unknown to this version"), "check its name");
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
