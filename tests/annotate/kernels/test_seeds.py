from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import seeds_of
from clonotrack.annotate.kernels.seeds import collect_entries, kmer_numbers, select_candidates, vote
from clonotrack.sequences import Ragged, encode
from tests.annotate.twins import seeds as naive

K = 3
DNA = st.text("ACGTN", max_size=16)
ALLELE = st.text("ACGT", min_size=4, max_size=12).flatmap(
    lambda text: st.tuples(st.just(text), st.integers(0, len(text)))
)
GROUPS = st.lists(st.lists(ALLELE, min_size=1, max_size=3), min_size=1, max_size=3)


@settings(deadline=None)
@given(DNA)
def test_kmer_numbers_are_those_of_the_naive_twin(sequence: str) -> None:
    numbers = np.zeros(len(sequence) + 1, dtype=np.int64)
    count = kmer_numbers(encode(sequence), K, numbers)
    expected_kmers = naive.kmers(sequence, K)
    expected = [
        -1 if kmer is None else int("".join(str("ACGT".index(base)) for base in kmer), 4) for kmer in expected_kmers
    ]
    assert numbers[:count].tolist() == expected


@settings(deadline=None)
@given(st.lists(st.tuples(DNA, st.integers(-3, 20), st.integers(0, 3)), max_size=5))
def test_entries_are_those_of_the_naive_twin(alleles: list[tuple[str, int, int]]) -> None:
    ragged = Ragged.from_strings(sequence for sequence, _, _ in alleles)
    origin, group = (np.array([allele[field] for allele in alleles], dtype=np.int64) for field in (1, 2))
    written = np.zeros((3, len(ragged.codes)), dtype=np.int64)
    scratch = np.zeros(len(ragged.codes), dtype=np.int64)
    used = collect_entries(ragged.codes, ragged.offsets, origin, group, K, *written, scratch)
    expected = [
        (int("".join(str("ACGT".index(base)) for base in kmer), 4), *rest)
        for kmer, *rest in naive.collect_entries(alleles, K)
    ]
    assert [tuple(entry) for entry in written[:, :used].T.tolist()] == expected


@settings(deadline=None)
@given(DNA, GROUPS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.integers(1, 4))
def test_candidates_are_those_of_the_naive_twin(
    read: str, groups: list[list[tuple[str, int]]], step: int, min_votes: int, min_distance: int, max_candidates: int
) -> None:
    flat = [(group, *allele) for group, alleles in enumerate(groups) for allele in alleles]
    ragged = Ragged.from_strings(text for _, text, _ in flat)
    origin = np.array([origin for _, _, origin in flat], dtype=np.int64)
    seeds = seeds_of(ragged, origin, np.array([group for group, _, _ in flat], dtype=np.int64), K)
    numbers = np.zeros(len(read) + 1, dtype=np.int64)
    count = kmer_numbers(encode(read), K, numbers)
    votes = np.zeros((len(groups), len(read) + 2 * seeds.reach + 2), dtype=np.int32)
    touched = np.zeros(votes.size, dtype=np.int64)
    all_groups = np.ones(len(groups), dtype=np.int64)
    used = vote(numbers, step, count, seeds, all_groups, seeds.reach, votes, touched)
    counted = naive.votes(read, groups, K, step)
    cells = {(int(g), int(p) - seeds.reach): int(votes[g, p]) for g, p in zip(*np.nonzero(votes), strict=True)}
    assert cells == dict(counted)
    candidates = np.zeros((max_candidates, 3), dtype=np.int64)
    selected = select_candidates(votes, touched, used, min_votes, min_distance, candidates)
    found = [(int(g), int(p) - seeds.reach, int(n)) for g, p, n in candidates[:selected]]
    assert found == naive.select_candidates(counted, min_votes, min_distance, max_candidates)
    assert not votes.any()


def test_groups_that_are_not_searched_get_no_vote() -> None:
    ragged = Ragged.from_strings(["ACGTA", "ACGTA"])
    two = np.array([0, 1], dtype=np.int64)
    seeds = seeds_of(ragged, np.zeros(2, dtype=np.int64), two, K)
    numbers = np.zeros(6, dtype=np.int64)
    count = kmer_numbers(encode("ACGTA"), K, numbers)
    votes = np.zeros((2, 20), dtype=np.int32)
    touched = np.zeros(votes.size, dtype=np.int64)
    assert vote(numbers, 1, count, seeds, two, seeds.reach, votes, touched) == 1
    assert votes[0].sum() == 0
    assert votes[1].sum() == count
