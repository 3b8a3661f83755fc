"""Plots of what features contribute to predictions, by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sapwood._axes import new_axes, quiet
from sapwood._explained import explained, interacting, of_output, position_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# From low to high values, and from negative to positive contributions, as in the package shap.
_LOW, _HIGH, _UNORDERED = "#1E88E5", "#FF0D57", "#9E9E9E"
# Levels that have a colour or a place of their own.
_LEVELS = 8


def plot_beeswarm(
    model: Any, data: Any, *, output: int | str | None = None, max_num_features: int = 20, ax: Axes | None = None
) -> Axes:
    """Plot what features contribute to the margins of all rows: a point for each row, in the colour of the feature's value.

    Parameters
    ----------
    model : Booster or fitted estimator
    data : array-like, frame or sparse matrix, of shape (rows, features)
    output : int or str, optional
        Where there are several outputs, which one: its position, or the class.
    max_num_features : int
        The number of features to show, those that contribute most on top.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    told = explained(model, data, output)
    order = np.argsort(-np.abs(told.values).mean(axis=0), kind="stable")[:max_num_features]
    ax = new_axes(ax, height=1.5 + 0.4 * len(order))
    ax.axvline(0.0, color="grey", linewidth=1, zorder=0)
    colours = _colours()
    for place, feature in enumerate(reversed(order)):
        values = told.values[:, feature]
        heights = place + _spread(values)
        rank = _ranks(told.columns[feature])
        ordered = ~np.isnan(rank)
        style: dict[str, Any] = {"s": 12, "linewidth": 0, "alpha": 0.9, "rasterized": len(values) > 500}
        ax.scatter(values[~ordered], heights[~ordered], color=_UNORDERED, **style)
        ax.scatter(values[ordered], heights[ordered], c=rank[ordered], cmap=colours, vmin=0, vmax=1, **style)
    ax.set_yticks(range(len(order)), [told.names[feature] for feature in reversed(order)])
    ax.set_ylim(-0.7, len(order) - 0.3)
    ax.grid(axis="y", linestyle=":", linewidth=0.6)
    ax.set_axisbelow(True)
    quiet(ax, "left")
    ax.set_xlabel(f"contribution to the margin{of_output(model, output)}")
    bar = ax.figure.colorbar(_scale(colours), ax=ax, aspect=60, pad=0.02, ticks=[0, 1])
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("value of the feature (grey: a category, or missing)", labelpad=-12)
    bar.outline.set_visible(False)
    return ax


