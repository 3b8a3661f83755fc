"""Paths of files in the place of data in memory, where the package was built with what reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from sapwood import _params, _sapwood

# The parameters that name the columns which say what goes with rows.
_COLUMNS = {
    "label": "label_column",
    "weight": "weight_column",
    "base_margin": "base_margin_column",
    "group": "group_column",
    "qid": "group_column",
    "label_lower_bound": "label_lower_bound_column",
    "label_upper_bound": "label_upper_bound_column",
}


def is_path(data: Any) -> bool:
    """Whether data are named by a path, or by several."""
    if isinstance(data, list | tuple):
        return len(data) > 0 and all(isinstance(path, str | os.PathLike) for path in data)
    return isinstance(data, str | os.PathLike)


def paths(data: Any) -> list[str]:
    """The paths that name data."""
    return [os.fspath(path) for path in data] if isinstance(data, list | tuple) else [os.fspath(data)]


def read(data: Any, columns: Mapping[str, Any], categorical: list[Any], params: Mapping[str, Any]) -> _sapwood.Dataset:
    """The rows of files. `columns` say which of them are no features, by name or position."""
    given = dict(params)
    for name, column in columns.items():
        if column is None:
            continue
        listed = column if isinstance(column, list | tuple) else [column]
        if not all(isinstance(item, str | int | np.integer) and not isinstance(item, bool) for item in listed):
            raise TypeError(f"{name}: what goes with the rows of a file is in a column of it; give the column's name or position")
        given[_COLUMNS[name]] = [str(item) for item in listed] if listed is column else str(column)
    if categorical:
        given["categorical_features"] = [str(feature) for feature in categorical]
    return _sapwood.Dataset.of_files(paths(data), _params.pairs(given))
