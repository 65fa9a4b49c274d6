"""What one result row rests on: its reads, the process they come from, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from clonotrack.errors import QuantityError
from clonotrack.library.capture import Capture
from clonotrack.quantify.assay import Assay, Counting, Yield
from clonotrack.quantify.background import Background
from clonotrack.quantify.process import Process, Tube
from clonotrack.quantify.severity import Seeing, captured

SHALLOW = 0.2
"""Share of captured molecules without a read over which a row is flagged."""

Marker = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One marker in one tube: its reads, and the way from reads to molecules or why there is none."""

    marker: Marker
    assay: Assay
    reads: int
    found: Yield | str

    @property
    def copies(self) -> float:
        """k, molecules of the marker in a clone cell."""
        return float(self.marker["copies_per_cell"])

    @property
    def cut_short(self) -> bool:
        """Whether the reads of the tube are too short for the marker."""
        return self.marker["marker_id"] in self.assay.observed.cut_short

    def seeing(self, found: Yield) -> Seeing:
        """How the marker is seen: rho = a / c."""
        capture = found.capture.value
        return Seeing(found.reads_per_copy / capture, self.assay.dispersion, capture, self.copies)

    @property
    def capture(self) -> Capture:
        """Capture of the marker, or of the library where there is no way from counts to molecules."""
        return self.found.capture if isinstance(self.found, Yield) else self.assay.capture


@dataclass(frozen=True, slots=True)
class Evidence:
    """The basis of one row; with a failure it can only be `failed`.

    Attributes:
        looks: every marker of the row in every tube that can show it.
        process: what the reads are drawn from; None where there is no way from reads to cells.
        suspected: the same with the background that the controls do not exclude.
        failures: why there is no result.
        flags: what the reader must know, the failures included.
    """

    looks: tuple[Look, ...]
    process: Process | None
    suspected: Process | None
    failures: frozenset[str]
    flags: frozenset[str]

    @property
    def reads(self) -> int:
        """Reads of all markers in all tubes."""
        return sum(look.reads for look in self.looks)

    @property
    def molecules(self) -> float | None:
        """Reads over reads per captured molecule; None where there is no way from reads to molecules."""
        if self.process:
            return self.reads / self.process.rho
        if not self.looks or any(isinstance(look.found, str) for look in self.looks):
            return None
        return sum(look.reads / look.seeing(look.found).rho for look in self.looks if isinstance(look.found, Yield))

    @property
    def counting(self) -> Counting | None:
        """How molecules were counted; the weakest way where tubes differ."""
        found = {look.found.counting for look in self.looks if isinstance(look.found, Yield)}
        return next((weakest for weakest in ("read_share", "spike_in", "umi") if weakest in found), None)

    @property
    def capture(self) -> float | None:
        """c, mean over the molecules of the clone in the tubes."""
        copies = sum(_weight(look) * look.copies for look in self.looks)
        return sum(_weight(look) * look.copies * look.capture.value for look in self.looks) / copies if copies else None

    @property
    def copies(self) -> float | None:
        """k, molecules of a clone cell over all markers, mean over the cells of the tubes."""
        cells = sum({id(look.assay): _weight(look) for look in self.looks}.values())
        return sum(_weight(look) * look.copies for look in self.looks) / cells if cells else None


def _weight(look: Look) -> float:
    """Cells of the tube, or 1 where they are not known."""
    return look.assay.cells.number if look.assay.cells else 1.0


def evidence(
    markers: Sequence[Marker],
    assays: Sequence[Assay],
    backgrounds: Mapping[str, Background],
    contaminated: frozenset[str] = frozenset(),
) -> Evidence:
    """The basis of one row over the given markers of a patient in one sample.

    Args:
        markers: MARKERS rows; one, or all that can be used.
        assays: the tubes of the sample.
        backgrounds: by marker_id.
        contaminated: markers that a no-template control of the run holds.

    Raises:
        QuantityError: a marker was not looked for in a tube that can show it.
    """
    looks = tuple(
        Look(marker, assay, _reads(marker, assay), assay.yield_of(marker))
        for marker in markers
        for assay in assays
        if assay.amplifies(marker["locus"])
    )
    failures = {look.found for look in looks if isinstance(look.found, str)}
    failures |= {"no_cells" for look in looks if look.assay.cells is None}
    failures |= {"reads_too_short" for look in looks if look.cut_short and not look.reads}
    failures |= {"control_contaminated" for marker in markers if marker["marker_id"] in contaminated}
    seen = {look.marker["marker_id"] for look in looks}
    failures |= {"locus_not_amplified" for marker in markers if marker["marker_id"] not in seen}
    ways = not any(isinstance(look.found, str) or look.assay.cells is None for look in looks)
    rates = {marker_id: found.rate for marker_id, found in backgrounds.items()}
    highest = {marker_id: found.highest for marker_id, found in backgrounds.items()}
    return Evidence(
        looks=looks,
        process=_process(looks, rates) if looks and ways else None,
        suspected=_process(looks, highest) if looks and ways else None,
        failures=frozenset(failures),
        flags=frozenset(failures | {flag for look in looks for flag in _flags(look)}),
    )


def _reads(marker: Marker, assay: Assay) -> int:
    tube = assay.observed
    if marker["marker_id"] not in tube.markers:
        raise QuantityError(
            f"marker {marker['marker_id']} of patient {marker['subject_id']} was not looked for in sample "
            f"{tube.sample_id}: run `track` again with all markers of the patient"
        )
    return tube.markers[marker["marker_id"]]


def _flags(look: Look) -> set[str]:
    found = {"capture_assumed"} if look.capture.source == "assumed" else set()
    found |= {"reads_too_short"} if look.cut_short else set()
    found |= {"locus_not_stated"} if look.assay.loci and look.marker["locus"] is None else set()
    if isinstance(look.found, Yield):
        found |= {"read_share"} if look.found.counting == "read_share" else set()
        found |= {"calibrators_pooled"} if look.found.scope == "tube" else set()
        seeing = look.seeing(look.found)
        found |= {"shallow"} if captured(seeing.rho, seeing.dispersion, 1)[0] > SHALLOW else set()
    return found


def _process(looks: Sequence[Look], rates: Mapping[str, float]) -> Process:
    by_tube: dict[int, list[Look]] = {}
    for look in looks:
        by_tube.setdefault(id(look.assay), []).append(look)
    tubes = tuple(
        Tube(
            cells=_weight(seen[0]),
            markers=tuple(look.seeing(look.found) for look in seen if isinstance(look.found, Yield)),
            background=tuple(rates[look.marker["marker_id"]] for look in seen),
        )
        for seen in by_tube.values()
    )
    return Process(tubes, _log_sd(looks))


def _log_sd(looks: Sequence[Look]) -> float:
    """Tau of the sum D: yields of one source err together, different sources independently."""
    parts: dict[tuple[str, ...], tuple[float, float]] = {}
    for look in looks:
        if isinstance(look.found, Yield):
            share = parts.get(look.found.source, (0.0, 0.0))[0]
            share += _weight(look) * look.copies * look.found.reads_per_copy
            parts[look.found.source] = (share, look.found.log_sd)
    total = sum(share for share, _ in parts.values())
    return sqrt(sum((share * log_sd) ** 2 for share, log_sd in parts.values())) / total