def plot_waterfall(
    model: Any, data: Any, row: int = 0, *, output: int | str | None = None, max_num_features: int = 10, ax: Axes | None = None
) -> Axes:
    """Plot how the features of one row lead from the average margin to the row's.

    Parameters
    ----------
    model : Booster or fitted estimator
    data : array-like, frame or sparse matrix, of shape (rows, features)
    row : int
        The row, counted from 0.
    output : int or str, optional
        Where there are several outputs, which one: its position, or the class.
    max_num_features : int
        The number of bars; the last one is of all other features together.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    told = explained(model, data, output)
    if not -len(told.values) <= row < len(told.values):
        raise ValueError(f"there is no row {row}; there are {len(told.values)}, counted from 0")
    values, base = told.values[row], float(told.base[row])
    order = np.argsort(-np.abs(values), kind="stable")
    shown = order if len(order) <= max_num_features else order[: max_num_features - 1]
    steps = [(f"{told.names[i]} = {_text(told.columns[i][row])}", float(values[i])) for i in shown]
    if len(shown) < len(order):
        steps.append((f"{len(order) - len(shown)} other features", float(values[order[len(shown) :]].sum())))
    ax = new_axes(ax, height=1.8 + 0.45 * len(steps))
    # The largest contribution stands on top and is the last step.
    steps.reverse()
    ends = base + np.cumsum([value for _, value in steps])
    starts = np.concatenate([[base], ends[:-1]])
    low, high = min(base, *ends), max(base, *ends)
    width = (high - low) or 1.0
    for place, ((_, value), start, end) in enumerate(zip(steps, starts, ends, strict=True)):
        _arrow(ax, place, start, end, width)
        colour = _HIGH if value >= 0 else _LOW
        side = 1 if value >= 0 else -1
        if abs(value) > 0.14 * width:
            ax.text((start + end) / 2, place, f"{value:+.3g}", ha="center", va="center", color="white", fontsize=10)
        else:
            at = end + side * 0.01 * width
            ax.text(at, place, f"{value:+.3g}", ha="left" if side > 0 else "right", va="center", color=colour, fontsize=10)
        if place + 1 < len(steps):
            ax.plot([end, end], [place - 0.4, place + 1.4], color="grey", linewidth=0.8, linestyle="--", zorder=0)
    ax.axvline(base, color="grey", linewidth=0.8, linestyle=":", zorder=0)
    ax.axvline(ends[-1], color="grey", linewidth=0.8, linestyle=":", zorder=0)
    ax.set_yticks(range(len(steps)), [name for name, _ in steps])
    ax.set_ylim(-0.7, len(steps) - 0.3)
    ax.set_xlim(low - 0.18 * width, high + 0.18 * width)
    quiet(ax, "left")
    ax.set_title(f"margin of the row: {ends[-1]:.4g}", loc="right", fontsize=11)
    ax.set_xlabel(f"margin{of_output(model, output)}, from the average {base:.4g}")
    return ax


def plot_dependence(
    model: Any,
    data: Any,
    feature: int | str,
    *,
    color_by: int | str | None = "auto",
    output: int | str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot what a feature contributes to the margin by its value, a point for each row.

    Parameters
    ----------
    model : Booster or fitted estimator
    data : array-like, frame or sparse matrix, of shape (rows, features)
    feature : int or str
        The feature, by its position or its name.
    color_by : int, str or None
        The feature that gives points their colours. Default: the one that interacts most with `feature`, by exact interactions in
        at most 100 rows.
    output : int or str, optional
        Where there are several outputs, which one: its position, or the class.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    told = explained(model, data, output)
    position = position_of(feature, told.names)
    other = interacting(model, data, position, output) if color_by == "auto" else color_by
    ax = new_axes(ax)
    column, values = told.columns[position], told.values[:, position]
    places, labels = _places(column)
    ax.axhline(0.0, color="lightgrey", linewidth=1, zorder=0)
    _counts(ax, places, labels)
    if other is None:
        ax.scatter(places, values, s=14, color=_LOW, linewidth=0, alpha=0.8)
    else:
        other = position_of(other, told.names)
        _coloured(ax, places, values, told.columns[other], told.names[other])
    if labels is not None:
        long = len("".join(labels)) > 40
        ax.set_xticks(range(len(labels)), labels, rotation=30 if long else 0, ha="right" if long else "center")
    quiet(ax)
    ax.set(xlabel=told.names[position], ylabel=f"contribution of {told.names[position]}{of_output(model, output)}")
    return ax


def _colours() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("values", [_LOW, "#8A4FBF", _HIGH])


def _scale(colours: Colormap, low: float = 0.0, high: float = 1.0) -> Any:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(low, high), colours)


def _bounds(values: np.ndarray) -> tuple[float, float] | None:
    """Between which values most lie; `None` where there are none, or all are one."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0 or finite.min() == finite.max():
        return None
    low, high = np.quantile(finite, [0.05, 0.95])
    return (float(low), float(high)) if low < high else (float(finite.min()), float(finite.max()))


def _ranks(column: Any) -> np.ndarray:
    """From 0 for low values to 1 for high ones; NaN for those without an order."""
    if not isinstance(column, np.ndarray):
        return np.full(len(column), np.nan)
    bounds = _bounds(column)
    if bounds is None:
        return np.where(np.isnan(column), np.nan, 0.5)
    return np.clip((column - bounds[0]) / (bounds[1] - bounds[0]), 0.0, 1.0)


def _spread(values: np.ndarray) -> np.ndarray:
    """Heights that keep the points of about the same value apart: the more there are, the higher they pile."""
    low, high = float(values.min()), float(values.max())
    bins = np.round(100 * (values - low) / (high - low)).astype(int) if high > low else np.zeros(len(values), dtype=int)
    # Which of a bin's rows lies in the middle follows from no order of rows.
    order = np.lexsort((np.random.default_rng(0).random(len(values)), bins))
    first = np.r_[0, np.flatnonzero(np.diff(bins[order])) + 1]
    within = np.arange(len(values)) - np.repeat(first, np.diff(np.r_[first, len(values)]))
    heights = np.empty(len(values))
    heights[order] = np.ceil(within / 2) * np.where(within % 2 == 1, 1, -1)
    return heights * (0.4 / max(1.0, float(np.abs(heights).max())))


