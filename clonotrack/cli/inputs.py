"""The read files of a command: named on the command line, or listed on the sample sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from clonotrack.tables import TUBE

if TYPE_CHECKING:
    from clonotrack.config import Config
    from clonotrack.io.read_files import Lane

Row: TypeAlias = dict[str, Any]


def find_tubes(
    reads: tuple[Path, ...], samples: Path | None, sample_id: str | None, library: str | None, config: Config
) -> list[tuple[Row | None, list[Lane]]]:
    """Find the lanes of each tube of a sample.

    Args:
        reads: the file READS (``-`` for standard input), and READS2 if there is one; or nothing.
        samples: the sample sheet; or None.
        sample_id: the sample; required with `samples`.
        library: a library of the settings; None stands for all libraries of the sample.
        config: the settings.

    Returns:
        A row of the sheet (None without a sheet) and the lanes of each tube, in the order of the sheet.

    Raises:
        click.UsageError: the call has neither or both of `reads` and `samples`, or other wrong arguments.
        ClonotrackError: the sheet has no such sample or library; the settings have no such library.
    """
    from clonotrack.io.read_files import Lane

    if bool(reads) == bool(samples):
        raise click.UsageError("give either READS, or --samples with --sample-id")
    if len(reads) > 2:
        raise click.UsageError(
            "too many files: give READS and READS2; list several lanes on a sample sheet (--samples)"
        )
    if library is not None:
        config.library(library)
    if samples is None:
        return [(None, [Lane(*reads)])]
    if sample_id is None:
        raise click.UsageError("--samples needs the name of a sample: add --sample-id")
    return _tubes_on_sheet(samples, sample_id, library, config)


def find_single_tube(
    reads: tuple[Path, ...], samples: Path | None, sample_id: str, config: Config, **values: Any
) -> tuple[list[Lane], dict[str, Any]]:
    """Find the lanes of a sample that has one tube, and what is known about it.

    Args:
        reads: as in `find_tubes`.
        samples: as in `find_tubes`.
        sample_id: the sample.
        config: the settings.
        values: values of options that describe the tube, by column of the sample sheet; None if an option is missing.
            `library` selects one of several tubes.

    Returns:
        The lanes; and for each name in `values` its value, which comes from the sample sheet if there is one.

    Raises:
        click.UsageError: an option repeats a column of the sheet, the input is given twice, or --subject-id is missing.
        ClonotrackError: as in `find_tubes`; or the sample has several tubes.
    """
    from clonotrack.errors import InputError

    if values.get("input_cells") is not None and values.get("input_ng") is not None:
        raise click.UsageError("--input-cells and --input-ng are alternatives: leave out one of them")
    tubes = find_tubes(reads, samples, sample_id, values["library"], config)
    if len(tubes) > 1:
        message = f"sample {sample_id} has {len(tubes)} tubes: use `clonotrack run`, or choose one tube with --library"
        raise InputError(str(samples), message)
    row, lanes = tubes[0]
    repeated = [name for name, value in values.items() if row and name != "library" and value is not None]
    if repeated:
        option = repeated[0].replace("_", "-")
        raise click.UsageError(f"--{option} is a column of the sample sheet (--samples): leave out the option")
    known = {name: row[name] for name in values} if row else values
    if known["subject_id"] is None:
        raise click.UsageError("the patient is missing: add --subject-id")
    return lanes, known


def _tubes_on_sheet(
    samples: Path, sample_id: str, library: str | None, config: Config
) -> list[tuple[Row | None, list[Lane]]]:
    """Return the first row and the lanes of each tube of a sample on the sheet."""
    from clonotrack.errors import InputError
    from clonotrack.io.samples import read_samples

    sheet = read_samples(samples, config)
    rows = [row for row in sheet.iter_rows(named=True) if row["sample_id"] == sample_id]
    if not rows:
        known = ", ".join(sheet["sample_id"].unique(maintain_order=True))
        raise InputError(samples, f"has no sample {sample_id!r}: choose one of {known}")
    tubes: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if library in (None, row["library"]):
            tubes.setdefault(tuple(row[name] for name in TUBE), []).append(row)
    if not tubes:
        message = f"has no row of sample {sample_id!r} with library {library!r}: correct --sample-id or --library"
        raise InputError(samples, message)
    return [(rows[0], [_lane(row) for row in rows]) for rows in tubes.values()]


def _lane(row: Row) -> Lane:
    from clonotrack.io.read_files import Lane

    return Lane(Path(row["reads_1"]), None if row["reads_2"] is None else Path(row["reads_2"]))
