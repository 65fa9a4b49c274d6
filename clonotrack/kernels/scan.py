"""The streaming search: every read of a chunk against all targets and all J segments at once.

The reads of a chunk are one array of codes. It is looked at in words of four bases, whatever the bounds of the
reads: after each word the `K` = 10 bases that end there are the sampled seed. A stretch of 13 nt (`PIECE` = K + 3)
anywhere in the chunk therefore contains exactly one sampled seed. A bit table says which of the 4^10 seeds belong
to any target or J; all others, nearly all, cost one look-up for four bases.

Why nothing is missed: a target with e edits has e + 1 pieces of 13 nt that do not overlap, and all seeds of each
piece are in the table. A read that holds the target with at most e substitutions has one piece untouched, and in
it a sampled seed; the place of the target follows from the seed, and there every base is compared. Unknown bases
are taken for A in seeds, which can only add places to compare, and as mismatches in the comparison.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.credit import FAR, NO_CREDIT, TIED, credit
from clonotrack.kernels.jit import njit
from clonotrack.kernels.mismatches import mismatches
from clonotrack.kernels.runs import KEYS, NO_LOCUS, PIECE, STRANDED, K, cover, locus_of
from clonotrack.sequence import I32, I64, U8

U16: TypeAlias = NDArray[np.uint16]
U32: TypeAlias = NDArray[np.uint32]

WORD = PIECE - K + 1  # bases in a word, which is the distance of sampled seeds
_TWO_BITS = 0x03030303  # of each of the four codes in a word
_GATHER = 1 << 30 | 1 << 20 | 1 << 10 | 1  # times a word: its bases side by side in bits 24 to 31, first base highest


class Seeds(NamedTuple):
    """What a seed belongs to.

    Attributes:
        table: shape (KEYS / 8,); bit `key & 7` of byte `key >> 3` is set for every key of a target or J.
        masks: shape (KEYS,); loci and strands whose J hold the key, a bit each (see `clonotrack.kernels.runs`).
        first: shape (KEYS + 1,); the places of key k are `first[k]` to `first[k + 1]` of the next two.
        probe: the probe that holds the seed; probe 2 t is target t as it is, 2 t + 1 its reverse complement.
        end: first base of the probe after the seed.
    """

    table: U8
    masks: U16
    first: I32
    probe: I32
    end: I32


class Probes(NamedTuple):
    """What a read is compared with.

    Attributes:
        codes: both strands of every target, one after the other.
        offsets: shape (2 targets + 1,).
        edits: shape (targets,); most mismatches.
        group: shape (targets,); whose it is, see `clonotrack.kernels.credit`.
    """

    codes: U8
    offsets: I64
    edits: I64
    group: I64


class Found(NamedTuple):
    """What a scan writes.

    Attributes:
        counts: shape (targets, 2, edits + 1); reads credited and ambiguous by distance; added to.
        outcome: shape (reads,); `OTHER`, `AMBIGUOUS` or `HIT`; zero at the start.
        locus: shape (reads,); index of the locus of the read's J; `NO_LOCUS` at the start.
    """

    counts: I64
    outcome: U8
    locus: U8


@njit
def scan(words: U32, codes: U8, offsets: I64, seeds: Seeds, probes: Probes, found: Found) -> None:
    """Search one chunk of reads.

    Args:
        words: `codes` four at a time, little-endian, without the last one to three bases.
        codes: of all reads, 0 to 4.
        offsets: shape (reads + 1,).
        seeds: what to look for.
        probes: what to compare with.
        found: where the results go.
    """
    n_reads = len(offsets) - 1
    n_targets = len(probes.edits)
    distance = np.full(n_targets, FAR, np.int64)
    near = np.zeros(n_targets, np.int64)
    covered = np.zeros(STRANDED, np.int64)
    n_near, read, walked, loci = 0, 0, 0, 0
    start, end = offsets[0], offsets[min(1, n_reads)]
    key = 0
    for w in range(len(words)):
        key = (key << 8 | ((int(words[w]) & _TWO_BITS) * _GATHER >> 24 & 0xFF)) & (KEYS - 1)
        if seeds.table[key >> 3] >> (key & 7) & 1 == 0:
            continue
        stop = WORD * w + WORD
        if stop > end:
            if n_near or loci:
                _settle(read, near, n_near, distance, probes.group, covered, loci, found)
                n_near, loci = 0, 0
            while read < n_reads and offsets[read + 1] < stop:
                read += 1
            if read == n_reads:
                break
            start, end = offsets[read], offsets[read + 1]
        if stop - K < start:
            continue
        if stop > walked and seeds.masks[key]:
            walked, added = cover(codes, start, end, stop, seeds.masks, covered)
            loci |= added
        for place in range(seeds.first[key], seeds.first[key + 1]):
            probe = seeds.probe[place]
            target = probe >> 1
            limit = min(probes.edits[target], distance[target] - 1)
            origin = probes.offsets[probe]
            length = probes.offsets[probe + 1] - origin
            begin = stop - seeds.end[place]
            if begin < start or begin + length > end or limit < 0:
                continue
            here = mismatches(codes, begin, probes.codes, origin, length, limit)
            if here <= limit:
                if distance[target] == FAR:
                    near[n_near] = target
                    n_near += 1
                distance[target] = here
    if read < n_reads and (n_near or loci):
        _settle(read, near, n_near, distance, probes.group, covered, loci, found)


@njit
def _settle(
    read: int, near: I64, n_near: int, distance: I64, group: I64, covered: I64, loci: int, found: Found
) -> None:
    """Write what one read is, and clear what was gathered about it."""
    if n_near:
        given, shared = np.zeros(n_near, np.int64), np.zeros(n_near, np.int64)
        found.outcome[read] = credit(near, n_near, distance, group, given, shared)
        for i in range(n_near):
            if given[i] != NO_CREDIT:
                found.counts[near[i], int(given[i] == TIED), distance[near[i]]] += 1
            distance[near[i]] = FAR
    found.locus[read] = locus_of(covered, loci)


__all__ = ["NO_LOCUS", "WORD", "Found", "Probes", "Seeds", "scan"]
