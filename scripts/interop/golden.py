"""Writes the golden files of sapwood-interop: small models of one release of a package, with rows and the margins that it predicts.

    golden.py DIRECTORY NAME…
    golden.py DIRECTORY onnx-KIND…   # with onnx, onnxruntime, skl2onnx, onnxmltools, scikit-learn, catboost
    golden.py DIRECTORY margins FILE   # the margins of an old file as a newer release reads it

Runs under any release of XGBoost or LightGBM; the names say which of the models below to write. Each becomes NAME-VERSION.model and
NAME-VERSION.json, an object of `rows` (null is NaN) and `margins`, and the `output` that these are where it is another.
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


def keep(name, version, model_bytes, margins, rows=rows, output="margin"):
    path = os.path.join(directory, "%s-%s" % (name, version))
    with open(path + ".model", "wb") as out:
        out.write(model_bytes)
    cells = [[None if cell != cell else float(cell) for cell in row] for row in rows]
    margins = np.asarray(margins, dtype=np.float64).reshape(len(rows), -1)
    with open(path + ".json", "w") as out:
        json.dump({"rows": cells, "margins": margins.tolist(), "output": output}, out)


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


def onnx_file(kind):
    """A model in ONNX, most of them by the converters that people use."""
    import onnx
    from onnx import helper, numpy_helper

    single, three = np.nan_to_num(x).astype(np.float32), y + (x[:, 1] > 0)
    if kind in ("lightgbm", "categories"):
        import lightgbm
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType

        params = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 6, "min_data_in_leaf": 5}
        params.update(min_data_per_group=5, cat_smooth=1, max_cat_to_onehot=2)
        data = lightgbm.Dataset(x, label=y, categorical_feature=[2, 3] if kind == "categories" else "auto", params=params)
        return convert_lightgbm(lightgbm.train(params, data, 4), initial_types=[("input", FloatTensorType([None, 4]))])
    if kind == "xgboost":
        import xgboost
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        model = xgboost.XGBClassifier(n_estimators=3, max_depth=3, n_jobs=1).fit(x, three)
        return convert_xgboost(model, initial_types=[("input", FloatTensorType([None, 4]))])
    if kind == "catboost":
        import catboost

        file = os.path.join(directory, "scratch.onnx")
        options = {"iterations": 4, "depth": 3, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
        catboost.CatBoostClassifier(**options).fit(single, np.array(["no", "yes"])[y]).save_model(file, format="onnx")
        model = onnx.load(file)
        os.remove(file)
        return model
    if kind == "forest":
        from skl2onnx import to_onnx
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        forest = RandomForestRegressor(4, max_depth=3, random_state=0).fit(StandardScaler().fit_transform(single), np.stack([x[:, 1], y], 1))
        model = make_pipeline(StandardScaler().fit(single), forest)
        return to_onnx(model, single[:1])
    floats = lambda name, values: numpy_helper.from_array(np.array(values, np.float64), name)
    if kind == "doubles":
        attributes = {
            "n_targets": 1, "aggregate_function": "AVERAGE", "base_values_as_tensor": floats("base", [0.1]),
            "nodes_treeids": [0] * 5 + [7] * 3, "nodes_nodeids": [0, 1, 2, 3, 4, 0, 1, 2],
            "nodes_featureids": [0, 1, 0, 0, 0, 3, 0, 0], "nodes_values_as_tensor": floats("values", [0.1, -0.2, 0, 0, 0, 39, 0, 0]),
            "nodes_modes": ["BRANCH_LT", "BRANCH_GTE", "LEAF", "LEAF", "LEAF", "BRANCH_NEQ", "LEAF", "LEAF"],
            "nodes_truenodeids": [1, 2, 0, 0, 0, 1, 0, 0], "nodes_falsenodeids": [4, 3, 0, 0, 0, 2, 0, 0],
            "nodes_missing_value_tracks_true": [1, 0, 0, 0, 0, 0, 0, 0], "target_treeids": [0, 0, 0, 7, 7],
            "target_nodeids": [2, 3, 4, 1, 2], "target_ids": [0] * 5, "target_weights_as_tensor": floats("weights", [0.1, 0.7, 1 / 3, 0.3, -0.9]),
        }
        operator, kinds, version = "TreeEnsembleRegressor", (onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT), 3
    else:
        attributes = {
            "n_targets": 2, "aggregate_function": 1, "post_transform": 0, "tree_roots": [0, 2],
            "nodes_modes": numpy_helper.from_array(np.array([6, 0, 6], np.uint8), "modes"), "nodes_splits": floats("splits", [0, 0.1, 0]),
            "membership_values": floats("members", [1, 3, np.nan, 17, 39, 31, np.nan]), "nodes_featureids": [2, 1, 3],
            "nodes_truenodeids": [1, 0, 3], "nodes_trueleafs": [0, 1, 1], "nodes_falsenodeids": [1, 2, 4], "nodes_falseleafs": [1, 1, 1],
            "nodes_missing_value_tracks_true": [0, 1, 1], "leaf_targetids": [0, 0, 0, 1, 1], "leaf_weights": floats("weights", [0.1, 0.7, 1 / 3, 0.3, -0.9]),
        }
        operator, kinds, version = "TreeEnsemble", (onnx.TensorProto.DOUBLE, onnx.TensorProto.DOUBLE), 5
    node = helper.make_node(operator, ["x"], ["y"], domain="ai.onnx.ml", **attributes)
    values = [helper.make_tensor_value_info(name, kind, [None, width]) for name, kind, width in zip("xy", kinds, (4, attributes["n_targets"]))]
    graph = helper.make_graph([node], "trees", values[:1], values[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", version)], ir_version=9)


def onnx_model(kind):
    import onnx
    import onnxruntime

    model = onnx_file(kind)
    raw = onnx.ModelProto.FromString(model.SerializeToString())
    for attribute in (attribute for node in raw.graph.node for attribute in node.attribute if attribute.name == "post_transform"):
        if attribute.s:
            attribute.s = b"NONE"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(raw.SerializeToString(), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    rows_given = rows.astype(np.float64 if given.type == "tensor(double)" else np.float32)
    told = session.run(None, {given.name: rows_given})[-1]
    if isinstance(told, list):
        told = np.array([[row[key] for key in row] for row in told])
    # Of two classes Sapwood tells the second.
    is_binary = any(node.op_type == "TreeEnsembleClassifier" for node in raw.graph.node) and told.shape[1] == 2
    keep("onnx-" + kind, onnxruntime.__version__, model.SerializeToString(), told[:, 1:] if is_binary else told, output="value" if kind == "doubles" else "margin")


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
    {"xgboost": xgboost_model, "lightgbm": lightgbm_model, "onnx": onnx_model}[library](kind)
