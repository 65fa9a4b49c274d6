"""``clonotrack followup``: MRD of one later sample."""

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
@click.option("--markers", type=options.FILE, multiple=True, required=True, help="MARKERS table; may be repeated.")
@options.input_cells
@options.input_ng
@options.one_controls
@click.option("--background", type=options.FILE, multiple=True, help="HITS of control samples; may be repeated.")
@click.option("--day", type=float, help="Day of collection, counted from diagnosis.")
@click.option("--disease", help="Sets the level that a negative result has to reach.")
@click.option(
    "--lymphoid-fraction",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of nucleated cells that are lymphoid; needed without calibrators.",
)
@options.library
@options.germline
@options.config
@options.force
@options.output("Folder of S.hits.tsv, S.mrd.tsv, S.summary.json.")
def followup(
    reads: tuple[Path, ...],
    sample_id: str,
    subject_id: str,
    markers: tuple[Path, ...],
    input_cells: float | None,
    input_ng: float | None,
    controls: Path | None,
    background: tuple[Path, ...],
    day: float | None,
    disease: str | None,
    lymphoid_fraction: float | None,
    library: str | None,
    germline: Path | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Measure MRD in one later sample.

    READS are FASTQ, plain or gzip; several files are lanes of one tube. Without --input-cells or --input-ng there is
    a frequency only, and the call is failed.
    """
    from clonotrack import pipeline
    from clonotrack.io.frames import write_table
    from clonotrack.io.outputs import staged
    from clonotrack.io.summaries import write_json
    from clonotrack.report import statement
    from clonotrack.tables import HITS, MRD

    names = ("hits.tsv", "mrd.tsv", "summary.json")
    with staged([output / f"{sample_id}.{name}" for name in names], force=force) as (hits, mrd, summary):
        result = pipeline.followup(
            reads,
            sample_id=sample_id,
            subject_id=subject_id,
            markers=markers,
            input_cells=input_cells,
            input_ng=input_ng,
            controls=controls,
            background=background or None,
            day=day,
            disease=disease,
            lymphoid_fraction=lymphoid_fraction,
            library=library,
            config=config,
            germline=germline,
        )
        write_table(result.hits, HITS, hits)
        write_table(result.mrd, MRD, mrd)
        write_json(summary, result.summary)
    for row in result.mrd.iter_rows(named=True):
        click.echo(f"{row['marker_id']}: {statement(row)}")
