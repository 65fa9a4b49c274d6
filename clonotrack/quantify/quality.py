"""What the stage measured beside the result: QC rows of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from clonotrack.quantify.assay import Assay
from clonotrack.quantify.background import Background
from clonotrack.quantify.evidence import Marker
from clonotrack.tables import QC, check

Row = tuple[str, float, str]
Rows = Iterator[Row]


def quality(
    samples: Mapping[str, Sequence[Assay]],
    markers: Mapping[str, Sequence[Marker]],
    backgrounds: Mapping[str, Background],
) -> pl.DataFrame:
    """QC of the stage: cells, calibration of each tube and locus, share and background of each marker.

    Args:
        samples: tubes of each sample.
        markers: markers of each sample's patient.
        backgrounds: by marker_id.
    """
    rows = [
        (sample_id, "quantify", *row)
        for sample_id, assays in samples.items()
        for row in _of_sample(assays, markers[sample_id], backgrounds)
    ]
    return check(pl.DataFrame(rows, schema=QC.schema(), orient="row"), QC)


def _of_sample(assays: Sequence[Assay], markers: Sequence[Marker], backgrounds: Mapping[str, Background]) -> Rows:
    for assay in assays:
        tube = f" tube {assay.observed.name}" if len(assays) > 1 else ""
        for metric, value, unit in _of_tube(assay, markers):
            yield metric + tube, value, unit
    for marker in markers:
        name, found = marker["marker_id"], backgrounds[marker["marker_id"]]
        yield f"background_rate {name}", found.rate, "molecules per cell"
        yield f"control_cells {name}", found.control_cells, "cells"
        yield f"control_reads {name}", float(found.control_reads), "reads"


def _of_tube(assay: Assay, markers: Sequence[Marker]) -> Rows:
    tube = assay.observed
    if assay.cells:
        yield "nucleated_cells", assay.cells.number, "cells"
    if assay.calibrators:
        yield from _of_calibration(assay, markers)
    for marker in markers:
        name = marker["marker_id"]
        if name not in tube.markers:
            continue
        of_locus = tube.loci.get(marker["locus"] or "", 0)
        if of_locus:
            yield f"share_of_locus {name}", tube.markers[name] / of_locus, "share of the locus' reads"
        yield f"ambiguous {name}", float(tube.ambiguous.get(name, 0)), "reads"


def _of_calibration(assay: Assay, markers: Sequence[Marker]) -> Rows:
    for marker in {marker["locus"]: marker for marker in markers}.values():
        found, name = assay.calibration_of(marker), marker["locus"] or "other"
        yield f"reads_per_copy {name}", found.per_copy, "reads per molecule"
        yield f"calibration_error {name}", found.log_sd, "relative standard error"
        yield f"calibrators {name}", float(len(found.used)), "calibrators"
        for control in found.failed:
            yield f"calibrator_refused {name} {control}", float(assay.observed.controls[control]), "reads"
