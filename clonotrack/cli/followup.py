"""Command ``clonotrack followup``: measure MRD in one later sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import print_qc, print_summary, print_warnings
from clonotrack.cli.inputs import find_single_tube

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.PATH)
@options.samples
@options.sample_id
@options.optional_subject_id
@click.option("--markers", type=options.PATH, multiple=True, required=True, help="MARKERS table; may be repeated.")
@options.input_cells
@options.input_ng
@options.tube_controls
@click.option(
    "--background", type=options.PATH, multiple=True, help="HITS table of a control sample of the run; may be repeated."
)
@click.option("--day", type=options.FiniteNumber(), help="Day of collection; diagnosis is day 0.")
@click.option(
    "--disease",
    help="Disease of the patient, which sets the target level: the MRD that a negative result has to exclude.",
)
@click.option(
    "--lymphoid-fraction",
    type=options.FRACTION,
    help="Share of nucleated cells that are lymphoid; needed without calibrators and UMIs.",
)
@options.library
@options.umi
@options.germline
@options.config
@options.force
@options.output("Output folder for S.hits.tsv, S.mrd.tsv and S.summary.json; S is the sample-id.")
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

    READS is FASTQ (plain, gzip or zstd), BAM or CRAM; READS2 is FASTQ of the second mates; - is standard input. With
    --samples instead of READS, the command reads all lanes of the sample, and the sample sheet gives patient, library
    and input amount. Without an input amount (--input-cells, --input-ng or reference loci), the call is failed, and the
    result is only a share of reads.
    """
    from clonotrack import pipeline
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.tables import write_table
    from clonotrack.report import statement
    from clonotrack.tables import HITS, MRD

    lanes, tube = find_single_tube(
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
            lanes,
            sample_id=sample_id,
            markers=markers,
            controls=controls,
            background=background or None,
            config=config,
            umi=umi,
            germline=germline,
            **tube,
        )
        write_table(result.hits, HITS, hits)
        write_table(result.mrd, MRD, mrd)
        write_json(summary, result.summary)
    print_qc(result.qc)
    print_warnings(result.warnings)
    for row in result.mrd.iter_rows(named=True):
        print_summary(f"{row['marker_id']}: {statement(row)}")
