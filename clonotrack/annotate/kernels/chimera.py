"""Find reads that contain parts of two rearrangements: a V that continues as another V, or a second V."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.find_vj import CANDIDATES, select_v_candidates
from clonotrack.annotate.kernels.profile import count_profile
from clonotrack.annotate.kernels.score_alleles import score_alleles
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.annotate.kernels.types import (
    EVERY_KMER,
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

# METHOD: gain = max over t of (m1(t) + m2(t)) - m. Here m is the number of matches of the best allele over the aligned
# V, m1(t) that of the best allele up to base t, and m2(t) that of the best allele from base t on. A polymerase that
# leaves its template may continue on a related one, which gives many more matches. Hypermutation hits all alleles
# alike, so its gain is small. A read with a gain of MIN_GAIN or more is chimeric.
MIN_GAIN = 8
# A V with fewer mismatches is not tested, because its gain is too small.
MIN_MISMATCHES = 10
# Distance between the bases t that are tested [nt].
BREAKPOINT_STEP = 8
# Smallest number of bases before or after the rearrangement that are searched for a second V [nt], and its smallest
# score.
MIN_OUTSIDE = 40
MIN_SECOND_V_SCORE = 30
# A second V is the called V beyond a long insertion or deletion, if the called V scores within this of it.
SAME_V_MARGIN = 10


def find_chimeras(oriented: U8, offsets: I64, calls: NDArray[Any], germline: Germline) -> Bool:
    """Find the reads that contain parts of two rearrangements.

    Args:
        oriented: codes of the reads on the strand of the rearrangement.
        offsets: start of each read in `oriented`, shape (reads + 1,).
        calls: completed calls, shape (reads,), dtype `CALL`.
        germline: germline reference.

    Returns:
        True for chimeric reads, shape (reads,); False for reads without a call.
    """
    reads = len(calls)
    v, seeds = germline.v, germline.v_seeds
    chimeric = np.zeros(reads, dtype=np.bool_)
    max_length = longest(offsets)
    scratch = make_scratch(max_length, [(v, seeds)], CANDIDATES)
    scores = np.zeros(len(v.origin), dtype=np.int64)
    groups = np.ones(len(v.groups), dtype=np.int64)
    candidates = np.zeros((2 * CANDIDATES, 4), dtype=np.int64)
    backward = np.empty(max_length, dtype=np.uint8)
    blocks = np.zeros((max_length // BREAKPOINT_STEP + 2, len(scratch.members.overlap_scores)), dtype=np.int64)
    arrays = scratch.votes, scratch.members, scores, groups, candidates, backward, blocks
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
    candidates: I64,
    backward: U8,
    blocks: I64,
    chimeric: Bool,
) -> None:
    """Write to `chimeric` whether each read is chimeric, with inputs and scratch arrays of `find_chimeras`."""
    for i in range(len(calls)):
        call = calls[i]
        if call["called"] == 0:
            continue
        read = oriented[offsets[i] : offsets[i + 1]]
        v = call["v"]
        if v >= 0 and call["j"] >= 0 and call["v_operation_count"] == 1 and call["v_mismatches"] >= MIN_MISMATCHES:
            gain = two_allele_gain(read, segments, call, members, blocks)
            chimeric[i] = gain >= MIN_GAIN
        first = call["v_start"] if v >= 0 else call["d_start"]
        last = max(call["v_end"], call["d_end"], call["d2_end"], call["j_end"])
        for side in range(2):
            stretch = read[last:] if side else read[:first]
            called_v = -1 if side else v
            if len(stretch) >= MIN_OUTSIDE and not chimeric[i]:
                chimeric[i] = contains_v(
                    stretch, called_v, segments, seeds, votes, members, scores, groups, candidates, backward
                )


@inlined
def two_allele_gain(read: U8, segments: Segments, call: Any, members: Members, blocks: I64) -> int:
    """Compute how many more matches the V has with two alleles than with one.

    One of the two alleles is compared up to a breakpoint, the other from the breakpoint on. The gain is the matches of
    the best pair and breakpoint less the matches of the best single allele.

    Args:
        read: codes of the read.
        segments: V alleles.
        call: the call; its V has no gaps.
        members: scratch arrays, one element for each allele of the group (V alleles of the same loci).
        blocks: scratch: cumulative matches of each allele of the V's group, shape (blocks of BREAKPOINT_STEP bases + 1,
            alleles); row 0 is zero.

    Returns:
        The gain over the aligned bases of the V, see `MIN_GAIN`.
    """
    start, end = segments.groups[call["v_group"]]["first"], segments.groups[call["v_group"]]["end"]
    alleles = end - start
    count = 0
    at = call["v_start"]
    while at < call["v_end"]:
        block_end = min(at + BREAKPOINT_STEP, call["v_end"])
        group = segments.groups[call["v_group"]]
        count_profile(
            read,
            at,
            block_end,
            group,
            segments.profile,
            call["v_position"],
            members.byte_counts,
            members.overlap_scores,
        )
        for member in range(alleles):
            blocks[count + 1, member] = blocks[count, member] + members.overlap_scores[member]
        count += 1
        at = block_end
    single = 0
    for member in range(alleles):
        single = max(single, blocks[count, member])
    best = single
    for switch in range(1, count):
        before = 0
        after = 0
        for member in range(alleles):
            before = max(before, blocks[switch, member])
            after = max(after, blocks[count, member] - blocks[switch, member])
        best = max(best, before + after)
    return best - single


@inlined
def contains_v(
    stretch: U8,
    called_v: int,
    segments: Segments,
    seeds: Seeds,
    votes: Votes,
    members: Members,
    scores: I64,
    groups: I64,
    candidates: I64,
    backward: U8,
) -> bool:
    """Decide whether a stretch of a read contains, on either strand, a V other than the called V.

    Args:
        stretch: codes of the bases before or after the rearrangement.
        called_v: number of the called V; -1 if any V counts.
        segments: V alleles.
        seeds: k-mer index of the V.
        votes: scratch.
        members: scratch.
        scores: scratch, shape (V alleles,).
        groups: 1 for each V group, shape (V groups,).
        candidates: scratch, see `select_v_candidates`.
        backward: scratch, shape (at least length of the stretch,).
    """
    reverse_strand = backward[: len(stretch)]
    for b in range(len(stretch)):
        reverse_strand[len(stretch) - 1 - b] = COMPLEMENT[stretch[b]]
    selected = select_v_candidates(stretch, reverse_strand, seeds, EVERY_KMER, votes, groups, candidates)
    for candidate in range(selected):
        group, position, strand = candidates[candidate, 0], candidates[candidate, 1], candidates[candidate, 3]
        read = reverse_strand if strand else stretch
        score, _ = score_alleles(read, segments, group, position, FIRST, float(MIN_SECOND_V_SCORE), scores, members)
        if score < MIN_SECOND_V_SCORE:
            continue
        start, end = segments.groups[group]["first"], segments.groups[group]["end"]
        if strand == 0 and start <= called_v < end and scores[called_v] >= score - SAME_V_MARGIN:
            continue
        return True
    return False
