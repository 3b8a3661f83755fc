"""The custom resources of both SageMaker operators: their strict schemas, and the request to AWS that each stands for."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape

from . import aws, fields, schema
from .problems import Problem, Problems, get

SCALARS = {"string": schema.STRING, "integer": schema.INTEGER, "long": schema.INTEGER, "boolean": schema.BOOLEAN,
           "float": schema.NUMBER, "double": schema.NUMBER}
PAIRS = schema.array(schema.closed(["name", "value"], name=schema.STRING, value=schema.STRING))


@dataclass(frozen=True)
class Resource:
    """How a custom resource differs from the request it stands for."""

    api_version: str
    kind: str
    operation: str
    table: str
    required: str
    maps_are_lists: bool

    def shape(self) -> Shape:
        """The request."""
        return aws.service("sagemaker").operation_model(self.operation).input_shape


ACK = ("sagemaker.services.k8s.aws/v1alpha1", "ACK", "ACK_REQUIRED", False)
RESOURCES = [
    Resource(ACK[0], "TrainingJob", "CreateTrainingJob", *ACK[1:]),
    Resource(ACK[0], "HyperParameterTuningJob", "CreateHyperParameterTuningJob", *ACK[1:]),
    Resource("sagemaker.aws.amazon.com/v1", "TrainingJob", "CreateTrainingJob", "OPERATOR", "OPERATOR_REQUIRED", True),
]


def find(api_version: Any, kind: Any) -> Resource | None:
    """The resource of this kind."""
    return next((one for one in RESOURCES if (one.api_version, one.kind) == (api_version, kind)), None)


def _members(resource: Resource, shape: Shape) -> dict[str, str]:
    """The resource's names of a structure's fields, and the API's. They differ by case, and by the underscore of Go's keywords."""
    by_lower = {name.lower(): name for name in shape.members}
    names = getattr(fields, resource.table)[shape.name]
    return {name: by_lower[name.rstrip("_").lower()] for name in names}


def _schema(resource: Resource, shape: Shape) -> dict:
    kind = shape.type_name
    if kind == "structure":
        properties = {ours: _schema(resource, shape.members[theirs]) for ours, theirs in _members(resource, shape).items()}
        return schema.closed(getattr(fields, resource.required).get(shape.name), **properties)
    if kind == "list":
        return schema.array(_schema(resource, shape.member))
    if kind == "map":
        return PAIRS if resource.maps_are_lists else {"type": "object", "additionalProperties": _schema(resource, shape.value)}
    return SCALARS[kind]


@functools.lru_cache(maxsize=None)
def strict_schema(resource: Resource) -> dict:
    """The resource as JSON Schema that takes no field it does not name."""
    spec = _schema(resource, resource.shape())
    if resource.table == "OPERATOR":
        mode = schema.one_of("File", "Pipe")
        spec["properties"] |= {"region": schema.STRING, "sageMakerEndpoint": schema.STRING}
        spec["properties"]["algorithmSpecification"]["properties"]["trainingInputMode"] = mode
        spec["properties"]["inputDataConfig"]["items"]["properties"]["inputMode"] = mode
    return schema.resource(resource.api_version, resource.kind, spec=spec)


def _request(resource: Resource, shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = _members(resource, shape)
        return {members[name]: _request(resource, shape.members[members[name]], child) for name, child in value.items() if name in members}
    if kind == "list" and isinstance(value, list):
        return [_request(resource, shape.member, child) for child in value]
    if kind == "map" and isinstance(value, list):
        return {get(pair, "name"): get(pair, "value") for pair in value}
    return value


def request(resource: Resource, value: dict) -> Any:
    """The request to AWS that the operator would make."""
    made = _request(resource, resource.shape(), value.get("spec"))
    if resource.table == "OPERATOR" and isinstance(made, dict):
        # The retired operator makes a name of its own from the object's.
        made.setdefault("TrainingJobName", get(value, "metadata", "name"))
    return made


def own(resource: Resource, problem: Problem) -> Problem:
    """A problem of the request as one of the resource that makes it."""
    shape, keys = resource.shape(), ["spec"]
    for key in problem.keys:
        if shape.type_name == "structure":
            names = {theirs: ours for ours, theirs in _members(resource, shape).items()}
            # A field that is missing may have no name here; its parent will do.
            if key not in names:
                break
            keys.append(names[key])
            shape = shape.members[key]
        else:
            keys.append(key)
            shape = shape.member if shape.type_name == "list" else shape.value
    return Problem(tuple(keys), problem.message)


def against(resource: Resource, value: dict) -> Problems:
    """Where the resource is not what its operator, or then AWS, takes."""
    wrong = list(schema.against(strict_schema(resource), value))
    yield from wrong
    if wrong:
        return
    for problem in aws.against(resource.shape(), request(resource, value)):
        yield own(resource, problem)
    if resource.table == "ACK" and not get(value, "metadata", "annotations", "services.k8s.aws/region"):
        yield Problem(("metadata",), "name the region in the annotation services.k8s.aws/region; the controller's own is a guess")
