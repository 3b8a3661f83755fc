"""Frames of pandas, polars and pyarrow, and sparse matrices of scipy."""

from __future__ import annotations

import datetime
import gc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

import sapwood
from sapwood import Dataset, train

PARAMS = {"max_depth": 4}
# For frames with categories: each level counts, however few rows it has.
LEVELS = {**PARAMS, "cat_smooth": 0, "min_data_per_group": 0}
COLOURS = ["red", "green", "blue", "a,b", "größer"]


def columns(rows: int = 400) -> dict[str, list]:
    rng = np.random.default_rng(5)
    start = datetime.datetime(2020, 1, 1)
    made = {
        "number": [None if i % 11 == 0 else float(x) for i, x in enumerate(rng.normal(size=rows))],
        "count": [int(x) for x in rng.integers(-50, 50, rows)],
        "truth": [bool(x) for x in rng.integers(0, 2, rows)],
        "colour": [None if i % 13 == 0 else COLOURS[x] for i, x in enumerate(rng.integers(0, 5, rows))],
        "time": [start + datetime.timedelta(hours=int(x)) for x in rng.integers(0, 9999, rows)],
    }
    return made


def labels(made: dict[str, list]) -> np.ndarray:
    hit = np.array([colour in ("red", "a,b") for colour in made["colour"]])
    return hit * 3.0 + np.array(made["count"]) / 50 + np.array([x or 0.0 for x in made["number"]])


def pandas_frame(made):
    return pd.DataFrame(made)


def pandas_objects(made):
    frame = pd.DataFrame(made)
    return frame.astype({"colour": object})


def pandas_category(made):
    frame = pd.DataFrame(made)
    return frame.astype({"colour": pd.CategoricalDtype(["blue", "unused", *[c for c in COLOURS if c != "blue"]])})


def pandas_nullable(made):
    return pd.DataFrame(made).convert_dtypes()


def pandas_arrow(made):
    return pa.table(made).to_pandas(types_mapper=pd.ArrowDtype)


def polars_enum(made):
    return pl.DataFrame(made).with_columns(
        pl.col("colour").cast(pl.Enum(["green", "unused", *[c for c in COLOURS if c != "green"]]))
    )


def polars_categorical(made):
    return pl.DataFrame(made).with_columns(pl.col("colour").cast(pl.Categorical))


def polars_chunks(made):
    frame = pl.DataFrame(made)
    return pl.concat([frame[:100], frame[100:101], frame[101:]], rechunk=False)


def arrow_dictionary(made):
    table = pa.table(made)
    return table.set_column(3, "colour", table["colour"].dictionary_encode())


def arrow_slices(made):
    table = pa.table(made)
    return pa.concat_tables([table.slice(0, 133), table.slice(133, 100), table.slice(233)])


def arrow_large_text(made):
    table = pa.table(made)
    return table.set_column(3, "colour", table["colour"].cast(pa.large_string()))


def arrow_batch(made):
    return pa.table(made).combine_chunks().to_batches()[0]


