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

EXACT, MISMATCH, INDEL, EVOLVED, AMBIGUOUS = 0, 1, 2, 3, 4  # match classes of the table of hits
FRAGMENT, TARGET, CLASS, DISTANCE, SHARED, READ, STRAND, START = range(8)  # columns of matches
MATCH_COLUMNS = 8
NO_MISMATCH, SEED_SIZE = constant(0), constant(SEED_LENGTH)


def verify_hits(
    text: U8, starts: I64, ends: I64, candidates: I64, mates: int, entries: I32, strands: TargetStrands
) -> tuple[I64, int, int]:
    """Compare reads with their candidate targets along the alignments that seeds propose.

    A candidate is compared in three steps. First, the exact stretch around the seed is compared; with
    a mismatch there, this seed gives no hit. Second, the whole target is compared without gaps. Third, the target is
    compared with gaps, if gaps could give fewer edits.

    Args:
        text: ASCII text with a batch of reads.
        starts: index in `text` of the first base of each read, shape (reads,).
        ends: index in `text` after the last base of each read, shape (reads,).
        candidates: from `clonotrack.track.kernels.seed_filter.find_candidates`.
        mates: reads per fragment, 1 or 2. Fragment f consists of the reads ``mates * f`` to ``mates * f + mates - 1``.
        entries: see `clonotrack.track.kernels.seed_filter.SeedIndex`.
        strands: strands of all targets.

    Returns:
        Matches, number of fragments that are hits of any target, and number of ambiguous fragments. Matches has one row
        for each target that counts a fragment, ordered by fragment, shape (matches, 8). Columns: fragment, target,
        match class, distance (edits), and 1 if a marker of another patient counts the fragment too. For evolved reads
        three more columns are set: number of the read, number of the strand, and position of the strand's first base in
        the read.
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

    The arrays from `distance` to `codes` are scratch. All elements of `distance` are `NO_MATCH` and all elements of
    `indel` are 0, before and after the call.

    Returns:
        Number of matches, number of fragments that are hits, and number of ambiguous fragments.
    """
    codes_of_strands, max_edits, owner = strands.codes, strands.max_edits, strands.owner
    suffix_edits, prefix_edits = strands.suffix_edits, strands.prefix_edits
    n_matches, hits, ambiguous = 0, 0, 0
    current, length, n_matched = -1, 0, 0
    evolved, evolved_strand, evolved_read, evolved_start = NO_MATCH, 0, 0, 0  # the fragment's best evolved match
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
                # the filter counts an unknown base as some base, so the seed is compared again
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
        text: ASCII text with the reads.
        starts: index in `text` of the first base of each read, shape (n,).
        ends: index in `text` after the last base of each read, shape (n,).
        target_starts: position in each read of the first base of the target or of its reverse complement, shape (n,).
        reverse: 1 if the read contains the reverse complement of the target, otherwise 0, shape (n,).
        size: length of the target [nt].
        margin: number of positions on either side of the target that are counted too.
        counts: added to; number of A, C, G and T at each position, shape (size + 2 margin, 4). Row `margin` is the
            first base of the target.
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
