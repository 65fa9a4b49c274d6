"""Every control sample against every marker: CONTROL_CHECKS, and which runs lose which markers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from clonotrack.config import Quantify
from clonotrack.quantify.assay import Assay, Yield
from clonotrack.quantify.limits import p_value
from clonotrack.quantify.process import Process, Tube
from clonotrack.quantify.severity import Seeing
from clonotrack.tables import CONTROL_CHECKS, check

NO_TEMPLATE, POLYCLONAL = "negative_control", "polyclonal_control"


def control_checks(assays: Sequence[Assay], markers: Sequence[Mapping[str, Any]], settings: Quantify) -> pl.DataFrame:
    """CONTROL_CHECKS: a row for every control sample and marker that was looked for in it.

    A no-template control passes without a read. What a polyclonal control holds is background, not a failure; it fails
    only where it contradicts a background rate that the MARKERS table states.
    """
    known = {marker["marker_id"]: marker for marker in markers}
    tubes: dict[tuple[str, str, str], list[Assay]] = defaultdict(list)
    for assay in assays:
        seen = assay.observed
        if seen.role in (NO_TEMPLATE, POLYCLONAL):
            for marker_id in seen.markers:
                if marker_id in known:
                    tubes[seen.sample_id, seen.role, marker_id].append(assay)
    rows = [_check(key, found, known[key[2]], settings) for key, found in tubes.items()]
    return check(pl.DataFrame(rows, schema=CONTROL_CHECKS.schema()), CONTROL_CHECKS)


def contaminated(assays: Sequence[Assay], run_id: str | None) -> frozenset[str]:
    """Markers that the no-template controls of a run hold.

    A sample or a control without a run_id may be of any run, so it counts for all of them.
    """
    return frozenset(
        marker
        for (_, run, marker), reads in _no_template_reads(assays).items()
        if reads and (run == run_id or None in (run, run_id))
    )


def _no_template_reads(assays: Sequence[Assay]) -> dict[tuple[str, str | None, str], int]:
    total: dict[tuple[str, str | None, str], int] = defaultdict(int)
    for assay in assays:
        if assay.observed.role == NO_TEMPLATE:
            for marker, reads in assay.observed.markers.items():
                total[assay.observed.sample_id, assay.observed.run_id, marker] += reads
    return total


def _check(
    key: tuple[str, str, str], assays: Sequence[Assay], marker: Mapping[str, Any], settings: Quantify
) -> dict[str, Any]:
    sample_id, role, marker_id = key
    reads = sum(assay.observed.markers[marker_id] for assay in assays)
    row = {"sample_id": sample_id, "role": role, "marker_id": marker_id, "reads": reads, "passed": True}
    if role == NO_TEMPLATE:
        return row | {"expected": 0.0, "passed": not reads}
    process = _stated(assays, marker)
    if process is None:
        return row
    chance = p_value(process, reads)
    expected = process.reads_per_level * float(marker["background_rate"])
    return row | {"expected": expected, "p_value": chance, "passed": chance > settings.alpha_call}


def _stated(assays: Sequence[Assay], marker: Mapping[str, Any]) -> Process | None:
    """The process at the background rate that the marker's table states; None without rate, cells or molecules."""
    rate = marker["background_rate"]
    tubes = []
    for assay in assays:
        found = assay.yield_of(marker)
        if rate is None or assay.cells is None or not isinstance(found, Yield):
            return None
        seeing = Seeing(found.reads_per_copy / found.capture.value, assay.dispersion, found.capture.value)
        tubes.append(Tube(assay.cells.number, (seeing,), (float(rate),)))
    return Process(tuple(tubes))
