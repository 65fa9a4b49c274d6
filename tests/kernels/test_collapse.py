from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.collapse import assign, equal, raise_quality, refill, sequence_hash
from clonotrack.sequence import Ragged
from tests.reference import collapse as naive

# Few letters and lengths, so that sequences repeat; 21 bases make a word of the hash
sequence = st.one_of(st.text("AC", max_size=3), st.text("ACGTN", min_size=20, max_size=22), st.just("ACGTN" * 9))
read = sequence.flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, 93), min_size=len(text), max_size=len(text)))
)


# Rows of the hash table: more than twice the sequences
SLOTS = 128


@given(st.lists(st.lists(read, max_size=15), min_size=1, max_size=4))
@settings(deadline=None)
def test_agrees_with_the_twin(batches):
    size, room = sum(map(len, batches)), sum(len(sequence) for batch in batches for sequence, _ in batch)
    table = np.full(SLOTS, -1, dtype=np.int64)
    hashes, offsets = np.zeros(size, dtype=np.uint64), np.zeros(size + 1, dtype=np.int64)
    codes, best = np.zeros(room, dtype=np.uint8), np.zeros(room, dtype=np.uint8)
    rows, kept, expected_best = 0, [], []
    for reads in batches:
        batch = Ragged.from_strings([sequence for sequence, _ in reads])
        scores = np.array([score for _, row in reads for score in row], dtype=np.uint8)
        groups = np.zeros(len(reads), dtype=np.int64)
        rows = assign(batch.codes, batch.offsets, table, hashes, codes, offsets, rows, groups)
        raise_quality(scores, batch.offsets, groups, best, offsets)
        kept, expected = naive.assign(kept, [sequence for sequence, _ in reads])
        assert groups.tolist() == expected
        expected_best += [[0] * len(sequence) for sequence in kept[len(expected_best) :]]
        expected_best = naive.raise_quality(expected_best, [row for _, row in reads], expected)
        assert Ragged(codes, offsets[: rows + 1]).to_strings() == kept
        assert [best[a:b].tolist() for a, b in pairwise(offsets[: rows + 1])] == expected_best
    assert table.tolist() == naive.refill(SLOTS, hashes[:rows].tolist())


@given(st.integers(0, 5), st.data())
@settings(deadline=None)
def test_a_table_is_refilled_as_by_the_twin(power, data):
    size = 2**power
    hashes = data.draw(st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(size - 2, size)), max_size=size // 2))
    slots = np.full(size, -1, dtype=np.int64)
    refill(slots, np.array([max(key, 0) for key in hashes], dtype=np.uint64), len(hashes))
    assert slots.tolist() == naive.refill(size, [max(key, 0) for key in hashes])


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
