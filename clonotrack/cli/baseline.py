"""Command ``clonotrack baseline``: find the markers of a patient in one sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import print_qc, print_summary
from clonotrack.cli.inputs import find_single_tube

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.PATH)
@options.samples
@options.sample_id
@options.optional_subject_id
@options.input_cells
@options.input_ng
@options.tube_controls
@options.library
@options.umi
@options.germline
@options.config
@options.threads
@options.force
@options.output(
    "Output folder for S.rearrangements.tsv, S.clonotypes.tsv, S.markers.tsv and S.summary.json; S is the sample-id."
)
def baseline(
    reads: tuple[Path, ...],
    samples: Path | None,
    sample_id: str,
    subject_id: str | None,
    input_cells: float | None,
    input_ng: float | None,
    controls: Path | None,
    library: str | None,
    umi: str | None,
    germline: Path | None,
    config: Config,
    threads: int,
    force: bool,
    output: Path,
) -> None:
    """Find the markers of a patient in a sample with many cancer cells.

    READS is FASTQ (plain, gzip or zstd), BAM or CRAM; READS2 is FASTQ of the second mates; - is standard input. With
    --samples instead of READS, the command reads all lanes of the sample, and the sample sheet gives patient, library
    and input amount.
    """
    from clonotrack import pipeline
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.tables import write_table, write_through
    from clonotrack.tables import CLONOTYPES, MARKERS, REARRANGEMENTS

    values = {"subject_id": subject_id, "library": library, "input_cells": input_cells, "input_ng": input_ng}
    lanes, tube = find_single_tube(reads, samples, sample_id, config, **values)
    names = ("rearrangements.tsv", "clonotypes.tsv", "markers.tsv", "summary.json")
    with staged([output / f"{sample_id}.{name}" for name in names], force=force) as paths:
        result = pipeline.baseline(
            lanes,
            sample_id=sample_id,
            controls=controls,
            config=config,
            umi=umi,
            germline=germline,
            threads=threads,
            rearrangements_sink=lambda batches: write_through(batches, REARRANGEMENTS, paths[0]),
            **tube,
        )
        write_table(result.clonotypes, CLONOTYPES, paths[1])
        write_table(result.markers, MARKERS, paths[2])
        write_json(paths[3], result.summary)
    print_qc(result.qc)
    for marker_id, selected, reason in result.markers.select("marker_id", "selected", "reason").iter_rows():
        if selected:
            print_summary(f"{marker_id}: {reason}")
    if not result.markers.get_column("selected").any():
        print_summary(
            f"{sample_id}: no marker was selected: read the column reason in {output / f'{sample_id}.markers.tsv'}"
        )
