"""Features with what goes with their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sapwood import _files, _input, _sapwood
from sapwood._errors import DataError, ParameterError


class Dataset:
    """Features with labels, weights and what else rows have.

    Arrays and frames stay where they are, so do not change them while it is in use.

    Parameters
    ----------
    data : array-like, frame or sparse matrix, of shape (rows, features)
        An array of numbers (NaN is missing), a pandas, polars or pyarrow frame or anything with the Arrow PyCapsule interface,
        or one of scipy's sparse matrices, whose absent values are 0. Columns of texts and categories are categorical.
        Or the path of a file (CSV, Parquet, libsvm, JSON), or a list of paths, where the package was built with what reads
        files: then `label` and all else that goes with rows is the name or the position of a column, and the label is the
        first column, unless it is named.
    label : array-like, of shape (rows,) or (rows, targets), optional
        Numbers, or texts that are classes.
    weight : array-like, of shape (rows,), optional
        How much each row counts. Weight 0 is the same as no row, weight 2 the same as two.
    base_margin : array-like, of shape (rows,) or (rows, outputs), optional
        The margin that each row starts from.
    group : array-like, optional
        The sizes of query groups that follow each other.
    qid : array-like, of shape (rows,), optional
        The query group of each row.
    label_lower_bound, label_upper_bound : array-like, of shape (rows,), optional
        What the label of each row is known to lie between, for `survival:aft`.
    feature_names : sequence of str, optional
        Names of features. Default: those of the frame.
    categorical_features : iterable of str or int, optional
        Features to treat as categorical although their values are numbers.
    params : mapping, optional
        How files are read: `header`, `delimiter`, `missing_values` and the other parameters about reading data.
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        *,
        weight: Any = None,
        base_margin: Any = None,
        group: Any = None,
        qid: Any = None,
        label_lower_bound: Any = None,
        label_upper_bound: Any = None,
        feature_names: Sequence[str] | None = None,
        categorical_features: Iterable[str | int] = (),
        params: Mapping[str, Any] | None = None,
    ) -> None:
        if _files.is_path(data):
            columns = {"label": label, "weight": weight, "base_margin": base_margin, "group": group, "qid": qid}
            columns |= {"label_lower_bound": label_lower_bound, "label_upper_bound": label_upper_bound}
            if feature_names is not None:
                raise TypeError("feature_names: the features of a file are called what the file calls them")
            if group is not None and qid is not None:
                raise TypeError("give either group or qid, the column of query groups")
            self._of_files(_files.read(data, columns, list(categorical_features), params or {}))
            return
        if params:
            raise ParameterError(f"{next(iter(params))} says how files are read, and the data are none")
        self._is_file = False
        features = _input.features(data, feature_names, categorical_features)
        self._features = features
        self._label: np.ndarray | None = None if label is None else _labels(label)
        self._weight: np.ndarray | None = None if weight is None else _input.vector(weight, "weights")
        self._base_margin = None if base_margin is None else _input.margins(base_margin)
        self._groups = _input.group_ids(group, qid, features.rows)
        self._lower, self._upper = (
            None if bound is None else _input.vector(bound, "label bounds") for bound in (label_lower_bound, label_upper_bound)
        )
        if (self._lower is None) != (self._upper is None):
            raise DataError("label_lower_bound and label_upper_bound go together; give both")
        labels = self._label
        self._classes = _classes(labels, self._weight) if labels is not None and labels.dtype.kind == "U" else None
        self._native = self._made(self._classes)

    def _of_files(self, native: _sapwood.Dataset) -> None:
        labels, self._weight, self._base_margin, self._groups, self._classes = native.told_by_files()
        self._label = None if not labels else labels[0] if len(labels) == 1 else np.column_stack(labels)
        self._features = self._native = native
        self._is_file = True

    def _made(self, classes: list[str] | None) -> _sapwood.Dataset:
        """The engine's data set, whose classes are these."""
        labels = self._label
        if labels is None:
            targets = []
        elif labels.dtype.kind == "U":
            if classes is None:
                raise DataError("the labels are texts, and those of the training data are numbers")
            targets = [_codes(labels, classes, self._weight)]
        else:
            if classes is not None:
                raise DataError("the labels are numbers, and those of the training data are texts")
            targets = [labels] if labels.ndim == 1 else list(labels.T.copy())
        return self._with(targets, classes)

    def _with(self, targets: list[np.ndarray], classes: list[str] | None) -> _sapwood.Dataset:
        """The features with these labels, target by target, and all else that goes with rows."""
        return self._features.with_attributes(
            targets, self._weight, self._base_margin, self._groups, self._lower, self._upper, classes
        )

    def _with_classes(self, classes: list[str] | None) -> Dataset:
        """The same where labels are positions among these classes."""
        if classes is not None and self._label is not None:
            self._native = self._with([np.ascontiguousarray(self._label)], classes)
        return self

    @property
    def _named(self) -> bool:
        """Whether features have names that came with the data."""
        return self._features.named

    def _like(self, train: Dataset) -> _sapwood.Dataset:
        """The engine's data set with the classes of the training data."""
        # Files are read again, as they fit the training data.
        return self._native if self._is_file or self._classes == train._classes else self._made(train._classes)

    def num_data(self) -> int:
        """The number of rows."""
        return self._features.rows

    num_row = num_data

    def num_feature(self) -> int:
        """The number of features."""
        return len(self._features.feature_names)

    num_col = num_feature

    @property
    def feature_names(self) -> list[str]:
        """The names of features."""
        return self._features.feature_names

    def get_label(self) -> np.ndarray | None:
        """The labels: of texts, the positions among the classes."""
        if self._classes is not None and self._label is not None and not self._is_file:
            return _codes(self._label, self._classes, self._weight)
        return self._label

    def get_weight(self) -> np.ndarray | None:
        """The weights."""
        return self._weight

    def get_base_margin(self) -> np.ndarray | None:
        """The margins that rows start from."""
        return self._base_margin

    def get_group(self) -> np.ndarray | None:
        """The query group of each row."""
        return self._groups

    def __len__(self) -> int:
        return self.num_data()

    def __repr__(self) -> str:
        return f"Dataset({self.num_data()} rows, {self.num_feature()} features)"


