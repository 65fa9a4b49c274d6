"""Which files of reads a command is asked to read: one by name, or all of a sample from the sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clonotrack.config import Config


def lanes(
    reads: Path | None, samples: Path | None, sample_id: str | None, library: str | None, config: Config
) -> list[Path]:
    """The files, in the order of the sheet.

    Args:
        reads: the file that was named, ``-`` for standard input.
        samples: the sheet, which `sample_id` and, where given, `library` choose from.
        sample_id: the sample; may be given beside `reads` too.
        library: section of the configuration.
        config: the settings.

    Raises:
        click.UsageError: neither or both ways were used.
        InputError: the sheet has no such sample, or not of this library.
        ConfigError: the configuration has no such library.
    """
    from clonotrack.errors import InputError
    from clonotrack.io.samples import read_samples

    if (reads is None) == (samples is None):
        raise click.UsageError("name the file READS, or give --samples and --sample-id: one of the two")
    if library is not None:
        config.library(library)
    if reads is not None:
        return [reads]
    assert samples is not None
    if sample_id is None:
        raise click.UsageError("--samples needs --sample-id, which says whose files to read")
    sheet = read_samples(samples, config)
    rows = [row for row in sheet.iter_rows(named=True) if row["sample_id"] == sample_id]
    if not rows:
        known = ", ".join(sheet["sample_id"].unique(maintain_order=True))
        raise InputError(samples, f"has no sample {sample_id!r}: choose one of {known}")
    chosen = [Path(row["reads_1"]) for row in rows if library in (None, row["library"])]
    if not chosen:
        raise InputError(samples, f"has no row of sample {sample_id!r} with library {library!r}: correct one of them")
    return chosen
