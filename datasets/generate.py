"""Makes a dense classification set of any size, in the likeness of HIGGS: Gaussians, mixtures, heavy tails and atoms, with a
label that depends on them through steps, curves and interactions, and is noisy enough that no model comes near an AUC of 1. Some
features can be categories, there can be several classes, and positives can be rare.

Run it as scripts/generate-data. Row i of a seed is the same whatever the number of rows, so a smaller set is the head of a larger one;
test rows are drawn from a stream of their own. Needs 64 MB or so, whatever the size.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

# Rows are drawn in chunks, each from a generator of its own.
CHUNK = 1 << 16
# Features beyond this many are noise: wide data are mostly so.
INFORMATIVE = 28
# Log odds per unit of score: the AUC of a perfect model is .85, of 100 trees with 255 leaves on a million rows .84.
SIGNAL = 1.05
CONCEPT, TRAIN, TEST = range(3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/generate-data", description="Make a synthetic binary classification set.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="training rows (default: %(default)s)")
    parser.add_argument("--test-rows", type=int, help="test rows (default: a fifth of the training rows)")
    parser.add_argument("--features", type=int, default=28, help="features (default: %(default)s)")
    parser.add_argument("--categorical", type=int, default=0, help="how many of the last features are categories (default: %(default)s)")
    parser.add_argument("--levels", type=int, default=40, help="levels of each category (default: %(default)s)")
    parser.add_argument("--classes", type=int, default=2, help="equally frequent classes (default: %(default)s)")
    parser.add_argument("--positives", type=float, default=0.5, help="share of label 1 among two classes, roughly (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides everything (default: %(default)s)")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet", help="(default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="directory for train.* and test.*; made if missing")
    args = parser.parse_args()
    if args.rows < 1 or args.features < 4:
        parser.error("--rows must be at least 1, --features at least 4")
    if args.categorical > args.features or args.levels < 2 or args.classes < 2 or not 0 < args.positives < 1:
        parser.error("--categorical must be at most --features, --levels and --classes at least 2, --positives between 0 and 1")
    if args.classes > 2 and args.positives != 0.5:
        parser.error("--positives is for two classes")
    test_rows = args.rows // 5 if args.test_rows is None else args.test_rows

    args.out.mkdir(parents=True, exist_ok=True)
    labels = Labels(args.classes, args.positives)
    concept = Concept(np.random.default_rng([args.seed, CONCEPT]), args.features, args.categorical, args.levels, labels)
    for name, rows, stream in (("train", args.rows, TRAIN), ("test", test_rows, TEST)):
        path = args.out / f"{name}.{args.format}"
        write(path, concept, rows, [args.seed, stream])
        print(f"{path}: {rows:,} × {args.features}, label first")


@dataclass(frozen=True)
class Labels:
    """How scores become labels."""

    classes: int
    # The share of ones among two classes, roughly.
    positives: float


class Concept:
    """What the label depends on: fixed by the seed, the same for training and test rows."""

    def __init__(self, rng: np.random.Generator, features: int, categorical: int, levels: int, labels: Labels) -> None:
        self.features = features
        self.numeric = features - categorical
        self.labels = labels
        self.informative = min(features, INFORMATIVE)
        p = self.informative
        self.linear = rng.normal(0, 0.25, p)
        self.steps = [(rng.integers(p), rng.normal(0, 0.7), rng.normal(0, 0.5)) for _ in range(p // 2)]
        self.products = [(*rng.choice(p, 2, replace=False), rng.normal(0, 0.5)) for _ in range(p // 2)]
        self.ratios = [(*rng.choice(p, 2, replace=False), rng.normal(0, 0.7)) for _ in range(p // 4)]
        self.centre = 0.0
        scores = self.score(rng.standard_normal((CHUNK, p)))
        self.centre = float(np.quantile(scores, 1 - labels.positives))
        # Scores between which a class lies, if there are several.
        self.borders = np.quantile(scores - self.centre, np.arange(1, labels.classes) / labels.classes)
        # Levels are numbered in no order.
        self.codes = [rng.permutation(levels).astype(np.float32) for _ in range(categorical)]

    def draw(self, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """`rows` rows: features as f32, and labels."""
        latent = rng.standard_normal((rows, self.features))
        score = self.score(latent[:, : self.informative])
        if self.labels.classes > 2:
            label = np.searchsorted(self.borders, score + rng.normal(0, 0.5, rows)).astype(np.int8)
        else:
            chance = 1 / (1 + np.exp(-SIGNAL * score))
            label = (rng.random(rows) < chance).astype(np.int8)
        return self.observe(latent, rng), label

    def score(self, x: np.ndarray) -> np.ndarray:
        bounded = np.tanh(x)
        score = bounded @ self.linear
        for feature, threshold, height in self.steps:
            score += np.where(x[:, feature] > threshold, height, 0)
        for a, b, weight in self.products:
            score += weight * bounded[:, a] * bounded[:, b]
        for a, b, weight in self.ratios:
            score += weight * np.tanh(x[:, a] / (0.5 + np.abs(x[:, b])))
        return score - self.centre

    def observe(self, latent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """What is measured of the latent values: by turns as they are, with a heavy tail, as a mixture, and coarse with an atom."""
        x = latent.astype(np.float32)
        x[:, 1::4] = np.exp(1.2 * x[:, 1::4])
        second = rng.random((len(x), x[:, 2::4].shape[1])) < 0.3
        x[:, 2::4] += np.where(second, np.float32(4), np.float32(0))
        x[:, 3::4] = np.maximum(np.round(x[:, 3::4], 2), -1)
        for i, codes in enumerate(self.codes):
            # The levels in the middle are frequent, those at the ends rare.
            middle = np.clip(latent[:, self.numeric + i] / 6 + 0.5, 0, 1)
            x[:, self.numeric + i] = codes[np.minimum((middle * len(codes)).astype(int), len(codes) - 1)]
        return x


def write(path: Path, concept: Concept, rows: int, seed: list[int]) -> None:
    kinds = [pa.float32()] * concept.numeric + [pa.string()] * (concept.features - concept.numeric)
    schema = pa.schema([("label", pa.int8()), *((f"f{i}", kind) for i, kind in enumerate(kinds))])
    writer = pa_parquet.ParquetWriter(path, schema, compression="zstd") if path.suffix == ".parquet" else pa_csv.CSVWriter(path, schema)
    with writer:
        for chunk, start in enumerate(range(0, rows, CHUNK)):
            # A whole chunk is drawn even if fewer rows are wanted, so that a head of it is a head of the larger set.
            x, label = concept.draw(np.random.default_rng([*seed, chunk]), CHUNK)
            take = min(CHUNK, rows - start)
            columns = [pa.array(label[:take]), *(column(x[:take, i], kind) for i, kind in enumerate(kinds))]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def column(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    if kind == pa.string():
        return pa.array([f"level {int(value)}" for value in values])
    return pa.array(np.ascontiguousarray(values))


if __name__ == "__main__":
    main()
