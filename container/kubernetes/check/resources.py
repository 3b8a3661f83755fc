"""The custom resources of both SageMaker operators, and the request to AWS that each stands for. Which fields they have says the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.model import Shape

from . import aws
from .problems import Problem, Problems, get


@dataclass(frozen=True)
class Resource:
    """A custom resource of one of the operators."""

    api_version: str
    kind: str
    operation: str
    retired: bool

    def shape(self) -> Shape:
        """The request."""
        return aws.service("sagemaker").operation_model(self.operation).input_shape


ACK, OPERATOR = "sagemaker.services.k8s.aws/v1alpha1", "sagemaker.aws.amazon.com/v1"
RESOURCES = [
    Resource(ACK, "TrainingJob", "CreateTrainingJob", retired=False),
    Resource(ACK, "HyperParameterTuningJob", "CreateHyperParameterTuningJob", retired=False),
    Resource(OPERATOR, "TrainingJob", "CreateTrainingJob", retired=True),
]


def find(value: Any) -> Resource | None:
    """The resource that a document is."""
    wanted = (get(value, "apiVersion"), get(value, "kind"))
    return next((one for one in RESOURCES if (one.api_version, one.kind) == wanted), None)


def _plain(name: str) -> str:
    # Names differ from the API's by case, and by the underscore of Go's keywords.
    return name.rstrip("_").lower()


def _request(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {_plain(name): name for name in shape.members}
        known = ((members.get(_plain(name)), child) for name, child in value.items())
        return {name: _request(shape.members[name], child) for name, child in known if name}
    if kind == "list" and isinstance(value, list):
        return [_request(shape.member, child) for child in value]
    if kind == "map" and isinstance(value, list):
        # The retired operator's maps are lists of pairs.
        return {str(get(pair, "name")): get(pair, "value") for pair in value}
    return value


def request(resource: Resource, value: dict) -> Any:
    """The request to AWS that the operator would make."""
    made = _request(resource.shape(), value.get("spec"))
    if resource.retired and isinstance(made, dict):
        # It makes a name of its own from the object's.
        made.setdefault("TrainingJobName", get(value, "metadata", "name"))
    return made


def _own(value: dict, problem: Problem) -> Problem:
    """A problem of the request as one of the resource that makes it. A field that is missing has no name here; its parent will do."""
    here, keys = value.get("spec"), ["spec"]
    for key in problem.keys:
        names = here if isinstance(here, dict) else ()
        name = key if isinstance(here, list) else next((name for name in names if _plain(name) == _plain(str(key))), None)
        if name is None:
            break
        keys.append(name)
        here = get(here, name)
    return Problem(tuple(keys), problem.message)


def against(resource: Resource, value: dict) -> Problems:
    """Where AWS would not take what the operator asks for."""
    yield from (_own(value, problem) for problem in aws.against(resource.shape(), request(resource, value)))
