"""Data that many tests use."""

from __future__ import annotations

import os

# One of scikit-learn's checks asks for it before scipy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest


@pytest.fixture
def rows() -> np.ndarray:
    """600 rows of five numbers, some missing."""
    x = np.random.default_rng(0).normal(size=(600, 5))
    x[::7, 3] = np.nan
    return x


@pytest.fixture
def target(rows: np.ndarray) -> np.ndarray:
    """What two of the numbers make."""
    return 2.0 * rows[:, 0] + rows[:, 1] ** 2


@pytest.fixture
def classes(target: np.ndarray) -> np.ndarray:
    """Two classes."""
    return (target > 1.0).astype(np.float64)
