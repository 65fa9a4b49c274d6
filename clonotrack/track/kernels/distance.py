"""Compute the edit distance between reads and targets, for alignments that a seed proposes.

Each target has two strands, its sequence and the reverse complement. Strand 2 t is target t itself, strand 2 t + 1 its
reverse complement.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.arrays import mismatches
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import I64, U8

I8: TypeAlias = NDArray[np.int8]

RIGHT, LEFT = constant(1), constant(-1)
_UNREACHED = -(1 << 30)  # value of a diagonal that the edits so far do not reach


class TargetStrands(NamedTuple):
    """Both strands of every target, and the limits of its hits and evolved reads.

    Attributes:
        codes: bases of all strands, one after another.
        offsets: strand s is ``codes[offsets[s]:offsets[s + 1]]``, shape (2 targets + 1,).
        max_edits: allowed edits of a read that contains the whole target, shape (targets,).
        prefix_edits: allowed edits of cut reads that end inside a strand, shape (len(codes) + 2 targets,). Element
            ``offsets[s] + s + m`` is the limit if the read ends after the first m bases of strand s; -1 if such a read
            is no hit. The limit never falls with m.
        suffix_edits: allowed edits of cut reads that begin inside a strand, shape of `prefix_edits`. Element
            ``offsets[s] + s + m`` is the limit if the read begins with the last m bases of strand s.
        owner: owner of each target, see `clonotrack.track.kernels.assign`, shape (targets,).
        evolved_min: fewest substitutions of an evolved read, shape (targets,).
        evolved_max: most substitutions of an evolved read that contains the whole target, shape (targets,); -1 if no
            such read counts as evolved.
        stem_start: 0-based position of the first base of the stem in each strand, shape (2 targets,).
        stem_end: position after the last base of the stem in each strand, shape (2 targets,).
        stem_max: most substitutions in the stem of an evolved read, shape (targets,); -1 if the target has no stem.
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
    """Compute the fewest edits between read and target, from one pair of bases to the end of the target.

    METHOD: furthest-reaching points on diagonals (Ukkonen 1985, Inf Control 64:100; Landau & Vishkin 1989, J
    Algorithms 10:157). A diagonal is one difference between the position in the read and the position in the target.
    After each edit, every diagonal is followed as far as the bases are equal. The next edit, a substitution, an
    inserted or a missing base, continues on the same or a neighbouring diagonal. Few edits reach few diagonals, so the
    time depends little on the lengths.

    Args:
        read: codes; an unknown base differs from every base of the target.
        read_start: index in `read` of the first base to compare.
        read_length: number of bases of the read from `read_start` on, in the direction of `step`.
        target: codes.
        target_start: index in `target` of the first base to compare.
        target_length: number of bases of the target from `target_start` on, in the direction of `step`.
        step: direction, 1 to the right or -1 to the left.
        limit: largest number of edits to try.
        rows: scratch, shape (2, 2 limit + 3) or larger.
        used: written, shape (limit + 1,). Element e is the largest number of target bases that e edits align before the
            read ends; -1 if the read does not end within e edits.

    Returns:
        The number of edits, or `limit` + 1 if more edits are needed.
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
    """Compute the fewest edits between a read and a strand, over the alignments that align one given pair of bases.

    The read contains the whole strand, or it is cut: it ends or begins inside the strand. The limits in `strands`
    decide whether a cut read counts.

    Args:
        read: codes.
        length: length of the read [nt].
        position: 0-based position of the given base in the read.
        offset: 0-based position of the given base in the strand.
        strand: number of the strand.
        strands: strands of all targets.
        limit: largest number of edits to try, 0 or more.
        rows: scratch of `extend`.
        left: scratch, shape (limit + 1,) or larger.
        right: scratch, shape (limit + 1,) or larger.

    Returns:
        The fewest edits, or `limit` + 1 if the read needs more edits or is cut too short to count.
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
    table = origin + strand  # first element of this strand in `prefix_edits` and `suffix_edits`
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
    """Count the mismatches between a read and the part of a strand that overlaps the read, without gaps.

    Args:
        read: codes.
        length: length of the read [nt].
        start: position of the strand's first base in the read; negative if the strand begins before the read.
        strand: number of the strand.
        strands: strands of all targets.
    """
    origin = strands.offsets[strand]
    size = strands.offsets[strand + 1] - origin
    first, last = max(0, -start), min(size, length - start)
    return mismatches(read, start + first, strands.codes, origin + first, last - first, size)


@inlined
def evolved_mismatches(read: U8, length: int, start: int, strand: int, strands: TargetStrands) -> int:
    """Count the mismatches between a target and an evolved read.

    An evolved read is no hit, but comes from a cell that descends from the clone. It has at least `evolved_min`
    substitutions, more than sequencing errors explain. Either it contains the whole target with at most `evolved_max`
    substitutions, or it contains the stem of the target with at most `stem_max` substitutions in the stem.

    Args:
        read: codes.
        length: length of the read [nt].
        start: position of the strand's first base in the read; negative if the strand begins before the read.
        strand: number of the strand.
        strands: strands of all targets.

    Returns:
        Mismatches between the read and the part of the target that overlaps the read; -1 if the read is not evolved.
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
    """Compute the fewest edits between the first m bases of `part` and any stretch of `sequence`, for every m.

    METHOD: dynamic programming with free ends in `sequence` (Sellers 1980, J Algorithms 1:359).

    Args:
        part: codes.
        sequence: codes; the reverse complement is not searched.

    Returns:
        The fewest edits for m = 0 to the length of `part`, shape (len(part) + 1,). They never fall with m.
    """
    above = np.zeros(len(sequence) + 1, np.int64)
    least = np.zeros(len(part) + 1, np.int64)
    _prefix_distances(part, sequence, above, least)
    return least


@leaf
def _prefix_distances(part: U8, sequence: U8, above: I64, least: I64) -> None:
    """Write the fewest edits; `above` is scratch, all 0, shape (len(sequence) + 1,); see `prefix_distances`."""
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
