"""Training with a `Dataset`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sapwood import _params, _sapwood
from sapwood._booster import Booster
from sapwood._callbacks import Callbacks, Evaluation, metric_line, record
from sapwood._dataset import Dataset
from sapwood._errors import DataError, ParameterError, warn
from sapwood._progress import progress_bar

_NO_ROUNDS = 100

# What the engine calls rows that it holds out itself.
_HELD_OUT = ("validation", "held-out")

# A function of predictions and their data set that gives a metric's name, value, and whether larger is better, or some of them.
Metric = Callable[[np.ndarray, Dataset], Any]


def train(
    params: Mapping[str, Any],
    train_set: Dataset,
    num_boost_round: int | None = None,
    *,
    evals: Sequence[tuple[Dataset, str]] = (),
    valid_sets: Dataset | Sequence[Dataset] | None = None,
    valid_names: str | Sequence[str] | None = None,
    obj: Callable[[np.ndarray, Dataset], tuple[Any, Any]] | None = None,
    feval: Metric | Sequence[Metric] | None = None,
    maximize: bool | None = None,
    early_stopping_rounds: int | None = None,
    evals_result: dict[str, dict[str, list[float]]] | None = None,
    verbose_eval: bool | int | str = False,
    init_model: Booster | str | None = None,
    callbacks: Iterable[Any] | None = None,
) -> Booster:
    """Train a model.

    Parameters
    ----------
    params : mapping
        Parameters by XGBoost's names; those of LightGBM, CatBoost and scikit-learn are aliases. An unknown one is an error.
    train_set : Dataset
        What to learn from.
    num_boost_round : int, optional
        The number of rounds; the most, with early stopping. Default: 100, unless `params` says it, or has a `preset`, which
        chooses it.
    evals : sequence of (Dataset, str)
        Data sets that every round is evaluated on, with their names. Early stopping goes by the last one; with a `preset`, by
        rows that its models hold out, which `evals_result` has as `validation` (as `held-out` where that is a name in `evals`).
    valid_sets, valid_names
        The same as LightGBM has it. Names default to `valid_0`, `valid_1`, …
    obj : callable, optional
        A loss of one's own: `obj(margins, train_set)` gives the first and second derivatives of each row's loss by its margin,
        times its weight where rows have weights. Predictions are margins then.
    feval : callable or sequence of callables, optional
        Metrics of one's own: `feval(predictions, data_set)` gives `(name, value)` or `(name, value, is_higher_better)`; it is
        called once before the first round, with predictions that are all alike, to learn its name. It comes behind the metrics
        of `eval_metric`.
    maximize : bool, optional
        Whether metrics of one's own are better the larger they are, where they do not say it. Default: they are not.
    early_stopping_rounds : int, optional
        Stop when the last metric of the last data set of `evals` has not improved for so many rounds. The model keeps its
        rounds up to the best.
    evals_result : dict, optional
        Filled with the metrics of all rounds, by data set and metric.
    verbose_eval : bool, int or "progress"
        Print the metrics of every round, or of every so many; or show a bar.
    init_model : Booster or path, optional
        A model to go on from: the rounds are added to those that it has.
    callbacks : iterable, optional
        `sapwood.early_stopping(…)`; callables that are given LightGBM's `env` after each round (before it, if they have a true
        `before_iteration`); objects with XGBoost's methods (`after_iteration` returns true to stop).

    Returns
    -------
    Booster
        The model.

    Raises
    ------
    SapwoodError
        Data or parameters that are wrong or do not fit each other; a `ValueError`.
    KeyboardInterrupt
        Ctrl-C ends training with the round.
    """
    given = dict(params)
    objective = next((name for name in given if _params.canonical(name) == "objective"), None)
    if objective is not None and callable(given[objective]):
        if obj is not None:
            raise ParameterError("obj and a callable objective are both given; give one of them")
        obj = given.pop(objective)
    sets, shown = _named_sets(train_set, evals, valid_sets, valid_names)
    rounds = _rounds(given, num_boost_round)
    period, callbacks = _shown(verbose_eval, callbacks)
    if callbacks and has_preset(given):
        raise ParameterError(
            "callbacks are called between the rounds of one model, and a preset trains several side by side; leave one out"
        )
    told = Callbacks(callbacks, given, rounds)
    _set_patience(given, early_stopping_rounds, told.stopping_rounds)
    functions = [feval] if callable(feval) else list(feval or ())
    if (obj or functions) and any(_params.canonical(name) == "validation_fraction" for name in given):
        raise ParameterError(
            "validation_fraction cannot be combined with functions of your own, which see whole data sets; split the data"
        )
    if (obj or functions) and any(_params.canonical(name) == "positive_class" for name in given):
        raise ParameterError(
            "positive_class cannot be combined with functions of your own, which see labels as positions among the sorted classes"
        )
    outputs = _sapwood.num_outputs(_params.pairs(given), train_set._native) if functions else 1
    metrics = [_OwnMetric(function, [train_set, *sets.values()], outputs, maximize) for function in functions]
    log = {} if evals_result is None else evals_result
    log.clear()
    best_of = {metric.name: metric.higher_is_better for metric in metrics}

    def evaluations(values: list[tuple[str, str, float]]) -> list[Evaluation]:
        return [
            Evaluation(shown[name], metric, value, best_of[metric] if metric in best_of else _is_higher_better(metric))
            for name, metric, value in values
            if name in shown
        ]

    def on_round(iteration: int, values: list[tuple[str, str, float]]) -> bool:
        told_values = evaluations(values)
        if period > 0 and iteration % period == 0:
            print(metric_line(iteration, told_values))
        return told.after_round(iteration - first, told_values)

    initial = _model(init_model)
    first = 0 if initial is None else initial._native.num_rounds
    with told:
        native, history, warned, notes = _sapwood.train(
            _params.pairs(given),
            train_set._native,
            [(name, data._like(train_set)) for name, data in sets.items()],
            None if initial is None else initial._native,
            None if obj is None else (getattr(obj, "__name__", "custom"), 0.0, _own_objective(obj, train_set)),
            [(metric.name, metric.higher_is_better, metric) for metric in metrics],
            on_round if told or period > 0 else None,
        )
    _params.log_notes(notes)
    warn(warned)
    for values in history:
        kept = [(shown.get(name, name), metric, value) for name, metric, value in values if name in shown or name in _HELD_OUT]
        record(log, [Evaluation(*value, False) for value in kept])
    told.end()
    if told.best is not None and told.best[0] + 1 + first < native.num_rounds:
        if _params.canonical(str(given.get("booster", given.get("boosting_type", "")))) == "dart":
            raise ParameterError(
                "booster=dart changes earlier trees, so no callback can go back to an earlier round; use early_stopping_rounds"
            )
        native = native.truncated(first + told.best[0] + 1, told.best[1])
    return Booster._of(native)


def _shown(verbose_eval: bool | int | str, callbacks: Iterable[Any] | None) -> tuple[int, list[Any]]:
    """How many rounds lie between two printed lines (0: none are), and the callbacks, with the bar that may be asked for."""
    listed = list(callbacks or ())
    if isinstance(verbose_eval, str):
        if verbose_eval != "progress":
            raise ParameterError(f'verbose_eval={verbose_eval!r}: give True, False, a number of rounds, or "progress"')
        return 0, [*listed, progress_bar()]
    return int(verbose_eval), listed


def _rounds(given: dict[str, Any], num_boost_round: int | None) -> int:
    """The number of rounds, which `given` says in the end."""
    named = [name for name in given if _params.canonical(name) == "num_round" and given[name] is not None]
    if num_boost_round is None and named:
        return int(given[named[0]])
    if num_boost_round is None and has_preset(given):
        return 0
    given["num_round"] = _NO_ROUNDS if num_boost_round is None else num_boost_round
    return given["num_round"]


def has_preset(given: Mapping[str, Any]) -> bool:
    """Whether a preset chooses what is not given."""
    return any(_params.canonical(name) == "preset" and given[name] not in (None, "default") for name in given)


def _set_patience(given: dict[str, Any], argument: int | None, callback: int | None) -> None:
    """Puts what the argument or the callback says into the parameters, which must not say it as well."""
    named = [name for name in given if _params.canonical(name) == "early_stopping_rounds" and given[name] is not None]
    said = [rounds for rounds in (argument, callback) if rounds is not None]
    if len(named) + len(said) > 1:
        raise ParameterError(
            "early stopping is asked for more than once (early_stopping_rounds as parameter or argument, the callback); "
            "ask for it once"
        )
    if said:
        given["early_stopping_rounds"] = said[0]


@functools.cache
def _is_higher_better(metric: str) -> bool:
    return _sapwood.metric_is_higher_better(metric)


def _model(model: Any) -> Booster | None:
    if model is None or isinstance(model, Booster):
        return model
    booster = getattr(model, "booster_", None)
    return booster if isinstance(booster, Booster) else Booster(model)


def _named_sets(train_set: Dataset, evals: Any, valid_sets: Any, valid_names: Any) -> tuple[dict[str, Dataset], dict[str, str]]:
    """The data sets to evaluate by their names, and for the engine's names of those that are asked for, the caller's."""
    if valid_sets is not None:
        if evals:
            raise TypeError("give evals or valid_sets, not both")
        listed = [valid_sets] if isinstance(valid_sets, Dataset) else list(valid_sets)
        names = [valid_names] if isinstance(valid_names, str) else list(valid_names or ())
        names += [f"valid_{index}" for index in range(len(names), len(listed))]
        evals = list(zip(listed, names, strict=False))
    sets: dict[str, Dataset] = {}
    shown: dict[str, str] = {}
    for data, name in evals:
        if not isinstance(data, Dataset):
            raise TypeError(f"{name}: a Dataset is expected, not {type(data).__name__}")
        if data is train_set:
            shown["train"] = name
        elif name in sets:
            raise ParameterError(f"two data sets are called {name}")
        else:
            # The engine calls the training data so.
            engine_name = name if name != "train" else "train_"
            sets[engine_name] = data
            shown[engine_name] = name
    return sets, shown or {"train": "train"}


def _counted(data: Dataset) -> np.ndarray | None:
    """Which rows the engine learns from: those of weight above 0; `None` where all have."""
    weight = data.get_weight()
    return None if weight is None or (weight > 0).all() else weight > 0


def _whole(values: np.ndarray, counted: np.ndarray | None) -> np.ndarray:
    """Values of all rows, 0 for those that do not count."""
    if counted is None:
        return values
    whole = np.zeros((len(counted), *values.shape[1:]))
    whole[counted] = values
    return whole


def _own_objective(obj: Callable[..., Any], train_set: Dataset) -> Callable[..., Any]:
    """The function as the engine calls it: with the rows that count, and for doubles."""
    counted = _counted(train_set)

    def gradients(margins: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        grad, hess = obj(_whole(margins, counted), train_set)
        grad, hess = (np.ascontiguousarray(np.asarray(values, dtype=np.float64).ravel()) for values in (grad, hess))
        return (grad, hess) if counted is None else (grad[counted], hess[counted])

    return gradients


class _OwnMetric:
    """A metric of the caller's as the engine calls it."""

    def __init__(self, function: Metric, sets: list[Dataset], outputs: int, maximize: bool | None) -> None:
        self._function, self._sets = function, sets
        self._counted = _counted(sets[0])
        rows = sets[0].num_data()
        told = function(np.zeros(rows) if outputs == 1 else np.full((rows, outputs), 1.0 / outputs), sets[0])
        if not isinstance(told, tuple) or len(told) not in (2, 3):
            raise ParameterError("feval must give (name, value) or (name, value, is_higher_better)")
        self.name = str(told[0])
        self.higher_is_better = bool(told[2]) if len(told) == 3 else bool(maximize)

    def __call__(self, predictions: np.ndarray, index: int) -> float:
        if index == 0:
            predictions = _whole(predictions, self._counted)
        return float(self._function(predictions, self._sets[index])[1])


