"""Analyse one sample from reads to markers (`baseline`) or to MRD (`followup`), with the functions of the commands."""

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
from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
from clonotrack.reads.qc import reads_qc
from clonotrack.reads.stage import read
from clonotrack.tables import REARRANGEMENTS, SAMPLES, check
from clonotrack.track.hits_table import TubeIdentity
from clonotrack.track.qc import track_qc
from clonotrack.track.stage import prepare_targets
from clonotrack.track.stage import track as track_reads
from clonotrack.track.targets import Target


@dataclass(frozen=True)
class Baseline:
    """Hold the tables that `baseline` makes (docs/tables.md describes the columns).

    Attributes:
        rearrangements: REARRANGEMENTS table; it has no rows if a `rearrangements_sink` was given.
        clonotypes: CLONOTYPES table.
        markers: MARKERS table, with selected and rejected clonotypes.
        qc: QC table of all stages.
        summary: content of ``S.summary.json``: the sample, its QC and the provenance.
    """

    rearrangements: pl.DataFrame
    clonotypes: pl.DataFrame
    markers: pl.DataFrame
    qc: pl.DataFrame
    summary: dict[str, Any]


@dataclass(frozen=True)
class Followup:
    """Hold the tables that `followup` makes (docs/tables.md describes the columns).

    Attributes:
        hits: HITS table.
        mrd: MRD table: one row per marker, and one `combined` row.
        qc: QC table of all stages.
        summary: content of ``S.summary.json``: the sample, its QC and the provenance.
        warnings: sentences that ask the user for an action.
    """

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
    rearrangements_sink: Callable[[Iterator[pl.DataFrame]], Iterable[pl.DataFrame]] | None = None,
) -> Baseline:
    """Find the markers of a patient in a sample with many cancer cells.

    Args:
        reads: path of a file of reads: FASTQ (plain, gzip or zstd), BAM or CRAM. Several paths, or several `Lane`
            objects, are lanes of one tube.
        reads_2: path of the FASTQ file of second mates; one path for each path in `reads`, in the same order. None for
            single reads, BAM and CRAM.
        sample_id: identifier of the sample.
        subject_id: identifier of the patient.
        input_cells: number of nucleated cells whose DNA went into the tube; None if they were not counted.
        input_ng: mass of DNA that went into the tube [ng]; used if `input_cells` is None.
        controls: CONTROLS table of the tube, or its path; None uses the table that the settings of the library name.
        library: name of the library in the settings; None uses the only library, or the library ``default``.
        umi: UMI pattern; None uses the pattern in the settings of the library.
        config: settings, or the path of a settings file; None uses the default settings.
        germline: germline reference, or the path of its folder; None uses the embedded reference.
        threads: number of threads for annotation; the result does not depend on it.
        rearrangements_sink: function that takes an iterator of REARRANGEMENTS batches, processes each batch (for
            example, writes it) and yields the batch again. The result then contains no REARRANGEMENTS, which saves
            memory. None keeps all rearrangements in the result.

    Raises:
        ClonotrackError: an input is wrong; the message names the input and what to do.
    """
    lanes, settings = arguments.resolve_lanes(reads, reads_2), arguments.resolve_config(config, library, umi)
    reference = arguments.resolve_reference(germline, settings)
    tube_controls = arguments.resolve_controls(controls, library, settings)
    distinct = read([(lanes, settings.library(library))], settings.reads)
    sequences = distinct.fragments.tables(free_memory=True)
    annotated = annotate_batches(sequences, reference, settings.annotate, threads=threads)
    kept: list[pl.DataFrame] = []
    annotated = _keep(annotated, kept) if rearrangements_sink is None else iter(rearrangements_sink(annotated))
    cluster_result = cluster_batches(annotated, settings.cluster, controls=tube_controls)
    rearrangements = check(pl.concat([REARRANGEMENTS.empty(), *kept]), REARRANGEMENTS)
    sample = _sample_row(sample_id, subject_id, "baseline", library, input_cells=input_cells, input_ng=input_ng)
    hits = None if tube_controls is None else _calibrator_hits(lanes, tube_controls, reference, settings, sample)
    library_controls = {} if tube_controls is None else {settings.library_name(library): tube_controls}
    amounts = tube_inputs(sample.iter_rows(named=True), hits, library_controls, settings)
    markers = select_markers(
        cluster_result.clonotypes,
        settings.markers,
        subject_id=subject_id,
        sample_id=sample_id,
        input_cells=amounts.input_cells,
        reads_per_copy=amounts.reads_per_copy,
        umis_per_copy=amounts.umis_per_copy,
        capture_assumed=amounts.capture_assumed,
    )
    markers = add_allowed_edits(markers, reference, settings.track)
    qc = pl.concat([reads_qc(distinct, sample_id), cluster_qc(cluster_result, sample_id)])
    inputs = [*arguments.list_lane_files(lanes), *arguments.list_control_files(controls, library, settings)]
    summary = _summary(qc, settings, inputs, reference, sample)
    return Baseline(rearrangements, cluster_result.clonotypes, markers, qc, summary)


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
        reads: path of a file of reads: FASTQ (plain, gzip or zstd), BAM or CRAM. Several paths, or several `Lane`
            objects, are lanes of one tube.
        reads_2: path of the FASTQ file of second mates; one path for each path in `reads`, in the same order. None for
            single reads, BAM and CRAM.
        sample_id: identifier of the sample.
        subject_id: identifier of the patient.
        markers: MARKERS table, or paths of one or several MARKERS tables, from `baseline` or written by hand. Rows of
            other patients show carry-over.
        input_cells: number of nucleated cells whose DNA went into the tube; None if they were not counted.
        input_ng: mass of DNA that went into the tube [ng]; used if `input_cells` is None.
        controls: CONTROLS table of the tube, or its path; None uses the table that the settings of the library name.
        background: HITS table of control samples of the run, or paths of HITS tables; None if there are none.
        day: day of collection; diagnosis is day 0.
        disease: disease of the patient, which sets the target level: the MRD that a negative result has to exclude.
        lymphoid_fraction: share of nucleated cells that are lymphoid (0 to 1); needed without calibrators and UMIs.
        library: name of the library in the settings; None uses the only library, or the library ``default``.
        umi: UMI pattern; None uses the pattern in the settings of the library.
        config: settings, or the path of a settings file; None uses the default settings.
        germline: germline reference, or the path of its folder; None uses the embedded reference.

    Raises:
        ClonotrackError: an input is wrong; the message names the input and what to do.
    """
    lanes, settings = arguments.resolve_lanes(reads, reads_2), arguments.resolve_config(config, library, umi)
    reference = arguments.resolve_reference(germline, settings)
    tube_controls = arguments.resolve_controls(controls, library, settings)
    all_markers = arguments.resolve_markers(markers)
    sample = _sample_row(
        *(sample_id, subject_id, "followup", library),
        input_cells=input_cells,
        input_ng=input_ng,
        day=day,
        disease=disease,
        lymphoid_fraction=lymphoid_fraction,
    )
    targets = prepare_targets(all_markers, tube_controls, reference, settings.track, subject_id)
    hits = _hits(lanes, targets, reference, settings, sample)
    result = quantify_samples(
        hits,
        sample,
        all_markers,
        {} if tube_controls is None else {settings.library_name(library): tube_controls},
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


def _sample_row(sample_id: str, subject_id: str, role: str, library: str | None, **columns: Any) -> pl.DataFrame:
    """Make a SAMPLES table with one row, for this sample; `columns` are the values of further columns."""
    row = {"sample_id": sample_id, "subject_id": subject_id, "role": role, "library": library, "reads_1": "", **columns}
    return pl.DataFrame([row], schema=SAMPLES.schema())


def _keep(batches: Iterator[pl.DataFrame], kept: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Append each batch to `kept`, and yield the batch."""
    for batch in batches:
        kept.append(batch)
        yield batch


