"""JSON Schema: strict ones, and their errors as problems."""

from __future__ import annotations

from typing import Any

import jsonschema

from .problems import Problem, Problems

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
BOOLEAN = {"type": "boolean"}
STRINGS = {"type": "object", "additionalProperties": STRING}


def array(items: dict) -> dict:
    """An array of `items`."""
    return {"type": "array", "items": items}


def one_of(*names: str) -> dict:
    """One of these strings."""
    return {"type": "string", "enum": list(names)}


def closed(required: list[str] | None = None, **properties: dict) -> dict:
    """An object with these properties and no other."""
    return {"type": "object", "properties": properties, "additionalProperties": False, "required": required or []}


METADATA = closed(["name"], name=STRING, namespace=STRING, labels=STRINGS, annotations=STRINGS)


def resource(api_version: str, kind: str, metadata: dict = METADATA, **properties: dict) -> dict:
    """A Kubernetes object with these properties beside the usual three, all of them required."""
    return closed(
        ["apiVersion", "kind", "metadata", *(name for name in properties if name == "spec")],
        apiVersion={"const": api_version}, kind={"const": kind}, metadata=metadata, **properties,
    )


def against(schema: dict, value: Any) -> Problems:
    """Where `value` is not as `schema` has it."""
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        yield Problem(tuple(error.absolute_path), error.message)
