"""Console output of commands: verbosity, messages and the progress line.

Commands write results to files. All other output is printed by this module, as ``--quiet`` and ``--verbose`` say.
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

Item = TypeVar("Item")

PROGRESS_INTERVAL = 0.5
"""Time between two progress lines [s]."""


@dataclass(frozen=True, slots=True)
class Verbosity:
    """Hold whether the command was called with ``--quiet`` and with ``--verbose``."""

    quiet: bool = False
    verbose: bool = False


def verbosity() -> Verbosity:
    """Return the verbosity of the running command."""
    return click.get_current_context().find_object(Verbosity) or Verbosity()


def print_summary(text: str) -> None:
    """Print text on standard output, unless ``--quiet`` is set."""
    if not verbosity().quiet:
        click.echo(text)


def print_warnings(sentences: Iterable[str]) -> None:
    """Print warnings that need an action of the user on standard error, even if ``--quiet`` is set."""
    for sentence in sentences:
        click.echo(f"clonotrack: warning: {sentence}", err=True)


def print_qc(qc: pl.DataFrame) -> None:
    """Print the rows of a QC table on standard error, if ``--verbose`` is set."""
    if verbosity().verbose:
        for row in qc.iter_rows(named=True):
            click.echo(f"{row['stage']}\t{row['metric']}\t{row['value']:g}\t{row['unit'] or ''}", err=True)


def with_progress(items: Iterable[Item], files: Sequence[Path], bytes_read: Callable[[], int]) -> Iterator[Item]:
    """Yield the items unchanged, and meanwhile show a progress line on standard error.

    No line is shown if standard error is not a terminal, ``--quiet`` is set, or the size of a file is not known
    (standard input).

    Args:
        items: items, such as batches of reads, that are made while the files are read.
        files: the files that are read.
        bytes_read: function that returns the number of bytes read from all files so far.
    """
    total = sum(file.stat().st_size for file in files) if all(file.is_file() for file in files) else 0
    if verbosity().quiet or not sys.stderr.isatty() or not total:
        yield from items
        return
    start = last = time.monotonic()
    try:
        for item in items:
            yield item
            now = time.monotonic()
            if now - last >= PROGRESS_INTERVAL:
                last = now
                click.echo(f"\r{progress_line(bytes_read(), total, now - start)}\x1b[K", err=True, nl=False)
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)


def progress_line(done: int, total: int, seconds: float) -> str:
    """Format a progress line: share of bytes read, total size, rate, and remaining time.

    Args:
        done: number of bytes read so far.
        total: size of all files [bytes].
        seconds: time since the start [s].
    """
    rate = done / seconds
    remaining = (total - done) / rate if rate else 0.0
    return f"{done / total:4.0%} of {total / 1e6:,.0f} MB, {rate / 1e6:,.0f} MB/s, {remaining:,.0f} s left"
