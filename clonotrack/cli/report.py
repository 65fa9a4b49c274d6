"""Command ``clonotrack report`` (stage 7): write the page of a patient, or the files of the cohort."""

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
@click.argument("mrd", type=options.PATH)
@click.option("--subject-id", help="Identifier of the patient whose page is written.")
@click.option(
    "--cohort",
    "whole_cohort",
    is_flag=True,
    help="Write cohort.tsv, cohort.json and clonotrack_mqc.json (for MultiQC) of all patients into the folder -o.",
)
@options.markers
@click.option("--qc", type=options.PATH, multiple=True, help="QC table of a sample; may be repeated.")
@click.option("--kinetics", type=options.PATH, help="KINETICS table.")
@click.option("--samples", type=options.PATH, help="Sample sheet, from which disease, tissue, role and date are taken.")
@click.option("--summary", type=options.PATH, multiple=True, help="summary.json of a sample or a run; may be repeated.")
@options.config
@options.force
@options.output("Output file (HTML page); with --cohort, output folder.")
def report(
    mrd: Path,
    subject_id: str | None,
    whole_cohort: bool,
    markers: tuple[Path, ...],
    qc: tuple[Path, ...],
    kinetics: Path | None,
    samples: Path | None,
    summary: tuple[Path, ...],
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Write the report of one patient, or the results of all patients, from an MRD table.

    With --subject-id, the command writes the HTML page of one patient. With --cohort, it writes a table, a JSON file
    and a MultiQC file of all patients.
    """
    from clonotrack.io.outputs import read_summary
    from clonotrack.io.tables import read_table
    from clonotrack.io.target_tables import read_markers
    from clonotrack.tables import KINETICS, MRD, QC

    if whole_cohort == (subject_id is not None):
        raise click.UsageError("give either --subject-id for one patient, or --cohort for all")
    if whole_cohort and (qc or kinetics):
        raise click.UsageError("--qc and --kinetics are for the page of one patient: leave them out with --cohort")
    results, all_markers, sheet = read_table(mrd, MRD, require_rows=True), read_markers(markers), _read_sheet(samples)
    provenance = {_summary_name(path, summary): read_summary(path) for path in summary}
    if subject_id is None:
        _write_cohort(output, results, all_markers, _target_levels(sheet, config), provenance, force=force)
        return
    from clonotrack import report as stage
    from clonotrack.io.outputs import staged, write_text

    with staged([output], force=force) as (path,):
        page = stage.patient_page(
            results,
            all_markers,
            subject_id=subject_id,
            qc=_read_tables(qc, QC),
            kinetics=read_table(kinetics, KINETICS) if kinetics else None,
            samples=sheet,
            target=_target_levels(sheet, config).get(subject_id),
            provenance=provenance,
            settings=config.report,
        )
        write_text(path, page)


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
    with staged([folder / name for name in names], force=force) as (table, document, multiqc):
        frame, content = stage.cohort(results, markers, targets=targets, provenance=provenance)
        write_table(frame, COHORT, table)
        write_json(document, content)
        write_json(multiqc, stage.multiqc(results))


def _summary_name(path: Path, paths: tuple[Path, ...]) -> str:
    """Return the name of a summary: S for ``S.summary.json``, or the whole path if several files have the same name."""
    unique = [other.name for other in paths].count(path.name) == 1
    return path.name.removesuffix(".json").removesuffix(".summary") if unique else str(path)


def _read_tables(paths: tuple[Path, ...], table: Table) -> pl.DataFrame | None:
    import polars as pl

    from clonotrack.io.tables import read_table

    return pl.concat(read_table(path, table) for path in paths) if paths else None


def _read_sheet(path: Path | None) -> pl.DataFrame | None:
    from clonotrack.io.tables import read_table
    from clonotrack.tables import SAMPLES, SAMPLES_REQUIRED

    return None if path is None else read_table(path, SAMPLES, required=SAMPLES_REQUIRED)


def _target_levels(sheet: pl.DataFrame | None, config: Config) -> dict[str, float]:
    """Return subject_id to target level, which depends on the disease; empty without a sample sheet."""
    if sheet is None:
        return {}
    import polars as pl

    diseases = sheet.drop_nulls("subject_id").group_by("subject_id").agg(pl.col("disease").drop_nulls().first())
    levels = config.quantify.target_level
    targets = {subject: levels.get(disease, levels.get("default")) for subject, disease in diseases.rows()}
    return {subject: level for subject, level in targets.items() if level is not None}
