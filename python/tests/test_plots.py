"""Plots and explanations."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest

import sapwood
from sapwood import Dataset, SapwoodClassifier, SapwoodRegressor, train

matplotlib.use("Agg")


def test_plots_show_what_the_model_has(rows, target):
    estimator = SapwoodRegressor(n_estimators=50, max_depth=3, early_stopping_rounds=5, eval_metric=["mae", "rmse"])
    estimator.fit(rows[:400], target[:400], eval_set=[(rows[:400], target[:400]), (rows[400:], target[400:])])
    for model in (estimator, estimator.booster_):
        ax = sapwood.plot_importance(model, max_num_features=3)
        assert [label.get_text() for label in ax.get_yticklabels()][-2:] in (["f0", "f1"], ["f1", "f0"])
        assert len(ax.patches) == 3
    ax = sapwood.plot_metric(estimator)
    assert ax.get_ylabel() == "rmse" and [line.get_label() for line in ax.lines][:2] == ["validation_0", "validation_1"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), estimator.evals_result_["validation_1"]["rmse"])
    assert sapwood.plot_metric(estimator.evals_result_, "mae").get_ylabel() == "mae"
    with pytest.raises(ValueError, match="there are mae, rmse"):
        sapwood.plot_metric(estimator, "auc")
    ax = sapwood.plot_tree(estimator, 1)
    nodes = estimator.booster_.dump_model()["trees"][1]["nodes"]
    assert len(ax.texts) == len(nodes) and len(ax.lines) == len(nodes) - 1
    with pytest.raises(ValueError, match="there is no tree 999"):
        sapwood.plot_tree(estimator, 999)


def test_contributions_add_up_to_margins(rows, target):
    frame = pd.DataFrame(rows, columns=list("abcde")).assign(kind=pd.Categorical(np.where(target > 1, "x", "y")))
    classes = np.digitize(target, [0.0, 2.0])
    binary = SapwoodClassifier(n_estimators=10).fit(rows, target > 1)
    several = SapwoodClassifier(n_estimators=10).fit(frame, classes)
    for model, data, shape in ((binary, rows, (600, 6)), (several, frame, (600, 3, 7))):
        values = model.booster_.predict(data, contributions=True)
        assert values.shape == shape
        np.testing.assert_allclose(values.sum(axis=-1), model.predict(data, margin=True), atol=1e-9)
        pairs = model.booster_.predict(data[:50], interactions=True)
        assert pairs.shape == (50, *shape[1:], shape[-1])
        np.testing.assert_allclose(pairs.sum(axis=-1), values[:50], atol=1e-9)
    with pytest.raises(ValueError, match="one of leaf, contributions"):
        binary.booster_.predict(rows, contributions=True, leaf=True)
    first = binary.booster_.predict(rows, contributions=True, num_iteration=3)
    np.testing.assert_allclose(first.sum(axis=-1), binary.predict(rows, margin=True, num_iteration=3), atol=1e-9)


def test_contributions_begin_with_base_margins(rows, target):
    with pytest.warns(sapwood.SapwoodWarning, match="base margins"):
        booster = train({}, Dataset(rows, target, base_margin=target / 2), 10)
    values = booster.predict(rows, contributions=True, base_margin=target / 2)
    np.testing.assert_allclose(values.sum(axis=1), booster.predict(rows, base_margin=target / 2), atol=1e-9)
    with pytest.raises(sapwood.ModelError, match="base margin"):
        booster.predict(rows, contributions=True)


def test_explanations_are_those_of_shap(rows, target):
    shap = pytest.importorskip("shap")
    estimator = SapwoodRegressor(n_estimators=10).fit(rows, target)
    explanation = estimator.booster_.explanation(rows)
    assert isinstance(explanation, shap.Explanation) and explanation.values.shape == (600, 5)
    np.testing.assert_allclose(explanation.values.sum(axis=1) + explanation.base_values, estimator.predict(rows), atol=1e-9)
    shap.plots.bar(explanation, show=False)
    shap.plots.waterfall(explanation[0], show=False)