def _explicit_folds(folds: Any, data: Dataset, params: Mapping[str, Any], stratified: bool | None) -> list[Any] | None:
    """The rows of each fold, from pairs or from a splitter of scikit-learn's; `None` where parameters say it."""
    if folds is None:
        return None
    about = [name for name in params if _params.canonical(name) in ("nfold", "split", "split_column", "purge", "num_cv_round")]
    about += [] if stratified is None else ["stratified"]
    if about:
        raise ParameterError(f"folds says which rows are held out, and {about[0]} as well; give one of them")
    rows = data.num_data()
    if hasattr(folds, "split"):
        folds = folds.split(np.zeros(rows), data.get_label(), data.get_group())
    made = []
    for number, fold in enumerate(folds):
        if not isinstance(fold, tuple | list) or len(fold) != 2:
            raise TypeError(f"folds: fold {number} is no pair of the rows to learn from and the rows to be judged by")
        made.append(tuple(_row_numbers(part, rows, number) for part in fold))
    return made


def _row_numbers(part: Any, rows: int, fold: int) -> np.ndarray:
    numbers = np.asarray(part)
    if numbers.dtype.kind == "b" and numbers.shape == (rows,):
        numbers = np.flatnonzero(numbers)
    if numbers.ndim != 1 or (numbers.dtype.kind not in "iu" and numbers.size > 0):
        raise TypeError(f"folds: the rows of fold {fold} are no list of row numbers, nor a truth value for each row")
    if numbers.size > 0 and numbers.min() < 0:
        raise DataError(f"fold {fold}: there is no row {numbers.min()}; rows are counted from 0")
    return numbers.astype(np.uint64)


