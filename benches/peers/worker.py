"""One run of speed.py, in a process of its own: `worker.py DIR all|commands|judge JOB`, with the answer in DIR/result.json.

`all` trains a peer and predicts; `commands` says how Sapwood is to be run; `judge` reads what Sapwood left in DIR.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import sets
from metrics import auc
from trainers import LABEL, TRAINERS, Settings, executable, sapwood_parameters, write_parquet


def main() -> None:
    directory, action, job = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    case = job["case"]
    data = sets.synthetic(case["rows"], case["features"]) if case["rows"] else sets.load(case["name"])
    settings = Settings(rounds=job["rounds"], leaves=case["leaves"], threads=job["threads"])
    answer = {"all": run_peer, "commands": sapwood_commands, "judge": judge}[action](data, job["trainer"], settings, directory)
    (directory / "result.json").write_text(json.dumps(answer))


def run_peer(data: sets.DataSet, trainer: str, settings: Settings, directory: Path) -> dict:
    train, test = data.own_split
    outcome = TRAINERS[trainer](data, train, None, test, settings)
    # As `sapwood predict` does: read a file, predict, write a file.
    write_parquet(data, test, directory / "test.parquet")
    start = time.perf_counter()
    frame = pd.read_parquet(directory / "test.parquet").drop(columns=LABEL)
    for column in data.categorical:
        frame[column] = pd.Categorical(frame[column], data.features[column].cat.categories)
    predictions = outcome.predict(frame)
    pd.Series(predictions).to_csv(directory / "predictions.csv", index=False, header=False)
    return {
        "fit_seconds": outcome.fit_seconds,
        "score_file_seconds": time.perf_counter() - start,
        "auc": auc(data.label[test], outcome.predictions),
    }


def sapwood_commands(data: sets.DataSet, _trainer: str, settings: Settings, directory: Path) -> dict:
    train, test = data.own_split
    for name, rows in (("train", train), ("test", test)):
        write_parquet(data, rows, directory / f"{name}.parquet")
    model = directory / "m.sapwood"
    fit = ["train", "--train", directory / "train.parquet", "--label", LABEL, "--model-out", model, "--summary", directory / "summary.json"]
    score = ["predict", "--model", model, "--data", directory / "test.parquet", "--label", LABEL, "--out", directory / "predictions.csv"]
    return {
        "train": [executable(), *map(str, fit), *sapwood_parameters(data.objective, data.classes, settings)],
        "predict": [executable(), *map(str, score), "--threads", str(settings.threads)],
    }


def judge(data: sets.DataSet, _trainer: str, _settings: Settings, directory: Path) -> dict:
    seconds = json.loads((directory / "summary.json").read_text())["seconds"]
    predictions = pd.read_csv(directory / "predictions.csv", header=None).to_numpy()[:, 0]
    return {
        "fit_seconds": seconds["bin"] + seconds["train"],
        "bin_seconds": seconds["bin"],
        "auc": auc(data.label[data.own_split[1]], predictions.astype(np.float64)),
    }


if __name__ == "__main__":
    main()
