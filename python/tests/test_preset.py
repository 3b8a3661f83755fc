"""`preset`: what is not given follows from the data."""

import logging

import numpy as np
import pytest

from sapwood import Dataset, ParameterError, train
from sapwood.sklearn import SapwoodClassifier, SapwoodRegressor


def _data(rows: int = 300, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(1)
    x = numbers.normal(size=(rows, 4))
    return x, np.digitize(x[:, 0] + x[:, 1] * x[:, 2] + 0.3 * numbers.normal(size=rows), np.linspace(-1, 1, classes - 1))


def test_the_rules_tell_their_reasons_and_leave_alone_what_is_given(caplog: pytest.LogCaptureFixture) -> None:
    x, y = _data(classes=2)
    told: dict[str, dict[str, list[float]]] = {}
    with caplog.at_level(logging.INFO, logger="sapwood"):
        model = train({"objective": "binary:logistic", "preset": "best", "eta": 0.2}, Dataset(x, y), evals_result=told)
    reasons = [record.message for record in caplog.records if " because " in record.message]
    assert any(reason.startswith("num_round=") for reason in reasons)
    assert not any(reason.startswith("eta=") for reason in reasons)
    assert len(told["validation"]["logloss"]) > 1
    assert model.best_iteration is None
    # The model is one like any other: contributions add up to margins.
    assert np.allclose(model.predict(x, contributions=True).sum(axis=1), model.predict(x, margin=True))


def test_threads_do_not_matter() -> None:
    x, y = _data()
    models = [SapwoodClassifier(preset="best", n_jobs=threads).fit(x, y) for threads in (1, 3)]
    assert (models[0].predict_proba(x) == models[1].predict_proba(x)).all()
    assert models[0].n_estimators_ != 100
    assert models[0].score(x, y) > 0.8


def test_evaluation_sets_are_only_told_of() -> None:
    x, y = _data()
    plain = SapwoodRegressor(preset="fast").fit(x, y)
    told = SapwoodRegressor(preset="fast").fit(x, y, eval_set=[(x[:50], y[:50])], eval_names=["validation"])
    assert (plain.predict(x) == told.predict(x)).all()
    last = told.evals_result_["validation"]["rmse"][-1]
    assert np.isclose(last, np.sqrt(np.mean((told.predict(x[:50]) - y[:50]) ** 2)))
    assert len(told.evals_result_["held-out"]["rmse"]) == len(told.evals_result_["validation"]["rmse"])


def test_what_cannot_be_combined_is_refused() -> None:
    x, y = _data(classes=2)
    data = Dataset(x, y)
    given = {"objective": "binary:logistic", "preset": "best"}
    with pytest.raises(ParameterError, match="several side by side"):
        train(given, data, callbacks=[lambda env: None])
    with pytest.raises(ParameterError, match="a metric of your own cannot be combined with preset=best"):
        train(given, data, feval=lambda predictions, data: ("mine", 0.0))
    model = train({"objective": "binary:logistic"}, data, 3)
    with pytest.raises(ParameterError, match="a model to go on from cannot be combined with preset=best"):
        train(given, data, init_model=model)
    with pytest.raises(ParameterError, match="nfold cannot be combined"):
        train({**given, "nfold": 5}, data)


def test_the_plan_of_a_time_budget_makes_the_same_model(caplog: pytest.LogCaptureFixture) -> None:
    x, y = _data(classes=2)
    given = {"objective": "binary:logistic", "preset": "best", "num_round": 20, "max_depth": 3}
    with caplog.at_level(logging.INFO, logger="sapwood"):
        model = train(given | {"time_budget": 2}, Dataset(x, y))
    of_time = ("quality", "race_folds", "eta", "num_round", "num_models")
    reasons = [record.message.split(" because ")[0].split("=") for record in caplog.records if " because " in record.message]
    plan = {name: value for name, value in reasons if name in of_time}
    assert {"quality", "num_models"} <= plan.keys()
    assert (train(given | plan, Dataset(x, y)).predict(x) == model.predict(x)).all()
    for time in ("2s", 1.5):
        assert SapwoodClassifier(preset="best", time_budget=time, num_round=20).fit(x, y).score(x, y) > 0.6
    with pytest.raises(ParameterError, match="is about preset=best"):
        SapwoodClassifier(time_budget="2s").fit(x, y)
