"""How good models without tuning are: presets, and presets without one of their ingredients, on sets of real data.

  presets.py SETS OUT.jsonl [NAME[,parameter=value...] ...]

SETS has a directory for each set, with train.parquet, test.parquet and meta.json (task, label, classes). A line of JSON is appended for
each set and each NAME (default: best): the error (1 - AUC, log loss, RMSE), the seconds of the fit, and what the race chose. The Python
package `sapwood` must be importable.
"""

import json
import logging
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
            preset, *given = recipe.split(",")
            params = {"objective": OBJECTIVES[meta["task"]], "preset": preset} | dict(pair.split("=") for pair in given)
            if meta["task"] == "multiclass":
                params["num_class"] = meta["classes"]
            chosen.last = ""
            started, worked = time.time(), time.process_time()
            model = train(params, Dataset(learned.drop(columns=label), learned[label]))
            seconds, work = time.time() - started, time.process_time() - worked
            value = error(meta["task"], judged[label].to_numpy(), model.predict(judged.drop(columns=label)))
            line = {"set": directory.name, "recipe": recipe, "error": value, "seconds": round(seconds, 3), "cpu": round(work, 3)}
            with out.open("a") as file:
                file.write(json.dumps(line | {"rounds": model.num_boosted_rounds(), "chosen": chosen.last}) + "\n")
            print(line, chosen.last, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or ["best"])
