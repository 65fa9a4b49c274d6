"""Calls of incomplete rearrangements, told as what they are: a D in the place of a V or J becomes a D again.

The extended germline (see `clonotrack.annotate.dj`) has D with their 5' flank among the V and D with their 3'
flank among the J. Here its calls become calls of the reference itself, or none where the read is germline.

D-J reads that begin in the D or shortly before: first the J, then the D between the start of the read and the J.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.complete_calls import Details, append_pieces, append_tied
from clonotrack.annotate.kernels.find_d import allow_d, find_d
from clonotrack.annotate.kernels.find_vj import CANDIDATES, J_APART, J_LEAST_VOTES, V_OVERSHOOT, Pairs, best_j
from clonotrack.annotate.kernels.frame import KEY_BASES
from clonotrack.annotate.kernels.score_alleles import expected_by_chance, score_alleles, ungapped_run
from clonotrack.annotate.kernels.seeds import Seeds, elect, kmer_numbers, vote
from clonotrack.annotate.kernels.types import (
    ALL,
    CALL,
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

# A flank tells that a D is germline on this side where so many of its bases are on the read and 4 in 5 match.
LEAST_FLANK = 8
MOST_FLANK = 20
# METHOD: what lies before the D of a D-J is its flank. A read with other bases there, more of them than a mutated end
# explains, is of a V-D-J that is cut, and is told as nothing.
LOOSE = 4
# So few bases are missing from a whole segment, or left of a deleted one.
FEW = 3
# Score of a flank from which it is more than the heptamer and chance.
SURE_FLANK = 22
# Farthest from one another that two joined segments are, with N bases and a D between them [nt].
FARTHEST = 100


class Elements(NamedTuple):
    """What the alleles of an extended germline are that stand in the place of V, or of J.

    Attributes:
        is_d: 1 for a D with its flank, shape (alleles,).
        allele: its number among the D, else among the V or J of the reference.
        first: where the segment itself begins in the extended sequence.
        last: the base behind its last.
        codes: of the flanks on the side of the junction, which a rearranged segment has lost.
        offsets: shape (alleles + 1,).
    """

    is_d: I64
    allele: I64
    first: I64
    last: I64
    codes: U8
    offsets: I64


def tell_incomplete(
    offsets: I64, pairs: Pairs, details: Details, left: Elements, right: Elements
) -> tuple[NDArray[Any], Details]:
    """Translate calls of the extended germline.

    Args:
        offsets: of the reads, shape (reads + 1,).
        pairs: of `find_pairs` with the extended germline, completed by `settle_pairs`.
        details: of `settle_pairs`.
        left: what stands in the place of V.
        right: what stands in the place of J.

    Returns:
        Calls and details as `settle_pairs` gives them, of the reference's own V, D and J.
    """
    reads = len(offsets) - 1
    told = pairs.calls.copy()
    ties = np.empty(len(details.ties), dtype=np.int16)
    tie_offsets = np.zeros(4 * reads + 1, dtype=np.int64)
    pieces = np.empty((len(details.pieces), 2), dtype=np.int32)
    piece_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    used, used_pieces = _tell_incomplete(
        offsets, pairs.calls, pairs.oriented, details, left, right, told, ties, tie_offsets, pieces, piece_offsets
    )
    return told, Details(ties[:used], tie_offsets, pieces[:used_pieces], piece_offsets)


@leaf
def _tell_incomplete(
    offsets: I64,
    calls: NDArray[Any],
    oriented: U8,
    details: Details,
    left: Elements,
    right: Elements,
    told: NDArray[Any],
    ties: I16,
    tie_offsets: I64,
    pieces: I32,
    piece_offsets: I64,
) -> tuple[int, int]:
    """Translate calls; see `tell_incomplete`. No read has more ties or pieces than before.

    Returns:
        How much of `ties` and of `pieces` is used.
    """
    reads = len(offsets) - 1
    used = 0
    used_pieces = 0
    for i in range(reads):
        found, call = calls[i], told[i]
        call["found"], call["v"], call["d"], call["d2"], call["j"] = 0, -1, -1, -1, -1
        read = oriented[offsets[i] : offsets[i + 1]]
        of_v = details.pieces[details.piece_offsets[2 * i] : details.piece_offsets[2 * i + 1]]
        of_j = details.pieces[details.piece_offsets[2 * i + 1] : details.piece_offsets[2 * i + 2]]
        if found["v"] >= 0 and is_incomplete(read, found, left, right):
            tell(found, of_v, of_j, left, right, call)
            tied = details.tie_offsets[4 * i : 4 * i + 4]
            left_d, right_d = left.is_d[found["v"]], right.is_d[found["j"]]
            if not left_d:
                used = append_elements(ties, used, details.ties[tied[0] : tied[1]], left.allele)
                used_pieces = append_pieces(pieces, used_pieces, of_v, len(of_v))
            tie_offsets[4 * i + 1] = used
            piece_offsets[2 * i + 1] = used_pieces
            if not right_d:
                used = append_elements(ties, used, details.ties[tied[1] : tied[2]], right.allele)
                used_pieces = append_pieces(pieces, used_pieces, of_j, len(of_j))
            slot = 4 * i + 2
            tie_offsets[slot] = used
            if left_d:
                used = append_elements(ties, used, details.ties[tied[0] : tied[1]], left.allele)
                slot += 1
                tie_offsets[slot] = used
            if found["d"] >= 0 and not (left_d and right_d):
                used = append_tied(ties, used, details.ties, tied[2], tied[3])
                slot += 1
                tie_offsets[slot] = used
            if right_d:
                used = append_elements(ties, used, details.ties[tied[1] : tied[2]], right.allele)
                slot += 1
                tie_offsets[slot] = used
        for turn in range(1, 5):
            tie_offsets[4 * i + turn] = max(tie_offsets[4 * i + turn], tie_offsets[4 * i + turn - 1])
        piece_offsets[2 * i + 1] = max(piece_offsets[2 * i + 1], piece_offsets[2 * i])
        piece_offsets[2 * i + 2] = used_pieces
    return used, used_pieces


@leaf
def append_elements(ties: I16, used: int, alleles: I16, number: I64) -> int:
    """Append what the alleles of an extended germline are in the reference (`number`); see `append_ties`."""
    for i in range(len(alleles)):
        ties[used] = number[alleles[i]]
        used += 1
    return used


@inlined
def is_incomplete(read: U8, found: Any, left: Elements, right: Elements) -> bool:
    """Whether a call of the extended germline is a rearrangement: joined, not as the chromosome has it, and not cut."""
    v, j = found["v"], found["j"]
    if found["j_start"] - found["v_end"] > FARTHEST:
        return False
    if left.is_d[v]:
        cut = left.first[v] - found["v_germline_start"] < LEAST_FLANK and found["v_start"] > LOOSE
        if cut or follows(read, found["v_end"] + left.last[v] - found["v_germline_end"], flank_of(left, v)):
            return False
    if right.is_d[j]:
        # the flank of every V begins as that of a D does, with the heptamer
        v_whole = not left.is_d[v] and left.last[v] - found["v_germline_end"] < FEW
        if v_whole and right.last[j] - found["j_germline_start"] < FEW and found["j_score"] < SURE_FLANK:
            return False
        cut = found["j_germline_end"] - right.last[j] < LEAST_FLANK and len(read) - found["j_end"] > LOOSE
        if cut or precedes(read, found["j_start"] - found["j_germline_start"], flank_of(right, j)):
            return False
    return True


@inlined
def flank_of(elements: Elements, allele: int) -> U8:
    """The flank that a rearranged segment has lost."""
    return elements.codes[elements.offsets[allele] : elements.offsets[allele + 1]]


@inlined
def follows(read: U8, start: int, flank: U8) -> bool:
    """Whether the read goes on with the flank behind a segment, from base `start`."""
    length = min(len(flank), len(read) - start, MOST_FLANK)
    matches = 0
    for i in range(length):
        matches += read[start + i] == flank[i]
    return length >= LEAST_FLANK and 5 * matches >= 4 * length


@inlined
def precedes(read: U8, end: int, flank: U8) -> bool:
    """Whether the flank stands before a segment that begins at base `end` of the read."""
    length = min(len(flank), end, MOST_FLANK)
    matches = 0
    for i in range(1, length + 1):
        matches += read[end - i] == flank[len(flank) - i]
    return length >= LEAST_FLANK and 5 * matches >= 4 * length


@inlined
def tell(found: Any, of_v: I32, of_j: I32, left: Elements, right: Elements, call: Any) -> None:
    """Turn the copy of a call into one of the reference; `of_v`, `of_j`: pieces of the alignments, empty for one."""
    v, j = found["v"], found["j"]
    call["found"] = 1
    call["in_frame"], call["stop"], call["productive"] = -1, -1, 0
    ds = 0
    if left.is_d[v]:
        if found["v_end"] - found["v_start"] < KEY_BASES:
            call["key_start"] = -1
        end = found["v_germline_end"]
        length = of_v[len(of_v) - 1, 1] if len(of_v) else end - found["v_germline_start"]
        length = max(0, min(length, end - left.first[v]))
        start, on_germline = found["v_end"] - length, end - length - left.first[v]
        write_d(call, ds, left.allele[v], found["v_score"], found["v_expected"], start, max(0, on_germline), length)
        ds += 1
    else:
        call["v"] = left.allele[v]
    if found["d"] >= 0 and not (left.is_d[v] and right.is_d[j]):
        length = found["d_end"] - found["d_start"]
        start, on_germline = found["d_start"], found["d_germline_start"]
        write_d(call, ds, found["d"], found["d_score"], found["d_expected"], start, on_germline, length)
        ds += 1
    if right.is_d[j]:
        if found["j_end"] - found["j_start"] < KEY_BASES:
            call["key_start"] = -1
        start, on_germline = found["j_start"], found["j_germline_start"]
        length = of_j[0, 1] if len(of_j) else found["j_germline_end"] - on_germline
        length = max(0, min(length, right.last[j] - on_germline))
        on_germline = min(on_germline, right.last[j])
        write_d(call, ds, right.allele[j], found["j_score"], found["j_expected"], start, on_germline, length)
    else:
        call["j"] = right.allele[j]


@leaf
def write_d(
    call: Any, second: int, d: int, score: int, expected: float, start: int, on_germline: int, length: int
) -> None:
    """Write the first or second D; its length is 0 where it is deleted as a whole and known by its flank."""
    if second:
        call["d2"], call["d2_score"], call["d2_expected"] = d, score, expected
        call["d2_start"], call["d2_end"] = start, start + length
        call["d2_germline_start"], call["d2_germline_end"] = on_germline, on_germline + length
    else:
        call["d"], call["d_score"], call["d_expected"] = d, score, expected
        call["d_start"], call["d_end"] = start, start + length
        call["d_germline_start"], call["d_germline_end"] = on_germline, on_germline + length


# Least score of the J.
LEAST_J_SCORE = 20
# Most matches as good that chance may have before the J.
MOST_EXPECTED = 0.001
# What a mismatch costs in the D: its few bases are hardly mutated.
MISMATCH = 3
# Farthest that the J is from the start of the read [nt]: a D and N bases.
FARTHEST_J = 80


def find_bare(
    codes: U8, offsets: I64, germline: Germline, near: Segments, near_seeds: Seeds, left: Elements, limits: Limits
) -> Pairs:
    """Find D and J of reads that begin within the D or within the last bases of its flank.

    METHOD: such a D is known by few bases. It is taken if random sequence before the J would have at most
    `MOST_EXPECTED` matches as good (E-value) that begin with the read, `LOOSE` bases left out: what holds other bases
    before its D is of a V-D-J that is cut.

    Args:
        codes: bases of the reads.
        offsets: shape (reads + 1,).
        germline: the extended one.
        near: D with the last bases of their flanks; ``anchor`` is the first base of the D.
        near_seeds: their index.
        left: what its alleles in the place of V are.
        limits: what is accepted.

    Returns:
        As `find_pairs`; ``v_expected`` is that of the D.
    """
    reads = len(offsets) - 1
    v, d, j = germline.v, germline.d, germline.j
    calls = np.zeros(reads, dtype=CALL)
    oriented = codes.copy()
    most_ties = len(v.origin) + len(j.origin)
    ties = np.empty(16 * reads + most_ties, dtype=np.int16)
    tie_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    most = longest(offsets)
    kinds = (v, germline.v_seeds), (d, germline.d_seeds), (near, near_seeds), (j, germline.j_seeds)
    scratch = make_scratch(most, kinds, CANDIDATES)
    scores = make_scores(v), make_scores(d), make_scores(j)
    kept = np.zeros(len(j.origin), dtype=np.int64)
    groups = np.ones(len(j.groups), dtype=np.int64)
    allowed = np.zeros(len(d.origin), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    found = np.zeros(1, dtype=CALL)
    done = used = 0
    while done < reads:
        done, used = _find_bare(
            done,
            codes,
            offsets,
            germline,
            near,
            near_seeds,
            left.is_d,
            left.allele,
            limits,
            scratch.votes,
            scratch.members,
            *scores,
            kept,
            groups,
            allowed,
            backward,
            found,
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
def _find_bare(
    first_read: int,
    codes: U8,
    offsets: I64,
    germline: Germline,
    near: Segments,
    near_seeds: Seeds,
    left_is_d: I64,
    left_allele: I64,
    limits: Limits,
    votes: Votes,
    members: Members,
    v_scores: Scores,
    d_scores: Scores,
    j_scores: Scores,
    kept: I64,
    groups: I64,
    allowed: I64,
    backward: U8,
    found: NDArray[Any],
    calls: NDArray[Any],
    oriented: U8,
    ties: I16,
    used: int,
    tie_offsets: I64,
) -> tuple[int, int]:
    """Find D and J of the reads from `first_read` on, up to one whose ties may not fit; see `find_bare`.

    Returns:
        The first read that is left, and how much of `ties` is used.
    """
    reads = len(offsets) - 1
    v, j, seeds = germline.v, germline.j, germline.j_seeds
    most_ties = len(v.origin) + len(j.origin)
    for i in range(first_read, reads):
        if len(ties) - used < most_ties:
            return i, used
        forward = codes[offsets[i] : offsets[i + 1]]
        other = backward[: len(forward)]
        for b in range(len(forward)):
            other[len(forward) - 1 - b] = COMPLEMENT[forward[b]]
        call = calls[i]
        call["v"], call["j"] = -1, -1
        best = 0
        for strand in range(2):
            read = other if strand else forward
            count = kmer_numbers(read, seeds.k, votes.numbers)
            cells = vote(votes.numbers, ALL, count, seeds, groups, seeds.reach, votes.counts, votes.touched)
            taken = elect(votes.counts, votes.touched, cells, J_LEAST_VOTES, J_APART, votes.elected)
            for candidate in range(taken):
                votes.elected[candidate, 1] -= seeds.reach
            score = best_j(
                read,
                FIRST,
                votes.elected,
                taken,
                groups,
                j,
                float(LEAST_J_SCORE),
                limits.max_j_expected,
                j_scores,
                members,
                found[0],
            )
            if score > best:
                best = score
                call["reversed"] = strand
                call["j"], call["j_group"], call["j_place"] = found[0]["j"], found[0]["j_group"], found[0]["j_place"]
                call["j_score"], call["j_expected"] = score, found[0]["j_expected"]
                first, last = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
                for kept_allele in range(first, last):
                    kept[kept_allele] = j_scores.best[kept_allele]
        if best == 0:
            tie_offsets[2 * i + 1] = tie_offsets[2 * i + 2] = used
            continue
        read = other if call["reversed"] else forward
        j_start = ungapped_run(read, FIRST, j, call["j_place"], call["j"])[1]
        stretch = read[: min(j_start, FARTHEST_J)]
        accepted = False
        for flanked in range(2):
            segments = near if flanked else germline.d
            segment_seeds = near_seeds if flanked else germline.d_seeds
            order = j.alleles[call["j"]]["order"]
            bases = allow_d(segments, germline.has_d[call["j_group"]], 0, order, allowed)
            d_score, d, at, on_germline, _ = find_d(
                stretch, segments, segment_seeds, allowed, MISMATCH, ALL, votes, d_scores.best
            )
            expected = expected_by_chance(d_score, MISMATCH, (LOOSE + 1) * bases)
            accepted = d >= 0 and at <= LOOSE and j_start <= FARTHEST_J and expected <= MOST_EXPECTED
            if accepted:
                at -= on_germline
                if flanked:
                    at += near.alleles[d]["anchor"]
                break
        if accepted:
            group = group_of_d(d, v, left_is_d, left_allele)
            call["v_place"], call["v_group"] = at, group
            score, allele = score_alleles(read, v, group, call["v_place"], FIRST, 0.0, v_scores.last, members)
            call["v"], call["v_score"], call["v_expected"] = allele, score, expected
            v_end = ungapped_run(read, FIRST, v, call["v_place"], allele)[2]
            call["earliest_j"] = max(0, v_end - V_OVERSHOOT)
            first, last = v.groups[group]["first"], v.groups[group]["end"]
            for kept_allele in range(first, last):
                v_scores.best[kept_allele] = v_scores.last[kept_allele]
            used = append_ties(ties, used, v_scores.best, first, last)
            tie_offsets[2 * i + 1] = used
            first, last = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
            used = append_ties(ties, used, kept, first, last)
            for b in range(len(read)):
                oriented[offsets[i] + b] = read[b]
        else:
            tie_offsets[2 * i + 1] = used
        tie_offsets[2 * i + 2] = used
    return reads, used


@inlined
def group_of_d(d: int, segments: Segments, is_d: I64, number: I64) -> int:
    """The group of the extended germline that holds a D.

    Args:
        d: the D.
        segments: what stands in the place of V.
        is_d: see `Elements`.
        number: ``allele`` of `Elements`.
    """
    for group in range(len(segments.groups)):
        first, last = segments.groups[group]["first"], segments.groups[group]["end"]
        for allele in range(first, last):
            if is_d[allele] and number[allele] == d:
                return group
    return -1
