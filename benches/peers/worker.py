"""A part of speed.py in a process of its own: `worker.py DIR prepare|peer|judge JOB`, with the answer in DIR/answer.json.

`prepare` writes a case's rows to files in DIR and says how Sapwood is to be run on them; `peer` trains a peer on the files and predicts;
`judge` reads what Sapwood left in DIR. Numbers of seconds are of the parts that README.md describes.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

import changes
import files
import sapwood
import sets
from contract import Settings, Unable
from metrics import metric_for
from sets import Task
from trainers import TRAINERS


def main() -> None:
    directory, action, job = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    try:
        answer = {"prepare": prepare, "peer": run_peer, "judge": judge}[action](directory, job)
    except Unable as reason:
        answer = {"skipped": str(reason)}
    (directory / "answer.json").write_text(json.dumps(answer))


def prepare(directory: Path, job: dict) -> dict:
    case, settings = job["case"], Settings(**job["settings"])
    data = sets.synthetic(case["rows"], case["features"], case.get("shape", "")) if case["rows"] else sets.load(case["name"])
    if change := case.get("change"):
        data.features = changes.CHANGES[change](data.features)
    train, test = (
        files.write(directory, name, rows.features, rows.label)
        for name, rows in zip(("train", "test"), map(data.rows, data.own_split), strict=True)
    )
    model = directory / "m.sapwood"
    return {
        "task": asdict(data.task),
        "train": str(train),
        "test": str(test),
        "sapwood": {
            "train": sapwood.train_command(train, model, directory / "summary.json", data.objective, data.classes, settings),
            "predict": sapwood.predict_command(model, test, directory / "predictions.csv", settings),
        },
    }


def run_peer(directory: Path, job: dict) -> dict:
    task, settings = Task(**job["task"]), Settings(**job["settings"])
    read = files.reader(task)
    start = time.perf_counter()
    train = read(Path(job["train"]))
    read_seconds = time.perf_counter() - start

    outcome = TRAINERS[job["trainer"]](train, settings)

    start = time.perf_counter()
    outcome.save(directory / "model")
    save_seconds = time.perf_counter() - start

    start = time.perf_counter()
    test = read(Path(job["test"]), train.features)
    began = time.perf_counter()
    predictions = outcome.predict(test.features)
    predict_seconds = time.perf_counter() - began
    files.write_predictions(predictions, directory / "predictions.csv")
    score_file_seconds = time.perf_counter() - start
    return {
        "fit_seconds": outcome.fit_seconds,
        "read_seconds": read_seconds,
        "save_seconds": save_seconds,
        "end_to_end_seconds": read_seconds + outcome.fit_seconds + save_seconds,
        "predict_seconds": predict_seconds,
        "score_file_seconds": score_file_seconds,
        **quality(task, test.label, predictions),
    }


def judge(directory: Path, job: dict) -> dict:
    task = Task(**job["task"])
    seconds = json.loads((directory / "summary.json").read_text())["seconds"]
    return {
        "fit_seconds": seconds["bin"] + seconds["train"],
        "bin_seconds": seconds["bin"],
        **quality(task, files.reader(task)(Path(job["test"])).label, files.read_predictions(directory / "predictions.csv")),
    }


def quality(task: Task, label: np.ndarray, predictions: np.ndarray) -> dict:
    metric = metric_for(task.objective)
    return {"metric": metric.name, "quality": metric.of(label, predictions)}


if __name__ == "__main__":
    main()
