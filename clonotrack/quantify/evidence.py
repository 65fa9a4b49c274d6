"""What one result row rests on: its counts, the process they come from, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from clonotrack.errors import QuantityError
from clonotrack.quantify.assay import Assay, Counting, Yield
from clonotrack.quantify.background import Background
from clonotrack.quantify.carry_over import Carried
from clonotrack.quantify.joint import process_of
from clonotrack.quantify.look import Look, Marker
from clonotrack.quantify.process import Process
from clonotrack.quantify.seen import seeing
from clonotrack.quantify.severity import seen_share
from clonotrack.quantify.surroundings import Surroundings

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
