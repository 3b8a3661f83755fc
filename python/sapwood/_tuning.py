"""A search for parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sapwood import _params, _sapwood
from sapwood._booster import Booster
from sapwood._dataset import Dataset
from sapwood._errors import ParameterError, warn


@dataclass(frozen=True)
class Trial:
    """Parameters that were judged.

    Attributes
    ----------
    number : int
        The trial. Number 0 has the given parameters alone.
    finished : bool
        Whether it was judged by all folds, or by the validation set. Poor trials are judged by few folds.
    parameters : dict
        The parameters that were searched, and their values.
    value, std : float
        The last metric after the best round: the mean over folds, and the standard deviation.
    best_round, rounds : int
        The best round, counted from 0, and the number of rounds.
    """

    number: int
    finished: bool
    parameters: dict[str, Any]
    value: float
    std: float
    best_round: int
    rounds: int


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes
    ----------
    booster : Booster
        The model of the best parameters. With folds it learnt all rows.
    best : Trial
        The best of the trials that trained to their end.
    trials : list of Trial
        All results, in the order in which they came.
    complete : bool
        Whether all trials were judged: the time was not over before.
    """

    booster: Booster
    best: Trial
    trials: list[Trial]
    complete: bool


def tune(
    params: Mapping[str, Any],
    train_set: Dataset,
    search: str | Mapping[str, Any] | None = None,
    *,
    valid_set: Dataset | None = None,
    trials: int | None = None,
    time_budget: float | None = None,
) -> Tuned:
    """Search for the parameters that learn the data best, and train with them.

    Trials are random at first, and near good ones later; poor ones are judged by few folds. All of them share the binned data.
    What is found depends on data, parameters and `seed` alone, and on the clock only with `time_budget`.

    Parameters
    ----------
    params : mapping
        Parameters of all trials; those about folds (`nfold`, `split`, `split_column`) count here. The default of `eta` is 0.1,
        lowered for good trials, that of `num_round` 4000, that of `early_stopping_rounds` 30, that of `nfold` 5.
    train_set : Dataset
        The rows.
    search : str or mapping, optional
        What is searched: `"eta=0.01..0.3:log, max_depth=3..10"`, or `{"eta": (0.01, 0.3, "log"), "grow_policy":
        ["depthwise", "lossguide"]}`: a tuple is a range, a list has the values. Default: `max_depth`, `min_child_weight`,
        `lambda`, `subsample`, `colsample_bynode` and `extra_trees`, those excepted that `params` has.
    valid_set : Dataset, optional
        What trials are judged by, in the place of folds.
    trials : int, optional
        The number of trials. Default: 100; with `time_budget` as many as it has time for.
    time_budget : float, optional
        Seconds that everything may take.

    Returns
    -------
    Tuned
        The model, the best trial, and all results.
    """
    if trials is not None and trials < 2:
        raise ParameterError(f"trials={trials}: give 2 or more")
    if time_budget is not None and not 0 < time_budget < float("inf"):
        raise ParameterError(f"time_budget={time_budget}: give a number of seconds above 0")
    space = search if search is None or isinstance(search, str) else ", ".join(map(_dimension, search, search.values()))
    validation = None if valid_set is None else valid_set._native
    time = None if time_budget is None else f"{time_budget:.9f}"
    search_params = {"tune": True if trials is None else trials, "tune_search": space, "tune_time_budget": time}
    given = {name: value for name, value in search_params.items() if value is not None}
    if trials is None and "tune" in params:
        del given["tune"]
    pairs = _params.pairs(params) + _params.pairs(given)
    model, best, results, complete, warned, notes = _sapwood.tune(pairs, train_set._native, validation)
    _params.log_notes(notes)
    warn(warned)
    return Tuned(Booster._of(model), _trial(*best), [_trial(*result) for result in results], complete)


def _dimension(name: str, values: Any) -> str:
    if isinstance(values, tuple) and len(values) in (2, 3):
        low, high, *scale = values
        return f"{name}={low}..{high}" + "".join(f":{word}" for word in scale)
    if isinstance(values, Sequence) and not isinstance(values, str | tuple) and values:
        return f"{name}=" + "|".join(str(_params.text(value)) for value in values)
    raise ParameterError(f"search: {name}={values!r} is no range; give (min, max), (min, max, 'log') or a list of values")


def _trial(
    number: int, finished: bool, parameters: list[tuple[str, str]], value: float, std: float, best_round: int, rounds: int
) -> Trial:
    return Trial(number, finished, {name: _read(text) for name, text in parameters}, value, std, best_round, rounds)


def _read(text: str) -> Any:
    """A value as Python has it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
