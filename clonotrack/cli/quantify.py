"""Command ``clonotrack quantify`` (stage 6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import print_warnings

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config

OTHER_OUTPUTS = ("kinetics.tsv", "control_checks.tsv", "cross_sample.tsv", "quantify.qc.tsv", "summary.json")


@click.command()
@click.argument("hits", nargs=-1, required=True, type=options.PATH)
@click.option("--samples", type=options.PATH, required=True, help="Sample sheet.")
@click.option("--markers", type=options.PATH, multiple=True, required=True, help="MARKERS table; may be repeated.")
@options.controls
@click.option(
    "--background", type=options.PATH, multiple=True, help="HITS table of a control sample of the run; may be repeated."
)
@options.config
@options.force
@options.output("Output file of the MRD table; the other tables and summary.json are written into the same folder.")
def quantify(
    hits: tuple[Path, ...],
    samples: Path,
    markers: tuple[Path, ...],
    controls: tuple[Path, ...],
    background: tuple[Path, ...],
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Compute MRD with its interval, its limits and the call from the HITS tables of a run.

    HITS are the tables of baselines and follow-ups, with all tubes of each sample. Give the HITS of control samples
    with --background.
    """
    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.provenance import provenance
    from clonotrack.io.samples import read_samples
    from clonotrack.io.tables import write_table
    from clonotrack.io.target_tables import read_controls_by_library, read_markers
    from clonotrack.quantify.stage import quantify
    from clonotrack.tables import CONTROL_CHECKS, CROSS_SAMPLE, KINETICS, MRD, QC

    outputs = [output, *(output.parent / name for name in OTHER_OUTPUTS)]
    with staged(outputs, force=force) as paths:
        sheet = read_samples(samples, config)
        result = quantify(
            _read_hits(hits, patients=True),
            sheet,
            read_markers(markers),
            read_controls_by_library(controls, config),
            config,
            _read_hits(background, patients=False) if background else None,
        )
        frames = (result.mrd, result.kinetics, result.control_checks, result.cross_sample, result.qc)
        tables = (MRD, KINETICS, CONTROL_CHECKS, CROSS_SAMPLE, QC)
        for frame, table, path in zip(frames, tables, paths[:-1], strict=True):
            write_table(frame, table, path)
        settings_controls = sorted({library.controls for library in config.libraries.values() if library.controls})
        reads = [*sheet["reads_1"], *sheet["reads_2"].drop_nulls()]
        inputs = [*reads, samples, *markers, *(controls or settings_controls), *hits, *background]
        write_json(paths[-1], {"provenance": provenance(config, inputs, arguments.resolve_reference(None, config))})
    print_warnings(result.warnings)


def _read_hits(paths: tuple[Path, ...], *, patients: bool) -> pl.DataFrame:
    """Read and concatenate HITS tables.

    Args:
        paths: the files.
        patients: True if control samples are an error.

    Raises:
        InputError: a file is not a HITS table, or contains a control sample although `patients` is True.
    """
    import polars as pl

    from clonotrack.errors import InputError
    from clonotrack.io.tables import read_table
    from clonotrack.tables import HITS

    frames = [read_table(path, HITS, require_rows=True) for path in paths]
    for path, frame in zip(paths, frames, strict=True):
        controls = frame.filter(pl.col("role").str.ends_with("_control"))
        if patients and controls.height:
            sample, role = controls.select("sample_id", "role").row(0)
            raise InputError(path, f"sample {sample} is a {role} and has no MRD: give its HITS with --background")
    return pl.concat(frames)
