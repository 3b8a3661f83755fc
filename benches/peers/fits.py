"""Trains Sapwood, XGBoost and LightGBM for any objective with the same settings: several labels, query groups, bounds of times.

Settings are Sapwood's and XGBoost's hyperparameters; LightGBM's are made from them.
"""

import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

import files
import sapwood as executable
from contract import Unable

# What LightGBM calls what the others call by XGBoost's names.
LIGHTGBM_NAMES = {
    "eta": "learning_rate",
    "max_leaves": "num_leaves",
    "lambda": "lambda_l2",
    "min_child_weight": "min_sum_hessian_in_leaf",
    "max_bin": "max_bin",
    "nthread": "num_threads",
    "num_class": "num_class",
    "seed": "seed",
}
QUANTILES = "quantile_alpha"
LOWER, UPPER, GROUP = "lower bound", "upper bound", "query group"


@dataclass(frozen=True)
class Data:
    """Rows to train on or to test with."""

    features: pd.DataFrame
    # One number a row; one column a target; for survival:aft the lower and the upper bound.
    label: np.ndarray
    # Numbers of query groups, in ascending order.
    group: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Data":
        return Data(self.features.iloc[rows], self.label[rows], None if self.group is None else self.group[rows])


@dataclass(frozen=True)
class Job:
    """An objective, its settings and LightGBM's own (none: LightGBM has no such objective)."""

    objective: str
    rounds: int
    settings: dict
    lightgbm: dict | None = field(default_factory=dict)

    @property
    def bounded(self) -> bool:
        return self.objective == "survival:aft"


# Predictions of test rows, and the seconds of binning and training.
Fit = tuple[np.ndarray, float]


def sapwood(job: Job, train: Data, test: Data) -> Fit:
    with tempfile.TemporaryDirectory(prefix="sapwood-fits-") as name:
        directory = Path(name)
        labels = train.label.reshape(len(train.label), -1)
        names = [LOWER, UPPER] if job.bounded else [f"{files.LABEL} {number}" for number in range(labels.shape[1])]
        columns = dict(zip(names, labels.T, strict=True)) | ({} if train.group is None else {GROUP: train.group})
        rows = files.write(directory, "train", train.features.assign(**columns))
        asked = files.write(directory, "test", test.features)
        model, summary, out = directory / "m.sapwood", directory / "summary.json", directory / "predictions.csv"
        command = [executable.executable(), "train", "--train", str(rows), "--model-out", str(model), "--summary", str(summary)]
        command += [] if job.bounded else ["--label", ",".join(names)]
        command += [] if train.group is None else ["--group", GROUP]
        words = {"objective": job.objective, "num_round": job.rounds, "verbose_eval": 0, **job.settings}
        words |= {"label_lower_bound_column": LOWER, "label_upper_bound_column": UPPER} if job.bounded else {}
        executable.run(command + [f"{key}={_word(value)}" for key, value in words.items()])
        executable.run([executable.executable(), "predict", "--model", str(model), "--data", str(asked), "--out", str(out)])
        seconds = json.loads(summary.read_text())["seconds"]
        return files.read_predictions(out), seconds["bin"] + seconds["train"]


def _word(value: object) -> str:
    if isinstance(value, list) and not any(isinstance(part, list) for part in value):
        return ",".join(str(part) for part in value)
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def xgboost(job: Job, train: Data, test: Data) -> Fit:
    import xgboost as xgb

    options = {"enable_categorical": True, "nthread": job.settings.get("nthread")}
    given = (
        {"label_lower_bound": train.label[:, 0], "label_upper_bound": train.label[:, 1]}
        if job.bounded
        else {"label": train.label}
    )
    start = time.perf_counter()
    matrix = xgb.QuantileDMatrix(train.features, qid=train.group, max_bin=job.settings["max_bin"], **given, **options)
    model = xgb.train({"objective": job.objective, "tree_method": "hist", "verbosity": 0, **job.settings}, matrix, job.rounds)
    seconds = time.perf_counter() - start
    return model.predict(xgb.DMatrix(test.features, **options)), seconds


def hessboost(job: Job, train: Data, test: Data) -> Fit:
    """Has XGBoost's parameters."""
    try:
        import hessboost as hb
    except ModuleNotFoundError as error:
        raise Unable("hessboost is not installed") from error

    start = time.perf_counter()
    matrix = hb.DMatrix(train.features, train.label, qid=train.group)
    params = {"objective": job.objective, "tree_method": "hist", **job.settings}
    try:
        model = hb.train(params, matrix, job.rounds, verbose_eval=False)
    except (ValueError, hb.HessboostError) as error:
        raise Unable(f"hessboost: {error}") from error
    seconds = time.perf_counter() - start
    return model.predict(hb.DMatrix(test.features)), seconds


def lightgbm(job: Job, train: Data, test: Data) -> Fit:
    """One model for each target and each level of quantiles."""
    labels = train.label.reshape(len(train.label), -1)
    levels = job.settings.get(QUANTILES, [None])
    fits = [_lightgbm(job, train, test, label, level) for label in labels.T for level in levels]
    predictions = np.column_stack([found for found, _ in fits]) if len(fits) > 1 else fits[0][0]
    return predictions, sum(seconds for _, seconds in fits)


def _lightgbm(job: Job, train: Data, test: Data, label: np.ndarray, level: float | None) -> Fit:
    import lightgbm as lgb

    params = {LIGHTGBM_NAMES[name]: value for name, value in job.settings.items() if name in LIGHTGBM_NAMES}
    # XGBoost and Sapwood have no such limit.
    params |= {"min_data_in_leaf": 1, "verbose": -1, **job.lightgbm}
    params |= {} if level is None else {"alpha": level}
    params |= _constraints(job.settings, list(train.features.columns)) | _softmax_scale(job.settings)
    sizes = None if train.group is None else np.diff(np.flatnonzero(np.diff(train.group, prepend=-1, append=-1)))
    start = time.perf_counter()
    model = lgb.train(params, lgb.Dataset(train.features, label, group=sizes, params=params), job.rounds)
    seconds = time.perf_counter() - start
    return model.predict(test.features, num_threads=job.settings.get("nthread", 0)), seconds


def _constraints(settings: dict, names: list[str]) -> dict:
    """LightGBM has them by position."""
    found = {}
    if up := settings.get("monotone_constraints"):
        found["monotone_constraints"] = [up.get(name, 0) for name in names]
    if groups := settings.get("interaction_constraints"):
        found["interaction_constraints"] = [[names.index(name) for name in group] for group in groups]
    return found


def _softmax_scale(settings: dict) -> dict:
    """The same steps and limits in its units. Of K classes LightGBM's hessians are K / (K − 1) · p (1 − p), the rest 2 p (1 − p)."""
    if "num_class" not in settings:
        return {}
    ratio = settings["num_class"] / (settings["num_class"] - 1) / 2
    scaled = ("eta", "lambda", "min_child_weight")
    return {LIGHTGBM_NAMES[name]: settings[name] * ratio for name in scaled}


FITS = {"sapwood": sapwood, "xgboost": xgboost, "lightgbm": lightgbm}
