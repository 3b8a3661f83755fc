"""Functions and callbacks of the caller's, by both protocols."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import sapwood
from sapwood import Dataset, SapwoodRegressor, train


@pytest.fixture
def sets(rows, target):
    return Dataset(rows[:400], target[:400]), Dataset(rows[400:], target[400:])


def squared(margins, data):
    return margins - data.get_label(), np.ones(len(margins))


def test_a_loss_of_ones_own_is_that_of_the_table(rows, target, sets):
    params = {"eta": 0.3, "base_score": 0.0}
    expected = train(params, sets[0], 20)
    own = train({"eta": 0.3}, sets[0], 20, obj=squared)
    np.testing.assert_allclose(own.predict(rows), expected.predict(rows), atol=1e-5)
    assert own.objective == "squared"
    np.testing.assert_array_equal(train({"eta": 0.3, "objective": squared}, sets[0], 20).predict(rows), own.predict(rows))


def test_functions_see_rows_in_the_order_of_the_data_set():
    # Large enough that rows are otherwise laid out anew, and some of them count for nothing.
    x = np.random.default_rng(0).normal(size=(60_000, 20))
    y = x[:, 0] + x[:, 1]
    weight = (np.arange(60_000) % 5 != 0).astype(float)
    data = Dataset(x, y, weight=weight)
    seen = []

    def objective(margins, data):
        seen.append(margins.copy())
        grad = (margins - y) * weight
        return grad, weight

    def error(predictions, data):
        return "error_of_mine", float(np.average((predictions - y) ** 2, weights=weight))

    result = {}
    booster = train({"eta": 0.3}, data, 45, obj=objective, feval=error, evals=[(data, "train")], evals_result=result)
    predicted = booster.predict(x)
    np.testing.assert_allclose(result["train"]["error_of_mine"][-1], np.average((predicted - y) ** 2, weights=weight))
    assert result["train"]["error_of_mine"][-1] < 0.05 and len(seen) == 45


def test_metrics_of_ones_own_decide_early_stopping(sets):
    calls = []

    def distance(predictions, data):
        calls.append(len(predictions))
        return "distance", float(np.abs(predictions - data.get_label()).max()), False

    def closeness(predictions, data):
        return "closeness", -float(np.abs(predictions - data.get_label()).max()), True

    results = []
    for metric in (distance, closeness):
        result = {}
        booster = train(
            {"eta": 0.5},
            sets[0],
            200,
            evals=[(sets[1], "v")],
            feval=metric,
            early_stopping_rounds=5,
            evals_result=result,
        )
        values = np.abs(result["v"][metric.__name__])
        assert booster.best_iteration == values.argmin() and booster.num_boosted_rounds() == values.argmin() + 1 < 200
        results.append(booster.to_bytes()[-400:])
    assert set(calls[1:]) == {400, 200}


def test_predictions_that_metrics_see_are_those_of_the_objective(rows, target):
    y = np.digitize(target, [0.0, 2.0]).astype(float)
    data, seen = Dataset(rows, y), []

    def metric(predictions, data):
        seen.append(predictions)
        return "m", 0.0

    booster = train({"objective": "multi:softprob", "num_class": 3}, data, 4, feval=metric, evals=[(data, "d")])
    np.testing.assert_allclose(seen[-1], booster.predict(rows))


def test_callables_are_given_an_environment(sets):
    seen, recorded = [], {}

    def after(env):
        seen.append(("after", env.iteration, env.begin_iteration, env.end_iteration, env.params["eta"]))
        name, metric, value, higher = env.evaluation_result_list[0]
        assert (name, metric, higher) == ("valid_0", "rmse", False) and value > 0

    def before(env):
        seen.append(("before", env.iteration))

    before.before_iteration = True
    result = {}
    train(
        {"eta": 0.3},
        sets[0],
        3,
        valid_sets=[sets[1]],
        callbacks=[after, before, sapwood.record_evaluation(recorded)],
        evals_result=result,
    )
    expected = [[("before", i), ("after", i, 0, 3, 0.3)] for i in range(3)]
    assert seen == [step for steps in expected for step in steps]
    assert recorded == result and len(recorded["valid_0"]["rmse"]) == 3


def test_objects_have_the_methods_of_xgboost(sets):
    class Callback:
        def __init__(self):
            self.seen = []

        def before_training(self, model):
            self.seen.append("before training")
            return model

        def before_iteration(self, model, epoch, evals_log):
            self.seen.append(("before", epoch))
            return False

        def after_iteration(self, model, epoch, evals_log):
            assert len(evals_log["v"]["rmse"]) == epoch + 1 == model.num_boosted_rounds()
            self.seen.append(("after", epoch))
            return epoch == 2

        def after_training(self, model):
            self.seen.append("after training")
            return model

    callback = Callback()
    booster = train({}, sets[0], 10, evals=[(sets[1], "v")], callbacks=[callback])
    assert booster.num_boosted_rounds() == 3
    steps = [step for i in range(3) for step in (("before", i), ("after", i))]
    assert callback.seen == ["before training", *steps, "after training"]


def test_callbacks_of_lightgbm_stop_and_record(sets):
    lightgbm = pytest.importorskip("lightgbm")
    recorded = {}
    callbacks = [
        lightgbm.early_stopping(5, verbose=False),
        lightgbm.record_evaluation(recorded),
        lightgbm.log_evaluation(0),
    ]
    booster = train({"eta": 0.5}, sets[0], 200, valid_sets=sets[1], callbacks=callbacks)
    expected = train({"eta": 0.5}, sets[0], 200, valid_sets=sets[1], early_stopping_rounds=5)
    assert booster.num_boosted_rounds() == expected.num_boosted_rounds() < 200
    assert booster.best_iteration == expected.best_iteration == int(np.argmin(recorded["valid_0"]["rmse"]))
    with pytest.raises(AttributeError, match="parameters stay as they are"):
        train({}, sets[0], 3, callbacks=[lightgbm.reset_parameter(learning_rate=[0.1, 0.2, 0.3])])


def test_callbacks_of_xgboost_stop(sets):
    xgboost = pytest.importorskip("xgboost")
    callbacks = [xgboost.callback.EarlyStopping(rounds=5, data_name="v", metric_name="rmse")]
    booster = train({"eta": 0.5}, sets[0], 200, evals=[(sets[1], "v")], callbacks=callbacks)
    expected = train({"eta": 0.5}, sets[0], 200, evals=[(sets[1], "v")], early_stopping_rounds=5)
    assert booster.num_boosted_rounds() == expected.num_boosted_rounds() < 200


def test_what_functions_raise_comes_out(sets):
    class OwnError(Exception):
        pass

    def fails(*_):
        raise OwnError("of mine")

    def fails_later(predictions, data):
        if predictions.any():
            raise OwnError("of mine")
        return "m", 1.0

    for keywords in ({"obj": fails}, {"feval": fails}, {"feval": fails_later}, {"callbacks": [fails]}):
        with pytest.raises(OwnError, match="of mine"):
            train({}, sets[0], 3, evals=[(sets[1], "v")], **keywords)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (lambda m, d: (m[:-1], m), "gave 399 derivatives for 400 rows"),
        (lambda m, d: (m, m[:-1]), "gave 399 derivatives for 400 rows"),
        (lambda m, d: (m + np.nan, m), "must be finite"),
        (lambda m, d: (m, m - 1), "not negative"),
        (lambda m, d: m, "unpack"),
    ],
)
def test_derivatives_that_are_none_are_refused(sets, objective, message):
    with pytest.raises(ValueError, match=message):
        train({}, sets[0], 3, obj=objective)


def test_metric_lines_are_printed(sets, capsys):
    train({}, sets[0], 5, evals=[(sets[0], "learnt"), (sets[1], "v")], verbose_eval=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["[0]", "[2]", "[4]"]
    assert lines[0].split("\t")[1].startswith("learnt-rmse:") and lines[0].split("\t")[2].startswith("v-rmse:")
    train({}, sets[0], 4, evals=[(sets[1], "v")], callbacks=[sapwood.log_evaluation(2)])
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["[1]", "[3]"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(params=["tqdm", "own"])
def bar_of(request, monkeypatch):
    if request.param == "own":
        monkeypatch.setitem(sys.modules, "tqdm", None)
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    else:
        pytest.importorskip("tqdm")
    stream = Terminal()
    monkeypatch.setattr("sapwood._progress.sys", SimpleNamespace(stderr=stream))
    return stream


@pytest.mark.filterwarnings("ignore:IProgress")
def test_a_bar_shows_how_far_training_is(sets, rows, target, bar_of):
    calls = [
        lambda: train({}, sets[0], 20, evals=[(sets[1], "v")], callbacks=[sapwood.progress_bar("rounds")]),
        lambda: train({}, sets[0], 20, evals=[(sets[1], "v")], verbose_eval="progress"),
        lambda: sapwood.cv({}, sets[0], 20, nfold=3, verbose_eval="progress"),
        lambda: SapwoodRegressor(n_estimators=20).fit(rows, target, eval_set=[(rows, target)], verbose="progress"),
        lambda: SapwoodRegressor(n_estimators=20, callbacks=[sapwood.progress_bar()]).fit(rows, target),
    ]
    for call in calls:
        bar_of.truncate(0)
        call()
        last = bar_of.getvalue().rstrip().splitlines()[-1].split("\r")[-1]
        assert "20/20" in last and "rmse" in last and last.startswith(("rounds", "training"))
        assert bar_of.getvalue().endswith("\n")


def test_a_bar_ends_where_training_does(sets, bar_of):
    def fails(env):
        if env.iteration == 3:
            raise KeyError("of mine")

    with pytest.raises(KeyError, match="of mine"):
        train({}, sets[0], 20, callbacks=[sapwood.progress_bar(), fails])
    assert "4/20" in bar_of.getvalue() and bar_of.getvalue().endswith("\n")
    bar = sapwood.progress_bar()
    for _ in range(2):
        train({"eta": 1}, sets[0], 300, evals=[(sets[1], "v")], early_stopping_rounds=2, callbacks=[bar])
    assert "/300" in bar_of.getvalue() and "300/300" not in bar_of.getvalue()
    with pytest.raises(sapwood.ParameterError, match='"progress"'):
        train({}, sets[0], 3, verbose_eval="bar")


def test_a_bar_is_ten_lines_where_no_line_can_change(sets, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    stream = io.StringIO()
    monkeypatch.setattr("sapwood._progress.sys", SimpleNamespace(stderr=stream))
    train({}, sets[0], 57, evals=[(sets[1], "v")], verbose_eval="progress")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10 and all(f"{done}/57" in line for done, line in zip((6, 12, 18, 23, 29), lines, strict=False))
    assert "57/57" in lines[-1] and "v-rmse: " in lines[-1]
