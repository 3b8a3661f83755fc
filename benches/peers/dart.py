"""Dropping trees: time and quality of booster=dart beside XGBoost's and LightGBM's.

    SAPWOOD=target/release/sapwood python dart.py [ROWS [ROUNDS]]

Rows are generated: 28 numbers, a label that depends on some of them and on noise. All drop trees at the same rate with the same
weights (LightGBM with xgboost_dart_mode and uniform_drop), each in five runs with seeds of their own.
"""

import statistics
import sys

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from fits import FITS, Data, Job

THREADS, RUNS = 2, 5
LEAVES = {"eta": 0.1, "max_leaves": 31, "max_depth": 0, "grow_policy": "lossguide"}
TREES = LEAVES | {"lambda": 1, "min_child_weight": 1, "max_bin": 256, "nthread": THREADS}
DART = {"booster": "dart", "rate_drop": 0.1, "skip_drop": 0.5}
LIGHTGBM_DART = {"boosting": "dart", "drop_rate": 0.1, "skip_drop": 0.5, "max_drop": -1, "uniform_drop": True}
LIGHTGBM_DART["xgboost_dart_mode"] = True
BINARY = {"objective": "binary"}
BOOSTERS = {"dart": (DART, BINARY | LIGHTGBM_DART), "gbtree": ({}, BINARY)}


def generated(rows: int, seed: int) -> Data:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 28)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.5 * np.abs(x[:, 4]) - 0.4
    return Data(pd.DataFrame(x).add_prefix("x"), (score + rng.normal(size=rows) > 0).astype(np.float64))


def main() -> None:
    rows, rounds = int((sys.argv[1:] or [100000])[0]), int((sys.argv[2:] or [200])[0])
    train, test = generated(rows, 1), generated(50_000, 2)
    print(f"{rows} rows, {rounds} rounds, 31 leaves, {THREADS} threads; log loss of 50,000 other rows")
    print("| booster | trainer | seconds: median (range) | log loss: mean (range) |\n|---|---|---|---|")
    for booster, (settings, lightgbm) in BOOSTERS.items():
        found = {name: [] for name in FITS}
        for seed in range(RUNS):
            job = Job("binary:logistic", rounds, TREES | settings | {"seed": seed}, lightgbm)
            for name, fit in FITS.items():
                predicted, seconds = fit(job, train, test)
                found[name].append((seconds, log_loss(test.label, predicted)))
        for name, runs in found.items():
            seconds, losses = (sorted(values) for values in zip(*runs, strict=True))
            print(
                f"| {booster} | {name} | {statistics.median(seconds):.2f} ({seconds[0]:.2f}–{seconds[-1]:.2f}) | "
                f"{statistics.mean(losses):.4f} ({losses[0]:.4f}–{losses[-1]:.4f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
