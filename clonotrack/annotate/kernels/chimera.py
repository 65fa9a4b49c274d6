"""Whether a read holds parts of two rearrangements: a V that turns into another one, or a second V beside the first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.find_vj import CANDIDATES, elect_v
from clonotrack.annotate.kernels.profile import count_profile
from clonotrack.annotate.kernels.score_alleles import score_alleles
from clonotrack.annotate.kernels.types import Bench, Germline, Segments, group_of, longest, make_bench
from clonotrack.kernels.jit import njit
from clonotrack.sequences import COMPLEMENT, I64, U8, Bool

# METHOD: the polymerase that leaves its template goes on along a related one. Such a read is better explained by one V
# up to a base and another from there on, by many matches; hypermutation, which hits all alleles alike, brings few.
GAIN = 8
# Fewest substitutions of a V that may be two: fewer cannot bring the gain.
LEAST_MISMATCHES = 10
# Where a V may turn into another: every so many bases.
STEP = 8
# Fewest bases outside of the rearrangement that may hold another V, and its least score.
LEAST_REST = 40
LEAST_SCORE = 30
# A V that explains the rest nearly as well as the best is the same V, behind a long insertion or deletion.
SAME = 10


@njit
def find_chimeras(oriented: U8, offsets: I64, calls: NDArray[Any], germline: Germline) -> Bool:
    """Tell the reads that hold parts of two rearrangements.

    Args:
        oriented: codes of the reads on the strand of their rearrangement.
        offsets: shape (reads + 1,).
        calls: completed.
        germline: the reference.

    Returns:
        Shape (reads,); False where there is no call.
    """
    reads = len(calls)
    chimeric = np.zeros(reads, dtype=np.bool_)
    most = longest(offsets)
    bench = make_bench(most, germline.v, CANDIDATES)
    groups = np.ones(len(germline.v.group_offsets), dtype=np.int64)
    elected = np.zeros((2 * CANDIDATES, 4), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    blocks = np.zeros((most // STEP + 2, len(bench.rough)), dtype=np.int64)
    for i in range(reads):
        call = calls[i]
        if call["found"] == 0:
            continue
        read = oriented[offsets[i] : offsets[i + 1]]
        v = call["v"]
        if v >= 0 and call["j"] >= 0 and call["v_pieces"] == 1 and call["v_mismatches"] >= LEAST_MISMATCHES:
            gain = gain_of_two(read, germline.v, call, bench, blocks)
            chimeric[i] = gain >= GAIN
        first = call["v_start"] if v >= 0 else call["d_start"]
        last = max(call["v_end"], call["d_end"], call["d2_end"], call["j_end"])
        if first >= LEAST_REST and not chimeric[i]:
            chimeric[i] = holds_v(read[:first], v, germline, bench, groups, elected, backward)
        if len(read) - last >= LEAST_REST and not chimeric[i]:
            chimeric[i] = holds_v(read[last:], -1, germline, bench, groups, elected, backward)
    return chimeric


@njit
def gain_of_two(read: U8, segments: Segments, call: Any, bench: Bench, blocks: I64) -> int:
    """Matches that two alleles, one behind the other, have more than any one, over the aligned V."""
    start, end = group_of(segments, call["v_group"])
    members = end - start
    count = 0
    at = call["v_start"]
    while at < call["v_end"]:
        behind = min(at + STEP, call["v_end"])
        count_profile(read, at, behind, segments.profile, call["v_group"], call["v_place"], bench.few, bench.rough)
        for member in range(members):
            blocks[count + 1, member] = blocks[count, member] + bench.rough[member]
        count += 1
        at = behind
    whole = 0
    for member in range(members):
        whole = max(whole, blocks[count, member])
    best = whole
    for turn in range(1, count):
        before = 0
        after = 0
        for member in range(members):
            before = max(before, blocks[turn, member])
            after = max(after, blocks[count, member] - blocks[turn, member])
        best = max(best, before + after)
    return best - whole


@njit
def holds_v(rest: U8, known: int, germline: Germline, bench: Bench, groups: I64, elected: I64, backward: U8) -> bool:
    """Whether a stretch holds a V on either strand that is not the allele `known` (-1 for none)."""
    other = backward[: len(rest)]
    for b in range(len(rest)):
        other[len(rest) - 1 - b] = COMPLEMENT[rest[b]]
    taken = elect_v(rest, other, germline.v.seeds, 1, bench, groups, elected)
    nothing = min(0, len(rest))
    for candidate in range(taken):
        group, place, strand = elected[candidate, 0], elected[candidate, 1], elected[candidate, 3]
        read = other if strand else rest
        score, _ = score_alleles(read, germline.v, group, place, nothing, LEAST_SCORE, bench)
        if score < LEAST_SCORE:
            continue
        start, end = group_of(germline.v, group)
        if strand == 0 and start <= known < end and bench.scores[known] >= score - SAME:
            continue
        return True
    return False
