"""What a check finds: where it is, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Iterator

from .documents import Keys


@dataclass(frozen=True)
class Problem:
    """Something wrong with the value at `keys`."""

    keys: Keys
    message: str

    def under(self, *prefix: Any) -> "Problem":
        """The same problem, seen from a value that holds this one at `prefix`."""
        return Problem((*prefix, *self.keys), self.message)


Problems = Iterator[Problem]


def path(keys: Keys) -> str:
    """As people write it: spec.rules[0].action."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".") or "the document"


def values(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every value inside `value`, itself first, with the way to it."""
    yield keys, value
    children: Iterable = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from values(child, (*keys, key))


def get(value: Any, *keys: Any) -> Any:
    """The value at `keys`, or None where there is none."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def listed(value: Any, *keys: Any) -> list:
    """The list at `keys`; empty where there is none. Whether it ought to be a list is for a schema to say."""
    found = get(value, *keys)
    return found if isinstance(found, list) else []


def mapped(value: Any, *keys: Any) -> dict:
    """The mapping at `keys`; empty where there is none."""
    found = get(value, *keys)
    return found if isinstance(found, dict) else {}
