"""Compares what onnxruntime (one thread) predicts by models in ONNX with what Sapwood makes of them, and the other way round.

    check_onnx.py MARGINS [KEEP]

MARGINS is the example `margins` of sapwood-interop, beside which its example `convert` must be; models are left in the directory KEEP. Models
are by skl2onnx, onnxmltools and CatBoost, and graphs of random trees with every mode, aggregate function and post-transform. Models of
LightGBM and XGBoost are written as ONNX. Prints the number of combinations, fails at a difference.
"""

import itertools
import os
import subprocess
import sys
import tempfile
import warnings

os.environ["OMP_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")

import catboost
import lightgbm
import numpy as np
import onnx
import onnxruntime
import pandas
import xgboost
from drawn import CATEGORICAL, FEATURES, ROWS, next_to, training
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn import ensemble as forests
from sklearn import tree as trees
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

np.seterr(all="ignore")
MARGINS = sys.argv[1]
DIRECTORY = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
SPECIAL = [np.nan, 0.0, -0.0, 5e-324, 1e-45, 1e-40, -1e-40, 1e30, -1e30, 3e38, 3.5e38, -1e39, np.inf, -np.inf, 0.5]
CODES = [np.nan, -1, -0.5, 0.5, 2.999, 3.7, 17, 30, 31, 40, 63, 64, 500, 1e6, 16777217, 4294967300.0]


class Tally:
    """Combinations that were compared."""

    def __init__(self):
        self.count, self.differences, self.worst, self.refused = 0, [], 0.0, []

    def equal(self, name, ours, theirs):
        self.count += 1
        theirs = np.asarray(theirs).reshape(ours.shape)
        ours = ours.astype(theirs.dtype)
        differ = (ours != theirs) & ~(np.isnan(ours) & np.isnan(theirs))
        if differ.any():
            at = tuple(np.argwhere(differ)[0])
            self.differences.append("%s: %d of %d differ, first %r: %r and %r" % (name, differ.sum(), differ.size, at, ours[at], theirs[at]))

    def near(self, name, ours, theirs, units):
        theirs = np.asarray(theirs).reshape(ours.shape)
        ours = ours.astype(theirs.dtype)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        distance = np.abs(ours - theirs) / np.spacing(np.maximum(np.abs(ours), np.abs(theirs)))
        worst = float(np.max(np.where(same, 0, distance)))
        self.worst = max(self.worst, worst)
        if not worst <= units:
            self.differences.append("%s: predictions differ by %.1f units in the last place" % (name, worst))


