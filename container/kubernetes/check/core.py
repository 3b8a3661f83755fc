"""Kubernetes' own kinds: the published schema of the release, strictly, and the values that schema leaves to the server."""

from __future__ import annotations

import functools
import re
from typing import Any

import kubernetes_validate

from .problems import Problem, Problems, get, values

RELEASE = "1.35"
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")

# The published schemas have no enumerations. By the last parts of the way to a value; * is any position of a list.
ENUMERATIONS = {
    "restartPolicy": "Always OnFailure Never",
    "imagePullPolicy": "Always IfNotPresent Never",
    "terminationMessagePolicy": "File FallbackToLogsOnError",
    "podReplacementPolicy": "Failed TerminatingOrFailed",
    "completionMode": "Indexed NonIndexed",
    "podFailurePolicy.rules.*.action": "FailJob FailIndex Ignore Count",
    "onExitCodes.operator": "In NotIn",
    "onPodConditions.*.status": "True False Unknown",
    "onPodConditions.*.type": "DisruptionTarget",
    "seccompProfile.type": "RuntimeDefault Localhost Unconfined",
    "strategy.type": "Recreate RollingUpdate",
    "ports.*.protocol": "TCP UDP SCTP",
    "spec.type": "ClusterIP NodePort LoadBalancer ExternalName",
    "tolerations.*.operator": "Exists Equal",
    "whenUnsatisfiable": "DoNotSchedule ScheduleAnyway",
    "effect": "NoSchedule PreferNoSchedule NoExecute",
    "matchExpressions.*.operator": "In NotIn Exists DoesNotExist Gt Lt",
    "spec.accessModes.*": "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod",
    "volumeMode": "Filesystem Block",
    "persistentVolumeReclaimPolicy": "Retain Delete Recycle",
    "reclaimPolicy": "Retain Delete",
    "volumeBindingMode": "Immediate WaitForFirstConsumer",
    "capabilities.add.*": "CHOWN DAC_OVERRIDE FOWNER SETUID SETGID NET_BIND_SERVICE",
    "capabilities.drop.*": "ALL",
    "labels.pod-security.kubernetes.io/warn": "privileged baseline restricted",
    "labels.pod-security.kubernetes.io/enforce": "privileged baseline restricted",
}
ALLOWED = {tuple(way.split(".")) if "/" not in way else ("labels", way.removeprefix("labels.")): names.split()
           for way, names in ENUMERATIONS.items()}
QUANTITIES = ("requests", "limits", "capacity")


@functools.lru_cache(maxsize=None)
def known(api_version: str, kind: str) -> bool:
    """Whether this is a kind of Kubernetes' own."""
    try:
        kubernetes_validate.validate({"apiVersion": api_version, "kind": kind}, RELEASE, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        return False
    except kubernetes_validate.ValidationError:
        pass
    return True


def against(value: dict) -> Problems:
    """Where the object is not what the API server takes."""
    try:
        kubernetes_validate.validate(value, RELEASE, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield Problem(tuple(error.absolute_path), error.message)
        return
    for keys, one in values(value):
        # The schemas take null for everything. A key without a value is a slip of the indentation.
        message = "has no value" if one is None else None if isinstance(one, (dict, list)) else _scalar(keys, one)
        if message:
            yield Problem(keys, message)
    if not DNS_NAME.fullmatch(str(get(value, "metadata", "name"))):
        yield Problem(("metadata",), "name is missing, or no DNS name")


def _scalar(keys: tuple, value: Any) -> str | None:
    if "data" in keys or ("annotations" in keys):
        return None
    way = tuple("*" if isinstance(key, int) else key for key in keys)
    for tail, names in ALLOWED.items():
        if way[-len(tail):] == tail and value not in names:
            return f"'{value}' is none of {', '.join(names)}"
    if (len(way) > 1 and way[-2] in QUANTITIES) or way[-1] == "sizeLimit":
        return None if QUANTITY.fullmatch(str(value)) else f"'{value}' is no quantity"
    return None
