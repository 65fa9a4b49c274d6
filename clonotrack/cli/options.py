"""Options and option types that several commands share."""

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
    """Type of an option: a number within bounds; `nan` and infinite numbers are errors."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse the number."""
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
    """Check an identifier by the rule of the sample sheet: it becomes part of a file name."""
    if value is not None and not IDENTIFIER.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not valid: use letters, digits and _ . + - after a letter or digit")
    return value


config = click.option(
    "--config", type=PATH, callback=_read_config, help="Settings file (YAML); `clonotrack config` prints an example."
)
force = click.option("--force", is_flag=True, help="Overwrite existing results.")
germline = click.option(
    "--germline", type=PATH, help="Folder of a germline reference.  [default: the embedded human one]"
)
threads = click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Number of threads.")
library = click.option("--library", help="Library of the tube, a section `libraries.NAME` of the settings.")
umi = click.option("--umi", metavar="PATTERN", help="UMI pattern, such as ^(?P<umi>.{12}); replaces the library's.")
samples = click.option("--samples", type=PATH, help="Sample sheet.")
markers = click.option("--markers", type=PATH, multiple=True, help="MARKERS table; may be repeated.")
controls = click.option(
    "--controls",
    type=PATH,
    multiple=True,
    help="CONTROLS table of all tubes; replaces those that the settings name; may be repeated.",
)
tube_controls = click.option(
    "--controls", type=PATH, help="CONTROLS table of the tube; replaces the one that the settings name."
)
input_cells = click.option("--input-cells", type=AMOUNT, help="Nucleated cells whose DNA went into the tube.")
input_ng = click.option("--input-ng", type=AMOUNT, help="Mass of DNA that went into the tube [ng].")
sample_id = click.option("--sample-id", required=True, callback=_check_identifier, help="Identifier of the sample.")
subject_id = click.option("--subject-id", required=True, callback=_check_identifier, help="Identifier of the patient.")
optional_subject_id = click.option("--subject-id", callback=_check_identifier, help="Identifier of the patient.")


def output(meaning: str) -> Callable[[Command], Command]:
    """Make the required option ``-o``, whose help text is `meaning`."""
    return click.option("-o", "--output", type=PATH, required=True, help=meaning)
