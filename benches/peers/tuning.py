"""A search for parameters against Optuna with LightGBM, at equal time.

  tuning.py SETS OUT.jsonl [--seconds 30] [--sets a,b] [--threads 2]

SETS has a directory for each set, with train.parquet, test.parquet and meta.json (task, label, classes, cat). SAPWOOD names the executable; optuna,
lightgbm, pandas, pyarrow and scikit-learn must be importable. One after the other, both search on the training rows and train a model of all of them with the
best parameters, within the time. Trials are judged by log loss or RMSE over five folds, each training ends after 30 rounds without improvement, and rounds grow by a
quarter for the model of all rows. Optuna's study is its default (TPE), its space that of its LightGBM example with the learning rate, its first trial LightGBM's defaults;
a trial that would end too late is abandoned. Its time begins when the data are in memory as a DataFrame, Sapwood's when its process does. A line of JSON is
appended for each set and each of the two.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import optuna
import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error

OBJECTIVES = {
    "binary": ("binary:logistic", "logloss", "binary", "binary_logloss"),
    "multiclass": ("multi:softprob", "mlogloss", "multiclass", "multi_logloss"),
    "regression": ("reg:squarederror", "rmse", "regression", "rmse"),
}
FOLDS, PATIENCE, MOST_ROUNDS = 5, 30, 4000
# What the model of all rows, and the end of a process, may take beside it.
MARGIN = 0.03


def error(task: str, label: np.ndarray, predictions: np.ndarray) -> float:
    if task == "regression":
        return root_mean_squared_error(label, predictions)
    return log_loss(label, predictions, labels=np.arange(2 if predictions.ndim == 1 else predictions.shape[1]))


def by_sapwood(directory: Path, meta: dict, seconds: float, threads: int) -> dict:
    objective, metric, *_ = OBJECTIVES[meta["task"]]
    with tempfile.TemporaryDirectory() as scratch:
        model, summary, out = (f"{scratch}/{name}" for name in ("m.sapwood", "summary.json", "p.csv"))
        sapwood = os.environ["SAPWOOD"]
        words = [sapwood, "tune", "--train", directory / "train.parquet", "--label", meta["label"], "--model-out", model]
        words += ["--summary", summary, "--time-budget", str(seconds), f"objective={objective}", f"eval_metric={metric}"]
        words += [f"nthread={threads}"] + ([f"num_class={meta['classes']}"] if meta["task"] == "multiclass" else [])
        start = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        took = time.perf_counter() - start
        subprocess.run([sapwood, "predict", "--model", model, "--data", directory / "test.parquet", "--label", meta["label"], "--out", out], check=True, capture_output=True)
        predictions = np.loadtxt(out, delimiter=",", ndmin=2)
        told = json.loads(Path(summary).read_text())
    predictions = predictions if meta["task"] == "multiclass" else predictions[:, -1]
    return {"predictions": predictions, "seconds": took, "trials": told["trials"], "validation": told["best"]["value"], "best": told["best"]["trial"], "parameters": told["best"]["parameters"], "rounds": told["rounds"]}


class Late(Exception):
    """The time is over."""


def by_optuna(directory: Path, meta: dict, seconds: float, threads: int) -> dict:
    _, _, objective, metric = OBJECTIVES[meta["task"]]
    learned, judged = (pd.read_parquet(directory / f"{part}.parquet") for part in ("train", "test"))
    for column in meta["cat"]:
        levels = pd.CategoricalDtype(sorted(learned[column].dropna().unique().tolist()))
        learned[column], judged[column] = learned[column].astype(levels), judged[column].astype(levels)
    x, y = learned.drop(columns=[meta["label"]]), learned[meta["label"]].to_numpy(np.float64)
    start = time.perf_counter()
    fixed = {"objective": objective, "metric": metric, "num_threads": threads, "verbosity": -1, "seed": 0, "feature_pre_filter": False}
    fixed |= {"num_class": meta["classes"]} if meta["task"] == "multiclass" else {}
    data = lgb.Dataset(x, y, params=fixed, free_raw_data=False)
    of_first = None

    def late() -> bool:
        return time.perf_counter() - start + (of_first or 0.0) > seconds * (1 - MARGIN)

    def stop(_) -> None:
        if late():
            raise Late

    def judge(trial: optuna.Trial) -> float:
        nonlocal of_first
        began = time.perf_counter()
        params = fixed | {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            "lambda_l1": trial.suggest_float("lambda_l1", 1e-8, 10.0, log=True),
            "lambda_l2": trial.suggest_float("lambda_l2", 1e-8, 10.0, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 2, 256),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.4, 1.0),
            "bagging_fraction": trial.suggest_float("bagging_fraction", 0.4, 1.0),
            "bagging_freq": trial.suggest_int("bagging_freq", 1, 7),
            "min_child_samples": trial.suggest_int("min_child_samples", 5, 100),
        }
        ends = [lgb.early_stopping(PATIENCE, verbose=False), stop]
        history = lgb.cv(params, data, MOST_ROUNDS, nfold=FOLDS, stratified=meta["task"] != "regression", seed=0, callbacks=ends)
        values = next(values for name, values in history.items() if name.endswith("-mean"))
        trial.set_user_attr("rounds", len(values))
        of_first = of_first or time.perf_counter() - began
        return values[-1]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.enqueue_trial({"learning_rate": 0.1, "lambda_l1": 1e-8, "lambda_l2": 1e-8, "num_leaves": 31, "feature_fraction": 1.0, "bagging_fraction": 1.0, "bagging_freq": 1, "min_child_samples": 20})
    try:
        study.optimize(judge, n_trials=None, timeout=seconds)
    except Late:
        pass
    best = study.best_trial
    rounds = round(best.user_attrs["rounds"] * FOLDS / (FOLDS - 1))
    model = lgb.train(fixed | best.params, lgb.Dataset(x, y, params=fixed), rounds)
    took = time.perf_counter() - start
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    return {"predictions": model.predict(judged.drop(columns=[meta["label"]])), "seconds": took, "trials": len(complete), "validation": best.value, "best": best.number, "parameters": best.params, "rounds": rounds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, metavar="SETS")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--sets")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    names = args.sets.split(",") if args.sets else sorted(path.name for path in args.directory.iterdir())
    for name in names:
        directory = args.directory / name
        meta = json.loads((directory / "meta.json").read_text())
        label = pd.read_parquet(directory / "test.parquet", columns=[meta["label"]])[meta["label"]].to_numpy(np.float64)
        for system, search in (("sapwood", by_sapwood), ("optuna", by_optuna)):
            found = search(directory, meta, args.seconds, args.threads)
            line = {"set": name, "system": system, "budget": args.seconds, "error": error(meta["task"], label, found.pop("predictions"))} | found
            with args.out.open("a") as out:
                out.write(json.dumps(line) + "\n")
            print(name, system, f"error {line['error']:.6g}, {line['trials']} trials, {line['seconds']:.1f} s", flush=True)


if __name__ == "__main__":
    main()
