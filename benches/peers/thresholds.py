"""Metrics of classes under binary:logistic, as SageMaker's built-in XGBoost computes them since 3.0-5, and as they are.

The container hands XGBoost a function that takes values above 0 for class 1. XGBoost used to call it with margins (`feval`), for which
that is right, and calls it with probabilities now (`custom_metric`), which are all above 0. See README.md.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.metrics import accuracy_score, f1_score

ADULT = Path(__file__).resolve().parents[2] / "datasets" / "adult"
ROUNDS = 20
METRICS = {"accuracy": accuracy_score, "f1_binary": f1_score}


def main() -> None:
    argparse.ArgumentParser(prog="benches/peers/run thresholds", description=__doc__).parse_args()
    train, test = (ADULT / f"{part}.csv.gz" for part in ("train", "test"))
    ours = sapwood(train, test)
    built_in, right = xgboost(train, test)
    print(f"{'metric of the last round':26}{'built-in':>10}{'XGBoost, right':>16}{'Sapwood':>10}")
    for name in METRICS:
        print(f"{name:26}{built_in[name]:10.4f}{right[name]:16.4f}{ours[name]:10.4f}")
    print(f"{'1 - error':26}{'':10}{1 - right['error']:16.4f}{1 - ours['error']:10.4f}")


def sapwood(train: Path, test: Path) -> dict[str, float]:
    """Sapwood's metrics of the last round."""
    names = [*METRICS, "error"]
    with tempfile.TemporaryDirectory() as directory:
        summary = Path(directory) / "s.json"
        command = [os.environ["SAPWOOD"], "train", "--train", train, "--validation", test, "--label", "income", "--summary", summary]
        command += ["--model-out", Path(directory) / "m.sapwood", "objective=binary:logistic", f"num_round={ROUNDS}"]
        subprocess.run([*map(str, command), "-q", f"eval_metric={','.join(names)}"], check=True, capture_output=True)
        return json.loads(summary.read_text())["metrics"]["validation"]


def xgboost(train: Path, test: Path) -> tuple[dict[str, float], dict[str, float]]:
    """XGBoost's metrics of the last round, by the built-in's rule and by the right one."""
    frames = [pd.read_csv(path, na_values=["?"]) for path in (train, test)]
    texts = [name for name, kind in frames[0].dtypes.items() if kind.kind not in "iuf"]
    for name in texts:
        levels = sorted(pd.concat([frame[name] for frame in frames]).dropna().unique())
        for frame in frames:
            frame[name] = pd.Categorical(frame[name], levels)
    labels = [frame.pop("income").cat.codes for frame in frames]
    data = [xgb.DMatrix(frame, label, enable_categorical=True) for frame, label in zip(frames, labels, strict=True)]

    def metrics(predictions: np.ndarray, against: xgb.DMatrix) -> list[tuple[str, float]]:
        rules = {"built-in": predictions > 0, "right": predictions > 0.5}
        return [(f"{rule}-{name}", metric(against.get_label(), hits)) for rule, hits in rules.items() for name, metric in METRICS.items()]

    history = {}
    params = {"objective": "binary:logistic", "eval_metric": "error"}
    xgb.train(params, data[0], ROUNDS, evals=[(data[1], "test")], custom_metric=metrics, evals_result=history, verbose_eval=False)
    last = {name: values[-1] for name, values in history["test"].items()}
    of = {rule: {name: last[f"{rule}-{name}"] for name in METRICS} for rule in ("built-in", "right")}
    return of["built-in"], of["right"] | {"error": last["error"]}


if __name__ == "__main__":
    main()
