//! The fields of a Kubernetes Job or Deployment, down to what the rules about pods look at. Clients that do not validate drop a misspelt
//! field without a word.

use crate::finding::Report;
use crate::yaml::{Yaml, YamlEntry, YamlValue};
use sapwood::names::nearest;

/// What a value is, as far as its fields are known.
enum Kind {
    /// Something that is not looked into.
    Any,
    Object(&'static [(&'static str, Kind)]),
    /// A list of objects.
    List(&'static [(&'static str, Kind)]),
}

use Kind::{Any, List, Object};

/// The node with misspelt fields under the names that were meant, unless these are there as well. Each is reported.
pub fn corrected(node: &Yaml, report: &mut Report) -> Yaml {
    let spec = if node.text_of("kind") == Some("Job") { JOB } else { DEPLOYMENT };
    let top = [("apiVersion", Any), ("kind", Any), ("metadata", Any), ("spec", Object(spec)), ("status", Any)];
    object(node, &top, report)
}

fn value(node: &Yaml, kind: &Kind, report: &mut Report) -> Yaml {
    match (kind, &node.value) {
        (Object(fields), YamlValue::Map(_)) => object(node, fields, report),
        (List(fields), YamlValue::List(items)) => {
            let items = items.iter().map(|item| object(item, fields, report)).collect();
            Yaml { at: node.at, value: YamlValue::List(items) }
        }
        _ => node.clone(),
    }
}

