"""Command ``clonotrack reads`` (stage 1)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.inputs import find_tubes

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.PATH)
@options.samples
@click.option("--sample-id", help="Identifier of the sample.  [default: from the file name after -o]")
@options.library
@options.umi
@options.config
@options.force
@options.output(
    "Output file of SEQUENCES, S.sequences.parquet (or .tsv); S.reads.qc.tsv is written into the same folder."
)
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
    """Check, merge, filter and deduplicate the reads of a sample.

    READS is FASTQ or FASTA (plain, gzip or zstd), BAM or CRAM; READS2 is FASTQ of the second mates; - is standard
    input. With --samples and --sample-id instead of READS, the command reads all lanes of the sample.
    """
    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import write_batches, write_table
    from clonotrack.reads.qc import reads_qc
    from clonotrack.reads.stage import read
    from clonotrack.tables import QC, SEQUENCES

    config = arguments.resolve_config(config, library, umi)
    tubes = find_tubes(reads, samples, sample_id, library, config)
    stem = output.name.removesuffix(output.suffix).removesuffix(".sequences")
    with staged([output, output.with_name(f"{stem}.reads.qc.tsv")], force=force) as (table, qc):
        lanes = [(files, config.library(row["library"] if row else library)) for row, files in tubes]
        distinct = read(lanes, config.reads, fasta=True)
        write_batches(distinct.fragments.tables(free_memory=True), SEQUENCES, table)
        write_table(reads_qc(distinct, sample_id or stem), QC, qc)
