"""Paths in the place of data: read where the package was built with what reads files, else refused with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sapwood
from sapwood import Booster, Dataset, _sapwood, train

PARAMS = {"objective": "binary:logistic", "eta": 0.3}
READS = pytest.mark.skipif(not _sapwood.reads_files, reason="built without the feature files")


@pytest.fixture
def table(rows, classes):
    frame = pd.DataFrame(rows, columns=list("abcde"))
    frame["kind"] = np.where(rows[:, 4] > 0, "x", "y")
    frame.insert(0, "answer", np.where(classes == 1, "yes", "no"))
    return frame.assign(weight=np.arange(600) % 3 + 1.0)


@pytest.fixture
def path(table, tmp_path):
    table.to_csv(tmp_path / "train.csv", index=False)
    return tmp_path / "train.csv"


@pytest.mark.skipif(_sapwood.reads_files, reason="built with the feature files")
def test_a_build_that_reads_no_files_says_how_to_get_one_that_does(rows, target):
    booster = train({}, Dataset(rows, target), 2)
    calls = [
        lambda: Dataset("train.csv", label="y"),
        lambda: Dataset([Path("a.parquet"), Path("b.parquet")]),
        lambda: booster.predict("test.parquet"),
    ]
    for call in calls:
        with pytest.raises(sapwood.SapwoodError, match=r"reads no files.*frame.*--features files"):
            call()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda y: Dataset("t.csv", label=y), TypeError, "label: what goes with the rows of a file is in a column"),
        (lambda y: Dataset("t.csv", weight=True), TypeError, "weight: .*column"),
        (lambda y: Dataset("t.csv", group="g", qid="q"), TypeError, "either group or qid"),
        (lambda y: Dataset("t.csv", feature_names=["a"]), TypeError, "what the file calls them"),
        (lambda y: Dataset(y[:, None], y, params={"header": True}), sapwood.ParameterError, "header says how files are read"),
    ],
)
def test_arguments_that_are_about_other_data_are_refused(target, call, error, message):
    with pytest.raises(error, match=message):
        call(target)


@READS
def test_a_model_of_a_file_is_that_of_its_frame(table, path, tmp_path):
    features = table.drop(columns=["answer", "weight"])
    expected = train(PARAMS, Dataset(features, table["answer"], weight=table["weight"]), 10)
    table.to_parquet(tmp_path / "train.parquet")
    for source in (path, str(path), [path], tmp_path / "train.parquet"):
        data = Dataset(source, label="answer", weight="weight")
        booster = train(PARAMS, data, 10)
        assert booster.classes == ["no", "yes"] and booster.feature_name() == list(features)
        np.testing.assert_array_equal(booster.predict(features), expected.predict(features))
        # Labels and weights are no features, and what is passed over.
        for rows in (source, features, data):
            np.testing.assert_array_equal(booster.predict(rows), expected.predict(features))
        assert booster.predict(source, leaf=True).shape == (600, 10)
        np.testing.assert_array_equal(data.get_label(), (table["answer"] == "yes").astype(float))
        np.testing.assert_array_equal(data.get_weight(), table["weight"])
        assert (data.num_data(), data.num_feature(), data.feature_names) == (600, 6, list(features))


@READS
def test_files_are_evaluated_held_out_and_learnt_from_further(table, path, tmp_path):
    table[:400].to_csv(tmp_path / "first.csv", index=False)
    table[400:].assign(kind="z").to_csv(tmp_path / "last.csv", index=False)
    learn, judge = (Dataset(tmp_path / f"{name}.csv", label="answer", weight="weight") for name in ("first", "last"))
    frame = table[400:].assign(kind="z").drop(columns=["answer", "weight"])
    in_memory = Dataset(frame, table["answer"][400:], weight=table["weight"][400:])
    results = []
    for valid in (judge, in_memory):
        results.append({})
        with pytest.warns(sapwood.SapwoodWarning, match="kind has values not seen in training.*z"):
            train(PARAMS, learn, 10, evals=[(valid, "v")], evals_result=results[-1])
    assert results[0] == results[1]
    result = sapwood.cv(PARAMS, Dataset(path, label="answer"), 5, nfold=3, return_predictions=True)
    assert result["validation-logloss-mean"][-1] < 0.5 and np.isfinite(result["predictions"]).all()
    model = train(PARAMS, learn, 3)
    more = train(PARAMS, judge, 3, init_model=model)
    assert more.categories == {"kind": ["x", "y", "z"]} and more.num_boosted_rounds() == 6
    model.save_model(tmp_path / "m.sapwood")
    np.testing.assert_array_equal(Booster(tmp_path / "m.sapwood").predict(path), model.predict(path))


@READS
def test_parameters_say_how_files_are_read(table, tmp_path):
    table["a"] = table["a"].astype(object)
    table.loc[3, "a"] = "unknown"
    table.to_csv(tmp_path / "t.csv", index=False, sep=";", header=False)
    data = Dataset(
        tmp_path / "t.csv",
        label=0,
        weight=7,
        categorical_features=[6],
        params={"delimiter": ";", "header": False, "missing_values": ["unknown", ""]},
    )
    booster = train(PARAMS, data, 5)
    assert booster.feature_types == ["numeric"] * 5 + ["categorical"] and data.get_weight() is not None
    with pytest.raises(sapwood.ParameterError, match="eta is a training parameter"):
        Dataset(tmp_path / "t.csv", params={"eta": 0.1})


@READS
def test_what_is_wrong_with_files_is_told_by_line_and_column(table, path, tmp_path):
    with pytest.raises(sapwood.FileError, match=r"nowhere\.csv"):
        Dataset(tmp_path / "nowhere.csv")
    with pytest.raises(sapwood.SchemaError, match='no label column "other"'):
        Dataset(path, label="other")
    booster = train(PARAMS, Dataset(path, label="answer", weight="weight"), 3)
    table.drop(columns="c").to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(sapwood.SchemaError, match="c"):
        booster.predict(tmp_path / "less.csv")
    with pytest.raises(TypeError, match="base_margin"):
        booster.predict(path, base_margin=np.zeros(600))


@READS
def test_query_groups_and_several_targets_are_columns(rows, target, tmp_path):
    frame = pd.DataFrame(rows, columns=list("abcde"))
    grade = np.digitize(target, [-1.0, 1.0, 3.0])
    frame.assign(grade=grade, q=np.repeat(np.arange(60), 10)).to_csv(tmp_path / "rank.csv", index=False)
    ranker = train({"objective": "rank:ndcg"}, Dataset(tmp_path / "rank.csv", label="grade", qid="q"), 5)
    expected = train({"objective": "rank:ndcg"}, Dataset(frame, grade, group=[10] * 60), 5)
    np.testing.assert_array_equal(ranker.predict(tmp_path / "rank.csv"), expected.predict(frame))
    frame.assign(u=target, v=-target).to_csv(tmp_path / "two.csv", index=False)
    data = Dataset(tmp_path / "two.csv", label=["u", "v"])
    assert data.get_label().shape == (600, 2) and train({}, data, 3).predict(tmp_path / "two.csv").shape == (600, 2)
