from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.cluster.kernels.neighbours import indel_neighbours, match_unknown_bases, neighbours
from clonotrack.sequences import I64, Ragged
from tests.cluster.twins import neighbours as naive

MUTATION = st.tuples(st.integers(0, 30), st.sampled_from("ACGTN"))


@st.composite
def relatives(draw: st.DrawFn) -> tuple[list[str], list[int], list[int]]:
    """Draw sequences that descend from a few founders by edits, with groups and falling reads."""
    founders = draw(st.lists(st.text("ACGT", min_size=0, max_size=24), min_size=1, max_size=3))
    items = []
    for _ in range(draw(st.integers(1, 25))):
        sequence = list(draw(st.sampled_from(founders)))
        for position, base in draw(st.lists(MUTATION, max_size=3)):
            if position < len(sequence):
                sequence[position] = base
        if sequence and draw(st.integers(0, 3)) == 0:
            del sequence[draw(st.integers(0, len(sequence) - 1))]
        items.append("".join(sequence))
    sequences = sorted(set(items))
    groups = draw(st.lists(st.integers(0, 1), min_size=len(sequences), max_size=len(sequences)))
    reads = draw(st.lists(st.integers(1, 200), min_size=len(sequences), max_size=len(sequences)))
    return sequences, groups, sorted(reads, reverse=True)


def max_child_reads_of(reads: list[int], ratio: float, max_distance: int) -> I64:
    """Allow a child 1 / `ratio` of its parent's reads for each substitution."""
    return np.array([[int(count / ratio**d) for count in reads] for d in range(1, max_distance + 1)], dtype=np.int64)


@settings(deadline=None, max_examples=150)
@given(relatives(), st.integers(1, 4), st.sampled_from([1.0, 2.0, 7.5, 20.0]))
def test_neighbours_are_those_of_the_naive_twin_each_once(
    case: tuple[list[str], list[int], list[int]], max_distance: int, ratio: float
) -> None:
    sequences, groups, reads = case
    ragged, max_child_reads = Ragged.from_strings(sequences), max_child_reads_of(reads, ratio, max_distance)
    found = neighbours(ragged.codes, ragged.offsets, np.array(groups), np.array(reads), max_child_reads)
    pairs = [tuple(row) for row in found.tolist()]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == naive.neighbours(sequences, groups, reads, max_child_reads.tolist())


@settings(deadline=None, max_examples=150)
@given(relatives(), st.sampled_from([1.0, 2.0, 7.5, 20.0]))
def test_indel_neighbours_are_those_of_the_naive_twin_each_once(
    case: tuple[list[str], list[int], list[int]], ratio: float
) -> None:
    sequences, groups, reads = case
    ragged, max_child_reads = Ragged.from_strings(sequences), max_child_reads_of(reads, ratio, 1)[0]
    found = indel_neighbours(ragged.codes, ragged.offsets, np.array(groups), np.array(reads), max_child_reads)
    pairs = [tuple(row) for row in found.tolist()]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == naive.indel_neighbours(sequences, groups, reads, max_child_reads.tolist())


@settings(deadline=None, max_examples=150)
@given(relatives())
def test_matches_of_unknown_bases_are_those_of_the_naive_twin(case: tuple[list[str], list[int], list[int]]) -> None:
    sequences, groups, _ = case
    ragged = Ragged.from_strings(sequences)
    found = match_unknown_bases(ragged.codes, ragged.offsets, np.array(groups))
    assert found.tolist() == naive.match_unknown_bases(sequences, groups)


def test_many_random_relatives_are_all_found() -> None:
    """Use 2,000 sequences of one length: every bucket of the kernel is used, and its result array grows."""
    random = np.random.default_rng(11)
    founders = random.integers(0, 4, (20, 40), dtype=np.uint8)
    codes = founders[random.integers(0, 20, 2_000)]
    for row in codes:
        row[random.integers(0, 40, 2)] = random.integers(0, 4, 2)
    reads = np.sort(random.geometric(0.01, 2_000))[::-1]
    offsets = np.arange(2_001) * 40
    max_child_reads = max_child_reads_of(reads.tolist(), 3.0, 2)
    found = neighbours(codes.ravel(), offsets, np.zeros(2_000, dtype=np.int64), reads, max_child_reads)
    distance = (codes[:, None, :] != codes[None, :, :]).sum(axis=2)
    expected = (
        (distance >= 1)
        & (distance <= 2)
        & (reads[:, None] > reads[None, :])
        & (reads[:, None] >= 3.0**distance * reads[None, :])
    )
    assert expected.sum() > 1_024
    assert sorted(map(tuple, found[:, :2].tolist())) == list(zip(*np.nonzero(expected), strict=True))
