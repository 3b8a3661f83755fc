"""From what people have their data in to the engine's data sets."""

from __future__ import annotations

import datetime
import decimal
import numbers
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sapwood import _sapwood
from sapwood._errors import DataError, SchemaError

Column = _sapwood.Column

# Integers beyond this are not all doubles.
_LARGEST_INTEGER = 1 << 53


def native_dataset(data: Any, *, base_margin: Any = None, as_columns: bool = False) -> _sapwood.Dataset:
    """Features to predict, with the margins that rows start from. As columns, numbers of an array may be levels."""
    native = getattr(data, "_native", None)
    if isinstance(native, _sapwood.Dataset):
        if base_margin is not None:
            raise TypeError("give base_margin to the Dataset")
        return native
    native = features(data, as_columns=as_columns)
    if base_margin is not None:
        native = native.with_attributes([], base_margin=margins(base_margin))
    return native


def features(
    data: Any,
    feature_names: Sequence[str] | None = None,
    categorical_features: Iterable[str | int] = (),
    *,
    as_columns: bool = False,
) -> _sapwood.Dataset:
    """The features of `data`, which stay where they are as far as possible."""
    categorical = list(categorical_features)
    if is_sparse(data):
        if categorical:
            raise SchemaError("categorical_features: the features of sparse matrices are numbers; give an array or a frame")
        return _of_sparse(data, feature_names)
    columns, named = _columns(data)
    if columns is None:
        array = _matrix(data)
        if isinstance(array, np.ndarray) and not categorical and not as_columns:
            return _sapwood.Dataset.of_matrix(array, _strings(feature_names))
        columns = array if isinstance(array, list) else [(f"f{i}", array[:, i]) for i in range(array.shape[1])]
        named = False
    if feature_names is not None:
        if len(feature_names) != len(columns):
            raise SchemaError(f"{len(feature_names)} names for {len(columns)} features; there must be one for each")
        columns = [(str(name), values) for name, (_, values) in zip(feature_names, columns, strict=True)]
        named = True
    chosen = _positions(categorical, [name for name, _ in columns])
    made = [_column(name, values, index in chosen) for index, (name, values) in enumerate(columns)]
    return _sapwood.Dataset.of_columns(made, named)


def shown(data: Any, names: Sequence[str] | None = None) -> list[Any]:
    """The columns for people to look at, as doubles or texts: in the order of `names`, where they have names themselves."""
    if isinstance(getattr(data, "_native", None), _sapwood.Dataset):
        raise TypeError("a Dataset has no values to show; give the frame or the array that it was made of")
    columns, named = _columns(data.toarray() if is_sparse(data) else data)
    if columns is None:
        array = _matrix(data.toarray() if is_sparse(data) else data)
        columns = array if isinstance(array, list) else [(f"f{i}", array[:, i]) for i in range(array.shape[1])]
    if named and names is not None:
        by_name = dict(columns)
        columns = [(name, by_name[name]) for name in names]
    return [_column(name, values, False).shown() for name, values in columns]


def refuse_repeated_names(data: Any) -> None:
    """Refuses pandas' frames with two columns of one name."""
    if _is_pandas_frame(data) and not data.columns.is_unique:
        twice = data.columns[data.columns.duplicated()][0]
        raise SchemaError(f'there are two columns "{twice}"; rename one')


def plain(values: Any) -> Any:
    """Labels without pandas' own types of numbers, none of which may be missing."""
    numpy_dtype = getattr(getattr(values, "dtype", None), "numpy_dtype", None)
    if isinstance(numpy_dtype, np.dtype) and numpy_dtype.kind in "iufb":
        if values.isna().any():
            raise DataError("Input y contains NaN: a row has no label; leave such rows out")
        return values.to_numpy(dtype=numpy_dtype)
    return values


def is_frame(data: Any) -> bool:
    """Whether data have columns of types of their own."""
    return _is_pandas_frame(data) or hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def is_sparse(data: Any) -> bool:
    """Whether data are one of scipy's sparse matrices or arrays."""
    return hasattr(data, "tocsc") and hasattr(data, "nnz")


def vector(values: Any, what: str, dtype: Any = np.float64) -> np.ndarray:
    """One number a row."""
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.ravel()
    if array.ndim != 1:
        raise DataError(f"{what} must be one number a row, and have {array.ndim} dimensions")
    try:
        return np.ascontiguousarray(array, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} must be numbers: {error}") from None


def margins(values: Any) -> np.ndarray:
    """One number a row, or one for each row and output, row by row."""
    array = np.asarray(values)
    return vector(array.ravel() if array.ndim == 2 else array, "base margins")


