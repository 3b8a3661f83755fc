"""Losses and metrics as estimators have them, of labels and predictions, as `train` has them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from sapwood._dataset import Dataset


def _required(function: Callable[..., Any]) -> int:
    """How many arguments a function must be given."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in kinds and p.default is p.empty for p in inspect.signature(function).parameters.values())


def own_metric(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of labels and predictions (and weights) as `train` has it."""
    takes_weight = "sample_weight" in inspect.signature(function).parameters
    needs_weight = not takes_weight and _required(function) >= 3
    name = getattr(function, "__name__", type(function).__name__)

    def metric(predictions: np.ndarray, data: Dataset) -> Any:
        label, weight = data.get_label(), data.get_weight()
        if takes_weight and weight is not None:
            told = function(label, predictions, sample_weight=weight)
        elif needs_weight:
            told = function(label, predictions, weight)
        else:
            told = function(label, predictions)
        return told if isinstance(told, tuple) else (name, told)

    return metric


def own_objective(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of labels and margins (and weights) as `train` has it."""
    takes_weight = _required(function) >= 3

    def objective(margins: np.ndarray, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
        label, weight = data.get_label(), data.get_weight()
        if takes_weight:
            return function(label, margins, weight)
        grad, hess = (np.asarray(values, dtype=np.float64) for values in function(label, margins))
        return (grad, hess) if weight is None else (grad * weight, hess * weight)

    objective.__name__ = getattr(function, "__name__", "custom")
    return objective
