"""A search for parameters: what it finds, and what it refuses."""

import numpy as np
import pytest

import sapwood
from sapwood import Dataset, ParameterError, tune

GIVEN = {"num_round": 40, "early_stopping_rounds": 5, "nfold": 3}


def noisy(rows, seed):
    numbers = np.random.default_rng(seed)
    x = numbers.random((rows, 4))
    return Dataset(x, 3 * x[:, 0] + x[:, 1] * x[:, 2] + 4 * numbers.random(rows))


def test_the_best_trial_is_found_and_its_model_trained():
    data = noisy(800, 1)
    space = {"min_child_weight": (1, 200, "log"), "max_leaves": (4, 64, "log"), "grow_policy": ["depthwise", "lossguide"]}
    found = tune(GIVEN | {"nthread": 1}, data, space, trials=10)
    # A trial has a result for each number of folds that judged it.
    assert found.complete and sorted({trial.number for trial in found.trials}) == list(range(10))
    finished = [trial for trial in found.trials if trial.finished]
    assert found.best.value == min(trial.value for trial in finished) < found.trials[0].value
    assert set(found.best.parameters) == set(space) and 1 <= found.best.parameters["min_child_weight"] <= 200
    again = tune(
        GIVEN | {"nthread": 3},
        data,
        "min_child_weight=1..200:log,max_leaves=4..64:log,grow_policy=depthwise|lossguide",
        trials=10,
    )
    assert again.trials == found.trials
    assert again.booster.to_bytes() == found.booster.to_bytes()
    # One and a half times the rows of a fold.
    assert found.booster.num_boosted_rounds() == int((found.best.best_round + 1) * 1.5 + 0.5)


def test_a_validation_set_judges():
    data, valid = noisy(600, 2), noisy(200, 3)
    given = {name: value for name, value in GIVEN.items() if name != "nfold"}
    found = tune(given, data, trials=2, valid_set=valid)
    result = {}
    trained = sapwood.train(given | {"eta": 0.1} | found.best.parameters, data, valid_sets=[valid], evals_result=result)
    assert min(next(iter(result.values()))["rmse"]) == found.best.value
    assert trained.num_boosted_rounds() == found.booster.num_boosted_rounds() == found.best.best_round + 1
    with pytest.raises(ParameterError, match="nfold"):
        tune(GIVEN, data, trials=2, valid_set=valid)


def test_time_is_kept():
    found = tune({"num_round": 60}, noisy(600, 4), time_budget=6.0)
    assert not found.complete and found.best in found.trials
    with pytest.raises(sapwood.DataError, match="stopped before"):
        tune({"num_round": 60}, noisy(600, 4), time_budget=1e-6)


@pytest.mark.parametrize(
    ("search", "trials", "cause"),
    [
        ({"max_leavs": (1, 3)}, 2, "max_leaves"),
        ({"eta": (0.3, 0.1)}, 2, "not below"),
        ({"eta": 0.3}, 2, "is no range"),
        ({"num_round": (1, 9)}, 2, "early stopping finds"),
        ("eta=0.1..0.2, nfold=2..3", 2, "nfold cannot be searched"),
        (None, 1, "give 2 or more"),
    ],
)
def test_mistakes_are_told(search, trials, cause):
    with pytest.raises(ParameterError, match=cause):
        tune(GIVEN, noisy(100, 5), search, trials=trials)
