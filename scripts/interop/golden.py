"""Writes the golden files of sapwood-interop: small models of one release of a package, with rows and the margins that it predicts.

    golden.py DIRECTORY NAME…
    golden.py DIRECTORY margins FILE   # the margins of an old file as a newer release reads it

Runs under any release of XGBoost or LightGBM; the names say which of the models below to write. Each becomes NAME-VERSION.model and
NAME-VERSION.json, an object of `rows` (null is NaN) and `margins`.
"""

import json
import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

directory, names = sys.argv[1], sys.argv[2:]
rng = np.random.RandomState(5)
x = rng.normal(size=(200, 4)).round(3)
x[:, 2] = rng.randint(0, 5, 200)
x[:, 3] = rng.randint(0, 40, 200)
x[::13, 0] = np.nan
y = (np.nan_to_num(x[:, 0]) + (x[:, 2] == 3) + (x[:, 3] % 7 < 3) > 0.9).astype(int)
special = [np.nan, -0.0, 5e-324, 1e30, -1e30, 1e-35]
rows = np.concatenate([x[:12], [[a, b, c, d] for a, b, c, d in zip(special, special[::-1], [-1, np.nan, 3.7, 17, 4, 63], [70, 39, np.nan, 31, -0.5, 1e7])]])


def keep(name, version, model_bytes, margins, rows=rows):
    path = os.path.join(directory, "%s-%s" % (name, version))
    with open(path + ".model", "wb") as out:
        out.write(model_bytes)
    cells = [[None if cell != cell else float(cell) for cell in row] for row in rows]
    margins = np.asarray(margins, dtype=np.float64).reshape(len(rows), -1)
    with open(path + ".json", "w") as out:
        json.dump({"rows": cells, "margins": margins.tolist()}, out)


def xgboost_model(name):
    import xgboost

    params = {"max_depth": 3, "eta": 0.5, "nthread": 1, "objective": "binary:logistic", "tree_method": "hist", "seed": 1}
    data = {}
    label = y
    if name.startswith("categories"):
        data = {"feature_types": ["q", "q", "c", "c"], "enable_categorical": True}
    if name.startswith("dart"):
        params.update(booster="dart", rate_drop=0.5, one_drop=1)
    if name.startswith("softprob"):
        params.update(objective="multi:softprob", num_class=3, num_parallel_tree=2, subsample=0.7)
        label = y + (x[:, 1] > 0)
    if name.startswith("vector"):
        params.update(objective="reg:squarederror", multi_strategy="multi_output_tree")
        label = np.stack([y, x[:, 1]], axis=1)
    train = xgboost.DMatrix(x, label=label, **data)
    booster = xgboost.train(params, train, 4)
    file = os.path.join(directory, "scratch.ubj" if name.endswith("ubj") else "scratch.json")
    booster.save_model(file)
    booster = xgboost.Booster(params={"nthread": 1}, model_file=file)
    single = rows.astype(np.float32)
    if hasattr(booster, "inplace_predict") and xgboost.__version__ > "1.4" and not name.startswith("dart"):
        margins = booster.inplace_predict(rows, predict_type="margin", validate_features=False)
    else:
        margins = booster.predict(xgboost.DMatrix(single), output_margin=True)
    with open(file, "rb") as model:
        keep("xgboost-" + name, xgboost.__version__, model.read(), margins)
    os.remove(file)


def lightgbm_model(name):
    import lightgbm

    params = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 6, "min_data_in_leaf": 5}
    label, categorical = y, [2, 3]
    if name == "multiclass":
        params.update(objective="multiclass", num_class=3)
        label = y + (x[:, 1] > 0)
    if name == "zero":
        params.update(zero_as_missing=True)
    if name == "forest":
        params.update(boosting="rf", bagging_freq=1, bagging_fraction=0.6)
    if name == "linear":
        params.update(objective="regression", linear_tree=True)
        label, categorical = np.nan_to_num(x[:, 0]) + x[:, 1], "auto"
    train = lightgbm.Dataset(x, label=label, categorical_feature=categorical, params=params)
    file = os.path.join(directory, "scratch.txt")
    lightgbm.train(params, train, 4).save_model(file)
    booster = lightgbm.Booster(model_file=file)
    share = 4 if name == "forest" else 1
    with open(file, "rb") as model:
        keep("lightgbm-" + name, lightgbm.__version__, model.read(), booster.predict(rows, raw_score=True) / share)
    os.remove(file)


if names[0] == "margins":
    import xgboost

    # Releases before 1.3 added the base score last.
    booster = xgboost.Booster(params={"nthread": 1}, model_file=names[1])
    with open(names[1], "rb") as model:
        name, version = os.path.basename(names[1])[: -len(".model")].rsplit("-", 1)
        keep(name, version, model.read(), booster.predict(xgboost.DMatrix(rows.astype(np.float32)), output_margin=True))
    sys.exit()
for name in names:
    library, _, kind = name.partition("-")
    {"xgboost": xgboost_model, "lightgbm": lightgbm_model}[library](kind)
