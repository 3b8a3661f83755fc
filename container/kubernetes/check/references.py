"""What is wrong between documents, each of which is valid: objects that are referred to and are not there."""

from __future__ import annotations

from typing import Any

from .documents import Document
from .problems import Problem, Problems, mapped

POD = ("spec", "template", "spec")


def against(documents: list[Document]) -> list[tuple[Document, Problem]]:
    """The problems, each with the document that it is in."""
    manifests = [one for one in documents if one.language == "yaml" and isinstance(one.value, dict) and "kind" in one.value]
    there = {(one.value.get("kind"), _namespace(one.value), mapped(one.value, "metadata").get("name")) for one in manifests}
    return [(one, problem) for one in manifests for problem in _references(one.value, there, manifests)]


def _namespace(value: dict) -> Any:
    return mapped(value, "metadata").get("namespace")


def _references(value: dict, there: set, manifests: list[Document]) -> Problems:
    namespace = _namespace(value)
    if namespace and ("Namespace", None, namespace) not in there:
        yield Problem(("metadata", "namespace"), f"no manifest makes the namespace '{namespace}'")
    pod = ("spec",) if value.get("kind") == "Pod" else POD
    for position, volume in enumerate(mapped(value, *pod).get("volumes") or []):
        for kind, source, name in (("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"), ("ConfigMap", "configMap", "name")):
            wanted = mapped(volume, source).get(name)
            if wanted and (kind, namespace, wanted) not in there:
                yield Problem((*pod, "volumes", position, source, name), f"no manifest makes the {kind} '{wanted}' in '{namespace}'")
    volume_name = mapped(value, "spec").get("volumeName")
    if volume_name and ("PersistentVolume", None, volume_name) not in there:
        yield Problem(("spec", "volumeName"), f"no manifest makes the PersistentVolume '{volume_name}'")
    if value.get("kind") == "Service":
        yield from _selected(value, manifests)


def _selected(service: dict, manifests: list[Document]) -> Problems:
    selector = mapped(service, "spec", "selector").items()
    templates = [mapped(one.value, "spec", "template") for one in manifests if _namespace(one.value) == _namespace(service)]
    chosen = [one for one in templates if selector <= mapped(one, "metadata", "labels").items()]
    if not chosen:
        yield Problem(("spec", "selector"), "no pod bears these labels")
    names = {port.get("name") for one in chosen for container in one["spec"]["containers"] for port in container.get("ports") or []}
    for position, port in enumerate(mapped(service, "spec").get("ports") or []):
        if isinstance(port.get("targetPort"), str) and port["targetPort"] not in names:
            yield Problem(("spec", "ports", position, "targetPort"), f"no such pod has a port called '{port['targetPort']}'")
