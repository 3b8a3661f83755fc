"""The metrics that trainers are compared by: the same code for every trainer's predictions, so that definitions cannot differ."""

from dataclasses import dataclass
from typing import Callable

import numpy as np


@dataclass(frozen=True)
class Metric:
    """A metric of (labels, predictions)."""

    name: str
    higher_is_better: bool
    of: Callable[[np.ndarray, np.ndarray], float]
    # What the trainers themselves call the loss that early stopping looks at: (Sapwood and XGBoost, LightGBM).
    stop_by: tuple[str, str]


def auc(label: np.ndarray, prediction: np.ndarray) -> float:
    """The share of (positive, negative) pairs in the right order, ties half."""
    values, place, counts = np.unique(prediction, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    positive = label == 1
    n_positive = int(positive.sum())
    n_negative = len(label) - n_positive
    return float((rank[place[positive]].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def rmse(label: np.ndarray, prediction: np.ndarray) -> float:
    return float(np.sqrt(np.mean((label - prediction) ** 2)))


def mlogloss(label: np.ndarray, prediction: np.ndarray) -> float:
    return float(row_mlogloss(label, prediction).mean())


def row_mlogloss(label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Each row's share of `mlogloss`."""
    chosen = prediction[np.arange(len(label)), label.astype(int)]
    return -np.log(np.clip(chosen, 1e-15, 1))


def metric_for(objective: str) -> Metric:
    """The metric by which models of an objective are compared. AUC is too coarse to stop by: early stopping looks at the loss."""
    if objective.startswith("multi:"):
        return Metric("mlogloss", False, mlogloss, ("mlogloss", "multi_logloss"))
    if objective.startswith("binary:"):
        return Metric("auc", True, auc, ("logloss", "binary_logloss"))
    return Metric("rmse", False, rmse, ("rmse", "rmse"))
