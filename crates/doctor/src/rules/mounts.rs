//! File systems: FSx for Lustre and EFS, mounted where a channel is.

use super::channels::RequestChannel;
use super::context::RuleContext;
use crate::finding::Position;
use crate::yaml::Yaml;

/// Checks the channels that read a file system, and the way to it.
pub fn check(job: &Yaml, channels: &[RequestChannel<'_>], context: &mut RuleContext<'_>) {
    let default_mode = job.find(&["AlgorithmSpecification", "TrainingInputMode"]);
    let mut first = None;
    for channel in channels {
        let Some(source) = channel.node.find(&["DataSource", "FileSystemDataSource"]) else { continue };
        first = first.or(Some(source.at));
        // The job's mode is what a channel without one has.
        if let Some(mode) = channel.node.get("InputMode").or(default_mode)
            && let Some(text) = mode.text().filter(|text| *text != "File")
        {
            let name = context.spell("InputMode");
            context.report.error(
                mode.at,
                format!("file systems are mounted only in File mode, but the channel {}'s mode is {text}", channel.name),
                format!("set the channel's {name} to File"),
            );
        }
        one(source, context);
    }
    vpc(job, first, context);
}

fn one(source: &Yaml, context: &mut RuleContext<'_>) {
    if let Some(directory) = source.get("DirectoryPath")
        && let Some(path) = directory.text()
    {
        match source.text_of("FileSystemType") {
            Some("FSxLustre") => mount_name(path, directory.at, context),
            _ if !path.starts_with('/') => {
                context.report.error(directory.at, format!("{path:?} is not an absolute path"), "begin it with /");
            }
            _ => {}
        }
    }
    if let Some(mode) = source.get("FileSystemAccessMode").filter(|mode| mode.text() == Some("rw")) {
        context.report.note(mode.at, "rw gains nothing: the trainer never writes next to the data", "use ro");
    }
}

/// A Lustre path begins with the MountName, not with where people mount it.
fn mount_name(path: &str, at: Position, context: &mut RuleContext<'_>) {
    let field = context.spell("DirectoryPath");
    let ask = "aws fsx describe-file-systems --query 'FileSystems[].[FileSystemId,LustreConfiguration.MountName]' says which";
    let mount = path.strip_prefix('/').map(|rest| rest.split('/').next().unwrap_or_default());
    let is_name = |name: &str| name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match mount {
        Some("fsx") => context.report.warning(
            at,
            format!("{field} begins with /fsx, which is the MountName of SCRATCH_1 file systems only: a job on any other cannot mount it"),
            format!("begin it with the file system's own MountName, as in /abcdefgh/data ({ask})"),
        ),
        Some(name) if is_name(name) => {}
        _ => context.report.error(
            at,
            format!("{field} {path:?} does not begin with the file system's MountName, eight letters and digits"),
            format!("begin it with the MountName, as in /abcdefgh/data ({ask})"),
        ),
    }
}

/// A file system is reached through the VPC.
fn vpc(job: &Yaml, source: Option<Position>, context: &mut RuleContext<'_>) {
    let (config, groups, subnets) = (context.spell("VpcConfig"), context.spell("SecurityGroupIds"), context.spell("Subnets"));
    match (job.get("VpcConfig"), source) {
        (None, Some(at)) => context.report.error(
            at,
            format!("{config} is missing, but a file system can only be reached through a VPC"),
            format!("add {config} with {groups} that let TCP 988 and 1018-1023 through (EFS: 2049) and {subnets} in the file system's zone"),
        ),
        (Some(node), _) => {
            ids(node, "SecurityGroupIds", "sg-", context);
            ids(node, "Subnets", "subnet-", context);
        }
        (None, None) => {}
    }
}

fn ids(vpc: &Yaml, field: &str, prefix: &str, context: &mut RuleContext<'_>) {
    for node in vpc.get(field).map_or(&[][..], Yaml::items) {
        let Some(text) = node.text() else { continue };
        let is_id = text.strip_prefix(prefix).is_some_and(|rest| rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
        if !is_id {
            let name = context.spell(field);
            context.report.error(
                node.at,
                format!("{text:?} in {name} is not an id: an id begins with {prefix}, and hexadecimal digits follow"),
                "give the id, not the name",
            );
        }
    }
}
