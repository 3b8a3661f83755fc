"""Prices of diamonds, which may not fall as a stone gets larger, all else being equal: the same monotone constraints in Sapwood, XGBoost and
LightGBM, over five splits.

    python constraints.py DIRECTORY-OF-DIAMONDS SAPWOOD

The directory has train.csv and test.csv, as datasets/fetch.py leaves them. Prints rows of a Markdown table: root mean squared error, mean and
by split; seconds of a fit, mean over splits of the better of two; the share of steps of carat by which a prediction falls.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

LABEL, SPLITS, ROUNDS, LEAVES, ETA, THREADS = "price", 5, 100, 31, 0.1, 2
CONSTRAINTS = {"none": [], "carat": ["carat"], "carat, x, y, z": ["carat", "x", "y", "z"]}
SWEPT_ROWS, STEPS = 200, 100


def sapwood(train: pd.DataFrame, others: list[pd.DataFrame], up: list[str]):
    def run(*words: object) -> None:
        subprocess.run([BINARY, *map(str, words)], check=True, capture_output=True)

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        train.to_parquet(scratch / "train.parquet")
        files = ["--train", scratch / "train.parquet", "--model-out", scratch / "m", "--summary", scratch / "s.json"]
        constraint = f"monotone_constraints={json.dumps(dict.fromkeys(up, 1))}"
        tree = [f"num_round={ROUNDS}", f"eta={ETA}", f"max_leaves={LEAVES}", "max_depth=0", "grow_policy=lossguide"]
        run("train", *files, "--label", LABEL, *tree, f"nthread={THREADS}", constraint)
        seconds = json.loads((scratch / "s.json").read_text())["seconds"]
        predictions = []
        for rows in others:
            rows.to_parquet(scratch / "rows.parquet")
            run("predict", "--model", scratch / "m", "--data", scratch / "rows.parquet", "--out", scratch / "p.csv")
            predictions.append(np.loadtxt(scratch / "p.csv"))
        return seconds["bin"] + seconds["train"], predictions


def xgboost(train: pd.DataFrame, others: list[pd.DataFrame], up: list[str]):
    features = train.columns.drop(LABEL)
    params = {"eta": ETA, "max_depth": 0, "max_leaves": LEAVES, "grow_policy": "lossguide", "nthread": THREADS}
    params["monotone_constraints"] = dict.fromkeys(up, 1)
    start = time.perf_counter()
    matrix = xgb.QuantileDMatrix(train[features], train[LABEL], enable_categorical=True)
    booster = xgb.train(params, matrix, ROUNDS)
    seconds = time.perf_counter() - start
    return seconds, [booster.predict(xgb.DMatrix(rows[features], enable_categorical=True)) for rows in others]


def lightgbm(train: pd.DataFrame, others: list[pd.DataFrame], up: list[str], method: str = "basic"):
    features = train.columns.drop(LABEL)
    params = {"learning_rate": ETA, "num_leaves": LEAVES, "lambda_l2": 1, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 1}
    params |= {"num_threads": THREADS, "verbose": -1}
    if up:
        params |= {"monotone_constraints": [int(name in up) for name in features], "monotone_constraints_method": method}
    start = time.perf_counter()
    booster = lgb.train(params, lgb.Dataset(train[features], train[LABEL]), ROUNDS)
    seconds = time.perf_counter() - start
    return seconds, [booster.predict(rows[features]) for rows in others]


TRAINERS = {
    "Sapwood": sapwood,
    "XGBoost": xgboost,
    "LightGBM, basic": lightgbm,
    "LightGBM, intermediate": lambda *arguments: lightgbm(*arguments, method="intermediate"),
}


def swept(rows: pd.DataFrame) -> pd.DataFrame:
    """Some rows, each with many values of carat."""
    out = rows.iloc[np.repeat(np.arange(SWEPT_ROWS), STEPS)].reset_index(drop=True)
    return out.assign(carat=np.tile(np.linspace(0.2, 4, STEPS), SWEPT_ROWS))


def main(directory: Path) -> None:
    rows = pd.concat([pd.read_csv(directory / name) for name in ("train.csv", "test.csv")], ignore_index=True)
    rows = rows.astype({name: "category" for name in rows.columns if not pd.api.types.is_numeric_dtype(rows[name])})
    for name, up in CONSTRAINTS.items():
        for trainer, fit in TRAINERS.items():
            if not up and trainer.endswith("intermediate"):
                continue
            errors, seconds, falls = [], [], []
            for split in range(SPLITS):
                order, cut = np.random.default_rng(split).permutation(len(rows)), len(rows) * 4 // 5
                train, test = (rows.iloc[part].reset_index(drop=True) for part in (order[:cut], order[cut:]))
                (first, (found, sweep)), (second, _) = (fit(train, [test, swept(test)], up) for _ in range(2))
                errors.append(np.sqrt(np.mean((found - test[LABEL]) ** 2)))
                seconds.append(min(first, second))
                falls.append(np.mean(np.diff(sweep.reshape(SWEPT_ROWS, STEPS), axis=1) < 0))
            each = ", ".join(f"{error:.1f}" for error in errors)
            print(f"| {name} | {trainer} | {np.mean(errors):.1f} | {each} | {np.mean(seconds):.3f} | {100 * np.mean(falls):.2f} % |", flush=True)


if __name__ == "__main__":
    BINARY = sys.argv[2]
    main(Path(sys.argv[1]))
