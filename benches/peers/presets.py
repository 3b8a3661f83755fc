"""How good models without tuning are: presets, presets without one of their ingredients, and other libraries' defaults, on sets of real data.

  presets.py SETS OUT.jsonl [NAME[,parameter=value...] ...]

SETS has a directory for each set, with train.parquet, test.parquet and meta.json (task, label, classes, cat: the categorical columns). A line of
JSON is appended for each set and each NAME (default: best; catboost and chimeraboost are those libraries at their defaults): the error
(1 - AUC, log loss, RMSE), the seconds of the fit, and what the race chose. The Python packages that are named must be importable.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error, roc_auc_score

from sapwood import Dataset, train

OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}


class Chosen(logging.Handler):
    """Keeps what the race chose."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("race=") and " because " in message:
            self.last = message.split(" because ")[0]


def error(task: str, label: np.ndarray, predictions: np.ndarray) -> float:
    if task == "binary":
        return 1 - roc_auc_score(label, predictions)
    if task == "multiclass":
        return log_loss(label, predictions, labels=np.arange(predictions.shape[1]))
    return root_mean_squared_error(label, predictions)


def peer(name: str, meta: dict, learned: pd.DataFrame, judged: pd.DataFrame) -> tuple[np.ndarray, float, float]:
    """What another library's default model predicts, and the seconds and CPU seconds of its fit."""
    label, threads = meta["label"], os.cpu_count()
    features = [part.drop(columns=label) for part in (learned, judged)]
    for part in features:
        for column in meta["cat"]:
            part[column] = part[column].astype(object).where(part[column].notna(), "?").astype(str).astype(object)
    is_regression = meta["task"] == "regression"
    target = learned[label].to_numpy() if is_regression else learned[label].to_numpy().astype(int)
    if name == "catboost":
        import catboost

        kind = catboost.CatBoostRegressor if is_regression else catboost.CatBoostClassifier
        several = {"loss_function": "MultiClass", "classes_count": meta["classes"]} if meta["task"] == "multiclass" else {}
        model = kind(thread_count=threads, verbose=0, allow_writing_files=False, random_seed=0, **several)
        categories = meta["cat"]
    else:
        import chimeraboost

        kind = chimeraboost.ChimeraBoostRegressor if is_regression else chimeraboost.ChimeraBoostClassifier
        model = kind(thread_count=threads, random_state=0)
        categories = [features[0].columns.get_loc(column) for column in meta["cat"]] or None
    started, worked = time.time(), time.process_time()
    model.fit(features[0], target, cat_features=categories)
    seconds, work = time.time() - started, time.process_time() - worked
    predictions = np.asarray(model.predict(features[1]) if is_regression else model.predict_proba(features[1]))
    return (predictions[:, 1] if meta["task"] == "binary" else predictions), seconds, work


def main(sets: Path, out: Path, recipes: list[str]) -> None:
    chosen = Chosen()
    logging.getLogger("sapwood").addHandler(chosen)
    logging.getLogger("sapwood").setLevel(logging.INFO)
    done = {(line["set"], line["recipe"]) for line in map(json.loads, out.read_text().splitlines())} if out.exists() else set()
    for directory in sorted(sets.iterdir()):
        meta = json.loads((directory / "meta.json").read_text())
        learned, judged = (pd.read_parquet(directory / f"{part}.parquet") for part in ("train", "test"))
        label = meta["label"]
        for recipe in recipes:
            if (directory.name, recipe) in done:
                continue
            chosen.last, rounds = "", None
            if recipe in ("catboost", "chimeraboost"):
                predictions, seconds, work = peer(recipe, meta, learned, judged)
            else:
                preset, *given = recipe.split(",")
                params = {"objective": OBJECTIVES[meta["task"]], "preset": preset} | dict(pair.split("=") for pair in given)
                if meta["task"] == "multiclass":
                    params["num_class"] = meta["classes"]
                started, worked = time.time(), time.process_time()
                model = train(params, Dataset(learned.drop(columns=label), learned[label]))
                seconds, work = time.time() - started, time.process_time() - worked
                predictions, rounds = model.predict(judged.drop(columns=label)), model.num_boosted_rounds()
            value = error(meta["task"], judged[label].to_numpy(), predictions)
            line = {"set": directory.name, "recipe": recipe, "error": value, "seconds": round(seconds, 3), "cpu": round(work, 3)}
            with out.open("a") as file:
                file.write(json.dumps(line | {"rounds": rounds, "chosen": chosen.last}) + "\n")
            print(line, chosen.last, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or ["best"])
