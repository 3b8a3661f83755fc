"""Plots, by matplotlib, which is imported when the first one is asked for."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sapwood._axes import new_axes, quiet, the_booster
from sapwood._explanation_plots import plot_beeswarm, plot_dependence, plot_waterfall

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "plot_beeswarm",
    "plot_dependence",
    "plot_importance",
    "plot_metric",
    "plot_split_value_histogram",
    "plot_tree",
    "plot_waterfall",
]


def plot_importance(
    model: Any, *, importance_type: str = "gain", max_num_features: int | None = 20, ax: Axes | None = None
) -> Axes:
    """Plot how much features contribute, the most important one on top.

    Parameters
    ----------
    model : Booster or fitted estimator
    importance_type : str
        `gain`, `weight`, `cover`, `total_gain` or `total_cover`.
    max_num_features : int, optional
        The number of features to show; `None`: all that have splits.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    booster = the_booster(model)
    scores = sorted(booster.get_score(importance_type).items(), key=lambda item: item[1])[-(max_num_features or 0) :]
    if not scores:
        raise ValueError("no tree has a split, so no feature contributes anything")
    ax = new_axes(ax, height=1.5 + 0.3 * len(scores))
    names, values = zip(*scores, strict=True)
    bars = ax.barh(range(len(names)), values, height=0.65, color="#1E88E5")
    ax.bar_label(bars, [f"{value:,.0f}" if value >= 1000 else f"{value:.4g}" for value in values], padding=3)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.margins(x=0.15)
    ax.grid(axis="x", linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)
    quiet(ax, "left")
    ax.set(title="Feature importance", xlabel=importance_type.replace("_", " "))
    return ax


def plot_split_value_histogram(model: Any, feature: int | str, *, bins: int | str | None = None, ax: Axes | None = None) -> Axes:
    """Plot how many splits of a numeric feature have their thresholds where.

    Parameters
    ----------
    model : Booster or fitted estimator
    feature : int or str
        The feature, by its position or its name.
    bins : int or str, optional
        The number of bins, or a rule of `numpy.histogram_bin_edges`. Default: the number of distinct thresholds.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    booster = the_booster(model)
    counts, edges = booster.get_split_value_histogram(feature, bins)
    name = feature if isinstance(feature, str) else booster.feature_name()[feature]
    if not counts.any():
        raise ValueError(f"no tree splits by feature {name!r}")
    ax = new_axes(ax)
    ax.bar((edges[:-1] + edges[1:]) / 2, counts, 0.9 * np.diff(edges), color="#1E88E5")
    ax.grid(axis="y", linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)
    quiet(ax)
    ax.set(title=f"Where {name} is split", xlabel=f"threshold of {name}", ylabel="splits")
    return ax


def plot_metric(results: Any, metric: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Plot a metric round by round, a line for each data set.

    Parameters
    ----------
    results : dict or fitted estimator
        What `train` fills as `evals_result`.
    metric : str, optional
        The metric. Default: the last one, by which early stopping goes.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    log = results if isinstance(results, Mapping) else results.evals_result_
    if not log:
        raise ValueError("there are no metrics: nothing was evaluated")
    known = list(next(iter(log.values())))
    metric = known[-1] if metric is None else metric
    if metric not in known:
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(known)}")
    ax = new_axes(ax)
    for name, values in log.items():
        if metric in values:
            ax.plot(range(len(values[metric])), values[metric], label=name)
    best = getattr(results, "best_iteration_", None)
    if best is not None:
        ax.axvline(best, color="grey", linestyle=":", label=f"best round, {best}")
    ax.grid(linewidth=0.5, alpha=0.6)
    ax.legend(frameon=False)
    quiet(ax)
    ax.set(title="Metric by round", xlabel="round", ylabel=metric)
    return ax


def plot_tree(model: Any, tree_index: int = 0, *, precision: int = 4, ax: Axes | None = None) -> Axes:
    """Plot a tree from left to right. Rows for which a condition holds go up (yes); of missing values, it is said where they go.

    Parameters
    ----------
    model : Booster or fitted estimator
    tree_index : int
        The tree, counted from 0.
    precision : int
        Digits of numbers.
    ax : matplotlib.axes.Axes, optional
        Where to plot. Default: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    trees = the_booster(model).dump_model()["trees"]
    if not 0 <= tree_index < len(trees):
        raise ValueError(f"there is no tree {tree_index}; there are {len(trees)}, counted from 0")
    nodes = trees[tree_index]["nodes"]
    places = _places(nodes)
    depth, leaves = 1 + max(x for x, _ in places.values()), 1 - min(y for _, y in places.values())
    ax = new_axes(ax, width=max(4.0, 2.4 * depth), height=max(2.0, 0.55 * leaves + 0.5))
    for index, node in enumerate(nodes):
        x, y = places[index]
        for word, side in () if "leaf" in node else (("yes", "left"), ("no", "right")):
            to_x, to_y = places[node[side]]
            is_missing = node["missing"] == side
            # A line along the tree's levels, so that crossing ones are told apart.
            ax.plot([x, x + 0.4, to_x], [y, to_y, to_y], color="grey", linewidth=1.6 if is_missing else 0.8, zorder=1)
            label = f"{word}, missing" if is_missing else word
            place: dict[str, Any] = {"xy": (x + 0.4, to_y), "xytext": (2, 2), "textcoords": "offset points"}
            ax.annotate(label, **place, ha="left", va="bottom", fontsize=7, color="dimgrey", gid="edge")
        is_leaf = "leaf" in node
        colours = {"fc": "#E8F5E9", "ec": "#66BB6A"} if is_leaf else {"fc": "#E3F2FD", "ec": "#42A5F5"}
        box: dict[str, Any] = {"boxstyle": "round,pad=0.35", "linewidth": 0.8, **colours}
        ax.text(x, y, _words(node, precision), ha="center", va="center", fontsize=8, zorder=2, bbox=box, gid="node")
    ax.set_axis_off()
    ax.set(xlim=(-0.5, depth - 0.5), ylim=(-leaves + 0.4, 0.6), title=f"Tree {tree_index}")
    return ax


def _places(nodes: list[dict[str, Any]]) -> dict[int, tuple[float, float]]:
    """Leaves below each other, splits left of the middle of their children."""
    places: dict[int, tuple[float, float]] = {}
    leaves = 0
    open_nodes = [(0, 0, False)]
    while open_nodes:
        index, depth, is_placed_below = open_nodes.pop()
        node = nodes[index]
        if "leaf" in node:
            places[index] = (float(depth), -float(leaves))
            leaves += 1
        elif is_placed_below:
            places[index] = (float(depth), float(np.mean([places[node[side]][1] for side in ("left", "right")])))
        else:
            open_nodes += [(index, depth, True), (node["right"], depth + 1, False), (node["left"], depth + 1, False)]
    return places


def _words(node: dict[str, Any], precision: int) -> str:
    if "leaf" in node:
        value = node.get("value", "linear")
        values = value if isinstance(value, list) else [value]
        return "\n".join(v if isinstance(v, str) else f"{v:.{precision}g}" for v in values)
    if "threshold" in node:
        threshold = node["threshold"]
        condition = f"<= {threshold if isinstance(threshold, str) else f'{threshold:.{precision}g}'}"
    else:
        levels = [str(level) for level in node["levels"]]
        listed = "in " + ", ".join(levels[:4]) + (f", … ({len(levels)})" if len(levels) > 4 else "")
        condition = textwrap.fill(listed, 24, break_long_words=False, break_on_hyphens=False)
    return f"{node['feature']}\n{condition}"
