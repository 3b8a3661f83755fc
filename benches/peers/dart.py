"""Dropping trees: time and quality of booster=dart beside XGBoost's and LightGBM's.

    python dart.py SAPWOOD [ROWS [ROUNDS]]

Rows are generated: 28 numbers, a label that depends on some of them and on noise. All drop trees at the same rate with the same weights
(LightGBM with xgboost_dart_mode and uniform_drop), each in five runs with seeds of their own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost

LEAVES, ETA, RATE, SKIP, THREADS, RUNS = 31, 0.1, 0.1, 0.5, 2, 5


def generated(rows, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 28)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.5 * np.abs(x[:, 4]) - 0.4
    return x, (score + rng.normal(size=rows) > 0).astype(np.float64)


def log_loss(labels, predicted):
    predicted = np.clip(predicted, 1e-15, 1 - 1e-15)
    return -np.mean(labels * np.log(predicted) + (1 - labels) * np.log(1 - predicted))


def sapwood(executable, train, test, rounds, booster, seed):
    with tempfile.TemporaryDirectory() as directory:
        path = lambda name: os.path.join(directory, name)
        for name, (x, y) in [("train", train), ("test", test)]:
            pq.write_table(pa.table({"y": y, **{f"x{i}": x[:, i] for i in range(x.shape[1])}}), path(name + ".parquet"))
        words = dict(objective="binary:logistic", num_round=rounds, eta=ETA, max_leaves=LEAVES, max_depth=0, grow_policy="lossguide",
                     booster=booster, seed=seed, verbose_eval=0)
        if booster == "dart":
            words |= dict(rate_drop=RATE, skip_drop=SKIP)
        command = [executable, "train", "--train", path("train.parquet"), "--model-out", path("m"), "--summary", path("s"), "--label", "y",
                   "--threads", str(THREADS), *[f"{name}={value}" for name, value in words.items()]]
        subprocess.run(command, check=True, capture_output=True)
        seconds = json.load(open(path("s")))["seconds"]
        out = subprocess.run([executable, "predict", "--model", path("m"), "--data", path("test.parquet"), "--label", "y"], check=True,
                             capture_output=True, text=True).stdout
        return seconds["bin"] + seconds["train"], log_loss(test[1], np.array([float(line) for line in out.split()]))


def xgb(train, test, rounds, booster, seed):
    params = dict(objective="binary:logistic", eta=ETA, max_leaves=LEAVES, max_depth=0, grow_policy="lossguide", tree_method="hist",
                  booster=booster, seed=seed, nthread=THREADS)
    if booster == "dart":
        params |= dict(rate_drop=RATE, skip_drop=SKIP)
    started = time.perf_counter()
    model = xgboost.train(params, xgboost.QuantileDMatrix(*train), rounds)
    seconds = time.perf_counter() - started
    return seconds, log_loss(test[1], model.predict(xgboost.DMatrix(test[0])))


def lgb(train, test, rounds, booster, seed):
    params = dict(objective="binary", learning_rate=ETA, num_leaves=LEAVES, lambda_l2=1, min_sum_hessian_in_leaf=1, min_data_in_leaf=1,
                  boosting="dart" if booster == "dart" else "gbdt", seed=seed, num_threads=THREADS, verbose=-1)
    if booster == "dart":
        params |= dict(drop_rate=RATE, skip_drop=SKIP, max_drop=-1, xgboost_dart_mode=True, uniform_drop=True)
    started = time.perf_counter()
    model = lightgbm.train(params, lightgbm.Dataset(*train), rounds)
    seconds = time.perf_counter() - started
    return seconds, log_loss(test[1], model.predict(test[0]))


def main():
    executable, rows, rounds = sys.argv[1], int((sys.argv[2:] or [100000])[0]), int((sys.argv[3:] or [200])[0])
    train, test = generated(rows, 1), generated(50_000, 2)
    print(f"{rows} rows, {rounds} rounds, {LEAVES} leaves, {THREADS} threads; log loss of 50,000 other rows")
    print("| booster | trainer | seconds: median (range) | log loss: mean (range) |\n|---|---|---|---|")
    trainers = [("Sapwood", lambda *job: sapwood(executable, *job)), ("XGBoost", xgb), ("LightGBM", lgb)]
    for booster in ["dart", "gbtree"]:
        found = {name: [] for name, _ in trainers}
        for seed in range(RUNS):
            for name, trainer in trainers:
                found[name].append(trainer(train, test, rounds, booster, seed))
        for name, runs in found.items():
            seconds, losses = (sorted(values) for values in zip(*runs))
            print(f"| {booster} | {name} | {statistics.median(seconds):.2f} ({seconds[0]:.2f}–{seconds[-1]:.2f}) | "
                  f"{statistics.mean(losses):.4f} ({losses[0]:.4f}–{losses[-1]:.4f}) |", flush=True)


if __name__ == "__main__":
    main()
