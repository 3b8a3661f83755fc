//! Kubernetes workloads that run this image without SageMaker: the trainer's contract (paths, exit codes, signals), and what the restricted
//! security standard asks for.

use crate::finding::{Position, Report};
use crate::nearest::remedy;
use crate::yaml::{Yaml, YamlValue};
use crate::{pod_fields, pod_hosts, pod_memory, variables};

/// Where the trainer says why it failed.
const FAILURE: &str = "/opt/ml/output/failure";
/// Seconds between SIGTERM and SIGKILL in which the trainer saves its model and a checkpoint.
const GRACE: i64 = 120;
const INPUT: &str = "/opt/ml/input/";
/// What must become of the job when the trainer ends so.
const ACTIONS: [(i64, &str, &str); 2] = [
    (2, "FailJob", "the data or a parameter must be fixed, and a retry cannot do that"),
    (143, "Ignore", "a checkpoint is written, and the next pod resumes from it"),
];

/// Checks a Job or Deployment: its fields, its volumes, and the containers that run this image; `need` is the memory that training on the
/// data takes, where it is known.
pub fn check(node: &Yaml, need: Option<u64>, report: &mut Report) {
    let node = &pod_fields::corrected(node, report);
    let Some(pod) = node.find(&["spec", "template", "spec"]) else {
        return report.error(node.at, "there is no spec.template.spec, so there is no pod", "add it");
    };
    let containers = pod.get("containers").map_or(&[][..], Yaml::items);
    for container in containers.iter().filter(|container| container.text_of("image").is_none_or(str::is_empty)) {
        report.error(container.at, "image is missing", "add image: where Sapwood's image is");
    }
    volumes(pod, report);
    let ours: Vec<&Yaml> = containers.iter().filter(|container| container.text_of("image").is_some_and(is_ours)).collect();
    if ours.is_empty() {
        return report.note(node.at, "no container runs an image called sapwood, so nothing else is checked", "");
    }
    for container in ours {
        variables::check_list(container.get("env"), report);
        security(pod, container, report);
        match subcommand(container) {
            Some("train") => {
                trains(pod, container, report);
                pod_memory::check(container, need, report);
                pod_hosts::check(node, pod, container, report);
                failure_policy(node, pod, container, report);
            }
            Some("serve") => serves(container, report),
            _ => report.error(container.at, "args must begin with train or serve", "write args: [train], and no command"),
        }
    }
}

/// Warns of this image in any other kind of object: the rules here would not see its pods.
pub fn elsewhere(node: &Yaml, kind: &str, report: &mut Report) {
    if let Some(image) = node.get("image").filter(|image| image.text().is_some_and(is_ours)) {
        let message = format!("this image runs in a {kind}, for whose pods the doctor has no rules");
        report.warning(image.at, message, "run it by a Job or a Deployment");
    }
    node.items().iter().for_each(|item| elsewhere(item, kind, report));
    node.entries().iter().for_each(|entry| elsewhere(&entry.value, kind, report));
}

/// What the container does: the first word behind the executable's name, or that name, if it says so itself.
fn subcommand(container: &Yaml) -> Option<&str> {
    let words = |name: &str| container.get(name).map_or(&[][..], Yaml::items).iter().filter_map(Yaml::text);
    let mut command = words("command");
    match command.next().map(|program| program.rsplit('/').next().unwrap_or(program)) {
        None => words("args").next(),
        Some("sapwood") => command.chain(words("args")).next(),
        other => other,
    }
}

/// Whether an image's name is this one's: `…/sapwood:TAG`.
fn is_ours(image: &str) -> bool {
    let repository = image.rsplit('/').next().unwrap_or(image);
    repository.split([':', '@']).next() == Some("sapwood")
}

fn volumes(pod: &Yaml, report: &mut Report) {
    let volumes = pod.get("volumes").map_or(&[][..], Yaml::items);
    let names: Vec<&str> = volumes.iter().filter_map(|volume| volume.text_of("name")).collect();
    let mut mounted = Vec::new();
    for group in ["initContainers", "containers"] {
        for mount in pod.get(group).map_or(&[][..], Yaml::items).iter().flat_map(mounts) {
            let name = mount.text_of("name").unwrap_or_default();
            if !names.contains(&name) {
                report.error(mount.at, format!("there is no volume {name:?}"), remedy(name, &names));
            }
            mounted.push(name);
        }
    }
    for volume in volumes {
        let name = volume.text_of("name").unwrap_or_default();
        if !mounted.contains(&name) {
            report.warning(volume.at, format!("nothing mounts the volume {name:?}"), "mount it, or remove it");
        }
    }
}

