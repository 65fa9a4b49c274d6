from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.track.count_umis import Tags
from clonotrack.track.kernels.verify_hits import EVOLVED, EXACT, MISMATCH, TIE

LENGTH = 8


def tagged(
    fragments: list[tuple[tuple[int, int, int], int]], chunk: int = 10**9
) -> dict[tuple[int, int, int], int | None]:
    tags = Tags()
    for first in range(0, len(fragments), chunk):
        some = fragments[first : first + chunk]
        keys = np.array([key for key, _ in some], dtype=np.int64)
        tags.add(keys, np.array([umi for _, umi in some], dtype=np.uint64), LENGTH)
    return tags.molecules()


def beside_others(fragments: list[tuple[tuple[int, int, int], int]]) -> dict[tuple[int, int, int], int | None]:
    """What is told where a further target has many molecules."""
    umis = np.random.default_rng(2).permutation(4**LENGTH)[:200].tolist()
    other = (9, EXACT, 0)
    found = tagged(fragments + [(other, umi) for umi in umis for _ in range(20)])
    assert found.pop(other) == 200
    return found


def test_a_molecule_is_told_once_where_most_of_its_reads_are() -> None:
    exact, wrong = (0, EXACT, 0), (0, MISMATCH, 1)
    found = tagged([(exact, 7)] * 9 + [(wrong, 7)] * 2 + [(wrong, 50_000)] * 5 + [(exact, 50_000)])
    assert found == {exact: 1, wrong: 1}


def test_an_error_in_the_umi_makes_no_molecule() -> None:
    assert beside_others([((0, EXACT, 0), 0)] * 40 + [((0, EXACT, 0), 1)]) == {(0, EXACT, 0): 1}


def test_targets_and_what_is_no_hit_are_apart() -> None:
    keys = [(0, EXACT, 0), (1, EXACT, 0), (0, TIE, 0), (0, EVOLVED, 5), (0, EVOLVED, 9)]
    assert beside_others([(key, 99) for key in keys for _ in range(20)]) == dict.fromkeys(keys, 1)


def test_too_many_for_the_umis_have_no_number() -> None:
    umis = np.random.default_rng(1).permutation(4**LENGTH)[: 4**LENGTH * 3 // 5]
    tags = Tags()
    tags.add(np.zeros((len(umis), 3), dtype=np.int64), umis.astype(np.uint64), LENGTH)
    assert tags.molecules() == {(0, 0, 0): None}


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**32), st.integers(1, 300))
def test_order_and_chunks_change_nothing(seed: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    fragments = [((int(rng.integers(2)), int(rng.integers(3)), 0), int(rng.integers(0, 4**LENGTH))) for _ in range(60)]
    fragments = [fragment for fragment in fragments for _ in range(int(rng.integers(1, 6)))]
    shuffled = [fragments[i] for i in rng.permutation(len(fragments))]
    assert tagged(shuffled, chunk) == tagged(fragments)


def test_nothing_counted_is_no_molecule() -> None:
    assert Tags().molecules() == {}
    assert sum(value or 0 for value in tagged([((0, EXACT, 0), 5)]).values()) == pytest.approx(1)
