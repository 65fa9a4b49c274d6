"""Build the QC table of stage quantify: cells, calibration, index hopping, capture and background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from clonotrack.quantify.run_context import RunContext
from clonotrack.quantify.tube import Conversion, Marker, Tube
from clonotrack.tables import QC, check

Rows = Iterator[tuple[str, float, str]]
"""Metric, value and unit."""


def quantify_qc(
    samples: Mapping[str, Sequence[Tube]], markers: Mapping[str, Sequence[Marker]], context: RunContext
) -> pl.DataFrame:
    """Build the QC table: cells, calibration and index hopping of each tube, capture and background of each marker.

    Args:
        samples: tubes of each sample, by sample_id.
        markers: MARKERS rows of the sample's patient, by sample_id.
        context: background, index hopping and efficiency from all tubes.
    """
    rows = [
        (sample_id, "quantify", *row)
        for sample_id, tubes in samples.items()
        for row in _sample_rows(tubes, markers[sample_id], context)
    ]
    return check(pl.DataFrame(rows, schema=QC.schema(), orient="row"), QC)


def _sample_rows(tubes: Sequence[Tube], markers: Sequence[Marker], context: RunContext) -> Rows:
    for tube in tubes:
        suffix = f" tube {tube.counts.label}" if len(tubes) > 1 else ""
        for metric, value, unit in _tube_rows(tube, markers, context):
            yield metric + suffix, value, unit
    for marker in markers:
        name, background = marker["marker_id"], context.background(marker["marker_id"])
        yield f"background_rate {name}", background.rate.mean, "molecules per cell"
        yield f"control_cells {name}", background.control_cells, "cells"
        yield f"control_reads {name}", float(background.control_counts), "reads or UMIs"


def _tube_rows(tube: Tube, markers: Sequence[Marker], context: RunContext) -> Rows:
    counts, hopping = tube.counts, context.hopping(tube)
    if tube.cells:
        yield "nucleated_cells", tube.cells.number, "cells"
        if tube.cells.log_sd > 0:
            yield "nucleated_cells_error", tube.cells.log_sd, "relative standard error"
    if tube.reference_cells:
        yield "nucleated_cells_by_reference", tube.reference_cells.number, "cells"
    if tube.calibrators:
        yield from _calibration_rows(tube, markers)
    if counts.reads_per_umi is not None:
        yield "reads_per_umi", counts.reads_per_umi, "reads per molecule seen"
    yield "hopping", hopping.share.mean, "share of reads"
    yield "hopping_pairs", float(hopping.pairs), "informative pairs"
    for marker in markers:
        if marker["marker_id"] in counts.marker_reads:
            yield from _marker_rows(tube, marker, context)


def _marker_rows(tube: Tube, marker: Marker, context: RunContext) -> Rows:
    counts, name = tube.counts, marker["marker_id"]
    locus_reads, conversion = counts.locus_reads.get(marker["locus"] or "", 0), tube.conversion(marker)
    if locus_reads:
        yield f"share_of_locus {name}", counts.marker_reads[name] / locus_reads, "share of the locus' reads"
    yield f"ambiguous {name}", float(counts.ambiguous_reads.get(name, 0)), "reads"
    yield f"carry_over {name}", context.carry_over(name, tube).mean, "reads or UMIs expected"
    if isinstance(conversion, Conversion):
        yield f"capture {name}", conversion.capture.value, "0 to 1"
        if conversion.capture.log_sd:
            yield f"capture_low {name}", conversion.capture.low, "0 to 1"
            yield f"capture_high {name}", conversion.capture.high, "0 to 1"
        efficiency, _ = context.efficiency(tube, conversion)
        yield f"efficiency_sd {name}", sum(sd * weight for sd, weight in efficiency), "log standard deviation"


def _calibration_rows(tube: Tube, markers: Sequence[Marker]) -> Rows:
    for marker in {marker["locus"]: marker for marker in markers}.values():
        calibration, name = tube.calibration_of(marker), marker["locus"] or "other"
        yield f"reads_per_copy {name}", calibration.counts_per_copy, "reads per molecule"
        yield f"calibration_error {name}", calibration.log_sd, "relative standard error"
        yield f"calibration_scatter {name}", calibration.scatter, "times that of counting"
        yield f"calibrators {name}", float(len(calibration.used)), "calibrators"
        for point in calibration.controls:
            ratio = point.count / (point.copies * calibration.counts_per_copy)
            yield f"calibrator {name} {point.control_id}", ratio, "times the fit"
        for control in calibration.failed:
            yield f"calibrator_refused {name} {control}", float(tube.counts.control_reads[control]), "reads"