def group_ids(group: Any, qid: Any, rows: int) -> np.ndarray | None:
    """The query group of each row, from the sizes of groups that follow each other, or from an identifier a row."""
    if group is not None and qid is not None:
        raise TypeError("give either group (sizes of groups that follow each other) or qid (an identifier a row)")
    if group is not None:
        sizes = vector(group, "sizes of groups", np.int64)
        if (sizes < 0).any() or sizes.sum() != rows:
            raise DataError(
                f"the sizes of groups add up to {sizes.sum()}, and there are {rows} rows; qid takes an identifier a row"
            )
        return np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    if qid is None:
        return None
    ids = np.asarray(qid)
    if ids.ndim != 1 or len(ids) != rows:
        raise DataError(f"qid must have one value a row: {rows}, and has {ids.size}")
    if ids.dtype.kind in "iu" and (len(ids) == 0 or ids.min() >= 0):
        return ids.astype(np.uint64)
    return np.unique(ids, return_inverse=True)[1].astype(np.uint64)


def _strings(names: Iterable[Any] | None) -> list[str] | None:
    return None if names is None else [str(name) for name in names]


def _positions(chosen: list[str | int], names: list[str]) -> set[int]:
    """The positions of features that are given by name or position."""
    positions = set()
    for feature in chosen:
        if isinstance(feature, str):
            if feature not in names:
                raise SchemaError(f"categorical_features: there is no feature {feature!r}")
            positions.add(names.index(feature))
        else:
            if not -len(names) <= feature < len(names):
                raise SchemaError(f"categorical_features: there is no feature {feature}, there are {len(names)}")
            positions.add(int(feature) % len(names))
    return positions


def _of_sparse(data: Any, feature_names: Sequence[str] | None) -> _sapwood.Dataset:
    matrix = data.tocsc()
    if matrix.dtype.kind not in "fiub":
        raise DataError(f"a sparse matrix of {matrix.dtype} holds no numbers")
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    starts, places = (np.asarray(array, dtype=np.int64) for array in (matrix.indptr, matrix.indices))
    values = np.ascontiguousarray(matrix.data, dtype=np.float64)
    return _sapwood.Dataset.of_sparse(matrix.shape[0], starts, places, values, _strings(feature_names))


def _matrix(data: Any) -> np.ndarray | list[tuple[str, Any]]:
    """An array of numbers of two dimensions as the native part reads it, or its columns where they are no numbers."""
    array = np.asarray(data)
    if array.ndim != 2:
        hint = "; give one row as data.reshape(1, -1)" if array.ndim == 1 else ""
        raise DataError(f"the data must have two dimensions, rows and features, and have {array.ndim}{hint}")
    kind = array.dtype.kind
    if kind == "f":
        if array.dtype.itemsize not in (4, 8):
            return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
        return _readable(array)
    if kind in "iub":
        return _readable(array)
    if kind in "OUSMT":
        return [(f"f{i}", array[:, i]) for i in range(array.shape[1])]
    raise DataError(f"an array of {array.dtype} holds no numbers")


def _readable(array: np.ndarray) -> np.ndarray:
    """The array, or a copy where it lies in the byte order of another machine, or off its type's alignment."""
    steps = [step % array.dtype.itemsize for step in array.strides]
    if array.dtype.isnative and array.flags.aligned and not any(steps):
        return array
    return array.astype(array.dtype.newbyteorder("="), copy=True)


