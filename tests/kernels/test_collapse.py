from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.collapse import assign, equal, raise_quality, refill, sequence_hash
from clonotrack.sequence import Ragged
from tests.reference.collapse import collapse as naive

# Few letters and lengths, so that sequences repeat; 21 bases make a word of the hash
sequence = st.one_of(st.text("AC", max_size=3), st.text("ACGTN", min_size=20, max_size=22), st.just("ACGTN" * 9))
read = sequence.flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, 93), min_size=len(text), max_size=len(text)))
)


def collapse(reads, slots):
    batch = Ragged.from_strings([sequence for sequence, _ in reads])
    scores = np.array([score for _, row in reads for score in row], dtype=np.uint8)
    table = np.full(slots, -1, dtype=np.int64)
    hashes, offsets = np.zeros(len(reads), dtype=np.uint64), np.zeros(len(reads) + 1, dtype=np.int64)
    codes, best = np.zeros_like(batch.codes), np.zeros_like(batch.codes)
    groups = np.zeros(len(reads), dtype=np.int64)
    rows = assign(batch.codes, batch.offsets, table, hashes, codes, offsets, 0, groups)
    raise_quality(scores, batch.offsets, groups, best, offsets)
    return Ragged(codes, offsets[: rows + 1]), best, groups, hashes[:rows], table


@given(st.lists(read, max_size=30))
@settings(deadline=None)
def test_agrees_with_the_twin(reads):
    expected = naive(reads)
    kept, best, groups, hashes, table = collapse(reads, slots=64)
    assert kept.to_strings() == [sequence for sequence, *_ in expected]
    assert np.bincount(groups, minlength=0).tolist() == [copies for _, _, copies, _ in expected]
    assert [groups.tolist().index(row) for row in range(len(expected))] == [first for _, first, *_ in expected]
    assert [best[a:b].tolist() for a, b in pairwise(kept.offsets)] == [scores for *_, scores in expected]
    larger = np.full(128, -1, dtype=np.int64)
    refill(larger, hashes, len(kept))
    assert sorted(larger[larger >= 0].tolist()) == sorted(table[table >= 0].tolist()) == list(range(len(kept)))


@given(st.lists(sequence, min_size=2, max_size=20))
@settings(deadline=None)
def test_equal(sequences):
    rows = Ragged.from_strings(sequences)
    for i in range(len(rows)):
        assert [equal(rows[i], rows[j]) for j in range(len(rows))] == [text == sequences[i] for text in sequences]


def test_hash_tells_neighbours_apart():
    """One base changed anywhere, one base more, one less: no two of 800 hashes are equal."""
    rng = np.random.default_rng(1)
    base = rng.integers(0, 4, 200).astype(np.uint8)
    near = [base[:length] for length in range(201)]
    for place in range(200):
        for change in (1, 2, 3):
            other = base.copy()
            other[place] = (other[place] + change) % 4
            near.append(other)
    assert len({int(sequence_hash(codes)) for codes in near}) == len(near) == 801


def test_equal_hashes_are_told_apart_by_comparison():
    """A row that has the hash of another sequence is not taken for it."""
    batch = Ragged.from_strings(["ACGT", "TTTT"])
    table = np.full(8, -1, dtype=np.int64)
    hashes, offsets, codes = np.zeros(3, dtype=np.uint64), np.zeros(4, dtype=np.int64), np.zeros(12, dtype=np.uint8)
    groups = np.zeros(2, dtype=np.int64)
    hashes[0], offsets[1] = sequence_hash(batch[0]), 4  # row 0 holds AAAA under the hash of ACGT
    refill(table, hashes, 1)
    assert assign(batch.codes, batch.offsets, table, hashes, codes, offsets, 1, groups) == 3
    assert groups.tolist() == [1, 2]
