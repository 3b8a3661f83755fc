"""Rows as files: Parquet as Sapwood's users would have them (categories as texts, the label as a column), libsvm for sparse rows."""

from pathlib import Path
from typing import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.dataset  # noqa: F401  Reading Parquet imports it, and imports are not to be timed.
import pyarrow.parquet as pa_parquet
from scipy.sparse import issparse

from sets import Features, Rows, Task, categorical, read_libsvm

LABEL = "label to learn"

# Reads the rows of a file; texts become the categories that earlier rows have, if they are given.
Reader = Callable[[Path, Features | None], Rows]


def write(directory: Path, name: str, features: Features, label: np.ndarray | None = None) -> Path:
    """Writes rows to a file of that name and returns its path. Rows to predict need no label."""
    if issparse(features):
        from sklearn.datasets import dump_svmlight_file

        path = directory / f"{name}.libsvm"
        dump_svmlight_file(features, np.zeros(features.shape[0]) if label is None else label, str(path), zero_based=False)
        return path
    path = directory / f"{name}.parquet"
    texts = dict.fromkeys(categorical(features), "str")
    frame = features.astype(texts) if texts else features
    frame = frame if label is None else frame.assign(**{LABEL: label})
    frame.to_parquet(path, index=False)
    return path


def reader(task: Task) -> Reader:
    """What reads files of a set. It has imported what it needs."""
    if task.sparse:
        import sklearn.datasets  # noqa: F401  What reads libsvm.

        return lambda path, _like=None: Rows(task.objective, task.classes, *read_libsvm(path, task.features))

    def read_parquet(path: Path, like: Features | None = None) -> Rows:
        frame = pa_parquet.read_table(path, read_dictionary=list(task.categorical)).to_pandas()
        for column in task.categorical:
            texts = frame[column].cat
            frame[column] = texts.set_categories(sorted(texts.categories) if like is None else like[column].cat.categories)
        label = frame.pop(LABEL).to_numpy()
        return Rows(task.objective, task.classes, frame, label)

    return read_parquet


def write_predictions(predictions: np.ndarray, path: Path) -> None:
    """Writes CSV with pyarrow: pandas takes longer for it than some trainers for predicting."""
    columns = predictions.reshape(len(predictions), -1).T
    table = pa.table([pa.array(column) for column in columns], names=[str(number) for number in range(len(columns))])
    pa_csv.write_csv(table, path, pa_csv.WriteOptions(include_header=False))


def read_predictions(path: Path) -> np.ndarray:
    """A value a row, or an array of them if there are several."""
    values = pd.read_csv(path, header=None).to_numpy(np.float64)
    return values[:, 0] if values.shape[1] == 1 else values
