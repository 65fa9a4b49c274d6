"""``clonotrack markers``: stage 4."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config
    from clonotrack.markers.tube_inputs import TubeInputs


@click.command()
@click.argument("clonotypes", nargs=-1, required=True, type=options.FILE)
@options.subject_id
@click.option("--sample-id", help="The baseline.  [default: from the name of CLONOTYPES]")
@options.samples
@click.option("--hits", type=options.FILE, multiple=True, help="HITS of the controls; may be repeated.")
@options.controls
@options.input_cells
@options.input_ng
@options.germline
@options.config
@options.force
@options.output("MARKERS table.")
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
    """Choose the clonotypes to track, from the CLONOTYPES of one or several baselines of a patient.

    Cells come from --samples, --input-cells or --input-ng, reads per cell from --hits and --controls; what is
    missing leaves a criterion of the rule unassessed, and the reason of each marker says so.
    """
    from clonotrack.io.arguments import resolve_reference
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import read_table, write_table
    from clonotrack.markers.allowed_edits import add_allowed_edits
    from clonotrack.markers.stage import select_markers, unite_baselines
    from clonotrack.tables import CLONOTYPES, MARKERS

    amounts = {"input_cells": input_cells, "input_ng": input_ng}
    given = any(amount is not None for amount in amounts.values())
    if len(clonotypes) > 1 and (sample_id or given):
        raise click.UsageError("--sample-id and the input are those of one baseline: name one file, or use --samples")
    if samples and given:
        raise click.UsageError("the input stands in the sheet that --samples names: do not give it twice")
    with staged([output], force=force) as (place,):
        found = []
        for path in clonotypes:
            name = sample_id or path.name.removesuffix(path.suffix).removesuffix(".clonotypes")
            alone = {"sample_id": name, "library": None, "replicate": None, **amounts}
            rows = _of_sheet(samples, name, subject_id, config) if samples else [alone]
            known = _amounts(rows, name, hits, controls, config)
            found.append(
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
        write_table(add_allowed_edits(unite_baselines(found), reference, config.track), MARKERS, place)


def _of_sheet(samples: Path, sample_id: str, subject_id: str, config: Config) -> list[dict[str, Any]]:
    """The rows of a baseline in the sheet."""
    from clonotrack.errors import InputError
    from clonotrack.io.samples import read_samples

    rows = [row for row in read_samples(samples, config).iter_rows(named=True) if row["sample_id"] == sample_id]
    if not rows:
        raise InputError(samples, f"has no sample {sample_id!r}: name the baseline with --sample-id")
    if rows[0]["subject_id"] != subject_id:
        owner = rows[0]["subject_id"] or "no patient"
        raise InputError(samples, f"sample {sample_id!r} is of {owner}, not of {subject_id}: correct --subject-id")
    return rows


def _amounts(
    rows: list[dict[str, Any]], sample_id: str, hits: tuple[Path, ...], controls: tuple[Path, ...], config: Config
) -> TubeInputs:
    """Cells and reads per copy of the tubes of one baseline."""
    import polars as pl

    from clonotrack.errors import InputError
    from clonotrack.io.tables import read_table
    from clonotrack.io.target_tables import read_controls_by_library
    from clonotrack.markers.tube_inputs import tube_inputs
    from clonotrack.tables import HITS

    counted = pl.concat([read_table(path, HITS) for path in hits]) if hits else None
    own = None if counted is None else counted.filter(pl.col("sample_id") == sample_id)
    if own is not None and not own.height:
        raise InputError(hits[0], f"holds no hits of sample {sample_id!r}: name the baseline's with --hits")
    return tube_inputs(rows, own, read_controls_by_library(controls, config), config)
