"""How often cells without the clone carry a sequence: from the statistics of V(D)J recombination."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from clonotrack.germline import KINDS, Kind, Reference, Segment
from clonotrack.germline.recombination_stats import (
    CELL_REARRANGEMENTS,
    INCOMPLETE_PER_CELL,
    JUNCTION_MODELS,
    LENGTH_DISPERSION,
    LINEAGE_SHARES,
    N_BASE_PROBABILITIES,
    P_LENGTH_PROBABILITIES,
    PRODUCTIVE_SHARE,
)
from clonotrack.pgen.kernels import Ends, Recombination, occurrences
from clonotrack.sequences import F64, Ragged, encode, reverse_complement

HAIRPIN = len(P_LENGTH_PROBABILITIES) - 1
LONGEST = 64  # nt that are trimmed or inserted at most; less than 1 in 10^5 are longer
REACH = 120  # nt of a segment that a window may lie in
Usage = Callable[[Segment], float]


def per_rearrangement(part: str, model: Recombination, most: int) -> F64:
    """Share of random rearrangements that hold `part` with 0, 1, .. `most` substitutions: shape (most + 1,)."""
    return occurrences(encode(part), model, most)


def copies_per_cell(system: str) -> float:
    """Rearrangements of a system per nucleated cell of a healthy person."""
    carried = CELL_REARRANGEMENTS[system[:3]]
    share = LINEAGE_SHARES[carried.lineage]
    if system in INCOMPLETE_PER_CELL:
        return share * INCOMPLETE_PER_CELL[system]
    return share * (_others(system) + (0.0 if system == "IGK+" else carried.productive))


def enrichment(system: str, *, productive: bool) -> float:
    """How much more often the rearrangements in cells are of this kind than random ones: selection for a receptor."""
    if system in INCOMPLETE_PER_CELL or system == "IGK+":
        return 1.0
    selected, others = CELL_REARRANGEMENTS[system].productive, _others(system)
    return ((selected / PRODUCTIVE_SHARE if productive else 0.0) + others) / (selected + others)


def _others(system: str) -> float:
    carried = CELL_REARRANGEMENTS[system[:3]]
    return carried.additional * (carried.kde if system == "IGK+" else 1.0 - carried.kde)


def equal(_: Segment) -> float:
    """Every gene as often as any other, where nothing is known."""
    return 1.0


def recombination(reference: Reference, system: str, usage: Usage = equal) -> Recombination | None:
    """The rearrangements of a system; None where the reference has no segments for it.

    Args:
        reference: the segments; those that are not functional are left out.
        system: as in MARKERS.
        usage: weight of a gene, shared among its alleles.
    """
    locus = system[:3]
    numbers = JUNCTION_MODELS[locus]
    v, d, j = (_functional(reference, kind, locus) for kind in KINDS)
    first, last, between = v, j, () if system.endswith("+") else d
    v_trim, n1 = numbers.v_trim, numbers.n1
    if system in ("IGH+", "TRB+"):
        first, v_trim, n1 = d, numbers.d3_trim, numbers.n2
    elif system in ("TRD+", "TRA+D"):
        d = _functional(reference, "D", "TRD")
        first = _functional(reference, "V", "TRD") + [s for s in d if s.gene == "TRDD2"]
        last, between = j if system == "TRA+D" else [s for s in d if s.gene == "TRDD3"], []
    elif system == "IGK+":
        last = [s for s in j if s.anchor is None]
    else:
        first, last = ([s for s in kind if s.anchor is not None] for kind in (v, j))
    if not first or not last:
        return None
    return Recombination(
        v=_ends(first, 0.0, v_trim, usage),
        d=_ends(between, numbers.d5_trim, numbers.d3_trim, usage),
        j=_ends(last, numbers.j_trim, 0.0, usage),
        n1=_lengths(n1),
        n2=_lengths(numbers.n2),
        bases=N_BASE_PROBABILITIES,
    )


def _functional(reference: Reference, kind: Kind, locus: str) -> list[Segment]:
    return [segment for segment in reference.select(kind, locus) if segment.functionality in ("F", "")]


def _ends(segments: Sequence[Segment], trim_5: float, trim_3: float, usage: Usage) -> Ends:
    """Segments with the hairpins of the ends that are cut, those with a mean trimming; what is alike is one."""
    alleles = Counter(segment.gene for segment in segments)
    weights: dict[tuple[str, int, int], float] = defaultdict(float)
    for segment in segments:
        most_5, most_3 = _most_cut(segment)
        made = _with_hairpins(segment, cut_5=trim_5 > 0, cut_3=trim_3 > 0)
        weights[made, most_5, most_3] += usage(segment) / alleles[segment.gene]
    ragged = Ragged.from_strings([sequence for sequence, _, _ in weights])
    shape = (len(weights), HAIRPIN + LONGEST + 1)
    return Ends(
        codes=ragged.codes,
        offsets=ragged.offsets,
        weights=np.array([weight / sum(weights.values()) for weight in weights.values()]),
        cut_5=np.array([_cuts(trim_5, most) for _, most, _ in weights]).reshape(shape),
        cut_3=np.array([_cuts(trim_3, most) for _, _, most in weights]).reshape(shape),
    )


def _with_hairpins(segment: Segment, *, cut_5: bool, cut_3: bool) -> str:
    """A segment with the complement of `HAIRPIN` bases at each end that is cut, its flank at one that is not."""
    sequence = segment.sequence
    left = reverse_complement(sequence[:HAIRPIN]) if cut_5 else segment.flank_5
    right = reverse_complement(sequence[-HAIRPIN:]) if cut_3 else segment.flank_3
    whole = left + sequence + right
    return whole[:REACH] if cut_5 else whole[-REACH:]


def _most_cut(segment: Segment) -> tuple[int, int]:
    """Bases that may be trimmed at the ends: V and J keep their anchors."""
    if segment.anchor is None:
        return LONGEST, LONGEST
    return segment.anchor, len(segment.sequence) - segment.anchor - 3


def _cuts(mean: float, most: int) -> F64:
    """Chance that so many bases are missing of a segment with its hairpin: shape (HAIRPIN + LONGEST + 1,)."""
    trimmed = _lengths(mean)
    most = min(max(most, 0), LONGEST)
    trimmed[most] += trimmed[most + 1 :].sum()
    trimmed[most + 1 :] = 0.0
    p_lengths = P_LENGTH_PROBABILITIES
    return np.concatenate([trimmed[0] * p_lengths[:0:-1], [trimmed[0] * p_lengths[0]], trimmed[1:]])


def _lengths(mean: float) -> F64:
    """Chance of each length of a negative binomial: shape (LONGEST + 1,)."""
    chance = np.zeros(LONGEST + 1)
    stop = LENGTH_DISPERSION / (LENGTH_DISPERSION + mean)
    chance[0] = stop**LENGTH_DISPERSION
    for length in range(1, LONGEST + 1):
        chance[length] = chance[length - 1] * (1.0 - stop) * (length - 1 + LENGTH_DISPERSION) / length
    return chance
