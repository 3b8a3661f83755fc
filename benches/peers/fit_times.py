"""How long does Sapwood take for quantiles, constraints, dropped trees, ranking, many classes? On 100,000 rows and more, beside
XGBoost (leaf-wise, and depth-wise with about as many leaves) and LightGBM. See README.md for what is counted.
"""

import argparse
import os
import statistics
import sys
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
import pandas as pd

import fits
import measures
import ranking
import report
from contract import Unable
from dart import DART, LIGHTGBM_DART
from fits import Data, Fit, Job
from measures import Measure
from objectives import LEVELS, MATCHED, RANKING
from speed import HOPELESS

ROWS, TEST_ROWS, FEATURES, CLASSES = 100_000, 20_000, 28, 26
LEAVES, DEPTH = 63, 6


@dataclass(frozen=True)
class Case:
    """What is trained on which rows; `settings` are Sapwood's and XGBoost's, `lightgbm` its own."""

    name: str
    objective: str
    rows: Callable[[], tuple[Data, Data]]
    rounds: int
    measure: Measure
    settings: dict = field(default_factory=dict)
    lightgbm: dict = field(default_factory=dict)


def numbers(binary: bool) -> tuple[Data, Data]:
    """Numbers, and what depends on a few of them: a class, or an amount whose noise is skewed and grows with it."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS + TEST_ROWS, FEATURES)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.5 * np.abs(x[:, 4]) - 0.4
    noise = rng.normal(size=len(x))
    return parted(x, (score + noise > 0).astype(float) if binary else np.exp(score / 2 + noise / 2), np.arange(len(x)) < ROWS)


def many_classes() -> tuple[Data, Data]:
    """Each class three clusters."""
    rng = np.random.default_rng(2)
    label = rng.integers(0, CLASSES, ROWS + TEST_ROWS)
    centres = rng.normal(size=(CLASSES, 3, 16)) * 1.2
    x = centres[label, rng.integers(0, 3, len(label))] + rng.normal(size=(len(label), 16))
    return parted(x.astype(np.float32), label.astype(float), np.arange(len(label)) < ROWS)


def queries() -> tuple[Data, Data]:
    x, grades, group, is_train = ranking.generated(0, groups=ROWS // 75)
    return parted(x.astype(np.float32), grades, is_train, group)


def parted(x: np.ndarray, label: np.ndarray, is_train: np.ndarray, group: np.ndarray | None = None) -> tuple[Data, Data]:
    data = Data(pd.DataFrame(x).add_prefix("f"), label, group)
    return data.take(np.flatnonzero(is_train)), data.take(np.flatnonzero(~is_train))


UP = {"f0": 1, "f4": 1, "f5": 1}
APART = [[f"f{feature}" for feature in range(start, start + 7)] for start in range(0, FEATURES, 7)]
BINARY, MULTICLASS = {"objective": "binary"}, {"objective": "multiclass"}
CASES = [
    Case("3 quantiles", "reg:quantileerror", lambda: numbers(False), 50, measures.pinball(LEVELS), {"quantile_alpha": LEVELS},
         {"objective": "quantile"}),
    Case("monotone constraints", "binary:logistic", lambda: numbers(True), 100, measures.LOGLOSS,
         {"monotone_constraints": UP}, BINARY),
    Case("interaction constraints", "binary:logistic", lambda: numbers(True), 100, measures.LOGLOSS,
         {"interaction_constraints": APART}, BINARY),
    Case("dart", "binary:logistic", lambda: numbers(True), 60, measures.LOGLOSS, DART, BINARY | LIGHTGBM_DART),
    Case("ranking", "rank:ndcg", queries, 50, measures.NDCG, RANKING, ranking.LIGHTGBM),
    Case("26 classes", "multi:softprob", many_classes, 20, measures.MLOGLOSS, {"num_class": CLASSES}, MULTICLASS),
]  # fmt: skip


def depthwise(job: Job, train: Data, test: Data) -> Fit:
    settings = job.settings | {"grow_policy": "depthwise", "max_depth": DEPTH, "max_leaves": 0}
    return fits.xgboost(Job(job.objective, job.rounds, settings), train, test)


TRAINERS = {
    "sapwood": fits.sapwood,
    "xgboost": fits.xgboost,
    "xgboost-depthwise": depthwise,
    "lightgbm": fits.lightgbm,
    "hessboost": fits.hessboost,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benches/peers/run fit-times", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=",".join(case.name for case in CASES), help="(default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each trainer; the median counts (default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="other than a case's: for a quick look")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="(default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write the table and the raw numbers to benches/runs/")
    args = parser.parse_args()
    if unknown := set(args.cases.split(",")) - {case.name for case in CASES}:
        parser.error(f"no case is called {', '.join(sorted(unknown))}")

    rows, raw = [], []
    for case in (case for case in CASES if case.name in args.cases.split(",")):
        train, test = case.rows()
        settings = MATCHED | {"max_leaves": LEAVES, "nthread": args.threads} | case.settings
        job = Job(case.objective, args.rounds or case.rounds, settings, case.lightgbm)
        found = run(case, job, train, test, args.runs)
        raw += [{"case": case.name, "trainer": name, **run} for name, runs in found.items() for run in runs]
        rows += summarise(case, job, train, found)
    table = report.markdown(rows)
    print(table)
    if args.save:
        report.save("fit-times", table, raw)
    return 0


def run(case: Case, job: Job, train: Data, test: Data, count: int) -> dict[str, list[dict]]:
    """Trainers take turns. A peer that is far slower than another the first time is not run again."""
    found = {}
    for number in range(count):
        for name, fit in TRAINERS.items():
            if number > 0 and (name not in found or is_hopeless(name, found)):
                continue
            try:
                predictions, seconds = fit(job, train, test)
            except Unable as reason:
                print(f"SKIPPED: {name}: {reason}", file=sys.stderr)
                continue
            told = {"seconds": round(seconds, 4), case.measure.name: case.measure.of(test, predictions)}
            found.setdefault(name, []).append(told)
            print(report.as_json({"case": case.name, "trainer": name, **told}), file=sys.stderr, flush=True)
    return found


def is_hopeless(name: str, found: dict[str, list[dict]]) -> bool:
    """Whether a peer's first run took far longer than another's."""
    fastest = min(runs[0]["seconds"] for peer, runs in found.items() if peer != "sapwood")
    return name != "sapwood" and found[name][0]["seconds"] > HOPELESS * fastest


def summarise(case: Case, job: Job, train: Data, found: dict[str, list[dict]]) -> list[dict]:
    """A line a trainer; ÷ above 1 means that Sapwood is faster."""
    medians = {name: statistics.median(run["seconds"] for run in runs) for name, runs in found.items()}
    fastest = min((name for name in medians if name != "sapwood"), key=medians.get)
    lines = []
    for name, runs in found.items():
        seconds = [run["seconds"] for run in runs]
        mark = "**" if name == fastest else ""
        lines.append(
            {
                "case": case.name,
                "rows": f"{len(train.label):,} × {train.features.shape[1]}",
                "rounds × leaves": f"{job.rounds} × {LEAVES}",
                "trainer": f"{mark}{name}{mark}",
                "runs": len(runs),
                "fit s": f"{medians[name]:.3g} ({min(seconds):.3g}–{max(seconds):.3g})",
                "÷": f"{mark}{medians[name] / medians['sapwood']:.2f}{mark}",
                "quality": f"{case.measure.name} {runs[0][case.measure.name]:.5g}",
            }
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
