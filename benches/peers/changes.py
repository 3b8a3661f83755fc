"""What steadiness.py does to the columns of a dense set: each makes the last column, or all of them, a kind that costs some trainers dear."""

from typing import Callable

import numpy as np
import pandas as pd


def plain(features: pd.DataFrame) -> pd.DataFrame:
    return features


def one_nan(features: pd.DataFrame) -> pd.DataFrame:
    return _with_last(features, lambda values: np.where(np.arange(len(values)) == len(values) // 2, np.float32(np.nan), values))


def constant(features: pd.DataFrame) -> pd.DataFrame:
    return _with_last(features, np.zeros_like)


def few_values(features: pd.DataFrame) -> pd.DataFrame:
    """300 values: more than a byte counts."""
    return _with_last(features, lambda values: (_ranks(values) * 300 // len(values)).astype(np.float32))


def many_levels(features: pd.DataFrame) -> pd.DataFrame:
    """10,000 levels with about as many rows each, in no order."""
    level = np.random.default_rng(5).permutation(10_000)
    return _with_last(features, lambda values: pd.Categorical.from_codes(level[_ranks(values) * 10_000 // len(values)], _names(10_000)))


def doubles(features: pd.DataFrame) -> pd.DataFrame:
    return features.astype(np.float64)


def _with_last(features: pd.DataFrame, change: Callable) -> pd.DataFrame:
    last = features.columns[-1]
    return features.assign(**{last: change(features[last].to_numpy())})


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def _names(count: int) -> list[str]:
    return [f"level {number:05}" for number in range(count)]


CHANGES = {change.__name__: change for change in (plain, one_nan, constant, few_values, many_levels, doubles)}
