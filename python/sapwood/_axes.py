"""What plots have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sapwood._booster import Booster

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def the_booster(model: Any) -> Booster:
    """The model of an estimator, or the model itself."""
    return model if isinstance(model, Booster) else model.get_booster()


def new_axes(ax: Axes | None, width: float = 7.0, height: float = 5.0, layout: str | None = "constrained") -> Axes:
    """The axes that are given, or new ones on a figure of this size in inches."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    return pyplot.subplots(figsize=(min(width, 60.0), min(height, 60.0)), layout=layout)[1]


def quiet(ax: Axes, *more: str) -> None:
    """Leaves out the lines around a plot that say nothing."""
    for side in ("top", "right", *more):
        ax.spines[side].set_visible(False)
    if "left" in more:
        ax.tick_params(axis="y", length=0)
