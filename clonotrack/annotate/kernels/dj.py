"""Call incomplete rearrangements: D-J, V-D and D-D.

Most are found with the extended germline (`clonotrack.annotate.dj`), in which a D with its 5' flank stands for a V and
a D with its 3' flank for a J. `convert_incomplete` converts these calls back to calls of D. `find_dj_at_start` finds
the rest: reads that begin within a D or the last bases of its flank.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.complete_calls import Details, append_operations, copy_ties
from clonotrack.annotate.kernels.find_d import find_d, mark_allowed_d
from clonotrack.annotate.kernels.find_vj import CANDIDATES, MIN_J_DISTANCE, MIN_J_VOTES, V_OVERSHOOT, Pairs, best_j
from clonotrack.annotate.kernels.frame import KEY_BASES
from clonotrack.annotate.kernels.score_alleles import match_evalue, score_alleles, ungapped_run
from clonotrack.annotate.kernels.seeds import Seeds, kmer_numbers, select_candidates, vote
from clonotrack.annotate.kernels.types import (
    CALL,
    EVERY_KMER,
    FIRST,
    Germline,
    Limits,
    Members,
    Scores,
    Segments,
    Votes,
    append_ties,
    longest,
    make_scores,
    make_scratch,
)
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import COMPLEMENT, I16, I32, I64, U8

# A D is germline at one end if the read continues into its flank: at least MIN_FLANK and up to MAX_FLANK bases of the
# flank are compared, and 4 in 5 must match [nt].
MIN_FLANK = 8
MAX_FLANK = 20
# METHOD: the D of a D-J follows its own flank. A read with other bases before the D is a V-D-J that is cut, and gets no
# call. A mutated end explains up to this many other bases [nt].
MAX_BASES_BEFORE_D = 4
# A V or D that lacks fewer bases than this at the joint is treated as untrimmed [nt].
FEW_BASES = 3
# Score of a D with its 3' flank that the shared heptamer and chance matches do not reach.
CERTAIN_FLANK_SCORE = 22
# Largest distance between the two joined segments, with N bases and a D between them [nt].
MAX_JUNCTION_LENGTH = 100


class ExtendedAlleles(NamedTuple):
    """Describe the alleles of an extended germline that stand for V, or those that stand for J.

    Attributes:
        is_d: 1 for a D with its flank, 0 for a V or J; shape (alleles,).
        allele: number of the allele in the reference, among its D or among its V (or J); shape (alleles,).
        first: base of the extended sequence at which the segment itself begins, shape (alleles,).
        last: base of the extended sequence after the segment itself, shape (alleles,).
        codes: bases of the flanks at the joint, which a rearranged segment has lost, one flank after the other.
        offsets: start of each flank in `codes`, shape (alleles + 1,).
    """

    is_d: I64
    allele: I64
    first: I64
    last: I64
    codes: U8
    offsets: I64


def convert_incomplete(
    offsets: I64, pairs: Pairs, details: Details, left: ExtendedAlleles, right: ExtendedAlleles
) -> tuple[NDArray[Any], Details]:
    """Convert calls against the extended germline to calls of V, D and J of the reference.

    Args:
        offsets: start of each read, shape (reads + 1,).
        pairs: result of `find_pairs` with the extended germline; its calls are complete (`complete_calls`).
        details: result of `complete_calls`.
        left: alleles that stand for V.
        right: alleles that stand for J.

    Returns:
        Calls and details of the reference's V, D and J. Reads that are germline or cut have no call.
    """
    reads = len(offsets) - 1
    converted = pairs.calls.copy()
    ties = np.empty(len(details.ties), dtype=np.int16)
    tie_offsets = np.zeros(4 * reads + 1, dtype=np.int64)
    operations = np.empty((len(details.operations), 2), dtype=np.int32)
    operation_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    used, used_operations = _convert_incomplete(
        offsets,
        pairs.calls,
        pairs.oriented,
        details,
        left,
        right,
        converted,
        ties,
        tie_offsets,
        operations,
        operation_offsets,
    )
    return converted, Details(ties[:used], tie_offsets, operations[:used_operations], operation_offsets)


@leaf
def _convert_incomplete(
    offsets: I64,
    calls: NDArray[Any],
    oriented: U8,
    details: Details,
    left: ExtendedAlleles,
    right: ExtendedAlleles,
    converted: NDArray[Any],
    ties: I16,
    tie_offsets: I64,
    operations: I32,
    operation_offsets: I64,
) -> tuple[int, int]:
    """Write the converted calls to `converted`, their ties and operations; see `convert_incomplete`.

    A converted call has at most as many ties and operations as before, so the output arrays are large enough.

    Returns:
        The number of filled elements of `ties` and of `operations`.
    """
    reads = len(offsets) - 1
    used = 0
    used_operations = 0
    for i in range(reads):
        extended_call, call = calls[i], converted[i]
        call["called"], call["v"], call["d"], call["d2"], call["j"] = 0, -1, -1, -1, -1
        read = oriented[offsets[i] : offsets[i + 1]]
        v_operations = details.operations[details.operation_offsets[2 * i] : details.operation_offsets[2 * i + 1]]
        j_operations = details.operations[details.operation_offsets[2 * i + 1] : details.operation_offsets[2 * i + 2]]
        if extended_call["v"] >= 0 and is_incomplete(read, extended_call, left, right):
            convert_call(extended_call, v_operations, j_operations, left, right, call)
            tied = details.tie_offsets[4 * i : 4 * i + 4]
            left_d, right_d = left.is_d[extended_call["v"]], right.is_d[extended_call["j"]]
            if not left_d:
                used = append_converted(ties, used, details.ties[tied[0] : tied[1]], left.allele)
                used_operations = append_operations(operations, used_operations, v_operations, len(v_operations))
            tie_offsets[4 * i + 1] = used
            operation_offsets[2 * i + 1] = used_operations
            if not right_d:
                used = append_converted(ties, used, details.ties[tied[1] : tied[2]], right.allele)
                used_operations = append_operations(operations, used_operations, j_operations, len(j_operations))
            slot = 4 * i + 2
            tie_offsets[slot] = used
            if left_d:
                used = append_converted(ties, used, details.ties[tied[0] : tied[1]], left.allele)
                slot += 1
                tie_offsets[slot] = used
            if extended_call["d"] >= 0 and not (left_d and right_d):
                used = copy_ties(ties, used, details.ties, tied[2], tied[3])
                slot += 1
                tie_offsets[slot] = used
            if right_d:
                used = append_converted(ties, used, details.ties[tied[1] : tied[2]], right.allele)
                slot += 1
                tie_offsets[slot] = used
        for turn in range(1, 5):
            tie_offsets[4 * i + turn] = max(tie_offsets[4 * i + turn], tie_offsets[4 * i + turn - 1])
        operation_offsets[2 * i + 1] = max(operation_offsets[2 * i + 1], operation_offsets[2 * i])
        operation_offsets[2 * i + 2] = used_operations
    return used, used_operations


@leaf
def append_converted(ties: I16, used: int, alleles: I16, allele_numbers: I64) -> int:
    """Append the reference's alleles ``allele_numbers[alleles]`` to `ties`, of which `used` elements are filled.

    Returns:
        The number of filled elements of `ties`.
    """
    for i in range(len(alleles)):
        ties[used] = allele_numbers[alleles[i]]
        used += 1
    return used


@inlined
def is_incomplete(read: U8, extended_call: Any, left: ExtendedAlleles, right: ExtendedAlleles) -> bool:
    """Decide whether a call against the extended germline is a rearrangement: joined, not germline, and not cut.

    Args:
        read: codes of the read, on the strand of the rearrangement.
        extended_call: the call.
        left: alleles that stand for V.
        right: alleles that stand for J.
    """
    v, j = extended_call["v"], extended_call["j"]
    if extended_call["j_start"] - extended_call["v_end"] > MAX_JUNCTION_LENGTH:
        return False
    if left.is_d[v]:
        is_cut = (
            left.first[v] - extended_call["v_germline_start"] < MIN_FLANK
            and extended_call["v_start"] > MAX_BASES_BEFORE_D
        )
        if is_cut or flank_follows(
            read, extended_call["v_end"] + left.last[v] - extended_call["v_germline_end"], flank_of(left, v)
        ):
            return False
    if right.is_d[j]:
        # a germline V is followed by a heptamer, like that in the 3' flank of a D
        v_whole = not left.is_d[v] and left.last[v] - extended_call["v_germline_end"] < FEW_BASES
        if (
            v_whole
            and right.last[j] - extended_call["j_germline_start"] < FEW_BASES
            and extended_call["j_score"] < CERTAIN_FLANK_SCORE
        ):
            return False
        is_cut = (
            extended_call["j_germline_end"] - right.last[j] < MIN_FLANK
            and len(read) - extended_call["j_end"] > MAX_BASES_BEFORE_D
        )
        if is_cut or flank_precedes(
            read, extended_call["j_start"] - extended_call["j_germline_start"], flank_of(right, j)
        ):
            return False
    return True


@inlined
def flank_of(extended_alleles: ExtendedAlleles, allele: int) -> U8:
    """Return the flank of an allele at the joint, which a rearranged segment has lost."""
    return extended_alleles.codes[extended_alleles.offsets[allele] : extended_alleles.offsets[allele + 1]]


@inlined
def flank_follows(read: U8, start: int, flank: U8) -> bool:
    """Decide whether `flank` follows a segment, from base `start` of the read on; see `MIN_FLANK`."""
    length = min(len(flank), len(read) - start, MAX_FLANK)
    matches = 0
    for i in range(length):
        matches += read[start + i] == flank[i]
    return length >= MIN_FLANK and 5 * matches >= 4 * length


@inlined
def flank_precedes(read: U8, end: int, flank: U8) -> bool:
    """Decide whether `flank` precedes a segment that begins at base `end` of the read; see `MIN_FLANK`."""
    length = min(len(flank), end, MAX_FLANK)
    matches = 0
    for i in range(1, length + 1):
        matches += read[end - i] == flank[len(flank) - i]
    return length >= MIN_FLANK and 5 * matches >= 4 * length


@inlined
def convert_call(
    extended_call: Any, v_operations: I32, j_operations: I32, left: ExtendedAlleles, right: ExtendedAlleles, call: Any
) -> None:
    """Convert one call against the extended germline to a call of the reference.

    Args:
        extended_call: the call against the extended germline.
        v_operations: operations of its V; empty if there are no gaps.
        j_operations: operations of its J; empty if there are no gaps.
        left: alleles that stand for V.
        right: alleles that stand for J.
        call: a copy of `extended_call` without alleles; updated.
    """
    v, j = extended_call["v"], extended_call["j"]
    call["called"] = 1
    call["in_frame"], call["stop"], call["productive"] = -1, -1, 0
    ds = 0
    if left.is_d[v]:
        if extended_call["v_end"] - extended_call["v_start"] < KEY_BASES:
            call["key_start"] = -1
        end = extended_call["v_germline_end"]
        length = (
            v_operations[len(v_operations) - 1, 1] if len(v_operations) else end - extended_call["v_germline_start"]
        )
        length = max(0, min(length, end - left.first[v]))
        start, on_germline = extended_call["v_end"] - length, end - length - left.first[v]
        write_d(
            call,
            ds,
            left.allele[v],
            extended_call["v_score"],
            extended_call["v_evalue"],
            start,
            max(0, on_germline),
            length,
        )
        ds += 1
    else:
        call["v"] = left.allele[v]
    if extended_call["d"] >= 0 and not (left.is_d[v] and right.is_d[j]):
        length = extended_call["d_end"] - extended_call["d_start"]
        start, on_germline = extended_call["d_start"], extended_call["d_germline_start"]
        write_d(
            call,
            ds,
            extended_call["d"],
            extended_call["d_score"],
            extended_call["d_evalue"],
            start,
            on_germline,
            length,
        )
        ds += 1
    if right.is_d[j]:
        if extended_call["j_end"] - extended_call["j_start"] < KEY_BASES:
            call["key_start"] = -1
        start, on_germline = extended_call["j_start"], extended_call["j_germline_start"]
        length = j_operations[0, 1] if len(j_operations) else extended_call["j_germline_end"] - on_germline
        length = max(0, min(length, right.last[j] - on_germline))
        on_germline = min(on_germline, right.last[j])
        write_d(
            call, ds, right.allele[j], extended_call["j_score"], extended_call["j_evalue"], start, on_germline, length
        )
    else:
        call["j"] = right.allele[j]


@leaf
def write_d(
    call: Any, second: int, d: int, score: int, evalue: float, start: int, on_germline: int, length: int
) -> None:
    """Write the first D (`second` = 0) or the second D (`second` = 1) into a call.

    Args:
        call: updated.
        second: 0 or 1.
        d: number of the D.
        score: its score.
        evalue: its E-value.
        start: first base of the read in the D.
        on_germline: first base of the D that is aligned.
        length: number of aligned bases; 0 if the D is deleted and known by its flank only.
    """
    if second:
        call["d2"], call["d2_score"], call["d2_evalue"] = d, score, evalue
        call["d2_start"], call["d2_end"] = start, start + length
        call["d2_germline_start"], call["d2_germline_end"] = on_germline, on_germline + length
    else:
        call["d"], call["d_score"], call["d_evalue"] = d, score, evalue
        call["d_start"], call["d_end"] = start, start + length
        call["d_germline_start"], call["d_germline_end"] = on_germline, on_germline + length


# Smallest score of the J of a read that begins in the D.
MIN_J_SCORE = 20
# Largest E-value of the D of a read that begins in the D.
MAX_D_EVALUE = 0.001
# Cost of a mismatch in that D (matches): its few bases are hardly mutated.
MISMATCH_COST = 3
# Largest distance of the J from the start of the read: a D and N bases [nt].
MAX_J_DISTANCE = 80


def find_dj_at_start(
    codes: U8,
    offsets: I64,
    germline: Germline,
    short_flank_d: Segments,
    short_flank_seeds: Seeds,
    left: ExtendedAlleles,
    limits: Limits,
) -> Pairs:
    """Find D and J of reads that begin within the D, or within the last bases of its 5' flank.

    METHOD: only few bases of such a D are on the read. It is accepted if its E-value E = K m n exp(-lambda S) is at
    most `MAX_D_EVALUE`. Here S is its score, m = `MAX_BASES_BEFORE_D` + 1 the number of bases at which the match may
    begin, and n the number of bases of the allowed D (Karlin and Altschul 1990, PNAS 87:2264). A read with more other
    bases before its D is a V-D-J that is cut.

    Args:
        codes: bases of the reads, one read after the other.
        offsets: start of each read in `codes`, shape (reads + 1,).
        germline: extended germline.
        short_flank_d: D with the last bases of their 5' flanks; the anchor is the first base of the D.
        short_flank_seeds: k-mer index of `short_flank_d`.
        left: alleles of `germline` that stand for V.
        limits: thresholds.

    Returns:
        Pairs as from `find_pairs`. The V of a pair is the D with its flank; `v_evalue` is the E-value of the D.
    """
    reads = len(offsets) - 1
    v, d, j = germline.v, germline.d, germline.j
    calls = np.zeros(reads, dtype=CALL)
    oriented = codes.copy()
    max_ties = len(v.origin) + len(j.origin)
    ties = np.empty(16 * reads + max_ties, dtype=np.int16)
    tie_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    max_length = longest(offsets)
    kinds = (v, germline.v_seeds), (d, germline.d_seeds), (short_flank_d, short_flank_seeds), (j, germline.j_seeds)
    scratch = make_scratch(max_length, kinds, CANDIDATES)
    scores = make_scores(v), make_scores(d), make_scores(j)
    best_j_scores = np.zeros(len(j.origin), dtype=np.int64)
    groups = np.ones(len(j.groups), dtype=np.int64)
    allowed = np.zeros(len(d.origin), dtype=np.int64)
    backward = np.empty(max_length, dtype=np.uint8)
    j_call = np.zeros(1, dtype=CALL)
    done = used = 0
    while done < reads:
        done, used = _find_dj_at_start(
            done,
            codes,
            offsets,
            germline,
            short_flank_d,
            short_flank_seeds,
            left.is_d,
            left.allele,
            limits,
            scratch.votes,
            scratch.members,
            *scores,
            best_j_scores,
            groups,
            allowed,
            backward,
            j_call,
            calls,
            oriented,
            ties,
            used,
            tie_offsets,
        )
        if done < reads:
            ties = np.concatenate([ties, np.empty_like(ties)])
    return Pairs(calls, oriented, ties[:used], tie_offsets)


@leaf
def _find_dj_at_start(
    first_read: int,
    codes: U8,
    offsets: I64,
    germline: Germline,
    short_flank_d: Segments,
    short_flank_seeds: Seeds,
    left_is_d: I64,
    left_allele: I64,
    limits: Limits,
    votes: Votes,
    members: Members,
    v_scores: Scores,
    d_scores: Scores,
    j_scores: Scores,
    best_j_scores: I64,
    groups: I64,
    allowed: I64,
    backward: U8,
    j_call: NDArray[Any],
    calls: NDArray[Any],
    oriented: U8,
    ties: I16,
    used: int,
    tie_offsets: I64,
) -> tuple[int, int]:
    """Find D and J of the reads from number `first_read` on; stop at a read whose ties may not fit into `ties`.

    The other arguments are the inputs, scratch arrays and outputs of `find_dj_at_start`.

    Returns:
        The number of the first read that is not done, and the number of filled elements of `ties`.
    """
    reads = len(offsets) - 1
    v, j, seeds = germline.v, germline.j, germline.j_seeds
    max_ties = len(v.origin) + len(j.origin)
    for i in range(first_read, reads):
        if len(ties) - used < max_ties:
            return i, used
        forward = codes[offsets[i] : offsets[i + 1]]
        reverse_strand = backward[: len(forward)]
        for b in range(len(forward)):
            reverse_strand[len(forward) - 1 - b] = COMPLEMENT[forward[b]]
        call = calls[i]
        call["v"], call["j"] = -1, -1
        best = 0
        for strand in range(2):
            read = reverse_strand if strand else forward
            count = kmer_numbers(read, seeds.k, votes.numbers)
            cells = vote(votes.numbers, EVERY_KMER, count, seeds, groups, seeds.reach, votes.counts, votes.touched)
            selected = select_candidates(
                votes.counts, votes.touched, cells, MIN_J_VOTES, MIN_J_DISTANCE, votes.candidates
            )
            for candidate in range(selected):
                votes.candidates[candidate, 1] -= seeds.reach
            score = best_j(
                read,
                FIRST,
                votes.candidates,
                selected,
                groups,
                j,
                float(MIN_J_SCORE),
                limits.max_j_evalue,
                j_scores,
                members,
                j_call[0],
            )
            if score > best:
                best = score
                call["reversed"] = strand
                call["j"], call["j_group"], call["j_position"] = (
                    j_call[0]["j"],
                    j_call[0]["j_group"],
                    j_call[0]["j_position"],
                )
                call["j_score"], call["j_evalue"] = score, j_call[0]["j_evalue"]
                first, last = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
                for kept_allele in range(first, last):
                    best_j_scores[kept_allele] = j_scores.best[kept_allele]
        if best == 0:
            tie_offsets[2 * i + 1] = tie_offsets[2 * i + 2] = used
            continue
        read = reverse_strand if call["reversed"] else forward
        j_start = ungapped_run(read, FIRST, j, call["j_position"], call["j"])[1]
        stretch = read[: min(j_start, MAX_J_DISTANCE)]
        accepted = False
        for flanked in range(2):
            segments = short_flank_d if flanked else germline.d
            segment_seeds = short_flank_seeds if flanked else germline.d_seeds
            order = j.alleles[call["j"]]["order"]
            bases = mark_allowed_d(segments, germline.d_joins_j[call["j_group"]], 0, order, allowed)
            d_score, d, at, on_germline, _ = find_d(
                stretch, segments, segment_seeds, allowed, MISMATCH_COST, EVERY_KMER, votes, d_scores.best
            )
            evalue = match_evalue(d_score, MISMATCH_COST, (MAX_BASES_BEFORE_D + 1) * bases)
            accepted = d >= 0 and at <= MAX_BASES_BEFORE_D and j_start <= MAX_J_DISTANCE and evalue <= MAX_D_EVALUE
            if accepted:
                at -= on_germline
                if flanked:
                    at += short_flank_d.alleles[d]["anchor"]
                break
        if accepted:
            group = group_of_d(d, v, left_is_d, left_allele)
            call["v_position"], call["v_group"] = at, group
            score, allele = score_alleles(read, v, group, call["v_position"], FIRST, 0.0, v_scores.last, members)
            call["v"], call["v_score"], call["v_evalue"] = allele, score, evalue
            v_end = ungapped_run(read, FIRST, v, call["v_position"], allele)[2]
            call["j_search_start"] = max(0, v_end - V_OVERSHOOT)
            first, last = v.groups[group]["first"], v.groups[group]["end"]
            for kept_allele in range(first, last):
                v_scores.best[kept_allele] = v_scores.last[kept_allele]
            used = append_ties(ties, used, v_scores.best, first, last)
            tie_offsets[2 * i + 1] = used
            first, last = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
            used = append_ties(ties, used, best_j_scores, first, last)
            for b in range(len(read)):
                oriented[offsets[i] + b] = read[b]
        else:
            tie_offsets[2 * i + 1] = used
        tie_offsets[2 * i + 2] = used
    return reads, used


@inlined
def group_of_d(d: int, segments: Segments, is_d: I64, allele_numbers: I64) -> int:
    """Return the group of the extended germline that contains a D; -1 if there is none.

    Args:
        d: number of the D in the reference.
        segments: alleles that stand for V.
        is_d: `ExtendedAlleles.is_d` of these alleles.
        allele_numbers: `ExtendedAlleles.allele` of these alleles.
    """
    for group in range(len(segments.groups)):
        first, last = segments.groups[group]["first"], segments.groups[group]["end"]
        for allele in range(first, last):
            if is_d[allele] and allele_numbers[allele] == d:
                return group
    return -1
