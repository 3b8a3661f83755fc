//! Jobs with several instances, which train one model: that each row is read once, and that the instances can talk to each other.

use super::context::RuleContext;
use crate::yaml::Yaml;
use sapwood_sagemaker::channels::MODEL;

/// The instances of a job, in all groups together.
pub fn count(job: &Yaml) -> i64 {
    let Some(resources) = job.get("ResourceConfig") else { return 0 };
    let groups = resources.get("InstanceGroups").map_or(&[][..], Yaml::items);
    let machines = std::iter::once(resources).chain(groups);
    machines.map(|machine| machine.integer_of("InstanceCount").unwrap_or(0).clamp(0, 1_000_000)).sum()
}

/// Checks a job for what matters only where it has several instances.
pub fn check(job: &Yaml, context: &mut RuleContext<'_>) {
    let hosts = count(job);
    if hosts < 2 {
        return;
    }
    network(job, hosts, context);
    let mode = job.find(&["AlgorithmSpecification", "TrainingInputMode"]).and_then(Yaml::text);
    for channel in job.get("InputDataConfig").map_or(&[][..], Yaml::items) {
        distribution(channel, channel.text_of("InputMode").or(mode).unwrap_or("File"), hosts, context);
        every_group(job, channel, context);
    }
}

/// A request names security groups and does not say what they allow.
fn network(job: &Yaml, hosts: i64, context: &mut RuleContext<'_>) {
    let Some(network) = job.get("VpcConfig") else { return };
    let groups = network.get("SecurityGroupIds").unwrap_or(network);
    let encrypts = job.is_true("EnableInterContainerTrafficEncryption");
    let encrypted = if encrypts { ", and UDP 500 and protocol 50 for their encryption" } else { "" };
    context.report.note(
        groups.at,
        format!("the {hosts} instances talk to each other over TCP, at ports that the system chooses; EFA is not needed"),
        format!("let a security group allow itself all TCP ports{encrypted}"),
    );
}

fn distribution(channel: &Yaml, mode: &str, hosts: i64, context: &mut RuleContext<'_>) {
    let Some(source) = channel.find(&["DataSource", "S3DataSource"]) else { return };
    let node = source.get("S3DataDistributionType");
    let at = node.map_or(source.at, |node| node.at);
    let (name, field) = (channel.text_of("ChannelName").unwrap_or_default(), context.spell("S3DataDistributionType"));
    match (node.and_then(Yaml::text).unwrap_or("FullyReplicated"), name) {
        ("ShardedByS3Key", MODEL) => context.report.error(
            at,
            "one of the instances would get the model, and all need it",
            format!("set {field} to FullyReplicated"),
        ),
        (_, name) if name != MODEL && mode == "Pipe" => context.report.error(
            at,
            format!("{hosts} instances do not share what comes through a pipe"),
            "use FastFile or File mode, or one instance",
        ),
        ("ShardedByS3Key", _) => context.report.note(
            at,
            format!("each of {hosts} instances reads the objects that it is given; one without any waits for the others"),
            format!("keep at least {hosts} objects of about the same size"),
        ),
        ("FullyReplicated", MODEL) => {}
        ("FullyReplicated", _) if mode == "File" => context.report.note(
            at,
            format!("each of {hosts} instances downloads all data, and reads its share"),
            format!("FastFile mode fetches the share alone; so does {field} ShardedByS3Key"),
        ),
        _ => {}
    }
}

/// Instances of another group would find no such channel.
fn every_group(job: &Yaml, channel: &Yaml, context: &mut RuleContext<'_>) {
    let Some(named) = channel.find(&["DataSource", "S3DataSource", "InstanceGroupNames"]) else { return };
    let groups = job.find(&["ResourceConfig", "InstanceGroups"]).map_or(&[][..], Yaml::items);
    let has = |name: &str| named.items().iter().any(|item| item.text() == Some(name));
    let without = groups.iter().filter_map(|group| group.text_of("InstanceGroupName")).find(|name| !has(name));
    if let Some(group) = without {
        let field = context.spell("InstanceGroupNames");
        context.report.error(
            named.at,
            format!("the instances of group {group} get nothing of this channel, and all instances train one model"),
            format!("leave {field} out, or name all groups"),
        );
    }
}
