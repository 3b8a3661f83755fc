"""What every trainer is given, and what it hands back."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np

from sets import Features


@dataclass(frozen=True)
class Settings:
    """What all trainers are given alike. Leaf-wise growth without a limit on depth is what nearly all have."""

    rounds: int = 100
    eta: float = 0.1
    leaves: int = 31
    max_bin: int = 256
    # Rounds without improvement before training stops; none: no validation rows, no stopping.
    patience: int | None = None
    threads: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))


@dataclass
class Outcome:
    """A trained model, and what it took."""

    rounds: int
    # Binning and training; reading files, making frames and importing packages are not counted.
    fit_seconds: float
    # Predicts rows of the same columns: a value each, or a probability for each class.
    predict: Callable[[Features], np.ndarray]
    # None for Sapwood, whose executable writes its model itself.
    save: Callable[[Path], object] | None = None


class Unable(Exception):
    """A trainer cannot do what it is asked for; the message says why."""