FRAMES = [
    dict,
    pandas_frame,
    pandas_objects,
    pandas_category,
    pandas_nullable,
    pandas_arrow,
    pl.DataFrame,
    polars_enum,
    polars_categorical,
    polars_chunks,
    pa.table,
    arrow_dictionary,
    arrow_slices,
    arrow_large_text,
    arrow_batch,
]


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_of_the_same_values_give_the_same_model(frame):
    made = columns()
    y = labels(made)
    expected = train(LEVELS, Dataset(pd.DataFrame(made), y), 10)
    assert expected.feature_types == ["numeric", "numeric", "boolean", "categorical", "datetime"]
    assert expected.categories == {"colour": sorted(COLOURS, key=lambda text: text.encode())}
    data = frame(made)
    booster = train(LEVELS, Dataset(data, y), 10)
    assert booster.to_bytes() == expected.to_bytes()
    np.testing.assert_array_equal(expected.predict(data), expected.predict(pd.DataFrame(made)))
    assert np.corrcoef(expected.predict(data), y)[0, 1] > 0.95


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_columns_are_found_by_their_names(frame):
    made = columns()
    booster = train(LEVELS, Dataset(frame(made), labels(made)), 5)
    expected = booster.predict(frame(made))
    shuffled = {name: made[name] for name in ("colour", "time", "count", "truth", "number")}
    np.testing.assert_array_equal(booster.predict(frame(shuffled)), expected)
    with pytest.raises(sapwood.SchemaError, match=r'lack the columns "colour".*"color" instead'):
        booster.predict(frame({("color" if name == "colour" else name): made[name] for name in made}))
    with pytest.raises(sapwood.SchemaError, match='have the columns "extra"'):
        booster.predict(frame({**made, "extra": made["count"]}))
    with pytest.raises(sapwood.SchemaError, match="column count is categorical, in the model it is numeric"):
        booster.predict(frame({**made, "count": made["colour"]}))


def test_levels_that_training_did_not_see_are_missing_and_told():
    made = columns()
    booster = train(LEVELS, Dataset(pd.DataFrame(made), labels(made)), 5)
    new, missing = columns(), columns()
    new["colour"][:3] = ["purple", "RED", "purple"]
    missing["colour"][:3] = [None] * 3
    with pytest.warns(sapwood.SapwoodWarning, match="column colour has values not seen.*RED.*purple"):
        predicted = booster.predict(pl.DataFrame(new))
    np.testing.assert_array_equal(predicted, booster.predict(pl.DataFrame(missing)))


def test_levels_may_come_in_another_order():
    made = columns()
    booster = train(LEVELS, Dataset(pandas_category(made), labels(made)), 5)
    frame = pd.DataFrame(made).astype({"colour": pd.CategoricalDtype(COLOURS[::-1])})
    np.testing.assert_array_equal(booster.predict(frame), booster.predict(pandas_category(made)))


@pytest.mark.parametrize("categories", [[3, 1, 20], [0.5, -1.0, 2.0], [True, False]])
def test_categories_may_be_numbers(categories):
    rng = np.random.default_rng(6)
    values = rng.choice(np.array(categories), 300)
    frame = pd.DataFrame({"x": pd.Categorical(values, categories=categories)})
    y = (values == categories[0]).astype(float)
    booster = train({**LEVELS, "eta": 1, "lambda": 0}, Dataset(frame, y), 1)
    np.testing.assert_allclose(booster.predict(frame), y, atol=1e-7)
    if not isinstance(categories[0], bool):
        assert booster.categories["x"] == [f"{level:g}" for level in sorted(categories)]
        # Levels are found by what they are called, whatever holds them.
        np.testing.assert_allclose(booster.predict(values.reshape(-1, 1).astype(float)), y, atol=1e-7)


@pytest.mark.parametrize("size", [1, 13, 5000])
def test_texts_of_any_length_are_read(size):
    texts = ["", "short", "exactly12byt", "longer than twelve bytes", "é" * 20] * size
    y = np.arange(len(texts)) % 5 == 3
    frame = pl.DataFrame({"x": texts, "y": np.arange(len(texts)) % 7})
    booster = train({**LEVELS, "min_child_weight": 0}, Dataset(frame, y), 20)
    assert booster.categories["x"] == sorted(set(texts))
    if size > 1:
        assert np.corrcoef(booster.predict(frame), y)[0, 1] > 0.99


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_arrow_are_read_where_they_are(dtype):
    x = np.random.default_rng(8).normal(size=(3000, 2)).astype(dtype)
    y = x[:, 0].astype(float)
    expected = train(PARAMS, Dataset(x, y, feature_names=["a", "b"]), 5)
    table = pa.table({"a": x[:, 0].copy(), "b": x[:, 1].copy()})
    padded = pa.concat_tables([table.slice(0, 5), table]).combine_chunks()
    frames = [
        table,
        padded.slice(5),
        pl.from_arrow(table),
        pl.from_arrow(padded)[5:],
        table.to_pandas(types_mapper=pd.ArrowDtype),
    ]
    for frame in frames:
        data = Dataset(frame, y)
        assert train(PARAMS, data, 5).to_bytes() == expected.to_bytes()
        np.testing.assert_array_equal(expected.predict(frame), expected.predict(x))
    data = [Dataset(pl.DataFrame({"a": x[:, 0], "b": x[:, 1]}), y) for _ in range(20)]
    gc.collect()
    assert {train(PARAMS, alive, 5).to_bytes() for alive in data} == {expected.to_bytes()}


