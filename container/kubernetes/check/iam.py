"""IAM policies: the grammar of the documents, and whether the actions in them exist."""

from __future__ import annotations

import functools
import re
from typing import Any

from . import aws, schema
from .problems import Problem, Problems, get

STRING_OR_STRINGS = {"anyOf": [schema.STRING, {**schema.array(schema.STRING), "minItems": 1}]}
CONDITIONS = [
    f"{name}{suffix}"
    for name in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnEquals", "ArnLike", "Bool", "Null", "IpAddress",
                 "NumericLessThanEquals", "NumericGreaterThanEquals")
    for suffix in ("", "IfExists")
]
STATEMENT = schema.closed(
    ["Effect", "Action"],
    Sid={"type": "string", "pattern": "^[A-Za-z0-9]*$"},
    Effect=schema.one_of("Allow", "Deny"),
    Principal={"anyOf": [{"const": "*"}, schema.closed(AWS=STRING_OR_STRINGS, Service=STRING_OR_STRINGS, Federated=STRING_OR_STRINGS)]},
    Action=STRING_OR_STRINGS,
    Resource=STRING_OR_STRINGS,
    Condition=schema.closed(**{name: {"type": "object", "additionalProperties": STRING_OR_STRINGS} for name in CONDITIONS}),
)
POLICY = schema.closed(
    ["Version", "Statement"], Version={"const": "2012-10-17"}, Id=schema.STRING, Statement={**schema.array(STATEMENT), "minItems": 1},
)
# Permissions that are not the name of an operation.
NOT_OPERATIONS = {"iam:PassRole", "s3:ListBucket", "s3:GetBucketLocation", "s3:AbortMultipartUpload", "sts:TagSession"}
CONDITION_KEYS = {
    "aws:SourceAccount", "aws:SourceArn", "aws:PrincipalOrgID", "iam:PassedToService", "cloudwatch:namespace", "sagemaker:FileSystemId",
    "sagemaker:FileSystemType", "sagemaker:FileSystemAccessMode", "sagemaker:FileSystemDirectoryPath", "sagemaker:VpcSubnets",
    "sagemaker:VpcSecurityGroupIds",
}
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(|\*|aws|[0-9]{12}):.+")


@functools.lru_cache(maxsize=None)
def _operations(prefix: str) -> frozenset[str]:
    return frozenset(aws.service(prefix).operation_names) if prefix in aws.SERVICES else frozenset()


def _strings(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def against(value: Any, trust: bool) -> Problems:
    """Where a policy is not well-formed; `trust`: of a role, saying who may take it, and not what it may do."""
    wrong = list(schema.against(POLICY, value))
    yield from wrong
    if wrong:
        return
    for position, statement in enumerate(value["Statement"]):
        needed, other = ("Principal", "Resource") if trust else ("Resource", "Principal")
        keys = ("Statement", position)
        if needed not in statement or other in statement:
            yield Problem(keys, f"a {'trust' if trust else 'permission'} policy's statement has {needed} and no {other}")
        for action in _strings(statement["Action"]):
            yield from (Problem((*keys, "Action"), message) for message in _action(action))
        for arn in _strings(get(statement, "Resource")):
            if arn != "*" and not ARN.fullmatch(arn):
                yield Problem((*keys, "Resource"), f"'{arn}' is no ARN")
        for operator, tests in (get(statement, "Condition") or {}).items():
            for key in set(tests) - CONDITION_KEYS:
                yield Problem((*keys, "Condition", operator), f"'{key}' is no condition key that this check knows")


def _action(action: str) -> list[str]:
    prefix, _, name = action.partition(":")
    if "*" in action:
        return [f"'{action}' allows more than it names; list the actions"]
    if action in NOT_OPERATIONS or name in _operations(prefix):
        return []
    return [f"there is no action '{action}'"]
