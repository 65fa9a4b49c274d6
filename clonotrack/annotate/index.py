"""The profile of a germline: which alleles of each group have which base where, as the kernels count it.

A germline reference as the kernels see it: flat arrays, groups of alleles, k-mer indices.

What is accepted as a segment, from the settings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.complete_calls import CALIBRATION, D_CALIBRATION
from clonotrack.annotate.kernels.profile import LETTERS
from clonotrack.annotate.kernels.seeds import ENTRY, Seeds, collect_entries
from clonotrack.annotate.kernels.types import ALLELE, GROUP, Germline, Limits, Segments
from clonotrack.config import Annotate
from clonotrack.errors import GermlineError
from clonotrack.germline import LOCI, Reference, Segment
from clonotrack.germline.regions import region_starts
from clonotrack.sequences import I64, U8, Bool, N, Ragged, offsets_of

# Rows are filled up to a multiple of this, so that machine words take them whole.
FULL_ROW = 32


def profile_of(ragged: Ragged, origin: I64, group_offsets: I64) -> tuple[NDArray[Any], U8]:
    """Groups of alleles and their profile: `groups` and `has` of `Segments`.

    Args:
        ragged: their bases; any code above T is unknown.
        origin: the common coordinate in each allele.
        group_offsets: first allele of each group, shape (groups + 1,).
    """
    groups = list(pairwise(group_offsets.tolist()))
    lowest = np.array([-origin[first:last].max() for first, last in groups], dtype=np.int64)
    beyond = np.array([(ragged.lengths - origin)[first:last].max() for first, last in groups], dtype=np.int64)
    places = beyond - lowest
    width = -(-np.diff(group_offsets) // FULL_ROW) * FULL_ROW
    starts = np.zeros(len(groups) + 1, dtype=np.int64)
    np.cumsum(places * LETTERS * width, out=starts[1:])
    has = np.zeros(starts[-1], dtype=np.uint8)
    for group, (first, last) in enumerate(groups):
        for allele in range(first, last):
            codes = ragged[allele]
            known = np.flatnonzero(codes < N)
            rows = (known - origin[allele] - lowest[group]) * LETTERS + codes[known]
            has[starts[group] + rows * width[group] + allele - first] = 1
    table = np.zeros(len(groups), dtype=GROUP)
    table["first"], table["end"] = group_offsets[:-1], group_offsets[1:]
    table["row"], table["lowest"], table["places"], table["width"] = starts[:-1], lowest, places, width
    return table, has


# Length of the k-mers: short enough that hypermutation leaves some, long enough that few are met by chance. Where the
# V's give no V, the deep ones are asked: they find 60 nt with 20 % substitutions in 95 of 100 reads instead of 91.
V_K, V_DEEP_K, D_K, J_K = 9, 7, 4, 7
# Where the common coordinate of alleles without anchor is taken to be, from the 3' end [nt].
V_ORIGIN, J_ORIGIN = 11, 31
KDE, INTRON = "KDE", "Intron"
_PLACE = re.compile(r"IGHD\d+-(\d+)|TR[BD]D(\d)|TRBJ([12])-")
# Behind every D.
LAST = 1000
# A D-J of TRD may join a J of TRA, which lies behind it (TRA+D).
ALSO_JOINS = {"TRD": "TRA"}
# A V of TRD may keep a D on its way to a J of TRA, which is rare.
FIRST_D = {"TRA": 0.05}
# METHOD: of a second D in TRD (the rule there) as much chance is allowed as of the first. In IGH one rearrangement
# in 800 has two (Briney 2012, Immunology 137:56), so that 2,000 times less is allowed.
SECOND_D = {"TRD": 1.0, "IGH": 5e-4, "TRB": 5e-4}


@dataclass(frozen=True)
class Index:
    """Arrays and names.

    Attributes:
        germline: what the kernels take.
        v: alleles in the order of the arrays.
        d: the same for D.
        j: the same for J.
        loci: whose rearrangements are told.
        wanted: True for J groups of these, shape (J groups,).
        regions: first bases of FWR1, CDR1, FWR2, CDR2, FWR3 of each V, shape (V alleles, 5); -1 where not known.
    """

    germline: Germline
    v: tuple[Segment, ...]
    d: tuple[Segment, ...]
    j: tuple[Segment, ...]
    loci: tuple[str, ...]
    wanted: Bool
    regions: I64


def build_index(reference: Reference, loci: Sequence[str]) -> Index:
    """Index a reference, of which some loci are wanted.

    All are searched: V and J of related loci are alike enough that a read of a locus that is not searched would be
    called as one that is.

    Raises:
        GermlineError: the reference has no V, or no J of the loci.
    """
    v_groups, j_groups = _v_groups(reference), _j_groups(reference)
    d_groups = [(segment,) for segment in reference.select("D")]
    wanted = np.array([group[0].locus in loci for group in j_groups], dtype=np.bool_)
    if not v_groups or not wanted.any():
        missing = "J" if v_groups else "V"
        raise GermlineError(f"the reference {reference.name} has no {missing} of {', '.join(loci)}: add its FASTA file")
    joins = np.array([[_join(a, b) for b in j_groups] for a in v_groups], dtype=np.int64)
    has_d = np.array([[joins_d(b[0].locus, a[0].locus) for a in d_groups] for b in j_groups], dtype=np.int64)
    has_d = has_d.reshape(len(j_groups), len(d_groups)) * np.array([[b[0].gene != KDE] for b in j_groups])
    first_d = np.array([FIRST_D.get(b[0].locus, 1.0) for b in j_groups])
    second_d = np.array([SECOND_D.get(b[0].locus, 0.0) for b in j_groups])
    v, v_seeds = segments_of(v_groups, V_K, V_ORIGIN)
    d, d_seeds = segments_of(d_groups, D_K, None)
    j, j_seeds = segments_of(j_groups, J_K, J_ORIGIN)
    group = np.repeat(np.arange(len(v_groups)), [len(members) for members in v_groups]).astype(np.int64)
    v_deep = seeds_of(Ragged(v.codes, v.offsets), v.origin, group, V_DEEP_K)
    germline = Germline(v, v_seeds, v_deep, d, d_seeds, j, j_seeds, joins, has_d, first_d, second_d)
    regions = np.array([(0, *(region_starts(allele) or (-1,) * 4)) for allele in _flat(v_groups)], dtype=np.int64)
    return Index(germline, _flat(v_groups), _flat(d_groups), _flat(j_groups), tuple(loci), wanted, regions)


def _flat(groups: Sequence[Sequence[Segment]]) -> tuple[Segment, ...]:
    return tuple(segment for group in groups for segment in group)


def _v_groups(reference: Reference) -> list[tuple[Segment, ...]]:
    """V alleles that share a locus, in one group each; the intron element in one of its own."""
    segments = reference.select("V")
    united: list[set[str]] = []
    for named in sorted({segment.loci for segment in segments}):
        touching = [group for group in united if group & set(named)]
        united = [group for group in united if group not in touching] + [set(named).union(*touching)]
    united.sort(key=lambda group: min(map(LOCI.index, group)))
    groups = [tuple(s for s in segments if s.gene != INTRON and set(s.loci) <= group) for group in united]
    return [group for group in [*groups, tuple(s for s in segments if s.gene == INTRON)] if group]


def _j_groups(reference: Reference) -> list[tuple[Segment, ...]]:
    """J alleles of each locus; Kde in a group of its own."""
    segments = reference.select("J")
    groups = [tuple(s for s in segments if s.locus == locus and s.gene != KDE) for locus in LOCI]
    return [group for group in [*groups, tuple(s for s in segments if s.gene == KDE)] if group]


def _join(v_group: Sequence[Segment], j_group: Sequence[Segment]) -> bool:
    """Whether such a V and J recombine: they share a locus, and the intron element joins Kde alone."""
    if v_group[0].gene == INTRON:
        return j_group[0].gene == KDE
    return any(j_group[0].locus in segment.loci for segment in v_group)


def segments_of(groups: Sequence[Sequence[Segment]], k: int, origin_from_end: int | None) -> tuple[Segments, Seeds]:
    """Arrays and index of one kind; without `origin_from_end` the common coordinate is the first base."""
    segments = _flat(groups)
    ragged = Ragged.from_strings(segment.sequence for segment in segments)
    anchor = np.array([-1 if s.anchor is None else s.anchor for s in segments], dtype=np.int64)
    fallback = np.maximum(ragged.lengths - (origin_from_end or 0), 0)
    origin = np.where(anchor >= 0, anchor, fallback) if origin_from_end is not None else np.zeros_like(anchor)
    origin = origin.astype(np.int64)
    group = np.repeat(np.arange(len(groups)), [len(members) for members in groups])
    order = np.array([place_on_chromosome(segment) for segment in segments], dtype=np.int64)
    offsets = offsets_of([len(members) for members in groups])
    codes = np.where(ragged.codes == N, N + 1, ragged.codes).astype(np.uint8)
    alleles = np.zeros(len(segments), dtype=ALLELE)
    alleles["anchor"], alleles["order"] = anchor, order
    found = Segments(codes, ragged.offsets, origin, alleles, *profile_of(ragged, origin, offsets))
    return found, seeds_of(ragged, origin, group.astype(np.int64), k)


def joins_d(locus: str, d_locus: str) -> bool:
    """Whether a J of a locus is joined with a D of a locus."""
    return locus in (d_locus, ALSO_JOINS.get(d_locus))


def place_on_chromosome(segment: Segment) -> int:
    """Where an allele lies among the V, D and J of its locus: what is joined goes up, the rest was deleted.

    V are 0, D even numbers (IGHD genes are numbered from 5' to 3', by the second number), J behind all D but those of
    TRBJ1, which lie before TRBD2. A V of TRA alone takes no D with it: it is as if behind them.
    """
    match = _PLACE.match(segment.gene)
    if segment.kind == "V" and segment.loci == ("TRA",):
        return LAST
    if match is None:
        return {"V": 0, "D": 1, "J": LAST}[segment.kind]
    return 2 * int(match[1] or match[2] or match[3]) + (segment.kind == "J")


def seeds_of(ragged: Ragged, origin: I64, group: I64, k: int) -> Seeds:
    """The distinct (k-mer, group, distance) entries, sorted."""
    number, entry_group, distance, scratch = (np.zeros(len(ragged.codes), dtype=np.int64) for _ in range(4))
    used = collect_entries(ragged.codes, ragged.offsets, origin, group, k, number, entry_group, distance, scratch)
    reach = max(1, int(ragged.lengths.max(initial=0)))
    groups, distances = int(group.max(initial=0)) + 1, 2 * reach + 1
    packed = np.unique((number[:used] * groups + entry_group[:used]) * distances + distance[:used] + reach)
    starts = np.searchsorted(packed, np.arange(4**k + 1) * groups * distances).astype(np.int32)
    entries = np.zeros(len(packed), dtype=ENTRY)
    entries["group"], entries["distance"] = packed // distances % groups, packed % distances - reach
    return Seeds(k, reach, starts, entries)


# METHOD: a V with more than 5 % substitutions has been through a germinal centre, so that it is rearranged: a J is
# likely beforehand, and so many times more chance is allowed. Measured (benchmarks/annotate_accuracy.py): with 20 %
# substitutions 0.2 to 0.9 % instead of 3 % of IGK and IGL reads go without a J.
MUTATED_FAVOUR = 20.0
# Least score of a D with its flank, in the place of a V: fewer than 1 in 1,000 random reads of 300 nt have it.
LEAST_D_SCORE = 20.0
# Most matches as good that chance may have, of a D between a D and a J: two D are the exception.
MOST_BETWEEN = 0.002


def complete_limits(settings: Annotate) -> Limits:
    """For complete rearrangements."""
    return Limits(
        settings.min_v_score,
        settings.min_j_score,
        settings.max_j_expected / CALIBRATION,
        settings.max_d_expected / D_CALIBRATION,
        MUTATED_FAVOUR,
    )


def incomplete_limits(settings: Annotate) -> Limits:
    """For incomplete ones, which are hardly mutated."""
    limits = complete_limits(settings)
    return limits._replace(min_v_score=LEAST_D_SCORE, max_d_expected=MOST_BETWEEN / D_CALIBRATION, mutated_favour=1.0)
