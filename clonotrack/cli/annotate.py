"""Command ``clonotrack annotate`` (stage 2)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.main import let_memory_wait

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("sequences", type=options.PATH)
@options.germline
@options.config
@options.threads
@options.force
@options.output("REARRANGEMENTS table to write, S.rearrangements.tsv (or .parquet).")
def annotate(sequences: Path, germline: Path | None, config: Config, threads: int, force: bool, output: Path) -> None:
    """Find the V(D)J rearrangement of each sequence: V, D, J and junction, on both strands, of all seven loci.

    SEQUENCES is a SEQUENCES table (.parquet or .tsv), FASTQ or FASTA (plain, gzip or zstd); - is standard input. The
    result has one row per sequence (AIRR Rearrangement schema). Calls are empty if there is no rearrangement.
    """
    let_memory_wait()
    from clonotrack.annotate.stage import annotate_batches
    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import write_batches
    from clonotrack.reads.sequences_io import sequence_batches
    from clonotrack.tables import REARRANGEMENTS

    with staged([output], force=force) as (path,):
        reference = arguments.resolve_reference(germline, config)
        batches = annotate_batches(sequence_batches(sequences), reference, config.annotate, threads=threads)
        write_batches(batches, REARRANGEMENTS, path)
