"""What the stage measured beside the result: QC rows of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from clonotrack.quantify.run_context import Surroundings
from clonotrack.quantify.tube import Assay, Marker, Yield
from clonotrack.tables import QC, check

Row = tuple[str, float, str]
Rows = Iterator[Row]


def quality(
    samples: Mapping[str, Sequence[Assay]], markers: Mapping[str, Sequence[Marker]], surroundings: Surroundings
) -> pl.DataFrame:
    """QC of the stage: cells, calibration, capture and carry-over of each tube, share and background of each marker.

    Args:
        samples: tubes of each sample.
        markers: markers of each sample's patient.
        surroundings: what the other tubes tell.
    """
    rows = [
        (sample_id, "quantify", *row)
        for sample_id, assays in samples.items()
        for row in _of_sample(assays, markers[sample_id], surroundings)
    ]
    return check(pl.DataFrame(rows, schema=QC.schema(), orient="row"), QC)


def _of_sample(assays: Sequence[Assay], markers: Sequence[Marker], surroundings: Surroundings) -> Rows:
    for assay in assays:
        tube = f" tube {assay.observed.name}" if len(assays) > 1 else ""
        for metric, value, unit in _of_tube(assay, markers, surroundings):
            yield metric + tube, value, unit
    for marker in markers:
        name, found = marker["marker_id"], surroundings.background(marker["marker_id"])
        yield f"background_rate {name}", found.rate.mean, "molecules per cell"
        yield f"control_cells {name}", found.control_cells, "cells"
        yield f"control_reads {name}", float(found.control_counts), "reads or UMIs"


def _of_tube(assay: Assay, markers: Sequence[Marker], surroundings: Surroundings) -> Rows:
    tube, hopping = assay.observed, surroundings.hopping(assay)
    if assay.cells:
        yield "nucleated_cells", assay.cells.number, "cells"
        yield from [("nucleated_cells_error", assay.cells.log_sd, "relative standard error")][: assay.cells.log_sd > 0]
    if assay.referred:
        yield "nucleated_cells_by_reference", assay.referred.number, "cells"
    if assay.calibrators:
        yield from _of_calibration(assay, markers)
    if tube.reads_per_umi is not None:
        yield "reads_per_umi", tube.reads_per_umi, "reads per molecule seen"
    yield "hopping", hopping.share.mean, "share of reads"
    yield "hopping_pairs", float(hopping.pairs), "informative pairs"
    for marker in markers:
        if marker["marker_id"] in tube.markers:
            yield from _of_marker(assay, marker, surroundings)


def _of_marker(assay: Assay, marker: Marker, surroundings: Surroundings) -> Rows:
    tube, name = assay.observed, marker["marker_id"]
    of_locus, found = tube.loci.get(marker["locus"] or "", 0), assay.yield_of(marker)
    if of_locus:
        yield f"share_of_locus {name}", tube.markers[name] / of_locus, "share of the locus' reads"
    yield f"ambiguous {name}", float(tube.ambiguous.get(name, 0)), "reads"
    yield f"carry_over {name}", surroundings.carry_over(name, assay).mean, "reads or UMIs expected"
    if isinstance(found, Yield):
        yield f"capture {name}", found.capture.value, "0 to 1"
        if found.capture.log_sd:
            yield f"capture_low {name}", found.capture.low, "0 to 1"
            yield f"capture_high {name}", found.capture.high, "0 to 1"
        law, _ = surroundings.efficiency(assay, found)
        yield f"efficiency_sd {name}", sum(sd * weight for sd, weight in law), "log standard deviation"


def _of_calibration(assay: Assay, markers: Sequence[Marker]) -> Rows:
    for marker in {marker["locus"]: marker for marker in markers}.values():
        found, name = assay.calibration_of(marker), marker["locus"] or "other"
        yield f"reads_per_copy {name}", found.per_copy, "reads per molecule"
        yield f"calibration_error {name}", found.log_sd, "relative standard error"
        yield f"calibration_scatter {name}", found.scatter, "times that of counting"
        yield f"calibrators {name}", float(len(found.used)), "calibrators"
        for point in found.points:
            ratio = point.count / (point.copies * found.per_copy)
            yield f"calibrator {name} {point.control_id}", ratio, "times the fit"
        for control in found.failed:
            yield f"calibrator_refused {name} {control}", float(assay.observed.controls[control]), "reads"
