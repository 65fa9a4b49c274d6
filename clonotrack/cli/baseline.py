"""``clonotrack baseline``: a patient's markers from one sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", nargs=-1, required=True, type=options.FILE)
@options.sample_id
@options.subject_id
@options.input_cells
@options.input_ng
@options.one_controls
@options.library
@options.germline
@options.config
@options.force
@options.output("Folder of S.rearrangements.tsv, S.clonotypes.tsv, S.markers.tsv, S.summary.json.")
def baseline(
    reads: tuple[Path, ...],
    sample_id: str,
    subject_id: str,
    input_cells: float | None,
    input_ng: float | None,
    controls: Path | None,
    library: str | None,
    germline: Path | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Find a patient's markers in a high-burden sample.

    READS are FASTQ, plain or gzip; several files are lanes of one tube.
    """
    from clonotrack import pipeline
    from clonotrack.io.frames import write_table
    from clonotrack.io.outputs import staged
    from clonotrack.io.summaries import write_json
    from clonotrack.tables import CLONOTYPES, MARKERS, REARRANGEMENTS

    names = ("rearrangements.tsv", "clonotypes.tsv", "markers.tsv", "summary.json")
    with staged([output / f"{sample_id}.{name}" for name in names], force=force) as places:
        result = pipeline.baseline(
            reads,
            sample_id=sample_id,
            subject_id=subject_id,
            input_cells=input_cells,
            input_ng=input_ng,
            controls=controls,
            library=library,
            config=config,
            germline=germline,
        )
        write_table(result.rearrangements, REARRANGEMENTS, places[0])
        write_table(result.clonotypes, CLONOTYPES, places[1])
        write_table(result.markers, MARKERS, places[2])
        write_json(places[3], result.summary)
    for marker_id, selected, reason in result.markers.select("marker_id", "selected", "reason").iter_rows():
        if selected:
            click.echo(f"{marker_id}: {reason}")
    if not result.markers.get_column("selected").any():
        click.echo(f"{sample_id}: no clonotype is dominant; {output / f'{sample_id}.markers.tsv'} says why")