def _is_pandas_frame(data: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _columns(data: Any) -> tuple[list[tuple[str, Any]] | None, bool]:
    """The columns of a frame with their names, and whether these are names: none where the data are no frame."""
    if _is_pandas_frame(data):
        texts = [isinstance(name, str) for name in data.columns]
        if any(texts) and not all(texts):
            raise SchemaError(
                "some columns have texts as names and some have not; make all of them texts (df.columns.astype(str))"
            )
        named = all(texts) and len(texts) > 0
        names = [name if named else f"f{index}" for index, name in enumerate(data.columns)]
        return [(name, data.iloc[:, index]) for index, name in enumerate(names)], named
    if isinstance(data, Mapping):
        return [(str(name), np.asarray(values)) for name, values in data.items()], True
    if type(data).__name__ == "LazyFrame":
        raise SchemaError("a LazyFrame has no rows yet; give data.collect()")
    if hasattr(data, "__arrow_c_stream__"):
        return [(column.name, column) for column in _sapwood.arrow_stream_columns(data.__arrow_c_stream__())], True
    if hasattr(data, "__arrow_c_array__"):
        return [(column.name, column) for column in _sapwood.arrow_array_columns(*data.__arrow_c_array__())], True
    return None, False


def _column(name: str, values: Any, categorical: bool) -> Column:
    """A column in the engine's terms."""
    if isinstance(values, Column):
        return values.as_categorical() if categorical else values
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(values, pandas.Series):
        column = _pandas_column(name, values)
    else:
        column = _array_column(name, values)
    return column.as_categorical() if categorical else column


def _array_column(name: str, values: np.ndarray) -> Column:
    kind = values.dtype.kind
    if kind in "iu" or (kind == "f" and values.dtype.itemsize in (4, 8)):
        return Column.numeric(name, values.astype(values.dtype.newbyteorder("="), copy=False))
    if kind == "f":
        return Column.numeric(name, values.astype(np.float64))
    if kind == "b":
        return Column.boolean(name, values)
    if kind == "M":
        return _datetime_column(name, values)
    if kind in "UST":
        levels, codes = np.unique(values.astype(str), return_inverse=True)
        return Column.categorical(name, codes.astype(np.int64), levels.tolist())
    if kind == "O":
        return _object_column(name, values)
    raise SchemaError(
        f"column {name} is of the type {values.dtype}, which holds no numbers, texts or times; convert it or leave it out"
    )


def _datetime_column(name: str, values: np.ndarray) -> Column:
    times = values.astype("datetime64[us]")
    microseconds = times.astype(np.int64).astype(np.float64)
    microseconds[np.isnat(times)] = np.nan
    return Column.datetime(name, microseconds)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ in ("NAType", "NaTType")


def _object_column(name: str, values: np.ndarray) -> Column:
    """A column of Python's objects: all texts, all truth values or all numbers, but for those that are missing."""
    present = np.fromiter((not _is_missing(value) for value in values), dtype=bool, count=len(values))
    types = set(map(type, values[present]))
    if all(issubclass(kind, str) for kind in types) and types:
        levels, inverse = np.unique(values[present].astype(str), return_inverse=True)
        codes = np.full(len(values), -1, dtype=np.int64)
        codes[present] = inverse
        return Column.categorical(name, codes, levels.tolist())
    if all(issubclass(kind, bool | np.bool_) for kind in types) and types:
        return Column.boolean(name, _numbers(name, values, present))
    if all(issubclass(kind, datetime.datetime) for kind in types) and types:
        times = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
        times[present] = values[present].astype("datetime64[us]")
        return _datetime_column(name, times)
    if all(issubclass(kind, datetime.date) for kind in types) and not types & {datetime.datetime} and types:
        days = np.full(len(values), np.nan)
        days[present] = values[present].astype("datetime64[D]").astype(np.int64)
        return Column.date(name, days)
    if all(issubclass(kind, numbers.Real | np.number | bool | np.bool_ | decimal.Decimal) for kind in types):
        return Column.numeric(name, _numbers(name, values, present))
    found = ", ".join(sorted(kind.__name__ for kind in types))
    raise SchemaError(f"column {name} holds values of the types {found}; make all of them numbers, or all of them texts")


def _numbers(name: str, values: np.ndarray, present: np.ndarray) -> np.ndarray:
    made = np.full(len(values), np.nan)
    made[present] = values[present].astype(np.float64)
    for row in np.flatnonzero(present & (np.abs(made) > _LARGEST_INTEGER)):
        if isinstance(values[row], numbers.Integral) and abs(int(values[row])) > _LARGEST_INTEGER:
            raise DataError(
                f"row {row} (counted from 0), column {name}: an integer beyond 2^53, which no double has exactly; "
                "make it categorical, or scale it"
            )
    return made


def _pandas_column(name: str, series: Any) -> Column:
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _category_column(name, series.cat.codes.to_numpy(), dtype.categories)
    if isinstance(dtype, pd.ArrowDtype):
        return _sapwood.arrow_stream_column(name, series.array.__arrow_array__().__arrow_c_stream__())
    if isinstance(dtype, pd.SparseDtype):
        return _array_column(name, series.sparse.to_dense().to_numpy())
    if isinstance(dtype, np.dtype):
        return _array_column(name, series.to_numpy())
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _datetime_column(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    if isinstance(dtype, pd.StringDtype):
        codes, levels = pd.factorize(series)
        return Column.categorical(name, codes.astype(np.int64), [str(level) for level in levels])
    if isinstance(dtype, pd.BooleanDtype):
        return Column.boolean(name, series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_integer_dtype(dtype):
        present = series.notna().to_numpy()
        return Column.numeric(name, _numbers(name, series.to_numpy(dtype=object, na_value=None), present))
    if pd.api.types.is_float_dtype(dtype):
        return Column.numeric(name, series.to_numpy(dtype=np.float64, na_value=np.nan))
    raise SchemaError(f"column {name} is of the type {dtype}, which holds no numbers, texts or times; convert it or leave it out")


def _category_column(name: str, codes: np.ndarray, categories: Any) -> Column:
    codes = codes.astype(np.int64)
    kind = categories.dtype.kind
    if kind == "b":
        return Column.categorical(name, codes, ["true" if level else "false" for level in categories])
    is_exact = kind == "f" or (kind in "iu" and (len(categories) == 0 or max(map(abs, categories)) <= _LARGEST_INTEGER))
    if is_exact:
        return Column.categorical_numbers(name, codes, [float(level) for level in categories])
    return Column.categorical(name, codes, [str(level) for level in categories])
