"""``clonotrack annotate``: stage 2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.main import let_memory_wait

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("sequences", type=options.FILE)
@options.germline
@options.config
@options.threads
@options.force
@options.output("REARRANGEMENTS table S.rearrangements.tsv (or .parquet).")
def annotate(sequences: Path, germline: Path | None, config: Config, threads: int, force: bool, output: Path) -> None:
    """Recognise V(D)J rearrangements: V, D, J and junction, both strands, all seven loci.

    SEQUENCES is a SEQUENCES table (.parquet, .tsv), or FASTQ or FASTA, plain or gzip; - is standard input. One row per
    sequence is written, with null calls where there is no rearrangement (AIRR Rearrangement schema).
    """
    let_memory_wait()
    from clonotrack.annotate.stage import annotate_batches
    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import write_batches
    from clonotrack.reads.sequences_io import sequence_batches
    from clonotrack.tables import REARRANGEMENTS

    with staged([output], force=force) as (place,):
        reference = arguments.resolve_reference(germline, config)
        called = annotate_batches(sequence_batches(sequences), reference, config.annotate, threads=threads)
        write_batches(called, REARRANGEMENTS, place)
