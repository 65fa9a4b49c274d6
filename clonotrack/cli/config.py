"""Command ``clonotrack config``: print the settings."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the settings instead of YAML.")
@click.option(
    "--workflow",
    is_flag=True,
    help="Print the settings of the Snakemake workflow (samples, output, settings) instead of those of the analysis.",
)
def config(*, schema: bool, workflow: bool) -> None:
    """Print all settings with their defaults and meanings, as a YAML file for the option --config of other commands."""
    from clonotrack.config import models as settings

    model = settings.Run if workflow else settings.Config
    text = json.dumps(settings.schema(model), indent=2) if schema else settings.commented(model)
    click.echo(text.rstrip())
