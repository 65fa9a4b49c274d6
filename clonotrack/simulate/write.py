"""Write a simulation to files: reads, tables and settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from clonotrack.io.fastq_writer import write_fastq
from clonotrack.io.outputs import staged, write_text
from clonotrack.io.tables import write_table
from clonotrack.sequences import U8, Ragged
from clonotrack.simulate.labelled_reads import read_truth_table
from clonotrack.simulate.markers import Marker
from clonotrack.simulate.plan import SamplePlan
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.sequencer import SimulatedReads
from clonotrack.simulate.series import Series
from clonotrack.simulate.tube import name_reads
from clonotrack.tables import CONTROLS, MARKERS, READ_TRUTH, SAMPLES, TRUTH, check

SAMPLE_SHEET, SETTINGS, TRUE_MARKERS, TRUTH_TABLE = "samples.tsv", "config.yaml", "true_markers.tsv", "truth.tsv"
_FASTQ_SUFFIX = ".fastq.gz"


def write_series(
    series: Series, folder: Path, *, force: bool = False, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Simulate every tube of a series and write a folder that `clonotrack run` can analyse.

    The folder gets the reads of every tube, ``samples.tsv``, ``config.yaml``, the CONTROLS tables,
    ``true_markers.tsv`` and ``truth.tsv``.

    Args:
        series: the series to simulate.
        folder: output folder; it is created if it does not exist.
        force: overwrite existing files.
        progress: function that is called with a line of text after each tube.

    Raises:
        OutputError: a file exists and `force` is not set, or the folder cannot be written.
    """
    samples = series.plan.samples
    controls = {name: controls_name(series, name) for name, used in series.calibrators.items() if used}
    reads_of_sample = [reads_names(series, sample) for sample in samples]
    names = [name for reads in reads_of_sample for name in reads]
    names += [SAMPLE_SHEET, SETTINGS, TRUE_MARKERS, TRUTH_TABLE, *controls.values()]
    with staged([folder / name for name in names], force=force) as staged_paths:
        paths = dict(zip(names, staged_paths, strict=True))
        truth: list[dict[str, Any]] = []
        for sample, reads in zip(samples, reads_of_sample, strict=True):
            tube, truth_rows = series.tube(sample)
            for mate, name in enumerate(reads):
                write_fastq(paths[name], _select_mate(name_reads(tube.batches, sample.sample_id), mate))
            truth += truth_rows
            progress(f"{sample.sample_id}: {int(tube.reads.sum())} reads")
        write_table(samples_table(series), SAMPLES, paths[SAMPLE_SHEET])
        write_table(markers_table(series), MARKERS, paths[TRUE_MARKERS])
        write_table(pl.DataFrame(truth, schema=TRUTH.schema()), TRUTH, paths[TRUTH_TABLE])
        write_text(paths[SETTINGS], yaml.safe_dump(analysis_settings(series), sort_keys=False))
        for library, name in controls.items():
            write_table(controls_table(series, library), CONTROLS, paths[name])


def write_labelled_reads(
    batches: Iterator[tuple[SimulatedReads, tuple[Rearrangement, ...]]],
    reads: Path,
    truth: Path,
    *,
    force: bool = False,
) -> None:
    """Write reads, named ``read.1``, ``read.2`` and so on, to a FASTQ file, and write their READ_TRUTH table.

    Args:
        batches: batches from `simulate_labelled_reads`.
        reads: output FASTQ file; compressed with gzip if its name ends with ``.gz``.
        truth: output file of the READ_TRUTH table.
        force: overwrite existing files.

    Raises:
        OutputError: a file exists and `force` is not set, or its folder cannot be written.
    """
    tables: list[pl.DataFrame] = []

    def records() -> Iterator[tuple[Sequence[str], Ragged, U8]]:
        first = 1
        for batch, rearrangements in batches:
            names = [f"read.{number}" for number in range(first, first + len(batch.origin))]
            tables.append(read_truth_table(names, batch, rearrangements))
            first += len(names)
            yield names, batch.sequences, batch.qualities

    with staged([reads, truth], force=force) as (reads_path, truth_path):
        write_fastq(reads_path, records())
        write_table(pl.concat(tables), READ_TRUTH, truth_path)


