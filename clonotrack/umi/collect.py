"""Collect the UMIs of reads: one entry for each distinct UMI of each target, with the reads of this UMI."""

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
    """The n distinct UMIs of each target with their reads, one entry for each pair of UMI and target, by falling reads.

    Attributes:
        umis: UMI of each entry, packed into 2 bits a base, shape (n,).
        reads: reads of each entry, shape (n,).
        targets: number of the target (clonotype or marker) of each entry, shape (n,).
        length: length of every UMI [nt].
        index: for each element of the arrays given to `collect`, the number of its entry.
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
            umis: UMI of each read, or of several equal reads, packed into 2 bits a base, shape (m,).
            targets: number of the target of each element of `umis`, not negative, shape (m,).
            length: length of every UMI [nt].
            reads: number of reads of each element of `umis`, shape (m,); None if each is one read.

        Raises:
            ClonotrackError: UMIs are longer than `MAX_LENGTH`, or have 0 nt.
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
        """Group the UMIs of each target by the directional method.

        Returns:
            Number of the entry that is the head of each entry's group, shape (n,). A head has its own number.
        """
        return directional_groups(self.umis, self.reads, self.targets, self.length)
