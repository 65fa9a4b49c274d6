"""D-J reads that begin in the D or shortly before: first the J, then the D between the start of the read and the J."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.call import CALL
from clonotrack.kernels.dsegment import allow_d, allowed_bases, find_d
from clonotrack.kernels.incomplete import LOOSE, Elements
from clonotrack.kernels.jit import njit
from clonotrack.kernels.jsegment import APART, LEAST_VOTES, best_j
from clonotrack.kernels.pairing import CANDIDATES, V_OVERSHOOT, Pairs
from clonotrack.kernels.placement import score_alleles, ungapped_run
from clonotrack.kernels.seeds import elect, kmer_numbers, vote
from clonotrack.kernels.segments import Germline, Limits, Segments, group_of
from clonotrack.kernels.ungapped import expected_by_chance
from clonotrack.kernels.workspace import append_ties, keep_group, longest, make_bench
from clonotrack.sequence import COMPLEMENT, I64, U8

# Least score of the J.
LEAST_J_SCORE = 20
# Most matches as good that chance may have before the J.
MOST_EXPECTED = 0.001
# What a mismatch costs in the D: its few bases are hardly mutated.
MISMATCH = 3
# Farthest that the J is from the start of the read [nt]: a D and N bases.
FARTHEST_J = 80


@njit
def find_bare(codes: U8, offsets: I64, germline: Germline, near: Segments, left: Elements, limits: Limits) -> Pairs:
    """Find D and J of reads that begin within the D or within the last bases of its flank.

    METHOD: such a D is known by few bases. It is taken if random sequence before the J would have at most
    `MOST_EXPECTED` matches as good (E-value) that begin with the read, `LOOSE` bases left out: what holds other bases
    before its D is of a V-D-J that is cut.

    Args:
        codes: bases of the reads.
        offsets: shape (reads + 1,).
        germline: the extended one.
        near: D with the last bases of their flanks; ``anchor`` is the first base of the D.
        left: what its alleles in the place of V are.
        limits: what is accepted.

    Returns:
        As `find_pairs`; ``v_expected`` is that of the D.
    """
    reads = len(offsets) - 1
    calls = np.zeros(reads, dtype=CALL)
    oriented = codes.copy()
    ties = np.empty(16 * reads + 16, dtype=np.int16)
    tie_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    most = longest(offsets)
    v_bench = make_bench(most, germline.v, CANDIDATES)
    d_bench = make_bench(most, near, 1)
    j_bench = make_bench(most, germline.j, CANDIDATES)
    kept = np.zeros(len(germline.j.origin), dtype=np.int64)
    groups = np.ones(len(germline.j.group_offsets) - 1, dtype=np.int64)
    allowed = np.zeros(len(germline.d.origin), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    found = np.zeros(1, dtype=CALL)
    nothing = min(0, reads)
    used = 0
    for i in range(reads):
        forward = codes[offsets[i] : offsets[i + 1]]
        other = backward[: len(forward)]
        for b in range(len(forward)):
            other[len(forward) - 1 - b] = COMPLEMENT[forward[b]]
        call = calls[i]
        call["v"], call["j"] = -1, -1
        best = 0
        for strand in range(2):
            read = other if strand else forward
            count = kmer_numbers(read, germline.j.seeds.k, j_bench.numbers)
            reach = germline.j.seeds.reach
            cells = vote(j_bench.numbers, 1, count, germline.j.seeds, groups, reach, j_bench.votes, j_bench.touched)
            taken = elect(j_bench.votes, j_bench.touched, cells, LEAST_VOTES, APART, j_bench.elected)
            for candidate in range(taken):
                j_bench.elected[candidate, 1] -= reach
            score = best_j(
                read, nothing, taken, groups, germline.j, LEAST_J_SCORE, limits.max_j_expected, j_bench, found[0]
            )
            if score > best:
                best = score
                call["reversed"] = strand
                call["j"], call["j_group"], call["j_place"] = found[0]["j"], found[0]["j_group"], found[0]["j_place"]
                call["j_score"], call["j_expected"] = score, found[0]["j_expected"]
                first, last = group_of(germline.j, call["j_group"])
                keep_group(kept, j_bench.best, first, last)
        if best == 0:
            tie_offsets[2 * i + 1] = tie_offsets[2 * i + 2] = used
            continue
        read = other if call["reversed"] else forward
        j_start = ungapped_run(read, nothing, germline.j, call["j_place"], call["j"])[1]
        allow_d(germline, call["j_group"], 0, germline.j.order[call["j"]], allowed)
        stretch = read[: min(j_start, FARTHEST_J)]
        accepted = False
        for flanked in range(2):
            segments = near if flanked else germline.d
            d_score, d, at, on_germline, _ = find_d(stretch, segments, allowed, MISMATCH, 1, d_bench, d_bench.best)
            expected = expected_by_chance(d_score, MISMATCH, (LOOSE + 1) * allowed_bases(segments, allowed))
            accepted = d >= 0 and at <= LOOSE and j_start <= FARTHEST_J and expected <= MOST_EXPECTED
            if accepted:
                at -= on_germline
                if flanked:
                    at += near.anchor[d]
                break
        if accepted:
            group = group_of_d(d, germline, left)
            call["v_place"], call["v_group"] = at, group
            score, allele = score_alleles(read, germline.v, group, call["v_place"], nothing, 0.0, v_bench)
            call["v"], call["v_score"], call["v_expected"] = allele, score, expected
            v_end = ungapped_run(read, nothing, germline.v, call["v_place"], allele)[2]
            call["earliest_j"] = max(0, v_end - V_OVERSHOOT)
            first, last = group_of(germline.v, group)
            keep_group(v_bench.best, v_bench.scores, first, last)
            ties, used = append_ties(ties, used, v_bench.best, first, last)
            tie_offsets[2 * i + 1] = used
            first, last = group_of(germline.j, call["j_group"])
            ties, used = append_ties(ties, used, kept, first, last)
            for b in range(len(read)):
                oriented[offsets[i] + b] = read[b]
        else:
            tie_offsets[2 * i + 1] = used
        tie_offsets[2 * i + 2] = used
    return Pairs(calls, oriented, ties[:used], tie_offsets)


@njit
def group_of_d(d: int, germline: Germline, left: Elements) -> int:
    """The group of the extended germline that holds a D."""
    for group in range(len(germline.v.group_offsets) - 1):
        first, last = group_of(germline.v, group)
        for allele in range(first, last):
            if left.is_d[allele] and left.allele[allele] == d:
                return group
    return -1
