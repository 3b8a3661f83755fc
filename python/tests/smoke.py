"""The package with numpy alone, on a Python that has no other packages: imported, trained, saved, read, and fast to import."""

from __future__ import annotations

import importlib.util
import pickle
import platform
import tempfile
import time
from pathlib import Path

import numpy as np

begin = time.process_time()
import sapwood  # noqa: E402

seconds = time.process_time() - begin
assert seconds < 0.1, f"importing it takes {seconds:.3f} s beyond numpy"

rows = np.random.default_rng(0).normal(size=(500, 4))
target = 2.0 * rows[:, 0] + rows[:, 1] ** 2
result: dict = {}
data = sapwood.Dataset(rows[:400], target[:400])
valid = sapwood.Dataset(rows[400:], target[400:])
booster = sapwood.train({"eta": 0.3}, data, 200, evals=[(valid, "v")], early_stopping_rounds=5, evals_result=result)
assert result["v"]["rmse"][booster.best_iteration] < 0.5 < result["v"]["rmse"][0]
np.testing.assert_allclose(booster.predict(rows, contributions=True).sum(axis=1), booster.predict(rows), atol=1e-9)
with tempfile.TemporaryDirectory() as directory:
    booster.save_model(Path(directory) / "m.sapwood")
    again = sapwood.Booster(Path(directory) / "m.sapwood")
np.testing.assert_array_equal(again.predict(rows), pickle.loads(pickle.dumps(booster)).predict(rows))
own = sapwood.train({}, data, 5, obj=lambda margins, data: (margins - data.get_label(), np.ones(len(margins))))
assert own.num_boosted_rounds() == 5
names = np.where(target > 1, "yes", "no")
frame = sapwood.Dataset({"kind": names, "x": rows[:, 2]}, names)
assert sapwood.train({"objective": "binary"}, frame, 3).classes == ["no", "yes"]
try:
    sapwood.train({"etaa": 1}, data, 1)
except sapwood.ParameterError as error:
    assert "did you mean eta" in str(error)
if importlib.util.find_spec("sklearn") is None:
    try:
        sapwood.SapwoodRegressor  # noqa: B018
    except ImportError as error:
        assert "pip install scikit-learn" in str(error)
python = f"{platform.python_implementation()} {platform.python_version()}"
print(f"{python}, numpy {np.__version__}: imported in {1000 * seconds:.0f} ms, works")
