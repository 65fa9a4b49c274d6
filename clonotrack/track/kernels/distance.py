"""Edits from a place that read and target share, to the end of the target or of the read.

How far a read is from a target at the place that an untouched piece of the target gives.

How near one sequence comes to another anywhere in it, edits counted.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.arrays import mismatches
from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8

_NONE = -(1 << 30)  # a diagonal that so few edits do not reach


@njit
def extend(
    read: U8, at: int, n_read: int, target: U8, start: int, n_target: int, step: int, limit: int, rows: I64, cut: I64
) -> int:
    """Fewest edits that bring read and target, from one place on, to the end of the target.

    METHOD: furthest-reaching points on diagonals (Ukkonen 1985, Inf Control 64:100; Landau & Vishkin 1989, J
    Algorithms 10:157). With e edits a diagonal is followed as far as it goes; the next edit leaves it by a
    substitution, an inserted or a missing base. Few edits touch few diagonals, whatever the lengths.

    Args:
        read: codes; an unknown base is none of the target's.
        at: first base that is compared.
        n_read: bases of the read from there on, in the direction of `step`.
        target: codes.
        start: first base that is compared.
        n_target: bases of the target from there on.
        step: 1 to the right, -1 to the left.
        limit: most edits.
        rows: scratch, shape (2, 2 limit + 3) at least.
        cut: written, shape (limit + 1,): the most bases of the target that are used up with so many edits when the
            read ends; -1 where the read does not end within them.

    Returns:
        The edits, `limit` + 1 where there are more.
    """
    middle = limit + 1
    for diagonal in range(2 * limit + 3):
        rows[0, diagonal] = _NONE
        rows[1, diagonal] = _NONE
    for edits in range(limit + 1):
        now, before = edits & 1, 1 - (edits & 1)
        cut[edits] = cut[edits - 1] if edits else -1
        for shift in range(-edits, edits + 1):  # bases of the read less bases of the target
            place = middle + shift
            reached = 0
            if edits:
                reached = max(rows[before, place], rows[before, place + 1]) + 1
                reached = max(reached, rows[before, place - 1])
            reached = min(reached, n_target, n_read - shift)
            while reached < n_target and reached + shift < n_read:
                if read[at + step * (reached + shift)] != target[start + step * reached]:
                    break
                reached += 1
            rows[now, place] = reached
            if reached == n_target:
                return edits
            if reached + shift == n_read:
                cut[edits] = max(cut[edits], reached)
    return limit + 1


I8: TypeAlias = NDArray[np.int8]


class Probes(NamedTuple):
    """What a read is compared with; probe 2 t is target t as it is, 2 t + 1 its reverse complement.

    Attributes:
        codes: both strands of every target, one after the other.
        offsets: shape (2 targets + 1,).
        edits: shape (targets,); most edits of a read that holds the whole target.
        cut_right: shape (len(codes) + 2 targets,), from ``offsets[p] + p`` on for probe p; most edits of a read that
            ends after the first m bases of the probe, -1 where it is no hit; never falling with m.
        cut_left: likewise for a read that begins with the last m bases of the probe.
        group: shape (targets,); whose it is, see `clonotrack.track.kernels.assign`.
        apart: shape (targets,); least substitutions of an evolved read.
        far: shape (targets,); most substitutions of one that has the whole target, -1 where there is none.
        stem_start: shape (2 targets,); first base of the stem in the probe.
        stem_end: shape (2 targets,); the base after it.
        stem_edits: shape (targets,); most substitutions in the stem of an evolved read, -1 where there is no stem.
    """

    codes: U8
    offsets: I64
    edits: I64
    cut_right: I8
    cut_left: I8
    group: I64
    apart: I64
    far: I64
    stem_start: I64
    stem_end: I64
    stem_edits: I64


@njit
def gapped(
    read: U8,
    length: int,
    at: int,
    offset: int,
    probe: int,
    probes: Probes,
    limit: int,
    rows: I64,
    left: I64,
    right: I64,
) -> int:
    """Edits of a read with a probe, along alignments that join base `at` of the one to base `offset` of the other.

    Args:
        read: codes.
        length: of the read.
        at: base of the read.
        offset: base of the probe.
        probe: its number.
        probes: all of them.
        limit: most edits that matter, 0 or more.
        rows: scratch of `extend`.
        left: scratch, shape (limit + 1,) at least.
        right: likewise.

    Returns:
        The fewest edits with which the read holds the probe, or as much of it as counts before the read ends on one
        side; `limit` + 1 where there are more.
    """
    origin = probes.offsets[probe]
    size = probes.offsets[probe + 1] - origin
    to_right = extend(read, at, length - at, probes.codes, origin + offset, size - offset, 1, limit, rows, right)
    if to_right > limit and right[limit] < 0:
        return limit + 1
    to_left = extend(read, at - 1, at, probes.codes, origin + offset - 1, offset, -1, limit, rows, left)
    best = min(limit + 1, to_right + to_left)
    places = origin + probe
    for edits in range(min(limit, best - 1 - to_left) + 1):  # the read ends inside the target
        used = right[edits]
        if edits < to_right and used >= 0 and probes.cut_right[places + offset + used] >= edits + to_left:
            best = min(best, edits + to_left)
    for edits in range(min(limit, best - 1 - to_right) + 1):  # it begins inside the target
        used = left[edits]
        if edits < to_left and used >= 0 and probes.cut_left[places + size - offset + used] >= edits + to_right:
            best = min(best, edits + to_right)
    return best


@njit
def whole_mismatches(read: U8, length: int, begin: int, probe: int, probes: Probes) -> int:
    """Mismatches of a read with all that it holds of a probe that begins at its base `begin`."""
    origin = probes.offsets[probe]
    size = probes.offsets[probe + 1] - origin
    first, last = max(0, -begin), min(size, length - begin)
    return mismatches(read, begin + first, probes.codes, origin + first, last - first, size)


@njit
def evolved(read: U8, length: int, begin: int, probe: int, probes: Probes) -> int:
    """Mismatches of a read that is no hit of a target and yet comes from its clone, -1 where it does not.

    It has at least `apart` substitutions, which errors do not explain, and no more than `far`; or it has the stem of
    the target, and other bases beside it.
    """
    target = probe >> 1
    size = probes.offsets[probe + 1] - probes.offsets[probe]
    if probes.far[target] < 0 and probes.stem_edits[target] < 0:
        return -1
    found = whole_mismatches(read, length, begin, probe, probes)
    if found < probes.apart[target]:
        return -1
    if begin >= 0 and begin + size <= length and found <= probes.far[target]:
        return found
    start, end = probes.stem_start[probe], probes.stem_end[probe]
    if probes.stem_edits[target] < 0 or begin + start < 0 or begin + end > length:
        return -1
    most = probes.stem_edits[target]
    in_stem = mismatches(read, begin + start, probes.codes, probes.offsets[probe] + start, end - start, most)
    return found if in_stem <= most else -1


@njit
def edits_of_heads(part: U8, whole: U8) -> I64:
    """Fewest edits between the first m bases of `part` and any stretch of `whole`, one strand.

    METHOD: Sellers 1980, J Algorithms 1:359.

    Args:
        part: codes.
        whole: codes.

    Returns:
        shape (len(part) + 1,), by m; never falling.
    """
    above = np.zeros(len(whole) + 1, np.int64)
    least = np.zeros(len(part) + 1, np.int64)
    for i in range(1, len(part) + 1):
        diagonal = above[0]
        above[0] = i
        best = i
        for j in range(1, len(whole) + 1):
            here = min(diagonal + (part[i - 1] != whole[j - 1]), above[j] + 1, above[j - 1] + 1)
            diagonal = above[j]
            above[j] = here
            best = min(best, here)
        least[i] = best
    return least
