//! Jobs of several pods: whether these train one model, and whether they find each other.

use crate::finding::Report;
use crate::yaml::Yaml;

/// Where the pods meet, in the container's environment.
const HOSTS: &str = "SAPWOOD_HOSTS";
const LEADER: &str = "SAPWOOD_LEADER";
const RANK: &str = "SAPWOOD_RANK";

/// Checks the numbers of pods of a Job that trains, and the variables of its container that tell of them.
pub fn check(job: &Yaml, pod: &Yaml, container: &Yaml, report: &mut Report) {
    let number = |name: &str| job.find(&["spec", name]).and_then(Yaml::integer);
    let completions = number("completions").or(number("parallelism")).unwrap_or(1);
    let at = job.find(&["spec", "completions"]).or_else(|| job.find(&["spec", "parallelism"])).map_or(job.at, |node| node.at);
    let Some(hosts) = variable(container, HOSTS) else {
        if completions > 1 {
            report.warning(
                at,
                format!("each of {completions} pods trains a model of its own on all data, and the last one's stays"),
                format!("set {HOSTS} to {completions} and {LEADER} to the first pod's name, or completions to 1"),
            );
        }
        return;
    };
    let Some(size) = hosts.get("value").and_then(Yaml::text).and_then(|text| text.trim().parse::<i64>().ok()) else { return };
    if size < 2 {
        return;
    }
    let parallelism = number("parallelism").unwrap_or(1);
    if (completions, parallelism) != (size, size) {
        report.error(
            at,
            format!("{HOSTS} is {size}, but the Job has {completions} completions and a parallelism of {parallelism}: some pods would wait for others"),
            format!("set completions and parallelism to {size}"),
        );
    }
    let mode = job.find(&["spec", "completionMode"]);
    if mode.and_then(Yaml::text) != Some("Indexed") && variable(container, RANK).is_none() {
        report.error(
            mode.map_or(at, |mode| mode.at),
            "pods have numbers only where completionMode is Indexed",
            "set completionMode to Indexed",
        );
    }
    match variable(container, LEADER) {
        None => report.error(
            hosts.at,
            format!("{LEADER} is missing: the pods do not know where to meet"),
            format!("set {LEADER} to the first pod's name"),
        ),
        Some(leader) => self::leader(leader, job, pod, report),
    }
    let limit = job.find(&["spec", "backoffLimit"]);
    if limit.map_or(Some(6), Yaml::integer).is_some_and(|limit| limit < size) {
        report.warning(
            limit.map_or(job.at, |limit| limit.at),
            format!("a pod that is lost ends all {size}, and each counts against backoffLimit: there would be no second attempt"),
            format!("set backoffLimit to {}", 2 * size),
        );
    }
}

/// The first pod's name is the Job's and `-0`, within the service that the pods' subdomain names.
fn leader(node: &Yaml, job: &Yaml, pod: &Yaml, report: &mut Report) {
    let Some(value) = node.get("value") else { return };
    let Some(text) = value.text() else { return };
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let Some((host, domain)) = name.split_once('.') else {
        return report.error(
            value.at,
            format!("{name} is no pod's name in the network: it lacks the service"),
            "write JOB-0.SERVICE, with a headless service",
        );
    };
    if let Some(job) = job.find(&["metadata", "name"]).and_then(Yaml::text)
        && host != format!("{job}-0")
    {
        report.error(value.at, format!("the Job's first pod is called {job}-0, not {host}"), format!("write {job}-0.{domain}"));
    }
    let service = domain.split('.').next().unwrap_or(domain);
    let subdomain = pod.get("subdomain");
    if subdomain.and_then(Yaml::text) != Some(service) {
        report.error(
            subdomain.map_or(pod.at, |node| node.at),
            format!("the pod's name does not resolve: its subdomain is not {service}"),
            format!("set subdomain in the pod's spec to {service}, the name of a headless service"),
        );
    }
}

fn variable<'n>(container: &'n Yaml, name: &str) -> Option<&'n Yaml> {
    container.get("env").map_or(&[][..], Yaml::items).iter().find(|item| item.text_of("name") == Some(name))
}
