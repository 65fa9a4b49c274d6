"""``clonotrack followup``: MRD of one later sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import say, say_figures, warn
from clonotrack.cli.inputs import only_tube

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.FILE)
@options.samples
@options.sample_id
@options.own_subject_id
@click.option("--markers", type=options.FILE, multiple=True, required=True, help="MARKERS table; may be repeated.")
@options.input_cells
@options.input_ng
@options.one_controls
@click.option("--background", type=options.FILE, multiple=True, help="HITS of control samples; may be repeated.")
@click.option("--day", type=options.Number(), help="Day of collection, counted from diagnosis.")
@click.option("--disease", help="Sets the level that a negative result has to reach.")
@click.option(
    "--lymphoid-fraction",
    type=options.SHARE,
    help="Share of nucleated cells that are lymphoid; needed without calibrators.",
)
@options.library
@options.umi
@options.germline
@options.config
@options.force
@options.output("Folder of S.hits.tsv, S.mrd.tsv, S.summary.json.")
def followup(
    reads: tuple[Path, ...],
    samples: Path | None,
    sample_id: str,
    subject_id: str | None,
    markers: tuple[Path, ...],
    input_cells: float | None,
    input_ng: float | None,
    controls: Path | None,
    background: tuple[Path, ...],
    day: float | None,
    disease: str | None,
    lymphoid_fraction: float | None,
    library: str | None,
    umi: str | None,
    germline: Path | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Measure MRD in one later sample.

    READS is FASTQ, plain or gzip, READS2 the mates; - is standard input. Or all lanes of a sample: --samples and
    --sample-id, and what the sheet says of it (patient, library, input) holds. Without --input-cells or
    --input-ng there is a frequency only, and the call is failed.
    """
    from clonotrack import pipeline
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.tables import write_table
    from clonotrack.report import statement
    from clonotrack.tables import HITS, MRD

    files, about = only_tube(
        *(reads, samples, sample_id, config),
        subject_id=subject_id,
        library=library,
        input_cells=input_cells,
        input_ng=input_ng,
        day=day,
        disease=disease,
        lymphoid_fraction=lymphoid_fraction,
    )
    names = ("hits.tsv", "mrd.tsv", "summary.json")
    with staged([output / f"{sample_id}.{name}" for name in names], force=force) as (hits, mrd, summary):
        result = pipeline.followup(
            files,
            sample_id=sample_id,
            markers=markers,
            controls=controls,
            background=background or None,
            config=config,
            umi=umi,
            germline=germline,
            **about,
        )
        write_table(result.hits, HITS, hits)
        write_table(result.mrd, MRD, mrd)
        write_json(summary, result.summary)
    say_figures(result.qc)
    warn(result.warnings)
    for row in result.mrd.iter_rows(named=True):
        say(f"{row['marker_id']}: {statement(row)}")
