"""Where on a read may germline segments lie: votes of k-mers for a group of alleles and a place.

A k-mer that the read shares with an allele votes for (group, place of the group's common coordinate on the read).
Alleles of a group agree on that coordinate, so the index holds few entries per k-mer however many alleles share it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I32, I64, U8, N

# A cell of votes as one number: bits of the place, and the last place.
PLACE_BITS = 32
LAST_PLACE = (1 << PLACE_BITS) - 1


ENTRY = np.dtype([("group", np.int32), ("distance", np.int32)])
"""A k-mer of a group: its first base lies `distance` before the common coordinate [nt], behind it if negative."""


class Seeds(NamedTuple):
    """An index of k-mers.

    Attributes:
        k: length of a k-mer.
        reach: no entry is farther than this from the common coordinate [nt].
        starts: entries of the k-mer with number w are ``starts[w]:starts[w + 1]``, shape (4^k + 1,).
        entries: dtype `ENTRY`.
    """

    k: int
    reach: int
    starts: I32
    entries: NDArray[Any]


@leaf
def kmer_numbers(codes: U8, k: int, numbers: I64) -> int:
    """Write the number of the k-mer that starts at each base, -1 where it holds an unknown base.

    Args:
        codes: shape (n,).
        k: length of a k-mer.
        numbers: written, shape (at least n,).

    Returns:
        How many k-mers there are: n - k + 1, or 0.
    """
    n = len(codes)
    mask = (1 << (2 * k)) - 1
    number = 0
    known = 0
    for i in range(n):
        code = int(codes[i])
        if code < N:
            number = ((number << 2) | code) & mask
            known += 1
        else:
            known = 0
        if i >= k - 1:
            numbers[i - k + 1] = number if known >= k else -1
    return max(0, n - k + 1)


@leaf
def vote(numbers: I64, step: int, count: int, seeds: Seeds, groups: I64, shift: int, votes: I32, touched: I64) -> int:
    """Count votes for every group and place.

    Args:
        numbers: k-mers of the read, from `kmer_numbers`.
        step: every so many k-mers one votes, the first to begin with.
        count: k-mers.
        seeds: the index.
        groups: 1 for groups that are looked for, else 0; shape (groups,).
        shift: what is added to a place so that it is an index of `votes`.
        votes: counted up, shape (groups, places).
        touched: cells of `votes` with a vote, written: ``group << PLACE_BITS | place``.

    Returns:
        How many cells have a vote.
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
            place = i + seeds.entries[entry]["distance"] + shift
            if votes[group, place] == 0:
                touched[used] = (int(group) << PLACE_BITS) | int(place)
                used += 1
            votes[group, place] += 1
    return used


@leaf
def elect(votes: I32, touched: I64, used: int, least: int, apart: int, elected: I64) -> int:
    """Take the cells with most votes and clear the votes.

    Of cells of one group that lie near each other only the best is taken: they are one segment with an insertion or
    deletion. Among equals the lower cell is taken.

    Args:
        votes: shape (groups, places); zero afterwards.
        touched: cells with a vote, in any order afterwards.
        used: how many.
        least: fewest votes of a cell that is taken.
        apart: cells of a group nearer than this are one.
        elected: written, shape (most cells, 3): group, place, votes.

    Returns:
        How many cells were taken.
    """
    places = votes.shape[1]
    enough = 0
    for t in range(used):
        cell = touched[t]
        if votes[cell >> PLACE_BITS, cell & LAST_PLACE] >= least:
            touched[enough] = cell
            enough += 1
        else:
            votes[cell >> PLACE_BITS, cell & LAST_PLACE] = 0
    used = enough
    taken = 0
    while taken < len(elected):
        best = least - 1
        cell = -1
        for t in range(used):
            count = votes[touched[t] >> PLACE_BITS, touched[t] & LAST_PLACE]
            if count > best or (count == best and cell >= 0 and touched[t] < cell):
                best = count
                cell = touched[t]
        if cell < 0:
            break
        group = cell >> PLACE_BITS
        place = cell & LAST_PLACE
        elected[taken, 0] = group
        elected[taken, 1] = place
        elected[taken, 2] = best
        taken += 1
        for near in range(max(0, place - apart + 1), min(places, place + apart)):
            votes[group, near] = 0
    for t in range(used):
        votes[touched[t] >> PLACE_BITS, touched[t] & LAST_PLACE] = 0
    return taken


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
    """List every k-mer of every allele with its group and its distance to the common coordinate.

    Args:
        codes: bases of all alleles.
        offsets: shape (alleles + 1,).
        origin: place of the common coordinate in each allele.
        group: group of each allele.
        k: length of a k-mer.
        number: written: number of the k-mer; shape (bases of all alleles,), as are the next two.
        entry_group: written: group of the allele.
        distance: written: see `ENTRY`.
        scratch: shape (bases of all alleles,).

    Returns:
        How many entries were written; the same entry may be there many times.
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
