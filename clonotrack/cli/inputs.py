"""Find the files of reads of a command: named on the command line, or listed on the sample sheet."""

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
        reads: the arguments READS (``-`` is standard input) and READS2 of the command; empty if `samples` is given.
        samples: path of the sample sheet; None if `reads` is given.
        sample_id: identifier of the sample; required with `samples`.
        library: name of a library, which selects the tubes of this library; None selects all tubes of the sample.
        config: the settings.

    Returns:
        For each tube, in the order of the sheet: its first row on the sheet (None without a sheet), and its lanes.

    Raises:
        click.UsageError: both or none of `reads` and `samples` are given, `reads` has more than two files, or
            `sample_id` is missing.
        ClonotrackError: the sheet does not contain the sample with this library, or the settings lack the library.
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
        raise click.UsageError(
            "--samples names a sample sheet, and this command reads one sample: add --sample-id to choose its rows"
        )
    return _tubes_on_sheet(samples, sample_id, library, config)


def find_single_tube(
    reads: tuple[Path, ...], samples: Path | None, sample_id: str, config: Config, **values: Any
) -> tuple[list[Lane], dict[str, Any]]:
    """Find the lanes of a sample that has one tube, and the properties of this tube.

    Args:
        reads: as in `find_tubes`.
        samples: as in `find_tubes`.
        sample_id: identifier of the sample.
        config: the settings.
        values: values of options that describe the tube, by name of the column in SAMPLES; None if an option is not
            given. `library` selects one of several tubes.

    Returns:
        The lanes, and a dictionary with the names in `values`. Its values come from the sample sheet if there is one,
        otherwise from `values`.

    Raises:
        click.UsageError: an option repeats a column of the sheet, two input amounts are given, or --subject-id is
            missing.
        ClonotrackError: the errors of `find_tubes`, or the sample has several tubes.
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
    """Return, for each tube of a sample on the sheet, its first row and its lanes."""
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
