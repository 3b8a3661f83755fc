"""Which checks a document must pass beside the doctor's, by what it is."""

from __future__ import annotations

from pathlib import Path

from . import aws, cluster, core, iam, kubeflow, network, resources, storage
from .documents import Document
from .problems import Problem, Problems, mapped

TRUST, POLICY = "-trust.json", "-policy.json"
STORAGE = {"StorageClass": storage.storage_class, "PersistentVolume": storage.persistent_volume, "PersistentVolumeClaim": storage.claim}


def label(document: Document) -> str:
    """What sort of document it is, for people."""
    value = document.value if isinstance(document.value, dict) else {}
    if document.language == "json":
        if "Statement" in value:
            return "IAM trust policy" if _trusts(document) else "IAM policy"
        return f"request {_command(document)}"
    return f"{value.get('apiVersion')} {value.get('kind')}"


def check(document: Document) -> Problems:
    """Everything wrong with one document."""
    if document.language == "json":
        yield from _json(document)
    elif not isinstance(document.value, dict) or not isinstance(document.value.get("kind"), str):
        yield Problem((), "has no kind: no manifest, and nothing else that this check knows")
    else:
        yield from _manifest(document.value)


def _command(document: Document) -> str:
    # What stands between the command's name and the ending says what the request is for.
    return Path(document.file).name.split(".")[0]


def _trusts(document: Document) -> bool:
    statements = document.value.get("Statement") if isinstance(document.value, dict) else None
    return document.file.endswith(TRUST) or (not document.file.endswith(POLICY) and "Principal" in str(statements))


def _json(document: Document) -> Problems:
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
    if not wrong and operation.name == "AuthorizeSecurityGroupIngress":
        yield from network.ingress(document.value)
    elif not wrong and operation.name == "CreateFileSystem":
        yield from storage.file_system(document.value)


def _manifest(value: dict) -> Problems:
    api_version, kind = value.get("apiVersion"), value["kind"]
    resource = resources.find(value)
    if resource:
        yield from resources.against(resource, value)
    elif api_version == cluster.API_VERSION and kind == "ClusterConfig":
        yield from cluster.against(value)
    elif api_version == kubeflow.API_VERSION and kind in kubeflow.SCHEMAS:
        yield from kubeflow.against(value)
    elif isinstance(api_version, str) and core.known(api_version, kind):
        wrong = list(core.against(value))
        yield from wrong
        if not wrong and kind in STORAGE:
            yield from STORAGE[kind](value)
    else:
        yield Problem(("kind",), f"there is no schema here for {api_version} {kind}; add one, or the manifest stays unchecked")
