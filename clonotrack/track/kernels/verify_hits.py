"""What the reads are that the first filter let through: each is compared with the targets whose pieces it holds.

Bases that reads have at the places of a sequence they are laid along, counted.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.arrays import grown, mismatches
from clonotrack.kernels.jit import njit
from clonotrack.kernels.swar import encode_letters
from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import ENCODE, I32, I64, U8
from clonotrack.track.kernels.assign import AMBIGUOUS, FAR, HIT, NO_CREDIT, OWN, TIED, credit
from clonotrack.track.kernels.distance import Probes, evolved, gapped
from clonotrack.track.kernels.seed_filter import ENTRY, READ, TEXT
from clonotrack.track.kernels.word_filter import plausible

EXACT, MISMATCH, INDEL, EVOLVED, TIE = 0, 1, 2, 3, 4  # how a read matches; TIE is `ambiguous` in HITS
FRAGMENT, TARGET, KIND, DISTANCE, SHARED, SOURCE, PROBE, BEGIN = range(8)  # columns of an event
EVENT_COLUMNS = 8


@njit
def verify(
    text: U8, starts: I64, ends: I64, left: I64, mates: int, places: I32, probes: Probes
) -> tuple[I64, int, int]:
    """Compare the reads of a chunk that hold a piece of a target with that target.

    A read is compared along every place that a piece gives it: first the stretch around the piece, which holds no edit
    where the piece is the untouched one; then without gaps; with gaps where that leaves edits to find.

    Args:
        text: ASCII of the chunk.
        starts: shape (reads,); first base of each read in `text`.
        ends: the base after its last.
        left: what the reads may hold, from `clonotrack.track.kernels.seed_filter.narrow`.
        mates: reads of a fragment, 1 or 2; those of fragment f are ``mates * f`` and, of two, the next.
        places: see `clonotrack.track.kernels.seed_filter.Index`.
        probes: what to compare with.

    Returns:
        The events, shape (events, 8), sorted by fragment: one for each target that counts it, with fragment, target,
        kind (`EXACT` to `TIE`), distance, 1 where another patient's marker counts it as well, and for evolved reads
        the read, the probe and the base of the read at which the probe begins. How many fragments are hits of any
        target, and how many are ambiguous.
    """
    probe_codes, most_edits, group = probes.codes, probes.edits, probes.group
    cut_left, cut_right = probes.cut_left, probes.cut_right
    targets = len(most_edits)
    most = 0
    for target in range(targets):
        most = max(most, most_edits[target])
    distance, indel = np.full(targets, FAR, np.int64), np.zeros(targets, np.int64)
    near, given, shared = np.zeros(targets, np.int64), np.zeros(targets, np.int64), np.zeros(targets, np.int64)
    rows = np.zeros((2, 2 * most + 3), np.int64)
    to_left, to_right = np.zeros(most + 1, np.int64), np.zeros(most + 1, np.int64)
    codes = np.zeros(256, np.uint8)
    events = np.zeros((64, EVENT_COLUMNS), np.int64)
    n_events, hits, ambiguous = 0, 0, 0
    current, length, n_near = -1, 0, 0
    apart, apart_probe, apart_read, apart_begin = FAR, 0, 0, 0  # the best evolved read of the fragment
    for i in range(len(left)):
        number, row = left[i, READ], left[i, ENTRY]
        if number != current:
            current, length = number, ends[number] - starts[number]
            if length > len(codes):
                codes = np.zeros(2 * length, np.uint8)
            encode_letters(text[starts[number] : ends[number]], codes)
        at = left[i, TEXT] - starts[number]
        probe, offset, origin, size = (
            int(places[row, 0]),
            int(places[row, 1]),
            int(places[row, 4]),
            int(places[row, 5]),
        )
        target = probe >> 1
        known = distance[target]
        limit = min(most_edits[target], known if indel[target] else known - 1)
        if limit >= 0:
            begin, start, stop = at - offset, int(places[row, 2]), int(places[row, 3])
            first, last = max(0, -begin), min(size, length - begin)  # what the read holds of the probe
            low, high = max(start, first), min(stop, last)
            here = limit + 1
            if mismatches(codes, begin + low, probe_codes, origin + low, high - low, 0) == 0:
                allowed = limit
                if first > 0:
                    allowed = min(limit, cut_left[origin + probe + size - first] if last == size else -1)
                elif last < size:
                    allowed = min(limit, cut_right[origin + probe + last])
                if allowed >= 0:
                    apart_here = mismatches(codes, begin + first, probe_codes, origin + first, last - first, allowed)
                    here = apart_here if apart_here <= allowed else here
                is_indel = 0
                bound = min(limit, known - 1, here - 1)
                if (
                    here > 1
                    and bound > 0
                    and plausible(codes, length, begin, probe_codes, origin, size, start, stop, bound)
                ):
                    edits = gapped(codes, length, at, offset, probe, probes, bound, rows, to_left, to_right)
                    if edits <= bound:
                        here, is_indel = edits, 1
                if here <= limit:
                    if known == FAR:
                        near[n_near] = target
                        n_near += 1
                    distance[target], indel[target] = here, is_indel
            if here > limit and group[target] == OWN:
                is_piece = mismatches(codes, at, probe_codes, origin + offset, PIECE, 0) == 0  # no unknown base in it
                least = evolved(codes, length, begin, probe, probes) if is_piece else -1
                if least >= 0 and (least < apart or (least == apart and probe < apart_probe)):
                    apart, apart_probe, apart_read, apart_begin = least, probe, number, begin
        fragment = number >> (mates - 1)
        if i + 1 < len(left) and left[i + 1, READ] >> (mates - 1) == fragment:
            continue
        if n_near == 0 and apart == FAR:
            continue
        outcome = credit(near, n_near, distance, group, given, shared)
        hits += outcome == HIT
        ambiguous += outcome == AMBIGUOUS
        if len(events) < n_events + n_near + 1:
            events = grown(events, n_events + n_near + 1)
        own = False
        for k in range(n_near):
            target, here = near[k], distance[near[k]]
            kind = TIE if given[k] == TIED else EXACT if here == 0 else INDEL if indel[target] else MISMATCH
            distance[target], indel[target] = FAR, 0
            if given[k] != NO_CREDIT:
                own |= group[target] <= OWN
                write_event(events, n_events, fragment, target, kind, here, shared[k])
                n_events += 1
        if apart < FAR and not own:
            write_event(events, n_events, fragment, apart_probe >> 1, EVOLVED, apart, 0)
            events[n_events, SOURCE], events[n_events, PROBE], events[n_events, BEGIN] = (
                apart_read,
                apart_probe,
                apart_begin,
            )
            n_events += 1
        apart = FAR
        n_near = 0
    return events[:n_events], hits, ambiguous


@njit
def write_event(events: I64, at: int, fragment: int, target: int, kind: int, distance: int, shared: int) -> None:
    """Write the first five columns of an event."""
    events[at, FRAGMENT], events[at, TARGET], events[at, KIND] = fragment, target, kind
    events[at, DISTANCE], events[at, SHARED] = distance, shared


@njit
def vote(text: U8, starts: I64, ends: I64, begins: I64, turned: I64, size: int, flank: int, votes: I64) -> None:
    """Add the bases of reads to `votes`.

    Args:
        text: ASCII.
        starts: shape (n,); first base of each read.
        ends: the base after its last.
        begins: base of the read at which the sequence, or its reverse complement, begins.
        turned: 1 where it is the reverse complement.
        size: bases of the sequence.
        flank: columns before and after it; what a read has farther away is left out.
        votes: shape (size + 2 flank, 4), added to; column `flank` is the first base of the sequence.
    """
    for read in range(len(starts)):
        for i in range(ends[read] - starts[read]):
            base = int(ENCODE[text[starts[read] + i]])
            place = flank + i - begins[read]
            if turned[read]:
                base = 3 - base
                place = size + 2 * flank - 1 - place
            if 0 <= base <= 3 and 0 <= place < len(votes):
                votes[place, base] += 1
