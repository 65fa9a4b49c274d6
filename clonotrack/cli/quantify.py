"""``clonotrack quantify``: stage 6."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import warn

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config

BESIDE = ("kinetics.tsv", "control_checks.tsv", "cross_sample.tsv", "quantify.qc.tsv", "summary.json")


@click.command()
@click.argument("hits", nargs=-1, required=True, type=options.FILE)
@click.option("--samples", type=options.FILE, required=True, help="The sample sheet.")
@click.option("--markers", type=options.FILE, multiple=True, required=True, help="MARKERS table; may be repeated.")
@options.controls
@click.option("--background", type=options.FILE, multiple=True, help="HITS of control samples; may be repeated.")
@options.config
@options.force
@options.output("MRD table; kinetics, control_checks, cross_sample, quantify.qc and summary.json go beside it.")
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
    """From counts to MRD with interval, limits and a call.

    HITS are those of baselines and follow-ups, every tube of each; those of controls go to --background.
    """
    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged, write_json
    from clonotrack.io.provenance import provenance
    from clonotrack.io.samples import read_samples
    from clonotrack.io.tables import write_table
    from clonotrack.io.target_tables import read_controls_by_library, read_markers
    from clonotrack.quantify.stage import quantify
    from clonotrack.tables import CONTROL_CHECKS, CROSS_SAMPLE, KINETICS, MRD, QC

    targets = [output, *(output.parent / name for name in BESIDE)]
    with staged(targets, force=force) as places:
        sheet = read_samples(samples, config)
        result = quantify(
            _hits(hits, patients=True),
            sheet,
            read_markers(markers),
            read_controls_by_library(controls, config),
            config,
            _hits(background, patients=False) if background else None,
        )
        frames = (result.mrd, result.kinetics, result.control_checks, result.cross_sample, result.qc)
        tables = (MRD, KINETICS, CONTROL_CHECKS, CROSS_SAMPLE, QC)
        for frame, table, place in zip(frames, tables, places[:-1], strict=True):
            write_table(frame, table, place)
        named = sorted({library.controls for library in config.libraries.values() if library.controls})
        reads = [*sheet["reads_1"], *sheet["reads_2"].drop_nulls()]
        inputs = [*reads, samples, *markers, *(controls or named), *hits, *background]
        write_json(places[-1], {"provenance": provenance(config, inputs, arguments.resolve_reference(None, config))})
    warn(result.warnings)


def _hits(paths: tuple[Path, ...], *, patients: bool) -> pl.DataFrame:
    """All HITS tables in one; among those of `patients` a control is refused.

    Raises:
        InputError: a table is not HITS, or is of a control.
    """
    import polars as pl

    from clonotrack.errors import InputError
    from clonotrack.io.tables import read_table
    from clonotrack.tables import HITS

    frames = [read_table(path, HITS, require_rows=True) for path in paths]
    for path, frame in zip(paths, frames, strict=True):
        odd = frame.filter(pl.col("role").str.ends_with("_control"))
        if patients and odd.height:
            sample, role = odd.row(0, named=True)["sample_id"], odd.row(0, named=True)["role"]
            raise InputError(path, f"sample {sample} is a {role} and has no MRD: give its hits as --background")
    return pl.concat(frames)
