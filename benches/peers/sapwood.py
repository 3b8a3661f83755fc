"""Sapwood as a trainer: its executable on files."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import files
from contract import Outcome, Settings
from metrics import metric_for
from sets import Features, Rows


def sapwood(train: Rows, settings: Settings, valid: Rows | None = None) -> Outcome:
    # It goes when `predict` goes, which refers to it.
    scratch = tempfile.TemporaryDirectory(prefix="sapwood-peers-")
    directory = Path(scratch.name)
    model, summary = directory / "m.sapwood", directory / "summary.json"
    path = files.write(directory, "train", train.features, train.label)
    command = train_command(path, model, summary, train.objective, train.classes, settings)
    if valid is not None:
        held = files.write(directory, "valid", valid.features, valid.label)
        command += ["--validation", str(held), f"early_stopping_rounds={settings.patience}"]
    run(command)
    told = json.loads(summary.read_text())

    def predict(features: Features) -> np.ndarray:
        out = Path(scratch.name) / "predictions.csv"
        data = files.write(out.parent, "test", features)
        run([executable(), "predict", "--model", str(model), "--data", str(data), "--out", str(out)])
        return files.read_predictions(out)

    return Outcome(told["trees"] // max(train.classes, 1), told["seconds"]["bin"] + told["seconds"]["train"], predict)


def train_command(data: Path, model: Path, summary: Path, objective: str, classes: int, settings: Settings) -> list[str]:
    """How to train on a file: the settings as Sapwood's hyperparameters."""
    params = {
        "objective": "multi:softprob" if classes > 1 else objective,
        "num_round": settings.rounds,
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": settings.leaves,
        "eta": settings.eta,
        "lambda": 1,
        "min_child_weight": 1,
        "max_bin": settings.max_bin,
        "nthread": settings.threads,
        "eval_metric": metric_for(objective).stop_by[0],
    }
    if classes > 1:
        params["num_class"] = classes
    command = [executable(), "train", "--train", str(data), *label_option(data), "--model-out", str(model), "--summary", str(summary)]
    return command + [f"{key}={value}" for key, value in params.items()]


def predict_command(model: Path, data: Path, out: Path, settings: Settings) -> list[str]:
    """How to score a file that has the label, too."""
    command = [executable(), "predict", "--model", str(model), "--data", str(data), *label_option(data), "--out", str(out)]
    return [*command, "--threads", str(settings.threads)]


def label_option(data: Path) -> list[str]:
    """libsvm has the label in its place and no name for it."""
    return [] if data.suffix == ".libsvm" else ["--label", files.LABEL]


def run(command: list[str]) -> None:
    """Runs the executable and ends this program with its message if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def executable() -> str:
    return os.environ.get("SAPWOOD") or sys.exit("SAPWOOD must name the executable; start this through benches/peers/run")
