"""How fast is Sapwood beside its peers? Each run is a process of its own, and trainers take turns, so that what else the machine does
falls on all of them alike; medians are compared. See README.md for what is counted.
"""

import argparse
import json
import os
import re
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
    """A data set, and how many trees of how many leaves are grown on it. `rows` 0 means a set of the manifest."""

    name: str
    rounds: int
    leaves: int
    rows: int = 0
    features: int = 0
    # What kind of set scripts/generate-data is to make: a key of sets.SHAPES.
    shape: str = ""


CASES = [
    Case("1m", 100, 255, 1_000_000, 28),
    Case("100k", 100, 63, 100_000, 28),
    Case("10k", 100, 31, 10_000, 28),
    Case("wide", 30, 63, 60_000, 500),
    Case("4m", 50, 255, 4_000_000, 28),
    Case("rare", 100, 31, 10_000, 216, "rare"),
    Case("categories", 200, 255, 298_000, 5, "categories"),
    Case("classes", 50, 63, 80_000, 29, "classes"),
    Case("flights3m", 100, 255),
    Case("nycflights13", 100, 63),
    Case("adult", 100, 31),
    Case("diamonds", 100, 31),
    Case("fashion_mnist", 10, 31),
    Case("spamassassin", 100, 31),
]
TRAINERS = [
    "sapwood", "lightgbm", "lightgbm-quantised", "xgboost", "xgboost-depthwise", "catboost", "sklearn", "bonsai", "hessboost",
]  # fmt: skip
# What is compared with Sapwood's, and the columns for the seconds and for the ratios.
COMPARED = {
    "fit_seconds": ("fit s", "fit ÷"),
    "predict_seconds": ("predict s", "predict ÷"),
    "score_file_seconds": ("score a file s", "score ÷"),
    "end_to_end_seconds": ("end to end s", "end to end ÷"),
}
# A peer whose first run takes this many times as long as the fastest peer's is not run again: nobody would learn from it.
HOPELESS = 2.5
# How much worse than Sapwood a rival may be: AUC as a difference, losses relative to Sapwood's.
AUC_TOLERANCE = 0.002
LOSS_TOLERANCE = 0.01
# Peers that use OpenMP wait for their threads in busy loops: a process beside them can make them many times slower.
IDLE_LOAD = 0.5


