"""How far a read is from a target at the place that an untouched piece of the target gives."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.extension import extend
from clonotrack.kernels.jit import njit
from clonotrack.kernels.mismatches import mismatches
from clonotrack.sequence import I64, U8

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
        group: shape (targets,); whose it is, see `clonotrack.kernels.credit`.
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