def _calibrator_hits(
    lanes: list[Lane], controls: pl.DataFrame, reference: Reference, config: Config, sample: pl.DataFrame
) -> pl.DataFrame:
    """Count the calibrators in the reads of a baseline; return the HITS table."""
    if Path("-") in arguments.list_lane_files(lanes):
        raise ClonotrackError(
            "the reads of a baseline with calibrators are read twice, but standard input (-) can be read only once: "
            "give the path of a file"
        )
    targets = prepare_targets(None, controls, reference, config.track, None)
    return _hits(lanes, targets, reference, config, sample)


def _hits(
    lanes: list[Lane], targets: list[Target], reference: Reference, config: Config, sample: pl.DataFrame
) -> pl.DataFrame:
    """Count targets in the reads of one tube; return the HITS table."""
    row = sample.row(0, named=True)
    tube = TubeIdentity(row["sample_id"], row["subject_id"], row["role"], library=row["library"])
    counts = FragmentCounts()
    reads = usable_fragments(lanes, config.reads, config.library(row["library"]), counts)
    return track_reads(reads, counts, targets, reference, tube)


def _summary(
    qc: pl.DataFrame, config: Config, inputs: list[Path], reference: Reference, sample: pl.DataFrame
) -> dict[str, Any]:
    """Make the content of ``S.summary.json``: the sample, its QC and the provenance."""
    row = sample.row(0, named=True)
    columns = {name: value for name, value in row.items() if value not in (None, "")}
    metrics = [
        {name: value for name, value in metric.items() if name != "sample_id"} for metric in qc.iter_rows(named=True)
    ]
    return {"sample": columns, "qc": metrics, "provenance": provenance(config, inputs, reference)}
