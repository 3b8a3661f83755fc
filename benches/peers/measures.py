"""What models of each objective are judged by: one piece of Python for every trainer's predictions, mostly scikit-learn's."""

from dataclasses import dataclass
from typing import Callable

import numpy as np
import scipy.stats
import sklearn.metrics
from scipy.special import expit

from fits import Data
from metrics import auc, mlogloss, rmse
from ranking import ndcg

# How many first rows of a query group count.
FIRST = 10
NOISE = {"normal": scipy.stats.norm, "logistic": scipy.stats.logistic, "extreme": scipy.stats.gumbel_l}

Function = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Measure:
    """A measure of test rows and their predictions."""

    name: str
    of: Callable[[Data, np.ndarray], float]
    higher_is_better: bool = False


def plain(name: str, of: Function, higher_is_better: bool = False) -> Measure:
    """A measure of labels and predictions alone."""
    return Measure(name, lambda test, predicted: float(of(test.label, predicted)), higher_is_better)


def pseudo_huber(slope: float) -> Measure:
    return plain(f"mphe@{slope:g}", lambda label, p: np.mean(slope**2 * (np.sqrt(1 + ((label - p) / slope) ** 2) - 1)))


def pinball(levels: list[float]) -> Measure:
    """The mean over levels, a column of predictions each."""
    loss = sklearn.metrics.mean_pinball_loss
    return plain("pinball", lambda label, p: np.mean([loss(label, p[:, at], alpha=level) for at, level in enumerate(levels)]))


def expectile(levels: list[float]) -> Measure:
    """The mean over levels, a column of predictions each."""
    loss = lambda excess, level: np.mean(np.where(excess > 0, level, 1 - level) * excess**2)
    return plain("expectile", lambda label, p: np.mean([loss(label - p[:, at], level) for at, level in enumerate(levels)]))


def intervals(test: Data, predicted: np.ndarray) -> dict[str, float]:
    """The share of labels between the lowest and the highest level, and how many neighbouring levels are in the wrong order."""
    inside = (predicted.min(axis=1) <= test.label) & (test.label <= predicted.max(axis=1))
    return {"coverage": float(inside.mean()), "crossings": int((np.diff(predicted, axis=1) < 0).sum())}


def log_loss_of_shares(label: np.ndarray, predicted: np.ndarray) -> float:
    return -np.mean(label * np.log(predicted) + (1 - label) * np.log1p(-predicted))


def mean_average_precision(test: Data, scores: np.ndarray) -> float:
    """Of groups with a relevant row."""
    starts = np.flatnonzero(np.diff(test.group)) + 1
    groups = zip(np.split(test.label, starts), np.split(scores, starts), strict=True)
    return float(np.mean([sklearn.metrics.average_precision_score(label, score) for label, score in groups if label.any()]))


def cox_nloglik(label: np.ndarray, hazards: np.ndarray) -> float:
    """Negative partial log-likelihood an event; the rows at risk at a time are those of that time and later (Breslow's ties)."""
    times, margins = np.abs(label), np.log(hazards)
    order = np.argsort(-times, kind="stable")
    last = np.searchsorted(-times[order], -times[order], side="right") - 1
    at_risk = np.logaddexp.accumulate(margins[order])[last]
    return (at_risk - margins[order])[label[order] > 0].mean()


def aft_nloglik(distribution: str) -> Measure:
    """Of times that are known, or known to be later, with noise of scale 1."""
    noise = NOISE[distribution]

    def of(bounds: np.ndarray, times: np.ndarray) -> float:
        lower, upper = bounds.T
        z = np.log(lower) - np.log(times)
        return -np.where(lower == upper, noise.logpdf(z) - np.log(lower), noise.logsf(z)).mean()

    return plain("aft-nloglik", of)


def concordance(test: Data, predicted: np.ndarray) -> float:
    """The share of pairs, of which the earlier event was seen, that are in the right order; ties count half."""
    if test.label.ndim == 2:
        times, seen, risk = test.label[:, 0], test.label[:, 0] == test.label[:, 1], -predicted
    else:
        times, seen, risk = np.abs(test.label), test.label > 0, predicted
    right = pairs = 0.0
    for row in np.flatnonzero(seen):
        later = times > times[row]
        right += (risk[row] > risk[later]).sum() + (risk[row] == risk[later]).sum() / 2
        pairs += later.sum()
    return right / pairs


RMSE = plain("rmse", rmse)
MAE = plain("mae", sklearn.metrics.mean_absolute_error)
# Predictions of −1 and below count as this much, as in the gradients of XGBoost and Sapwood.
LEAST = -1 + 1e-6
RMSLE = plain("rmsle", lambda label, p: rmse(np.log1p(label), np.log1p(np.maximum(p, LEAST))))
POISSON = plain("poisson deviance", sklearn.metrics.mean_poisson_deviance)
GAMMA = plain("gamma deviance", sklearn.metrics.mean_gamma_deviance)
TWEEDIE = plain("tweedie deviance", lambda label, p: sklearn.metrics.mean_tweedie_deviance(label, p, power=1.5))
CROSS_ENTROPY = plain("logloss", log_loss_of_shares)
LOGLOSS = plain("logloss", sklearn.metrics.log_loss)
LOGLOSS_OF_MARGINS = plain("logloss", lambda label, margin: sklearn.metrics.log_loss(label, expit(margin)))
AUC = plain("auc", auc, higher_is_better=True)
ERROR = plain("error", lambda label, p: np.mean(label != p))
MLOGLOSS = plain("mlogloss", mlogloss)
MERROR = plain("merror", lambda label, p: np.mean(label != p))
NDCG = Measure(f"ndcg@{FIRST}", lambda test, scores: ndcg(test.label, scores, test.group, FIRST), higher_is_better=True)
MAP = Measure("map", mean_average_precision, higher_is_better=True)
COX = plain("cox-nloglik", cox_nloglik)
CONCORDANCE = Measure("concordance", concordance, higher_is_better=True)