def samples_table(series: Series) -> pl.DataFrame:
    """Make the SAMPLES table of a series; files of reads have the names of their samples."""
    plan = series.plan
    diseases = {subject.subject_id: subject.disease for subject in plan.subjects}
    rows = [
        {
            **sample.model_dump(include={"subject_id", "sample_id", "role", "day", "tissue", "run_id"}),
            **dict(zip(("reads_1", "reads_2"), reads_names(series, sample), strict=False)),
            "library": plan.library_of(sample),
            "input_cells": float(sample.cells) if sample.cells and sample.input == "cells" else None,
            "input_ng": sample.cells * plan.pg_per_cell / 1000 if sample.input == "ng" else None,
            "disease": diseases.get(sample.subject_id or ""),
        }
        for sample in plan.samples
    ]
    return check(pl.DataFrame(rows, schema=SAMPLES.schema()), SAMPLES)


def reads_names(series: Series, sample: SamplePlan) -> list[str]:
    """List the file names of a sample's reads: one name, or two names for mates."""
    paired = series.plan.libraries[series.plan.library_of(sample)].mate_length is not None
    return [f"{sample.sample_id}{mate}{_FASTQ_SUFFIX}" for mate in (("_1", "_2") if paired else ("",))]


def controls_name(series: Series, library: str) -> str:
    """Return the file name of a library's CONTROLS table."""
    return "controls.tsv" if len(series.plan.libraries) == 1 else f"controls-{library}.tsv"


def controls_table(series: Series, library: str) -> pl.DataFrame:
    """Make the CONTROLS table of a library, which lists its calibrators."""
    rows = [
        {
            "control_id": calibrator.control_id,
            "kind": "calibrator",
            "locus": calibrator.rearrangement.locus,
            "sequence": calibrator.rearrangement.amplicon(),
            "copies": float(calibrator.copies),
        }
        for calibrator in series.calibrators[library]
    ]
    return check(pl.DataFrame(rows, schema=CONTROLS.schema()), CONTROLS)


def markers_table(series: Series) -> pl.DataFrame:
    """Make the MARKERS table of the true markers; with this table, follow-ups can be tracked without a baseline."""
    rows = [_marker_row(marker) for marker in series.markers]
    return check(pl.DataFrame(rows, schema=MARKERS.schema()), MARKERS)


def _marker_row(marker: Marker) -> dict[str, Any]:
    rearrangement = marker.rearrangement
    start = rearrangement.amplicon_start()
    return {
        "marker_id": marker.marker_id,
        "subject_id": marker.subject_id,
        "locus": rearrangement.locus,
        "system": rearrangement.system,
        "v_call": rearrangement.v_call,
        "d_call": rearrangement.d_call,
        "j_call": rearrangement.j_call,
        "junction": rearrangement.junction,
        "sequence": rearrangement.amplicon(),
        "target_start": rearrangement.key_start - start + 1,
        "target_end": rearrangement.key_end - start,
        "copies_per_cell": float(marker.copies_per_cell),
        "selected": True,
        "reason": "simulated: every cell of the clone carries it",
    }


def analysis_settings(series: Series) -> dict[str, Any]:
    """Make the settings that fit the libraries of the plan, as the document of a settings file."""
    return {
        "libraries": {
            name: {
                "controls": controls_name(series, name) if library.calibrators_per_locus else None,
                "loci": list(library.loci),
                "capture": library.capture,
                "dispersion": library.dispersion,
                "efficiency_sd": 0.0,  # PCR yield differs between molecules, not between sequences
                **({"umi_pattern": f"^(?P<umi>.{{{library.umi_length}}})"} if library.umi_length else {}),
            }
            for name, library in series.plan.libraries.items()
        },
        "quantify": {"pg_per_cell": series.plan.pg_per_cell},
    }


def _select_mate(
    batches: Iterator[tuple[list[str], SimulatedReads]], mate: int
) -> Iterator[tuple[Sequence[str], Ragged, U8]]:
    """Yield names, sequences and scores of each batch: of single reads or mates 1 (mate = 0), or of mates 2 (1)."""
    for names, batch in batches:
        yield names, *(batch.mates if mate and batch.mates is not None else (batch.sequences, batch.qualities))
