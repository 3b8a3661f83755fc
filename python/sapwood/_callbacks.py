"""What is called between rounds: this package's callbacks, and the protocols of LightGBM's and XGBoost's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sapwood._progress import progress_bar


class Evaluation(NamedTuple):
    """The value of a metric on a data set, and whether larger is better."""

    dataset_name: str
    metric_name: str
    metric_value: float
    maximize: bool

    def is_cv_result(self) -> bool:
        """Whether the value is a mean over folds: LightGBM's callbacks ask for it."""
        return False


class CallbackEnv(NamedTuple):
    """What a callable is given after a round, as in LightGBM."""

    model: Any
    params: dict[str, Any]
    iteration: int
    begin_iteration: int
    end_iteration: int
    evaluation_result_list: list[Evaluation]


class early_stopping:
    """Stop when the last metric of the last validation set has not improved for so many rounds.

    The model keeps its rounds up to the best. The same as the argument and the parameter `early_stopping_rounds`.

    Parameters
    ----------
    stopping_rounds : int
        Rounds without improvement, at least 1.
    """

    def __init__(self, stopping_rounds: int) -> None:
        self.stopping_rounds = stopping_rounds


def log_evaluation(period: int = 1) -> Callable[[CallbackEnv], None]:
    """Print the metrics of every so many rounds.

    Parameters
    ----------
    period : int
        Rounds from one line to the next; 0 or less: none.
    """

    def callback(env: CallbackEnv) -> None:
        if period > 0 and (env.iteration + 1) % period == 0:
            print(metric_line(env.iteration, env.evaluation_result_list))

    callback.__dict__["order"] = 10
    return callback


def record_evaluation(eval_result: dict[str, dict[str, list[float]]]) -> Callable[[CallbackEnv], None]:
    """Keep the metrics of all rounds in a dictionary, by data set and metric.

    Parameters
    ----------
    eval_result : dict
        Emptied first.
    """
    eval_result.clear()

    def callback(env: CallbackEnv) -> None:
        record(eval_result, env.evaluation_result_list)

    callback.__dict__["order"] = 20
    return callback


def record(log: dict[str, dict[str, list[float]]], values: Iterable[Evaluation]) -> None:
    """Adds a round's values."""
    for name, metric, value, _ in values:
        log.setdefault(name, {}).setdefault(metric, []).append(value)


def metric_line(iteration: int, values: Iterable[Evaluation]) -> str:
    """XGBoost's line: `[12]\ttrain-rmse:0.12345\tvalidation-rmse:0.23456`."""
    return f"[{iteration}]" + "".join(f"\t{name}-{metric}:{value:.5f}" for name, metric, value, _ in values)


class InTraining:
    """The model that callbacks are given: it is not there before training ends, but keeps what they want to remember."""

    def __init__(self) -> None:
        self._attributes: dict[str, str] = {}
        self._rounds = 0

    def set_attr(self, **attributes: Any) -> None:
        """Remember texts, or forget those that are None."""
        for name, value in attributes.items():
            if value is None:
                self._attributes.pop(name, None)
            else:
                self._attributes[name] = str(value)

    def attr(self, name: str) -> str | None:
        """A text that is remembered."""
        return self._attributes.get(name)

    def attributes(self) -> dict[str, str]:
        """All of them."""
        return dict(self._attributes)

    def num_boosted_rounds(self) -> int:
        """The number of rounds that are done."""
        return self._rounds

    current_iteration = num_boosted_rounds

    @property
    def best_iteration(self) -> int:
        """The best round, once a callback has said it."""
        return int(self._attributes["best_iteration"])

    @property
    def best_score(self) -> float:
        """Its value."""
        return float(self._attributes["best_score"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"a model in training has no {name}: there is none before training ends, and its parameters stay as they are"
        )


class Callbacks:
    """The callbacks of a training, of both protocols."""

    def __init__(self, callbacks: Iterable[Any], params: dict[str, Any], rounds: int) -> None:
        listed = list(callbacks)
        stopping = [callback for callback in listed if isinstance(callback, early_stopping)]
        if len(stopping) > 1:
            raise ValueError("early_stopping is given twice")
        self.stopping_rounds = stopping[0].stopping_rounds if stopping else None
        self._bars = [callback for callback in listed if isinstance(callback, progress_bar)]
        rest = [callback for callback in listed if not isinstance(callback, early_stopping | progress_bar)]
        self._classes = [callback for callback in rest if hasattr(callback, "after_iteration")]
        calls = [callback for callback in rest if not hasattr(callback, "after_iteration")]
        wrong = next((callback for callback in calls if not callable(callback)), None)
        if wrong is not None:
            raise TypeError(f"{wrong!r} is no callback: it is not callable and has no method after_iteration")
        calls.sort(key=lambda callback: getattr(callback, "order", 0))
        self._before = [callback for callback in calls if getattr(callback, "before_iteration", False)]
        self._after = [callback for callback in calls if not getattr(callback, "before_iteration", False)]
        self._params, self._rounds = params, rounds
        self._log: dict[str, dict[str, list[float]]] = {}
        self.model = InTraining()
        # The round to end with, and its value, where a callback says so.
        self.best: tuple[int, float | None] | None = None

    def __bool__(self) -> bool:
        return bool(self._bars or self._classes or self._before or self._after)

    def _env(self, iteration: int, values: list[Evaluation]) -> CallbackEnv:
        return CallbackEnv(self.model, self._params, iteration, 0, self._rounds, values)

    def __enter__(self) -> None:
        """Before the first round."""
        for bar in self._bars:
            bar.begin(self._rounds)
        for callback in self._classes:
            if hasattr(callback, "before_training"):
                callback.before_training(self.model)
        self._before_round(0)

    def _before_round(self, iteration: int) -> bool:
        for callback in self._before:
            callback(self._env(iteration, []))
        stops = [
            callback.before_iteration(self.model, iteration, self._log)
            for callback in self._classes
            if hasattr(callback, "before_iteration")
        ]
        return not any(stops)

    def after_round(self, iteration: int, values: list[Evaluation]) -> bool:
        """After a round; whether training goes on."""
        self.model._rounds = iteration + 1
        record(self._log, values)
        for bar in self._bars:
            bar.round(values)
        stops = [callback.after_iteration(self.model, iteration, self._log) for callback in self._classes]
        try:
            for callback in self._after:
                callback(self._env(iteration, values))
        except Exception as error:
            # LightGBM's way of stopping, which other libraries' callbacks have as well.
            if type(error).__name__ != "EarlyStopException":
                raise
            best, score = (getattr(error, name, None) for name in ("best_iteration", "best_score"))
            self.best = (iteration if best is None else best, score[-1][2] if score else None)
            return False
        if any(stops):
            return False
        return iteration + 1 >= self._rounds or self._before_round(iteration + 1)

    def __exit__(self, *_: object) -> None:
        """When training is over, be it by an error."""
        for bar in self._bars:
            bar.end()

    def end(self) -> None:
        """After the last round."""
        for callback in self._classes:
            if hasattr(callback, "after_training"):
                callback.after_training(self.model)
        if self.best is None and self.model.attr("best_iteration") is not None:
            score = self.model.attr("best_score")
            self.best = (self.model.best_iteration, None if score is None else float(score))
