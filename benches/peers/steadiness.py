"""What does it cost if something is unusual? Training on a million rows with one odd column, other numbers of threads, samples, doubles,
or busy loops beside it, each beside the plain run; all take turns. See README.md for what is counted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import report
from speed import answer, run_measured, run_worker

ROUNDS, LEAVES = 100, 255
# Peers are many times slower beside a busy loop.
BUSY_ROUNDS = 30
BUSY_LOOP = [sys.executable, "-c", "while True: pass"]
CPUS = sorted(os.sched_getaffinity(0))
# The CPUs that a busy loop each is kept on, and how nice the loops are.
NEIGHBOURS = {"quiet": ([], 0), "a busy loop on one CPU": (CPUS[:1], 0), "a niced busy loop on each CPU": (CPUS, 19)}


@dataclass(frozen=True)
class Variant:
    """A run, and the run that its seconds and its memory are compared with."""

    name: str
    beside: str
    # Rows × features of the generator.
    shape: tuple[int, int] = (1_000_000, 28)
    # What is done to the columns: a function of worker_data.
    data: str = "plain"
    # Hyperparameters besides the usual ones.
    params: dict = field(default_factory=dict)
    rounds: int = ROUNDS
    leaves: int = LEAVES
    trainer: str = "sapwood"
    # A key of NEIGHBOURS.
    state: str = "quiet"


WIDE = {"shape": (60_000, 500), "rounds": 30, "leaves": 63}
BUSY = {"rounds": BUSY_ROUNDS}
VARIANTS = [
    Variant("plain", "plain"),
    Variant("one NaN", "plain", data="one_nan"),
    Variant("a constant column", "plain", data="constant"),
    Variant("a column of 300 values", "plain", data="few_values"),
    Variant("a category of 10,000 levels", "plain", data="many_levels"),
    Variant("columns of doubles", "plain", data="doubles"),
    Variant("1 thread", "plain", params={"nthread": 1}),
    Variant("twice as many threads as CPUs", "plain", params={"nthread": 2 * len(os.sched_getaffinity(0))}),
    Variant("subsample=0.1", "plain", params={"subsample": 0.1}),
    Variant("gradient_based, subsample=0.1", "plain", params={"subsample": 0.1, "sampling_method": "gradient_based"}),
    Variant("goss", "plain", params={"sampling_method": "goss"}),
    Variant("wide", "wide", **WIDE),
    Variant("wide, colsample_bytree=0.1", "wide", **WIDE, params={"colsample_bytree": 0.1}),
    *(
        Variant(f"{trainer}, {state}", f"{trainer}, quiet", **BUSY, trainer=trainer, state=state)
        for trainer in ("sapwood", "lightgbm", "xgboost")
        for state in NEIGHBOURS
    ),
]


def main() -> int:
    known = {variant.name: variant for variant in VARIANTS}
    parser = argparse.ArgumentParser(prog="benches/peers/run steadiness", description=__doc__.splitlines()[0])
    parser.add_argument("--variants", help="names, separated by semicolons (default: all)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each; the median counts (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write the table and the raw numbers to benches/runs/")
    args = parser.parse_args()
    names = args.variants.split(";") if args.variants else list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no variant is called {', '.join(unknown)}; there are {'; '.join(known)}")
    chosen = [known[name] for name in dict.fromkeys([known[name].beside for name in names] + names)]

    raw = []
    with tempfile.TemporaryDirectory(prefix="sapwood-steadiness-") as name:
        directory = Path(name)
        jobs = {variant.name: prepare(directory, variant) for variant in chosen}
        for number in range(args.runs):
            for variant in chosen:
                found = run(directory, variant, jobs[variant.name])
                raw.append({"variant": variant.name, "run": number, **found, "load": round(os.getloadavg()[0], 1)})
                print(report.as_json(raw[-1]), file=sys.stderr)
    table = report.markdown([line(variant, raw) for variant in chosen])
    print(table)
    if args.save:
        report.save("steadiness", table, raw)
    return 0


def prepare(directory: Path, variant: Variant) -> dict:
    """Writes the rows of a variant, once for all variants of the same rows."""
    rows, features = variant.shape
    place = directory / f"{variant.data}-{rows}x{features}"
    settings = {"rounds": variant.rounds, "leaves": variant.leaves, "threads": len(os.sched_getaffinity(0))}
    case = {"name": variant.name, "rows": rows, "features": features, "change": variant.data}
    job = {"case": case, "settings": settings}
    place.mkdir(exist_ok=True)
    if run_worker(place, "prepare", job)[1] != 0:
        sys.exit(f"{variant.name} could not be prepared")
    return job | answer(place) | {"place": str(place)}


def run(directory: Path, variant: Variant, job: dict) -> dict:
    """Seconds of fit and the peak of memory, beside the busy loops of the variant."""
    cpus, niceness = NEIGHBOURS[variant.state]
    loops = [subprocess.Popen(["taskset", "-c", str(cpu), "nice", "-n", str(niceness), *BUSY_LOOP]) for cpu in cpus]
    try:
        return train(directory, variant, job)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def train(directory: Path, variant: Variant, job: dict) -> dict:
    if variant.trainer != "sapwood":
        place = Path(job["place"])
        _, code, peak = run_worker(place, "peer", {**job, "trainer": variant.trainer})
        if code != 0 or "skipped" in answer(place):
            sys.exit(f"{variant.trainer} failed")
        return {"fit_seconds": answer(place)["fit_seconds"], "peak_mib": peak}
    summary = directory / "summary.json"
    command = [word for word in job["sapwood"]["train"] if word.split("=")[0] not in variant.params]
    command[command.index("--summary") + 1] = str(summary)
    command += [f"{name}={value}" for name, value in variant.params.items()]
    _, code, peak = run_measured(command, stderr=subprocess.DEVNULL)
    if code != 0:
        sys.exit(f"{' '.join(command)}\nended with {code}")
    seconds = json.loads(summary.read_text())["seconds"]
    return {"fit_seconds": seconds["bin"] + seconds["train"], "train_seconds": seconds["train"], "peak_mib": peak}


def line(variant: Variant, raw: list[dict]) -> dict:
    def median(name: str, key: str) -> float:
        return statistics.median(found[key] for found in raw if found["variant"] == name and key in found)

    fit = median(variant.name, "fit_seconds")
    cells = {"what": variant.name, "beside": variant.beside, "fit s": f"{fit:.3g}", "×": f"{fit / median(variant.beside, 'fit_seconds'):.2f}"}
    if variant.trainer == "sapwood":
        train_seconds = median(variant.name, "train_seconds")
        cells["training s"] = f"{train_seconds:.3g}"
        cells["training ×"] = f"{train_seconds / median(variant.beside, 'train_seconds'):.2f}"
    cells["peak MiB"] = f"{median(variant.name, 'peak_mib'):.0f}"
    return cells


if __name__ == "__main__":
    sys.exit(main())
