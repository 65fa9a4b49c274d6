"""Molecules by UMI: the UMIs of what was counted, grouped, and told apart by target, class and distance."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

import numpy as np

from clonotrack.sequences import I64, U64
from clonotrack.track.kernels.verify_hits import EVOLVED, TIE
from clonotrack.umi.collect import Umis
from clonotrack.umi.molecules import molecules

Key: TypeAlias = tuple[int, int, int]  # target, kind, distance
_MOST_WAITING = 1 << 20  # UMIs that are kept before equal ones become one


class Tags:
    """UMIs by target, kind and distance, with their reads."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}
        self._rows: list[I64] = []
        self._umis: list[U64] = []
        self._reads: list[I64] = []
        self._waiting = 0
        self._length = 0

    def add(self, keys: I64, umis: U64, length: int) -> None:
        """Take the UMIs of counted fragments.

        Args:
            keys: target, kind and distance of each; shape (n, 3).
            umis: shape (n,), packed.
            length: bases of a UMI.
        """
        distinct, at = np.unique(keys, axis=0, return_inverse=True)
        numbers = np.array([self._numbers.setdefault(tuple(key), len(self._numbers)) for key in distinct.tolist()])
        self._rows.append(numbers[at.ravel()])
        self._umis.append(umis)
        self._reads.append(np.ones(len(umis), dtype=np.int64))
        self._length = length
        self._waiting += len(umis)
        if self._waiting > _MOST_WAITING:
            self._unite()

    def _unite(self) -> None:
        rows, umis, reads = np.concatenate(self._rows), np.concatenate(self._umis), np.concatenate(self._reads)
        order = np.lexsort((umis, rows))
        rows, umis, reads = rows[order], umis[order], reads[order]
        new = np.ones(len(rows), dtype=np.bool_)
        new[1:] = (rows[1:] != rows[:-1]) | (umis[1:] != umis[:-1])
        total: I64 = np.add.reduceat(reads, np.flatnonzero(new)).astype(np.int64)
        self._rows, self._umis, self._reads = [rows[new]], [umis[new]], [total]
        self._waiting = 0

    def molecules(self) -> dict[Key, int | None]:
        """Distinct molecules by target, kind and distance; None where the UMIs of a target are too dense to count.

        METHOD: the hits of a target are counted together, whatever their class, so that a molecule with a sequencing
        error in some reads is one; it is told under the class and distance that most reads of its UMI have. So the rows
        of a target add up to its molecules (`clonotrack.umi.molecules`).
        """
        if not self._numbers:
            return {}
        self._unite()
        keys = list(self._numbers)
        pots, owners = _pots(keys)
        found = Umis.collect(self._umis[0], owners[self._rows[0]], self._length, self._reads[0])
        heads = self._heads(found, owners)
        seen = molecules(found, pots).seen
        told: dict[Key, int | None] = {}
        for pot in range(pots):
            members = np.flatnonzero(owners == pot)
            shares = _shared_out(float(seen[pot]), heads[members])
            told |= {keys[row]: share for row, share in zip(members.tolist(), shares, strict=True)}
        return told

    def _heads(self, found: Umis, owners: I64) -> I64:
        """Groups of UMIs by target, class and distance: that of most reads of the UMI that heads a group."""
        rows, umis, reads = self._rows[0], self._umis[0], self._reads[0]
        order = np.lexsort((-rows, reads))  # of a UMI the row with most reads comes last, and stays in the table
        pairs = zip(owners[rows[order]].tolist(), umis[order].tolist(), strict=True)
        row_of = dict(zip(pairs, rows[order].tolist(), strict=True))
        is_head = found.heads() == np.arange(len(found.umis))
        heads = zip(found.targets[is_head].tolist(), found.umis[is_head].tolist(), strict=True)
        counts: I64 = np.bincount([row_of[head] for head in heads], minlength=len(owners)).astype(np.int64)
        return counts


def _pots(keys: list[Key]) -> tuple[int, I64]:
    """Which keys are counted together: hits of a target; its ambiguous fragments; evolved ones by distance."""
    pots: dict[Key, int] = defaultdict(lambda: len(pots))
    owners = [
        pots[target, kind if kind in (EVOLVED, TIE) else 0, distance if kind == EVOLVED else 0]
        for target, kind, distance in keys
    ]
    return len(pots), np.array(owners, dtype=np.int64)


def _shared_out(total: float, weights: I64) -> list[int | None]:
    """A number of molecules as whole ones, in proportion to `weights`, that add up to it, rounded."""
    if np.isnan(total):
        return [None] * len(weights)
    exact = weights * (round(total) / max(1, int(weights.sum())))
    whole = np.floor(exact).astype(np.int64)
    missing = round(total) - int(whole.sum()) if weights.sum() else 0
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return [int(share) for share in whole]