fn mounts(container: &Yaml) -> &[Yaml] {
    container.get("volumeMounts").map_or(&[][..], Yaml::items)
}

fn mount_at<'n>(container: &'n Yaml, path: &str) -> Option<&'n Yaml> {
    mounts(container).iter().find(|mount| mount.text_of("mountPath") == Some(path))
}

fn security(pod: &Yaml, container: &Yaml, report: &mut Report) {
    let context = container.get("securityContext");
    let either = |name: &str| context.and_then(|own| own.get(name)).or_else(|| pod.find(&["securityContext", name]));
    let says = |name: &str, value: bool| {
        let node = context.and_then(|context| context.get(name));
        node.is_some_and(|node| matches!(node.value, YamlValue::Bool(given) if given == value))
    };
    let drops = context.and_then(|context| context.find(&["capabilities", "drop"])).map_or(&[][..], Yaml::items);
    let of_resources = |kind: &str, name: &str| container.find(&["resources", kind, name]).is_some();
    let image = container.text_of("image").unwrap_or_default();
    let right = [
        (
            either("runAsNonRoot").is_some_and(|node| matches!(node.value, YamlValue::Bool(true))),
            "runAsNonRoot is not true",
            "set securityContext.runAsNonRoot to true",
        ),
        (
            either("runAsUser").and_then(Yaml::integer).is_some_and(|user| user > 0),
            "runAsUser names no user other than root, and the image names none",
            "set securityContext.runAsUser, for example to 65532",
        ),
        (
            either("seccompProfile").and_then(|node| node.text_of("type")) == Some("RuntimeDefault"),
            "seccompProfile is not RuntimeDefault",
            "set securityContext.seccompProfile.type to RuntimeDefault",
        ),
        (
            says("readOnlyRootFilesystem", true),
            "readOnlyRootFilesystem is not true, and the trainer needs no other root",
            "set securityContext.readOnlyRootFilesystem to true",
        ),
        (
            says("allowPrivilegeEscalation", false),
            "allowPrivilegeEscalation is not false",
            "set securityContext.allowPrivilegeEscalation to false",
        ),
        (
            drops.iter().any(|item| item.text() == Some("ALL")),
            "capabilities are not dropped",
            "set securityContext.capabilities.drop to [ALL]",
        ),
        (
            of_resources("requests", "cpu") && of_resources("requests", "memory") && of_resources("limits", "memory"),
            "resources do not request CPU and memory and limit memory",
            "add resources: the trainer takes as many threads as the CPU limit allows",
        ),
        (
            mount_at(container, "/tmp").is_some() || !says("readOnlyRootFilesystem", true),
            "the root is read-only, and nothing is mounted at /tmp, the scratch space",
            "mount an emptyDir at /tmp",
        ),
        (
            pod.get("automountServiceAccountToken").is_some_and(|node| matches!(node.value, YamlValue::Bool(false))),
            "automountServiceAccountToken is not false, and the image never speaks to the cluster",
            "set automountServiceAccountToken to false in the pod's spec",
        ),
        (
            !image.ends_with(":latest") && image.contains([':', '@']),
            "the image has no version, so two pods may run different ones",
            "name a version: sapwood:0.1.0",
        ),
    ];
    for (_, message, fix) in right.into_iter().filter(|(right, ..)| !right) {
        report.warning(container.at, message, fix);
    }
}

