"""Command ``clonotrack markers`` (stage 4)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config
    from clonotrack.markers.tube_inputs import TubeInputs


@click.command()
@click.argument("clonotypes", nargs=-1, required=True, type=options.PATH)
@options.subject_id
@click.option("--sample-id", help="Identifier of the baseline sample.  [default: from the file name of CLONOTYPES]")
@options.samples
@click.option(
    "--hits",
    type=options.PATH,
    multiple=True,
    help="HITS table with the calibrator reads of the baseline; may be repeated.",
)
@options.controls
@options.input_cells
@options.input_ng
@options.germline
@options.config
@options.force
@options.output("Output file of the MARKERS table.")
def markers(
    clonotypes: tuple[Path, ...],
    subject_id: str,
    sample_id: str | None,
    samples: Path | None,
    hits: tuple[Path, ...],
    controls: tuple[Path, ...],
    input_cells: float | None,
    input_ng: float | None,
    germline: Path | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Select markers from the CLONOTYPES tables of one or more baselines of a patient.

    The dominance rule has four criteria. Two criteria need the nucleated cells (--samples, --input-cells or --input-ng)
    and the reads per cell (--hits and --controls). Without these numbers the two criteria are not assessed, and the
    column reason of MARKERS says so.
    """
    from clonotrack.io.arguments import resolve_reference
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import read_table, write_table
    from clonotrack.markers.allowed_edits import add_allowed_edits
    from clonotrack.markers.stage import select_markers, unite_baselines
    from clonotrack.tables import CLONOTYPES, MARKERS

    amounts = {"input_cells": input_cells, "input_ng": input_ng}
    has_amount = any(amount is not None for amount in amounts.values())
    if len(clonotypes) > 1 and (sample_id or has_amount):
        raise click.UsageError(
            "--sample-id, --input-cells and --input-ng describe one baseline: give one CLONOTYPES file, or "
            "use --samples"
        )
    if samples and has_amount:
        raise click.UsageError("the sample sheet (--samples) gives the input: leave out --input-cells and --input-ng")
    with staged([output], force=force) as (marker_path,):
        baselines = []
        for path in clonotypes:
            name = sample_id or path.name.removesuffix(path.suffix).removesuffix(".clonotypes")
            tube = {"sample_id": name, "library": None, "replicate": None, **amounts}
            tubes = _sheet_rows(samples, name, subject_id, config) if samples else [tube]
            known = _tube_amounts(tubes, name, hits, controls, config)
            baselines.append(
                select_markers(
                    read_table(path, CLONOTYPES),
                    config.markers,
                    subject_id=subject_id,
                    sample_id=name,
                    input_cells=known.input_cells,
                    reads_per_copy=known.reads_per_copy,
                    umis_per_copy=known.umis_per_copy,
                    capture_assumed=known.capture_assumed,
                )
            )
        reference = resolve_reference(germline, config)
        write_table(add_allowed_edits(unite_baselines(baselines), reference, config.track), MARKERS, marker_path)


def _sheet_rows(samples: Path, sample_id: str, subject_id: str, config: Config) -> list[dict[str, Any]]:
    """Return the rows of a baseline on the sample sheet.

    Raises:
        InputError: the sheet lacks the sample, or the sample belongs to another patient.
    """
    from clonotrack.errors import InputError
    from clonotrack.io.samples import read_samples

    rows = [row for row in read_samples(samples, config).iter_rows(named=True) if row["sample_id"] == sample_id]
    if not rows:
        raise InputError(samples, f"has no sample {sample_id!r}: give the identifier of the baseline with --sample-id")
    if rows[0]["subject_id"] != subject_id:
        owner = f"patient {rows[0]['subject_id']}" if rows[0]["subject_id"] else "no patient"
        raise InputError(samples, f"sample {sample_id!r} belongs to {owner}, not {subject_id}: correct --subject-id")
    return rows


def _tube_amounts(
    tubes: list[dict[str, Any]], sample_id: str, hits: tuple[Path, ...], controls: tuple[Path, ...], config: Config
) -> TubeInputs:
    """Return the input amounts of a baseline: nucleated cells, and reads and UMIs per copy of a rearrangement."""
    import polars as pl

    from clonotrack.errors import InputError
    from clonotrack.io.tables import read_table
    from clonotrack.io.target_tables import read_controls_by_library
    from clonotrack.markers.tube_inputs import tube_inputs
    from clonotrack.tables import HITS

    all_hits = pl.concat([read_table(path, HITS) for path in hits]) if hits else None
    baseline_hits = None if all_hits is None else all_hits.filter(pl.col("sample_id") == sample_id)
    if baseline_hits is not None and not baseline_hits.height:
        raise InputError(hits[0], f"has no row of sample {sample_id!r}: give the HITS of the baseline with --hits")
    return tube_inputs(tubes, baseline_hits, read_controls_by_library(controls, config), config)
