"""Trains models with the official packages and compares what they predict with what Sapwood makes of their files.

    check.py MARGINS [KEEP]

MARGINS is the example `margins` of sapwood-interop, beside which its examples `convert` and `random` must be; models are left in the
directory KEEP. Runs under Python 3.7 and any version of either package, so that old formats can be checked with the releases that wrote
them. Models are written again and read by the packages; models of Sapwood's own with trees at random are written for LightGBM. Prints the
number of combinations, fails at a difference.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile

# Libraries whose threads wait for each other come to a stop where CPUs are busy.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from drawn import CATEGORICAL, FEATURES, ROWS, next_to, training

try:
    import xgboost
except ImportError:
    xgboost = None
try:
    import lightgbm
except ImportError:
    lightgbm = None

np.seterr(all="ignore")
MARGINS = sys.argv[1]
DIRECTORY = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
SPECIAL = [np.nan, 0.0, -0.0, 5e-324, -5e-324, 1e-45, 1e-40, -1e-40, 1e-35, -1e-35, 1.0000000180025095e-35, 1e30, -1e30, 3e38, 0.5, -0.5]
SPECIAL += [np.inf, -np.inf, 1e300, -1e300]
CODES = [np.nan, -1, -0.5, -7.9, 0.5, 2.999, 3.7, 17, 31, 32, 33, 63, 64, 65, 500, 1e6, 16777215, 16777216, 3e9, np.inf, -np.inf]


def version(package):
    return tuple(int(part) for part in package.__version__.split(".")[:2])


def scored(model, rows, output="margin"):
    """What Sapwood predicts."""
    paths = [os.path.join(DIRECTORY, name) for name in ("rows.bin", "out.bin")]
    np.ascontiguousarray(rows, dtype=np.float64).tofile(paths[0])
    subprocess.run([MARGINS, model, paths[0], paths[1], output], check=True)
    return np.fromfile(paths[1]).reshape(len(rows), -1)


def example(name, *arguments):
    """What an example of sapwood-interop prints."""
    done = subprocess.run(
        [os.path.join(os.path.dirname(MARGINS), name)] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    )
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return done.stdout


def testing(x, categorical, thresholds):
    """Rows like the training ones, with values at and next to thresholds, and those that libraries are wont to trip over."""
    rng = np.random.RandomState(1)
    rows = x[rng.randint(0, len(x), ROWS)].copy()
    rows[:, :4] += rng.normal(scale=0.1, size=(ROWS, 4))
    near = next_to(thresholds)
    for column in range(4 if categorical else FEATURES):
        where = rng.uniform(size=ROWS)
        rows[where < 0.3, column] = rng.choice(near, (where < 0.3).sum())
        rows[where > 0.85, column] = rng.choice(SPECIAL, (where > 0.85).sum())
    for column in CATEGORICAL if categorical else []:
        where = rng.uniform(size=ROWS) < 0.4
        rows[where, column] = rng.choice(CODES, where.sum())
    return rows


def labels(objective, target):
    """The target as the objective wants it."""
    kind = objective.split(":")[-1]
    if kind in ("logistic", "logitraw", "hinge", "binary", "cross_entropy", "cross_entropy_lambda"):
        return (target > np.median(target)).astype(int)
    if kind in ("softmax", "softprob", "multiclass", "multiclassova"):
        return np.digitize(target, np.quantile(target, [0.25, 0.5, 0.75]))
    if kind in ("ndcg", "map", "pairwise", "lambdarank", "rank_xendcg"):
        return (target > np.median(target)).astype(int)
    return np.abs(target) + 0.1


def ulps(ours, theirs, dtype):
    """The greatest distance in units in the last place of their type."""
    ours, theirs = ours.astype(dtype).ravel(), theirs.astype(dtype).ravel()
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(all="ignore"):
        units = np.abs(ours - theirs) / np.spacing(np.maximum(np.abs(ours), np.abs(theirs)))
    return float(np.max(np.where(same, 0, units)))


class Tally:
    """Combinations that were compared."""

    def __init__(self):
        self.count, self.differences, self.worst, self.refused, self.not_shown = 0, [], 0.0, {}, 0

    def compare(self, name, ours, theirs, values=None):
        self.count += 1
        ours = ours.reshape(len(ours), -1)
        theirs = theirs.reshape(ours.shape)
        dtype = theirs.dtype
        bits = {4: np.uint32, 8: np.uint64}[dtype.itemsize]
        differ = (ours.astype(dtype).view(bits) != theirs.view(bits)) & ~(np.isnan(ours) & np.isnan(theirs))
        if differ.any():
            first = np.argwhere(differ)[0]
            self.differences.append(
                "%s: %d of %d margins differ, first %r: %r and %r"
                % (name, differ.sum(), differ.size, tuple(first), ours[tuple(first)], theirs[tuple(first)])
            )
        if values is not None:
            distance = ulps(values[0].ravel(), np.asarray(values[1]).ravel(), dtype)
            self.worst = max(self.worst, distance)
            # Of eight bytes more, for softmax: two exponential functions, a sum and a division.
            if distance > (2 if dtype == np.float32 else 4):
                self.differences.append("%s: predictions differ by %.1f units in the last place" % (name, distance))


    def compare_near(self, name, ours, theirs, tolerance):
        """Margins that were summed in other numbers."""
        self.count += 1
        difference = np.abs(ours.reshape(theirs.shape) - theirs) / (1 + np.abs(theirs))
        if not (difference[~np.isnan(theirs)] <= tolerance).all():
            self.differences.append("%s: margins differ by %g" % (name, np.nanmax(difference)))


    def compare_trees(self, name, ours, theirs):
        """Trees as JSON."""
        self.count += 1
        open_nodes = [(ours, theirs)]
        while open_nodes:
            our, their = open_nodes.pop()
            keys = ["leaf", "split_condition", "gain", "cover"]
            same = all(np.array_equal(np.float32(our.get(key, 0)), np.float32(their.get(key, 0))) for key in keys)
            same = same and our.get("split") == their.get("split") and ("children" in our) == ("children" in their)
            if same and "children" in our:
                sides = [[child["nodeid"] == node["missing"] for child in node["children"]] for node in (our, their)]
                same = sides[0] == sides[1]
                sides = [[child["nodeid"] == node["yes"] for child in node["children"]] for node in (our, their)]
                same = same and sides[0] == sides[1]
                open_nodes += list(zip(our["children"], their["children"]))
            if not same:
                self.differences.append("%s: the tree is shown otherwise: %r and %r" % (name, {**our, "children": 0}, {**their, "children": 0}))
                return


def xgboost_thresholds(file):
    """Numbers at which the trees of a JSON file split."""
    found = []

    def visit(value):
        if isinstance(value, dict):
            found.extend(value.get("split_conditions", []))
            for item in value.values():
                visit(item)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                visit(item)

    with open(file) as text:
        visit(json.load(text))
    return [x for x in found if x == x][:4000]


def predicts_in_place(is_dart):
    """Whether inplace_predict, which takes infinities, gives what predict does."""
    # Before 3.3, it took the base score off after it had added it to the trees of DART; predict did not.
    return hasattr(xgboost.Booster, "inplace_predict") and version(xgboost) >= ((3, 3) if is_dart else (1, 4))


def xgboost_predictions(booster, rows, margin, is_dart=False):
    if predicts_in_place(is_dart):
        return booster.inplace_predict(rows, predict_type="margin" if margin else "value", validate_features=False)
    return booster.predict(xgboost.DMatrix(rows.astype(np.float32)), output_margin=margin)


def xgboost_model(name, objective, params, x, target, categorical, tally, rounds=6):
    is_several = params.pop("several_targets", False)
    y = np.stack([target, target ** 2, -target], axis=1) if is_several else labels(objective, target)
    if is_several and objective.startswith("binary"):
        y = (y > np.median(y, axis=0)).astype(int)
    arguments = {}
    if categorical:
        arguments = {"enable_categorical": True, "feature_types": ["q"] * 4 + ["c"] * 2}
    data = xgboost.DMatrix(x, label=y, **arguments)
    if objective.startswith("rank"):
        data.set_group([50] * (len(x) // 50))
    if objective.startswith("survival:aft"):
        data.set_float_info("label_lower_bound", y)
        data.set_float_info("label_upper_bound", y * 1.5)
    booster = xgboost.train(dict(params, objective=objective, verbosity=0, nthread=1), data, rounds)
    formats = ["json"] + (["ubj"] if version(xgboost) >= (1, 6) else [])
    for extension in formats:
        file = os.path.join(DIRECTORY, "x%d.%d_%s.%s" % (version(xgboost) + (name, extension)))
        booster.save_model(file)
        if extension == "json":
            rows = testing(x, categorical, xgboost_thresholds(file))
        again = xgboost.Booster({"nthread": 1}, model_file=file)
        is_dart = params.get("booster") == "dart"
        if not predicts_in_place(is_dart):
            rows[np.isinf(rows.astype(np.float32))] = 1e30
        theirs = xgboost_predictions(again, rows, True, is_dart)
        values = scored(file, rows, "value"), xgboost_predictions(again, rows, False, is_dart)
        called = "xgboost %s %s.%s" % (xgboost.__version__, name, extension)
        tally.compare(called, scored(file, rows), theirs, values)
        if version(xgboost) >= (3, 1) and (version(xgboost) < (3, 3) or "expectile" not in objective):
            written = os.path.join(DIRECTORY, "written." + ("ubj" if extension == "json" else "json"))
            example("convert", file, written)
            again = xgboost.Booster({"nthread": 1}, model_file=written)
            tally.compare(called + " written", xgboost_predictions(again, rows, True).astype(np.float64), theirs)
        # Of DART, XGBoost shows leaves without the weights of trees; of vectors, releases before 3.1 show nothing.
        if extension == "json" and not is_dart and not params.get("multi_strategy"):
            xgboost_tree(called, file, again, tally)
        if lightgbm is not None and extension == "json":
            xgboost_for_lightgbm(called, file, rows, categorical, theirs, tally)


def xgboost_tree(called, file, booster, tally):
    """The first tree as XGBoost shows it."""
    try:
        shown = booster.get_dump(dump_format="json", with_stats=True)[0]
    except xgboost.core.XGBoostError:
        # Since 3.1 it fails for many trees with categories: "categorical but tree node is numerical".
        tally.not_shown += 1
        return
    tally.compare_trees(called, json.loads(example("dump", file)), json.loads(shown))


def xgboost_for_lightgbm(called, file, rows, categorical, theirs, tally):
    """A model of XGBoost that LightGBM reads: the same sums, in eight bytes."""
    written = os.path.join(DIRECTORY, "written.txt")
    try:
        example("convert", file, written)
    except ValueError as error:
        reason = str(error).split("cannot say it: ")[-1].split('", remedy')[0].split("tree ")[-1].lstrip("0123456789: ")
        tally.refused[reason] = tally.refused.get(reason, 0) + 1
        return
    rows = rows.copy()
    # LightGBM takes for 0 what is near it, and cuts fractions.
    rows[np.abs(rows) <= np.float32(1e-35)] = 0.0
    if categorical:
        rows[:, CATEGORICAL] = np.floor(rows[:, CATEGORICAL].astype(np.float32))
    booster = lightgbm.Booster(model_file=written)
    found = booster.predict(rows, raw_score=True, num_threads=1)
    tally.compare(called + " as LightGBM's", scored(written, rows), found)
    tally.compare_near(called + " as LightGBM's", scored(file, rows), found.reshape(len(rows), -1), 1e-5)


def xgboost_matrix(tally):
    at = version(xgboost)
    objectives = ["reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson"]
    objectives += ["reg:gamma", "reg:tweedie", "reg:squaredlogerror", "survival:cox", "multi:softmax", "multi:softprob"]
    objectives += ["rank:pairwise", "rank:ndcg"]
    if at >= (1, 2):
        objectives += ["survival:aft", "reg:pseudohubererror"]
    if at >= (1, 7):
        objectives += ["reg:absoluteerror"]
    if at >= (2, 0):
        objectives += ["reg:quantileerror"]
    if at >= (3, 3):
        objectives += ["reg:expectileerror"]
    extra = {
        "multi:softmax": {"num_class": 4},
        "multi:softprob": {"num_class": 4},
        "reg:quantileerror": {"quantile_alpha": [0.1, 0.5, 0.9]},
        "reg:expectileerror": {"expectile_alpha": [0.2, 0.5, 0.8]},
        "reg:tweedie": {"tweedie_variance_power": 1.3},
    }
    for objective, missing, categorical in itertools.product(objectives, [False, True], [False, True]):
        if categorical and at < (1, 6):
            continue
        x, target = training(len(objective), missing, categorical)
        params = dict(extra.get(objective, {}), max_depth=5, eta=0.4, tree_method="hist")
        if categorical:
            params["max_cat_to_onehot"] = 4
        name = "%s_%s%s" % (objective.replace(":", "_"), "m" if missing else "", "c" if categorical else "")
        xgboost_model(name, objective, params, x, target, categorical, tally)
    variants = [
        ("dart", "binary:logistic", {"booster": "dart", "rate_drop": 0.4, "one_drop": 1}),
        ("dart_multi", "multi:softprob", {"booster": "dart", "rate_drop": 0.3, "one_drop": 1, "num_class": 4}),
        ("forest", "reg:squarederror", {"num_parallel_tree": 3, "subsample": 0.6}),
        ("forest_multi", "multi:softprob", {"num_parallel_tree": 3, "subsample": 0.6, "num_class": 4}),
        ("lossguide", "binary:logistic", {"grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0}),
        ("exact", "reg:squarederror", {"tree_method": "exact", "max_depth": 6}),
        ("pruned", "reg:squarederror", {"tree_method": "exact", "max_depth": 7, "gamma": 5.0}),
        ("approx", "reg:squarederror", {"tree_method": "approx"}),
        ("base", "binary:logistic", {"base_score": 0.3}),
        # Of these, the C library's logarithm is not the one that is rounded once.
        *(("base_%g" % p, "binary:logistic", {"base_score": p}) for p in (0.148, 0.491, 0.495979, 0.498, 0.74)),
        ("base_tiny", "binary:logistic", {"base_score": 1e-5}),
        ("base_poisson", "count:poisson", {"base_score": 0.7}),
        ("base_gamma", "reg:gamma", {"base_score": 2.7}),
        ("base_raw", "binary:logitraw", {"base_score": 0.3}),
        ("base_hinge", "binary:hinge", {"base_score": 0.3}),
        ("base_multi", "multi:softprob", {"base_score": 0.3, "num_class": 4}),
        ("stump", "reg:squarederror", {"max_depth": 1}),
        ("leaf", "reg:squarederror", {"gamma": 1e9}),
        ("large", "reg:squarederror", {"max_depth": 12, "min_child_weight": 0.0, "lambda": 0.0}),
    ]
    if at >= (1, 6):
        variants += [("targets", "reg:squarederror", {"several_targets": True})]
        variants += [("labels", "binary:logistic", {"several_targets": True})]
    if at >= (2, 0):
        variants += [("vector", "reg:squarederror", {"several_targets": True, "multi_strategy": "multi_output_tree"})]
        variants += [("vector_labels", "binary:logistic", {"several_targets": True, "multi_strategy": "multi_output_tree"})]
        variants += [("vector_multi", "multi:softprob", {"num_class": 4, "multi_strategy": "multi_output_tree"})]
        variants += [("vector_forest", "multi:softprob", {"num_class": 4, "multi_strategy": "multi_output_tree", "num_parallel_tree": 2})]
        variants += [("quantile", "reg:quantileerror", {"quantile_alpha": 0.7})]
    for (name, objective, params), categorical in itertools.product(variants, [False, True]):
        if categorical and (at < (1, 6) or params.get("tree_method") == "exact"):
            continue
        if categorical and "booster" in params and at < (3, 3):
            continue
        if categorical and params.get("multi_strategy") and at < (3, 1):
            continue
        x, target = training(7, True, categorical)
        params = dict({"max_depth": 5, "eta": 0.4, "tree_method": "hist", "seed": 3}, **params)
        try:
            xgboost_model(name + ("_c" if categorical else ""), objective, params, x, target, categorical, tally)
        except xgboost.core.XGBoostError as error:
            print("not trained: %s: %s" % (name, str(error).splitlines()[0][-120:]))


def lightgbm_thresholds(file):
    """Numbers at which the trees of a text file split."""
    with open(file) as text:
        lines = [line[10:].split() for line in text if line.startswith("threshold=")]
    return [float(x) for line in lines for x in line][:4000]


def lightgbm_model(name, objective, params, x, target, categorical, tally, rounds=6):
    params = dict({"objective": objective, "verbose": -1, "num_threads": 1, "num_leaves": 31, "min_data_in_leaf": 5, "seed": 3}, **params)
    arguments = {"categorical_feature": CATEGORICAL} if categorical else {}
    group = [50] * (len(x) // 50) if "rank" in objective else None
    data = lightgbm.Dataset(x, label=labels(objective, target), group=group, params=params, free_raw_data=False, **arguments)
    booster = lightgbm.train(params, data, rounds)
    file = os.path.join(DIRECTORY, "l%d.%d_%s.txt" % (version(lightgbm) + (name,)))
    booster.save_model(file)
    again = lightgbm.Booster(model_file=file)
    rows = testing(x, categorical, lightgbm_thresholds(file))
    # What is averaged is told as the sum, if margins are asked for.
    shares = rounds if params.get("boosting") == "rf" else 1
    theirs = again.predict(rows, raw_score=True, num_threads=1) / shares
    values = scored(file, rows, "value"), again.predict(rows, num_threads=1)
    if version(lightgbm) < (2, 3) and shares > 1:
        # Releases before 2.3 told margins of forests as predictions.
        values = values[1], values[1]
    called = "lightgbm %s %s" % (lightgbm.__version__, name)
    tally.compare(called, scored(file, rows), theirs, values)
    lightgbm_written(called, file, rows, theirs, values[1], tally)


def lightgbm_written(called, file, rows, margins, values, tally):
    """A model that is written, and read by LightGBM."""
    if version(lightgbm) < (2, 3):
        return
    written = os.path.join(DIRECTORY, "written.txt")
    example("convert", file, written)
    again = lightgbm.Booster(model_file=written)
    with open(written) as text:
        is_forest = any(line == "average_output\n" for line in text)
    per_round = margins.shape[1] if margins.ndim > 1 else 1
    shares = again.num_trees() // per_round if is_forest else 1
    raw = again.predict(rows, raw_score=True, num_threads=1) / shares
    tally.compare(called + " written", margins, raw, (np.asarray(values), again.predict(rows, num_threads=1)))


def random_models(tally):
    """Models of Sapwood that LightGBM reads."""
    for name in example("random", DIRECTORY).split():
        # Older releases have no such objective, and take no notice of linear functions.
        if name == "xendcg" and version(lightgbm) < (3, 0) or name.startswith("linear") and version(lightgbm) < (3, 2):
            continue
        file = os.path.join(DIRECTORY, name + ".sapwood")
        rows = np.fromfile(os.path.join(DIRECTORY, name + ".bin")).reshape(ROWS, -1)
        lightgbm_written("sapwood " + name, file, rows, scored(file, rows), scored(file, rows, "value"), tally)


def lightgbm_frame(name, params, tally):
    """Categories that pandas numbered; rows come by their texts."""
    import pandas

    x, target = training(5, True, True)
    texts = [np.array(["k%d" % (i * 7 % levels) for i in range(levels)], dtype=object) for levels in (7, 70)]
    frame = pandas.DataFrame(x[:, :4], columns=list("abcd"))
    for column, levels in zip("ef", texts):
        codes = x[:, 4 if column == "e" else 5]
        values = np.where(np.isnan(codes), None, levels[np.nan_to_num(codes).astype(int)])
        frame[column] = pandas.Categorical(values)
    data = lightgbm.Dataset(frame, label=target)
    booster = lightgbm.train(dict({"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}, **params), data, 6)
    file = os.path.join(DIRECTORY, "l%d.%d_%s.txt" % (version(lightgbm) + (name,)))
    booster.save_model(file)
    again = lightgbm.Booster(model_file=file)
    codes = np.stack([frame[column].cat.codes.replace(-1, np.nan) for column in "ef"], axis=1)
    rows = np.concatenate([frame[list("abcd")].to_numpy(), codes], axis=1)
    called, theirs = "lightgbm %s %s" % (lightgbm.__version__, name), again.predict(frame, raw_score=True)
    tally.compare(called, scored(file, rows), theirs)
    if version(lightgbm) >= (2, 3):
        written = os.path.join(DIRECTORY, "written.txt")
        example("convert", file, written)
        tally.compare(called + " written", theirs, lightgbm.Booster(model_file=written).predict(frame, raw_score=True))


def lightgbm_matrix(tally):
    objectives = ["regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie", "binary"]
    objectives += ["multiclass", "multiclassova", "cross_entropy", "cross_entropy_lambda", "lambdarank"]
    if version(lightgbm) >= (3, 0):
        objectives += ["rank_xendcg"]
    extra = {"multiclass": {"num_class": 4}, "multiclassova": {"num_class": 4, "sigmoid": 1.7}, "quantile": {"alpha": 0.7}}
    for objective, missing, categorical in itertools.product(objectives, [False, True], [False, True]):
        x, target = training(len(objective), missing, categorical)
        name = "%s_%s%s" % (objective, "m" if missing else "", "c" if categorical else "")
        lightgbm_model(name, objective, extra.get(objective, {}), x, target, categorical, tally)
    variants = [
        ("zero", "regression", {"zero_as_missing": True}),
        ("zero_binary", "binary", {"zero_as_missing": True, "sigmoid": 0.6}),
        ("no_missing", "regression", {"use_missing": False}),
        ("forest", "regression", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8}),
        ("forest_binary", "binary", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8}),
        ("forest_multi", "multiclass", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8, "num_class": 4}),
        ("dart", "binary", {"boosting": "dart", "drop_rate": 0.5, "skip_drop": 0.0}),
        ("goss", "regression", {"boosting": "goss"}),
        ("sqrt", "regression", {"reg_sqrt": True}),
        ("stump", "regression", {"num_leaves": 2}),
        ("leaf", "regression", {"min_data_in_leaf": 100000}),
        ("one_hot", "regression", {"max_cat_to_onehot": 100}),
        ("large", "binary", {"num_leaves": 400, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0}),
    ]
    if version(lightgbm) >= (3, 2):
        variants += [("linear", "regression", {"linear_tree": True})]
        variants += [("linear_binary", "binary", {"linear_tree": True})]
        variants += [("linear_multi", "multiclass", {"linear_tree": True, "num_class": 4})]
    for (name, objective, params), categorical in itertools.product(variants, [False, True]):
        x, target = training(7, True, categorical)
        if params.get("linear_tree"):
            x[:, 2] = np.clip(x[:, 2], -3, 3)
        try:
            lightgbm_model(name + ("_c" if categorical else ""), objective, params, x, target, categorical, tally)
        except lightgbm.basic.LightGBMError as error:
            print("not trained: %s: %s" % (name, str(error).splitlines()[0][-120:]))
    lightgbm_frame("frame", {"objective": "regression"}, tally)
    lightgbm_frame("frame_zero", {"objective": "regression", "zero_as_missing": True}, tally)


tally = Tally()
if lightgbm is not None:
    lightgbm_matrix(tally)
    random_models(tally)
if xgboost is not None:
    xgboost_matrix(tally)
print("%d combinations, predictions within %.1f units in the last place" % (tally.count, tally.worst))
if tally.not_shown:
    print("%d trees that XGBoost itself does not show" % tally.not_shown)
for reason, count in sorted(tally.refused.items()):
    print("not written for LightGBM: %d models, %s" % (count, reason))
for difference in tally.differences[:40]:
    print("DIFFERENT: " + difference)
sys.exit(1 if tally.differences or not tally.count else 0)
