"""Requests to AWS against the service models that botocore ships.

botocore's own validator knows names, types and least lengths, but neither enumerations nor patterns nor greatest values; `_limits` does.
"""

from __future__ import annotations

import functools
from typing import Any

import botocore.session
import regex
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

from .problems import Problem, Problems

SERVICES = ("sagemaker", "fsx", "ec2", "ecr", "s3", "iam", "sts", "logs", "cloudwatch", "eks", "kms")


@functools.lru_cache(maxsize=None)
def service(name: str) -> ServiceModel:
    """A service's model."""
    return botocore.session.get_session().get_service_model(name)


def operation(command: str) -> OperationModel | None:
    """The operation that the AWS command line calls `command`, such as create-training-job."""
    for name in ("sagemaker", "fsx", "ec2"):
        for candidate in service(name).operation_names:
            if xform_name(candidate, "-") == command:
                return service(name).operation_model(candidate)
    return None


def against(shape: Shape, value: Any) -> Problems:
    """Where `value` is not what `shape` takes."""
    if not isinstance(value, dict):
        yield Problem((), "must be an object")
        return
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        yield from (Problem((), line) for line in report.generate_report().splitlines())
    yield from _limits(shape, value)


def _limits(shape: Shape, value: Any) -> Problems:
    """What botocore leaves unchecked. Values of a wrong type are its business and passed over here."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, child in value.items():
            if name in shape.members:
                yield from (problem.under(name) for problem in _limits(shape.members[name], child))
    elif kind == "list" and isinstance(value, list):
        yield from _size(shape, len(value), "items")
        for position, child in enumerate(value):
            yield from (problem.under(position) for problem in _limits(shape.member, child))
    elif kind == "map" and isinstance(value, dict):
        yield from _size(shape, len(value), "entries")
        for name, child in value.items():
            yield from (Problem((name,), f"the key: {problem.message}") for problem in _limits(shape.key, name))
            yield from (problem.under(name) for problem in _limits(shape.value, child))
    elif kind == "string" and isinstance(value, str):
        yield from _text(shape, value)
    elif kind in ("integer", "long", "float", "double") and isinstance(value, (int, float)):
        yield from _size(shape, value, "")


def _size(shape: Shape, size: float, unit: str) -> Problems:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield Problem((), f"{size} {unit}".rstrip() + f" where at least {least} must be")
    if most is not None and size > most:
        yield Problem((), f"{size} {unit}".rstrip() + f" where at most {most} may be")


def _text(shape: Shape, text: str) -> Problems:
    if shape.enum and text not in shape.enum:
        shown = ", ".join(shape.enum[:12]) + (", …" if len(shape.enum) > 12 else "")
        yield Problem((), f"'{text}' is none of {shown}")
    yield from _size(shape, len(text), "characters")
    pattern = shape.metadata.get("pattern")
    if pattern and not regex.fullmatch(pattern, text):
        yield Problem((), f"'{text}' does not match {pattern}")
