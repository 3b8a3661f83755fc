"""Do contributions add up? Six models, each explained on 10,000 rows: the greatest difference between the sum of a row's contributions and
its margin, and between the sums of rows of interactions and contributions."""

import argparse

import numpy as np
import report
import sapwood

ROWS, EXPLAINED, PAIRED = 200_000, 10_000, 100
FEATURES, CLASSES, LEVELS = 12, 10, 40


def rows(categories: int = 0, missing: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Features, the last of them categories, some values missing; and what depends on them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, FEATURES))
    for column in range(FEATURES - categories, FEATURES):
        x[:, column] = rng.integers(0, LEVELS, ROWS)
    effect = rng.normal(size=LEVELS)
    z = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + np.sin(3 * x[:, 3])
    if categories:
        z += effect[x[:, -1].astype(int)] + effect[x[:, -2].astype(int)] * x[:, 4]
    x[rng.uniform(size=x.shape) < missing] = np.nan
    return x, z + rng.normal(size=ROWS)


def frame(x: np.ndarray, categories: int):
    """The rows with their last columns as categories."""
    if not categories:
        return x
    import pandas as pd

    table = pd.DataFrame(x, columns=[f"x{i}" for i in range(FEATURES)])
    for name in table.columns[FEATURES - categories :]:
        table[name] = table[name].astype("category")
    return table


def cases() -> dict:
    """What each model is trained with: parameters, rounds, labels of a target, columns of categories, share of missing values."""
    binary = {"objective": "binary:logistic"}
    leafwise = {"grow_policy": "lossguide", "max_depth": 0}
    part = lambda z: (z > np.median(z)).astype(float)
    return {
        "binary": (binary | leafwise | {"max_leaves": 255}, 100, part, 0, 0.0),
        "10 classes": (
            {"objective": "multi:softprob", "num_class": CLASSES, "max_depth": 6},
            20,
            lambda z: np.digitize(z, np.quantile(z, np.arange(1, CLASSES) / CLASSES)).astype(float),
            0,
            0.0,
        ),
        "categories": (binary | {"max_depth": 8}, 100, part, 3, 0.0),
        "missing values": (binary | {"max_depth": 8}, 100, part, 2, 0.3),
        "1,000 leaves": (leafwise | {"objective": "reg:squarederror", "max_leaves": 1000}, 100, lambda z: z, 0, 0.0),
        "depth 1": (binary | {"max_depth": 1}, 200, part, 0, 0.0),
    }


def residuals(name: str, params: dict, rounds: int, label, categories: int, missing: float) -> dict:
    x, z = rows(categories, missing)
    data = frame(x, categories)
    model = sapwood.train(params, sapwood.Dataset(data, label(z)), rounds)
    few = data[:EXPLAINED]
    found, margins = model.predict(few, contributions=True), model.predict(few, margin=True)
    pairs = model.predict(few[:PAIRED], interactions=True)
    # What rounds when so many terms are added, whatever their sum is.
    scale = np.abs(found).sum(axis=-1)
    difference = np.abs(found.sum(axis=-1) - margins)
    return {
        "model": name,
        "sum less margin": f"{difference.max():.1e}",
        "of the terms' sizes": f"{(difference / scale).max():.1e}",
        "interactions less contributions": f"{np.abs(pairs.sum(axis=-1) - found[:PAIRED]).max():.1e}",
        "largest margin": f"{np.abs(margins).max():.1f}",
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("?")[0] + "?").parse_args()
    print(report.markdown([residuals(name, *case) for name, case in cases().items()]))


if __name__ == "__main__":
    main()
