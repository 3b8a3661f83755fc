"""Sapwood, XGBoost and LightGBM behind one call: train with the same parameters, predict the test rows.

The peers run through their Python packages, Sapwood as its executable on Parquet files.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np
import pandas as pd

from metrics import metric_for
from sets import DataSet

LABEL = "label to learn"


@dataclass(frozen=True)
class Settings:
    """What all trainers are given alike. Leaf-wise growth without a limit on depth is what all three have."""

    rounds: int = 100
    eta: float = 0.1
    leaves: int = 31
    max_bin: int = 256
    # Rounds without improvement before training stops; none: no validation rows, no stopping.
    patience: int | None = None
    threads: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))


@dataclass
class Outcome:
    """What a trainer did: predictions for the test rows, and what it took."""

    predictions: np.ndarray
    rounds: int
    # Binning and training; reading files, making frames and importing packages are not counted.
    fit_seconds: float
    # Predicts other rows of the same columns; none for Sapwood, which is not in this process.
    predict: Callable[[pd.DataFrame], np.ndarray] | None = None


def xgboost(data: DataSet, train: np.ndarray, valid: np.ndarray | None, test: np.ndarray, settings: Settings) -> Outcome:
    import xgboost as xgb

    params = {
        "objective": "multi:softprob" if data.classes > 1 else data.objective,
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": settings.leaves,
        "eta": settings.eta,
        "lambda": 1,
        "min_child_weight": 1,
        "max_bin": settings.max_bin,
        "nthread": settings.threads,
        "eval_metric": metric_for(data.objective).stop_by[0],
    }
    if data.classes > 1:
        params["num_class"] = data.classes
    features, label = data.features, data.label
    start = time.perf_counter()
    matrix_options = {"enable_categorical": True, "max_bin": settings.max_bin, "nthread": settings.threads}
    matrix = xgb.QuantileDMatrix(features.iloc[train], label[train], **matrix_options)
    evals, stopping = [], None
    if valid is not None:
        held = xgb.QuantileDMatrix(features.iloc[valid], label[valid], ref=matrix, **matrix_options)
        evals, stopping = [(held, "validation")], settings.patience
    booster = xgb.train(params, matrix, settings.rounds, evals=evals, early_stopping_rounds=stopping, verbose_eval=False)
    fit_seconds = time.perf_counter() - start
    best = booster.best_iteration + 1 if valid is not None else settings.rounds

    def predict(frame: pd.DataFrame) -> np.ndarray:
        return booster.predict(xgb.DMatrix(frame, enable_categorical=True, nthread=settings.threads), iteration_range=(0, best))

    return Outcome(predict(features.iloc[test]), best, fit_seconds, predict)


def lightgbm(data: DataSet, train: np.ndarray, valid: np.ndarray | None, test: np.ndarray, settings: Settings, **extra: object) -> Outcome:
    import lightgbm as lgb

    objective = {"reg:squarederror": "regression", "binary:logistic": "binary", "multi:softmax": "multiclass"}[data.objective]
    params = {
        "objective": objective,
        "num_leaves": settings.leaves,
        "max_depth": -1,
        "learning_rate": settings.eta,
        "lambda_l2": 1,
        "min_sum_hessian_in_leaf": 1,
        # XGBoost and Sapwood have no such limit.
        "min_data_in_leaf": 1,
        "max_bin": settings.max_bin,
        "num_threads": settings.threads,
        "metric": metric_for(data.objective).stop_by[1],
        "verbose": -1,
        **extra,
    }
    if data.classes > 1:
        params["num_class"] = data.classes
    features, label = data.features, data.label
    start = time.perf_counter()
    matrix = lgb.Dataset(features.iloc[train], label[train], params=params).construct()
    valid_sets, callbacks = [], []
    if valid is not None:
        valid_sets = [lgb.Dataset(features.iloc[valid], label[valid], reference=matrix)]
        callbacks = [lgb.early_stopping(settings.patience, verbose=False)]
    booster = lgb.train(params, matrix, settings.rounds, valid_sets=valid_sets, callbacks=callbacks)
    fit_seconds = time.perf_counter() - start
    best = booster.best_iteration if valid is not None else settings.rounds

    def predict(frame: pd.DataFrame) -> np.ndarray:
        return booster.predict(frame, num_iteration=best, num_threads=settings.threads)

    return Outcome(predict(features.iloc[test]), best, fit_seconds, predict)


def lightgbm_quantised(data: DataSet, train: np.ndarray, valid: np.ndarray | None, test: np.ndarray, settings: Settings) -> Outcome:
    return lightgbm(data, train, valid, test, settings, use_quantized_grad=True, num_grad_quant_bins=4, quant_train_renew_leaf=True)


def sapwood(data: DataSet, train: np.ndarray, valid: np.ndarray | None, test: np.ndarray, settings: Settings) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="sapwood-peers-") as directory:
        scratch = Path(directory)
        files = {name: scratch / f"{name}.parquet" for name in ("train", "valid", "test")}
        for name, rows in (("train", train), ("valid", valid), ("test", test)):
            if rows is not None:
                write_parquet(data, rows, files[name])
        model, summary, predictions = scratch / "m.sapwood", scratch / "summary.json", scratch / "predictions.csv"
        stopping = []
        if valid is not None:
            stopping = ["--validation", str(files["valid"]), f"early_stopping_rounds={settings.patience}"]
        run_sapwood(
            ["train", "--train", files["train"], "--label", LABEL, "--model-out", model, "--summary", summary],
            [*stopping, *sapwood_parameters(data.objective, data.classes, settings)],
        )
        run_sapwood(["predict", "--model", model, "--data", files["test"], "--label", LABEL, "--out", predictions])
        told = json.loads(summary.read_text())
        values = pd.read_csv(predictions, header=None).to_numpy()
        fit_seconds = told["seconds"]["bin"] + told["seconds"]["train"]
        return Outcome(values if data.classes > 1 else values[:, 0], told["trees"] // max(data.classes, 1), fit_seconds)


def sapwood_parameters(objective: str, classes: int, settings: Settings) -> list[str]:
    """The settings as Sapwood's hyperparameters."""
    params = {
        "objective": "multi:softprob" if classes > 1 else objective,
        "num_round": settings.rounds,
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": settings.leaves,
        "eta": settings.eta,
        "lambda": 1,
        "min_child_weight": 1,
        "max_bin": settings.max_bin,
        "nthread": settings.threads,
        "eval_metric": metric_for(objective).stop_by[0],
    }
    if classes > 1:
        params["num_class"] = classes
    return [f"{key}={value}" for key, value in params.items()]


def write_parquet(data: DataSet, rows: np.ndarray, path: Path) -> None:
    """The rows as Sapwood's users would have them: categories as texts, the label as a column."""
    frame = data.features.iloc[rows]
    frame = frame.astype({name: "str" for name in data.categorical}) if data.categorical else frame
    frame.assign(**{LABEL: data.label[rows]}).to_parquet(path, index=False)


def run_sapwood(*arguments: list[object]) -> None:
    """Runs the executable and ends this program with its message if it fails."""
    command = [executable(), *(str(word) for words in arguments for word in words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def executable() -> str:
    return os.environ.get("SAPWOOD") or sys.exit("SAPWOOD must name the executable; start this through benches/peers/run")


TRAINERS = {"sapwood": sapwood, "xgboost": xgboost, "lightgbm": lightgbm, "lightgbm-quantised": lightgbm_quantised}
