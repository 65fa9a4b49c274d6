"""Options that several commands share, declared once."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import click

from clonotrack.config.identifiers import IDENTIFIER

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


class Number(click.FloatRange):
    """A number within bounds; `nan` and `inf`, which every bound lets pass or none says why, are refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number in `value`."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is no finite number", param, ctx)
        return number


AMOUNT = Number(min=0, min_open=True)
SHARE = Number(min=0, max=1, min_open=True)


def _config(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Any:
    from clonotrack.io.settings import read_config

    return read_config(value)


config = click.option(
    "--config", type=FILE, callback=_config, help="Science settings (YAML); `clonotrack config` prints the defaults."
)
force = click.option("--force", is_flag=True, help="Overwrite results that are there.")
germline = click.option("--germline", type=FILE, help="Folder of your own V, D and J reference.")
threads = click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads.")
library = click.option("--library", help="Section `libraries.NAME` of the configuration.")
umi = click.option("--umi", metavar="PATTERN", help="UMI in the reads, as ^(?P<umi>.{12}); in place of the library's.")
samples = click.option("--samples", type=FILE, help="The sample sheet.")
markers = click.option("--markers", type=FILE, multiple=True, help="MARKERS table; may be repeated.")
controls = click.option(
    "--controls",
    type=FILE,
    multiple=True,
    help="CONTROLS of every tube, in place of those that its library names; may be repeated.",
)

one_controls = click.option(
    "--controls", type=FILE, help="CONTROLS of the tube, in place of those that its library names."
)
input_cells = click.option("--input-cells", type=AMOUNT, help="Nucleated cells put into the tube.")
input_ng = click.option("--input-ng", type=AMOUNT, help="DNA put into the tube [ng].")


def _identifier(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Names become names of files: the same rule as in the sheet."""
    if value is not None and not IDENTIFIER.fullmatch(value):
        raise click.BadParameter(f"{value!r}: use letters, digits and _ . + - after a letter or digit")
    return value


sample_id = click.option("--sample-id", required=True, callback=_identifier, help="Name of the sample.")
own_subject_id = click.option("--subject-id", callback=_identifier, help="Name of the patient.")
subject_id = click.option("--subject-id", required=True, callback=_identifier, help="Name of the patient.")


def output(meaning: str) -> Callable[[Command], Command]:
    """The option ``-o``, with what it names."""
    return click.option("-o", "--output", type=FILE, required=True, help=meaning)
