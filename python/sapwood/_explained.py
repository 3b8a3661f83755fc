"""What features contribute to the predictions of one output, as plots show it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sapwood import _input
from sapwood._axes import the_booster

# Rows that are asked which feature interacts with another.
_INTERACTION_ROWS = 100


class Explained(NamedTuple):
    """Contributions of shape (rows, features), what each row begins with, and what the features are."""

    values: np.ndarray
    base: np.ndarray
    columns: list[Any]
    names: list[str]


def explained(model: Any, data: Any, output: int | str | None) -> Explained:
    """Contributions to one output of all rows."""
    booster = the_booster(model)
    told = booster.predict(data, contributions=True)
    told = told[:, _output(booster, output)] if told.ndim == 3 else told
    columns = _input.shown(data, booster.feature_name() if booster._native.named else None)
    return Explained(told[:, :-1], told[:, -1], columns, booster.feature_name())


def _output(booster: Any, output: int | str | None) -> int:
    count, classes = booster._native.num_outputs, booster.classes or []
    if output is None:
        named = f": {', '.join(classes)}" if classes else ""
        raise ValueError(f"the model has {count} outputs{named}; say which one by output=…")
    if isinstance(output, str):
        if output not in classes:
            raise ValueError(f"there is no class {output!r}; there are {', '.join(classes)}")
        return classes.index(output)
    if not 0 <= output < count:
        raise ValueError(f"there is no output {output}; there are {count}, counted from 0")
    return output


def of_output(model: Any, output: int | str | None) -> str:
    """Which output it is, in words."""
    if output is None:
        return ""
    classes = the_booster(model).classes
    return f" of {classes[output] if classes and isinstance(output, int) else output}"


def position_of(feature: int | str, names: list[str]) -> int:
    """The position of a feature that is named or counted."""
    if isinstance(feature, str):
        if feature not in names:
            raise ValueError(f"there is no feature {feature!r}; there are {', '.join(names[:20])}")
        return names.index(feature)
    if not 0 <= feature < len(names):
        raise ValueError(f"there is no feature {feature}; there are {len(names)}, counted from 0")
    return feature


def interacting(model: Any, data: Any, feature: int, output: int | str | None) -> int | None:
    """The feature that interacts most with another, in rows that are spread over all."""
    booster = the_booster(model)
    rows = data.shape[0] if hasattr(data, "shape") else len(data)
    chosen = np.unique(np.linspace(0, rows - 1, min(rows, _INTERACTION_ROWS)).astype(int))
    pairs = booster.predict(_rows(data, chosen), interactions=True)
    pairs = pairs[:, _output(booster, output)] if pairs.ndim == 4 else pairs
    strength = np.abs(pairs[:, feature, :-1]).mean(axis=0)
    strength[feature] = 0.0
    return int(strength.argmax()) if strength.any() else None


def _rows(data: Any, chosen: np.ndarray) -> Any:
    if hasattr(data, "iloc"):
        return data.iloc[chosen]
    if hasattr(data, "take") and not isinstance(data, np.ndarray):
        return data.take(chosen)
    if _input.is_sparse(data):
        return data.tocsr()[chosen]
    return np.asarray(data)[chosen] if not _input.is_frame(data) else data[chosen]
