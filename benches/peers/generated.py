"""The rows that scoring is measured on, and how large models are."""

import numpy as np

TREES, LEAVES, FEATURES = 100, 255, 28


def generated(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels with effects of several kinds."""
    random = np.random.RandomState(0)
    x = random.randn(rows, FEATURES).astype(np.float32)
    z = x @ random.randn(FEATURES) * 0.5 + x[:, 0] * x[:, 1] + np.abs(x[:, 2])
    z += (x[:, 5] > 0) * (x[:, 6] < 0.5) * 2 - np.sin(3 * x[:, 3]) * x[:, 4]
    return x, (z + random.randn(rows) > z.mean()).astype(int)
