"""Parameters, by the engine's one table of them."""

from __future__ import annotations

import difflib
import functools
import json
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from sapwood import _sapwood

logger = logging.getLogger("sapwood")


@functools.cache
def table() -> dict[str, dict[str, Any]]:
    """The rows of all parameters, by name."""
    return {row["name"]: row for row in json.loads(_sapwood.params_table())}


@functools.cache
def names() -> dict[str, str]:
    """The table's name for every name and alias."""
    return {name: row["name"] for row in table().values() for name in (row["name"], *row["aliases"])}


def canonical(name: str) -> str:
    """The table's name for a name, or the name itself where the table does not know it: the engine refuses it with a hint."""
    return names().get(name, name)


def nearest(name: str) -> str:
    """A hint at the known name that is nearest to an unknown one."""
    found = difflib.get_close_matches(name, names(), 1)
    return f"; did you mean {found[0]}?" if found else ""


def text(value: Any) -> str | None:
    """A value as the engine reads it; `None` for what is not given."""
    if value is None:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, set | frozenset):
        value = sorted(value)
    return json.dumps(value, default=lambda item: item.item() if isinstance(item, np.generic) else str(item))


def pairs(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and texts of all parameters that are given."""
    texts = ((name, text(value)) for name, value in params.items())
    return [(name, value) for name, value in texts if value is not None]


def log_notes(notes: list[str]) -> None:
    """Tells what has no effect and cannot change the result."""
    for note in notes:
        logger.info(note)
