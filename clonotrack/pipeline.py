"""Take one sample through its stages, with the same functions as the commands and the workflow."""

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
    """Result of `baseline`.

    Attributes:
        rearrangements: REARRANGEMENTS; no rows if there was a `rearrangements_sink`.
        clonotypes: CLONOTYPES.
        markers: MARKERS.
        qc: QC of the stages.
        summary: content of ``S.summary.json``: the sample, its QC and the provenance.
    """

    rearrangements: pl.DataFrame
    clonotypes: pl.DataFrame
    markers: pl.DataFrame
    qc: pl.DataFrame
    summary: dict[str, Any]


@dataclass(frozen=True)
class Followup:
    """Result of `followup`.

    Attributes:
        hits: HITS.
        mrd: MRD.
        qc: QC of the stages.
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
        reads: FASTQ (plain, gzip or zstd), BAM or CRAM; several files, or `Lane`s, are lanes of one tube.
        reads_2: files of the second mates, one for each file of `reads`, in the same order.
        sample_id: identifier of the sample.
        subject_id: identifier of the patient.
        input_cells: nucleated cells whose DNA went into the tube.
        input_ng: mass of DNA that went into the tube [ng]; used if cells were not counted.
        controls: CONTROLS of the tube; by default the table that the settings of the library name.
        library: name of the library in the settings; by default the only one, or the one named ``default``.
        umi: UMI pattern; replaces that of the library.
        config: the settings, or the path of the settings file.
        germline: the germline reference, or the path of its folder; by default the embedded one.
        threads: number of threads for annotation, which does not change the result.
        rearrangements_sink: takes an iterator of batches of REARRANGEMENTS and yields each batch again once it is
            processed, for example written. The result then contains no REARRANGEMENTS, which saves memory.

    Raises:
        ClonotrackError: an input is wrong; the message says which and what to do.
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
        reads: FASTQ (plain, gzip or zstd), BAM or CRAM; several files, or `Lane`s, are lanes of one tube.
        reads_2: files of the second mates, one for each file of `reads`, in the same order.
        sample_id: identifier of the sample.
        subject_id: identifier of the patient.
        markers: MARKERS, as a data frame or files, from `baseline` or written by hand; may include other patients.
        input_cells: nucleated cells whose DNA went into the tube.
        input_ng: mass of DNA that went into the tube [ng]; used if cells were not counted.
        controls: CONTROLS of the tube; by default the table that the settings of the library name.
        background: HITS of control samples of the run, as a data frame or files.
        day: day of collection; diagnosis is day 0.
        disease: disease, which sets the level that a negative result has to reach.
        lymphoid_fraction: share of nucleated cells that are lymphoid; needed without calibrators and UMIs.
        library: name of the library in the settings; by default the only one, or the one named ``default``.
        umi: UMI pattern; replaces that of the library.
        config: the settings, or the path of the settings file.
        germline: the germline reference, or the path of its folder; by default the embedded one.

    Raises:
        ClonotrackError: an input is wrong; the message says which and what to do.
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
    """Make a SAMPLES table with the row of the sample; `columns` are further columns."""
    row = {"sample_id": sample_id, "subject_id": subject_id, "role": role, "library": library, "reads_1": "", **columns}
    return pl.DataFrame([row], schema=SAMPLES.schema())


def _keep(batches: Iterator[pl.DataFrame], kept: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Append each batch to `kept` and yield it."""
    for batch in batches:
        kept.append(batch)
        yield batch


def _calibrator_hits(
    lanes: list[Lane], controls: pl.DataFrame, reference: Reference, config: Config, sample: pl.DataFrame
) -> pl.DataFrame:
    """Track the calibrators in the reads of a baseline and return HITS."""
    if Path("-") in arguments.list_lane_files(lanes):
        raise ClonotrackError(
            "a baseline with calibrators is read twice, but standard input can be read once: give a file instead of -"
        )
    targets = prepare_targets(None, controls, reference, config.track, None)
    return _hits(lanes, targets, reference, config, sample)


def _hits(
    lanes: list[Lane], targets: list[Target], reference: Reference, config: Config, sample: pl.DataFrame
) -> pl.DataFrame:
    """Track targets in the reads of one tube and return HITS."""
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
