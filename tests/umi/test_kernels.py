from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.sequences import U64, encode
from clonotrack.umi.kernels import directional_groups, pairs_one_apart, pairs_two_apart
from tests.umi.twins import kernels as naive


def packed(umis: list[str]) -> U64:
    values = [sum(int(code) << 2 * i for i, code in enumerate(encode(umi)[::-1])) for umi in umis]
    return np.array(values, dtype=np.uint64)


@st.composite
def umi_sets(draw: st.DrawFn) -> tuple[list[str], list[int], list[int], int]:
    """Draw distinct UMIs of two targets near a few founders, with falling reads."""
    length = draw(st.sampled_from([1, 2, 4, 6, 31]))
    founders = draw(st.lists(st.text("ACGT", min_size=length, max_size=length), min_size=1, max_size=3))
    found = set()
    for _ in range(draw(st.integers(0, 30))):
        umi = list(draw(st.sampled_from(founders)))
        for _ in range(draw(st.integers(0, 2))):
            umi[draw(st.integers(0, length - 1))] = draw(st.sampled_from("ACGT"))
        found.add(("".join(umi), draw(st.integers(0, 1))))
    items = sorted(found)
    counts = draw(st.lists(st.integers(1, 12), min_size=len(items), max_size=len(items)))
    return [umi for umi, _ in items], sorted(counts, reverse=True), [target for _, target in items], length


@settings(deadline=None, max_examples=150)
@given(umi_sets())
def test_directional_groups_are_those_of_the_naive_twin(case: tuple[list[str], list[int], list[int], int]) -> None:
    umis, counts, targets, length = case
    arrays = packed(umis), np.array(counts, dtype=np.int64), np.array(targets, dtype=np.int64)
    assert directional_groups(*arrays, length).tolist() == naive.directional_groups(umis, counts, targets)


@settings(deadline=None, max_examples=150)
@given(umi_sets(), st.integers(0, 2**30))
def test_umis_one_and_two_bases_apart_are_those_of_the_naive_twin(
    case: tuple[list[str], list[int], list[int], int], bits: int
) -> None:
    umis, _, targets, length = case
    arrays = packed(umis), np.array(targets, dtype=np.int64)
    chosen = [bool(bits >> i & 1) for i in range(len(umis))]
    ones = [tuple(row) for row in pairs_one_apart(*arrays, length).tolist()]
    twos = [tuple(row) for row in pairs_two_apart(*arrays, np.array(chosen, dtype=np.bool_), length).tolist()]
    assert ones == sorted(ones, key=lambda row: row[1])
    assert sorted(ones) == sorted(naive.pairs_one_apart(umis, targets))
    assert sorted(twos) == sorted(naive.pairs_two_apart(umis, targets, chosen))


def test_a_thousand_umis_of_a_small_space_have_all_their_neighbours() -> None:
    umis = np.arange(1024, dtype=np.uint64)
    targets = np.zeros(1024, dtype=np.int64)
    assert len(pairs_one_apart(umis, targets, 5)) == 1024 * 15 // 2
    assert len(pairs_two_apart(umis, targets, np.ones(1024, dtype=np.bool_), 5)) == 1024 * 90 // 2
