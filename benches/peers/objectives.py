"""Is Sapwood as good as XGBoost and LightGBM by every objective? Matched parameters, real data, ten paired splits.

Prints a line for each objective and set; see README.md.
"""

import argparse
import sys
from dataclasses import dataclass, field
from typing import Callable

import numpy as np

import measures
import problems
import ranking
import report
from dart import DART, LIGHTGBM_DART
from fits import FITS, Data, Job
from measures import Measure
from problems import Problem
from quality import paired
from sets import splits

SPLITS = 10
ROUNDS = 100
MATCHED = {
    "eta": 0.1, "max_leaves": 31, "max_depth": 0, "grow_policy": "lossguide", "lambda": 1, "min_child_weight": 1, "max_bin": 256,
    "nthread": 1,
}  # fmt: skip
LEVELS = [0.1, 0.5, 0.9]
# Hessians of a group add up to less than 1.
XENDCG = {"min_child_weight": 0.001}
RANKING = {"min_child_weight": ranking.LEAST_HESSIAN}
VECTOR = {"multi_strategy": "multi_output_tree"}


@dataclass(frozen=True)
class Case:
    """An objective on a set. `settings` are Sapwood's and XGBoost's, `lightgbm` its own, if it has the objective."""

    objective: str
    problem: Callable[[], Problem]
    measures: tuple[Measure, ...]
    settings: dict = field(default_factory=dict)
    lightgbm: dict | None = None
    rounds: int = ROUNDS
    # What the first prediction of all trainers is to be, from the training labels, where their own would differ.
    start: Callable[[np.ndarray], float] | None = None
    # What is special: dart, or one tree for all outputs.
    note: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.objective, self.note]))


def survival(problem: Callable[[], Problem], distribution: str) -> Case:
    judged = (measures.aft_nloglik(distribution), measures.CONCORDANCE)
    return Case("survival:aft", problem, judged, {"aft_loss_distribution": distribution}, start=known_times, note=distribution)


def known_times(bounds: np.ndarray) -> float:
    """The geometric mean of the times that are known: what Sapwood starts from by itself, and XGBoost does not."""
    known = bounds[:, 0] == bounds[:, 1]
    return float(np.exp(np.log(bounds[known, 0]).mean()))


def log_odds(label: np.ndarray) -> float:
    return float(np.log(label.mean() / (1 - label.mean())))


def pseudo_huber(problem: Callable[[], Problem], slope: float) -> Case:
    """From the median: XGBoost's own start, a Newton step from 0, is far off, and it does not find back."""
    judged = (measures.pseudo_huber(slope),)
    return Case("reg:pseudohubererror", problem, judged, {"huber_slope": slope}, start=lambda label: float(np.median(label)))


def quantiles(problem: Callable[[], Problem]) -> Case:
    return Case("reg:quantileerror", problem, (measures.pinball(LEVELS),), {"quantile_alpha": LEVELS}, {"objective": "quantile"})


