"""Arguments as XGBoost's and LightGBM's estimators call them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from sapwood._errors import ParameterError

F = TypeVar("F", bound=Callable[..., Any])

PREDICT = {
    "raw_score": "margin",
    "output_margin": "margin",
    "pred_leaf": "leaf",
    "pred_contrib": "contributions",
    "pred_contribs": "contributions",
    "pred_interactions": "interactions",
    "ntree_limit": "num_iteration",
    "iteration_range": "num_iteration",
}
FIT = {
    "xgb_model": "init_model",
    "sample_weight_eval_set": "eval_sample_weight",
    "base_margin_eval_set": "eval_base_margin",
}


def accepts(names: dict[str, str]) -> Callable[[F], F]:
    """Lets a function be called with others' names for some of its arguments."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def called(*args: Any, **given: Any) -> Any:
            for name in given.keys() & names.keys():
                ours = names[name]
                if ours in given:
                    raise ParameterError(f"{name} is another name for {ours}, and both are given; give one of them")
                value = given.pop(name)
                given[ours] = _rounds(value) if name == "iteration_range" else value
            return function(*args, **given)

        return called  # type: ignore[return-value]

    return decorate


def one_output(**asked: bool) -> str:
    """The one output that is asked for."""
    names = [name for name, is_asked in asked.items() if is_asked]
    if len(names) > 1:
        raise ValueError(f"give one of {', '.join(names)}")
    return names[0] if names else "value"


def evaluation_sets(eval_set: Any, eval_x: Any, eval_y: Any) -> list[tuple[Any, Any]]:
    """Evaluation sets, from pairs, of which one may stand without a list, or as LightGBM has them, features and labels apart."""
    if eval_x is not None or eval_y is not None:
        if eval_set is not None or eval_x is None or eval_y is None:
            raise ParameterError("give eval_set, or both eval_X and eval_y")
        return list(zip(eval_x, eval_y, strict=True)) if isinstance(eval_x, tuple) else [(eval_x, eval_y)]
    if eval_set is None:
        return []
    is_pair = isinstance(eval_set, tuple) and len(eval_set) == 2 and not isinstance(eval_set[0], tuple)
    return [eval_set] if is_pair else list(eval_set)


def _rounds(iteration_range: tuple[int, int] | None) -> int | None:
    if iteration_range is None:
        return None
    first, end = iteration_range
    if first != 0:
        raise ParameterError(f"iteration_range={iteration_range}: rounds are those from the first on; give (0, {end})")
    return end or None
