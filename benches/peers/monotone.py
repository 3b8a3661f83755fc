"""How close do trees come with monotone constraints? RMSE on rows that were not trained on, by LightGBM's two methods in both libraries.

SAPWOOD=target/release/sapwood python monotone.py > table.md
"""

import sys

import numpy as np
import pandas as pd

from fits import FITS, Data, Job

SPLITS = 10
DIRECTIONS = {"f0": 1, "f1": -1, "f2": 1, "f3": 1, "f4": -1}
TREES = {"eta": 0.1, "max_leaves": 31, "max_depth": 0, "grow_policy": "lossguide", "min_child_weight": 1, "lambda": 1}
METHODS = ("basic", "intermediate")


def job(method: str, constraints: dict) -> Job:
    settings = TREES | {"max_bin": 256, "nthread": 1, "monotone_constraints": constraints, "monotone_constraints_method": method}
    return Job("reg:squarederror", 100, settings, {"objective": "regression", "monotone_constraints_method": method})


def generated(split: int, directions: int):
    """Ten features, some of which the mean rises or falls with: steps, curves and products; the others move it either way."""
    rng = np.random.default_rng(split)
    x = rng.uniform(size=(20_000, 10))
    step = lambda feature, at: 1 / (1 + np.exp(-20 * (x[:, feature] - at)))
    mean = 3 * step(0, 0.3) * (1 + x[:, 2]) - 2 * x[:, 1] ** 2 + 2 * step(3, 0.7) * (2 - x[:, 4]) + np.sqrt(x[:, 2])
    mean += np.sin(6 * x[:, 5]) * x[:, 0] + np.cos(5 * x[:, 6])
    data = Data(pd.DataFrame(x).add_prefix("f"), mean + rng.normal(size=len(x)))
    first = np.arange(len(x)) < 8_000
    return data.take(np.flatnonzero(first)), data.take(np.flatnonzero(~first)), mean[~first], dict(list(DIRECTIONS.items())[:directions])


def main():
    libraries = ["sapwood", "lightgbm"]
    columns = [f"{library}, {method}" for library in libraries for method in METHODS]
    margins = ["sapwood: intermediate − basic", "lightgbm: intermediate − basic", "intermediate: sapwood − lightgbm"]
    print(f"| features with a direction | {' | '.join(columns + margins)} | fit seconds |")
    print("|---" * (len(columns) + len(margins) + 2) + "|")
    for directions in (2, 5):
        errors, seconds = [], []
        for split in range(SPLITS):
            train, test, mean, constraints = generated(split, directions)
            found = [FITS[library](job(method, constraints), train, test) for library in libraries for method in METHODS]
            errors.append([float(np.sqrt(np.mean((predicted - mean) ** 2))) for predicted, _ in found])
            seconds.append([took for _, took in found])
            print(directions, split, errors[-1], seconds[-1], file=sys.stderr)
        errors = np.array(errors)
        pairs = [(1, 0), (3, 2), (1, 3)]
        differences = [errors[:, a] - errors[:, b] for a, b in pairs]
        cells = [f"{mean:.4f}" for mean in errors.mean(0)]
        cells += [f"{d.mean():+.4f} ± {d.std(ddof=1) / SPLITS**0.5:.4f}" for d in differences]
        times = ", ".join(f"{time:.2f}" for time in np.median(seconds, axis=0))
        print(f"| {directions} | {' | '.join(cells)} | {times} |", flush=True)


if __name__ == "__main__":
    main()
