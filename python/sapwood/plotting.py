"""Plots, by matplotlib, which is imported when the first one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sapwood._booster import Booster

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    booster = _booster(model)
    scores = sorted(booster.get_score(importance_type).items(), key=lambda item: item[1])[-(max_num_features or 0) :]
    if not scores:
        raise ValueError("no tree has a split, so no feature contributes anything")
    ax = _axes(ax)
    names, values = zip(*scores, strict=True)
    bars = ax.barh(range(len(names)), values, height=0.6)
    ax.bar_label(bars, fmt="{:.4g}", padding=3)
    ax.set_yticks(range(len(names)), names)
    ax.margins(x=0.15)
    ax.set(title="Feature importance", xlabel=importance_type.replace("_", " "))
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
    ax = _axes(ax)
    for name, values in log.items():
        if metric in values:
            ax.plot(range(len(values[metric])), values[metric], label=name)
    best = getattr(results, "best_iteration_", None)
    if best is not None:
        ax.axvline(best, color="grey", linestyle=":", label=f"best round, {best}")
    ax.legend()
    ax.set(title="Metric by round", xlabel="round", ylabel=metric)
    return ax


def plot_tree(model: Any, tree_index: int = 0, *, precision: int = 4, ax: Axes | None = None) -> Axes:
    """Plot a tree. Rows for which a condition holds go left; of missing values, it is said where they go.

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
    trees = _booster(model).dump_model()["trees"]
    if not 0 <= tree_index < len(trees):
        raise ValueError(f"there is no tree {tree_index}; there are {len(trees)}, counted from 0")
    nodes = trees[tree_index]["nodes"]
    places = _places(nodes)
    ax = _axes(ax, layout=None, width=max(6.0, 1.4 * sum("leaf" in node for node in nodes)))
    for index, node in enumerate(nodes):
        x, y = places[index]
        for child in () if "leaf" in node else (node["left"], node["right"]):
            ax.plot([x, places[child][0]], [y, places[child][1]], color="grey", linewidth=1, zorder=1)
        colour = "honeydew" if "leaf" in node else "aliceblue"
        ax.text(
            x,
            y,
            _words(node, precision),
            ha="center",
            va="center",
            fontsize=8,
            zorder=2,
            bbox={"boxstyle": "round", "fc": colour},
        )
    ax.set_axis_off()
    ax.margins(0.1)
    return ax


def _booster(model: Any) -> Booster:
    return model if isinstance(model, Booster) else model.get_booster()


def _axes(ax: Axes | None, width: float = 7.0, layout: str | None = "constrained") -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    return pyplot.subplots(figsize=(min(width, 60.0), 5.0), layout=layout)[1]


def _places(nodes: list[dict[str, Any]]) -> dict[int, tuple[float, float]]:
    """Leaves side by side, splits above the middle of their children."""
    places: dict[int, tuple[float, float]] = {}
    leaves = 0
    open_nodes = [(0, 0, False)]
    while open_nodes:
        index, depth, is_placed_below = open_nodes.pop()
        node = nodes[index]
        if "leaf" in node:
            places[index] = (float(leaves), -float(depth))
            leaves += 1
        elif is_placed_below:
            places[index] = (float(np.mean([places[node[side]][0] for side in ("left", "right")])), -float(depth))
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
        condition = "in " + ", ".join(levels[:4]) + (f", … ({len(levels)})" if len(levels) > 4 else "")
    return f"{node['feature']}\n{condition}\nmissing: {node['missing']}"
