"""Convert a germline reference into the arrays and k-mer indexes of the kernels, and settings into thresholds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.complete_calls import CALIBRATION, D_CALIBRATION
from clonotrack.annotate.kernels.profile import BASE_CODES
from clonotrack.annotate.kernels.seeds import ENTRY, Seeds, collect_entries
from clonotrack.annotate.kernels.types import ALLELE, GROUP, Germline, Limits, Segments
from clonotrack.config import Annotate
from clonotrack.errors import GermlineError
from clonotrack.germline import LOCI, Reference, Segment
from clonotrack.germline.regions import region_starts
from clonotrack.sequences import I64, U8, Bool, N, Ragged, offsets_of

# The width of a group is rounded up to a multiple of this, so that vector instructions handle whole rows [alleles].
ROW_MULTIPLE = 32


def profile_of(ragged: Ragged, origin: I64, group_offsets: I64) -> tuple[NDArray[Any], U8]:
    """Make the `groups` and `profile` of `Segments`.

    Args:
        ragged: codes of the alleles; codes above 3 (T) are unknown bases.
        origin: origin of each allele, shape (alleles,).
        group_offsets: first allele of each group, shape (groups + 1,).
    """
    groups = list(pairwise(group_offsets.tolist()))
    lowest = np.array([-origin[first:last].max() for first, last in groups], dtype=np.int64)
    beyond = np.array([(ragged.lengths - origin)[first:last].max() for first, last in groups], dtype=np.int64)
    positions = beyond - lowest
    width = -(-np.diff(group_offsets) // ROW_MULTIPLE) * ROW_MULTIPLE
    starts = np.zeros(len(groups) + 1, dtype=np.int64)
    np.cumsum(positions * BASE_CODES * width, out=starts[1:])
    profile = np.zeros(starts[-1], dtype=np.uint8)
    for group, (first, last) in enumerate(groups):
        for allele in range(first, last):
            codes = ragged[allele]
            known = np.flatnonzero(codes < N)
            rows = (known - origin[allele] - lowest[group]) * BASE_CODES + codes[known]
            profile[starts[group] + rows * width[group] + allele - first] = 1
    table = np.zeros(len(groups), dtype=GROUP)
    table["first"], table["end"] = group_offsets[:-1], group_offsets[1:]
    table["row"], table["lowest"], table["positions"], table["width"] = starts[:-1], lowest, positions, width
    return table, profile


# Lengths of k-mers [nt]: short enough that hypermutation leaves some, long enough that few match by chance. If the V_K
# k-mers find no V, V_SHORT_K k-mers are used: they find 60 nt with 20 % substitutions in 95 instead of 91 of 100 reads.
V_K, V_SHORT_K, D_K, J_K = 9, 7, 4, 7
# Origin of alleles without an anchor: distance from their 3' end [nt].
V_ORIGIN, J_ORIGIN = 11, 31
KDE, INTRON = "KDE", "Intron"
_GENE_NUMBER = re.compile(r"IGHD\d+-(\d+)|TR[BD]D(\d)|TRBJ([12])-")
# Order (`chromosomal_order`) of a J downstream of all D.
J_ORDER = 1000
# Loci of D, and the other locus whose J they may join: D of TRD join J of TRA, downstream of them (TRA+D).
ALSO_JOINS = {"TRD": "TRA"}
# Factor on the allowed E-value of a D, by the locus of the J: a D between V of TRD and J of TRA is rare.
FIRST_D_FACTOR = {"TRA": 0.05}
# METHOD: factor on the allowed E-value of a second D, relative to the first, by the locus of the J. Two D are the rule
# in TRD. In IGH, 1 in 800 rearrangements has two (Briney 2012, Immunology 137:56), so the allowed E-value is 2,000
# times smaller.
SECOND_D_FACTOR = {"TRD": 1.0, "IGH": 5e-4, "TRB": 5e-4}


@dataclass(frozen=True)
class Index:
    """Hold a germline reference for the kernels, and its alleles by number.

    Attributes:
        germline: arrays and k-mer indexes.
        v: V alleles, in the order of the arrays.
        d: D alleles, in the order of the arrays.
        j: J alleles, in the order of the arrays.
        loci: loci whose rearrangements are reported.
        reported: True for J groups of these loci, shape (J groups,).
        regions: first base of FWR1, CDR1, FWR2, CDR2, FWR3 in each V, shape (V alleles, 5); -1 if unknown.
    """

    germline: Germline
    v: tuple[Segment, ...]
    d: tuple[Segment, ...]
    j: tuple[Segment, ...]
    loci: tuple[str, ...]
    reported: Bool
    regions: I64


def build_index(reference: Reference, loci: Sequence[str]) -> Index:
    """Index a reference.

    All loci are searched, because V and J of related loci are similar. A search of some loci only would call reads of
    the other loci wrongly.

    Args:
        reference: germline alleles.
        loci: loci whose rearrangements are reported.

    Raises:
        GermlineError: the reference has no V, or no J of the loci.
    """
    v_groups, j_groups = _v_groups(reference), _j_groups(reference)
    d_groups = [(segment,) for segment in reference.select("D")]
    reported = np.array([group[0].locus in loci for group in j_groups], dtype=np.bool_)
    if not v_groups or not reported.any():
        missing = "J" if v_groups else "V"
        raise GermlineError(f"the reference {reference.name} has no {missing} of {', '.join(loci)}: add its FASTA file")
    v_joins_j = np.array([[_v_joins_j(a, b) for b in j_groups] for a in v_groups], dtype=np.int64)
    d_joins_j = np.array([[joins_d(b[0].locus, a[0].locus) for a in d_groups] for b in j_groups], dtype=np.int64)
    d_joins_j = d_joins_j.reshape(len(j_groups), len(d_groups)) * np.array([[b[0].gene != KDE] for b in j_groups])
    first_d_factor = np.array([FIRST_D_FACTOR.get(b[0].locus, 1.0) for b in j_groups])
    second_d_factor = np.array([SECOND_D_FACTOR.get(b[0].locus, 0.0) for b in j_groups])
    v, v_seeds = segments_of(v_groups, V_K, V_ORIGIN)
    d, d_seeds = segments_of(d_groups, D_K, None)
    j, j_seeds = segments_of(j_groups, J_K, J_ORIGIN)
    group = np.repeat(np.arange(len(v_groups)), [len(members) for members in v_groups]).astype(np.int64)
    v_short_seeds = seeds_of(Ragged(v.codes, v.offsets), v.origin, group, V_SHORT_K)
    germline = Germline(
        v, v_seeds, v_short_seeds, d, d_seeds, j, j_seeds, v_joins_j, d_joins_j, first_d_factor, second_d_factor
    )
    regions = np.array([(0, *(region_starts(allele) or (-1,) * 4)) for allele in _flat(v_groups)], dtype=np.int64)
    return Index(germline, _flat(v_groups), _flat(d_groups), _flat(j_groups), tuple(loci), reported, regions)


def _flat(groups: Sequence[Sequence[Segment]]) -> tuple[Segment, ...]:
    return tuple(segment for group in groups for segment in group)


def _v_groups(reference: Reference) -> list[tuple[Segment, ...]]:
    """Group the V alleles: V whose loci overlap are one group, the intron element (IGK) is another."""
    segments = reference.select("V")
    united: list[set[str]] = []
    for named in sorted({segment.loci for segment in segments}):
        touching = [group for group in united if group & set(named)]
        united = [group for group in united if group not in touching] + [set(named).union(*touching)]
    united.sort(key=lambda group: min(map(LOCI.index, group)))
    groups = [tuple(s for s in segments if s.gene != INTRON and set(s.loci) <= group) for group in united]
    return [group for group in [*groups, tuple(s for s in segments if s.gene == INTRON)] if group]


def _j_groups(reference: Reference) -> list[tuple[Segment, ...]]:
    """Group the J alleles by locus; Kde is a group of its own."""
    segments = reference.select("J")
    groups = [tuple(s for s in segments if s.locus == locus and s.gene != KDE) for locus in LOCI]
    return [group for group in [*groups, tuple(s for s in segments if s.gene == KDE)] if group]


def _v_joins_j(v_group: Sequence[Segment], j_group: Sequence[Segment]) -> bool:
    """Decide whether V and J of two groups recombine: they share a locus, and the intron element joins only Kde."""
    if v_group[0].gene == INTRON:
        return j_group[0].gene == KDE
    return any(j_group[0].locus in segment.loci for segment in v_group)


def segments_of(groups: Sequence[Sequence[Segment]], k: int, origin_from_end: int | None) -> tuple[Segments, Seeds]:
    """Make arrays and k-mer index of the alleles of one kind.

    Args:
        groups: alleles of each group.
        k: length of a k-mer [nt].
        origin_from_end: origin of alleles without an anchor, as distance from the 3' end [nt]. None makes the first
            base the origin of every allele.
    """
    segments = _flat(groups)
    ragged = Ragged.from_strings(segment.sequence for segment in segments)
    anchor = np.array([-1 if s.anchor is None else s.anchor for s in segments], dtype=np.int64)
    fallback = np.maximum(ragged.lengths - (origin_from_end or 0), 0)
    origin = np.where(anchor >= 0, anchor, fallback) if origin_from_end is not None else np.zeros_like(anchor)
    origin = origin.astype(np.int64)
    group = np.repeat(np.arange(len(groups)), [len(members) for members in groups])
    order = np.array([chromosomal_order(segment) for segment in segments], dtype=np.int64)
    offsets = offsets_of([len(members) for members in groups])
    codes = np.where(ragged.codes == N, N + 1, ragged.codes).astype(np.uint8)
    alleles = np.zeros(len(segments), dtype=ALLELE)
    alleles["anchor"], alleles["order"] = anchor, order
    arrays = Segments(codes, ragged.offsets, origin, alleles, *profile_of(ragged, origin, offsets))
    return arrays, seeds_of(ragged, origin, group.astype(np.int64), k)


def joins_d(locus: str, d_locus: str) -> bool:
    """Decide whether J of `locus` join D of `d_locus`."""
    return locus in (d_locus, ALSO_JOINS.get(d_locus))


def chromosomal_order(segment: Segment) -> int:
    """Return the order of an allele along the chromosome: of joined segments, the downstream one has the higher order.

    A V has order 0. D have even numbers, by their position (IGHD genes are numbered by it in the second number of their
    names). J come after all D, except TRBJ1, which lie before TRBD2. A V of TRA only has the order of a J, because it
    never joins a D.
    """
    match = _GENE_NUMBER.match(segment.gene)
    if segment.kind == "V" and segment.loci == ("TRA",):
        return J_ORDER
    if match is None:
        return {"V": 0, "D": 1, "J": J_ORDER}[segment.kind]
    return 2 * int(match[1] or match[2] or match[3]) + (segment.kind == "J")


def seeds_of(ragged: Ragged, origin: I64, group: I64, k: int) -> Seeds:
    """Make a k-mer index of alleles.

    Args:
        ragged: codes of the alleles.
        origin: origin of each allele, shape (alleles,).
        group: group of each allele, shape (alleles,).
        k: length of a k-mer [nt].

    Returns:
        The index with distinct entries (k-mer, group, distance), sorted.
    """
    number, entry_group, distance, scratch = (np.zeros(len(ragged.codes), dtype=np.int64) for _ in range(4))
    used = collect_entries(ragged.codes, ragged.offsets, origin, group, k, number, entry_group, distance, scratch)
    reach = max(1, int(ragged.lengths.max(initial=0)))
    groups, distances = int(group.max(initial=0)) + 1, 2 * reach + 1
    packed = np.unique((number[:used] * groups + entry_group[:used]) * distances + distance[:used] + reach)
    starts = np.searchsorted(packed, np.arange(4**k + 1) * groups * distances).astype(np.int32)
    entries = np.zeros(len(packed), dtype=ENTRY)
    entries["group"], entries["distance"] = packed // distances % groups, packed % distances - reach
    return Seeds(k, reach, starts, entries)


# METHOD: factor on the allowed E-value of a J downstream of a V with more than 5 % substitutions. Such a V has passed a
# germinal centre, so it is rearranged and a J is likely. Measured with 20 % substitutions: 0.2 to 0.9 % instead of 3 %
# of IGK and IGL reads have no J (benchmarks/annotate_accuracy.py).
MUTATED_EVALUE_FACTOR = 20.0
# Smallest score of a D with its flank, or of a V of TRD, in an incomplete rearrangement. Fewer than 1 in 1,000 random
# reads of 300 nt reach it.
MIN_FLANKED_D_SCORE = 20.0
# Largest E-value of a D between a D and a J: two D are the exception.
MAX_D_EVALUE_INCOMPLETE = 0.002


def complete_limits(settings: Annotate) -> Limits:
    """Make the thresholds for complete rearrangements."""
    return Limits(
        settings.min_v_score,
        settings.min_j_score,
        settings.max_j_expected / CALIBRATION,
        settings.max_d_expected / D_CALIBRATION,
        MUTATED_EVALUE_FACTOR,
    )


def incomplete_limits(settings: Annotate) -> Limits:
    """Make the thresholds for incomplete rearrangements, which are hardly mutated."""
    limits = complete_limits(settings)
    return limits._replace(
        min_v_score=MIN_FLANKED_D_SCORE, max_d_evalue=MAX_D_EVALUE_INCOMPLETE / D_CALIBRATION, mutated_evalue_factor=1.0
    )