def test_every_number_of_arrow_is_that_number():
    values = [3, None, 0, 100, 7] * 40
    y = np.array([x or 50 for x in values], dtype=float)
    expected = train(PARAMS, Dataset(pd.DataFrame({"x": values}), y), 5)
    types = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    types += [pa.float16(), pa.float32(), pa.float64(), pa.decimal128(30, 2), pa.decimal128(38, 0)]
    for kind in types:
        array = pa.array([None if x is None else x for x in values], pa.int64()).cast(kind)
        table = pa.table({"x": array})
        assert train(PARAMS, Dataset(table, y), 5).to_bytes() == expected.to_bytes(), kind
        frame = pd.DataFrame({"x": pd.Series(array, dtype=pd.ArrowDtype(kind))})
        assert train(PARAMS, Dataset(frame, y), 5).to_bytes() == expected.to_bytes(), kind


def test_dates_and_times_are_numbers():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=i % 50) for i in range(200)]
    y = np.array([day.day for day in days], dtype=float)
    for kind, name in (
        (pa.date32(), "date"),
        (pa.date64(), "date"),
        (pa.timestamp("s"), "datetime"),
        (pa.timestamp("ns", "UTC"), "datetime"),
    ):
        booster = train(PARAMS, Dataset(pa.table({"x": pa.array(days).cast(pa.timestamp("ms")).cast(kind)}), y), 30)
        assert booster.feature_types == [name]
        assert np.abs(booster.predict(pa.table({"x": pa.array(days).cast(pa.timestamp("ms")).cast(kind)})) - y).max() < 1
    assert train(PARAMS, Dataset({"x": [None, *days[1:]]}, y), 5).feature_types == ["date"]
    times = pd.DataFrame({"x": pd.to_datetime(pd.Series(days)).dt.tz_localize("Europe/Berlin")})
    assert train(PARAMS, Dataset(times, y), 5).feature_types == ["datetime"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (lambda: pa.table({"x": [[1], [2]]}), "column x holds lists"),
        (lambda: pa.table({"x": [b"a", b"b"]}), "column x holds bytes"),
        (lambda: pa.table({"x": pa.array([1, 2], pa.duration("s"))}), "column x holds spans"),
        (lambda: pa.table({"x": [2**60, 1]}), "row 0 .*column x: an integer beyond 2\\^53"),
        (lambda: pl.DataFrame({"x": [1, 2]}).lazy(), "give data.collect\\(\\)"),
        (lambda: pl.DataFrame({"x": [1.0, float("inf")]}), "row 1 .*column x: infinite"),
        (lambda: pd.DataFrame({"x": [1.0, "a"]}), "column x holds values of the types float, str"),
        (lambda: pd.DataFrame({"x": pd.to_timedelta([1, 2])}), "column x is of the type timedelta64"),
        (lambda: pd.DataFrame({"x": [2**60, 1]}), "row 0 .*column x: an integer beyond 2\\^53"),
        (
            lambda: pd.DataFrame({"x": pd.array([2**60, None], dtype="Int64")}),
            "row 0 .*column x: an integer beyond 2\\^53",
        ),
        (lambda: pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"]), 'two columns "x"'),
        (lambda: pd.DataFrame({"x": [1, 2], 3: [1, 2]}), "some columns have texts as names"),
    ],
)
def test_what_no_feature_can_be_is_refused_by_name(frame, message):
    with pytest.raises(ValueError, match=message):
        train(PARAMS, Dataset(frame(), [0.0, 1.0]), 1)


