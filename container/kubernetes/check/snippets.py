"""Python beside the requests: it must compile, call only what boto3 has, and give hyperparameters that the trainer takes."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any, Iterator

from botocore import xform_name

from . import aws, doctor

FOLDER = "container/sagemaker"
REQUEST = "create-training-job.s3.json"


def against(root: Path, sapwood: Path) -> list[str]:
    """Everything wrong with the snippets, one line each."""
    return [line for path in sorted((root / FOLDER).glob("*.py")) for line in _against(root, path, sapwood)]


def _against(root: Path, path: Path, sapwood: Path) -> Iterator[str]:
    name = path.relative_to(root)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        yield f"{name}:{error.lineno}:{error.offset}: {error.msg}"
        return
    operations = {xform_name(one) for one in aws.service("sagemaker").operation_names} | {"get_waiter"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", None) == "sagemaker":
            if node.func.attr not in operations:
                yield f"{name}:{node.lineno}:{node.col_offset + 1}: boto3's client has no {node.func.attr}"
        if isinstance(node, ast.Call):
            for keyword in (one for one in node.keywords if one.arg == "hyperparameters"):
                yield from _judged(name, keyword, json.loads((root / FOLDER / REQUEST).read_text(encoding="utf-8")), sapwood)


def _judged(name: Path, keyword: ast.keyword, request: Any, sapwood: Path) -> Iterator[str]:
    # The SDK sends every value as a string.
    request["HyperParameters"] = {key: str(value) for key, value in ast.literal_eval(keyword.value).items()}
    for finding in doctor.findings(sapwood, [json.dumps(request)])[0]:
        yield f"{name}:{keyword.value.lineno}:1: {finding['message']}"
