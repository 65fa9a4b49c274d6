"""``clonotrack reads``: stage 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.inputs import lanes

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.FILE)
@options.samples
@click.option("--sample-id", help="The sample: of the sheet, or a name for the QC table.  [default: from -o]")
@options.library
@options.umi
@options.config
@options.force
@options.output("SEQUENCES table S.sequences.parquet (or .tsv); S.reads.qc.tsv is written beside it.")
def reads(
    reads: tuple[Path, ...],
    samples: Path | None,
    sample_id: str | None,
    library: str | None,
    umi: str | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Check, merge, filter and collapse reads.

    READS is FASTQ or FASTA, plain or gzip, READS2 the mates; - is standard input. Or all files of a sample: --samples
    and --sample-id.
    """
    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import write_batches, write_table
    from clonotrack.reads.qc import quality_control
    from clonotrack.reads.stage import read
    from clonotrack.tables import QC, SEQUENCES

    config = arguments.resolve_config(config, library, umi)
    tubes = lanes(reads, samples, sample_id, library, config)
    stem = output.name.removesuffix(output.suffix).removesuffix(".sequences")
    with staged([output, output.with_name(f"{stem}.reads.qc.tsv")], force=force) as (table, qc):
        named = [(files, config.library(row["library"] if row else library)) for row, files in tubes]
        found = read(named, config.reads, fasta=True)
        write_batches(found.fragments.frames(forget=True), SEQUENCES, table)
        write_table(quality_control(found, sample_id or stem), QC, qc)
