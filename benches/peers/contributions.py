"""Contributions (SHAP values) beside LightGBM's and XGBoost's own, on one thread: seconds of processor time for the same rows.

Each library trains a model of 100 trees of up to 255 leaves on the same generated data, and explains 10,000 rows with it. Sapwood is timed
through `sapwood predict --output contributions`, less `--output margin`: reading the file and writing text cost the same twice over.
"""
import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy
import pandas
import xgboost

TREES, LEAVES, FEATURES = 100, 255, 28


def generated(rows):
    """Features and labels with effects of several kinds."""
    random = numpy.random.RandomState(0)
    x = random.randn(rows, FEATURES).astype(numpy.float32)
    z = x @ random.randn(FEATURES) * .5 + x[:, 0] * x[:, 1] + numpy.abs(x[:, 2])
    z += (x[:, 5] > 0) * (x[:, 6] < .5) * 2 - numpy.sin(3 * x[:, 3]) * x[:, 4]
    return x, (z + random.randn(rows) > z.mean()).astype(int)


def processor_seconds(call):
    begin = time.process_time()
    call()
    return time.process_time() - begin


def of_process(words):
    """Processor seconds of a command."""
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sapwood", default="target/release/sapwood")
    parser.add_argument("--train-rows", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--peer-rows", type=int, default=1_000, help="rows for the peers, whose seconds are multiplied")
    args = parser.parse_args()
    x, y = generated(args.train_rows)
    frame = pandas.DataFrame(x, columns=[f"x{i}" for i in range(FEATURES)])
    folder = Path(tempfile.mkdtemp())
    frame.assign(y=y).to_parquet(folder / "train.parquet")
    frame[: args.rows].to_parquet(folder / "rows.parquet")
    model = folder / "m.sapwood"
    words = ["objective=binary:logistic", f"num_round={TREES}", f"max_leaves={LEAVES}", "max_depth=0", "grow_policy=lossguide", "eta=.1"]
    subprocess.run([args.sapwood, "train", "--train", folder / "train.parquet", "--label", "y", "--model-out", model, "-q", *words], check=True)
    predict = [args.sapwood, "predict", "--model", model, "--data", folder / "rows.parquet", "--threads", "1", "--out", folder / "out.parquet"]
    contributions = min(of_process([*predict, "--output", "contributions"]) for _ in range(3))
    margins = min(of_process([*predict, "--output", "margin"]) for _ in range(3))
    found = pandas.read_parquet(folder / "out.parquet").to_numpy()[:, 0]
    subprocess.run([*predict, "--output", "contributions"], check=True)
    sums = pandas.read_parquet(folder / "out.parquet").to_numpy().sum(axis=1)
    print(f"sapwood {contributions:.2f} s, of which reading, scoring and writing {margins:.2f} s; residual {numpy.abs(sums - found).max():.1e}")
    rows = x[: args.peer_rows].astype(float)
    times = args.rows / args.peer_rows
    settings = dict(objective="binary", num_leaves=LEAVES, learning_rate=.1, verbose=-1, num_threads=2)
    light = lightgbm.train(settings, lightgbm.Dataset(x, y), TREES)
    seconds = times * processor_seconds(lambda: light.predict(rows, pred_contrib=True, num_threads=1))
    print(f"lightgbm {lightgbm.__version__} {seconds:.2f} s, {seconds / contributions:.1f} times as long")
    settings = dict(objective="binary:logistic", max_leaves=LEAVES, max_depth=0, grow_policy="lossguide", eta=.1, tree_method="hist")
    boosted = xgboost.train(settings, xgboost.DMatrix(x, y), TREES)
    boosted.set_param({"nthread": 1})
    matrix = xgboost.DMatrix(rows)
    seconds = times * processor_seconds(lambda: boosted.predict(matrix, pred_contribs=True))
    print(f"xgboost {xgboost.__version__} {seconds:.2f} s, {seconds / contributions:.1f} times as long")


if __name__ == "__main__":
    main()
