"""The arithmetic behind a hit that is explained, as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clonotrack.quantify.evidence import Evidence

NAMED = 2
"""Sources of carry-over that are named; the others are counted."""
FREQUENCY_ONLY = frozenset({"rna", "no_cells", "no_molecules"})
"""Flags of rows that have no result but a share of the locus' reads."""


def explanation(row: Mapping[str, Any], basis: Evidence, failed_controls: Sequence[str]) -> str | None:
    """What a person needs to check the row's flags by hand; None where there is nothing to explain.

    Args:
        row: of MRD.
        basis: what it rests on.
        failed_controls: sentences about no-template controls that hold the marker.
    """
    flags = (row["flags"] or "").split(",")
    said = list(failed_controls) if "control_contaminated" in flags else []
    if "carry_over" in flags:
        said.append(_carry_over(basis))
    if "shared_rearrangement" in flags:
        said += _shared(basis)
    if FREQUENCY_ONLY.intersection(flags):
        said += _frequency(basis)
    return " ".join(said) or None


def _frequency(basis: Evidence) -> list[str]:
    """What is left to say where reads are no cells: the share of the locus' reads."""
    loci = sum(look.assay.observed.loci.get(look.marker["locus"] or "", 0) for look in basis.looks)
    if not loci:
        return []
    locus = basis.looks[0].marker["locus"]
    share = _power(basis.reads / loci)
    return [f"Frequency: {basis.reads:,} of {loci:,} reads of {locus}, {share}; no level follows from it."]


def _power(value: float) -> str:
    """Two digits and the power of ten: 1.0e-4."""
    return f"{value:.1e}".replace("e-0", "e-")


def _unit(basis: Evidence) -> str:
    return "molecules" if basis.counting == "umi" else "reads"


def _carry_over(basis: Evidence) -> str:
    """Reads of the sources, the share that hops, the tubes it falls on, and what is expected of it here."""
    first = basis.carried[0]
    named = " and ".join(f"{one.sample_id} holds {one.reads:,} reads" for one in basis.carried[:NAMED])
    more = len(basis.carried) - NAMED
    others = f" ({_counted(more, 'more tube')} besides)" if more > 0 else ""
    expected = f"{basis.expected_carry_over or 0.0:.3g} {_unit(basis)} expected here"
    return (
        f"Carry-over: {named} of the marker in this run{others}, of which {100 * first.share:.2g} % hop, over "
        f"{_counted(first.recipients, 'other tube')}: {expected}, {basis.count:,} counted."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _shared(basis: Evidence) -> list[str]:
    """Reads that another patient's marker counts too; counts and cells of unrelated tubes, and what they let expect."""
    common = sum(look.shared for look in basis.looks)
    said = (
        [f"Shared rearrangement: a marker of another patient counts {common:,} of these reads too."] if common else []
    )
    counts = sum(known.control_counts for known in basis.backgrounds)
    if not counts:
        return said
    cells = sum(known.control_cells for known in basis.backgrounds)
    rate = sum(known.rate.mean for known in basis.backgrounds)
    expected = f"{_by_background(basis):.3g} {_unit(basis)} expected here, {basis.count:,} counted"
    return [
        *said,
        f"Shared rearrangement: {counts:,} {_unit(basis)} in {cells:,.0f} cells of unrelated samples, "
        f"{_power(rate)} molecules a cell: {expected}.",
    ]


def _by_background(basis: Evidence) -> float:
    """Counts that the background lets expect in the tubes of the row."""
    tubes = basis.process.tubes if basis.process else ()
    return sum(
        tube.cells * own.mean * marker.counts_per_cell / marker.copies
        for tube in tubes
        for marker, own in zip(tube.markers, tube.background, strict=False)
    )