def cv(
    params: Mapping[str, Any],
    train_set: Dataset,
    num_boost_round: int | None = None,
    nfold: int = 5,
    *,
    folds: Any = None,
    stratified: bool | None = None,
    metrics: str | Sequence[str] | None = None,
    early_stopping_rounds: int | None = None,
    seed: int | None = None,
    verbose_eval: bool | int | str = False,
    callbacks: Iterable[Any] | None = None,
    return_models: bool = False,
    return_predictions: bool = False,
) -> dict[str, Any]:
    """Train a model for each of several folds, and tell how good they are on the rows that they did not learn from.

    Parameters
    ----------
    params : mapping
        Parameters; those about folds (`split`, `split_column`, `purge`, `num_cv_round`) count here.
    train_set : Dataset
        The rows, which are cut into folds. Rows of a query group stay together.
    num_boost_round : int, optional
        The number of rounds; the most, with early stopping. Default: 100, unless `params` says it.
    nfold : int
        The number of folds.
    folds : iterable or splitter, optional
        The folds, in the place of `nfold`: pairs of the rows to learn from and the rows to be judged by, as row numbers or as a
        truth value for each row; or a splitter of scikit-learn's, which is given labels and query groups. No row may be in both
        parts of a fold.
    stratified : bool, optional
        Whether each fold has the same share of every class. Default: where there are classes.
    metrics : str or sequence of str, optional
        In the place of the parameter `eval_metric`.
    early_stopping_rounds : int, optional
        Stop when the mean of the last metric has not improved for so many rounds. Models keep their rounds up to the best.
    seed : int, optional
        In the place of the parameter `seed`, by which folds are drawn, too.
    verbose_eval : bool, int or "progress"
        Print the means of every round, or of every so many; or show a bar.
    callbacks : iterable, optional
        As for `train`.
    return_models : bool
        Give the models as well, as `models`.
    return_predictions : bool
        Give what is predicted of each row by the model that did not learn from it, as `predictions`, of shape (rows,) or
        (rows, outputs): the mean where several folds held the row out, NaN where none did.

    Returns
    -------
    dict
        The means and standard deviations over folds of every round up to the best: `validation-rmse-mean`,
        `validation-rmse-std`, and so on; `train-…` are of the rows that models learnt from.
    """
    given = dict(params)
    rounds = _rounds(given, num_boost_round)
    period, callbacks = _shown(verbose_eval, callbacks)
    told = Callbacks(callbacks, given, rounds)
    explicit = _explicit_folds(folds, train_set, given, stratified)
    overridden = {
        "nfold": None if explicit is not None or any(_params.canonical(name) == "nfold" for name in given) else nfold,
        "eval_metric": None if metrics is None else ([metrics] if isinstance(metrics, str) else list(metrics)),
        "early_stopping_rounds": told.stopping_rounds if early_stopping_rounds is None else early_stopping_rounds,
        "seed": seed,
        "split": None if stratified is None else ("stratified" if stratified else "random"),
    }
    given = {name: value for name, value in given.items() if overridden.get(_params.canonical(name)) is None}
    given |= {name: value for name, value in overridden.items() if value is not None}

    def on_round(iteration: int, values: list[tuple[str, str, float]]) -> bool:
        evaluated = [Evaluation(*value, _is_higher_better(value[1])) for value in values]
        if period > 0 and iteration % period == 0:
            print(metric_line(iteration, evaluated))
        return told.after_round(iteration, evaluated)

    with told:
        models, means, spreads, predictions, warned, notes = _sapwood.cv(
            _params.pairs(given), train_set._native, explicit, return_predictions, on_round if told or period > 0 else None
        )
    told.end()
    _params.log_notes(notes)
    warn(warned)
    result: dict[str, Any] = {}
    for values, deviations in zip(means[: models[0].num_rounds], spreads, strict=False):
        for (name, metric, value), deviation in zip(values, deviations, strict=True):
            result.setdefault(f"{name}-{metric}-mean", []).append(value)
            result.setdefault(f"{name}-{metric}-std", []).append(deviation)
    if return_models:
        result["models"] = [Booster._of(model) for model in models]
    if return_predictions:
        result["predictions"] = predictions
    return result
