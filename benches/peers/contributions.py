"""Contributions (SHAP values) of models of LightGBM and XGBoost: by Sapwood, which reads the file, and by the libraries themselves.

Each trains trees of up to 255 leaves on generated rows. Sapwood explains all rows, from an array, its preparation of the model included;
the others explain some of them, and their time is multiplied, being proportional to rows.
"""

import argparse
import os
import statistics
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Callable

import numpy as np
import report
import sapwood
from generated import LEAVES, TREES, generated

# Runs of Sapwood, of which the median counts.
RUNS = 3

Explain = Callable[[np.ndarray, int], np.ndarray]


def of_lightgbm(x: np.ndarray, y: np.ndarray, trees: int, path: Path) -> Explain:
    lightgbm = import_module("lightgbm")
    settings = {"objective": "binary", "num_leaves": LEAVES, "learning_rate": 0.1, "verbose": -1}
    if not path.exists():
        lightgbm.train(settings, lightgbm.Dataset(x, y), trees).save_model(path)
    booster = lightgbm.Booster(model_file=path)
    return lambda rows, threads: booster.predict(rows, pred_contrib=True, num_threads=threads)


def of_xgboost(x: np.ndarray, y: np.ndarray, trees: int, path: Path) -> Explain:
    xgboost = import_module("xgboost")
    settings = {"objective": "binary:logistic", "max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide", "eta": 0.1}
    if not path.exists():
        xgboost.train(settings, xgboost.DMatrix(x, y), trees).save_model(path)
    booster = xgboost.Booster(model_file=path)

    def explain(rows: np.ndarray, threads: int) -> np.ndarray:
        booster.set_param({"nthread": threads})
        return booster.predict(xgboost.DMatrix(rows), pred_contribs=True)

    return explain


def timed(call: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def compare(name: str, explain: Explain, path: Path, x: np.ndarray, trees: int, peer_rows: int, threads: int) -> dict:
    few = x[:peer_rows]
    seconds, theirs = timed(lambda: explain(few, threads))
    seconds *= len(x) / peer_rows
    runs = []
    for _ in range(RUNS):
        booster = sapwood.Booster(model_file=path)
        runs.append(timed(lambda: booster.predict(x, contributions=True, nthread=threads)))
    own, ours = statistics.median(run[0] for run in runs), runs[0][1]
    margins = booster.predict(x, margin=True)
    return {
        "model of": name,
        "trees": trees,
        "threads": threads,
        "its own, s": f"{seconds:.1f}",
        "Sapwood, s": f"{own:.2f}",
        "times": f"{seconds / own:.1f}",
        "greatest difference": f"{np.abs(ours[:peer_rows] - theirs).max():.1e} of {np.abs(ours).max():.1f}",
        "sum less margin": f"{np.abs(ours.sum(axis=1) - margins).max():.1e}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train-rows", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=10_000, help="rows to explain")
    parser.add_argument("--peer-rows", type=int, default=500, help="those of them that the peers explain")
    parser.add_argument("--models", type=Path, help="where models are kept, and taken from if they are there")
    parser.add_argument("--trees", type=int, nargs="+", default=[TREES])
    args = parser.parse_args()
    x, y = generated(args.train_rows)
    rows = x[: args.rows]
    lines = []
    for package, train in [("lightgbm", of_lightgbm), ("xgboost", of_xgboost)]:
        try:
            name = f"{package} {import_module(package).__version__}"
        except ImportError:
            print(f"SKIPPED: {package} is not installed")
            continue
        for trees in args.trees:
            with tempfile.TemporaryDirectory() as scratch:
                path = (args.models or Path(scratch)) / f"{package}-{trees}.json"
                explain = train(x, y, trees, path)
                lines += [compare(name, explain, path, rows, trees, args.peer_rows, threads) for threads in (1, 2)]
    print(report.markdown(lines))
    print(f"\n{report.cpu()}; load when it ended: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
