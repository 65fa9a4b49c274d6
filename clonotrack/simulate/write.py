"""The tables and settings that go with a simulated series.

A simulation as files: reads, and the tables that go with them.
"""

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
from clonotrack.simulate.known_reads import read_truth
from clonotrack.simulate.people import Marker
from clonotrack.simulate.plan import SamplePlan
from clonotrack.simulate.recombine import Rearrangement
from clonotrack.simulate.sequencer import ReadBatch
from clonotrack.simulate.series import Series
from clonotrack.simulate.tube import named
from clonotrack.tables import CONTROLS, MARKERS, READ_TRUTH, SAMPLES, TRUTH, check

READS_ENDING = ".fastq.gz"


def samples_table(series: Series) -> pl.DataFrame:
    """The sample sheet; files are named after the samples."""
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
    """File names of a sample's reads: one, or two of mates."""
    paired = series.plan.libraries[series.plan.library_of(sample)].mate_length is not None
    return [f"{sample.sample_id}{mate}{READS_ENDING}" for mate in (("_1", "_2") if paired else ("",))]


def controls_name(series: Series, library: str) -> str:
    """File name of a library's CONTROLS table."""
    return "controls.tsv" if len(series.plan.libraries) == 1 else f"controls-{library}.tsv"


def controls_table(series: Series, library: str) -> pl.DataFrame:
    """The calibrators of a library as a CONTROLS table."""
    rows = [
        {
            "control_id": control.control_id,
            "kind": "calibrator",
            "locus": control.rearrangement.locus,
            "sequence": control.rearrangement.amplicon(),
            "copies": float(control.copies),
        }
        for control in series.controls[library]
    ]
    return check(pl.DataFrame(rows, schema=CONTROLS.schema()), CONTROLS)


def markers_table(series: Series) -> pl.DataFrame:
    """The true markers as a MARKERS table, with which follow-ups can be tracked without a baseline."""
    rows = [_marker_row(marker) for marker in series.markers]
    return check(pl.DataFrame(rows, schema=MARKERS.schema()), MARKERS)


def settings(series: Series) -> dict[str, Any]:
    """The configuration that a laboratory with these libraries would write."""
    return {
        "libraries": {
            name: {
                "controls": controls_name(series, name) if library.calibrators_per_locus else None,
                "loci": list(library.loci),
                "capture": library.capture,
                "dispersion": library.dispersion,
                "efficiency_sd": 0.0,  # molecules differ in their yield, sequences do not
                **({"umi_pattern": f"^(?P<umi>.{{{library.umi_length}}})"} if library.umi_length else {}),
            }
            for name, library in series.plan.libraries.items()
        },
        "quantify": {"pg_per_cell": series.plan.pg_per_cell},
    }


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


SHEET, SETTINGS, TRUE_MARKERS, TRUTHS = "samples.tsv", "config.yaml", "true_markers.tsv", "truth.tsv"


def write_series(
    series: Series, folder: Path, *, force: bool = False, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Write every tube's reads, ``samples.tsv``, ``config.yaml``, controls, ``true_markers.tsv`` and ``truth.tsv``.

    Args:
        series: what is simulated.
        folder: where to; made if it is not there.
        force: overwrite what is there.
        progress: called with a sentence after each tube.

    Raises:
        OutputError: a file exists without `force`, or the folder cannot be written.
    """
    samples = series.plan.samples
    libraries = {name: controls_name(series, name) for name in series.controls if series.controls[name]}
    of_sample = [reads_names(series, sample) for sample in samples]
    names = [name for reads in of_sample for name in reads]
    names += [SHEET, SETTINGS, TRUE_MARKERS, TRUTHS, *libraries.values()]
    with staged([folder / name for name in names], force=force) as staged_places:
        places = dict(zip(names, staged_places, strict=True))
        rows: list[dict[str, Any]] = []
        for sample, reads in zip(samples, of_sample, strict=True):
            tube, truth = series.tube(sample)
            for mate, name in enumerate(reads):
                write_fastq(places[name], _records(named(tube.batches, sample.sample_id), mate))
            rows += truth
            progress(f"{sample.sample_id}: {int(tube.reads.sum())} reads")
        write_table(samples_table(series), SAMPLES, places[SHEET])
        write_table(markers_table(series), MARKERS, places[TRUE_MARKERS])
        write_table(pl.DataFrame(rows, schema=TRUTH.schema()), TRUTH, places[TRUTHS])
        write_text(places[SETTINGS], yaml.safe_dump(settings(series), sort_keys=False))
        for library, name in libraries.items():
            write_table(controls_table(series, library), CONTROLS, places[name])


def write_known_reads(
    batches: Iterator[tuple[ReadBatch, tuple[Rearrangement, ...]]], reads: Path, truth: Path, *, force: bool = False
) -> None:
    """Write the reads of `known_reads` and their READ_TRUTH; they are named ``read.1`` and so on."""
    tables: list[pl.DataFrame] = []

    def records() -> Iterator[tuple[Sequence[str], Ragged, U8]]:
        first = 1
        for batch, rearrangements in batches:
            names = [f"read.{number}" for number in range(first, first + len(batch.origin))]
            tables.append(read_truth(names, batch, rearrangements))
            first += len(names)
            yield names, batch.sequences, batch.qualities

    with staged([reads, truth], force=force) as (reads_place, truth_place):
        write_fastq(reads_place, records())
        write_table(pl.concat(tables), READ_TRUTH, truth_place)


def _records(batches: Iterator[tuple[list[str], ReadBatch]], mate: int) -> Iterator[tuple[Sequence[str], Ragged, U8]]:
    for names, batch in batches:
        yield names, *(batch.mates if mate and batch.mates is not None else (batch.sequences, batch.qualities))