CASES = [
    Case("reg:squarederror", problems.diamonds, (measures.RMSE,), {}, {"objective": "regression"}),
    Case("reg:squarederror", problems.hotel, (measures.RMSE,), {}, {"objective": "regression"}),
    Case("reg:squarederror", problems.deliveries, (measures.RMSE,), {}, {"objective": "regression"}),
    Case(
        "reg:squarederror", problems.hotel, (measures.RMSE,), DART, {"objective": "regression", **LIGHTGBM_DART}, 50, note="dart"
    ),
    Case("reg:squarederror", problems.pupils, (measures.RMSE,), {}, {"objective": "regression"}, note="2 targets"),
    Case("reg:squarederror", problems.coded_pupils, (measures.RMSE,), VECTOR, note="2 targets, one tree"),
    Case("reg:logistic", problems.food_share, (measures.CROSS_ENTROPY, measures.RMSE), {}, {"objective": "cross_entropy"}),
    Case("reg:squaredlogerror", problems.hotel, (measures.RMSLE,)),
    Case("reg:squaredlogerror", problems.rand_expenses, (measures.RMSLE,)),
    pseudo_huber(problems.hotel, 20),
    pseudo_huber(problems.log_diamonds, 0.1),
    Case("reg:absoluteerror", problems.hotel, (measures.MAE,), {}, {"objective": "l1"}),
    Case("reg:absoluteerror", problems.rand_expenses, (measures.MAE,), {}, {"objective": "l1"}),
    quantiles(problems.hotel),
    quantiles(problems.rand_expenses),
    Case("reg:expectileerror", problems.hotel, (measures.expectile(LEVELS),), {"expectile_alpha": LEVELS}),
    Case("count:poisson", problems.rand_visits, (measures.POISSON,), {}, {"objective": "poisson"}),
    Case("count:poisson", problems.german_visits, (measures.POISSON,), {}, {"objective": "poisson"}),
    Case("reg:gamma", problems.rand_claims, (measures.GAMMA,), {}, {"objective": "gamma"}),
    Case("reg:gamma", problems.rand_outpatient_claims, (measures.GAMMA,), {}, {"objective": "gamma"}),
    Case("reg:gamma", problems.injuries, (measures.GAMMA,), {}, {"objective": "gamma"}),
    Case("reg:tweedie", problems.rand_expenses, (measures.TWEEDIE,), {"tweedie_variance_power": 1.5}, {"objective": "tweedie"}),
    Case("reg:tweedie", problems.rand_outpatient, (measures.TWEEDIE,), {"tweedie_variance_power": 1.5}, {"objective": "tweedie"}),
    Case("reg:tweedie", problems.first_year, (measures.TWEEDIE,), {"tweedie_variance_power": 1.5}, {"objective": "tweedie"}),
    Case("binary:logistic", problems.adult, (measures.LOGLOSS, measures.AUC), {}, {"objective": "binary"}),
    Case("binary:logistic", problems.churn, (measures.LOGLOSS, measures.AUC), {}, {"objective": "binary"}),
    Case("binary:logistic", problems.adult, (measures.LOGLOSS,), DART, {"objective": "binary", **LIGHTGBM_DART}, 50, note="dart"),
    Case("binary:logitraw", problems.adult, (measures.LOGLOSS_OF_MARGINS,), start=log_odds),
    Case("binary:hinge", problems.adult, (measures.ERROR,)),
    Case("binary:hinge", problems.churn, (measures.ERROR,)),
    Case("multi:softprob", problems.crashes, (measures.MLOGLOSS,), {}, {"objective": "multiclass"}, 50),
    Case("multi:softprob", problems.rodents, (measures.MLOGLOSS,), {}, {"objective": "multiclass"}, 30),
    Case("multi:softmax", problems.crashes, (measures.MERROR,), {}, None, 50),
    Case("multi:softprob", problems.coded_crashes, (measures.MLOGLOSS,), VECTOR, None, 50, note="one tree"),
    Case("multi:softprob", problems.coded_rodents, (measures.MLOGLOSS,), VECTOR, None, 30, note="one tree"),
    Case("rank:ndcg", problems.movielens, (measures.NDCG,), RANKING, ranking.LIGHTGBM),
    Case("rank:ndcg", problems.lecturers, (measures.NDCG,), RANKING, ranking.LIGHTGBM),
    Case("rank_xendcg", problems.movielens, (measures.NDCG,), XENDCG, {"objective": "rank_xendcg"}),
    Case("rank:pairwise", problems.movielens, (measures.NDCG,), RANKING),
    Case("rank:map", problems.liked_films, (measures.MAP,), RANKING),
    Case("survival:cox", problems.support, (measures.COX, measures.CONCORDANCE)),
    Case("survival:cox", problems.flchain, (measures.COX, measures.CONCORDANCE)),
    Case("survival:cox", problems.rhc, (measures.COX, measures.CONCORDANCE)),
    survival(problems.support_bounds, "normal"),
    survival(problems.support_bounds, "logistic"),
    survival(problems.flchain_bounds, "extreme"),
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="benches/peers/run objectives", description=__doc__.splitlines()[0])
    parser.add_argument("--objectives", help="only these, such as reg:gamma,reg:tweedie")
    parser.add_argument("--splits", type=int, default=SPLITS, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="other than a case's: for a quick look")
    parser.add_argument("--save", action="store_true", help="write the table and the raw numbers to benches/runs/")
    args = parser.parse_args()
    if args.splits < 2:
        parser.error("--splits must be at least 2: one has no standard error")
    wanted = args.objectives.split(",") if args.objectives else list(dict.fromkeys(case.objective for case in CASES))
    if unknown := [name for name in wanted if name not in {case.objective for case in CASES}]:
        parser.error(f"no case has the objective {', '.join(unknown)}")

    rows, raw, failed = [], [], False
    for case in (case for case in CASES if case.objective in wanted):
        problem = case.problem()
        found = run(case, problem, args.splits, args.rounds or case.rounds)
        for measure in case.measures:
            line, passed = summarise(case, problem, measure, found)
            rows.append(line)
            failed |= not passed
            print(report.as_json(line), file=sys.stderr, flush=True)
        raw += [{"case": case.name, "set": problem.name, "trainer": name, **values} for name, values in found.items()]
    table = report.markdown(rows)
    print(table)
    if args.save:
        report.save("objectives", table, raw)
    return 1 if failed else 0


