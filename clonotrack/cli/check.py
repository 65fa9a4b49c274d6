"""Command ``clonotrack check``: find problems of a sample sheet before a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("samples", type=options.PATH)
@options.config
def check(samples: Path, config: Config) -> None:
    """Print all problems of a sample sheet, and of the files that the sheet and the settings name.

    The exit status is 0 if there is no problem, and 1 otherwise.
    """
    from clonotrack.errors import ClonotrackError
    from clonotrack.io.cohort import inspect_cohort

    frame, problems = inspect_cohort(samples, config)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise ClonotrackError(
            f"{samples}: {len(problems)} problems found: correct the problems listed above and check again"
        )
    click.echo(f"{samples}: {frame.height} rows, {frame['sample_id'].n_unique()} samples, no problem found")
