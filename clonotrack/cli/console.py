"""How much a command says beside its results.

How far a command is with its files, for whoever waits at a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Speech:
    """What the call asked for with ``--quiet`` and ``--verbose``."""

    quiet: bool = False
    verbose: bool = False


def speech() -> Speech:
    """That of the command that runs."""
    return click.get_current_context().find_object(Speech) or Speech()


def say(text: str) -> None:
    """Print a line of summary, unless the call is quiet."""
    if not speech().quiet:
        click.echo(text)


def warn(sentences: Iterable[str]) -> None:
    """Print what somebody has to act on, quiet or not, on standard error."""
    for sentence in sentences:
        click.echo(f"clonotrack: warning: {sentence}", err=True)


def say_figures(qc: pl.DataFrame) -> None:
    """Print QC on standard error where the call is verbose."""
    if speech().verbose:
        for row in qc.iter_rows(named=True):
            click.echo(f"{row['stage']}\t{row['metric']}\t{row['value']:g}\t{row['unit'] or ''}", err=True)


Item = TypeVar("Item")

INTERVAL = 0.5
"""Seconds between two lines."""


def watched(items: Iterable[Item], files: Sequence[Path], done: Callable[[], int]) -> Iterator[Item]:
    """The same items; meanwhile a line on standard error, where that is a terminal and the call is not quiet.

    Args:
        items: made from the files, as they are taken.
        files: what is read; without a size (standard input) there is no line.
        done: tells the bytes that were read of them.
    """
    total = sum(file.stat().st_size for file in files) if all(file.is_file() for file in files) else 0
    if speech().quiet or not sys.stderr.isatty() or not total:
        yield from items
        return
    start = last = time.monotonic()
    try:
        for item in items:
            yield item
            now = time.monotonic()
            if now - last >= INTERVAL:
                last = now
                click.echo(f"\r{line(done(), total, now - start)}\x1b[K", err=True, nl=False)
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)


def line(done: int, total: int, seconds: float) -> str:
    """Share, bytes, rate and time left."""
    rate = done / seconds
    left = (total - done) / rate if rate else 0.0
    return f"{done / total:4.0%} of {total / 1e6:,.0f} MB, {rate / 1e6:,.0f} MB/s, {left:,.0f} s left"