def run(case: Case, problem: Problem, count: int, rounds: int) -> dict[str, dict[str, list]]:
    """What each trainer reaches on each split, by the name of the measure."""
    trainers = [name for name in FITS if can(name, case)]
    found = {name: {} for name in trainers}
    for number, (train, test) in enumerate(splits(problem, count)):
        rows, asked = problem.data.take(train), problem.data.take(test)
        settings = MATCHED | case.settings | {"seed": number}
        settings |= {} if case.start is None else {"base_score": case.start(rows.label)}
        settings |= {"num_class": int(problem.data.label.max()) + 1} if case.objective.startswith("multi:") else {}
        for name in trainers:
            predictions, seconds = FITS[name](Job(case.objective, rounds, settings, case.lightgbm), rows, asked)
            for key, value in judge(case, asked, predictions).items():
                found[name].setdefault(key, []).append(value)
            found[name].setdefault("seconds", []).append(round(seconds, 3))
    return found


def can(trainer: str, case: Case) -> bool:
    """Whether a trainer has the objective."""
    if trainer == "xgboost" and case.objective == "rank_xendcg":
        return False
    if trainer == "xgboost" and case.objective == "reg:expectileerror":
        import xgboost

        return tuple(map(int, xgboost.__version__.split(".")[:2])) >= (3, 3)
    return trainer != "lightgbm" or case.lightgbm is not None


def judge(case: Case, asked: Data, predictions: np.ndarray) -> dict[str, float]:
    told = {measure.name: measure.of(asked, predictions) for measure in case.measures}
    return told | (
        measures.intervals(asked, predictions) if predictions.ndim > 1 and case.objective == "reg:quantileerror" else {}
    )


def summarise(case: Case, problem: Problem, measure: Measure, found: dict) -> tuple[dict, bool]:
    """A line of the table, and whether Sapwood is no worse than each peer."""
    values = {name: np.array(told[measure.name]) for name, told in found.items()}
    line = {"objective": case.name, "data": problem.title, "measure": measure.name}
    line |= {name: f"{values[name].mean():.4f}" if name in values else "–" for name in FITS}
    verdicts = []
    for peer in list(FITS)[1:]:
        compared = paired(peer, measure.higher_is_better, values["sapwood"], values[peer]) if peer in values else None
        line[f"worse than {peer} by"] = "–" if compared is None else f"{compared.difference:+.2%} ± {compared.standard_error:.2%}"
        verdicts += [] if compared is None or compared.passed else [peer]
    line["verdict"] = f"WORSE than {', '.join(verdicts)}" if verdicts else "no worse"
    if "crossings" in found["sapwood"]:
        line["verdict"] += "; " + "; ".join(
            f"{name}: {np.mean(told['coverage']):.1%} covered, {np.sum(told['crossings'])} crossings"
            for name, told in found.items()
        )
    return line, not verdicts


if __name__ == "__main__":
    sys.exit(main())
