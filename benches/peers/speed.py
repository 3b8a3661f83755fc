"""How fast is Sapwood beside its peers? Each run is a process of its own, and trainers take turns, so that what else the machine does
falls on all of them alike; medians are compared. See README.md for what is counted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import report

# No numpy here and no data: a child's peak memory, as the kernel tells it, is never less than what its parent had when it started.
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Case:
    """A data set and how large its trees are. `rows` 0 means a set of the manifest."""

    name: str
    leaves: int
    rows: int = 0
    features: int = 0


CASES = [
    Case("1m", 255, 1_000_000, 28),
    Case("100k", 63, 100_000, 28),
    Case("10k", 31, 10_000, 28),
    Case("wide", 63, 60_000, 500),
    Case("flights3m", 255),
]
TRAINERS = ["sapwood", "lightgbm", "lightgbm-quantised", "xgboost"]


def main() -> int:
    names = ",".join(case.name for case in CASES)
    parser = argparse.ArgumentParser(prog="benches/peers/run speed", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default="1m", help=f"of {names} (default: %(default)s)")
    parser.add_argument("--trainers", default=",".join(TRAINERS), help="(default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each trainer; the median counts (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=100, help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="(default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write the table and the raw numbers to benches/runs/")
    args = parser.parse_args()
    known = {case.name: case for case in CASES}
    if unknown := [name for name in args.cases.split(",") if name not in known]:
        parser.error(f"no case is called {', '.join(unknown)}; there are {names}")

    rows, raw = [], []
    for case in (known[name] for name in args.cases.split(",")):
        runs = run_case(case, args.trainers.split(","), args.runs, args.rounds, args.threads)
        raw += runs
        rows += summarise(case, runs)
    table = report.markdown(rows)
    print(table)
    if args.save:
        report.save("speed", table, raw)
    return 0


def run_case(case: Case, trainers: list[str], count: int, rounds: int, threads: int) -> list[dict]:
    runs = []
    for number in range(count):
        for trainer in trainers:
            found = run_once(case, trainer, rounds, threads)
            runs.append({"case": case.name, "run": number, "trainer": trainer, **found, "load": round(os.getloadavg()[0], 1)})
            print(report.as_json(runs[-1]), file=sys.stderr)
    return runs


def run_once(case: Case, trainer: str, rounds: int, threads: int) -> dict:
    """Trains and predicts in a process of its own; for Sapwood the worker only judges the predictions."""
    job = {"case": vars(case), "trainer": trainer, "rounds": rounds, "threads": threads}
    with tempfile.TemporaryDirectory(prefix="sapwood-speed-") as directory:
        result = Path(directory) / "result.json"
        worker = [sys.executable, str(HERE / "worker.py"), directory]
        if trainer != "sapwood":
            peak = run_measured([*worker, "all", json.dumps(job)])[1]
            return {**json.loads(result.read_text()), "peak_mib": peak}
        # The worker says which commands to run: it knows the data, and this process must stay small.
        subprocess.run([*worker, "commands", json.dumps(job)], check=True)
        commands = json.loads(result.read_text())
        _, peak = run_measured(commands["train"])
        predict_seconds, _ = run_measured(commands["predict"])
        subprocess.run([*worker, "judge", json.dumps(job)], check=True)
        return {**json.loads(result.read_text()), "score_file_seconds": predict_seconds, "peak_mib": peak}


def run_measured(command: list[str]) -> tuple[float, int]:
    """Runs a command; returns its wall-clock seconds and the most memory it held, in MiB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {child.returncode}")
    return seconds, usage.ru_maxrss // 1024


def summarise(case: Case, runs: list[dict]) -> list[dict]:
    """A line a trainer, with medians; ratios above 1 mean that Sapwood is faster than that trainer."""
    medians = {}
    for trainer in dict.fromkeys(run["trainer"] for run in runs):
        mine = [run for run in runs if run["trainer"] == trainer]
        keys = ("fit_seconds", "score_file_seconds", "peak_mib", "auc")
        medians[trainer] = {key: statistics.median(run[key] for run in mine) for key in keys}
    own = medians.get("sapwood")
    lines = []
    for trainer, found in medians.items():
        lines.append(
            {
                "case": case.name,
                "leaves": case.leaves,
                "trainer": trainer,
                "fit s": f"{found['fit_seconds']:.2f}",
                "÷ Sapwood's": f"{found['fit_seconds'] / own['fit_seconds']:.2f}" if own else "",
                "score a file s": f"{found['score_file_seconds']:.2f}",
                "peak MiB": f"{found['peak_mib']:.0f}",
                "AUC": f"{found['auc']:.5f}",
            }
        )
    peers = [found["fit_seconds"] for trainer, found in medians.items() if trainer != "sapwood"]
    if own and peers:
        lines.append({"case": case.name, "trainer": "**fastest peer**", "÷ Sapwood's": f"**{min(peers) / own['fit_seconds']:.2f}**"})
    return lines


if __name__ == "__main__":
    sys.exit(main())