def ours(file, rows, output):
    """What Sapwood predicts; None where it refuses the model."""
    paths = [os.path.join(DIRECTORY, name) for name in ("rows.bin", "out.bin")]
    np.ascontiguousarray(rows, dtype=np.float64).tofile(paths[0])
    done = subprocess.run([MARGINS, file, paths[0], paths[1], output], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else np.fromfile(paths[1]).reshape(len(rows), -1)


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def theirs(model, rows):
    """What onnxruntime tells: labels, if any, and scores."""
    run = session(model)
    given = run.get_inputs()[0]
    told = run.run(None, {given.name: rows.astype(np.float64 if "double" in given.type else np.float32)})
    scores = told[-1]
    if isinstance(scores, list):
        scores = np.array([[row[key] for key in row] for row in scores], dtype=np.float32)
    return (told[0] if len(told) == 2 else None), scores


def without_transform(model):
    """The same model that tells margins; None where it tells them anyhow, or cannot be told to."""
    raw = onnx.ModelProto.FromString(model.SerializeToString())
    attributes = [a for node in raw.graph.node for a in node.attribute if a.name == "post_transform"]
    if any(node.op_type in ("Exp", "Sigmoid", "Softmax") for node in raw.graph.node):
        return None
    for attribute in attributes:
        if attribute.type == onnx.AttributeProto.STRING:
            attribute.s = b"NONE"
        else:
            attribute.i = 0
    return raw


def transform_of(model):
    found = [helper.get_attribute_value(a) for node in model.graph.node for a in node.attribute if a.name == "post_transform"]
    return found[0].decode() if found and isinstance(found[0], bytes) else (found or [0])[0]


def thresholds(model):
    found = []
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("nodes_values", "nodes_values_as_tensor", "nodes_splits", "membership_values"):
                values = helper.get_attribute_value(attribute)
                found.extend(numpy_helper.to_array(values) if isinstance(values, onnx.TensorProto) else values)
    found = np.array(found, dtype=np.float64)
    return found[np.isfinite(found)][:4000]


def testing(x, near, categorical):
    """Rows like the training ones, with values at and next to thresholds, and those that libraries are wont to trip over."""
    rng = np.random.RandomState(1)
    rows = x[rng.randint(0, len(x), ROWS)].astype(np.float64)
    near = next_to(near)
    for column in range(x.shape[1]):
        where = rng.uniform(size=ROWS)
        rows[where < 0.3, column] = rng.choice(near, (where < 0.3).sum())
        rows[where > 0.85, column] = rng.choice(SPECIAL, (where > 0.85).sum())
        if categorical and column in CATEGORICAL:
            rows[where > 0.6, column] = rng.choice(CODES, (where > 0.6).sum())
    return rows


def read(name, model, x, tally, categorical=False, is_read=True):
    """Holds Sapwood's reading of a model to onnxruntime's."""
    file = os.path.join(DIRECTORY, name + ".onnx")
    with open(file, "wb") as out:
        out.write(model.SerializeToString())
    try:
        session(model)
    except Exception as error:
        print("not taken by onnxruntime: %s: %s" % (name, str(error)[-90:]))
        return
    rows = testing(x, thresholds(model), categorical)
    values = ours(file, rows, "value")
    if isinstance(values, str) or not is_read:
        tally.refused.append(name)
        if is_read or not isinstance(values, str):
            tally.differences.append("%s: %s" % (name, values if is_read else "it is read"))
        return
    labels, scores = theirs(model, rows)
    second = lambda scores, like: scores[:, 1:] if scores.shape[1] == 2 and like.shape[1] == 1 else scores
    # Post-transforms are computed in four bytes, also where the result has eight.
    if transform_of(model) not in ("NONE", 0):
        values, scores = values.astype(np.float32), scores.astype(np.float32)
    # PROBIT subtracts numbers that are nearly equal, and magnifies the last bit of the logarithm.
    tally.near(name, values, second(scores, values), 200 if transform_of(model) in ("PROBIT", 4) else 2)
    raw = without_transform(model)
    if raw is not None:
        margins = ours(file, rows, "margin")
        tally.equal(name, margins, second(theirs(raw, rows)[1], margins))
    else:
        tally.count += 1
    if labels is not None:
        classes = ours(file, rows, "class").ravel().astype(int)
        known = [a for node in model.graph.node for a in node.attribute if a.name.startswith("classlabels") and len(helper.get_attribute_value(a))]
        known = [text.decode() if isinstance(text, bytes) else text for text in helper.get_attribute_value(known[0])]
        tally.equal(name + " labels", (np.array(known)[classes] == labels).astype(float), np.ones(len(labels)))


def labels(kind, target):
    two, three = (target > np.median(target)).astype(int), np.digitize(target, np.quantile(target, [0.3, 0.7]))
    return {"two": two, "texts": np.array(["no", "yes"])[two], "far": np.array([3, 8])[two], "three": three, "names": np.array(["a", "b", "c"])[three]}[kind]


def sklearn_models(tally):
    x, target = training(3, False, False)
    x[:, 2] = np.clip(x[:, 2], -1e10, 1e10)
    x = x.astype(np.float32)
    options = {"random_state": 0}
    regressors = [forests.RandomForestRegressor, forests.ExtraTreesRegressor, forests.GradientBoostingRegressor, trees.DecisionTreeRegressor]
    for model in regressors:
        given = dict(options, max_depth=6, **({} if model is trees.DecisionTreeRegressor else {"n_estimators": 20}))
        read("sklearn_" + model.__name__, to_onnx(model(**given).fit(x, target), x[:1]), x, tally)
    several = forests.RandomForestRegressor(10, max_depth=5, random_state=0).fit(x, np.stack([target, -target, target ** 2], 1))
    read("sklearn_several", to_onnx(several, x[:1]), x, tally)
    scaled = make_pipeline(StandardScaler(), forests.RandomForestRegressor(10, max_depth=6, random_state=0)).fit(x, target)
    read("sklearn_scaled", to_onnx(scaled, x[:1]), x, tally)
    classifiers = [forests.RandomForestClassifier, forests.ExtraTreesClassifier, forests.GradientBoostingClassifier, trees.DecisionTreeClassifier]
    for model, kind in itertools.product(classifiers, ["two", "texts", "far", "three", "names"]):
        given = dict(options, max_depth=5, **({} if model is trees.DecisionTreeClassifier else {"n_estimators": 8}))
        fitted = model(**given).fit(x, labels(kind, target))
        read("sklearn_%s_%s" % (model.__name__, kind), to_onnx(fitted, x[:1]), x, tally)
    scaled = make_pipeline(StandardScaler(), forests.GradientBoostingClassifier(n_estimators=8)).fit(x, labels("names", target))
    read("sklearn_scaled_classifier", to_onnx(scaled, x[:1], options={"zipmap": False}), x, tally)
    refused = [forests.BaggingRegressor(n_estimators=3), forests.AdaBoostRegressor(n_estimators=3)]
    for model in refused:
        read("sklearn_" + type(model).__name__, to_onnx(model.fit(x, target), x[:1]), x, tally, is_read=False)


def lightgbm_model(objective, x, target, categorical, **more):
    kind = "three" if objective.startswith("multiclass") else "two" if objective in ("binary", "cross_entropy", "lambdarank") else None
    y = labels(kind, target) if kind else np.abs(target) + 0.1
    params = {"objective": objective, "verbose": -1, "num_threads": 1, "num_leaves": 31, "min_data_in_leaf": 5, "seed": 3, "min_data_per_group": 10}
    params.update({"num_class": 3} if kind == "three" else {}, **more)
    group = {"group": [50] * (len(x) // 50)} if objective == "lambdarank" else {}
    data = lightgbm.Dataset(x, label=y, params=params, categorical_feature=CATEGORICAL if categorical else "auto", **group)
    return lightgbm.train(params, data, 6)


def lightgbm_models(tally):
    objectives = ["regression", "poisson", "gamma", "tweedie", "quantile", "binary", "multiclass", "multiclassova", "lambdarank"]
    for objective, missing, categorical in itertools.product(objectives, [False, True], [False, True]):
        x, target = training(len(objective), missing, categorical)
        booster = lightgbm_model(objective, x, target, categorical)
        name = "lightgbm_%s_%s%s" % (objective, "m" if missing else "", "c" if categorical else "")
        for zipmap in [True, False] if kind_of(objective) else [True]:
            model = convert_lightgbm(booster, initial_types=[("input", FloatTensorType([None, FEATURES]))], zipmap=zipmap)
            read(name + ("" if zipmap else "_plain"), model, x, tally, categorical)
    x, target = training(4, True, False)
    split = convert_lightgbm(lightgbm.LGBMRegressor(n_estimators=7, verbose=-1).fit(x, target), initial_types=[("input", FloatTensorType([None, FEATURES]))], split=2)
    read("lightgbm_split", split, x, tally, is_read=False)


def kind_of(objective):
    return objective in ("binary", "multiclass", "multiclassova")


def xgboost_model(objective, x, target, types=None, **more):
    kind = "three" if objective.startswith("multi:") else "two" if objective.startswith("binary") else None
    y = labels(kind, target) if kind else np.abs(target) / (1 + np.abs(target))
    params = dict({"objective": objective, "max_depth": 5, "eta": 0.4, "nthread": 1}, **({"num_class": 3} if kind == "three" else {}), **more)
    return xgboost.train(params, xgboost.DMatrix(x, label=y, feature_types=types, enable_categorical=bool(types)), 6)


def xgboost_models(tally):
    objectives = ["reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "count:poisson", "reg:gamma", "reg:tweedie", "multi:softmax", "multi:softprob"]
    for objective, missing in itertools.product(objectives, [False, True]):
        x, target = training(len(objective), missing, False)
        model = convert_xgboost(xgboost_model(objective, x, target), initial_types=[("input", FloatTensorType([None, FEATURES]))])
        read("xgboost_%s%s" % (objective.replace(":", "_"), "_m" if missing else ""), model, x, tally)


def catboost_models(tally):
    x, target = training(9, False, False)
    options = {"iterations": 12, "depth": 4, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
    file = os.path.join(DIRECTORY, "scratch.onnx")
    for kind, loss in [(None, "RMSE"), (None, "Quantile"), ("two", "Logloss"), ("texts", "Logloss"), ("three", "MultiClass"), ("names", "MultiClassOneVsAll")]:
        model = (catboost.CatBoostClassifier if kind else catboost.CatBoostRegressor)(loss_function=loss, **options)
        model.fit(x, labels(kind, target) if kind else target).save_model(file, format="onnx")
        read("catboost_%s_%s" % (loss, kind), onnx.load(file), x, tally)


class Random:
    """Random trees, and the attributes that both operators have for them."""

    MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER"]

    def __init__(self, seed, modes, targets, is_double, is_positive=False, votes=None):
        self.rng, self.modes, self.targets, self.is_double = np.random.RandomState(seed), modes, targets, is_double
        self.is_positive, self.votes = is_positive, votes
        self.forest = [self.node(4 + number % 3, number) for number in range(12)]

    def number(self):
        return float(np.float32(self.rng.normal())) if not self.is_double else self.rng.normal()

    def node(self, depth, tree):
        if depth == 0 or self.rng.uniform() < 0.15:
            voted = range(self.targets) if self.votes == "all" else [tree % self.targets] if self.votes is None else self.votes
            return [(target, abs(self.number()) if self.is_positive else self.number()) for target in voted]
        mode = self.rng.choice(self.modes)
        value = self.rng.choice([self.number(), 0.0, float(self.rng.randint(-3, 4))])
        large = self.rng.uniform() < 0.4
        members = sorted(set(self.rng.randint(0, 90 if large else 9, self.rng.randint(1, 40 if large else 6)).astype(float)))
        if mode == "BRANCH_MEMBER" and large:
            members = sorted(set(members + [31.0 + self.rng.randint(60)]))
        return (mode, int(self.rng.randint(FEATURES)), value, members, int(self.rng.randint(2)), self.node(depth - 1, tree), self.node(depth - 1, tree))

    def tensor(self, values):
        return numpy_helper.from_array(np.array(values, np.float64 if self.is_double else np.float32))

    def numbers(self, name, values):
        return {name + "_as_tensor": self.tensor(values)} if self.is_double else {name: [float(value) for value in values]}

    def v3(self, prefix):
        columns = {name: [] for name in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
        votes = []

        def add(tree, node, ids):
            number = ids[0]
            ids[0] += 1
            row = len(columns["modes"])
            is_leaf = isinstance(node, list)
            entry = (tree, number, 0, "LEAF", 0.0, 0, 0, 0) if is_leaf else (tree, number, node[1], node[0], node[2], 0, 0, node[4])
            for name, value in zip(columns, entry):
                columns[name].append(value)
            if is_leaf:
                votes.extend((tree, number, target, weight) for target, weight in node)
            else:
                columns["truenodeids"][row] = add(tree, node[5], ids)
                columns["falsenodeids"][row] = add(tree, node[6], ids)
            return number

        for tree, root in enumerate(self.forest):
            add(tree, root, [0])
        attributes = {"nodes_" + name: values for name, values in columns.items() if name != "values"}
        attributes.update(self.numbers("nodes_values", columns["values"]))
        for name, at in (("treeids", 0), ("nodeids", 1), ("ids", 2)):
            attributes[prefix + "_" + name] = [vote[at] for vote in votes]
        attributes.update(self.numbers(prefix + "_weights", [vote[3] for vote in votes]))
        return attributes

    def v5(self):
        nodes, leaves, members = [], [], []

        def add(node):
            if isinstance(node, list):
                leaves.append(node[0])
                return len(leaves) - 1, 1
            at = len(nodes)
            nodes.append(None)
            if node[0] == "BRANCH_MEMBER":
                members.extend(node[3] + [np.nan])
            nodes[at] = node[:5] + (add(node[5]), add(node[6]))
            return at, 0

        roots = []
        for root in self.forest:
            # An operator without a node has no tree.
            roots.append(add(root if not isinstance(root, list) else ("BRANCH_LEQ", 0, 0.0, [], 0, root, root))[0])
        column = lambda at, within=None: [node[at] if within is None else node[at][within] for node in nodes]
        attributes = {
            "tree_roots": roots, "nodes_featureids": column(1), "nodes_splits": self.tensor(column(2)), "nodes_missing_value_tracks_true": column(4),
            "nodes_modes": numpy_helper.from_array(np.array([self.MODES.index(mode) for mode in column(0)], np.uint8)),
            "nodes_truenodeids": column(5, 0), "nodes_trueleafs": column(5, 1), "nodes_falsenodeids": column(6, 0), "nodes_falseleafs": column(6, 1),
            "leaf_targetids": [target for target, _ in leaves], "leaf_weights": self.tensor([weight for _, weight in leaves]),
        }
        if members:
            attributes["membership_values"] = self.tensor(members)
        return attributes


def graph(operator, attributes, is_double, outputs, version):
    node = helper.make_node(operator, ["x"], [name for name, _ in outputs], domain="ai.onnx.ml", **attributes)
    given = helper.make_tensor_value_info("x", TensorProto.DOUBLE if is_double else TensorProto.FLOAT, [None, FEATURES])
    told = [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs]
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", version)]
    return helper.make_model(helper.make_graph([node], "trees", [given], told), opset_imports=sets, ir_version=8 if version < 5 else 10)


def random_models(tally):
    x = np.random.RandomState(0).normal(size=(1500, FEATURES))
    x[:, 3:] = np.round(x[:, 3:] * 4)
    transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
    seed = 0
    all_modes, ordered = Random.MODES[:6], Random.MODES[:4]
    modes = [[mode] for mode in all_modes] + [ordered, all_modes]
    for chosen, is_double, targets in itertools.product(modes, [False, True], [1, 3]):
        seed += 1
        made = Random(seed, chosen, targets, is_double, votes=None if targets == 1 else "all" if seed % 2 else None)
        attributes = dict(made.v3("target"), n_targets=targets, **made.numbers("base_values", [0.1 * seed] * targets))
        name = "random_%s_%s%d" % (chosen[0] if len(chosen) == 1 else "%d_modes" % len(chosen), "double" if is_double else "float", targets)
        read(name, graph("TreeEnsembleRegressor", attributes, is_double, [("y", TensorProto.FLOAT)], 3), x, tally)
    for aggregate, is_double, targets, based in itertools.product(["AVERAGE", "SUM", "MIN", "MAX"], [False, True], [1, 3], [False, True]):
        seed += 1
        made = Random(seed, ordered, targets, is_double, votes=None if targets == 1 else "all")
        attributes = dict(made.v3("target"), n_targets=targets, aggregate_function=aggregate)
        attributes.update(made.numbers("base_values", [0.3 * seed] * targets) if based else {})
        name = "random_%s_%s%d%s" % (aggregate, "double" if is_double else "float", targets, "_base" if based else "")
        read(name, graph("TreeEnsembleRegressor", attributes, is_double, [("y", TensorProto.FLOAT)], 3), x, tally)
    for transform, is_double, targets in itertools.product(transforms, [False, True], [1, 3]):
        if transform == "SOFTMAX_ZERO" and is_double and targets > 1:
            continue
        seed += 1
        made = Random(seed, ordered, targets, is_double, is_positive=transform == "PROBIT", votes=None if targets == 1 else "all")
        attributes = dict(made.v3("target"), n_targets=targets, post_transform=transform)
        name = "random_%s_%s%d" % (transform, "double" if is_double else "float", targets)
        read(name, graph("TreeEnsembleRegressor", attributes, is_double, [("y", TensorProto.FLOAT)], 3), x, tally)
    outputs = [("label", TensorProto.INT64), ("scores", TensorProto.FLOAT)]
    for transform, is_positive, votes, is_double in itertools.product(["NONE", "LOGISTIC", "SOFTMAX"], [False, True], [[0], [1], "all"], [False, True]):
        if votes == [1] and transform == "SOFTMAX":
            continue
        seed += 1
        made = Random(seed, ordered, 2, is_double, is_positive=is_positive, votes=votes)
        attributes = dict(made.v3("class"), classlabels_int64s=[0, 1], post_transform=transform)
        if votes == [0]:
            attributes.update(made.numbers("base_values", [-0.2]))
        name = "random_classes_%s_%s_%s%s" % (transform, "".join(map(str, votes)), "positive_" if is_positive else "", "double" if is_double else "float")
        read(name, graph("TreeEnsembleClassifier", attributes, is_double, outputs, 3), x, tally)
    for transform, based in itertools.product(transforms, [False, True]):
        seed += 1
        made = Random(seed, ordered, 4, False, is_positive=transform == "PROBIT", votes="all" if based else None)
        attributes = dict(made.v3("class"), classlabels_int64s=[0, 1, 2, 3], post_transform=transform)
        attributes.update(made.numbers("base_values", [0.1, 0.2, -0.3, 0.0]) if based else {})
        read("random_classes_%s_4%s" % (transform, "_base" if based else ""), graph("TreeEnsembleClassifier", attributes, False, outputs, 3), x, tally)
    for chosen, is_double, targets in itertools.product([[mode] for mode in Random.MODES] + [ordered, Random.MODES], [False, True], [1, 3]):
        seed += 1
        made = Random(seed, chosen, targets, is_double)
        kind = TensorProto.DOUBLE if is_double else TensorProto.FLOAT
        name = "random5_%s_%s%d" % (chosen[0] if len(chosen) == 1 else "%d_modes" % len(chosen), "double" if is_double else "float", targets)
        attributes = dict(made.v5(), n_targets=targets, aggregate_function=1, post_transform=0)
        read(name, graph("TreeEnsemble", attributes, is_double, [("y", kind)], 5), x, tally)
    for aggregate, transform, is_double in itertools.product(range(4), [0, 1, 2, 4], [False, True]):
        seed += 1
        made = Random(seed, ordered, 3, is_double, is_positive=transform == 4)
        kind = TensorProto.DOUBLE if is_double else TensorProto.FLOAT
        attributes = dict(made.v5(), n_targets=3, aggregate_function=aggregate, post_transform=transform)
        read("random5_%d_%d_%s" % (aggregate, transform, "double" if is_double else "float"), graph("TreeEnsemble", attributes, is_double, [("y", kind)], 5), x, tally)


def write(name, file, x, tally):
    """Holds onnxruntime's reading of what Sapwood writes to Sapwood's own predictions, and Sapwood's reading of it, too."""
    for version in [[], ["5"]]:
        written = os.path.join(DIRECTORY, "%s%s.onnx" % (name, "".join(version)))
        done = subprocess.run([os.path.join(os.path.dirname(MARGINS), "convert"), file, written] + version, capture_output=True, text=True)
        called = "%s written%s" % (name, "".join(version))
        if done.returncode:
            tally.refused.append(called)
            continue
        model = onnx.load(written)
        rows = testing(x, thresholds(model), False)
        # Codes of categories are whole numbers.
        rng = np.random.RandomState(2)
        rows[:, CATEGORICAL] = x[rng.randint(0, len(x), ROWS)][:, CATEGORICAL]
        other = rng.uniform(size=ROWS) < 0.2
        rows[other, CATEGORICAL[1]] = rng.choice([np.nan, -1, 71, 500, 16777216], other.sum())
        margins = ours(file, rows, "margin")
        tally.equal(called + ", read again", ours(written, rows, "margin"), margins)
        raw = without_transform(model)
        second = lambda scores: scores[:, 1:] if scores.shape[1] == 2 and margins.shape[1] == 1 else scores
        if raw is not None:
            tally.equal(called, margins, second(theirs(raw, rows)[1]))
        told, values = second(theirs(model, rows)[1]).astype(np.float64), ours(file, rows, "value")
        if values.shape == told.shape:
            tally.count += raw is None
            scale = np.maximum(np.abs(values), 1)
            worst = np.nanmax(np.abs(values - told) / scale)
            if not worst < 3e-7:
                tally.differences.append("%s: predictions differ by %g" % (called, worst))


def written_models(tally):
    objectives = ["regression", "poisson", "binary", "cross_entropy", "multiclass", "multiclassova", "lambdarank", "quantile"]
    for objective, missing in itertools.product(objectives, [False, True]):
        x, target = training(len(objective) + 1, missing, False)
        file = os.path.join(DIRECTORY, "w_%s%d.txt" % (objective, missing))
        lightgbm_model(objective, x, target, False).save_model(file)
        write("w_lightgbm_%s%s" % (objective, "_m" if missing else ""), file, x, tally)
    for objective in ["regression", "binary", "multiclass"]:
        x, target = training(21, True, False)
        frame = pandas.DataFrame(x, columns=list("abcdef"))
        for column in "ef":
            frame[column] = pandas.Categorical(["k%d" % code for code in frame[column]])
        file = os.path.join(DIRECTORY, "w_frame_%s.txt" % objective)
        lightgbm_model(objective, frame, target, False).save_model(file)
        write("w_frame_" + objective, file, x, tally)
    for objective in ["regression", "binary"]:
        x, target = training(23, True, False)
        file = os.path.join(DIRECTORY, "w_categories_%s.txt" % objective)
        lightgbm_model(objective, x, target, True).save_model(file)
        write("w_lightgbm_categories_" + objective, file, x, tally)
    for objective in ["reg:squarederror", "binary:logistic", "multi:softprob"]:
        x, target = training(24, True, False)
        file = os.path.join(DIRECTORY, "w_categories_%s.json" % objective.replace(":", "_"))
        xgboost_model(objective, x, target, max_cat_to_onehot=4, types=["q"] * 4 + ["c"] * 2).save_model(file)
        write("w_xgboost_categories_" + objective.replace(":", "_"), file, x, tally)
    for name, more in [("rf", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}), ("dart", {"boosting": "dart", "drop_rate": 0.5}), ("no_missing", {"use_missing": False})]:
        x, target = training(22, True, False)
        file = os.path.join(DIRECTORY, "w_%s.txt" % name)
        lightgbm_model("regression", x, target, False, **more).save_model(file)
        write("w_lightgbm_" + name, file, x, tally)
    for objective, missing in itertools.product(["reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "count:poisson", "reg:gamma", "multi:softmax", "multi:softprob"], [False, True]):
        x, target = training(len(objective) + 2, missing, False)
        file = os.path.join(DIRECTORY, "w_%s%d.json" % (objective.replace(":", "_"), missing))
        xgboost_model(objective, x, target).save_model(file)
        write("w_xgboost_%s%s" % (objective.replace(":", "_"), "_m" if missing else ""), file, x, tally)


tally = Tally()
for models in (sklearn_models, lightgbm_models, xgboost_models, catboost_models, random_models, written_models):
    models(tally)
print("refused, as expected: %s" % ", ".join(tally.refused))
print("%d combinations with onnxruntime %s, predictions within %.1f units in the last place" % (tally.count, onnxruntime.__version__, tally.worst))
for difference in tally.differences[:40]:
    print(difference)
sys.exit(bool(tally.differences))
