"""``clonotrack baseline``: a patient's markers from one sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import say, say_figures
from clonotrack.cli.inputs import only_tube

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.FILE)
@options.samples
@options.sample_id
@options.own_subject_id
@options.input_cells
@options.input_ng
@options.one_controls
@options.library
@options.umi
@options.germline
@options.config
@options.threads
@options.force
@options.output("Folder of S.rearrangements.tsv, S.clonotypes.tsv, S.markers.tsv, S.summary.json.")
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
    """Find a patient's markers in a high-burden sample.

    READS is FASTQ, plain or gzip, READS2 the mates; - is standard input. Or all lanes of a sample: --samples and
    --sample-id, and what the sheet says of it (patient, library, input) holds.
    """
    from clonotrack import pipeline
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.tables import write_table, write_through
    from clonotrack.tables import CLONOTYPES, MARKERS, REARRANGEMENTS

    amounts = {"input_cells": input_cells, "input_ng": input_ng}
    files, about = only_tube(reads, samples, sample_id, config, subject_id=subject_id, library=library, **amounts)
    names = ("rearrangements.tsv", "clonotypes.tsv", "markers.tsv", "summary.json")
    with staged([output / f"{sample_id}.{name}" for name in names], force=force) as places:
        result = pipeline.baseline(
            files,
            sample_id=sample_id,
            controls=controls,
            config=config,
            umi=umi,
            germline=germline,
            threads=threads,
            through=lambda parts: write_through(parts, REARRANGEMENTS, places[0]),
            **about,
        )
        write_table(result.clonotypes, CLONOTYPES, places[1])
        write_table(result.markers, MARKERS, places[2])
        write_json(places[3], result.summary)
    say_figures(result.qc)
    for marker_id, selected, reason in result.markers.select("marker_id", "selected", "reason").iter_rows():
        if selected:
            say(f"{marker_id}: {reason}")
    if not result.markers.get_column("selected").any():
        say(f"{sample_id}: no clonotype is dominant; {output / f'{sample_id}.markers.tsv'} says why")
