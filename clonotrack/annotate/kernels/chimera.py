"""Whether a read holds parts of two rearrangements: a V that turns into another one, or a second V beside the first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.find_vj import CANDIDATES, elect_v
from clonotrack.annotate.kernels.profile import count_profile
from clonotrack.annotate.kernels.score_alleles import score_alleles
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.annotate.kernels.types import (
    ALL,
    FIRST,
    Germline,
    Members,
    Segments,
    Votes,
    longest,
    make_scratch,
)
from clonotrack.kernels.jit import inlined, leaf
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
    v, seeds = germline.v, germline.v_seeds
    chimeric = np.zeros(reads, dtype=np.bool_)
    most = longest(offsets)
    scratch = make_scratch(most, [(v, seeds)], CANDIDATES)
    scores = np.zeros(len(v.origin), dtype=np.int64)
    groups = np.ones(len(v.groups), dtype=np.int64)
    elected = np.zeros((2 * CANDIDATES, 4), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    blocks = np.zeros((most // STEP + 2, len(scratch.members.rough)), dtype=np.int64)
    arrays = scratch.votes, scratch.members, scores, groups, elected, backward, blocks
    _find_chimeras(oriented, offsets, calls, v, seeds, *arrays, chimeric)
    return chimeric


@leaf
def _find_chimeras(
    oriented: U8,
    offsets: I64,
    calls: NDArray[Any],
    segments: Segments,
    seeds: Seeds,
    votes: Votes,
    members: Members,
    scores: I64,
    groups: I64,
    elected: I64,
    backward: U8,
    blocks: I64,
    chimeric: Bool,
) -> None:
    """Write whether each read is chimeric; see `find_chimeras`."""
    for i in range(len(calls)):
        call = calls[i]
        if call["found"] == 0:
            continue
        read = oriented[offsets[i] : offsets[i + 1]]
        v = call["v"]
        if v >= 0 and call["j"] >= 0 and call["v_pieces"] == 1 and call["v_mismatches"] >= LEAST_MISMATCHES:
            gain = gain_of_two(read, segments, call, members, blocks)
            chimeric[i] = gain >= GAIN
        first = call["v_start"] if v >= 0 else call["d_start"]
        last = max(call["v_end"], call["d_end"], call["d2_end"], call["j_end"])
        for side in range(2):
            rest = read[last:] if side else read[:first]
            known = -1 if side else v
            if len(rest) >= LEAST_REST and not chimeric[i]:
                chimeric[i] = holds_v(rest, known, segments, seeds, votes, members, scores, groups, elected, backward)


@inlined
def gain_of_two(read: U8, segments: Segments, call: Any, members: Members, blocks: I64) -> int:
    """Matches that two alleles, one behind the other, have more than any one, over the aligned V."""
    start, end = segments.groups[call["v_group"]]["first"], segments.groups[call["v_group"]]["end"]
    alleles = end - start
    count = 0
    at = call["v_start"]
    while at < call["v_end"]:
        behind = min(at + STEP, call["v_end"])
        group = segments.groups[call["v_group"]]
        count_profile(read, at, behind, group, segments.has, call["v_place"], members.few, members.rough)
        for member in range(alleles):
            blocks[count + 1, member] = blocks[count, member] + members.rough[member]
        count += 1
        at = behind
    whole = 0
    for member in range(alleles):
        whole = max(whole, blocks[count, member])
    best = whole
    for turn in range(1, count):
        before = 0
        after = 0
        for member in range(alleles):
            before = max(before, blocks[turn, member])
            after = max(after, blocks[count, member] - blocks[turn, member])
        best = max(best, before + after)
    return best - whole


@inlined
def holds_v(
    rest: U8,
    known: int,
    segments: Segments,
    seeds: Seeds,
    votes: Votes,
    members: Members,
    scores: I64,
    groups: I64,
    elected: I64,
    backward: U8,
) -> bool:
    """Whether a stretch holds a V on either strand that is not the allele `known` (-1 for none)."""
    other = backward[: len(rest)]
    for b in range(len(rest)):
        other[len(rest) - 1 - b] = COMPLEMENT[rest[b]]
    taken = elect_v(rest, other, seeds, ALL, votes, groups, elected)
    for candidate in range(taken):
        group, place, strand = elected[candidate, 0], elected[candidate, 1], elected[candidate, 3]
        read = other if strand else rest
        score, _ = score_alleles(read, segments, group, place, FIRST, float(LEAST_SCORE), scores, members)
        if score < LEAST_SCORE:
            continue
        start, end = segments.groups[group]["first"], segments.groups[group]["end"]
        if strand == 0 and start <= known < end and scores[known] >= score - SAME:
            continue
        return True
    return False
