"""Command-line options and option types that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import click

from clonotrack.config.identifiers import IDENTIFIER

Command = TypeVar("Command", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)


class FiniteNumber(click.FloatRange):
    """Type of an option: a number within bounds; NaN and infinite numbers are errors."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert the text of the option to a number; fail if the number is not finite or out of bounds."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


AMOUNT = FiniteNumber(min=0, min_open=True)
FRACTION = FiniteNumber(min=0, max=1, min_open=True)


def _read_config(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Any:
    from clonotrack.io.settings import read_config

    return read_config(value)


def _check_identifier(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Check that an identifier follows the rule of the sample sheet, because it becomes part of a file name."""
    if value is not None and not IDENTIFIER.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not valid: use letters, digits and _ . + - after a letter or digit")
    return value


config = click.option(
    "--config", type=PATH, callback=_read_config, help="Settings file (YAML); `clonotrack config` prints an example."
)
force = click.option("--force", is_flag=True, help="Overwrite existing output files.")
germline = click.option(
    "--germline", type=PATH, help="Folder of a germline reference.  [default: the embedded human reference]"
)
threads = click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Number of threads.")
library = click.option(
    "--library", help="Name of the tube's library: NAME of a section `libraries.NAME` of the settings."
)
umi = click.option(
    "--umi", metavar="PATTERN", help="UMI pattern, such as ^(?P<umi>.{12}); replaces the pattern in the settings."
)
samples = click.option("--samples", type=PATH, help="Sample sheet (TSV).")
markers = click.option("--markers", type=PATH, multiple=True, help="MARKERS table; may be repeated.")
controls = click.option(
    "--controls",
    type=PATH,
    multiple=True,
    help="CONTROLS table of all tubes; replaces the tables that the settings name; may be repeated.",
)
tube_controls = click.option(
    "--controls", type=PATH, help="CONTROLS table of the tube; replaces the table that the settings name."
)
input_cells = click.option("--input-cells", type=AMOUNT, help="Number of nucleated cells whose DNA went into the tube.")
input_ng = click.option("--input-ng", type=AMOUNT, help="Mass of DNA that went into the tube [ng].")
sample_id = click.option("--sample-id", required=True, callback=_check_identifier, help="Identifier of the sample.")
subject_id = click.option("--subject-id", required=True, callback=_check_identifier, help="Identifier of the patient.")
optional_subject_id = click.option("--subject-id", callback=_check_identifier, help="Identifier of the patient.")


def output(meaning: str) -> Callable[[Command], Command]:
    """Make the required option ``-o`` with the help text `meaning`."""
    return click.option("-o", "--output", type=PATH, required=True, help=meaning)
