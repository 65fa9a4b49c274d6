from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.track.count_umis import UmiCounts
from clonotrack.track.kernels.verify_hits import AMBIGUOUS, EVOLVED, EXACT, MISMATCH

LENGTH = 8


def molecules(
    fragments: list[tuple[tuple[int, int, int], int]], chunk: int = 10**9
) -> dict[tuple[int, int, int], int | None]:
    counts = UmiCounts()
    for first in range(0, len(fragments), chunk):
        some = fragments[first : first + chunk]
        keys = np.array([key for key, _ in some], dtype=np.int64)
        counts.add(keys, np.array([umi for _, umi in some], dtype=np.uint64), LENGTH)
    return counts.molecules()


def molecules_beside_others(
    fragments: list[tuple[tuple[int, int, int], int]],
) -> dict[tuple[int, int, int], int | None]:
    """The molecules of these keys if another target has many molecules."""
    umis = np.random.default_rng(2).permutation(4**LENGTH)[:200].tolist()
    other = (9, EXACT, 0)
    found = molecules(fragments + [(other, umi) for umi in umis for _ in range(20)])
    assert found.pop(other) == 200
    return found


def test_a_molecule_counts_once_in_the_class_of_most_of_its_reads() -> None:
    exact, mismatch = (0, EXACT, 0), (0, MISMATCH, 1)
    found = molecules([(exact, 7)] * 9 + [(mismatch, 7)] * 2 + [(mismatch, 50_000)] * 5 + [(exact, 50_000)])
    assert found == {exact: 1, mismatch: 1}


def test_an_error_in_the_umi_makes_no_molecule() -> None:
    assert molecules_beside_others([((0, EXACT, 0), 0)] * 40 + [((0, EXACT, 0), 1)]) == {(0, EXACT, 0): 1}


def test_targets_and_classes_that_are_no_hits_are_counted_separately() -> None:
    keys = [(0, EXACT, 0), (1, EXACT, 0), (0, AMBIGUOUS, 0), (0, EVOLVED, 5), (0, EVOLVED, 9)]
    assert molecules_beside_others([(key, 99) for key in keys for _ in range(20)]) == dict.fromkeys(keys, 1)


def test_molecules_too_dense_to_count_have_no_number() -> None:
    umis = np.random.default_rng(1).permutation(4**LENGTH)[: 4**LENGTH * 3 // 5]
    counts = UmiCounts()
    counts.add(np.zeros((len(umis), 3), dtype=np.int64), umis.astype(np.uint64), LENGTH)
    assert counts.molecules() == {(0, 0, 0): None}


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**32), st.integers(1, 300))
def test_order_and_batches_change_nothing(seed: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    fragments = [((int(rng.integers(2)), int(rng.integers(3)), 0), int(rng.integers(0, 4**LENGTH))) for _ in range(60)]
    fragments = [fragment for fragment in fragments for _ in range(int(rng.integers(1, 6)))]
    shuffled = [fragments[i] for i in rng.permutation(len(fragments))]
    assert molecules(shuffled, chunk) == molecules(fragments)


def test_no_fragment_is_no_molecule() -> None:
    assert UmiCounts().molecules() == {}
    assert sum(value or 0 for value in molecules([((0, EXACT, 0), 5)]).values()) == pytest.approx(1)
