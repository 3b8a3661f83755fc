"""Is Sapwood as good as its peers on real data? Prints a table and one verdict a row; see README.md for what is compared.

One split says nothing: XGBoost against itself with 255 and 256 bins moves RMSE on diamonds by a percent. So each trainer gets the same
ten splits, and what counts is the mean of the paired differences, with its standard error.
"""

import argparse
import sys
from dataclasses import dataclass, replace

import numpy as np

import report
from contract import Settings
from metrics import Metric, metric_for, row_mlogloss
from sets import DataSet, carve_validation, load, splits
from trainers import STOP_EARLY, TRAINERS

# How much worse than a peer still counts as no worse, beside two standard errors.
TOLERANCE = 0.002
BOOTSTRAPS = 1000
SETS = ["adult", "diamonds", "nycflights13", "fashion_mnist"]
MODES = {
    "matched": Settings(rounds=100),
    "early-stopping": Settings(rounds=1000, patience=30),
}


@dataclass
class Comparison:
    """Sapwood against the peer it must not be worse than."""

    peer: str
    # Relative, positive where Sapwood is worse.
    difference: float
    standard_error: float

    @property
    def passed(self) -> bool:
        return self.difference <= TOLERANCE + 2 * self.standard_error


def main() -> int:
    parser = argparse.ArgumentParser(prog="benches/peers/run quality", description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", default=",".join(SETS), help="(default: %(default)s)")
    modes_help = "same rounds for all, or early stopping (default: %(default)s)"
    parser.add_argument("--mode", choices=[*MODES, "both"], default="both", help=modes_help)
    parser.add_argument("--splits", type=int, default=10, help="splits of each set; fashion_mnist has its own (default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="other than 100, or at most 1000 with early stopping: for a quick look")
    parser.add_argument("--threads", type=int, help="threads of each trainer (default: the CPUs this process may use)")
    parser.add_argument("--trainers", default="sapwood,xgboost,lightgbm", help="(default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write the table and the raw numbers to benches/runs/")
    args = parser.parse_args()
    trainers = args.trainers.split(",")
    modes = list(MODES) if args.mode == "both" else [args.mode]
    if args.splits < 2:
        parser.error("--splits must be at least 2: one has no standard error")
    if unable := [name for name in trainers if name not in (STOP_EARLY if "early-stopping" in modes else TRAINERS)]:
        parser.error(f"{', '.join(unable)}: no such trainer, or none that can stop early; there are {', '.join(TRAINERS)}")

    rows, raw, failed = [], [], False
    for mode in modes:
        settings = MODES[mode]
        settings = replace(settings, rounds=args.rounds or settings.rounds, threads=args.threads or settings.threads)
        for name in args.datasets.split(","):
            data = load(name)
            metric = metric_for(data.objective)
            runs, values = measure(data, metric, trainers, settings, args.splits, mode)
            raw += runs
            comparison = compare(metric, values, mode) if "sapwood" in values else None
            failed |= comparison is not None and not comparison.passed
            rows.append(row(mode, name, metric, values, runs, comparison))
            print(report.as_json(rows[-1]), file=sys.stderr)
    table = report.markdown(rows)
    print(table)
    if args.save:
        report.save("quality", table, raw)
    return 1 if failed else 0


def measure(
    data: DataSet, metric: Metric, trainers: list[str], settings: Settings, count: int, mode: str
) -> tuple[list[dict], dict[str, np.ndarray]]:
    """Trains everyone on every split. Returns what happened run by run, and each trainer's metric values: one a split, or one a
    bootstrap sample of the test rows for a set that must be judged on its official split."""
    official = data.name == "fashion_mnist"
    runs, values = [], {name: [] for name in trainers}
    for number, (train, test) in enumerate([data.own_split] if official else splits(data, count)):
        valid = None
        if settings.patience is not None:
            train, valid = carve_validation(data, train, number)
        given = [data.rows(train), settings] + ([] if valid is None else [data.rows(valid)])
        asked = data.rows(test).features
        for name in trainers:
            outcome = TRAINERS[name](*given)
            predictions = outcome.predict(asked)
            value = metric.of(data.label[test], predictions)
            values[name].append(value)
            runs.append(
                {
                    "mode": mode, "set": data.name, "split": number, "trainer": name, metric.name: value,
                    "rounds": outcome.rounds, "fit_seconds": round(outcome.fit_seconds, 3),
                }
            )  # fmt: skip
            print(report.as_json(runs[-1]), file=sys.stderr)
            if official:
                values[name] = bootstrap(data.label[test], predictions)
    return runs, {name: np.array(found) for name, found in values.items()}


def bootstrap(label: np.ndarray, predictions: np.ndarray) -> list[float]:
    """The mean logloss of resampled test rows; the samples are the same for every trainer."""
    losses = row_mlogloss(label, predictions)
    rng = np.random.default_rng(0)
    return [losses[rng.integers(len(losses), size=len(losses))].mean() for _ in range(BOOTSTRAPS)]


def compare(metric: Metric, values: dict[str, np.ndarray], mode: str) -> Comparison | None:
    """At matched parameters the peer is XGBoost; with early stopping the better of the two."""
    sign = -1 if metric.higher_is_better else 1
    peers = [name for name in (["xgboost"] if mode == "matched" else ["xgboost", "lightgbm"]) if name in values]
    if not peers:
        return None
    peer = min(peers, key=lambda name: sign * values[name].mean())
    return paired(peer, metric.higher_is_better, values["sapwood"], values[peer])


def paired(peer: str, higher_is_better: bool, mine: np.ndarray, theirs: np.ndarray) -> Comparison:
    """How much worse Sapwood is than a peer on the same splits, or on the same bootstrap samples."""
    differences = (theirs - mine if higher_is_better else mine - theirs) / theirs
    spread = differences.std(ddof=1)
    # The spread over bootstrap samples is a standard error itself; over splits it is that of one split.
    error = spread if len(differences) == BOOTSTRAPS else spread / np.sqrt(len(differences))
    return Comparison(peer, float(differences.mean()), float(error))


def row(mode: str, name: str, metric: Metric, values: dict[str, np.ndarray], runs: list[dict], found: Comparison | None) -> dict:
    mine = [run for run in runs if run["set"] == name]
    cells = {"mode": mode, "data set": name, "metric": metric.name}
    for trainer, numbers in values.items():
        rounds = np.mean([run["rounds"] for run in mine if run["trainer"] == trainer])
        cells[trainer] = f"{numbers.mean():.5g}" + (f" ({rounds:.0f} rounds)" if mode != "matched" else "")
    if found is not None:
        cells["against"] = found.peer
        cells["worse by"] = f"{found.difference:+.2%} ± {found.standard_error:.2%}"
        cells["verdict"] = "no worse" if found.passed else "WORSE"
    return cells


if __name__ == "__main__":
    sys.exit(main())
