"""The migration example: both manifests must ask AWS for the same job, but for what the migration mends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import resources
from .documents import Document
from .problems import Problem, path, values

OLD, NEW = "container/kubernetes/migration/operator.yaml", "container/kubernetes/migration/ack.yaml"
# The image is ours, and the paths begin with the MountName and are two.
MENDED = {
    "AlgorithmSpecification.TrainingImage",
    "InputDataConfig[0].DataSource.FileSystemDataSource.DirectoryPath",
    "InputDataConfig[1].DataSource.FileSystemDataSource.DirectoryPath",
}


def _leaves(document: Document) -> dict[str, Any]:
    resource = resources.find(document.value)
    made = resources.request(resource, document.value) if resource else {}
    return {path(keys): value for keys, value in values(made) if not isinstance(value, (dict, list))}


def against(documents: list[Document]) -> list[tuple[Document, Problem]]:
    """Where the two requests differ and should not, or should and do not."""
    old, new = (next((one for one in documents if one.file == file), None) for file in (OLD, NEW))
    if old is None or new is None:
        return []
    before, after = _leaves(old), _leaves(new)
    different = {name for name in before | after if before.get(name) != after.get(name)}
    told = "{} is {!r} in {} and {!r} in {}"
    lines = [told.format(name, before.get(name), Path(OLD).name, after.get(name), Path(NEW).name) for name in sorted(different ^ MENDED)]
    return [(new, Problem((), line)) for line in lines]
