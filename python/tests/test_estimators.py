"""scikit-learn's estimators beyond its own checks."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.metrics import log_loss, mean_absolute_error
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sapwood
from sapwood import SapwoodClassifier, SapwoodRanker, SapwoodRegressor


def test_a_classifier_tells_classes_and_probabilities(rows, target):
    names = np.array(["low", "mid", "top"])[np.digitize(target, [0.0, 2.0])]
    for y in (
        names,
        names.astype(object),
        pd.Series(names),
        pd.Series(names, dtype="category"),
        pl.Series(names),
        names.tolist(),
    ):
        estimator = SapwoodClassifier(n_estimators=20).fit(rows, y)
        assert estimator.classes_.tolist() == ["low", "mid", "top"] and estimator.n_classes_ == 3
        assert estimator.score(rows, names) > 0.95
        probabilities = estimator.predict_proba(rows)
        np.testing.assert_array_equal(estimator.classes_[probabilities.argmax(axis=1)], estimator.predict(rows))
    assert estimator.booster_.classes == ["low", "mid", "top"] and estimator.objective_ == "multi:softprob"


@pytest.mark.parametrize("values", [(0, 1), (1, 2), (-1, 1), (False, True), (3.0, 7.0)])
def test_two_classes_may_be_any_numbers(rows, classes, values):
    y = np.array(values)[classes.astype(int)]
    estimator = SapwoodClassifier(n_estimators=20).fit(rows, y)
    assert estimator.classes_.tolist() == list(values) and estimator.objective_ == "binary:logistic"
    assert estimator.score(rows, y) > 0.95 and estimator.predict(rows).dtype == y.dtype


def test_parameters_have_the_names_of_the_table_and_others(rows, target):
    names = SapwoodRegressor().get_params()
    assert {
        "n_estimators",
        "learning_rate",
        "max_leaves",
        "reg_lambda",
        "random_state",
        "n_jobs",
        "subsample",
        "eval_metric",
    } <= set(names)
    ours = SapwoodRegressor(n_estimators=7, learning_rate=0.5, max_leaves=9, reg_lambda=2, grow_policy="lossguide", max_depth=0)
    theirs = SapwoodRegressor(
        num_iterations=7, shrinkage_rate=0.5, num_leaves=9, lambda_l2=2, grow_policy="lossguide", max_depth=-1
    )
    fitted = ours.fit(rows, target), clone(theirs).fit(rows, target)
    np.testing.assert_array_equal(*[estimator.predict(rows) for estimator in fitted])
    assert fitted[1].n_estimators_ == 7
    assert theirs.get_params()["num_leaves"] == 9 and "num_leaves=9" in repr(theirs)
    assert theirs.set_params(num_leaves=5, min_split_gain=0.1).get_params()["min_split_gain"] == 0.1
    with pytest.raises(TypeError, match="no parameter 'n_estimatorss'; did you mean n_estimators"):
        SapwoodRegressor(n_estimatorss=3)
    with pytest.raises(sapwood.ParameterError, match="given twice"):
        SapwoodRegressor(learning_rate=0.1, eta=0.2).fit(rows, target)
    with pytest.raises(sapwood.ParameterError, match="max_depth"):
        SapwoodRegressor(max_depth=-7).fit(rows, target)
    assert "reg_lambda : number, default 1" in SapwoodRegressor.__doc__


def test_the_same_seed_gives_the_same_model(rows, target):
    def predictions(state):
        return SapwoodRegressor(n_estimators=5, subsample=0.5, random_state=state).fit(rows, target).predict(rows)

    np.testing.assert_array_equal(predictions(3), predictions(3))
    np.testing.assert_array_equal(predictions(np.random.RandomState(3)), predictions(np.random.RandomState(3)))
    assert (predictions(3) != predictions(4)).any()


def test_early_stopping_as_argument_parameter_and_callback(rows, target):
    x, valid, y, labels = rows[:400], rows[400:], target[:400], target[400:]
    eval_set = [(x, y), (valid, labels)]
    params = {"n_estimators": 300, "learning_rate": 0.5, "eval_metric": ["mae", "rmse"]}
    by_parameter = SapwoodRegressor(**params, early_stopping_rounds=5).fit(x, y, eval_set=eval_set)
    by_argument = SapwoodRegressor(**params).fit(x, y, eval_set=eval_set, early_stopping_rounds=5)
    by_callback = SapwoodRegressor(**params).fit(x, y, eval_set=eval_set, callbacks=[sapwood.early_stopping(5)])
    by_habit = SapwoodRegressor(callbacks=[sapwood.early_stopping(5)], **params).fit(x, y, eval_set=eval_set)
    results = by_parameter.evals_result_["validation_1"]
    assert list(by_parameter.evals_result_) == ["validation_0", "validation_1"] and list(results) == ["mae", "rmse"]
    best = int(np.argmin(results["rmse"]))
    assert by_parameter.best_iteration_ == best and len(results["rmse"]) == best + 6 < 300
    assert by_parameter.n_estimators_ == best + 1 and by_parameter.best_score_ == results["rmse"][best]
    np.testing.assert_allclose(results["mae"][best], mean_absolute_error(labels, by_parameter.predict(valid)))
    for other in (by_argument, by_callback, by_habit):
        np.testing.assert_array_equal(other.predict(valid), by_parameter.predict(valid))
    with pytest.raises(sapwood.ParameterError, match="more than once"):
        SapwoodRegressor(**params).fit(x, y, eval_set=eval_set, callbacks=[sapwood.early_stopping(5)], early_stopping_rounds=3)
    held_out = SapwoodRegressor(**params, validation_fraction=0.2, early_stopping_rounds=5).fit(x, y)
    assert held_out.n_estimators_ < 300 and "validation" in held_out.evals_result_


def test_weights_of_rows_and_classes(rows, classes):
    # Few values, so that bins do not depend on weights.
    rows = np.round(rows)
    weight = np.where(classes == 1, 5.0, 1.0)
    weighted = SapwoodClassifier(n_estimators=5).fit(rows, classes, weight)
    by_class = SapwoodClassifier(n_estimators=5, class_weight={0: 1, 1: 5}).fit(rows, classes)
    np.testing.assert_array_equal(weighted.predict_proba(rows), by_class.predict_proba(rows))
    named = SapwoodClassifier(n_estimators=5, class_weight={"yes": 5}).fit(rows, np.where(classes == 1, "yes", "no"))
    np.testing.assert_array_equal(weighted.predict_proba(rows), named.predict_proba(rows))
    balanced = SapwoodClassifier(n_estimators=5, class_weight="balanced").fit(rows, classes)
    assert (
        balanced.predict_proba(rows)[:, 1].mean()
        > SapwoodClassifier(n_estimators=5).fit(rows, classes).predict_proba(rows)[:, 1].mean()
    )
    with pytest.raises(sapwood.ParameterError, match="there is no class 7"):
        SapwoodClassifier(class_weight={7: 2}).fit(rows, classes)
    # A class that only rows of weight 0 have is none.
    y = classes.copy()
    y[:10] = 2
    without = SapwoodClassifier(n_estimators=5).fit(rows, y, np.r_[np.zeros(10), np.ones(590)])
    np.testing.assert_array_equal(
        without.predict_proba(rows), SapwoodClassifier(n_estimators=5).fit(rows[10:], y[10:]).predict_proba(rows)
    )
    result = SapwoodClassifier(n_estimators=3).fit(rows, classes, eval_set=(rows, classes), eval_sample_weight=[weight])
    expected = log_loss(classes, result.predict_proba(rows), sample_weight=weight)
    np.testing.assert_allclose(result.evals_result_["validation_0"]["logloss"][-1], expected)


def test_frames_with_categories_in_pipelines_and_searches():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=300), "kind": pd.Categorical(rng.choice(["a", "b", "c"], 300))})
    y = frame["size"] + (frame["kind"] == "b") * 3
    estimator = SapwoodRegressor(n_estimators=50, learning_rate=0.3).fit(frame, y)
    assert estimator.feature_names_in_.tolist() == ["size", "kind"] and estimator.score(frame, y) > 0.95
    polars_frame = pl.from_pandas(frame)
    np.testing.assert_array_equal(estimator.predict(polars_frame), estimator.predict(frame))
    on_polars = SapwoodRegressor(n_estimators=50, learning_rate=0.3).fit(polars_frame, pl.Series(y))
    np.testing.assert_array_equal(on_polars.predict(polars_frame), estimator.predict(frame))
    assert on_polars.feature_names_in_.tolist() == ["size", "kind"]
    with pytest.raises(ValueError, match=r"(?i)feature names"):
        estimator.predict(frame[["kind", "size"]])
    search = GridSearchCV(SapwoodRegressor(n_estimators=20), {"max_depth": [1, 3], "learning_rate": [0.1, 0.3]}, cv=3).fit(
        frame, y
    )
    assert search.best_params_ == {"max_depth": 3, "learning_rate": 0.3}
    assert cross_val_score(SapwoodRegressor(n_estimators=50), frame, y, cv=3).min() > 0.8
    scaled = make_pipeline(
        make_column_transformer((StandardScaler(), ["size"]), remainder="passthrough").set_output(transform="pandas"),
        SapwoodRegressor(n_estimators=50),
    )
    assert scaled.fit(frame, y).score(frame, y) > 0.9
    numbers = np.column_stack([frame["size"], frame["kind"].cat.codes])
    chosen = SapwoodRegressor(n_estimators=50, categorical_features=[1]).fit(numbers, y)
    assert chosen.booster_.feature_types == ["numeric", "categorical"]
    np.testing.assert_allclose(chosen.predict(numbers), estimator.predict(frame))


def test_estimators_are_pickled(rows, classes):
    estimator = SapwoodClassifier(n_estimators=5, num_leaves=4).fit(rows, classes)
    other = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(other.predict_proba(rows), estimator.predict_proba(rows))
    assert other.get_params() == estimator.get_params() and clone(other).get_params()["num_leaves"] == 4


def test_importances_say_which_features_count(rows, target):
    estimator = SapwoodRegressor(n_estimators=20, importance_type="total_gain").fit(rows, target)
    np.testing.assert_allclose(estimator.feature_importances_.sum(), 1.0)
    assert set(np.argsort(estimator.feature_importances_)[-2:]) == {0, 1}


def test_several_targets_and_margins_to_begin_with(rows, target):
    both = SapwoodRegressor(n_estimators=20).fit(rows, np.column_stack([target, -target]))
    assert both.predict(rows).shape == (600, 2)
    with pytest.warns(sapwood.SapwoodWarning, match="base margins"):
        started = SapwoodRegressor(n_estimators=50).fit(rows, target, base_margin=target / 2)
    assert np.corrcoef(started.predict(rows, base_margin=target / 2), target)[0, 1] > 0.99
    with pytest.raises(sapwood.ModelError, match="base margin"):
        started.predict(rows)


def test_training_goes_on_from_an_estimator(rows, target):
    first = SapwoodRegressor(n_estimators=5).fit(rows, target)
    second = SapwoodRegressor(n_estimators=5).fit(rows, target, init_model=first)
    whole = SapwoodRegressor(n_estimators=10).fit(rows, target)
    np.testing.assert_array_equal(second.predict(rows), whole.predict(rows))
    np.testing.assert_array_equal(second.predict(rows, num_iteration=5), first.predict(rows))
    assert second.apply(rows).shape == (600, 10)


def test_a_ranker_puts_the_rows_of_groups_in_order(rows, target):
    grades = np.digitize(target, [-1.0, 1.0, 3.0])
    qid = np.arange(600) // 20
    by_qid = SapwoodRanker(n_estimators=20).fit(rows, grades, qid=qid)
    by_sizes = SapwoodRanker(n_estimators=20).fit(rows, grades, group=[20] * 30)
    np.testing.assert_array_equal(by_qid.predict(rows), by_sizes.predict(rows))
    assert by_qid.objective_ == "rank:ndcg"
    names = np.array([f"q{group:02}" for group in qid])
    by_name = SapwoodRanker(n_estimators=20).fit(
        rows, grades, qid=names, eval_set=[(rows, grades)], eval_qid=[qid], eval_metric="ndcg@5"
    )
    np.testing.assert_array_equal(by_qid.predict(rows), by_name.predict(rows))
    assert by_name.evals_result_["validation_0"]["ndcg@5"][-1] > 0.95
    with pytest.raises(sapwood.DataError, match="needs the query groups"):
        SapwoodRanker().fit(rows, grades)
    with pytest.raises(sapwood.DataError, match="add up to 7"):
        SapwoodRanker().fit(rows, grades, group=[7])


def test_functions_of_ones_own(rows, target, classes):
    def squared(y_true, y_pred):
        return y_pred - y_true, np.ones_like(y_true)

    def weighted_squared(y_true, y_pred, weight):
        weight = np.ones_like(y_true) if weight is None else weight
        return weight * (y_pred - y_true), weight

    weight = np.random.default_rng(0).integers(0, 3, 600).astype(float)
    params = {"n_estimators": 20, "learning_rate": 0.3}
    expected = SapwoodRegressor(**params, base_score=0.0).fit(rows, target, weight).predict(rows)
    for objective in (squared, weighted_squared):
        found = SapwoodRegressor(**params, objective=objective).fit(rows, target, weight).predict(rows)
        np.testing.assert_allclose(found, expected, atol=0.2)
        assert np.corrcoef(found, expected)[0, 1] > 0.999

    def logistic(y_true, y_pred):
        p = 1 / (1 + np.exp(-y_pred))
        return p - y_true, p * (1 - p)

    own = SapwoodClassifier(**params, objective=logistic).fit(rows, classes)
    assert own.score(rows, classes) > 0.95 and own.predict_proba(rows).shape == (600, 2)

    def bias(y_true, y_pred):
        return "bias", float(np.mean(y_pred - y_true)), False

    watched = SapwoodRegressor(**params).fit(
        rows, target, eval_set=(rows, target), eval_metric=["rmse", mean_absolute_error, bias]
    )
    results = watched.evals_result_["validation_0"]
    assert list(results) == ["rmse", "mean_absolute_error", "bias"]
    np.testing.assert_allclose(results["mean_absolute_error"][-1], mean_absolute_error(target, watched.predict(rows)))
    np.testing.assert_allclose(results["bias"][-1], np.mean(watched.predict(rows) - target))


def test_names_that_are_gone_are_noticed(rows, target):
    named = pd.DataFrame(rows, columns=list("abcde"))
    estimator = SapwoodRegressor(n_estimators=3).fit(named, target)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.testing.assert_array_equal(estimator.predict(rows), estimator.predict(named))
    assert any("feature names" in str(warning.message) for warning in caught)


def test_arguments_may_have_the_names_of_xgboost_and_lightgbm(rows, classes):
    estimator = SapwoodClassifier(n_estimators=6)
    estimator.fit(rows, classes, eval_X=rows[:50], eval_y=classes[:50], sample_weight_eval_set=[np.ones(50)])
    assert len(estimator.evals_result_["validation_0"]["logloss"]) == 6
    margin = estimator.predict(rows, margin=True)
    for keywords in ({"raw_score": True}, {"output_margin": True}):
        np.testing.assert_array_equal(estimator.predict(rows, **keywords), margin)
    np.testing.assert_array_equal(estimator.predict(rows, pred_leaf=True), estimator.apply(rows))
    for keywords in ({"pred_contrib": True}, {"pred_contribs": True}, {"contributions": True}):
        np.testing.assert_allclose(estimator.predict(rows, **keywords).sum(axis=1), margin, atol=1e-9)
    shorter = estimator.predict_proba(rows, num_iteration=3)
    np.testing.assert_array_equal(estimator.predict_proba(rows, iteration_range=(0, 3)), shorter)
    np.testing.assert_array_equal(estimator.get_booster().predict(rows, iteration_range=(0, 3)), shorter[:, 1])
    longer = SapwoodClassifier(n_estimators=2).fit(rows, classes, xgb_model=estimator)
    assert longer.n_estimators_ == 8
    with pytest.raises(sapwood.ParameterError, match="from the first on"):
        estimator.predict(rows, iteration_range=(1, 3))
    with pytest.raises(sapwood.ParameterError, match="raw_score is another name for margin"):
        estimator.predict(rows, raw_score=True, margin=True)
    with pytest.raises(sapwood.ParameterError, match="give eval_set, or both"):
        estimator.fit(rows, classes, eval_X=rows)
    with pytest.raises(ValueError, match="one of margin, leaf"):
        estimator.predict(rows, margin=True, leaf=True)


def test_labels_may_be_of_the_types_of_pandas(rows, classes):
    for dtype in ("Int64", "int64[pyarrow]"):
        estimator = SapwoodClassifier(n_estimators=2).fit(rows, pd.Series(classes.astype(int), dtype=dtype))
        assert estimator.classes_.tolist() == [0, 1] and estimator.classes_.dtype.kind == "i"
        missing = pd.Series([None, *classes[1:].astype(int)], dtype=dtype)
        with pytest.raises(ValueError, match="NaN"):
            SapwoodClassifier(n_estimators=2).fit(rows, missing)
    with pytest.raises(sapwood.SchemaError, match='two columns "a"'):
        SapwoodClassifier().fit(pd.DataFrame(rows, columns=list("aabcd")), classes)


def test_trees_are_tables(rows, target):
    estimator = SapwoodRegressor(n_estimators=3, max_depth=2, importance_type="split").fit(rows, target)
    table = estimator.booster_.trees_to_dataframe()
    assert table["Tree"].nunique() == 3 and (table["Feature"] == "Leaf").sum() == 12
    root = table.iloc[0]
    assert root["ID"] == "0-0" and root["Missing"] in (root["Yes"], root["No"]) and root["Yes"] in set(table["ID"])
    splits = table[table["Feature"] != "Leaf"]["Feature"].value_counts()
    importance = estimator.booster_.feature_importance("split")
    assert {f"f{i}": count for i, count in enumerate(importance) if count} == splits.to_dict()
    np.testing.assert_allclose(estimator.feature_importances_, importance / importance.sum())
