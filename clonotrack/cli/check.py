"""``clonotrack check``: a sheet before it is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("samples", type=options.FILE)
@options.config
def check(samples: Path, config: Config) -> None:
    """Say every problem of a sample sheet, its files, markers and controls at once.

    Exit status 0 where there is none, else 1.
    """
    from clonotrack.errors import ClonotrackError
    from clonotrack.io.cohort import inspect_cohort

    frame, problems = inspect_cohort(samples, config)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise ClonotrackError(f"{samples}: {len(problems)} problems found: correct them and check again")
    click.echo(f"{samples}: {frame.height} rows, {frame['sample_id'].n_unique()} samples, no problem found")
