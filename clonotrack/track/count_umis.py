"""Count molecules by UMI, for each target, match class and distance."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

import numpy as np

from clonotrack.sequences import I64, U64
from clonotrack.track.kernels.verify_hits import AMBIGUOUS, EVOLVED
from clonotrack.umi.collect import UmiTable
from clonotrack.umi.molecules import count_molecules

Key: TypeAlias = tuple[int, int, int]  # target, match class, distance
_MAX_PENDING = 1 << 20  # UMIs that are kept before equal ones are merged


class UmiCounts:
    """Counts of reads by UMI and key; a key is a target, a match class of HITS and a number of edits."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}  # number of each key, in the order of first occurrence
        self._rows: list[I64] = []  # number of the key of each UMI
        self._umis: list[U64] = []
        self._reads: list[I64] = []
        self._pending = 0
        self._length = 0

    def add(self, keys: I64, umis: U64, length: int) -> None:
        """Add the UMIs of fragments that targets count.

        Args:
            keys: for each fragment, shape (n, 3): number of the target; match class (`EXACT`, `MISMATCH`, `INDEL`,
                `EVOLVED` or `AMBIGUOUS` of `clonotrack.track.kernels.verify_hits`); number of edits between the
                fragment and the target.
            umis: UMI of each fragment, packed into two bits a base, shape (n,).
            length: length of every UMI [nt].
        """
        distinct, at = np.unique(keys, axis=0, return_inverse=True)
        numbers = np.array([self._numbers.setdefault(tuple(key), len(self._numbers)) for key in distinct.tolist()])
        self._rows.append(numbers[at.ravel()])
        self._umis.append(umis)
        self._reads.append(np.ones(len(umis), dtype=np.int64))
        self._length = length
        self._pending += len(umis)
        if self._pending > _MAX_PENDING:
            self._merge_equal()

    def _merge_equal(self) -> None:
        """Merge the entries with equal UMI and key, and add up their reads."""
        rows, umis, reads = np.concatenate(self._rows), np.concatenate(self._umis), np.concatenate(self._reads)
        order = np.lexsort((umis, rows))
        rows, umis, reads = rows[order], umis[order], reads[order]
        new = np.ones(len(rows), dtype=np.bool_)
        new[1:] = (rows[1:] != rows[:-1]) | (umis[1:] != umis[:-1])
        total: I64 = np.add.reduceat(reads, np.flatnonzero(new)).astype(np.int64)
        self._rows, self._umis, self._reads = [rows[new]], [umis[new]], [total]
        self._pending = 0

    def molecules(self) -> dict[Key, int | None]:
        """Count the distinct molecules by target, match class and distance.

        METHOD: the hits of a target are counted together, whatever their match class, so that a molecule with a
        sequencing error in some reads counts once (`clonotrack.umi.molecules`). The molecule is reported in the match
        class and distance of most reads of its UMI. So the rows of a target in HITS add up to its molecules.

        Returns:
            Number of molecules of each key; None if the target has too many molecules for its UMIs to count them.
        """
        if not self._numbers:
            return {}
        self._merge_equal()
        keys = list(self._numbers)
        n_pools, pool_of = _pools(keys)
        families = UmiTable.collect(self._umis[0], pool_of[self._rows[0]], self._length, self._reads[0])
        family_counts = self._families_by_key(families, pool_of)
        totals = count_molecules(families, n_pools).observed
        counts: dict[Key, int | None] = {}
        for pool in range(n_pools):
            members = np.flatnonzero(pool_of == pool)
            shares = _apportion(float(totals[pool]), family_counts[members])
            counts |= {keys[row]: share for row, share in zip(members.tolist(), shares, strict=True)}
        return counts

    def _families_by_key(self, families: UmiTable, pool_of: I64) -> I64:
        """Count the UMI families of each key; a family has the key of most reads of its head UMI.

        Args:
            families: distinct UMIs of each pool.
            pool_of: number of the pool of each key, from `_pools`.
        """
        rows, umis, reads = self._rows[0], self._umis[0], self._reads[0]
        order = np.lexsort((-rows, reads))  # of equal UMIs, the dictionary keeps the last: that with the most reads
        pairs = zip(pool_of[rows[order]].tolist(), umis[order].tolist(), strict=True)
        row_of = dict(zip(pairs, rows[order].tolist(), strict=True))
        is_head = families.group_heads() == np.arange(len(families.umis))
        heads = zip(families.targets[is_head].tolist(), families.umis[is_head].tolist(), strict=True)
        counts: I64 = np.bincount([row_of[head] for head in heads], minlength=len(pool_of)).astype(np.int64)
        return counts


def _pools(keys: list[Key]) -> tuple[int, I64]:
    """Group the keys whose molecules are counted together (a pool).

    A pool has the hits of one target, or the ambiguous reads of one target, or the evolved reads of one target at one
    distance.

    Returns:
        Number of pools; number of the pool of each key, shape (keys,).
    """
    pools: dict[Key, int] = defaultdict(lambda: len(pools))
    pool_of = [
        pools[
            target,
            match_class if match_class in (EVOLVED, AMBIGUOUS) else 0,
            distance if match_class == EVOLVED else 0,
        ]
        for target, match_class, distance in keys
    ]
    return len(pools), np.array(pool_of, dtype=np.int64)


def _apportion(total: float, weights: I64) -> list[int | None]:
    """Divide a total into whole numbers in proportion to weights (method of the largest remainder).

    Args:
        total: total, which is rounded to a whole number; NaN if not known.
        weights: weight of each part, shape (n,).

    Returns:
        n whole numbers that add up to the total; None for each part if the total is NaN.
    """
    if np.isnan(total):
        return [None] * len(weights)
    exact = weights * (round(total) / max(1, int(weights.sum())))
    whole = np.floor(exact).astype(np.int64)
    missing = round(total) - int(whole.sum()) if weights.sum() else 0
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return [int(share) for share in whole]
