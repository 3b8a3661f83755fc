"""`train`, `Dataset` and `Booster` with numpy's arrays."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

import sapwood
from sapwood import Booster, Dataset, train

PARAMS = {"eta": 0.2, "max_depth": 4}


def model(x, y, params=PARAMS, rounds=10, **attributes):
    return train(params, Dataset(x, y, **attributes), rounds)


def test_it_learns(rows, target):
    booster = model(rows, target, rounds=100)
    assert np.corrcoef(booster.predict(rows), target)[0, 1] > 0.99
    assert booster.num_boosted_rounds() == 100 and booster.num_feature() == 5


@pytest.mark.parametrize(
    "form",
    [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: np.ascontiguousarray(x[::-1])[::-1],
        lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1],
        lambda x: x.astype(x.dtype.newbyteorder()),
        lambda x: x.tolist(),
        lambda x: x.astype(object),
        lambda x: np.frombuffer(b"\0" + x.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(x.shape),
    ],
    ids=["Fortran", "rows", "columns", "backwards", "columns backwards", "byte order", "lists", "objects", "unaligned"],
)
def test_the_form_of_an_array_changes_nothing(rows, target, form):
    expected = model(rows, target)
    formed = form(rows)
    assert model(formed, target).to_bytes() == expected.to_bytes()
    assert (expected.predict(formed) == expected.predict(rows)).all()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?", "g"])
def test_every_type_of_number_is_that_number(dtype, order):
    x = np.random.default_rng(1).integers(0, 100, (300, 3)).astype(dtype, order=order)
    y = x[:, 0].astype(float) - x[:, 1]
    expected = model(x.astype(np.float64), y)
    assert model(x, y).to_bytes() == expected.to_bytes()
    assert (expected.predict(x) == expected.predict(x.astype(np.float64))).all()


def test_arrays_are_read_where_they_are_and_not_written(rows, target):
    before = rows.copy()
    rows.flags.writeable = False
    target.flags.writeable = False
    booster = model(rows, target)
    booster.predict(rows)
    np.testing.assert_array_equal(rows, before)


def test_large_data_come_in_several_blocks():
    x = np.random.default_rng(2).normal(size=(150_000, 3))
    y = x[:, 0] + x[:, 1]
    expected = model(np.asfortranarray(x), y)
    assert model(x, y).to_bytes() == expected.to_bytes()
    assert model(x, y, {**PARAMS, "nthread": 1}).to_bytes() == expected.to_bytes()
    assert (expected.predict(x) == np.concatenate([expected.predict(part) for part in np.array_split(x, 7)])).all()


def test_a_weight_is_so_many_rows(rows, classes):
    weight = np.random.default_rng(3).integers(0, 4, len(rows)).astype(float)
    params = {"objective": "binary:logistic"}
    weighted = model(rows, classes, params, weight=weight)
    repeats = weight.astype(int)
    assert weighted.to_bytes() == model(rows.repeat(repeats, axis=0), classes.repeat(repeats), params).to_bytes()


def test_models_are_saved_copied_and_read(rows, target, tmp_path):
    booster = model(rows, target)
    expected = booster.predict(rows)
    path = tmp_path / "m.sapwood"
    booster.save_model(path)
    for other in (
        Booster(path),
        Booster(str(path)),
        Booster(model_bytes=booster.to_bytes()),
        pickle.loads(pickle.dumps(booster)),
        copy.deepcopy(booster),
    ):
        assert (other.predict(rows) == expected).all() and other.to_bytes() == booster.to_bytes()
    dumped = booster.dump_model()
    assert dumped["num_rounds"] == 10 and len(dumped["trees"]) == 10
    json.dumps(dumped)


def test_outputs_have_their_shapes(rows, target):
    y = np.digitize(target, [0, 1, 3]).astype(float)
    booster = model(rows, y, {"objective": "multi:softprob", "num_class": 4})
    probabilities = booster.predict(rows)
    assert probabilities.shape == (600, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert booster.predict(rows, margin=True).shape == (600, 4)
    leaves = booster.predict(rows, leaf=True)
    assert leaves.shape == (600, 40) and leaves.dtype == np.uint32
    assert booster.predict(rows[:0]).shape == (0, 4)
    assert booster.predict(rows, num_iteration=3, leaf=True).shape == (600, 12)
    quantiles = model(rows, target, {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]})
    predicted = quantiles.predict(rows)
    assert predicted.shape == (600, 3) and (np.diff(predicted, axis=1) >= 0).all()
    targets = model(rows, np.column_stack([target, -target]))
    assert targets.predict(rows).shape == (600, 2)


def test_the_first_rounds_are_those_of_a_shorter_training(rows, target):
    np.testing.assert_array_equal(
        model(rows, target, rounds=10).predict(rows, num_iteration=4), model(rows, target, rounds=4).predict(rows)
    )


def test_base_margins_are_where_rows_begin_and_are_asked_for(rows, target):
    with pytest.warns(sapwood.SapwoodWarning, match="give them to predict as well"):
        booster = model(rows, target, rounds=50, base_margin=target / 2)
    assert np.corrcoef(booster.predict(rows, base_margin=target / 2), target)[0, 1] > 0.99
    with pytest.raises(sapwood.ModelError, match="base margin"):
        booster.predict(rows)


def test_training_goes_on_from_a_model(rows, target, tmp_path):
    five = model(rows, target, rounds=5)
    five.save_model(tmp_path / "five.sapwood")
    for start in (five, str(tmp_path / "five.sapwood")):
        ten = train(PARAMS, Dataset(rows, target), 5, init_model=start)
        np.testing.assert_array_equal(ten.predict(rows), model(rows, target, rounds=10).predict(rows))


def test_texts_are_classes(rows, classes):
    names = np.where(classes == 1, "yes", "no")
    booster = model(rows, names, {"objective": "binary:logistic"})
    assert booster.classes == ["no", "yes"]
    np.testing.assert_array_equal(booster.predict(rows), model(rows, classes, {"objective": "binary:logistic"}).predict(rows))
    valid = Dataset(rows[:50], np.full(50, "yes"))
    result = {}
    train({"objective": "binary:logistic"}, Dataset(rows, names), 3, evals=[(valid, "v")], evals_result=result)
    assert len(result["v"]["logloss"]) == 3
    with pytest.raises(sapwood.DataError, match="'maybe' is none of the classes no, yes"):
        train({"objective": "binary:logistic"}, Dataset(rows, names), 3, evals=[(Dataset(rows[:1], ["maybe"]), "v")])


def test_the_positive_class_is_chosen_for_all_data_sets(rows, classes):
    names = np.where(classes == 1, "yes", "no")
    learn, judge = Dataset(rows[:400], names[:400]), Dataset(rows[400:], names[400:])
    results = {}
    for positive in ("yes", "no"):
        params = {"objective": "binary:logistic", "positive_class": positive}
        results[positive] = {}
        booster = train(params, learn, 10, evals=[(judge, "v")], evals_result=results[positive])
        assert booster.classes[1] == positive
        np.testing.assert_allclose(
            results[positive]["v"]["logloss"][-1], log_loss(names[400:] == positive, booster.predict(rows[400:]))
        )
    np.testing.assert_allclose(results["yes"]["v"]["logloss"], results["no"]["v"]["logloss"])
    with pytest.raises(sapwood.ParameterError, match="positive_class cannot be combined with functions of your own"):
        train(params, learn, 3, evals=[(judge, "v")], feval=lambda p, d: ("m", 0.0))


def test_times_to_an_event_lie_between_bounds(rows, target):
    time = np.exp(target / 4)
    data = Dataset(rows, label_lower_bound=time, label_upper_bound=np.where(target > 2, np.inf, time))
    predicted = train({"objective": "survival:aft"}, data, 50).predict(rows)
    assert np.corrcoef(np.log(predicted), target)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, y: model(x, y, {"etaa": 0.1}), sapwood.ParameterError, "unknown parameter etaa; did you mean eta"),
        (lambda x, y: model(x, y, {"eta": 2}), sapwood.ParameterError, "eta"),
        (lambda x, y: model(x, y[:-1]), sapwood.DataError, "599 labels for 600 rows"),
        (lambda x, y: model(x, np.r_[np.nan, y[1:]]), sapwood.DataError, "row 0 .*label"),
        (lambda x, y: model(x, y, weight=-(y**2)), sapwood.DataError, "weight"),
        (lambda x, y: model(x, y, weight=0 * y), sapwood.DataError, "weights of all rows are zero"),
        (lambda x, y: model(np.where(x > 2, np.inf, x), y), sapwood.DataError, "infinite value"),
        (lambda x, y: model(np.asfortranarray(np.where(x > 2, np.inf, x)), y), sapwood.DataError, "infinite value"),
        (lambda x, y: model(x.astype(complex), y), sapwood.DataError, "complex"),
        (lambda x, y: model(x[:, 0], y), sapwood.DataError, "two dimensions.*reshape"),
        (lambda x, y: model(x[:0], y[:0]), sapwood.DataError, "no rows"),
        (lambda x, y: model(x[:, :0], y), sapwood.SchemaError, "no feature"),
        (lambda x, y: model(np.full(x.shape, 2**60), y), sapwood.DataError, "2\\^53"),
        (lambda x, y: model(x, y, {"objective": "multi:softprob"}), sapwood.ParameterError, "num_class"),
        (lambda x, y: model(x, y).predict(x[:, :4]), sapwood.SchemaError, "4 features, the model was trained on 5"),
        (lambda x, y: model(x, y).predict(np.where(x > 2, np.inf, x)), sapwood.DataError, "infinite value"),
        (lambda x, y: Booster("/nowhere/m.sapwood"), sapwood.FileError, "nowhere"),
        (lambda x, y: Booster(model_bytes=b"no model"), sapwood.ModelError, "not a Sapwood model|only 8 bytes"),
        (lambda x, y: train({}, Dataset(x, y), 3, early_stopping_rounds=2), sapwood.ParameterError, "validation"),
        (lambda x, y: Dataset(x, y, group=[3, 4]), sapwood.DataError, "add up to 7"),
        (lambda x, y: Dataset(x, y, feature_names=["a"]), sapwood.SchemaError, "1 names for 5"),
    ],
)
def test_errors_are_value_errors_with_the_cause(rows, target, call, error, message):
    with pytest.raises(error, match=message) as raised:
        call(rows, target)
    assert isinstance(raised.value, ValueError)


def test_errors_carry_their_parts(rows, target):
    with pytest.raises(sapwood.ParameterError) as raised:
        model(rows, target, {"eta": -1})
    assert raised.value.parameter == "eta"
    rows[17, 2] = np.inf
    with pytest.raises(sapwood.DataError) as raised:
        model(rows, target)
    assert (raised.value.row, raised.value.column) == (17, "f2")
    with pytest.raises(OSError):
        Booster("/nowhere/m.sapwood")


def test_what_deserves_attention_is_a_warning(rows):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model(rows, np.ones(600))
    assert any("all labels are 1" in str(warning.message) for warning in caught)
    assert all(issubclass(warning.category, sapwood.SapwoodWarning) for warning in caught)


def test_names_of_features_are_kept(rows, target):
    names = ["a", "b", "c", "d", "e"]
    booster = model(rows, target, feature_names=names)
    assert booster.feature_name() == names
    assert set(booster.get_score()) <= set(names) and booster.feature_importance("weight").sum() > 0
    with pytest.raises(ValueError, match="give weight, gain"):
        booster.feature_importance("splits")


def test_numbers_can_be_categories():
    rng = np.random.default_rng(4)
    x = rng.integers(0, 8, (500, 2)).astype(float)
    y = np.isin(x[:, 0], [1, 4, 6]).astype(float)
    booster = model(x, y, {"max_depth": 1, "eta": 1, "lambda": 0, "cat_smooth": 0}, rounds=1, categorical_features=[0])
    assert booster.categories == {"f0": [str(level) for level in range(8)]}
    np.testing.assert_allclose(booster.predict(x), y, atol=1e-7)
    with pytest.warns(sapwood.SapwoodWarning, match="f0 has values not seen in training.*99"):
        booster.predict([[99.0, 1.0]])


def test_folds_judge_by_rows_that_they_did_not_learn_from(rows, classes):
    params = {"objective": "binary:logistic", "eval_metric": "auc"}
    result = sapwood.cv(params, Dataset(rows, classes), 20, nfold=4, early_stopping_rounds=5, return_models=True)
    means = result["validation-auc-mean"]
    assert len(means) == len(result["validation-auc-std"]) == len(result["train-auc-mean"]) and means[-1] == max(means)
    assert [booster.num_boosted_rounds() for booster in result["models"]] == [len(means)] * 4
    assert means[-1] > 0.9 and result["train-auc-mean"][-1] > means[-1]
    again = sapwood.cv(params, Dataset(rows, classes), 20, nfold=4, early_stopping_rounds=5, seed=1)
    assert again["validation-auc-mean"] != means


def test_folds_are_those_that_are_given(rows, classes):
    params = {"objective": "binary:logistic"}
    data = Dataset(rows, classes)
    splitter = StratifiedKFold(3, shuffle=True, random_state=0)
    pairs = list(splitter.split(rows, classes))
    result = sapwood.cv(params, data, 8, folds=splitter, return_models=True, return_predictions=True)
    expected = np.full(600, np.nan)
    for (learned, held_out), booster in zip(pairs, result["models"], strict=True):
        alone = train(params, Dataset(rows[learned], classes[learned]), 8)
        np.testing.assert_array_equal(alone.predict(rows), booster.predict(rows))
        expected[held_out] = alone.predict(rows[held_out])
    np.testing.assert_array_equal(result["predictions"], expected)
    losses = [log_loss(classes[held_out], expected[held_out]) for _, held_out in pairs]
    np.testing.assert_allclose(result["validation-logloss-mean"][-1], np.mean(losses))
    np.testing.assert_allclose(result["validation-logloss-std"][-1], np.std(losses))
    masks = [(~np.isin(np.arange(600), held_out), np.isin(np.arange(600), held_out)) for _, held_out in pairs]
    shuffled = ((learned[::-1].tolist(), held_out[::-1].tolist()) for learned, held_out in pairs)
    for other in (pairs, masks, shuffled):
        assert sapwood.cv(params, data, 8, folds=other)["validation-logloss-mean"] == result["validation-logloss-mean"]


def test_predictions_out_of_fold_are_means_and_missing_where_no_fold_judges(rows, target):
    y = np.digitize(target, [0.0, 2.0]).astype(float)
    params = {"objective": "multi:softprob", "num_class": 3}
    folds = [(np.arange(200), np.arange(200, 300)), (np.arange(100), np.arange(250, 350))]
    weight = np.random.default_rng(0).integers(0, 3, 600).astype(float)
    frame = pd.DataFrame(rows).rename(columns=str).assign(kind=pd.Categorical(np.where(target > 1, "x", "y")))
    result = sapwood.cv(params, Dataset(frame, y, weight=weight), 5, folds=folds, return_models=True, return_predictions=True)
    told, (first, second) = result["predictions"], result["models"]
    assert told.shape == (600, 3) and np.isnan(told[:200]).all() and np.isnan(told[350:]).all()
    np.testing.assert_array_equal(told[200:250], first.predict(frame.iloc[200:250]))
    both = [booster.predict(frame.iloc[250:300]) for booster in (first, second)]
    np.testing.assert_allclose(told[250:300], np.mean(both, axis=0))
    # Early stopping goes by the means over folds, and the models end with it.
    stopped = sapwood.cv(params, Dataset(frame, y), 200, folds=folds, early_stopping_rounds=3, return_models=True)
    rounds = len(stopped["validation-mlogloss-mean"])
    assert rounds < 200 and {booster.num_boosted_rounds() for booster in stopped["models"]} == {rounds}


@pytest.mark.parametrize(
    ("folds", "keywords", "error", "message"),
    [
        ([([0, 1], [1, 2])], {}, sapwood.DataError, "fold 0: row 1 is in both parts"),
        ([(np.arange(9), [9]), ([0, 0], [1])], {}, sapwood.DataError, "fold 1: row 0 is named twice.*weight"),
        ([([0], [600])], {}, sapwood.DataError, "no row 600: there are 600"),
        ([([0], [-1])], {}, sapwood.DataError, "no row -1"),
        ([([0], [])], {}, sapwood.DataError, "judged by no rows"),
        ([], {}, sapwood.DataError, "no folds"),
        ([[0, 1, 2]], {}, TypeError, "fold 0 is no pair"),
        ([([0.5], [1])], {}, TypeError, "no list of row numbers"),
        ([([0], [1])], {"stratified": True}, sapwood.ParameterError, "stratified as well"),
        ([([0], [1])], {"params": {"nfold": 3}}, sapwood.ParameterError, "nfold as well"),
        ([([0, 10], [1, 20])], {"group": [5, 595]}, sapwood.DataError, "query group 0 has rows in both parts"),
    ],
)
def test_folds_that_are_none_are_refused(rows, target, folds, keywords, error, message):
    data = Dataset(rows, target, group=keywords.pop("group", None))
    with pytest.raises(error, match=message):
        sapwood.cv(keywords.pop("params", {}), data, 3, folds=folds, **keywords)


@pytest.mark.filterwarnings("ignore:The groups parameter")
def test_query_groups_stay_together_in_folds_of_a_splitter(rows, target):
    qid = np.repeat(np.arange(60), 10)
    data = Dataset(rows, np.digitize(target, [0.0, 2.0]).astype(float), qid=qid)
    result = sapwood.cv({"objective": "rank:ndcg"}, data, 5, folds=GroupKFold(3), return_predictions=True)
    (metric,) = (name for name in result if name.startswith("validation-ndcg") and name.endswith("-mean"))
    assert np.isfinite(result["predictions"]).all() and len(result[metric]) == 5
    with pytest.raises(sapwood.DataError, match="rows in both parts"):
        sapwood.cv({"objective": "rank:ndcg"}, data, 5, folds=KFold(7, shuffle=True, random_state=0))


def test_it_is_imported_fast():
    code = "import numpy, time; t = time.process_time(); import sapwood; print(time.process_time() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", code], env=os.environ)) for _ in range(5)]
    assert min(times) < 0.1


def test_importing_it_imports_numpy_alone():
    code = "import sys, sapwood; print([m for m in ('sklearn', 'pandas', 'polars', 'scipy', 'matplotlib') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], env=os.environ).decode().strip() == "[]"


@pytest.mark.parametrize("extension", ["json", "ubj"])
@pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logistic", "multi:softprob", "count:poisson"])
def test_models_of_xgboost_predict_what_xgboost_does(rows, target, tmp_path, extension, objective):
    xgboost = pytest.importorskip("xgboost")
    x = rows.astype(np.float32)
    y = np.digitize(target, [0.0, 2.0]) if objective.startswith("multi") else (target > 1).astype(float)
    params = {"objective": objective, "num_class": 3} if objective.startswith("multi") else {"objective": objective}
    theirs = xgboost.train(params, xgboost.DMatrix(x, y), 10)
    path = tmp_path / f"model.{extension}"
    theirs.save_model(path)
    for booster in (Booster(path), Booster(model_bytes=path.read_bytes()), pickle.loads(pickle.dumps(Booster(path)))):
        margins = booster.predict(x, margin=True)
        np.testing.assert_array_equal(margins.astype(np.float32), theirs.predict(xgboost.DMatrix(x), output_margin=True))
        np.testing.assert_allclose(booster.predict(x), theirs.predict(xgboost.DMatrix(x)), rtol=1e-6)
    contributions = Booster(path).predict(x, contributions=True)
    np.testing.assert_allclose(contributions.sum(axis=-1), margins, atol=1e-4)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(sapwood.ModelError, match=r"model\."):
        Booster(path)


def test_models_of_lightgbm_predict_what_lightgbm_does(rows, target, tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    theirs = lightgbm.train({"verbose": -1}, lightgbm.Dataset(rows, target), 10)
    theirs.save_model(tmp_path / "model.txt")
    np.testing.assert_array_equal(Booster(tmp_path / "model.txt").predict(rows), theirs.predict(rows))


def test_imported_models_take_infinite_values_as_their_libraries_do(rows, target):
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    x = np.where(rows > 1, np.inf, np.where(rows < -1, -np.inf, rows))
    of_lightgbm = lightgbm.train({"verbose": -1}, lightgbm.Dataset(rows, target), 5)
    of_xgboost = xgboost.train({"max_depth": 4}, xgboost.DMatrix(rows, target), 5)
    pairs = [
        (sapwood.Booster(model_bytes=of_lightgbm.model_to_string().encode()), of_lightgbm.predict(x)),
        (sapwood.Booster(model_bytes=bytes(of_xgboost.save_raw("json"))), of_xgboost.inplace_predict(x)),
    ]
    for booster, theirs in pairs:
        forms = [x, np.asfortranarray(x), csr_matrix(x), pd.DataFrame(x, columns=booster.feature_name())]
        for data in forms:
            np.testing.assert_array_equal(booster.predict(data).astype(theirs.dtype), theirs)
    with pytest.raises(sapwood.DataError, match="infinite value"):
        train(PARAMS, Dataset(x, target), 2, init_model=pairs[0][0])
