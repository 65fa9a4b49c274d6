"""Search positions of germline segments on a read by votes of k-mers.

A k-mer that read and allele share votes for a pair (group, position); `clonotrack.annotate.kernels.types` defines
both. Alleles of a group share the position, so a k-mer that many alleles contain has one index entry.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I32, I64, U8, N

# A cell (group, position) of the votes is packed into one number: group << POSITION_BITS | position.
POSITION_BITS = 32
POSITION_MASK = (1 << POSITION_BITS) - 1


ENTRY = np.dtype([("group", np.int32), ("distance", np.int32)])
"""A k-mer of a group: its first base lies `distance` before the origin [nt]; after it if negative."""


class Seeds(NamedTuple):
    """Hold a k-mer index of the alleles of one kind.

    Attributes:
        k: length of a k-mer [nt].
        reach: largest distance of a k-mer from its allele's origin [nt].
        starts: the k-mer with number w has the entries ``starts[w]:starts[w + 1]``, shape (4^k + 1,).
        entries: dtype `ENTRY`, sorted by k-mer number.
    """

    k: int
    reach: int
    starts: I32
    entries: NDArray[Any]


@leaf
def kmer_numbers(codes: U8, k: int, numbers: I64) -> int:
    """Number the k-mer that starts at each base: its bases as digits of base 4, or -1 if it contains N.

    Args:
        codes: bases, shape (n,).
        k: length of a k-mer [nt].
        numbers: output, shape (at least n,).

    Returns:
        The number of k-mers: n - k + 1, or 0 if the sequence is shorter than k.
    """
    n = len(codes)
    mask = (1 << (2 * k)) - 1
    number = 0
    valid = 0
    for i in range(n):
        code = int(codes[i])
        if code < N:
            number = ((number << 2) | code) & mask
            valid += 1
        else:
            valid = 0
        if i >= k - 1:
            numbers[i - k + 1] = number if valid >= k else -1
    return max(0, n - k + 1)


@leaf
def vote(numbers: I64, step: int, count: int, seeds: Seeds, groups: I64, offset: int, votes: I32, touched: I64) -> int:
    """Count the votes of a read's k-mers for each cell (group, position).

    Args:
        numbers: k-mers of the read, from `kmer_numbers`.
        step: distance between voting k-mers (k-mers); the first k-mer votes.
        count: number of k-mers.
        seeds: k-mer index.
        groups: 1 for groups to search, else 0; shape (groups,).
        offset: offset added to positions, so that they are valid indices of `votes`.
        votes: counts, increased; shape (groups, positions).
        touched: output: cells with a vote, packed as ``group << POSITION_BITS | position``.

    Returns:
        The number of cells with a vote.
    """
    used = 0
    for i in range(0, count, step):
        number = numbers[i]
        if number < 0:
            continue
        for entry in range(seeds.starts[number], seeds.starts[number + 1]):
            group = seeds.entries[entry]["group"]
            if groups[group] == 0:
                continue
            position = i + seeds.entries[entry]["distance"] + offset
            if votes[group, position] == 0:
                touched[used] = (int(group) << POSITION_BITS) | int(position)
                used += 1
            votes[group, position] += 1
    return used


@leaf
def select_candidates(votes: I32, touched: I64, used: int, min_votes: int, min_distance: int, candidates: I64) -> int:
    """Select the cells with the most votes and reset all votes to zero.

    Of cells of one group that lie closer than `min_distance`, only the one with most votes is selected. The others are
    the same segment beyond an insertion or deletion. Of cells with equal votes, the lower (group, position) is
    selected.

    Args:
        votes: shape (groups, positions); zero afterwards.
        touched: cells with a vote; reordered.
        used: number of cells with a vote.
        min_votes: smallest number of votes of a selected cell.
        min_distance: smallest distance between selected cells of a group [nt].
        candidates: output, shape (largest number of candidates, 3): group, position (with the offset of `vote`), votes.

    Returns:
        The number of selected cells.
    """
    positions = votes.shape[1]
    kept = 0
    for t in range(used):
        cell = touched[t]
        if votes[cell >> POSITION_BITS, cell & POSITION_MASK] >= min_votes:
            touched[kept] = cell
            kept += 1
        else:
            votes[cell >> POSITION_BITS, cell & POSITION_MASK] = 0
    used = kept
    selected = 0
    while selected < len(candidates):
        best = min_votes - 1
        cell = -1
        for t in range(used):
            count = votes[touched[t] >> POSITION_BITS, touched[t] & POSITION_MASK]
            if count > best or (count == best and cell >= 0 and touched[t] < cell):
                best = count
                cell = touched[t]
        if cell < 0:
            break
        group = cell >> POSITION_BITS
        position = cell & POSITION_MASK
        candidates[selected, 0] = group
        candidates[selected, 1] = position
        candidates[selected, 2] = best
        selected += 1
        for neighbour in range(max(0, position - min_distance + 1), min(positions, position + min_distance)):
            votes[group, neighbour] = 0
    for t in range(used):
        votes[touched[t] >> POSITION_BITS, touched[t] & POSITION_MASK] = 0
    return selected


@leaf
def collect_entries(
    codes: U8,
    offsets: I64,
    origin: I64,
    group: I64,
    k: int,
    number: I64,
    entry_group: I64,
    distance: I64,
    scratch: I64,
) -> int:
    """List each k-mer of each allele with its group and its distance to the origin.

    Args:
        codes: bases of all alleles.
        offsets: start of each allele in `codes`, shape (alleles + 1,).
        origin: origin of each allele, shape (alleles,).
        group: group of each allele, shape (alleles,).
        k: length of a k-mer [nt].
        number: output: numbers of the k-mers, shape (bases of all alleles,).
        entry_group: output: their groups, same shape.
        distance: output: their distances as in `ENTRY`, same shape.
        scratch: overwritten, same shape.

    Returns:
        The number of entries. An entry that several alleles share is repeated.
    """
    used = 0
    for allele in range(len(origin)):
        for i in range(kmer_numbers(codes[offsets[allele] : offsets[allele + 1]], k, scratch)):
            if scratch[i] >= 0:
                number[used] = scratch[i]
                entry_group[used] = group[allele]
                distance[used] = origin[allele] - i
                used += 1
    return used
