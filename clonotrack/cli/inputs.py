"""Which files of reads a command is asked to read: one by name, or all of a sample from the sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clonotrack.tables import TUBE

if TYPE_CHECKING:
    from clonotrack.config import Config
    from clonotrack.io.read_files import Lane


def lanes(
    reads: tuple[Path, ...], samples: Path | None, sample_id: str | None, library: str | None, config: Config
) -> list[tuple[dict[str, Any] | None, list[Lane]]]:
    """The tubes to read: what the sheet says of each, None without a sheet, and its files, in the sheet's order.

    Args:
        reads: the file that was named, ``-`` for standard input, and the file of mates where there is one.
        samples: the sheet, which `sample_id` and, where given, `library` choose from.
        sample_id: the sample; may be given beside `reads` too.
        library: section of the configuration.
        config: the settings.

    Raises:
        click.UsageError: neither or both ways were used.
        ClonotrackError: the sheet has no such sample, or not of this library; the configuration has no such library.
    """
    from clonotrack.io.read_files import Lane

    if bool(reads) == bool(samples):
        raise click.UsageError("name the file READS, or give --samples and --sample-id: one of the two")
    if len(reads) > 2:
        raise click.UsageError("name one file of reads, or two of mates; lanes of a sample go on a sheet (--samples)")
    if library is not None:
        config.library(library)
    if samples is None:
        return [(None, [Lane(*reads)])]
    if sample_id is None:
        raise click.UsageError("--samples needs --sample-id, which says whose files to read")
    return _of_sheet(samples, sample_id, library, config)


def only_tube(
    reads: tuple[Path, ...], samples: Path | None, sample_id: str, config: Config, **given: Any
) -> tuple[list[Lane], dict[str, Any]]:
    """The files of the one tube of a command that takes no more, and what is known of it.

    Args:
        reads: as for `lanes`.
        samples: as for `lanes`.
        sample_id: the sample.
        config: the settings.
        given: what the call said of the tube, None where nothing; `library` chooses among several.

    Returns:
        The files; the values of `given`, from the sheet where there is one.

    Raises:
        click.UsageError: the call says what the sheet says, gives the input twice, or names no patient.
        ClonotrackError: as `lanes`; or the sample has several tubes.
    """
    from clonotrack.errors import InputError

    if given.get("input_cells") is not None and given.get("input_ng") is not None:
        raise click.UsageError("give --input-cells or --input-ng, not both: one of them says what went into the tube")
    tubes = lanes(reads, samples, sample_id, given["library"], config)
    if len(tubes) > 1:
        message = f"sample {sample_id} has {len(tubes)} tubes: take it through `clonotrack run`, or choose by --library"
        raise InputError(str(samples), message)
    row, found = tubes[0]
    twice = [name for name, value in given.items() if row and name != "library" and value is not None]
    if twice:
        raise click.UsageError(f"--{twice[0].replace('_', '-')} stands in the sheet that --samples names: leave it out")
    known = {name: row[name] for name in given} if row else given
    if known["subject_id"] is None:
        raise click.UsageError("give --subject-id: the patient")
    return found, known


def _of_sheet(
    samples: Path, sample_id: str, library: str | None, config: Config
) -> list[tuple[dict[str, Any] | None, list[Lane]]]:
    from clonotrack.errors import InputError
    from clonotrack.io.samples import read_samples

    sheet = read_samples(samples, config)
    rows = [row for row in sheet.iter_rows(named=True) if row["sample_id"] == sample_id]
    if not rows:
        known = ", ".join(sheet["sample_id"].unique(maintain_order=True))
        raise InputError(samples, f"has no sample {sample_id!r}: choose one of {known}")
    tubes: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if library in (None, row["library"]):
            tubes.setdefault(tuple(row[name] for name in TUBE), []).append(row)
    if not tubes:
        raise InputError(samples, f"has no row of sample {sample_id!r} with library {library!r}: correct one of them")
    return [(found[0], [_lane(row) for row in found]) for found in tubes.values()]


def _lane(row: dict[str, Any]) -> Lane:
    from clonotrack.io.read_files import Lane

    return Lane(Path(row["reads_1"]), None if row["reads_2"] is None else Path(row["reads_2"]))