fn trains(pod: &Yaml, container: &Yaml, report: &mut Report) {
    let args = container.get("args").map_or(&[][..], Yaml::items);
    let configured = args.iter().skip(1).any(|arg| arg.text().is_some_and(|text| text.contains('=')));
    for path in ["/opt/ml/input/config", "/opt/ml/input/data/train", "/opt/ml/model"] {
        if mount_at(container, path).is_none() && !(configured && path.ends_with("config")) {
            report.error(container.at, format!("nothing is mounted at {path}"), "mount the volume that holds it");
        }
    }
    for (path, loss) in
        [("/opt/ml/output/data", "the summary is lost"), ("/opt/ml/checkpoints", "a pod that is replaced starts over")]
    {
        if mount_at(container, path).is_none() {
            report.warning(
                container.at,
                format!("nothing is mounted at {path}, so {loss}"),
                "mount a volume that outlives the pod",
            );
        }
    }
    for mount in mounts(container) {
        let path = format!("{}/", mount.text_of("mountPath").unwrap_or_default());
        match (path.starts_with(INPUT), mount.is_true("readOnly")) {
            (true, false) => report.warning(
                mount.at,
                format!("{path} is not read-only, and the trainer never writes there"),
                "add readOnly: true",
            ),
            (false, true) if path.starts_with("/opt/ml/") || path == "/tmp/" => {
                report.error(mount.at, format!("{path} is read-only, and the trainer writes there"), "remove readOnly");
            }
            _ => {}
        }
    }
    if container.text_of("terminationMessagePath") != Some(FAILURE) {
        let fix = format!("set terminationMessagePath to {FAILURE}");
        report.warning(container.at, "the reason for a failure would not become the pod's termination message", fix);
    }
    let grace = pod.get("terminationGracePeriodSeconds");
    if grace.and_then(Yaml::integer).unwrap_or(30) < GRACE {
        report.warning(
            grace.map_or(pod.at, |node| node.at),
            format!("terminationGracePeriodSeconds is less than {GRACE}, the time to end a round and save the model"),
            format!("set it to {GRACE}"),
        );
    }
    let environment = container.get("env").map_or(&[][..], Yaml::items);
    let fails =
        environment.iter().any(|one| one.text_of("name") == Some("SAPWOOD_ON_SIGTERM") && one.text_of("value") == Some("fail"));
    if !fails {
        let fix = "add to env: {name: SAPWOOD_ON_SIGTERM, value: fail}";
        report.warning(
            container.at,
            "a pod that is drained or preempted would end with exit code 0, and the Job would be marked complete",
            fix,
        );
    }
}

fn failure_policy(workload: &Yaml, pod: &Yaml, container: &Yaml, report: &mut Report) {
    if workload.text_of("kind") != Some("Job") {
        let at = workload.get("kind").map_or(workload.at, |kind| kind.at);
        return report.error(at, "training ends, and a Deployment would start it again and again", "make it a Job");
    }
    let policy = workload.find(&["spec", "podFailurePolicy"]);
    let at: Position = policy.map_or(workload.at, |policy| policy.at);
    if policy.is_some() && pod.text_of("restartPolicy") != Some("Never") {
        report.error(pod.at, "podFailurePolicy needs restartPolicy Never", "set restartPolicy to Never");
    }
    let rules = policy.and_then(|policy| policy.get("rules")).map_or(&[][..], Yaml::items);
    for codes in rules.iter().filter_map(|rule| rule.get("onExitCodes")) {
        if let Some(name) = codes.get("containerName")
            && name.text() != container.text_of("name")
        {
            report.error(
                name.at,
                format!("there is no container {:?}", name.text().unwrap_or_default()),
                "give the container's name, or remove it",
            );
        }
    }
    let action = |code: i64| {
        let matches = |rule: &&Yaml| {
            let codes = rule.get("onExitCodes");
            codes.is_some_and(|codes| {
                let listed = codes.get("values").map_or(&[][..], Yaml::items).iter().any(|value| value.integer() == Some(code));
                listed == (codes.text_of("operator") == Some("In"))
            })
        };
        rules.iter().find(matches).and_then(|rule| rule.text_of("action"))
    };
    for (code, wanted, reason) in ACTIONS {
        if action(code) != Some(wanted) {
            let fix = format!("add a rule to spec.podFailurePolicy: action {wanted} for exit code {code}");
            report.warning(at, format!("exit code {code} does not lead to {wanted}: {reason}"), fix);
        }
    }
    if !rules.iter().any(|rule| rule.text_of("action") == Some("Ignore") && rule.get("onPodConditions").is_some()) {
        let fix = "add a rule to spec.podFailurePolicy: action Ignore for the condition DisruptionTarget";
        report.warning(at, "pods that are drained or preempted count against backoffLimit", fix);
    }
}

fn serves(container: &Yaml, report: &mut Report) {
    let ports = container.get("ports").map_or(&[][..], Yaml::items);
    if !ports.iter().any(|port| port.integer_of("containerPort") == Some(8080)) {
        report.warning(container.at, "the server listens on 8080, which is not among ports", "add containerPort: 8080");
    }
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        if container.find(&[probe, "httpGet", "path"]).and_then(Yaml::text) != Some("/ping") {
            report.warning(container.at, format!("{probe} does not request /ping"), format!("set {probe}.httpGet.path to /ping"));
        }
    }
}
