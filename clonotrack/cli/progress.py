"""How far a command is with its files, for whoever waits at a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click

from clonotrack.cli.speech import speech

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
