from __future__ import annotations

from clonotrack.cluster.stage import cluster
from clonotrack.config import Cluster
from tests.cluster.made import V_END, Clone, row, substituted, table

CLONE = Clone("TGTGCGAGAGATTTACCCGGGTACTTTGACTACTGG", 1)


def consensus(*items: tuple[str, int, str | None, int]) -> str:
    """Of rows (sequence, reads, quality, key_region_start)."""
    rows = [
        row(CLONE, reads=reads)
        | {"sequence_id": str(i), "sequence": sequence, "quality": quality, "key_region_start": start}
        for i, (sequence, reads, quality, start) in enumerate(items)
    ]
    sequence: str = cluster(table(rows), Cluster())["sequence"][0]
    return sequence


def test_it_goes_as_far_as_half_of_the_reads() -> None:
    whole, start = CLONE.sequence, len(V_END) + 1
    assert consensus((whole, 2, None, start), (whole[10:-6], 2, None, start - 10)) == whole
    assert consensus((whole, 1, None, start), (whole[10:-6], 2, None, start - 10)) == whole[10:-6]


def test_quality_outweighs_number() -> None:
    whole, start = CLONE.sequence, len(V_END) + 1
    wrong = substituted(whole, 3)
    good, bad = "I" * len(whole), "+" * len(whole)
    assert consensus((whole, 1, good, start), (wrong, 3, bad, start)) == whole
    assert consensus((whole, 1, good, start), (wrong, 5, bad, start)) == wrong
