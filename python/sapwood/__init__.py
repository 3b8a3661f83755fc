"""Gradient-boosted decision trees on histograms, for CPUs.

`train` and `Dataset` train a `Booster`. `SapwoodClassifier`, `SapwoodRegressor` and `SapwoodRanker` are scikit-learn's
estimators, which need scikit-learn.
"""

from __future__ import annotations

import importlib
from typing import Any

from sapwood._booster import Booster
from sapwood._callbacks import early_stopping, log_evaluation, record_evaluation
from sapwood._dataset import Dataset
from sapwood._errors import (
    DataError,
    FileError,
    InternalError,
    ModelError,
    ParameterError,
    SapwoodError,
    SapwoodWarning,
    SchemaError,
)
from sapwood._progress import progress_bar
from sapwood._sapwood import __version__
from sapwood._training import cv, train
from sapwood._tuning import Trial, Tuned, tune

# What needs more than numpy is imported when it is asked for.
_LATER = {
    "SapwoodClassifier": "sapwood.sklearn",
    "SapwoodRegressor": "sapwood.sklearn",
    "SapwoodRanker": "sapwood.sklearn",
    "plot_beeswarm": "sapwood.plotting",
    "plot_dependence": "sapwood.plotting",
    "plot_importance": "sapwood.plotting",
    "plot_metric": "sapwood.plotting",
    "plot_split_value_histogram": "sapwood.plotting",
    "plot_tree": "sapwood.plotting",
    "plot_waterfall": "sapwood.plotting",
}

__all__ = [
    "Booster",
    "DataError",
    "Dataset",
    "FileError",
    "InternalError",
    "ModelError",
    "ParameterError",
    "SapwoodClassifier",
    "SapwoodError",
    "SapwoodRanker",
    "SapwoodRegressor",
    "SapwoodWarning",
    "SchemaError",
    "Trial",
    "Tuned",
    "__version__",
    "cv",
    "early_stopping",
    "log_evaluation",
    "plot_beeswarm",
    "plot_dependence",
    "plot_importance",
    "plot_metric",
    "plot_split_value_histogram",
    "plot_tree",
    "plot_waterfall",
    "progress_bar",
    "record_evaluation",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        try:
            module = importlib.import_module(_LATER[name])
        except ModuleNotFoundError as error:
            if error.name != "sklearn":
                raise
            raise ImportError(f"{name} needs scikit-learn: pip install scikit-learn") from error
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
