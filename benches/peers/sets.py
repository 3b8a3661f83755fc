"""The data sets that trainers are compared on, as pandas frames, and how each is split."""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, issparse, vstack

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "datasets" / "data"
MANIFEST = tomllib.loads((ROOT / "datasets" / "manifest.toml").read_text())

# Options of scripts/generate-data, by the end of the name of the directory that it fills.
SHAPES = {
    "": [],
    "rare": ["--positives 0.02"],
    "categories": ["--categorical 2 --levels 200"],
    "classes": ["--categorical 24 --classes 8"],
}

# A split is (training rows, test rows).
Split = tuple[np.ndarray, np.ndarray]
# Columns, categorical ones as pandas categories; or a sparse matrix.
Features = pd.DataFrame | csr_matrix


@dataclass(frozen=True)
class Task:
    """What is to be learnt, and from what kind of columns."""

    objective: str
    classes: int
    features: int
    categorical: list[str]
    sparse: bool


@dataclass(frozen=True)
class Rows:
    """Some rows of a set: what a trainer is given."""

    objective: str
    classes: int
    features: Features
    label: np.ndarray


@dataclass
class DataSet:
    """Rows of features with numeric labels."""

    name: str
    objective: str
    classes: int
    features: Features
    label: np.ndarray
    # Rows with the same number stay together: either all train or all test.
    units: np.ndarray
    # The split that the set comes with.
    own_split: Split

    @property
    def task(self) -> Task:
        return Task(self.objective, self.classes, self.features.shape[1], categorical(self.features), issparse(self.features))

    def rows(self, numbers: np.ndarray) -> Rows:
        features = self.features[numbers] if issparse(self.features) else self.features.iloc[numbers]
        return Rows(self.objective, self.classes, features, self.label[numbers])


def categorical(features: Features) -> list[str]:
    """The names of the categorical columns."""
    return [] if issparse(features) else [name for name, kind in features.dtypes.items() if kind == "category"]


def load(name: str) -> DataSet:
    """A set of datasets/manifest.toml, training and test rows together."""
    entry = MANIFEST[name]
    if "train.libsvm" in entry["files"]:
        return _load_sparse(name, entry)
    train, test = (_read(DATA / name, part) for part in ("train", "test"))
    frame = pd.concat([train, test], ignore_index=True)
    label = frame.pop(entry["label"])
    if label.dtype.kind not in "iuf":
        # As Sapwood maps texts: in sorted order.
        label = label.astype("category").cat.codes
    for column in entry["categorical"]:
        frame[column] = frame[column].astype("category")
    rows = np.arange(len(frame))
    # Flights of one day share weather and trouble; split by rows, the test days would be known from training.
    units = pd.factorize(frame["month"] * 100 + frame["day"])[0] if name in ("nycflights13", "flights3m") else rows
    classes = int(label.max()) + 1 if entry["objective"].startswith("multi:") else 1
    split = (rows[: len(train)], rows[len(train) :])
    return DataSet(name, entry["objective"], classes, frame, label.to_numpy(np.float64), units, split)


def _load_sparse(name: str, entry: dict) -> DataSet:
    paths = [DATA / name / f"{part}.libsvm" for part in ("train", "test")]
    if not all(path.exists() for path in paths):
        _missing(DATA / name)
    (train, train_label), (test, test_label) = (read_libsvm(path, entry["features"]) for path in paths)
    rows = np.arange(len(train_label) + len(test_label))
    split = (rows[: len(train_label)], rows[len(train_label) :])
    return DataSet(name, entry["objective"], 1, vstack([train, test], format="csr"), np.concatenate([train_label, test_label]), rows, split)


def read_libsvm(path: Path, features: int) -> tuple[csr_matrix, np.ndarray]:
    """Features and label of a file whose indices count from 1."""
    from sklearn.datasets import load_svmlight_file

    found, label = load_svmlight_file(str(path), n_features=features, dtype=np.float32, zero_based=False)
    # CatBoost takes no others.
    indices, starts = found.indices.astype(np.int32), found.indptr.astype(np.int32)
    return csr_matrix((found.data, indices, starts), found.shape), label.astype(np.float64)


def synthetic(rows: int, features: int, shape: str = "") -> DataSet:
    """A set that scripts/generate-data made, with the options of a shape."""
    directory = DATA / "-".join(filter(None, [f"synthetic-{rows}x{features}", shape]))
    train, test = (_read(directory, part) for part in ("train", "test"))
    frame = pd.concat([train, test], ignore_index=True)
    label = frame.pop("label").to_numpy(np.float64)
    for column in frame.columns[[kind.kind not in "iuf" for kind in frame.dtypes]]:
        frame[column] = frame[column].astype("category")
    order = np.arange(len(frame))
    objective, classes = ("multi:softprob", int(label.max()) + 1) if label.max() > 1 else ("binary:logistic", 1)
    return DataSet(directory.name, objective, classes, frame, label, order, (order[: len(train)], order[len(train) :]))


def splits(data: DataSet, count: int) -> list[Split]:
    """`count` fixed splits: each with a fifth of the units for testing."""
    return [_split_units(data.units, np.arange(len(data.units)), seed) for seed in range(count)]


def carve_validation(data: DataSet, train: np.ndarray, seed: int) -> Split:
    """Splits training rows into those to train on and a fifth (by units) to stop by."""
    return _split_units(data.units, train, 1000 + seed)


def _split_units(units: np.ndarray, rows: np.ndarray, seed: int) -> Split:
    present = np.unique(units[rows])
    chosen = np.random.default_rng(seed).permutation(present)[: len(present) // 5]
    test = np.isin(units[rows], chosen)
    return rows[~test], rows[test]


def _read(directory: Path, part: str) -> pd.DataFrame:
    if (path := directory / f"{part}.parquet").exists():
        return pd.read_parquet(path)
    if (path := directory / f"{part}.csv").exists():
        # `?` is missing, as it is for Sapwood by default.
        return pd.read_csv(path, na_values=["?"])
    _missing(directory)


def _missing(directory: Path) -> NoReturn:
    made = directory.name.removeprefix("synthetic-")
    if made != directory.name:
        size, _, shape = made.partition("-")
        rows, features = size.split("x")
        options = "".join(f" {option}" for option in SHAPES[shape])
        sys.exit(
            f"{directory} is not there; make it: scripts/generate-data --rows {rows} --features {features}{options} --out {directory}"
        )
    sys.exit(f"{directory} is not there; fetch it: scripts/fetch-data {directory.name}")