fn object(node: &Yaml, fields: &[(&'static str, Kind)], report: &mut Report) -> Yaml {
    let YamlValue::Map(entries) = &node.value else { return node.clone() };
    let mut known = |entry: &YamlEntry| {
        if let Some((_, kind)) = fields.iter().find(|(name, _)| *name == entry.key) {
            return YamlEntry { key: entry.key.clone(), value: value(&entry.value, kind, report) };
        }
        let meant = nearest(&entry.key, fields.iter().map(|(name, _)| *name));
        let fix = meant.map_or_else(|| "remove it, or move it to where it belongs".to_string(), |meant| format!("write {meant}"));
        report.error(entry.value.at, format!("unknown field {}", entry.key), fix);
        match fields.iter().find(|(name, _)| Some(*name) == meant && node.get(name).is_none()) {
            Some((name, kind)) => YamlEntry { key: (*name).to_string(), value: value(&entry.value, kind, report) },
            None => entry.clone(),
        }
    };
    Yaml { at: node.at, value: YamlValue::Map(entries.iter().map(&mut known).collect()) }
}

const JOB: &[(&str, Kind)] = &[
    ("activeDeadlineSeconds", Any),
    ("backoffLimit", Any),
    ("backoffLimitPerIndex", Any),
    ("completionMode", Any),
    ("completions", Any),
    ("managedBy", Any),
    ("manualSelector", Any),
    ("maxFailedIndexes", Any),
    ("parallelism", Any),
    ("podFailurePolicy", Object(&[("rules", List(FAILURE_RULE))])),
    ("podReplacementPolicy", Any),
    ("selector", Any),
    ("successPolicy", Any),
    ("suspend", Any),
    ("template", Object(TEMPLATE)),
    ("ttlSecondsAfterFinished", Any),
];

const DEPLOYMENT: &[(&str, Kind)] = &[
    ("minReadySeconds", Any),
    ("paused", Any),
    ("progressDeadlineSeconds", Any),
    ("replicas", Any),
    ("revisionHistoryLimit", Any),
    ("selector", Any),
    ("strategy", Any),
    ("template", Object(TEMPLATE)),
];

const FAILURE_RULE: &[(&str, Kind)] = &[
    ("action", Any),
    ("onExitCodes", Object(&[("containerName", Any), ("operator", Any), ("values", Any)])),
    ("onPodConditions", List(&[("status", Any), ("type", Any)])),
];

const TEMPLATE: &[(&str, Kind)] = &[("metadata", Any), ("spec", Object(POD))];

const POD: &[(&str, Kind)] = &[
    ("activeDeadlineSeconds", Any),
    ("affinity", Any),
    ("automountServiceAccountToken", Any),
    ("containers", List(CONTAINER)),
    ("dnsConfig", Any),
    ("dnsPolicy", Any),
    ("enableServiceLinks", Any),
    ("ephemeralContainers", Any),
    ("hostAliases", Any),
    ("hostIPC", Any),
    ("hostNetwork", Any),
    ("hostPID", Any),
    ("hostUsers", Any),
    ("hostname", Any),
    ("hostnameOverride", Any),
    ("imagePullSecrets", Any),
    ("initContainers", List(CONTAINER)),
    ("nodeName", Any),
    ("nodeSelector", Any),
    ("os", Any),
    ("overhead", Any),
    ("preemptionPolicy", Any),
    ("priority", Any),
    ("priorityClassName", Any),
    ("readinessGates", Any),
    ("resourceClaims", Any),
    ("resources", Object(RESOURCES)),
    ("restartPolicy", Any),
    ("runtimeClassName", Any),
    ("schedulerName", Any),
    ("schedulingGates", Any),
    ("securityContext", Object(POD_SECURITY)),
    ("serviceAccount", Any),
    ("serviceAccountName", Any),
    ("setHostnameAsFQDN", Any),
    ("shareProcessNamespace", Any),
    ("subdomain", Any),
    ("terminationGracePeriodSeconds", Any),
    ("tolerations", Any),
    ("topologySpreadConstraints", Any),
    ("volumes", List(VOLUME)),
    ("workloadRef", Any),
];

const CONTAINER: &[(&str, Kind)] = &[
    ("args", Any),
    ("command", Any),
    ("env", List(&[("name", Any), ("value", Any), ("valueFrom", Any)])),
    ("envFrom", List(&[("configMapRef", Any), ("prefix", Any), ("secretRef", Any)])),
    ("image", Any),
    ("imagePullPolicy", Any),
    ("lifecycle", Any),
    ("livenessProbe", Object(PROBE)),
    ("name", Any),
    ("ports", List(&[("containerPort", Any), ("hostIP", Any), ("hostPort", Any), ("name", Any), ("protocol", Any)])),
    ("readinessProbe", Object(PROBE)),
    ("resizePolicy", Any),
    ("resources", Object(RESOURCES)),
    ("restartPolicy", Any),
    ("restartPolicyRules", Any),
    ("securityContext", Object(SECURITY)),
    ("startupProbe", Object(PROBE)),
    ("stdin", Any),
    ("stdinOnce", Any),
    ("terminationMessagePath", Any),
    ("terminationMessagePolicy", Any),
    ("tty", Any),
    ("volumeDevices", Any),
    ("volumeMounts", List(MOUNT)),
    ("workingDir", Any),
];

const RESOURCES: &[(&str, Kind)] = &[("claims", Any), ("limits", Any), ("requests", Any)];

const MOUNT: &[(&str, Kind)] = &[
    ("mountPath", Any),
    ("mountPropagation", Any),
    ("name", Any),
    ("readOnly", Any),
    ("recursiveReadOnly", Any),
    ("subPath", Any),
    ("subPathExpr", Any),
];

const PROBE: &[(&str, Kind)] = &[
    ("exec", Any),
    ("failureThreshold", Any),
    ("grpc", Any),
    ("httpGet", Object(&[("host", Any), ("httpHeaders", Any), ("path", Any), ("port", Any), ("scheme", Any)])),
    ("initialDelaySeconds", Any),
    ("periodSeconds", Any),
    ("successThreshold", Any),
    ("tcpSocket", Any),
    ("terminationGracePeriodSeconds", Any),
    ("timeoutSeconds", Any),
];

const SECURITY: &[(&str, Kind)] = &[
    ("allowPrivilegeEscalation", Any),
    ("appArmorProfile", Any),
    ("capabilities", Object(&[("add", Any), ("drop", Any)])),
    ("privileged", Any),
    ("procMount", Any),
    ("readOnlyRootFilesystem", Any),
    ("runAsGroup", Any),
    ("runAsNonRoot", Any),
    ("runAsUser", Any),
    ("seLinuxOptions", Any),
    ("seccompProfile", Object(&[("localhostProfile", Any), ("type", Any)])),
    ("windowsOptions", Any),
];

const POD_SECURITY: &[(&str, Kind)] = &[
    ("appArmorProfile", Any),
    ("fsGroup", Any),
    ("fsGroupChangePolicy", Any),
    ("runAsGroup", Any),
    ("runAsNonRoot", Any),
    ("runAsUser", Any),
    ("seLinuxChangePolicy", Any),
    ("seLinuxOptions", Any),
    ("seccompProfile", Object(&[("localhostProfile", Any), ("type", Any)])),
    ("supplementalGroups", Any),
    ("supplementalGroupsPolicy", Any),
    ("sysctls", Any),
    ("windowsOptions", Any),
];

const VOLUME: &[(&str, Kind)] = &[
    ("awsElasticBlockStore", Any),
    ("azureDisk", Any),
    ("azureFile", Any),
    ("cephfs", Any),
    ("cinder", Any),
    ("configMap", Object(&[("defaultMode", Any), ("items", Any), ("name", Any), ("optional", Any)])),
    ("csi", Any),
    ("downwardAPI", Any),
    ("emptyDir", Object(&[("medium", Any), ("sizeLimit", Any)])),
    ("ephemeral", Any),
    ("fc", Any),
    ("flexVolume", Any),
    ("flocker", Any),
    ("gcePersistentDisk", Any),
    ("gitRepo", Any),
    ("glusterfs", Any),
    ("hostPath", Object(&[("path", Any), ("type", Any)])),
    ("image", Any),
    ("iscsi", Any),
    ("name", Any),
    ("nfs", Any),
    ("persistentVolumeClaim", Object(&[("claimName", Any), ("readOnly", Any)])),
    ("photonPersistentDisk", Any),
    ("portworxVolume", Any),
    ("projected", Any),
    ("quobyte", Any),
    ("rbd", Any),
    ("scaleIO", Any),
    ("secret", Object(&[("defaultMode", Any), ("items", Any), ("optional", Any), ("secretName", Any)])),
    ("storageos", Any),
    ("vsphereVolume", Any),
];
