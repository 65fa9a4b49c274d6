"""What the reads are that the first filter let through: each is compared with the targets whose pieces it holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.credit import AMBIGUOUS, FAR, HIT, NO_CREDIT, OWN, TIED, credit
from clonotrack.kernels.jit import njit
from clonotrack.kernels.mismatches import mismatches
from clonotrack.kernels.placing import Probes, evolved, gapped
from clonotrack.kernels.plausible import plausible, stands_near
from clonotrack.kernels.sieve import PIECE
from clonotrack.sequence import ENCODE, I32, I64, U8

EXACT, MISMATCH, INDEL, EVOLVED, TIE = 0, 1, 2, 3, 4  # how a read matches; TIE is `ambiguous` in HITS
FRAGMENT, TARGET, KIND, DISTANCE, SHARED, READ, PROBE, BEGIN = range(8)  # columns of an event
EVENT_COLUMNS = 8


class Index(NamedTuple):
    """Where the pieces of all probes are found by their value; see `clonotrack.track.places`.

    Attributes:
        slots: open-addressing hash table, its length a power of two: number of a value, -1 where free.
        values: shape (n,), distinct values of pieces, two bits a base.
        first: shape (n + 1,); the places of value i are rows `first[i]` to `first[i + 1]` of the next.
        places: shape (places, 9), what is needed of each together, because a large programme has many: number of the
            probe; first base of the piece in it; first base of the stretch around the piece of which an untouched copy
            is in the read too, and the base after it; where the probe's codes begin, and how many they are; how many
            pieces of the probe come before this one (where one of those is untouched, it is by that one that the read
            is compared); first base of the stretch around the first of those, and the base after it.
    """

    slots: I64
    values: I64
    first: I64
    places: I32


@njit
def slot_of(value: int, size: int) -> int:
    """Where in a hash table of `size`, a power of two, the search for a value begins (Fibonacci hashing)."""
    return (value * 0x9E3779B1 >> 16) & (size - 1)


@njit
def fill_slots(values: I64, slots: I64) -> None:
    """Enter distinct values into an empty hash table (all -1) at least twice as long."""
    for i in range(len(values)):
        slot = slot_of(values[i], len(slots))
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = i


@njit
def verify(
    text: U8, starts: I64, ends: I64, read: I32, place: I64, piece: I32, mates: int, index: Index, probes: Probes
) -> tuple[I64, int, int]:
    """Compare the reads of a chunk that hold a piece of a target with that target.

    A read is compared along every place that a piece gives it, where no piece that comes before it in its target is
    untouched (as far as a look at the first of those tells): first the stretch around the piece, which holds no
    edit where the piece is the untouched one; then without gaps; with gaps where that leaves edits to find.

    Args:
        text: ASCII of the chunk.
        starts: shape (reads,); first base of each read in `text`.
        ends: the base after its last.
        read: shape (n,); number of the read of each candidate, never falling.
        place: where in `text` the piece begins.
        piece: its value.
        mates: reads of a fragment, 1 or 2; those of fragment f are ``mates * f`` and, of two, the next.
        index: pieces to places in probes.
        probes: what to compare with.

    Returns:
        The events, shape (events, 8), sorted by fragment: one for each target that counts it, with fragment, target,
        kind (`EXACT` to `TIE`), distance, 1 where another patient's marker counts it as well, and for evolved reads
        the read, the probe and the base of the read at which the probe begins. How many fragments are hits of any
        target, and how many are ambiguous.
    """
    slots, values, first_place, places = index.slots, index.values, index.first, index.places
    probe_codes, most_edits, group = probes.codes, probes.edits, probes.group
    cut_left, cut_right = probes.cut_left, probes.cut_right
    targets = len(most_edits)
    most = 0
    for target in range(targets):
        most = max(most, most_edits[target])
    distance, indel = np.full(targets, FAR, np.int64), np.zeros(targets, np.int64)
    near, given, shared = np.zeros(targets, np.int64), np.zeros(targets, np.int64), np.zeros(targets, np.int64)
    rows = np.zeros((2, 2 * most + 3), np.int64)
    left, right = np.zeros(most + 1, np.int64), np.zeros(most + 1, np.int64)
    codes = np.zeros(256, np.uint8)
    events = np.zeros((64, EVENT_COLUMNS), np.int64)
    n_events, hits, ambiguous = 0, 0, 0
    current, length, n_near = -1, 0, 0
    apart, apart_probe, apart_read, apart_begin = FAR, 0, 0, 0  # the best evolved read of the fragment
    for i in range(len(read)):
        number = int(read[i])
        if number != current:
            current, length = number, ends[number] - starts[number]
            if length > len(codes):
                codes = np.zeros(2 * length, np.uint8)
            for k in range(length):
                codes[k] = ENCODE[text[starts[number] + k]]
        at = place[i] - starts[number]
        slot = slot_of(int(piece[i]), len(slots))
        while slots[slot] >= 0 and values[slots[slot]] != piece[i]:
            slot = (slot + 1) & (len(slots) - 1)
        found = slots[slot]
        for entry in range(first_place[found] if found >= 0 else 0, first_place[found + 1] if found >= 0 else 0):
            probe, offset = int(places[entry, 0]), int(places[entry, 1])
            target = probe >> 1
            known = distance[target]
            limit = min(most_edits[target], known if indel[target] else known - 1)
            if limit < 0:
                continue
            begin, origin, size = at - offset, int(places[entry, 4]), int(places[entry, 5])
            start, stop, rarer = int(places[entry, 2]), int(places[entry, 3]), int(places[entry, 6])
            if rarer > 0:
                # Each piece that comes before this one has an edit as well; what is beyond the first of them may have
                # all others.
                low, high = int(places[entry, 7]), int(places[entry, 8])
                own_edits = limit - (rarer - 1)
                likely = stands_near(codes, length, begin, probe_codes, origin, size, low, high, own_edits, limit)
                if likely:
                    low, high = (0, low) if start >= high else (high, size)
                    likely = stands_near(codes, length, begin, probe_codes, origin, size, low, high, limit - 1, limit)
                if not likely and group[target] != OWN:  # an evolved read of an own marker may have more edits anywhere
                    continue
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
                    edits = gapped(codes, length, at, offset, probe, probes, bound, rows, left, right)
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
        if i + 1 < len(read) and read[i + 1] >> (mates - 1) == fragment:
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
            events[n_events, READ], events[n_events, PROBE], events[n_events, BEGIN] = (
                apart_read,
                apart_probe,
                apart_begin,
            )
            n_events += 1
        apart = FAR
        n_near = 0
    return events[:n_events], hits, ambiguous


@njit
def grown(events: I64, least: int) -> I64:
    """The same events with room for `least`, twice as many or more."""
    larger = np.zeros((max(least, 2 * len(events)), events.shape[1]), np.int64)
    larger[: len(events)] = events
    return larger


@njit
def write_event(events: I64, at: int, fragment: int, target: int, kind: int, distance: int, shared: int) -> None:
    """Write the first five columns of an event."""
    events[at, FRAGMENT], events[at, TARGET], events[at, KIND] = fragment, target, kind
    events[at, DISTANCE], events[at, SHARED] = distance, shared
