"""Rows that the models are trained on, and numbers next to their thresholds. Runs under Python 3.7."""

import numpy as np

# Rows that predictions are compared on; the last two features are categories.
ROWS, FEATURES, CATEGORICAL = 10000, 6, [4, 5]


def training(seed, missing, categorical, rows=1500):
    """Rows with a target that depends on them; where values are missing, numbers, and categories if there are any, lack some."""
    rng = np.random.RandomState(seed)
    x = rng.normal(size=(rows, FEATURES))
    x[:, 1] = np.round(x[:, 1], 1)
    x[:, 2] *= rng.choice([0.0, 1.0, 1e-30, 1e20], rows)
    for column, levels in zip(CATEGORICAL, (7, 70)):
        x[:, column] = rng.randint(0, levels, rows)
    signal = x[:, 0] + x[:, 1] ** 2 + (x[:, 4] % 3) + (x[:, 5] % 5 > 2)
    if missing:
        x[:, :4][rng.uniform(size=(rows, 4)) < 0.15] = np.nan
        if categorical:
            x[:, 4:][rng.uniform(size=(rows, 2)) < 0.1] = np.nan
    return x, signal + rng.normal(scale=0.3, size=rows)


def next_to(thresholds):
    """Thresholds, and what lies next to them in numbers of eight and of four bytes."""
    near = np.array(thresholds if len(thresholds) else [0.5])
    near = np.concatenate([near, np.nextafter(near, np.inf), np.nextafter(near, -np.inf), near * (1 + 3e-8), near * (1 - 3e-8)])
    single = near.astype(np.float32)
    return np.concatenate([near, single, np.nextafter(single, np.float32(np.inf)), np.nextafter(single, -np.float32(np.inf))])
