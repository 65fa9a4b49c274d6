"""Build models of V(D)J recombination from a reference and published statistics; compute generation probabilities."""

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
from clonotrack.pgen.kernels import RecombinationModel, TrimmedSegments, expected_occurrences
from clonotrack.sequences import F64, Ragged, encode, reverse_complement

MAX_P_LENGTH = len(P_LENGTH_PROBABILITIES) - 1
MAX_LENGTH = 64  # most trimmed or inserted bases [nt]; less than 1 in 10^5 are more
SEGMENT_REACH = 120  # bases of a segment, from its trimmed end, that a window may lie in [nt]
GeneUsage = Callable[[Segment], float]
"""Function that returns the weight of a segment's gene in random rearrangements."""


def generation_probability(sequence: str, model: RecombinationModel, max_mismatches: int) -> F64:
    """Compute the share of random rearrangements that contain a sequence, by number of substitutions.

    Args:
        sequence: A, C, G and T only.
        model: recombination model of one system.
        max_mismatches: most substitutions.

    Returns:
        Shape (max_mismatches + 1,); element m is the share with exactly m substitutions.
    """
    return expected_occurrences(encode(sequence), model, max_mismatches)


def rearrangements_per_cell(system: str) -> float:
    """Compute the mean number of rearrangements of a system (IGH, IGH+, ..) per nucleated cell of a healthy person."""
    carried = CELL_REARRANGEMENTS[system[:3]]
    share = LINEAGE_SHARES[carried.lineage]
    if system in INCOMPLETE_PER_CELL:
        return share * INCOMPLETE_PER_CELL[system]
    return share * (_further_rearrangements(system) + (0.0 if system == "IGK+" else carried.productive))


def selection_factor(system: str, *, productive: bool) -> float:
    """Compute the factor by which a rearrangement is more frequent in cells than in random recombination.

    Cells are selected for a productive receptor, so that productive rearrangements are enriched in cells.

    Args:
        system: system of the rearrangement, as in MARKERS.
        productive: whether the rearrangement is productive.
    """
    if system in INCOMPLETE_PER_CELL or system == "IGK+":
        return 1.0
    selected, further = CELL_REARRANGEMENTS[system].productive, _further_rearrangements(system)
    return ((selected / PRODUCTIVE_SHARE if productive else 0.0) + further) / (selected + further)


def _further_rearrangements(system: str) -> float:
    """Compute the rearrangements of a system per cell of its lineage (B or T), the selected productive one left out."""
    carried = CELL_REARRANGEMENTS[system[:3]]
    return carried.additional * (carried.kde if system == "IGK+" else 1.0 - carried.kde)


def equal_usage(_: Segment) -> float:
    """Give every gene the same weight."""
    return 1.0


def recombination_model(reference: Reference, system: str, usage: GeneUsage = equal_usage) -> RecombinationModel | None:
    """Build the model of one system.

    Args:
        reference: germline segments; segments that are not functional are left out.
        system: system of rearrangements, as in MARKERS.
        usage: weight of a segment's gene; the alleles of a gene share its weight equally.

    Returns:
        The model; None if the reference has no segments for the system.
    """
    locus = system[:3]
    junction = JUNCTION_MODELS[locus]
    v, d, j = (_functional(reference, kind, locus) for kind in KINDS)
    first, last, middle = v, j, () if system.endswith("+") else d
    v_trim, n1 = junction.v_trim, junction.n1
    if system in ("IGH+", "TRB+"):
        first, v_trim, n1 = d, junction.d3_trim, junction.n2
    elif system in ("TRD+", "TRA+D"):
        d = _functional(reference, "D", "TRD")
        first = _functional(reference, "V", "TRD") + [s for s in d if s.gene == "TRDD2"]
        last, middle = j if system == "TRA+D" else [s for s in d if s.gene == "TRDD3"], []
    elif system == "IGK+":
        last = [s for s in j if s.anchor is None]
    else:
        first, last = ([s for s in kind if s.anchor is not None] for kind in (v, j))
    if not first or not last:
        return None
    return RecombinationModel(
        v=_trimmed_segments(first, 0.0, v_trim, usage),
        d=_trimmed_segments(middle, junction.d5_trim, junction.d3_trim, usage),
        j=_trimmed_segments(last, junction.j_trim, 0.0, usage),
        n1=_length_probabilities(n1),
        n2=_length_probabilities(junction.n2),
        bases=N_BASE_PROBABILITIES,
    )


