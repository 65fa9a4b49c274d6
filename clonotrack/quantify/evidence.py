"""The process of a row: its markers in its tubes, with what each leaves open, as one law of counts.

What one result row rests on: its counts, the process they come from, and what there is to say about it.

The factors of a row, by which its result can be recomputed by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Any

from clonotrack.assay.cells import Cells
from clonotrack.errors import QuantityError
from clonotrack.quantify.background import Background
from clonotrack.quantify.index_hopping import Carried
from clonotrack.quantify.run_context import Surroundings
from clonotrack.quantify.tube import Assay, Counting, Look, Marker, Yield, seeing
from clonotrack.stats.count_model import Process, Tube
from clonotrack.stats.reads_per_cell import seen_share
from clonotrack.stats.uncertainty import Spread


def process_of(looks: Sequence[Look], surroundings: Surroundings, specimen: float) -> Process:
    """What the counts of these looks, all with a way to molecules and cells, are drawn from.

    Args:
        looks: markers in tubes.
        surroundings: what the other tubes tell.
        specimen: cells of all tubes of the sample; a tube is that part of the DNA where the sheet does not say more.
    """
    by_tube: dict[int, list[Look]] = {}
    for look in looks:
        by_tube.setdefault(id(look.assay), []).append(look)
    tubes = tuple(_tube(seen, surroundings, specimen) for seen in by_tube.values())
    return Process(tubes, _spread(looks, surroundings))


def _tube(looks: Sequence[Look], surroundings: Surroundings, specimen: float) -> Tube:
    assay = looks[0].assay
    return Tube(
        cells=looks[0].cells,
        markers=tuple(seeing(assay, look.marker_id, look.known, look.copies) for look in looks),
        background=tuple(surroundings.background(look.marker_id).rate for look in looks),
        carry_over=tuple(surroundings.carry_over(look.marker_id, assay) for look in looks),
        aliquot=assay.aliquot or looks[0].cells / specimen,
    )


def _spread(looks: Sequence[Look], surroundings: Surroundings) -> Spread:
    """What is not known of the counts per molecule, over all looks.

    METHOD: errors of one source (a set of calibrators, the cells of a tube, the efficiency of a marker's sequence) are
    common to all counts that rest on it and add up linearly; different sources are independent and add in quadrature.
    """
    weights = [look.cells * look.copies * look.known.reads_per_copy for look in looks]
    shares = [weight / sum(weights) for weight in weights]
    pairs = list(zip(looks, shares, strict=True))
    counting = _quadrature((look.known.source, share, look.known.log_sd) for look, share in pairs)
    cells = _quadrature((id(look.assay), share, look.cells_log_sd) for look, share in pairs)
    markers = _quadrature((look.marker_id, share, 1.0) for look, share in pairs)
    efficiency, _ = surroundings.efficiency(looks[0].assay, looks[0].known)
    return Spread(hypot(counting, cells), efficiency, len(looks[0].known.points), own=markers**2)


def _quadrature(parts: Iterable[tuple[Hashable, float, float]]) -> float:
    """Standard deviation of a sum of (source, share, deviation), where those of one source go together."""
    sums: dict[Hashable, float] = {}
    for source, share, deviation in parts:
        sums[source] = sums.get(source, 0.0) + share * deviation
    return sqrt(sum(value**2 for value in sums.values()))


SHALLOW = 0.2
"""Share of captured molecules without a read over which a row is flagged."""
NOTICED = 0.05
"""Counts by carry-over from which a row says how well these are known."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The basis of one row; with a failure it can only be `failed`.

    Attributes:
        looks: every marker of the row in every tube that can show it.
        process: what the counts are drawn from; None where there is no way from counts to cells.
        backgrounds: of the markers of the row.
        carried: what other tubes of the run leave of the markers in these, most first.
        failures: why there is no result.
        flags: what the reader must know, the failures included.
    """

    looks: tuple[Look, ...]
    process: Process | None
    backgrounds: tuple[Background, ...]
    carried: tuple[Carried, ...]
    failures: frozenset[str]
    flags: frozenset[str]

    @property
    def reads(self) -> int:
        """Reads of all markers in all tubes."""
        return sum(look.reads for look in self.looks)

    @property
    def umis(self) -> int | None:
        """UMIs of all markers in all tubes; None where one of these has none."""
        counted = [look.assay.observed.umis.get(look.marker_id) for look in self.looks]
        known = [count for count in counted if count is not None]
        return sum(known) if known and len(known) == len(counted) else None

    @property
    def count(self) -> int:
        """What the row is decided by: molecules by UMI, else reads."""
        return sum(look.count for look in self.looks)

    @property
    def molecules(self) -> float | None:
        """Molecules in the data, by which clone cells can be recomputed; None where there is no way to them."""
        if self.process and self.capture and self.copies and self.strands:
            cells = self.count / self.process.per_level * self.process.cells
            return cells * self.capture * self.copies * self.strands
        found = [look.molecules for look in self.looks]
        known = [molecules for molecules in found if molecules is not None]
        return sum(known) if known and len(known) == len(found) else None

    @property
    def expected_carry_over(self) -> float | None:
        """Counts that other samples of the run leave; None where there is no way from counts to cells."""
        if self.process is None:
            return None
        return sum(rate.mean for tube in self.process.tubes for rate in tube.carry_over)

    @property
    def counting(self) -> Counting | None:
        """How molecules were counted; the weakest way where tubes differ."""
        found = {look.found.counting for look in self.looks if isinstance(look.found, Yield)}
        ways: tuple[Counting, ...] = ("read_share", "spike_in", "umi")
        return next((weakest for weakest in ways if weakest in found), None)

    @property
    def capture(self) -> float | None:
        """Mean of c over the molecules of the clone in the tubes."""
        found = _mean(self.looks, lambda look: look.capture.value, lambda look: look.cells * look.copies)
        return None if found is None else min(1.0, found)

    @property
    def strands(self) -> float | None:
        """Strands that count, mean over the captured molecules."""
        return _mean(self.looks, lambda look: look.strands, lambda look: look.cells * look.copies * look.capture.value)

    @property
    def copies(self) -> float | None:
        """k, molecules of a clone cell over all markers, mean over the cells of the tubes."""
        cells = sum({id(look.assay): look.cells for look in self.looks}.values())
        return sum(look.cells * look.copies for look in self.looks) / cells if cells else None


def _mean(looks: Iterable[Look], value: Callable[[Look], float], weight: Callable[[Look], float]) -> float | None:
    pairs = [(value(look), weight(look)) for look in looks]
    total = sum(share for _, share in pairs)
    return sum(number * share for number, share in pairs) / total if total else None


def evidence(
    markers: Sequence[Marker],
    assays: Sequence[Assay],
    surroundings: Surroundings,
    contaminated: frozenset[str] = frozenset(),
) -> Evidence:
    """The basis of one row over the given markers of a patient in one sample.

    UMIs are counted where every tube of the row has them, else reads in all of them: the two do not add up.

    Args:
        markers: MARKERS rows; one, or all that can be used.
        assays: the tubes of the sample.
        surroundings: what the other tubes tell of background, carry-over and efficiency.
        contaminated: markers that a no-template control of the run holds.

    Raises:
        QuantityError: a marker was not looked for in a tube that can show it.
    """
    by_umi = all(assay.tagged is not None for assay in assays)
    looks = tuple(
        Look(marker, _looked_for(marker, assay), assay.yield_of(marker, by_umi=by_umi))
        for marker in markers
        for assay in assays
        if assay.amplifies(marker["locus"])
    )
    failures = _failures(markers, looks, contaminated)
    ways = looks and not any(isinstance(look.found, str) or look.assay.cells is None for look in looks)
    seen = {look.marker_id: look for look in looks}
    return Evidence(
        looks=looks,
        process=process_of(looks, surroundings, _specimen(assays)) if ways else None,
        backgrounds=tuple(surroundings.background(name) for name in seen),
        carried=tuple(one for look in looks for one in surroundings.carried(look.marker_id, look.assay)),
        failures=failures,
        flags=failures | {flag for look in looks for flag in _flags(look, surroundings)},
    )


def _specimen(assays: Sequence[Assay]) -> float:
    """Cells of all tubes of the sample."""
    return sum(assay.cells.number for assay in assays if assay.cells)


def _looked_for(marker: Marker, assay: Assay) -> Assay:
    if marker["marker_id"] not in assay.observed.markers:
        raise QuantityError(
            f"marker {marker['marker_id']} of patient {marker['subject_id']} was not looked for in sample "
            f"{assay.observed.sample_id}: run `track` again with all markers of the patient"
        )
    return assay


def _failures(markers: Sequence[Marker], looks: Sequence[Look], contaminated: frozenset[str]) -> frozenset[str]:
    found = {look.found for look in looks if isinstance(look.found, str)}
    found |= {"no_cells" for look in looks if look.assay.cells is None}
    found |= {"reads_too_short" for look in looks if look.cut_short and not look.reads}
    found |= {"control_contaminated" for marker in markers if marker["marker_id"] in contaminated}
    seen = {look.marker_id for look in looks}
    found |= {"locus_not_amplified" for marker in markers if marker["marker_id"] not in seen}
    return frozenset(found)


def _flags(look: Look, surroundings: Surroundings) -> set[str]:
    found = {"capture_assumed"} if look.capture.source == "assumed" else set()
    found |= {"reads_too_short"} if look.cut_short else set()
    found |= {"shared_rearrangement"} if look.shared else set()
    found |= {"locus_not_stated"} if look.assay.loci and look.marker["locus"] is None else set()
    if isinstance(look.found, str):
        return found
    found |= {"read_share"} if look.found.counting == "read_share" else set()
    found |= {"calibrators_pooled"} if look.found.scope == "tube" else set()
    found |= {"calibrator_refused"} if look.found.scope and look.assay.calibration_of(look.marker).failed else set()
    found |= {"efficiency_assumed"} if surroundings.efficiency(look.assay, look.found)[1] else set()
    if surroundings.carry_over(look.marker_id, look.assay).mean > NOTICED:
        found |= {"hopping_assumed"} if surroundings.hopping(look.assay).source == "assumed" else set()
        indexing = surroundings.config.library(look.assay.observed.library).indexing
        found |= {"single_index"} if indexing == "single" else set()
    seen = seeing(look.assay, look.marker_id, look.found)
    return found | ({"shallow"} if seen_share(seen.rho, seen.dispersion) < 1 - SHALLOW else set())


def counted(basis: Evidence) -> dict[str, Any]:
    """What can be said without a result: reads, UMIs, molecules and the factors that are known."""
    tubes = {id(look.assay): look.assay.cells for look in basis.looks}.values()
    cells = [tube for tube in tubes if tube is not None]
    return {
        "reads": basis.reads,
        "umis": basis.umis,
        "molecules": basis.molecules,
        "counting": basis.counting,
        "capture": basis.capture,
        "copies_per_cell": basis.copies,
        "strands_tagged": basis.strands,
        "expected_carry_over": basis.expected_carry_over,
        **(_input(cells) if cells and len(cells) == len(tubes) else {}),
    }


def _input(cells: Collection[Cells]) -> dict[str, Any]:
    """Cells of all tubes; where tubes differ in how they are known, the source that says least goes for the row."""
    sources = {tube.source for tube in cells}
    weights = [tube.pg_per_cell for tube in cells if tube.pg_per_cell is not None]
    return {
        "input_cells": sum(tube.number for tube in cells),
        "input_source": next(source for source in ("reference_locus", "dna", "cells") if source in sources),
        "pg_per_cell": weights[0] if weights else None,
    }
