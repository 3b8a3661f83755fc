"""Are models of LightGBM and XGBoost scored faster by Sapwood than by the libraries that trained them? See README.md for what is measured."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import lightgbm
import numpy as np
import report
import sapwood
import xgboost
from generated import FEATURES, LEAVES, TREES, generated

# Rows that are scored one by one in a run.
SINGLE_ROWS, SINGLE_ROWS_IN_C = 2_000, 20_000

# Columns of up to a hundred categories each, in one of the models.
CATEGORIES = 8


@dataclass(frozen=True)
class Peer:
    """A library with its model: what it predicts of rows, on so many threads; its margins; its shared library."""

    name: str
    model: Path
    predict: Callable[[np.ndarray, int], np.ndarray]
    margins: Callable[[np.ndarray], np.ndarray]
    library: Path


def of_lightgbm(x: np.ndarray, y: np.ndarray, directory: Path, categories: list[int]) -> Peer:
    path = directory / f"lightgbm-{len(categories)}.txt"
    settings = {"objective": "binary", "num_leaves": LEAVES, "learning_rate": 0.1, "verbose": -1}
    lightgbm.train(settings, lightgbm.Dataset(x, y, categorical_feature=categories), TREES).save_model(path)
    booster = lightgbm.Booster(model_file=path)
    return Peer(
        f"LightGBM {lightgbm.__version__}" + (f", {len(categories)} categories" if categories else ""),
        path,
        lambda rows, threads: booster.predict(rows, num_threads=threads),
        lambda rows: booster.predict(rows, raw_score=True),
        Path(lightgbm.__file__).parent / "lib" / "lib_lightgbm.so",
    )


def of_xgboost(x: np.ndarray, y: np.ndarray, directory: Path) -> Peer:
    path = directory / "xgboost.json"
    settings = {"objective": "binary:logistic", "max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide", "eta": 0.1}
    xgboost.train(settings, xgboost.DMatrix(x, y), TREES).save_model(path)
    booster = xgboost.Booster(model_file=path)

    def predict(rows: np.ndarray, threads: int) -> np.ndarray:
        booster.set_param({"nthread": threads})
        return booster.inplace_predict(rows)

    return Peer(
        f"XGBoost {xgboost.__version__}",
        path,
        predict,
        lambda rows: booster.inplace_predict(rows, predict_type="margin"),
        Path(xgboost.__file__).parent / "lib" / "libxgboost.so",
    )


def with_categories(x: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The rows with some columns cut to whole numbers, and which columns these are."""
    columns = list(range(FEATURES - CATEGORIES, FEATURES))
    coded = x.copy()
    coded[:, columns] = np.clip(np.floor(x[:, columns] * 12 + 50), 0, 99)
    return coded, columns


def seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def medians(runs: int, calls: list[Callable[[], float]]) -> list[float]:
    """The median of what each call returns; they take turns."""
    return [statistics.median(column) for column in zip(*([call() for call in calls] for _ in range(runs)))]


def one_by_one(predict: Callable[[np.ndarray, int], object], rows: np.ndarray) -> float:
    """Microseconds a row."""

    def all_rows() -> None:
        for row in range(SINGLE_ROWS):
            predict(rows[row : row + 1], 1)

    return seconds(all_rows) / SINGLE_ROWS * 1e6


def in_c(program: Path, kind: str, library: Path, model: Path, rows: Path) -> float:
    """Microseconds a row; the best of a few passes, as the first ones fill the caches."""
    words = [program, kind, library, model, rows, str(FEATURES), "3"]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    return min(float(line.split()[0]) for line in lines) / 1e3


def compare(peer: Peer, x: np.ndarray, args: argparse.Namespace, rows_file: Path) -> list[dict]:
    x[:SINGLE_ROWS_IN_C].tofile(rows_file)
    ours = sapwood.Booster(model_file=peer.model)
    differ = int((ours.predict(x, margin=True) != peer.margins(x)).sum())
    if differ:
        sys.exit(f"{peer.name}: {differ} of {len(x)} margins are not the same")

    def predict(rows: np.ndarray, threads: int) -> np.ndarray:
        return ours.predict(rows, nthread=threads)

    def row(what: str, unit: str, calls: list[Callable[[], float]]) -> dict:
        its, own = medians(args.runs, calls)
        return {"model of": peer.name, "what": what, "its own": f"{its:.3g} {unit}", "Sapwood": f"{own:.3g} {unit}", "times": f"{its / own:.1f}"}

    def batch(threads: int) -> list[Callable[[], float]]:
        return [lambda call=call: seconds(lambda: call(x, threads)) for call in (peer.predict, predict)]

    kind = peer.name.split()[0].lower()
    libraries = [(kind, peer.library), ("sapwood", args.library)]
    return [
        row(f"{len(x):,} rows, one thread", "s", batch(1)),
        row(f"{len(x):,} rows, two threads", "s", batch(2)),
        row("one row in Python", "µs", [lambda call=call: one_by_one(call, x) for call in (peer.predict, predict)]),
        row(
            "one row in C",
            "µs",
            [lambda name=name, path=path: in_c(args.single_row, name, path, peer.model, rows_file) for name, path in libraries],
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to train on and to score")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--single-row", type=Path, required=True, help="single_row.c, compiled; run gives it")
    parser.add_argument("--library", type=Path, required=True, help="libsapwood_c.so; run gives it")
    args = parser.parse_args()
    x, y = generated(args.rows)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        rows_file = directory / "rows"
        coded, categories = with_categories(x)
        pairs = [
            (of_lightgbm(x, y, directory, []), x),
            (of_lightgbm(coded, y, directory, categories), coded),
            (of_xgboost(x, y, directory), x),
        ]
        print(report.markdown([line for peer, rows in pairs for line in compare(peer, rows, args, rows_file)]))
    print(f"\n{report.cpu()}; load when it ended: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
