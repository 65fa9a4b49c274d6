"""Collect the UMIs of reads: one entry for each distinct UMI of each target, with its reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.errors import ClonotrackError
from clonotrack.sequences import I64, U64
from clonotrack.umi.kernels import directional_groups

MAX_LENGTH = 31
"""Longest UMI that fits into 64 bits [nt]."""


@dataclass(frozen=True, slots=True)
class UmiTable:
    """Distinct UMIs of each target with their reads, by falling reads.

    Attributes:
        umis: packed, 2 bits a base, shape (n,).
        reads: of each UMI, shape (n,).
        targets: index of the target (clonotype, marker) of each UMI, shape (n,).
        length: of every UMI [nt].
        index: entry of each read that was collected, shape (reads,).
    """

    umis: U64
    reads: I64
    targets: I64
    length: int
    index: I64

    @classmethod
    def collect(cls, umis: U64, targets: I64, length: int, reads: I64 | None = None) -> UmiTable:
        """Count the reads of each distinct UMI of each target; the order of the reads does not matter.

        Args:
            umis: UMI of each read, packed, 2 bits a base, shape (n,).
            targets: index of the target of each read, not negative, shape (n,).
            length: of a UMI [nt].
            reads: reads that each entry stands for, shape (n,); by default 1.

        Raises:
            ClonotrackError: UMIs are longer than `MAX_LENGTH`, or empty.
        """
        if not 1 <= length <= MAX_LENGTH:
            raise ClonotrackError(f"UMIs of {length} nt cannot be counted: give a UMI pattern of 1 to {MAX_LENGTH} nt")
        order = np.lexsort((umis, targets))
        umis, targets = umis[order], targets[order]
        first = np.ones(len(umis), dtype=np.bool_)
        first[1:] = (umis[1:] != umis[:-1]) | (targets[1:] != targets[:-1])
        entry = np.cumsum(first) - 1
        weights = np.ones(len(umis)) if reads is None else reads[order]
        counts = np.bincount(entry, weights, minlength=int(first.sum())).astype(np.int64)
        umis, targets = umis[first], targets[first]
        by_reads = np.lexsort((targets, umis, -counts))
        rank = np.empty(len(by_reads), dtype=np.int64)
        rank[by_reads] = np.arange(len(by_reads))
        index = np.empty(len(order), dtype=np.int64)
        index[order] = rank[entry]
        return cls(umis[by_reads], counts[by_reads], targets[by_reads], length, index)

    def group_heads(self) -> I64:
        """Group the UMIs by the directional method; return the index of the head of each group, shape (n,)."""
        return directional_groups(self.umis, self.reads, self.targets, self.length)
