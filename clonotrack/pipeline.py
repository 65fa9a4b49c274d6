"""One sample through its stages: the same functions that the commands and the workflow's rules call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from clonotrack.annotate.stage import annotate_batches
from clonotrack.cluster.qc import cluster_qc
from clonotrack.cluster.stage import cluster_batches
from clonotrack.config import Config
from clonotrack.errors import ClonotrackError
from clonotrack.germline import Reference
from clonotrack.io import arguments
from clonotrack.io.arguments import File, Files
from clonotrack.io.provenance import provenance
from clonotrack.io.read_files import Lane
from clonotrack.markers.allowed_edits import add_allowed_edits
from clonotrack.markers.stage import select_markers
from clonotrack.markers.tube_inputs import tube_inputs
from clonotrack.quantify.stage import quantify as quantify_samples
from clonotrack.raw_reads.fragments import Counts, batches
from clonotrack.reads.qc import quality_control as reads_quality
from clonotrack.reads.stage import read
from clonotrack.tables import REARRANGEMENTS, SAMPLES, check
from clonotrack.track.hits_table import TubeIdentity
from clonotrack.track.qc import track_qc
from clonotrack.track.stage import prepare_targets
from clonotrack.track.stage import track as track_reads
from clonotrack.track.targets import Target


@dataclass(frozen=True)
class Baseline:
    """What a baseline gives: the tables of the same names, QC, and what ``S.summary.json`` holds."""

    rearrangements: pl.DataFrame
    clonotypes: pl.DataFrame
    markers: pl.DataFrame
    qc: pl.DataFrame
    summary: dict[str, Any]


@dataclass(frozen=True)
class Followup:
    """What a follow-up gives: the tables HITS, MRD and QC, what ``S.summary.json`` holds, and sentences to act on."""

    hits: pl.DataFrame
    mrd: pl.DataFrame
    qc: pl.DataFrame
    summary: dict[str, Any]
    warnings: tuple[str, ...]


def baseline(
    reads: Files | Sequence[Lane],
    reads_2: Files | None = None,
    *,
    sample_id: str,
    subject_id: str,
    input_cells: float | None = None,
    input_ng: float | None = None,
    controls: File | pl.DataFrame | None = None,
    library: str | None = None,
    umi: str | None = None,
    config: Config | File | None = None,
    germline: Reference | File | None = None,
    threads: int = 1,
    through: Callable[[Iterator[pl.DataFrame]], Iterable[pl.DataFrame]] | None = None,
) -> Baseline:
    """Find the markers of a patient in a high-burden sample.

    Args:
        reads: FASTQ, plain or gzip; several files, or `Lane`s, are those of one tube.
        reads_2: as many files of mates, in the same order.
        sample_id: the sample.
        subject_id: the patient.
        input_cells: nucleated cells put into the tube.
        input_ng: DNA put into the tube, where cells were not counted [ng].
        controls: CONTROLS of the tube; by default those that the library names.
        library: section of the settings.
        umi: pattern of the UMI in the reads, in place of the library's.
        config: settings, or the file of them.
        germline: the reference, or a folder of one; by default the embedded one.
        threads: for annotation; the result does not depend on it.
        through: takes REARRANGEMENTS part by part and hands each on when it has done with it; the result then holds
            none of them, and so needs a fraction of the memory.

    Raises:
        ClonotrackError: an input is not what it should be.
    """
    lanes, settings = arguments.resolve_lanes(reads, reads_2), arguments.resolve_config(config, library, umi)
    reference = arguments.resolve_reference(germline, settings)
    put_in = arguments.resolve_controls(controls, library, settings)
    distinct = read([(lanes, settings.library(library))], settings.reads)
    sequences = distinct.fragments.frames(forget=True)
    parts = annotate_batches(sequences, reference, settings.annotate, threads=threads)
    kept: list[pl.DataFrame] = []
    rows = _held(parts, kept) if through is None else through(parts)
    found = cluster_batches(rows, settings.cluster, controls=put_in)
    rearrangements = check(pl.concat([REARRANGEMENTS.empty(), *kept]), REARRANGEMENTS)
    sample = _sample(sample_id, subject_id, "baseline", library, input_cells=input_cells, input_ng=input_ng)
    hits = None if put_in is None else _calibrator_hits(lanes, put_in, reference, settings, sample)
    tables = {} if put_in is None else {settings.library_name(library): put_in}
    known = tube_inputs(sample.iter_rows(named=True), hits, tables, settings)
    markers = select_markers(
        found.clonotypes,
        settings.markers,
        subject_id=subject_id,
        sample_id=sample_id,
        input_cells=known.input_cells,
        reads_per_copy=known.reads_per_copy,
        umis_per_copy=known.umis_per_copy,
        capture_assumed=known.capture_assumed,
    )
    markers = add_allowed_edits(markers, reference, settings.track)
    qc = pl.concat([reads_quality(distinct, sample_id), cluster_qc(found, sample_id)])
    inputs = [*arguments.list_lane_files(lanes), *arguments.list_control_files(controls, library, settings)]
    summary = _summary(qc, settings, inputs, reference, sample)
    return Baseline(rearrangements, found.clonotypes, markers, qc, summary)


def followup(
    reads: Files | Sequence[Lane],
    reads_2: Files | None = None,
    *,
    sample_id: str,
    subject_id: str,
    markers: pl.DataFrame | Files,
    input_cells: float | None = None,
    input_ng: float | None = None,
    controls: File | pl.DataFrame | None = None,
    background: pl.DataFrame | Files | None = None,
    day: float | None = None,
    disease: str | None = None,
    lymphoid_fraction: float | None = None,
    library: str | None = None,
    umi: str | None = None,
    config: Config | File | None = None,
    germline: Reference | File | None = None,
) -> Followup:
    """Measure MRD in one later sample.

    Args:
        reads: FASTQ, plain or gzip; several files, or `Lane`s, are those of one tube.
        reads_2: as many files of mates, in the same order.
        sample_id: the sample.
        subject_id: the patient.
        markers: MARKERS, of `baseline` or written by hand; those of other patients may stand among them.
        input_cells: nucleated cells put into the tube.
        input_ng: DNA put into the tube, where cells were not counted [ng].
        controls: CONTROLS of the tube; by default those that the library names.
        background: HITS of control samples of the run.
        day: day of collection, counted from diagnosis.
        disease: sets the level that a negative result has to reach.
        lymphoid_fraction: share of nucleated cells that are lymphoid, needed where there are no calibrators.
        library: section of the settings.
        umi: pattern of the UMI in the reads, in place of the library's.
        config: settings, or the file of them.
        germline: the reference, or a folder of one; by default the embedded one.

    Raises:
        ClonotrackError: an input is not what it should be.
    """
    lanes, settings = arguments.resolve_lanes(reads, reads_2), arguments.resolve_config(config, library, umi)
    reference = arguments.resolve_reference(germline, settings)
    put_in = arguments.resolve_controls(controls, library, settings)
    tracked = arguments.resolve_markers(markers)
    sample = _sample(
        *(sample_id, subject_id, "followup", library),
        input_cells=input_cells,
        input_ng=input_ng,
        day=day,
        disease=disease,
        lymphoid_fraction=lymphoid_fraction,
    )
    targets = prepare_targets(tracked, put_in, reference, settings.track, subject_id)
    hits = _hits(lanes, targets, reference, settings, sample)
    result = quantify_samples(
        hits,
        sample,
        tracked,
        {} if put_in is None else {settings.library_name(library): put_in},
        settings,
        arguments.resolve_hits(background),
    )
    qc = pl.concat([track_qc(hits, sample_id, targets), result.qc])
    inputs = [
        *arguments.list_lane_files(lanes),
        *arguments.list_files(markers),
        *arguments.list_control_files(controls, library, settings),
        *arguments.list_files(background),
    ]
    summary = _summary(qc, settings, inputs, reference, sample)
    return Followup(hits, result.mrd, qc, summary, result.warnings)


def _sample(sample_id: str, subject_id: str, role: str, library: str | None, **about: Any) -> pl.DataFrame:
    """The one row that a sheet would have."""
    row = {"sample_id": sample_id, "subject_id": subject_id, "role": role, "library": library, "reads_1": "", **about}
    return pl.DataFrame([row], schema=SAMPLES.schema())


def _held(parts: Iterator[pl.DataFrame], kept: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The parts, which are added to `kept`."""
    for part in parts:
        kept.append(part)
        yield part


