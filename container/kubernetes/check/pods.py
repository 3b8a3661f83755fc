"""What a pod of this image must be: the trainer's contract (paths, exit codes, signals) and the restricted security standard."""

from __future__ import annotations

import json
import re
from typing import Any

from . import jobs
from .problems import Problem, Problems, get, listed, mapped, values

IMAGE = re.compile(r".*/sapwood[:@].+")
POD = ("spec", "template", "spec")
FAILURE = "/opt/ml/output/failure"
READ_ONLY = ("/opt/ml/input/",)
# Seconds between SIGTERM and SIGKILL in which the trainer saves its model and a checkpoint; SageMaker gives as many.
GRACE = 120
MODES = ("File", "FastFile", "Pipe")
# What becomes of the job when the trainer ends so.
ACTIONS = {2: "FailJob", 143: "Ignore"}


def workload(value: dict) -> Problems:
    """Problems of a Job or Deployment."""
    pod = mapped(value, *POD)
    yield from (problem.under(*POD) for problem in _volumes(pod))
    for position, container in enumerate(listed(pod, "containers")):
        if not container.get("image"):
            yield Problem((*POD, "containers", position), "image is missing")
        if not IMAGE.fullmatch(str(container.get("image"))):
            continue
        keys = (*POD, "containers", position)
        yield from (Problem(keys, message) for message in _security(pod, container))
        command = get(container, "args", 0)
        if command == "train":
            yield from (Problem(keys, message) for message in _trains(pod, container))
            yield from _failure_policy(value, container)
        elif command == "serve":
            yield from (Problem(keys, message) for message in _serves(container))
        else:
            yield Problem(keys, "args must begin with train or serve")


def elsewhere(value: dict) -> Problems:
    """This image in any other kind of object, whose pods the rules above would not see."""
    for keys, one in values(value):
        if keys and keys[-1] == "image" and IMAGE.fullmatch(str(one)):
            yield Problem(keys, f"run the image by a Job or a Deployment: this check has no rules for the pods of a {value.get('kind')}")


def _volumes(pod: dict) -> Problems:
    names = [volume.get("name") for volume in listed(pod, "volumes")]
    mounted = set()
    for group in ("initContainers", "containers"):
        for position, container in enumerate(listed(pod, group)):
            for place, mount in enumerate(listed(container, "volumeMounts")):
                mounted.add(mount.get("name"))
                if mount.get("name") not in names:
                    yield Problem((group, position, "volumeMounts", place), f"there is no volume '{mount.get('name')}'")
    for position, name in enumerate(names):
        if name not in mounted:
            yield Problem(("volumes", position), f"nothing mounts '{name}'")


def _security(pod: dict, container: dict) -> list[str]:
    context, of_pod = mapped(container, "securityContext"), mapped(pod, "securityContext")
    either: dict[str, Any] = {**of_pod, **context}
    wrong = {
        "runAsNonRoot must be true": either.get("runAsNonRoot") is True,
        "runAsUser must name a user other than root; the image names none": either.get("runAsUser", 0) > 0,
        "seccompProfile must be RuntimeDefault": get(either, "seccompProfile", "type") == "RuntimeDefault",
        "readOnlyRootFilesystem must be true": context.get("readOnlyRootFilesystem") is True,
        "allowPrivilegeEscalation must be false": context.get("allowPrivilegeEscalation") is False,
        "capabilities must drop ALL": get(context, "capabilities", "drop") == ["ALL"],
        "resources must request CPU and memory and limit memory":
            {"cpu", "memory"} <= set(mapped(container, "resources", "requests")) and "memory" in mapped(container, "resources", "limits"),
        "/tmp must be a volume: the root is read-only": any(m.get("mountPath") == "/tmp" for m in listed(container, "volumeMounts")),
        "the image's tag must be a version": not str(container.get("image")).endswith(":latest"),
        "automountServiceAccountToken must be false": pod.get("automountServiceAccountToken") is False,
    }
    return [message for message, right in wrong.items() if not right]