def _functional(reference: Reference, kind: Kind, locus: str) -> list[Segment]:
    return [segment for segment in reference.select(kind, locus) if segment.functionality in ("F", "")]


def _trimmed_segments(segments: Sequence[Segment], trim_5: float, trim_3: float, usage: GeneUsage) -> TrimmedSegments:
    """Extend segments by the P bases of hairpins at their joined ends; segments that become equal are merged.

    Args:
        segments: segments of one kind (V, D or J).
        trim_5: mean number of bases trimmed at the 5' end; 0 for an end that is not joined.
        trim_3: mean number of bases trimmed at the 3' end; 0 for an end that is not joined.
        usage: weight of a segment's gene.
    """
    alleles = Counter(segment.gene for segment in segments)
    weights: dict[tuple[str, int, int], float] = defaultdict(float)
    for segment in segments:
        most_5, most_3 = _max_trimmed(segment)
        extended = _with_hairpins(segment, trimmed_5=trim_5 > 0, trimmed_3=trim_3 > 0)
        weights[extended, most_5, most_3] += usage(segment) / alleles[segment.gene]
    ragged = Ragged.from_strings([sequence for sequence, _, _ in weights])
    shape = (len(weights), MAX_P_LENGTH + MAX_LENGTH + 1)
    return TrimmedSegments(
        codes=ragged.codes,
        offsets=ragged.offsets,
        weights=np.array([weight / sum(weights.values()) for weight in weights.values()]),
        missing_5=np.array([_missing_probabilities(trim_5, most) for _, most, _ in weights]).reshape(shape),
        missing_3=np.array([_missing_probabilities(trim_3, most) for _, _, most in weights]).reshape(shape),
    )


def _with_hairpins(segment: Segment, *, trimmed_5: bool, trimmed_3: bool) -> str:
    """Extend a segment by `MAX_P_LENGTH` P bases at each trimmed end, and by its germline flank at every other end."""
    sequence = segment.sequence
    left = reverse_complement(sequence[:MAX_P_LENGTH]) if trimmed_5 else segment.flank_5
    right = reverse_complement(sequence[-MAX_P_LENGTH:]) if trimmed_3 else segment.flank_3
    extended = left + sequence + right
    return extended[:SEGMENT_REACH] if trimmed_5 else extended[-SEGMENT_REACH:]


def _max_trimmed(segment: Segment) -> tuple[int, int]:
    """Compute the most bases that can be trimmed at the 5' and at the 3' end; a V or J keeps its anchor codon."""
    if segment.anchor is None:
        return MAX_LENGTH, MAX_LENGTH
    return segment.anchor, len(segment.sequence) - segment.anchor - 3


def _missing_probabilities(mean: float, most: int) -> F64:
    """Compute the probability of each number of bases that an extended segment lacks at one end.

    An extended segment lacks its unused P bases and its trimmed bases.

    Args:
        mean: mean number of trimmed bases.
        most: most bases that can be trimmed.

    Returns:
        Shape (MAX_P_LENGTH + MAX_LENGTH + 1,); element i is for i missing bases.
    """
    trimmed = _length_probabilities(mean)
    most = min(max(most, 0), MAX_LENGTH)
    trimmed[most] += trimmed[most + 1 :].sum()
    trimmed[most + 1 :] = 0.0
    p_lengths = P_LENGTH_PROBABILITIES
    return np.concatenate([trimmed[0] * p_lengths[:0:-1], [trimmed[0] * p_lengths[0]], trimmed[1:]])


def _length_probabilities(mean: float) -> F64:
    """Compute the negative binomial probability of each length from 0 to `MAX_LENGTH`, shape (MAX_LENGTH + 1,).

    Args:
        mean: mean length [nt].
    """
    probability = np.zeros(MAX_LENGTH + 1)
    stop = LENGTH_DISPERSION / (LENGTH_DISPERSION + mean)
    probability[0] = stop**LENGTH_DISPERSION
    for length in range(1, MAX_LENGTH + 1):
        probability[length] = probability[length - 1] * (1.0 - stop) * (length - 1 + LENGTH_DISPERSION) / length
    return probability