def _calibrator_hits(
    lanes: list[Lane], controls: pl.DataFrame, reference: Reference, config: Config, sample: pl.DataFrame
) -> pl.DataFrame:
    if Path("-") in arguments.list_lane_files(lanes):
        raise ClonotrackError(
            "standard input can be read once, and a baseline with calibrators is read twice: give a file"
        )
    targets = prepare_targets(None, controls, reference, config.track, None)
    return _hits(lanes, targets, reference, config, sample)


def _hits(
    lanes: list[Lane], targets: list[Target], reference: Reference, config: Config, sample: pl.DataFrame
) -> pl.DataFrame:
    row = sample.row(0, named=True)
    about = TubeIdentity(row["sample_id"], row["subject_id"], row["role"], library=row["library"])
    counts = Counts()
    reads = batches(lanes, config.reads, config.library(row["library"]), counts)
    return track_reads(reads, counts, targets, reference, about)


def _summary(
    qc: pl.DataFrame, config: Config, inputs: list[Path], reference: Reference, sample: pl.DataFrame
) -> dict[str, Any]:
    row = sample.row(0, named=True)
    about = {name: value for name, value in row.items() if value not in (None, "")}
    figures = [
        {name: value for name, value in metric.items() if name != "sample_id"} for metric in qc.iter_rows(named=True)
    ]
    return {"sample": about, "qc": figures, "provenance": provenance(config, inputs, reference)}
