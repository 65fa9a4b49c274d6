"""Compute the edit distance between reads and targets along the alignment that a seed gives."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.arrays import mismatches
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import I64, U8

I8: TypeAlias = NDArray[np.int8]

RIGHT, LEFT = constant(1), constant(-1)
_UNREACHED = -(1 << 30)  # a diagonal that the edits so far do not reach


class TargetStrands(NamedTuple):
    """Both strands of every target: strand 2 t is target t as it is, strand 2 t + 1 its reverse complement.

    Attributes:
        codes: all strands, one after another.
        offsets: shape (2 targets + 1,).
        max_edits: shape (targets,); most edits of a read that contains the whole target.
        prefix_edits: shape (len(codes) + 2 targets,); element ``offsets[s] + s + m`` is for reads that end after the
            first m bases of strand s: their most edits, or -1 if they are no hit. Never falls with m.
        suffix_edits: likewise for reads that begin with the last m bases of a strand.
        owner: shape (targets,); see `clonotrack.track.kernels.assign`.
        evolved_min: shape (targets,); least substitutions of an evolved read.
        evolved_max: shape (targets,); most substitutions of an evolved read with the whole target, -1 if there is none.
        stem_start: shape (2 targets,); first base of the stem in the strand.
        stem_end: shape (2 targets,); the base after the stem.
        stem_max: shape (targets,); most substitutions in the stem of an evolved read, -1 if there is no stem.
    """

    codes: U8
    offsets: I64
    max_edits: I64
    prefix_edits: I8
    suffix_edits: I8
    owner: I64
    evolved_min: I64
    evolved_max: I64
    stem_start: I64
    stem_end: I64
    stem_max: I64


@leaf
def extend(
    read: U8,
    read_start: int,
    read_length: int,
    target: U8,
    target_start: int,
    target_length: int,
    step: int,
    limit: int,
    rows: I64,
    used: I64,
) -> int:
    """Compute the fewest edits between read and target from one pair of bases to the end of the target.

    METHOD: furthest-reaching points on diagonals (Ukkonen 1985, Inf Control 64:100; Landau & Vishkin 1989, J
    Algorithms 10:157). With e edits, each diagonal is followed as far as the bases are equal. The next edit leaves it
    by a substitution, an inserted or a missing base. Few edits reach few diagonals, whatever the lengths.

    Args:
        read: codes; an unknown base equals none of the target's.
        read_start: first base that is compared.
        read_length: bases of the read from there on, in the direction of `step`.
        target: codes.
        target_start: first base that is compared.
        target_length: bases of the target from there on.
        step: 1 to the right, -1 to the left.
        limit: most edits.
        rows: scratch, shape (2, 2 limit + 3) or larger.
        used: written, shape (limit + 1,); element e is the most bases of the target that are used with e edits when
            the read ends, -1 if the read does not end within e edits.

    Returns:
        The edits, or `limit` + 1 if there are more.
    """
    middle = limit + 1
    for diagonal in range(2 * limit + 3):
        rows[0, diagonal] = _UNREACHED
        rows[1, diagonal] = _UNREACHED
    for edits in range(limit + 1):
        now, before = edits & 1, 1 - (edits & 1)
        used[edits] = used[edits - 1] if edits else -1
        for shift in range(-edits, edits + 1):  # bases of the read minus bases of the target
            diagonal = middle + shift
            reached = 0
            if edits:
                reached = max(rows[before, diagonal], rows[before, diagonal + 1]) + 1
                reached = max(reached, rows[before, diagonal - 1])
            reached = min(reached, target_length, read_length - shift)
            while reached < target_length and reached + shift < read_length:
                if read[read_start + step * (reached + shift)] != target[target_start + step * reached]:
                    break
                reached += 1
            rows[now, diagonal] = reached
            if reached == target_length:
                return edits
            if reached + shift == read_length:
                used[edits] = max(used[edits], reached)
    return limit + 1


@inlined
def gapped_distance(
    read: U8,
    length: int,
    position: int,
    offset: int,
    strand: int,
    strands: TargetStrands,
    limit: int,
    rows: I64,
    left: I64,
    right: I64,
) -> int:
    """Compute the fewest edits of a read with a strand, over alignments that join one base of each.

    Args:
        read: codes.
        length: of the read.
        position: the joined base of the read.
        offset: the joined base of the strand.
        strand: its number.
        strands: of all targets.
        limit: most edits of interest, 0 or more.
        rows: scratch of `extend`.
        left: scratch, shape (limit + 1,) or larger.
        right: likewise.

    Returns:
        The fewest edits with which the read contains the strand, or enough of it before the read ends on one side;
        `limit` + 1 if there are more.
    """
    origin = strands.offsets[strand]
    size = strands.offsets[strand + 1] - origin
    to_right = extend(
        read, position, length - position, strands.codes, origin + offset, size - offset, RIGHT, limit, rows, right
    )
    if to_right > limit and right[limit] < 0:
        return limit + 1
    to_left = extend(read, position - 1, position, strands.codes, origin + offset - 1, offset, LEFT, limit, rows, left)
    best = min(limit + 1, to_right + to_left)
    table = origin + strand  # of this strand in `prefix_edits` and `suffix_edits`
    for edits in range(min(limit, best - 1 - to_left) + 1):  # the read ends inside the target
        used = right[edits]
        if edits < to_right and used >= 0 and strands.prefix_edits[table + offset + used] >= edits + to_left:
            best = min(best, edits + to_left)
    for edits in range(min(limit, best - 1 - to_right) + 1):  # the read begins inside the target
        used = left[edits]
        if edits < to_left and used >= 0 and strands.suffix_edits[table + size - offset + used] >= edits + to_right:
            best = min(best, edits + to_right)
    return best


@inlined
def overlap_mismatches(read: U8, length: int, start: int, strand: int, strands: TargetStrands) -> int:
    """Count the mismatches between a read and the part of a strand that overlaps it.

    Args:
        read: codes.
        length: of the read.
        start: base of the read at which the strand begins; negative if it begins before the read.
        strand: its number.
        strands: of all targets.
    """
    origin = strands.offsets[strand]
    size = strands.offsets[strand + 1] - origin
    first, last = max(0, -start), min(size, length - start)
    return mismatches(read, start + first, strands.codes, origin + first, last - first, size)


@inlined
def evolved_mismatches(read: U8, length: int, start: int, strand: int, strands: TargetStrands) -> int:
    """Count the mismatches of an evolved read: no hit, but from a descendant of the clone.

    An evolved read has at least `evolved_min` substitutions, more than sequencing errors explain. It either contains
    the whole target with at most `evolved_max` substitutions, or the stem of the target with at most `stem_max`.

    Args:
        read: codes.
        length: of the read.
        start: base of the read at which the strand begins.
        strand: its number.
        strands: of all targets.

    Returns:
        Mismatches with what the read contains of the target; -1 if the read is not evolved.
    """
    target = strand >> 1
    size = strands.offsets[strand + 1] - strands.offsets[strand]
    if strands.evolved_max[target] < 0 and strands.stem_max[target] < 0:
        return -1
    count = overlap_mismatches(read, length, start, strand, strands)
    if count < strands.evolved_min[target]:
        return -1
    if start >= 0 and start + size <= length and count <= strands.evolved_max[target]:
        return count
    stem_start, stem_end = strands.stem_start[strand], strands.stem_end[strand]
    if strands.stem_max[target] < 0 or start + stem_start < 0 or start + stem_end > length:
        return -1
    most = strands.stem_max[target]
    origin = strands.offsets[strand] + stem_start
    in_stem = mismatches(read, start + stem_start, strands.codes, origin, stem_end - stem_start, most)
    return count if in_stem <= most else -1


def prefix_distances(part: U8, sequence: U8) -> I64:
    """Compute the fewest edits between the first m bases of `part` and any stretch of `sequence`, one strand.

    METHOD: Sellers 1980, J Algorithms 1:359.

    Args:
        part: codes.
        sequence: codes.

    Returns:
        Shape (len(part) + 1,), by m; never falls.
    """
    above = np.zeros(len(sequence) + 1, np.int64)
    least = np.zeros(len(part) + 1, np.int64)
    _prefix_distances(part, sequence, above, least)
    return least


@leaf
def _prefix_distances(part: U8, sequence: U8, above: I64, least: I64) -> None:
    """Write the edits to `least`; `above` is scratch, all 0; see `prefix_distances`."""
    for i in range(1, len(part) + 1):
        diagonal = above[0]
        above[0] = i
        best = i
        for j in range(1, len(sequence) + 1):
            here = min(diagonal + (part[i - 1] != sequence[j - 1]), min(above[j], above[j - 1]) + 1)
            diagonal = above[j]
            above[j] = here
            best = min(best, here)
        least[i] = best
