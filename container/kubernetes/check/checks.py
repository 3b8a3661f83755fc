"""Which checks a document must pass, by what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from . import aws, cluster, core, iam, jobs, network, pods, resources, storage
from .documents import Document
from .problems import Problem, Problems, mapped

TRUST, POLICY = "-trust.json", "-policy.json"


def label(document: Document) -> str:
    """What sort of document it is, for people."""
    value = document.value if isinstance(document.value, dict) else {}
    if document.language == "json":
        if "Statement" in value:
            return "IAM trust policy" if _trusts(document) else "IAM policy"
        return f"request {_command(document)}"
    return f"{value.get('apiVersion')} {value.get('kind')}"


def check(document: Document, known: set[str]) -> Problems:
    """Everything wrong with one document; `known` are the trainer's parameters."""
    if document.language == "json":
        yield from _json(document, known)
    elif not isinstance(document.value, dict) or not isinstance(document.value.get("kind"), str):
        yield Problem((), "has no kind: no manifest, and nothing else that this check knows")
    else:
        yield from _manifest(document.value, known)


def _command(document: Document) -> str:
    # What stands between the command's name and the ending says what the request is for.
    return Path(document.file).name.split(".")[0]


def _trusts(document: Document) -> bool:
    statements = document.value.get("Statement") if isinstance(document.value, dict) else None
    return document.file.endswith(TRUST) or (not document.file.endswith(POLICY) and "Principal" in str(statements))


def _json(document: Document, known: set[str]) -> Problems:
    if document.file.endswith((TRUST, POLICY)) or (document.file.endswith(".md") and "Statement" in mapped(document.value)):
        yield from iam.against(document.value, _trusts(document))
        return
    operation = aws.operation(_command(document))
    if operation is None:
        names = f"nor does the name end in {POLICY} or {TRUST}"
        yield Problem((), f"'{_command(document)}' is no AWS command of SageMaker, FSx or EC2, {names}")
        return
    wrong = list(aws.against(operation.input_shape, document.value))
    yield from wrong
    if not wrong:
        yield from _request(operation.name, document.value, known)


def _request(operation: str, request: dict, known: set[str]) -> Problems:
    if operation == "CreateTrainingJob":
        yield from jobs.training(request, known)
    elif operation == "CreateHyperParameterTuningJob":
        yield from jobs.tuning(request, known)
    elif operation == "AuthorizeSecurityGroupIngress":
        yield from network.ingress(request)
    elif operation == "CreateFileSystem":
        yield from storage.file_system(request)


def _manifest(value: dict, known: set[str]) -> Problems:
    api_version, kind = value.get("apiVersion"), value["kind"]
    resource = resources.find(api_version, kind)
    if resource:
        wrong = list(resources.against(resource, value))
        yield from wrong
        # The retired operator's jobs run the built-in XGBoost, so our image's rules are not theirs.
        if not wrong and resource.table == "ACK":
            own = _request(resource.operation, resources.request(resource, value), known)
            yield from (resources.own(resource, problem) for problem in own)
    elif api_version == cluster.API_VERSION and kind == "ClusterConfig":
        yield from cluster.against(value)
    elif isinstance(api_version, str) and core.known(api_version, kind):
        wrong = list(core.against(value))
        yield from wrong
        if not wrong:
            yield from _core_rules(kind)(value, known)
    else:
        yield Problem(("kind",), f"there is no schema here for {api_version} {kind}; add one, or the manifest stays unchecked")


def _core_rules(kind: str) -> Callable[[dict, set[str]], Problems]:
    rules: dict[str, Callable[[dict, set[str]], Problems]] = {
        "Job": lambda value, _: pods.workload(value),
        "Deployment": lambda value, _: pods.workload(value),
        "ConfigMap": pods.configuration,
        "StorageClass": lambda value, _: storage.storage_class(value),
        "PersistentVolume": lambda value, _: storage.persistent_volume(value),
        "PersistentVolumeClaim": lambda value, _: storage.claim(value),
    }
    return rules.get(kind, lambda value, _: pods.elsewhere(value))