def _labels(label: Any) -> np.ndarray:
    """Labels as doubles, or as texts."""
    array = np.asarray(label)
    if array.dtype.kind == "O":
        missing = [row for row, value in enumerate(array.ravel()) if _input._is_missing(value)]
        if missing:
            raise DataError(f"row {missing[0]} (counted from 0) has no label; leave such rows out")
        if all(isinstance(value, str) for value in array.ravel()):
            array = array.astype(str)
    if array.dtype.kind in "UST":
        if array.ndim == 2 and array.shape[1] == 1:
            array = array.ravel()
        if array.ndim != 1:
            raise DataError("labels of several targets must be numbers, and there are texts")
        return array.astype(str)
    if array.ndim == 2 and array.shape[1] > 1:
        return np.ascontiguousarray(array, dtype=np.float64)
    return _input.vector(array, "labels")


def _classes(labels: np.ndarray, weight: np.ndarray | None) -> list[str]:
    """The classes of rows that have weight, sorted."""
    present = labels if weight is None or len(weight) != len(labels) else labels[weight > 0]
    return [str(label) for label in np.unique(present)]


def _codes(labels: np.ndarray, classes: list[str], weight: np.ndarray | None) -> np.ndarray:
    """The position of each label among the classes."""
    order = np.argsort(np.asarray(classes))
    found = np.asarray(classes)[order]
    at = np.minimum(np.searchsorted(found, labels), len(found) - 1)
    unknown = found[at] != labels
    if weight is not None and len(weight) == len(labels):
        unknown &= weight > 0
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise DataError(f"row {row} (counted from 0): the label {str(labels[row])!r} is none of the classes {', '.join(classes)}")
    return order[at].astype(np.float64)
