"""Count fragments by target, match class and distance, batch after batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from clonotrack.sequences import I64, U64, decode
from clonotrack.track.count_umis import UmiCounts
from clonotrack.track.kernels.verify_hits import (
    AMBIGUOUS,
    CLASS,
    DISTANCE,
    EVOLVED,
    EXACT,
    FRAGMENT,
    INDEL,
    MISMATCH,
    READ,
    SHARED,
    START,
    STRAND,
    TARGET,
    count_bases,
)
from clonotrack.track.search import Matches
from clonotrack.track.targets import Target

CLASSES = {EXACT: "exact", MISMATCH: "mismatch", INDEL: "indel", EVOLVED: "evolved", AMBIGUOUS: "ambiguous"}
MARGIN = 400
"""Most bases on either side of the target that the consensus of evolved reads includes [nt]."""
_MAX_CLASSES, _MAX_DISTANCES = 8, 1 << 20  # above all match classes and distances: packs three numbers into one
_PENDING = 10_000  # matches that are counted together


class HitCounts:
    """Counts of the fragments of one tube, to which every batch is added.

    Attributes:
        hits: number of fragments that are hits of at least one target.
        ambiguous: number of fragments that are equally near to two targets.
        has_umis: whether the library has UMIs.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        """Start with no fragment.

        Args:
            targets: targets of the tube, in the order in which `clonotrack.track.search.TargetSearch` got them.
        """
        self._sizes = [len(target.part) for target in targets]
        self._pending: list[I64] = []  # target, class, distance and shared of matches that are not counted yet
        self._reads: dict[tuple[int, int, int], I64] = {}  # fragments and shared ones by target, class and distance
        self._base_counts: dict[tuple[int, int], I64] = {}  # of evolved reads by target and distance
        self._umi_counts = UmiCounts()
        self.has_umis = False
        self.hits = 0
        self.ambiguous = 0

    def add(self, matches: Matches, umis: U64 | None = None, umi_length: int = 0) -> None:
        """Count the fragments of one batch.

        Args:
            matches: matches of the batch.
            umis: UMI of each fragment, packed into two bits a base, shape (fragments,); None without UMIs.
            umi_length: length of every UMI [nt]; 0 without UMIs.
        """
        rows = matches.rows
        self.has_umis |= umis is not None
        self.hits += matches.hits
        self.ambiguous += matches.ambiguous
        if not len(rows):
            return
        self._pending.append(rows[:, [TARGET, CLASS, DISTANCE, SHARED]])
        if sum(map(len, self._pending)) > _PENDING:
            self._count_pending()
        if umis is not None:
            self._umi_counts.add(rows[:, [TARGET, CLASS, DISTANCE]], umis[rows[:, FRAGMENT]], umi_length)
        self._count_bases(matches, rows[rows[:, CLASS] == EVOLVED])

    def _count_pending(self) -> None:
        rows = np.concatenate(self._pending)
        self._pending.clear()
        packed = (rows[:, 0] * _MAX_CLASSES + rows[:, 1]) * _MAX_DISTANCES + rows[:, 2]
        keys, at, reads = np.unique(packed, return_inverse=True, return_counts=True)
        shared = np.bincount(at, rows[:, 3], minlength=len(keys))
        for key, counts in zip(keys.tolist(), np.column_stack([reads, shared]), strict=True):
            unpacked = (
                key // _MAX_DISTANCES // _MAX_CLASSES,
                key // _MAX_DISTANCES % _MAX_CLASSES,
                key % _MAX_DISTANCES,
            )
            self._reads[unpacked] = self._reads.get(unpacked, 0) + counts.astype(np.int64)

    def _count_bases(self, matches: Matches, evolved: I64) -> None:
        """Count the bases of evolved reads at each position of their target and of its surrounding bases."""
        for target, distance in {tuple(key) for key in evolved[:, [TARGET, DISTANCE]].tolist()}:
            size = self._sizes[target]
            key = target, distance
            counts = self._base_counts.setdefault(key, np.zeros((size + 2 * MARGIN, 4), dtype=np.int64))
            rows = evolved[(evolved[:, TARGET] == target) & (evolved[:, DISTANCE] == distance)]
            read, start, reverse = rows[:, READ], rows[:, START].copy(), rows[:, STRAND] & 1
            count_bases(matches.text, matches.starts[read], matches.ends[read], start, reverse, size, MARGIN, counts)

    def rows(self) -> dict[int, list[dict[str, Any]]]:
        """Return the counts as rows of HITS, by number of the target.

        Each target with a fragment has a row for each match class and distance.
        """
        if self._pending:
            self._count_pending()
        umis = self._umi_counts.molecules()
        rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for key in sorted(self._reads):
            (target, match_class, distance), (reads, shared) = key, self._reads[key].tolist()
            consensus = _consensus(self._base_counts[target, distance]) if match_class == EVOLVED else None
            rows[target].append(
                {
                    "match_class": CLASSES[match_class],
                    "edit_distance": distance,
                    "reads": reads,
                    "umis": umis.get(key),
                    "shared_reads": shared,
                    "sequence": consensus,
                }
            )
        return rows


def _consensus(counts: I64) -> str:
    """Return the most frequent base at each position that enough reads cover.

    Args:
        counts: number of A, C, G and T at each position, shape (positions, 4).

    Returns:
        Bases from the first to the last position that at least half as many reads cover as the best covered position.
    """
    depth = counts.sum(axis=1)
    (covered,) = np.nonzero(2 * depth >= depth.max())
    return decode(counts[covered[0] : covered[-1] + 1].argmax(axis=1).astype(np.uint8))
