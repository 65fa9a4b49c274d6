"""``clonotrack markers``: stage 4."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config
    from clonotrack.markers import Amounts


@click.command()
@click.argument("clonotypes", nargs=-1, required=True, type=options.FILE)
@click.option("--subject-id", required=True, help="The patient.")
@click.option("--sample-id", help="The baseline.  [default: from the name of CLONOTYPES]")
@options.samples
@click.option("--hits", type=options.FILE, multiple=True, help="HITS of the controls; may be repeated.")
@options.controls
@click.option("--input-cells", type=click.FloatRange(min=0, min_open=True), help="Nucleated cells of the tube.")
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
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Choose the clonotypes to track, from the CLONOTYPES of one or several baselines of a patient.

    The number of cells comes from --samples or --input-cells, reads per cell from --hits and --controls; what is
    missing leaves a criterion of the rule unassessed, and the reason of each marker says so.
    """
    from clonotrack.io.frames import read_table, write_table
    from clonotrack.io.outputs import staged
    from clonotrack.markers import select, unite
    from clonotrack.tables import CLONOTYPES, MARKERS

    if len(clonotypes) > 1 and (sample_id or input_cells):
        raise click.UsageError("--sample-id and --input-cells are those of one baseline: name one file, or --samples")
    if samples and input_cells:
        raise click.UsageError("cells come from --samples or --input-cells: give one of the two")
    with staged([output], force=force) as (place,):
        found = []
        for path in clonotypes:
            name = sample_id or path.name.removesuffix(path.suffix).removesuffix(".clonotypes")
            table = read_table(path, CLONOTYPES)
            rows = _of_sheet(samples, name, subject_id, config) if samples else []
            known = _amounts(rows, name, hits, controls, config)
            found.append(
                select(
                    table,
                    config.markers,
                    subject_id=subject_id,
                    sample_id=name,
                    input_cells=input_cells or known.input_cells,
                    reads_per_copy=known.reads_per_copy,
                )
            )
        write_table(unite(found), MARKERS, place)


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
) -> Amounts:
    """Cells and reads per copy of the tubes of one baseline."""
    import polars as pl

    from clonotrack.io.frames import read_table
    from clonotrack.markers import tube_amounts
    from clonotrack.tables import HITS

    counted = pl.concat([read_table(path, HITS) for path in hits]) if hits else None
    own = None if counted is None else counted.filter(pl.col("sample_id") == sample_id)
    return tube_amounts(rows, own, _controls(controls, config), config)


def _controls(paths: tuple[Path, ...], config: Config) -> dict[str | None, pl.DataFrame]:
    """CONTROLS by library: those of the call for every library, else those that each library names."""
    import polars as pl

    from clonotrack.io.cohort import read_controls

    if paths:
        return {None: pl.concat([read_controls(path) for path in paths])}
    return {name: read_controls(library.controls) for name, library in config.libraries.items() if library.controls}