def main() -> int:
    known = {case.name: case for case in CASES}
    parser = argparse.ArgumentParser(prog="benches/peers/run speed", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=",".join(known), help="(default: %(default)s)")
    parser.add_argument("--trainers", default=",".join(TRAINERS), help="(default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each trainer; the median counts (default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="other than the case's: for a quick look")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="(default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write the table and the raw numbers to benches/runs/")
    args = parser.parse_args()
    cases, trainers = args.cases.split(","), args.trainers.split(",")
    if unknown := [name for name in cases if name not in known]:
        parser.error(f"no case is called {', '.join(unknown)}; there are {', '.join(known)}")
    if unknown := [name for name in trainers if name not in TRAINERS]:
        parser.error(f"no trainer is called {', '.join(unknown)}; there are {', '.join(TRAINERS)}")

    load = os.getloadavg()[0]
    if load > IDLE_LOAD:
        print(f"speed: WARNING: the load is {load:.1f}; some trainers suffer from a busy machine more than others", file=sys.stderr)

    rows, raw = [], []
    for case in (known[name] for name in cases):
        settings = {"rounds": args.rounds or case.rounds, "leaves": case.leaves, "threads": args.threads}
        found = run_case(case, trainers, args.runs, settings)
        raw += found
        rows += summarise(case, settings, [run for run in found if "skipped" not in run])
    table = report.markdown(rows)
    skipped = [f"- SKIPPED: {run['trainer']} on {run['case']}: {run['skipped']}" for run in raw if "skipped" in run]
    if skipped:
        table = "\n".join([table, "", *skipped])
    print(table)
    if args.save:
        report.save("speed", table, raw)
    return 0


def run_case(case: Case, trainers: list[str], count: int, settings: dict) -> list[dict]:
    """Runs trainers in turn; one that cannot do the case says so once and is left out."""
    runs, left = [], list(trainers)
    with tempfile.TemporaryDirectory(prefix="sapwood-speed-") as name:
        directory = Path(name)
        job = {"case": vars(case), "settings": settings}
        if run_worker(directory, "prepare", job)[1] != 0:
            sys.exit(f"{case.name} could not be prepared")
        job |= answer(directory)
        for number in range(count):
            for trainer in list(left):
                found = run_sapwood(directory, job) if trainer == "sapwood" else run_peer(directory, trainer, job)
                if "skipped" in found:
                    left.remove(trainer)
                    print(f"SKIPPED: {trainer} on {case.name}: {found['skipped']}", file=sys.stderr)
                told = {"case": case.name, "run": number, "trainer": trainer, **settings, **found, "load": round(os.getloadavg()[0], 1)}
                runs.append(told)
                print(report.as_json(told), file=sys.stderr)
            if number == 0:
                left = [trainer for trainer in left if trainer == "sapwood" or not is_hopeless(trainer, runs)]
    return runs


def is_hopeless(trainer: str, runs: list[dict]) -> bool:
    """Whether a peer's first run took far longer than another's."""
    seconds = {run["trainer"]: run["fit_seconds"] for run in runs if run["trainer"] != "sapwood" and "fit_seconds" in run}
    return trainer in seconds and seconds[trainer] > HOPELESS * min(seconds.values())


def run_sapwood(directory: Path, job: dict) -> dict:
    """Trains and predicts with the executable; the worker only judges the predictions."""
    found = {}
    peaks = []
    for action, key in (("train", "end_to_end_seconds"), ("predict", "score_file_seconds")):
        command = job["sapwood"][action]
        with tempfile.TemporaryFile("w+") as log:
            found[key], code, peak = run_measured(command, stderr=log, env=os.environ | {"SAPWOOD_LOG": "debug"})
            log.seek(0)
            text = log.read()
        if code != 0:
            sys.exit(f"{' '.join(command)}\nended with {code}:\n{text[-2000:]}")
        peaks.append(peak)
    found["predict_seconds"] = float(re.search(r"rows read and scored in ([0-9.]+) s", text)[1])
    if run_worker(directory, "judge", job)[1] != 0:
        sys.exit("Sapwood's predictions could not be judged")
    return {**found, **answer(directory), "peak_mib": max(peaks)}


def run_peer(directory: Path, trainer: str, job: dict) -> dict:
    """Whatever a peer dies of, the others go on; its own words are on stderr by then."""
    _, code, peak = run_worker(directory, "peer", {**job, "trainer": trainer})
    return {**answer(directory), "peak_mib": peak} if code == 0 else {"skipped": f"its process ended with {code}"}


def run_worker(directory: Path, action: str, job: dict) -> tuple[float, int, int]:
    return run_measured([sys.executable, str(HERE / "worker.py"), str(directory), action, json.dumps(job)])


def answer(directory: Path) -> dict:
    return json.loads((directory / "answer.json").read_text())


def run_measured(command: list[str], **options: object) -> tuple[float, int, int]:
    """Runs a command; returns its wall-clock seconds, its exit code and the most memory it held, in MiB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return seconds, child.returncode, usage.ru_maxrss // 1024


def summarise(case: Case, settings: dict, runs: list[dict]) -> list[dict]:
    """A line a trainer, with medians; ratios above 1 mean that Sapwood is faster than that trainer."""
    medians = {}
    for trainer in dict.fromkeys(run["trainer"] for run in runs):
        mine = [run for run in runs if run["trainer"] == trainer]
        keys = [*COMPARED, "peak_mib", "quality"]
        medians[trainer] = {key: statistics.median(run[key] for run in mine) for key in keys if key in mine[0]}
    own = medians.get("sapwood")
    metric = runs[0]["metric"] if runs else ""
    peers = {name: found for name, found in medians.items() if own and name != "sapwood"}
    rivals = {name: found for name, found in peers.items() if is_rival(metric, found["quality"], own["quality"])}
    lines = []
    for trainer, found in medians.items():
        line = {"case": case.name, "rounds × leaves": f"{settings['rounds']} × {settings['leaves']}", "trainer": trainer}
        line["runs"] = sum(run["trainer"] == trainer for run in runs)
        for key, (seconds, ratio) in COMPARED.items():
            line |= {seconds: f"{found[key]:.3g}", ratio: f"{found[key] / own[key]:.2f}" if own else ""}
        line["peak MiB"] = f"{found['peak_mib']:.0f}"
        remark = " (no rival)" if trainer in peers.keys() - rivals.keys() else ""
        line["quality"] = f"{metric} {found['quality']:.5g}{remark}"
        lines.append(line)
    if rivals:
        lines.append({"case": case.name, "trainer": "**fastest peer**", **fastest(rivals, own)})
    return lines


def is_rival(metric: str, quality: float, own: float) -> bool:
    """Speed bought with quality is no rival's."""
    return quality >= own - AUC_TOLERANCE if metric == "auc" else quality <= own * (1 + LOSS_TOLERANCE)


def fastest(rivals: dict[str, dict], own: dict) -> dict:
    """The best of the rivals at each thing that is compared, by name."""
    cells = {}
    for key, (_, ratio) in COMPARED.items():
        name = min(rivals, key=lambda rival: rivals[rival][key])
        cells[ratio] = f"**{rivals[name][key] / own[key]:.2f}** {name}"
    return cells


if __name__ == "__main__":
    sys.exit(main())
