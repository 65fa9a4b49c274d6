"""How often a marker's sequence turns up where the clone cannot be: molecules per nucleated cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clonotrack.errors import QuantityError
from clonotrack.quantify.assay import Assay, Yield
from clonotrack.quantify.limits import interval
from clonotrack.quantify.process import Process, Tube
from clonotrack.quantify.severity import Seeing

UNPROVEN = 1e-4
"""Rate that is not excluded where controls are too few: a sequence with more of it would not be clone-specific."""


@dataclass(frozen=True, slots=True)
class Background:
    """A marker's background.

    Attributes:
        rate: b, molecules per nucleated cell.
        highest: the rate that is not excluded: its upper 95 % limit, at most `UNPROVEN` where it was not stated.
        control_cells: cells of people without the clone that were looked at.
        control_reads: reads of the marker in them.
    """

    rate: float
    highest: float
    control_cells: float
    control_reads: int


def background_of(marker: Mapping[str, Any], assays: Sequence[Assay], default: float) -> Background:
    """The background of a marker from its table, else from unrelated samples, else the configured rate.

    METHOD: reads over expected reads per molecule, summed over every tube with known cells that is not of the
    marker's patient (polyclonal controls, other patients); no-template controls hold no cells and are judged apart.
    Other patients' samples bring carry-over along, which raises the rate: what a neighbour shows is explained.

    Raises:
        QuantityError: a control is of the marker's own patient.
    """
    process, reads = _unrelated(marker, assays)
    cells = sum(tube.cells for tube in process.tubes)
    if marker["background_rate"] is not None:
        rate = float(marker["background_rate"])
        return Background(rate, rate, cells, reads)
    if not process.tubes:
        return Background(default, max(default, UNPROVEN), 0.0, 0)
    rate = reads / process.reads_per_level
    highest = min(interval(process, reads, 0.90)[1], max(rate, UNPROVEN))
    return Background(rate, highest, cells, reads)


def _unrelated(marker: Mapping[str, Any], assays: Sequence[Assay]) -> tuple[Process, int]:
    """What unrelated samples could show of the marker, and the reads that they do show."""
    tubes, reads = [], 0
    for assay in assays:
        seen = assay.observed.markers.get(marker["marker_id"])
        if seen is None or assay.cells is None or assay.observed.subject_id == marker["subject_id"]:
            continue
        if marker["marker_id"] in assay.observed.cut_short:
            continue
        found = assay.yield_of(marker)
        if isinstance(found, Yield) and assay.amplifies(marker["locus"]):
            seeing = Seeing(found.reads_per_copy / found.capture.value, assay.dispersion, found.capture.value)
            tubes.append(Tube(assay.cells.number, (seeing,), (0.0,)))
            reads += seen
    return Process(tuple(tubes)), reads


def refuse_own(assays: Sequence[Assay], subjects: Collection[str | None]) -> None:
    """Background has to come from people without the clone.

    Raises:
        QuantityError: a background sample is of one of the patients whose samples are judged.
    """
    for assay in assays:
        tube = assay.observed
        if tube.subject_id is not None and tube.subject_id in subjects:
            raise QuantityError(
                f"sample {tube.sample_id} is given as background and is of patient {tube.subject_id}, whose "
                "samples are judged: give samples of people without the clone"
            )
