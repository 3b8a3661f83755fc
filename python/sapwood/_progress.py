"""A bar that shows how far training is."""

from __future__ import annotations

import sys
import time
from typing import IO, Any

# Seconds from one look of a bar to the next.
_INTERVAL = 0.1
_WIDTH = 30


class progress_bar:
    """Show how far training is, and the metrics of the last round, on standard error.

    The bar is that of the package tqdm, where it is installed: in notebooks, it is a widget. The same as
    `verbose_eval="progress"`, or `verbose="progress"` of estimators.

    Parameters
    ----------
    description : str
        What stands before the bar.
    """

    def __init__(self, description: str = "training") -> None:
        self.description = description
        self._bar: Any = None

    def begin(self, rounds: int) -> None:
        """Before the first of so many rounds."""
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._bar = _Bar(rounds, self.description, sys.stderr)
        else:
            self._bar = tqdm(total=rounds, desc=self.description, unit="round", file=sys.stderr)

    def round(self, values: list[Any]) -> None:
        """After a round with these metrics."""
        self._bar.set_postfix({f"{name}-{metric}": f"{value:.5g}" for name, metric, value, _ in values}, refresh=False)
        self._bar.update()

    def end(self) -> None:
        """After the last round, or where training ends without one."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


class _Bar:
    """A bar of characters: one line that changes in terminals and notebooks, and elsewhere a line for each tenth of the way."""

    def __init__(self, total: int, description: str, stream: IO[str]) -> None:
        self._total, self._description, self._stream = max(total, 1), description, stream
        self._moves = stream.isatty() or type(stream).__module__.startswith("ipykernel")
        self._done, self._metrics = 0, ""
        self._begin = time.monotonic()
        self._shown_at, self._tenths, self._length = 0.0, 0, 0

    def set_postfix(self, values: dict[str, str], refresh: bool) -> None:
        self._metrics = "".join(f"  {name}: {value}" for name, value in values.items())

    def update(self) -> None:
        self._done += 1
        if self._moves:
            if time.monotonic() - self._shown_at >= _INTERVAL:
                self._shown_at = time.monotonic()
                self._show("\r", "")
        elif 10 * self._done // self._total > self._tenths:
            self._tenths = 10 * self._done // self._total
            self._show("", "\n")

    def close(self) -> None:
        if self._moves:
            self._show("\r", "\n")
        elif 10 * self._done // self._total == self._tenths < 10:
            self._show("", "\n")

    def _show(self, before: str, after: str) -> None:
        filled = _WIDTH * self._done // self._total
        bar = "#" * filled + "." * (_WIDTH - filled)
        seconds = time.monotonic() - self._begin
        line = f"{self._description} [{bar}] {self._done}/{self._total}  {seconds:.1f} s{self._metrics}"
        # What is left of a longer line is wiped out.
        self._stream.write(before + line.ljust(self._length) + after)
        self._stream.flush()
        self._length = len(line) if before else 0