def test_integers_that_are_missing_may_hide_anything():
    array = pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x02"), pa.py_buffer(np.array([2**60, 1]).tobytes())])
    train({"min_child_weight": 0}, Dataset(pa.table({"x": array}), [0.0, 1.0]), 1)


def test_frames_without_names_are_matched_by_position(rows, target):
    booster = train(PARAMS, Dataset(pd.DataFrame(rows), target), 5)
    assert booster.feature_name() == ["f0", "f1", "f2", "f3", "f4"]
    np.testing.assert_array_equal(booster.predict(pd.DataFrame(rows)), booster.predict(rows))
    assert booster.to_bytes() == train(PARAMS, Dataset(rows, target), 5).to_bytes()


def test_validation_frames_have_the_levels_of_training():
    made = columns()
    y = labels(made)
    data, result = pd.DataFrame(made), {}
    few = data.iloc[:50].copy()
    few["colour"] = ["purple", *few["colour"].iloc[1:]]
    with pytest.warns(sapwood.SapwoodWarning, match="few: column colour has values not seen.*purple"):
        train(
            LEVELS,
            Dataset(data, y),
            5,
            evals=[(Dataset(data.iloc[:50], y[:50]), "same"), (Dataset(few, y[:50]), "few")],
            evals_result=result,
        )
    booster = train(LEVELS, Dataset(data, y), 5)
    rmse = np.sqrt(np.mean((booster.predict(data.iloc[:50]) - y[:50]) ** 2))
    np.testing.assert_allclose(result["same"]["rmse"][-1], rmse)


@pytest.mark.parametrize("form", ["csr_matrix", "csc_matrix", "csr_array", "csc_array", "coo_matrix"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
def test_what_sparse_matrices_do_not_hold_is_0(form, dtype):
    rng = np.random.default_rng(7)
    x = np.where(rng.random((500, 30)) < 0.1, rng.integers(1, 20, (500, 30)), 0).astype(dtype)
    y = x[:, 0] - x[:, 1].astype(float)
    sparse = getattr(scipy.sparse, form)(x)
    booster = train(PARAMS, Dataset(sparse, y), 10)
    assert booster.to_bytes() == train(PARAMS, Dataset(x, y), 10).to_bytes()
    np.testing.assert_array_equal(booster.predict(sparse), booster.predict(x))
    np.testing.assert_array_equal(
        booster.predict(sparse[:7] if form != "coo_matrix" else sparse),
        booster.predict(x[:7] if form != "coo_matrix" else x),
    )


def test_sparse_matrices_may_be_out_of_order_hold_what_is_missing_and_repeat_cells():
    def sparse(values, places, starts):
        return scipy.sparse.csc_matrix((np.array(values), np.array(places), np.array(starts)), shape=(3, len(starts) - 1))

    y, params = [1.0, 2.0, 3.0], {"min_child_weight": 0}
    for matrix, dense in (
        (sparse([1.0, 2.0, np.nan, 3.0], [2, 0, 1, 2], [0, 2, 4]), [[2, 0], [0, np.nan], [1, 3]]),
        (sparse([1.0, 1.0, 2.0], [0, 0, 1], [0, 3]), [[2], [2], [0]]),
    ):
        booster = train(params, Dataset(matrix, y), 3)
        assert booster.to_bytes() == train(params, Dataset(np.array(dense, dtype=float), y), 3).to_bytes()
        np.testing.assert_array_equal(booster.predict(matrix), booster.predict(np.array(dense, dtype=float)))


def test_damaged_sparse_matrices_are_refused():
    x = scipy.sparse.csc_matrix(np.eye(3))
    x.indices[1] = 7
    x.has_canonical_format = True
    with pytest.raises(ValueError, match="damaged"):
        Dataset(x, [1.0, 2.0, 3.0])
