"""Plots and explanations."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

import sapwood
from sapwood import Dataset, SapwoodClassifier, SapwoodRegressor, train

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


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
    assert sum(text.get_gid() == "node" for text in ax.texts) == len(nodes) and len(ax.lines) == len(nodes) - 1
    with pytest.raises(ValueError, match="there is no tree 999"):
        sapwood.plot_tree(estimator, 999)


def test_histograms_of_thresholds_are_lightgbms(rows, target, tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    theirs = lightgbm.train({"verbose": -1, "num_leaves": 15}, lightgbm.Dataset(rows, target), 20)
    theirs.save_model(tmp_path / "m.txt")
    ours = sapwood.Booster(tmp_path / "m.txt")
    for bins in (None, 5, "auto"):
        counts, edges = ours.get_split_value_histogram("Column_1", bins)
        expected = theirs.get_split_value_histogram(1, bins)
        np.testing.assert_array_equal(counts, expected[0])
        np.testing.assert_allclose(edges, expected[1])
    ax = sapwood.plot_split_value_histogram(ours, 1, bins=5)
    assert [bar.get_height() for bar in ax.patches] == ours.get_split_value_histogram(1, 5)[0].tolist()
    frame = pd.DataFrame({"kind": pd.Categorical(np.where(target > 1, "x", "y")), "flat": np.zeros(600), "x": rows[:, 0]})
    model = SapwoodRegressor(n_estimators=3).fit(frame, target)
    with pytest.raises(ValueError, match="'kind' is categorical"):
        sapwood.plot_split_value_histogram(model, "kind")
    with pytest.raises(ValueError, match="no tree splits by feature 'flat'"):
        sapwood.plot_split_value_histogram(model, 1)


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


def test_beeswarms_show_each_row_s_contribution(rows, target):
    frame = pd.DataFrame(rows, columns=list("abcde")).assign(kind=pd.Categorical(np.where(target > 1, "x", "y")))
    model = SapwoodRegressor(n_estimators=10).fit(frame, target)
    values = model.predict(frame, contributions=True)[:, :-1]
    ax = sapwood.plot_beeswarm(model, frame, max_num_features=3)
    order = np.argsort(-np.abs(values).mean(axis=0))[:3]
    assert [label.get_text() for label in ax.get_yticklabels()] == [frame.columns[i] for i in order[::-1]]
    for place, feature in enumerate(order[::-1]):
        # Those without an order of values, then the others.
        points = np.concatenate([collection.get_offsets() for collection in ax.collections[2 * place : 2 * place + 2]])
        np.testing.assert_allclose(np.sort(points[:, 0]), np.sort(values[:, feature]))
        assert (np.abs(points[:, 1] - place) < 0.5).all()
    # In any order of columns, and of any kind of frame.
    for other in (frame[frame.columns[::-1]], pl.from_pandas(frame), pa.Table.from_pandas(frame)):
        again = sapwood.plot_beeswarm(model.booster_, other, max_num_features=3)
        np.testing.assert_array_equal(again.collections[-1].get_array(), ax.collections[-1].get_array())
    with pytest.raises(TypeError, match="a Dataset has no values to show"):
        sapwood.plot_beeswarm(model, Dataset(frame))


def test_waterfalls_lead_from_the_average_to_the_row(rows, target):
    model = SapwoodRegressor(n_estimators=10).fit(rows, target)
    *values, base = model.predict(rows[:9], contributions=True)[7]
    ax = sapwood.plot_waterfall(model, rows[:9], 7, max_num_features=4)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    order = np.argsort(-np.abs(values))
    assert labels[0] == "2 other features" and labels[-1] == f"f{order[0]} = {rows[7, order[0]]:.6g}"
    labels = [label.get_text() for label in sapwood.plot_waterfall(model, rows[:9], 7).get_yticklabels()]
    assert len(labels) == 5 and "f3 = missing" in labels
    ends = [(patch.get_xy()[0, 0], patch.get_xy()[2, 0]) for patch in ax.patches]
    np.testing.assert_allclose(ends[0][0], base)
    np.testing.assert_allclose([end for _, end in ends[:-1]], [start for start, _ in ends[1:]])
    np.testing.assert_allclose(ends[-1][1], model.predict(rows[7:8])[0])
    with pytest.raises(ValueError, match="there is no row 9; there are 9"):
        sapwood.plot_waterfall(model, rows[:9], 9)


def test_dependence_is_coloured_by_what_interacts(rows, target):
    y = rows[:, 0] * rows[:, 2] + 0.1 * rows[:, 1]
    model = SapwoodRegressor(n_estimators=60, learning_rate=0.3).fit(rows, y)
    ax = sapwood.plot_dependence(model, rows, 0)
    points = next(collection for collection in ax.collections if len(collection.get_offsets()) == 600)
    np.testing.assert_array_equal(points.get_offsets()[:, 0], rows[:, 0])
    np.testing.assert_allclose(points.get_offsets()[:, 1], model.predict(rows, contributions=True)[:, 0])
    np.testing.assert_array_equal(points.get_array(), rows[:, 2])
    assert ax.get_xlabel() == "f0" and ax.get_ylabel() == "contribution of f0"
    sparse = scipy.sparse.csr_matrix(np.nan_to_num(rows))
    for data, color_by in ((rows, None), (rows, 3), (sparse, "auto"), (pl.DataFrame(np.nan_to_num(rows)), "auto")):
        trained = SapwoodRegressor(n_estimators=5).fit(data, y)
        assert sapwood.plot_dependence(trained, data, 1, color_by=color_by).get_xlabel() in ("f1", "column_1")
    with pytest.raises(ValueError, match="there is no feature 'f9'; there are f0"):
        sapwood.plot_dependence(model, rows, "f9")


def test_of_several_outputs_one_is_plotted(rows, target):
    names = np.array(["low", "mid", "top"])[np.digitize(target, [0.0, 2.0])]
    model = SapwoodClassifier(n_estimators=5).fit(rows, names)
    values = model.predict(rows, contributions=True)[:, 2, 0]
    for output in ("top", 2):
        ax = sapwood.plot_dependence(model, rows, 0, output=output)
        points = next(collection for collection in ax.collections if len(collection.get_offsets()) == 600)
        np.testing.assert_allclose(points.get_offsets()[:, 1], values)
        assert ax.get_ylabel() == "contribution of f0 of top"
    assert sapwood.plot_waterfall(model, rows, output="low").get_xlabel().startswith("margin of low, from the average")
    with pytest.raises(ValueError, match="3 outputs: low, mid, top; say which one"):
        sapwood.plot_beeswarm(model, rows)
    with pytest.raises(ValueError, match="no class 'bottom'"):
        sapwood.plot_beeswarm(model, rows, output="bottom")


def test_plots_go_onto_the_axes_that_are_given_and_take_odd_data(rows, target):
    _, ax = plt.subplots()
    constant = np.zeros((50, 2))
    constant[:, 1] = np.nan
    with pytest.warns(sapwood.SapwoodWarning):
        nothing = SapwoodRegressor(n_estimators=3).fit(constant, np.arange(50.0))
    assert sapwood.plot_beeswarm(nothing, constant, ax=ax) is ax
    assert sapwood.plot_waterfall(nothing, constant) and sapwood.plot_dependence(nothing, constant, 1)
