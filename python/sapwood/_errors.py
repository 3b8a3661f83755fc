"""What can go wrong, and what deserves attention."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable


class SapwoodWarning(UserWarning):
    """What in data or parameters may not be what was meant."""


def warn(messages: Iterable[str]) -> None:
    """Warns of what deserves attention, at the line that called into the package."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "sapwood":
        frame, level = frame.f_back, level + 1
    for message in messages:
        warnings.warn(message, SapwoodWarning, stacklevel=level)


class SapwoodError(ValueError):
    """A failure that the caller can mend. The message says what is wrong, where, and what to do.

    Attributes
    ----------
    parameter, column, path, remedy : str or None
        The parameter, the data's column, the file, and what to do, as far as they are known.
    row : int or None
        The row, counted from 0.
    """

    parameter: str | None = None
    row: int | None = None
    column: str | None = None
    path: str | None = None
    remedy: str | None = None


class DataError(SapwoodError):
    """The content of the data is wrong: a value, a row, a label."""


class SchemaError(SapwoodError):
    """Columns do not fit: missing, of the wrong type, in the wrong number."""


class ParameterError(SapwoodError):
    """A parameter is unknown, out of range, or in conflict with another."""


class ModelError(SapwoodError):
    """A model cannot be read, or cannot do what it is asked for."""


class FileError(SapwoodError, OSError):
    """A file cannot be read or written."""


class InternalError(RuntimeError):
    """A defect of Sapwood itself."""
