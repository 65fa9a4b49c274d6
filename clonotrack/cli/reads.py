"""``clonotrack reads``: stage 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.lanes import lanes

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads_1", metavar="[READS]", nargs=-1, type=options.FILE)
@options.samples
@click.option("--sample-id", help="The sample: of the sheet, or a name for the QC table.  [default: from -o]")
@options.library
@options.config
@options.force
@options.output("SEQUENCES table S.sequences.parquet (or .tsv); S.reads.qc.tsv is written beside it.")
def reads(
    reads_1: tuple[Path, ...],
    samples: Path | None,
    sample_id: str | None,
    library: str | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Check, filter and collapse reads.

    READS is FASTQ or FASTA, plain or gzip; - is standard input. Or all files of a sample: --samples and --sample-id.
    """
    from clonotrack.io.frames import write_table
    from clonotrack.io.outputs import staged
    from clonotrack.library.batches import Counts, batches
    from clonotrack.reads import collapse, quality_control
    from clonotrack.tables import QC, SEQUENCES

    tubes = lanes(reads_1, samples, sample_id, library, config)
    stem = output.name.removesuffix(output.suffix).removesuffix(".sequences")
    with staged([output, output.with_name(f"{stem}.reads.qc.tsv")], force=force) as (table, qc):
        counts = Counts()
        found = (
            batches(tube, config.reads, config.library(row["library"] if row else library), counts, fasta=True)
            for row, tube in tubes
        )
        sequences = collapse(batch for tube in found for batch in tube)
        write_table(sequences, SEQUENCES, table)
        write_table(quality_control(counts, sequences, sample_id or stem), QC, qc)
