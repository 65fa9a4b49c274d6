"""Command ``clonotrack cluster`` (stage 3)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.argument("rearrangements", type=options.PATH)
@click.option("--sample-id", help="Identifier of the sample, for the QC table.  [default: from the file name after -o]")
@options.controls
@options.config
@options.force
@options.output(
    "Output file of the CLONOTYPES table, S.clonotypes.tsv; S.cluster.qc.tsv is written into the same folder."
)
def cluster(
    rearrangements: Path,
    sample_id: str | None,
    controls: tuple[Path, ...],
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Merge the REARRANGEMENTS of one sample into clonotypes; an error copy joins the sequence that it is a copy of."""
    import polars as pl

    from clonotrack.cluster.qc import cluster_qc
    from clonotrack.cluster.rearrangements import COLUMNS
    from clonotrack.cluster.stage import cluster_batches
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import table_batches, write_table
    from clonotrack.io.target_tables import read_controls_by_library
    from clonotrack.tables import CLONOTYPES, QC, REARRANGEMENTS

    stem = output.name.removesuffix(output.suffix).removesuffix(".clonotypes")
    with staged([output, output.with_name(f"{stem}.cluster.qc.tsv")], force=force) as (table, qc):
        rows = table_batches(rearrangements, REARRANGEMENTS, columns=COLUMNS)
        tables = read_controls_by_library(controls, config).values()
        all_controls = pl.concat(tables).unique(maintain_order=True) if tables else None
        result = cluster_batches(rows, config.cluster, controls=all_controls)
        write_table(result.clonotypes, CLONOTYPES, table)
        write_table(cluster_qc(result, sample_id or stem), QC, qc)
