"""Reads per UMI and target, out of reads in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.errors import ClonotrackError
from clonotrack.sequences import I64, U64
from clonotrack.umi.kernels import group_umis

MOST_BASES = 31


@dataclass(frozen=True, slots=True)
class Umis:
    """Distinct UMIs of each target, most reads first, shape (n,) each.

    Attributes:
        umis: packed, 2 bits a base.
        reads: of each.
        targets: what each is of.
        length: bases of all.
        place: index of the UMI of each entry that was collected.
    """

    umis: U64
    reads: I64
    targets: I64
    length: int
    place: I64

    @classmethod
    def collect(cls, umis: U64, targets: I64, length: int, reads: I64 | None = None) -> Umis:
        """Put the UMIs of reads together, in whatever order they come.

        Args:
            umis: packed, 2 bits a base, shape (reads,).
            targets: what each read is of, not negative, shape (reads,).
            length: bases of a UMI.
            reads: how often each was seen; once, if it is not given.

        Raises:
            ClonotrackError: UMIs are too long.
        """
        if not 1 <= length <= MOST_BASES:
            raise ClonotrackError(f"UMIs of {length} nt cannot be counted: give a UMI pattern of 1 to {MOST_BASES} nt")
        order = np.lexsort((umis, targets))
        umis, targets = umis[order], targets[order]
        first = np.ones(len(umis), dtype=np.bool_)
        first[1:] = (umis[1:] != umis[:-1]) | (targets[1:] != targets[:-1])
        number = np.cumsum(first) - 1
        weights = np.ones(len(umis)) if reads is None else reads[order]
        counts = np.bincount(number, weights, minlength=int(first.sum())).astype(np.int64)
        umis, targets = umis[first], targets[first]
        most = np.lexsort((targets, umis, -counts))
        rank = np.empty(len(most), dtype=np.int64)
        rank[most] = np.arange(len(most))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = rank[number]
        return cls(umis[most], counts[most], targets[most], length, place)

    def heads(self) -> I64:
        """Index of the head of each UMI's directional group, shape (n,)."""
        return group_umis(self.umis, self.reads, self.targets, self.length)
