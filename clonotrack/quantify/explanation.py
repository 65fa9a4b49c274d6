"""Write the column `explanation` of MRD: sentences with the numbers from which flags of a row follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clonotrack.quantify.evidence import Evidence

NAMED_SOURCES = 2
"""Number of carry-over sources that are named. Of further sources only the number is stated."""
FREQUENCY_FLAGS = frozenset({"rna", "no_cells", "no_molecules"})
"""Flags of rows whose only result is a share of the locus' reads."""


def explain_flags(row: Mapping[str, Any], evidence: Evidence, failed_controls: Sequence[str]) -> str | None:
    """Write the sentences by which a person can check the flags of a row.

    Args:
        row: a row of MRD.
        evidence: evidence of this row.
        failed_controls: sentences about the no-template controls that failed for the marker.

    Returns:
        Sentences joined by spaces; None if no flag of the row has an explanation.
    """
    flags = (row["flags"] or "").split(",")
    sentences = list(failed_controls) if "control_contaminated" in flags else []
    if "carry_over" in flags:
        sentences.append(_explain_carry_over(evidence))
    if "shared_rearrangement" in flags:
        sentences += _explain_shared_rearrangement(evidence)
    if FREQUENCY_FLAGS.intersection(flags):
        sentences += _explain_frequency(evidence)
    return " ".join(sentences) or None


def _explain_carry_over(evidence: Evidence) -> str:
    """Write the sentence that explains a row by carry-over.

    It names the tubes of the run in which the marker has most reads (sources), the share of these reads that hops, the
    number of other tubes over which they spread (recipients), and the expected and the observed counts.
    """
    first = evidence.carry_over_sources[0]
    sources = evidence.carry_over_sources[:NAMED_SOURCES]
    named = " and ".join(f"{source.sample_id} holds {source.reads:,} reads" for source in sources)
    more = len(evidence.carry_over_sources) - NAMED_SOURCES
    others = f" ({_with_noun(more, 'more tube')} besides)" if more > 0 else ""
    expected = f"{evidence.expected_carry_over or 0.0:.3g} {_unit(evidence)} expected here"
    return (
        f"Carry-over: {named} of the marker in this run{others}, of which {100 * first.share:.2g} % hop, over "
        f"{_with_noun(first.recipients, 'other tube')}: {expected}, {evidence.count:,} counted."
    )


def _explain_shared_rearrangement(evidence: Evidence) -> list[str]:
    """State the reads shared with a marker of another patient, and the counts expected from unrelated samples."""
    shared = sum(observation.shared_reads for observation in evidence.observations)
    sentences = (
        [f"Shared rearrangement: a marker of another patient counts {shared:,} of these reads too."] if shared else []
    )
    counts = sum(background.control_counts for background in evidence.backgrounds)
    if not counts:
        return sentences
    cells = sum(background.control_cells for background in evidence.backgrounds)
    rate = sum(background.rate.mean for background in evidence.backgrounds)
    expected = f"{_expected_background(evidence):.3g} {_unit(evidence)} expected here, {evidence.count:,} counted"
    return [
        *sentences,
        f"Shared rearrangement: {counts:,} {_unit(evidence)} in {cells:,.0f} cells of unrelated samples, "
        f"{_scientific(rate)} molecules a cell: {expected}.",
    ]


def _explain_frequency(evidence: Evidence) -> list[str]:
    """State the marker's share of the reads of its locus, for rows whose reads cannot be converted to cells."""
    first = evidence.observations[0] if evidence.observations else None
    loci = sum(
        observation.tube.counts.locus_reads.get(observation.marker["locus"] or "", 0)
        for observation in evidence.observations
    )
    if first is None or not loci:
        return []
    share = _scientific(evidence.reads / loci)
    locus = first.marker["locus"]
    return [f"Frequency: {evidence.reads:,} of {loci:,} reads of {locus}, {share}; no level follows from it."]


def _expected_background(evidence: Evidence) -> float:
    """Compute the expected counts of background, summed over the tubes of the row."""
    tubes = evidence.model.tubes if evidence.model else ()
    return sum(
        tube.cells * rate.mean * marker.counts_per_cell / marker.copies
        for tube in tubes
        for marker, rate in zip(tube.markers, tube.background, strict=False)
    )


def _scientific(value: float) -> str:
    """Format with two significant digits and a power of ten: 1.0e-4."""
    return f"{value:.1e}".replace("e-0", "e-")


def _unit(evidence: Evidence) -> str:
    return "molecules" if evidence.counting == "umi" else "reads"


def _with_noun(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
