"""``clonotrack check``: a sheet before it is run."""

from __future__ import annotations

from pathlib import Path

import click

from clonotrack.cli import options


@click.command()
@click.argument("samples", type=options.FILE)
@options.config
def check(samples: Path, config: object) -> None:
    """Say every problem of a sample sheet, its files, markers and controls at once.

    Exit status 0 where there is none, else 1.
    """
    from clonotrack.config import Config
    from clonotrack.errors import ClonotrackError
    from clonotrack.io.cohort import inspect_cohort

    assert isinstance(config, Config)
    frame, problems = inspect_cohort(samples, config)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise ClonotrackError(f"{samples}: {len(problems)} problems found: correct them and check again")
    click.echo(f"{samples}: {frame.height} rows, {frame['sample_id'].n_unique()} samples, no problem found")
