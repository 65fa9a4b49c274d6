"""``clonotrack config``: the settings there are."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--schema", is_flag=True, help="Print JSON Schema instead of commented YAML.")
@click.option("--workflow", is_flag=True, help="The settings of the workflow itself: sheet, output, settings file.")
def config(*, schema: bool, workflow: bool) -> None:
    """Print every setting with its default and meaning, as YAML that can be edited and given to --config."""
    from clonotrack.config import models as settings

    model = settings.Run if workflow else settings.Config
    text = json.dumps(settings.schema(model), indent=2) if schema else settings.commented(model)
    click.echo(text.rstrip())
