"""A simulation as files: reads, and the tables that go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from clonotrack.io.fastq_writer import write_fastq
from clonotrack.io.frames import write_table
from clonotrack.io.outputs import staged, write_text
from clonotrack.sequence import U8, Ragged
from clonotrack.simulate.known_reads import read_truth
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.sequencing import ReadBatch
from clonotrack.simulate.series import Series
from clonotrack.simulate.sheets import (
    controls_name,
    controls_table,
    markers_table,
    reads_names,
    samples_table,
    settings,
)
from clonotrack.simulate.tube import named
from clonotrack.tables import CONTROLS, MARKERS, READ_TRUTH, SAMPLES, TRUTH

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
