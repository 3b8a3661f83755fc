"""What `time_budget` makes of some seconds: the time that the process took, the error of the model, and whether its plan makes the same bytes again.

  time_budgets.py SAPWOOD SETS OUT.jsonl SECONDS[,SECONDS...] [SET ...]

SAPWOOD is the executable. SETS has a directory for each set, with train.parquet, test.parquet and meta.json (task, label, classes). A line of JSON is
appended for each set and each time, and before them one for `preset=best` as it is.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TASKS = {
    "binary": ("binary:logistic", "auc"),
    "multiclass": ("multi:softprob", "mlogloss"),
    "regression": ("reg:squarederror", "rmse"),
}


def fit(sapwood: str, data: Path, words: list[str], scratch: Path) -> tuple[float, str, dict]:
    """The seconds of the process, the hash of the model and the summary."""
    model, summary = scratch / "m.sapwood", scratch / "summary.json"
    command = [sapwood, "train", "--quiet", "--train", data / "train.parquet", "--model-out", model, "--summary", summary]
    begun = time.perf_counter()
    subprocess.run([*command, *words], check=True, capture_output=True)
    seconds = time.perf_counter() - begun
    return seconds, hashlib.sha256(model.read_bytes()).hexdigest(), json.loads(summary.read_text())


def main(sapwood: str, sets: Path, out: Path, budgets: list[str], names: list[str]) -> None:
    for name in names or sorted(directory.name for directory in sets.iterdir()):
        meta = json.loads((sets / name / "meta.json").read_text())
        objective, metric = TASKS[meta["task"]]
        words = ["--label", meta["label"], f"objective={objective}", "preset=best"]
        words += [f"num_class={meta['classes']}"] if meta["task"] == "multiclass" else []
        for budget in ["", *budgets]:
            with tempfile.TemporaryDirectory() as scratch:
                given = [f"time_budget={budget}s"] if budget else []
                seconds, model, summary = fit(sapwood, sets / name, words + given, Path(scratch))
                judge = [sapwood, "evaluate", "--model", f"{scratch}/m.sapwood", "--data", sets / name / "test.parquet"]
                judge += ["--label", meta["label"], "--metric", metric]
                value = json.loads(subprocess.run(judge, check=True, capture_output=True).stdout)[metric]
                plan = [f"{key}={value}" for key, value in summary["preset"].get("plan", {}).items()]
                line = {"set": name, "budget": budget, "seconds": round(seconds, 2), metric: value, "plan": " ".join(plan)}
                line["models"] = len(summary["preset"]["members"])
                if plan and float(budget) <= 10:
                    line["same"] = all(
                        fit(sapwood, sets / name, [*words, *plan, "--threads", threads], Path(scratch))[1] == model
                        for threads in ("1", "3")
                    )
            with out.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4].split(","), sys.argv[5:])
