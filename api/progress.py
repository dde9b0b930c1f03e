"""How far a long job is: on a terminal in one line that changes, in a log a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from geo.bulk import Progress

_TERMINAL_S, _LOG_S = 0.2, 30.0


class Pacer:
    """Shows progress with the rate and the time left, from when it is entered."""

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._width = 0

    def __enter__(self) -> Self:
        self._begun = self._told = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._begun
        if self._width:
            click.echo("\r" + " " * self._width + "\r", err=True, nl=False)

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told < (_TERMINAL_S if self._in_place else _LOG_S):
            return
        self._told = now
        line = progress_line(progress, now - self._begun)
        if not self._in_place:
            click.echo(line, err=True)
            return
        click.echo("\r" + line.ljust(self._width), err=True, nl=False)
        self._width = len(line)


def progress_line(progress: Progress, seconds: float) -> str:
    """What is said after so many seconds. Rows that were done before say nothing of the rate.

    >>> from geo.bulk import Progress
    >>> progress_line(Progress(3_000_000, 1_000_000, 0.5), 4.0)
    '3,000,000 rows (50 %), 500,000 rows/s, 6 s left'
    """
    rate = (progress.rows - progress.kept) / max(seconds, 1e-3)
    words = [f"{progress.rows:,} rows", f"{rate:,.0f} rows/s"]
    if progress.share:
        words[0] += f" ({progress.share:.0%})".replace("%", " %")
        if rate:
            words.append(f"{_duration((progress.rows / progress.share - progress.rows) / rate)} left")
    return ", ".join(words)


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
