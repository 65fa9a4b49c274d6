"""Compare reads with their candidate targets and report the matches."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.arrays import mismatches, wide
from clonotrack.kernels.jit import constant, leaf
from clonotrack.kernels.swar import encode_ascii
from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.sequences import ENCODE, I32, I64, U8
from clonotrack.track.kernels.assign import AMBIGUOUS_READ, HIT, NO_MATCH, NOT_ASSIGNED, OWN, TIED, assign_read
from clonotrack.track.kernels.distance import TargetStrands, evolved_mismatches, gapped_distance
from clonotrack.track.kernels.seed_filter import (
    CANDIDATE_ENTRY,
    CANDIDATE_POSITION,
    CANDIDATE_READ,
    ENTRY_EXACT_END,
    ENTRY_EXACT_START,
    ENTRY_LENGTH,
    ENTRY_ORIGIN,
    ENTRY_SEED,
    ENTRY_STRAND,
)
from clonotrack.track.kernels.word_filter import may_match

EXACT, MISMATCH, INDEL, EVOLVED, AMBIGUOUS = 0, 1, 2, 3, 4  # match classes of HITS
FRAGMENT, TARGET, CLASS, DISTANCE, SHARED, READ, STRAND, START = range(8)  # columns of matches
MATCH_COLUMNS = 8
NO_MISMATCH, SEED_SIZE = constant(0), constant(SEED_LENGTH)


def verify_hits(
    text: U8, starts: I64, ends: I64, candidates: I64, mates: int, entries: I32, strands: TargetStrands
) -> tuple[I64, int, int]:
    """Compare reads with their candidate targets along the alignments that seeds give.

    A candidate is compared in three steps. First the exact stretch around the seed, which has no edit if this seed is
    the unchanged one. Then the whole target without gaps. Then with gaps, if these could give fewer edits.

    Args:
        text: ASCII of a chunk of reads.
        starts: shape (reads,); first base of each read in `text`.
        ends: the base after its last.
        candidates: from `clonotrack.track.kernels.seed_filter.find_candidates`.
        mates: reads per fragment, 1 or 2; the reads of fragment f are ``mates * f`` and, if there are 2, the next.
        entries: see `clonotrack.track.kernels.seed_filter.SeedIndex`.
        strands: of all targets.

    Returns:
        Matches, shape (matches, 8), ordered by fragment: one row for each target that counts a fragment. Columns:
        fragment, target, match class, distance, 1 if another patient's marker counts it too. For evolved reads also
        the read, the strand and the base of the read at which the strand begins. Then the number of fragments that are
        hits of any target, and the number of ambiguous ones.
    """
    targets, most = len(strands.max_edits), int(strands.max_edits.max(initial=0))
    distance, indel = np.full(targets, NO_MATCH, np.int64), np.zeros(targets, np.int64)
    matched, status, shared = (np.zeros(targets, np.int64) for _ in range(3))
    rows = np.zeros((2, 2 * most + 3), np.int64)
    to_left, to_right = (np.zeros(most + 1, np.int64) for _ in range(2))
    reads = candidates[:, CANDIDATE_READ]
    codes = np.zeros(max(256, int((ends[reads] - starts[reads]).max(initial=0))), np.uint8)
    matches = np.zeros((len(candidates), MATCH_COLUMNS), np.int64)  # a candidate makes one match at most
    scratch = distance, indel, matched, status, shared, rows, to_left, to_right, codes
    n_matches, hits, ambiguous = _verify_hits(
        text, starts, ends, candidates, mates, entries, strands, *scratch, matches
    )
    return matches[:n_matches], hits, ambiguous


@leaf
def _verify_hits(
    text: U8,
    starts: I64,
    ends: I64,
    candidates: I64,
    mates: int,
    entries: I32,
    strands: TargetStrands,
    distance: I64,
    indel: I64,
    matched: I64,
    status: I64,
    shared: I64,
    rows: I64,
    to_left: I64,
    to_right: I64,
    codes: U8,
    matches: I64,
) -> tuple[int, int, int]:
    """Write the matches; see `verify_hits`.

    Returns:
        Number of matches, of fragments that are hits, and of ambiguous ones.
    """
    codes_of_strands, max_edits, owner = strands.codes, strands.max_edits, strands.owner
    suffix_edits, prefix_edits = strands.suffix_edits, strands.prefix_edits
    n_matches, hits, ambiguous = 0, 0, 0
    current, length, n_matched = -1, 0, 0
    evolved, evolved_strand, evolved_read, evolved_start = NO_MATCH, 0, 0, 0  # best evolved match of the fragment
    for i in range(len(candidates)):
        read, entry = candidates[i, CANDIDATE_READ], candidates[i, CANDIDATE_ENTRY]
        if read != current:
            current, length = read, ends[read] - starts[read]
            encode_ascii(text[starts[read] : ends[read]], codes)
        position = candidates[i, CANDIDATE_POSITION] - starts[read]
        strand, offset, origin, size = (
            wide(entries[entry, ENTRY_STRAND]),
            wide(entries[entry, ENTRY_SEED]),
            wide(entries[entry, ENTRY_ORIGIN]),
            wide(entries[entry, ENTRY_LENGTH]),
        )
        target = strand >> 1
        known = distance[target]
        limit = min(max_edits[target], known if indel[target] else known - 1)
        if limit >= 0:
            start = position - offset
            exact_start, exact_end = wide(entries[entry, ENTRY_EXACT_START]), wide(entries[entry, ENTRY_EXACT_END])
            first, last = max(0, -start), min(size, length - start)  # bases of the strand that overlap the read
            low, high = max(exact_start, first), min(exact_end, last)
            here = limit + 1
            if mismatches(codes, start + low, codes_of_strands, origin + low, high - low, NO_MISMATCH) == 0:
                allowed = limit
                if first > 0:
                    allowed = min(limit, wide(suffix_edits[origin + strand + size - first])) if last == size else -1
                elif last < size:
                    allowed = min(limit, wide(prefix_edits[origin + strand + last]))
                if allowed >= 0:
                    ungapped = mismatches(codes, start + first, codes_of_strands, origin + first, last - first, allowed)
                    here = ungapped if ungapped <= allowed else here
                is_indel = 0
                bound = min(limit, known - 1, here - 1)
                if (
                    here > 1
                    and bound > 0
                    and may_match(codes, length, start, codes_of_strands, origin, size, exact_start, exact_end, bound)
                ):
                    edits = gapped_distance(
                        codes, length, position, offset, strand, strands, bound, rows, to_left, to_right
                    )
                    if edits <= bound:
                        here, is_indel = edits, 1
                if here <= limit:
                    if known == NO_MATCH:
                        matched[n_matched] = target
                        n_matched += 1
                    distance[target], indel[target] = here, is_indel
            if here > limit and owner[target] == OWN:
                # the filter takes an unknown base for some base: a seed with one is none
                is_seed = mismatches(codes, position, codes_of_strands, origin + offset, SEED_SIZE, NO_MISMATCH) == 0
                count = evolved_mismatches(codes, length, start, strand, strands) if is_seed else -1
                if count >= 0 and (count < evolved or (count == evolved and strand < evolved_strand)):
                    evolved, evolved_strand, evolved_read, evolved_start = count, strand, read, start
        fragment = read >> (mates - 1)
        if i + 1 < len(candidates) and candidates[i + 1, CANDIDATE_READ] >> (mates - 1) == fragment:
            continue
        if n_matched == 0 and evolved == NO_MATCH:
            continue
        outcome = assign_read(matched, n_matched, distance, owner, status, shared)
        hits += outcome == HIT
        ambiguous += outcome == AMBIGUOUS_READ
        is_own = False
        for k in range(n_matched):
            target, here = matched[k], distance[matched[k]]
            match_class = (
                AMBIGUOUS if status[k] == TIED else EXACT if here == 0 else INDEL if indel[target] else MISMATCH
            )
            distance[target], indel[target] = NO_MATCH, 0
            if status[k] != NOT_ASSIGNED:
                is_own |= owner[target] <= OWN
                matches[n_matches, FRAGMENT], matches[n_matches, TARGET] = fragment, target
                matches[n_matches, CLASS], matches[n_matches, DISTANCE] = match_class, here
                matches[n_matches, SHARED] = shared[k]
                n_matches += 1
        if evolved < NO_MATCH and not is_own:
            matches[n_matches, FRAGMENT], matches[n_matches, TARGET] = fragment, evolved_strand >> 1
            matches[n_matches, CLASS], matches[n_matches, DISTANCE] = EVOLVED, evolved
            matches[n_matches, READ], matches[n_matches, STRAND] = evolved_read, evolved_strand
            matches[n_matches, START] = evolved_start
            n_matches += 1
        evolved = NO_MATCH
        n_matched = 0
    return n_matches, hits, ambiguous


@leaf
def count_bases(
    text: U8, starts: I64, ends: I64, target_starts: I64, reverse: I64, size: int, margin: int, counts: I64
) -> None:
    """Count the bases of reads at each position of a target, for a consensus.

    Args:
        text: ASCII.
        starts: shape (n,); first base of each read.
        ends: the base after its last.
        target_starts: base of the read at which the target, or its reverse complement, begins.
        reverse: 1 if the read contains the reverse complement.
        size: bases of the target.
        margin: positions before and after the target; bases farther away are not counted.
        counts: shape (size + 2 margin, 4), added to; row `margin` is the first base of the target.
    """
    for read in range(len(starts)):
        for i in range(ends[read] - starts[read]):
            base = int(ENCODE[text[starts[read] + i]])
            position = margin + i - target_starts[read]
            if reverse[read]:
                base = 3 - base
                position = size + 2 * margin - 1 - position
            if 0 <= base <= 3 and 0 <= position < len(counts):
                counts[position, base] += 1
