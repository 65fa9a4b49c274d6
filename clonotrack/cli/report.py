"""``clonotrack report``: one patient's page, or the cohort's table and document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config
    from clonotrack.tables import Table


@click.command()
@click.argument("mrd", type=options.FILE)
@click.option("--subject-id", help="The patient of the page.")
@click.option(
    "--cohort",
    "whole",
    is_flag=True,
    help="All patients: -o is a folder for cohort.tsv, cohort.json and MultiQC's table.",
)
@options.markers
@click.option("--qc", type=options.FILE, multiple=True, help="QC table of a sample; may be repeated.")
@click.option("--kinetics", type=options.FILE, help="KINETICS table.")
@click.option("--samples", type=options.FILE, help="The sample sheet, for disease, tissue, role and date.")
@click.option("--summary", type=options.FILE, multiple=True, help="summary.json of a sample; may be repeated.")
@options.config
@options.force
@options.output("The page P.html; with --cohort the folder.")
def report(
    mrd: Path,
    subject_id: str | None,
    whole: bool,
    markers: tuple[Path, ...],
    qc: tuple[Path, ...],
    kinetics: Path | None,
    samples: Path | None,
    summary: tuple[Path, ...],
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Write what a person reads from the table MRD.

    One patient's page with --subject-id, or with --cohort a flat table and a nested document of all patients.
    """
    from clonotrack.io.outputs import read_summary
    from clonotrack.io.tables import read_table
    from clonotrack.io.target_tables import read_markers
    from clonotrack.tables import KINETICS, MRD, QC

    if whole == (subject_id is not None):
        raise click.UsageError("give --subject-id for the page of one patient, or --cohort for all of them")
    if whole and (qc or kinetics):
        raise click.UsageError("--qc and --kinetics belong to a patient's page, not to --cohort")
    results, tracked, sheet = read_table(mrd, MRD, require_rows=True), read_markers(markers), _sheet(samples)
    provenance = {_name(path, summary): read_summary(path) for path in summary}
    if subject_id is None:
        _write_cohort(output, results, tracked, _targets(sheet, config), provenance, force=force)
        return
    from clonotrack import report as stage
    from clonotrack.io.outputs import staged, write_text

    with staged([output], force=force) as (place,):
        page = stage.patient_page(
            results,
            tracked,
            subject_id=subject_id,
            qc=_united(qc, QC),
            kinetics=read_table(kinetics, KINETICS) if kinetics else None,
            samples=sheet,
            target=_targets(sheet, config).get(subject_id),
            provenance=provenance,
            settings=config.report,
        )
        write_text(place, page)


def _write_cohort(
    folder: Path,
    results: pl.DataFrame,
    markers: pl.DataFrame,
    targets: dict[str, float],
    provenance: dict[str, Any],
    *,
    force: bool,
) -> None:
    from clonotrack import report as stage
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.tables import write_table
    from clonotrack.tables import COHORT

    names = ("cohort.tsv", "cohort.json", "clonotrack_mqc.json")
    with staged([folder / name for name in names], force=force) as (flat, nested, beside):
        frame, document = stage.cohort(results, markers, targets=targets, provenance=provenance)
        write_table(frame, COHORT, flat)
        write_json(nested, document)
        write_json(beside, stage.multiqc(results))


def _name(path: Path, paths: tuple[Path, ...]) -> str:
    """The sample of ``S.summary.json``; the whole path where two files have one name."""
    alone = [other.name for other in paths].count(path.name) == 1
    return path.name.removesuffix(".json").removesuffix(".summary") if alone else str(path)


def _united(paths: tuple[Path, ...], table: Table) -> pl.DataFrame | None:
    import polars as pl

    from clonotrack.io.tables import read_table

    return pl.concat(read_table(path, table) for path in paths) if paths else None


def _sheet(path: Path | None) -> pl.DataFrame | None:
    from clonotrack.io.tables import read_table
    from clonotrack.tables import SAMPLES, SAMPLES_REQUIRED

    return None if path is None else read_table(path, SAMPLES, required=SAMPLES_REQUIRED)


def _targets(sheet: pl.DataFrame | None, config: Config) -> dict[str, float]:
    """Target level of each patient's disease; none is claimed where no sheet names the disease."""
    if sheet is None:
        return {}
    import polars as pl

    named = sheet.drop_nulls("subject_id").group_by("subject_id").agg(pl.col("disease").drop_nulls().first())
    levels = config.quantify.target_level
    found = {subject: levels.get(disease, levels.get("default")) for subject, disease in named.rows()}
    return {subject: level for subject, level in found.items() if level is not None}