def _trains(pod: dict, container: dict) -> list[str]:
    mounts = {mount.get("mountPath"): mount for mount in listed(container, "volumeMounts")}
    wrong = []
    if container.get("terminationMessagePath") != FAILURE:
        wrong.append(f"terminationMessagePath must be {FAILURE}, where the trainer says why it failed")
    if (pod.get("terminationGracePeriodSeconds") or 0) < GRACE:
        wrong.append(f"terminationGracePeriodSeconds must be at least {GRACE}")
    if {"name": "SAPWOOD_ON_SIGTERM", "value": "fail"} not in listed(container, "env"):
        wrong.append("SAPWOOD_ON_SIGTERM must be 'fail', or a disrupted pod counts as done")
    for path in ("/opt/ml/input/config", "/opt/ml/input/data/train", "/opt/ml/model", "/opt/ml/output/data", "/opt/ml/checkpoints"):
        if path not in mounts:
            wrong.append(f"nothing is mounted at {path}")
    for path, mount in mounts.items():
        if f"{path}/".startswith(READ_ONLY) != (mount.get("readOnly") is True):
            wrong.append(f"{path} must {'' if f'{path}/'.startswith(READ_ONLY) else 'not '}be readOnly")
    return wrong


def _failure_policy(value: dict, container: dict) -> Problems:
    keys = ("spec", "podFailurePolicy")
    if value.get("kind") != "Job":
        yield Problem((), "training is a Job")
        return
    if get(value, *POD, "restartPolicy") != "Never":
        yield Problem(POD, "podFailurePolicy needs restartPolicy Never")
    found: dict[int, str] = {}
    for position, rule in enumerate(listed(value, *keys, "rules")):
        codes = mapped(rule, "onExitCodes")
        if codes and codes.get("containerName") != container.get("name"):
            yield Problem((*keys, "rules", position), f"there is no container '{codes.get('containerName')}'")
        if codes.get("operator") == "In":
            for code in listed(codes, "values"):
                found.setdefault(code, str(rule.get("action")))
    for code, action in ACTIONS.items():
        if found.get(code) != action:
            yield Problem(keys, f"exit code {code} must lead to {action}, not {found.get(code)}")
    if not any(rule.get("action") == "Ignore" and rule.get("onPodConditions") for rule in listed(value, *keys, "rules")):
        yield Problem(keys, "a rule must Ignore the condition DisruptionTarget")


def _serves(container: dict) -> list[str]:
    wrong = []
    if 8080 not in [port.get("containerPort") for port in listed(container, "ports")]:
        wrong.append("the server listens on 8080, which is none of ports")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if get(container, probe, "httpGet", "path") != "/ping":
            wrong.append(f"{probe} must get /ping")
    return wrong


def configuration(value: dict, known: set[str]) -> Problems:
    """Problems of a ConfigMap that holds a job's configuration files."""
    for name, text in mapped(value, "data").items():
        if not name.endswith(".json"):
            continue
        try:
            parsed = json.loads(text)
        except (TypeError, json.JSONDecodeError) as error:
            yield Problem(("data", name), f"is no JSON: {error}")
            continue
        if not isinstance(parsed, dict):
            yield Problem(("data", name), "must be a JSON object")
        elif name == "hyperparameters.json":
            wrong = list(jobs.hyperparameters(parsed, known))
            yield from (Problem(("data", name), problem.message) for problem in wrong)
            if "num_round" not in parsed:
                yield Problem(("data", name), "num_round is missing, which has no default")
        elif name == "inputdataconfig.json":
            for channel, settings in parsed.items():
                if get(settings, "TrainingInputMode") not in MODES:
                    yield Problem(("data", name), f"the TrainingInputMode of '{channel}' is none of {', '.join(MODES)}")