def _arrow(ax: Axes, place: int, start: float, end: float, width: float) -> None:
    """A bar with a head."""
    from matplotlib.patches import Polygon

    head = np.sign(end - start) * min(abs(end - start), 0.015 * width)
    corners = [(start, -0.35), (end - head, -0.35), (end, 0.0), (end - head, 0.35), (start, 0.35)]
    ax.add_patch(Polygon([(x, place + y) for x, y in corners], color=_HIGH if end >= start else _LOW, linewidth=0))


def _text(value: Any) -> str:
    if value is None or value != value:
        return "missing"
    return value if isinstance(value, str) else f"{value:.6g}"


def _common(column: list[str | None]) -> list[str]:
    """The levels that have most rows, in alphabetical order; the rest together are `other`."""
    levels, counts = np.unique([_text(level) for level in column], return_counts=True)
    if len(levels) <= _LEVELS:
        return levels.tolist()
    return [*sorted(levels[np.argsort(-counts, kind="stable")[: _LEVELS - 1]].tolist()), "other"]


def _codes(column: list[str | None], levels: list[str]) -> np.ndarray:
    place = {level: index for index, level in enumerate(levels)}
    return np.array([place.get(_text(level), len(levels) - 1) for level in column])


def _places(column: Any) -> tuple[np.ndarray, list[str] | None]:
    """Where points lie on the axis of a feature, and what the axis says; levels lie side by side, their points a little apart."""
    if isinstance(column, np.ndarray):
        return column, None
    levels, counts = np.unique([_text(level) for level in column], return_counts=True)
    levels = levels[np.argsort(-counts, kind="stable")[:20]].tolist() + (["other"] if len(levels) > 20 else [])
    return _codes(column, levels) + np.random.default_rng(0).uniform(-0.25, 0.25, len(column)), levels


def _counts(ax: Axes, places: np.ndarray, labels: list[str] | None) -> None:
    """How many rows lie where, behind the points."""
    finite = places[np.isfinite(places)]
    if len(finite) == 0:
        return
    behind = ax.twinx()
    edges = np.arange(len(labels) + 1) - 0.5 if labels is not None else np.histogram_bin_edges(finite, 40)
    counts, _ = np.histogram(finite, edges)
    width = np.diff(edges) * (1.0 if labels is None else 0.8)
    behind.bar((edges[:-1] + edges[1:]) / 2, counts, width, color="#000000", alpha=0.08, linewidth=0)
    behind.set_ylim(0, counts.max() * 4)
    behind.set_axis_off()
    ax.set_zorder(behind.get_zorder() + 1)
    ax.patch.set_visible(False)


def _coloured(ax: Axes, places: np.ndarray, values: np.ndarray, column: Any, name: str) -> None:
    style: dict[str, Any] = {"s": 14, "linewidth": 0, "alpha": 0.85, "rasterized": len(values) > 2000}
    if not isinstance(column, np.ndarray):
        from matplotlib import colormaps

        levels = _common(column)
        codes = _codes(column, levels)
        for index, level in enumerate(levels):
            rows = codes == index
            ax.scatter(places[rows], values[rows], color=colormaps["tab10"](index), label=level, **style)
        ax.legend(title=name, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, markerscale=1.6)
        return
    bounds = _bounds(column)
    if bounds is None:
        ax.scatter(places, values, color=_LOW, **style)
        return
    colours = _colours()
    missing = np.isnan(column)
    ax.scatter(places[missing], values[missing], color=_UNORDERED, **style)
    points = ax.scatter(
        places[~missing], values[~missing], c=column[~missing], cmap=colours, vmin=bounds[0], vmax=bounds[1], **style
    )
    bar = ax.figure.colorbar(points, ax=ax, aspect=40, pad=0.02)
    bar.set_label(name)
    bar.outline.set_visible(False)
