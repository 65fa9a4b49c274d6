"""How much a command says beside its results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
