"""All of scikit-learn's checks of estimators. No failure is expected."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sapwood import SapwoodClassifier, SapwoodRegressor

# What the checks' tiny data deserve is no news.
pytestmark = pytest.mark.filterwarnings("ignore::sapwood.SapwoodWarning")


@parametrize_with_checks([SapwoodClassifier(), SapwoodRegressor()])
def test_check(estimator, check):
    check(estimator)
