from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.reads.kernels.dedup import (
    SHAPE_BASE,
    FragmentTable,
    assign,
    concatenate_rows,
    equal,
    fill_hash_table,
    fragment_hash,
    pack,
    raise_quality,
    unpack,
)
from clonotrack.sequences import Ragged
from tests.reads.twins import dedup as naive

# Few letters and lengths, so that sequences repeat; 21 bases make a word of the hash
sequence = st.one_of(st.text("AC", max_size=3), st.text("ACGTN", min_size=20, max_size=22), st.just("ACGTN" * 9))
read = sequence.flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, 93), min_size=len(text), max_size=len(text)))
)


fragment = st.tuples(read, st.integers(0, 3), st.sampled_from([(0, 0), (0, 5), (7, 5)]))


# Rows of the hash table: more than twice the fragments
SLOTS = 128


def table(rows, bases, slots=SLOTS):
    kinds = (np.uint64, np.uint64, np.int64, np.int64, np.int64, np.uint64, np.int64)
    sizes = (rows, bases // 21 + rows, rows + 1, rows + 1, rows, rows, rows)
    arrays = (np.zeros(size, dtype=kind) for size, kind in zip(sizes, kinds, strict=True))
    return FragmentTable(np.full(slots, -1, dtype=np.int64), *arrays)


@given(st.lists(st.lists(fragment, max_size=15), min_size=1, max_size=4))
@settings(deadline=None)
def test_assignment_agrees_with_the_twin(batches):
    made = table(sum(map(len, batches)), sum(len(text) for batch in batches for (text, _), *_ in batch))
    best = np.zeros(sum(len(text) for batch in batches for (text, _), *_ in batch), dtype=np.uint8)
    rows, kept, expected_best, counts = 0, [], [], []
    for fragments in batches:
        batch = Ragged.from_strings([text for (text, _), *_ in fragments])
        scores = np.array([score for (_, row), *_ in fragments for score in row], dtype=np.uint8)
        shapes = np.array([split * SHAPE_BASE + length for _, split, (_, length) in fragments], dtype=np.int64)
        umis = np.array([umi for *_, (umi, _) in fragments], dtype=np.uint64)
        assigned, new = np.zeros(len(fragments), dtype=np.int64), np.zeros(len(fragments), dtype=np.bool_)
        rows = assign(batch.codes, batch.offsets, shapes, umis, made, rows, assigned, new)
        middle = rows // 2
        for first, last in ((0, middle), (middle, rows)):
            places = made.offsets[first : last + 1]
            raise_quality(scores, batch.offsets, assigned, first, best[places[0] :], places)
        named = [(text, int(s), int(u)) for ((text, _), *_), s, u in zip(fragments, shapes, umis, strict=True)]
        before = len(kept)
        kept, expected = naive.assign(kept, named)
        assert assigned.tolist() == expected
        assert new.tolist() == [g >= before and g not in expected[:i] for i, g in enumerate(expected)]
        counts = [n + expected.count(i) for i, n in enumerate([*counts, *[0] * (len(kept) - before)])]
        expected_best += [[0] * len(text) for text, *_ in kept[len(expected_best) :]]
        expected_best = naive.raise_quality(expected_best, [row for (_, row), *_ in fragments], expected)
        offsets = made.offsets[: rows + 1]
        texts = Ragged(unpack(made.words, made.starts, offsets), offsets).to_strings()
        assert list(zip(texts, made.shapes[:rows].tolist(), made.umis[:rows].tolist(), strict=True)) == kept
        assert made.counts[:rows].tolist() == counts
        assert [best[a:b].tolist() for a, b in pairwise(made.offsets[: rows + 1])] == expected_best
    assert made.slots.tolist() == naive.fill_hash_table(SLOTS, made.hashes[:rows].tolist())


@given(st.lists(st.tuples(sequence, sequence), min_size=1, max_size=8))
@settings(deadline=None)
def test_concatenated_rows_agree_with_the_twin(pairs):
    texts = [list(column) for column in zip(*pairs, strict=True)]
    one, two = map(Ragged.from_strings, texts)
    codes, offsets = concatenate_rows(one.codes, one.offsets, two.codes, two.offsets)
    assert Ragged(codes, offsets).to_strings() == naive.concatenate_rows(*texts)


@given(st.integers(0, 5), st.data())
@settings(deadline=None)
def test_a_hash_table_is_filled_as_by_the_twin(power, data):
    size = 2**power
    hashes = data.draw(st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(size - 2, size)), max_size=size // 2))
    slots = np.full(size, -1, dtype=np.int64)
    fill_hash_table(slots, np.array([max(key, 0) for key in hashes], dtype=np.uint64), len(hashes))
    assert slots.tolist() == naive.fill_hash_table(size, [max(key, 0) for key in hashes])


@given(st.lists(sequence, min_size=2, max_size=20))
@settings(deadline=None)
def test_packed_words_compare_and_unpack_to_their_bases(sequences):
    rows = Ragged.from_strings(sequences)
    words, starts = pack(rows.codes, rows.offsets)
    spans = [words[a:b] for a, b in pairwise(starts)]
    for one, text in zip(spans, sequences, strict=True):
        expected = [other == text for other in sequences]
        same = [len(other) == len(text) and equal(one, two) for two, other in zip(spans, sequences, strict=True)]
        assert same == expected
    assert unpack(words, starts[1:], rows.offsets[1:]).tolist() == rows.codes[rows.offsets[1] :].tolist()
    assert naive.unpack([span.tolist() for span in spans], rows.lengths.tolist()) == [row.tolist() for row in rows]


def test_hashes_of_neighbours_differ():
    """One base changed anywhere, one base more, one less: no two of 800 hashes are equal."""
    rng = np.random.default_rng(1)
    base = rng.integers(0, 4, 200).astype(np.uint8)
    near = [base[:length] for length in range(201)]
    for place in range(200):
        for change in (1, 2, 3):
            other = base.copy()
            other[place] = (other[place] + change) % 4
            near.append(other)
    words = [pack(codes, np.array([0, len(codes)]))[0] for codes in near]
    hashes = {int(fragment_hash(row, len(codes), 0, np.uint64(0))) for row, codes in zip(words, near, strict=True)}
    assert len(hashes) == len(near) == 801


def test_equal_hashes_of_different_fragments_are_compared():
    """A row that has the hash of another sequence is not taken for it."""
    batch = Ragged.from_strings(["ACGT", "TTTT"])
    made = table(3, 12, slots=8)
    shapes, umis = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.uint64)
    assigned, new = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.bool_)
    words, _ = pack(batch.codes, batch.offsets)
    made.hashes[0], made.offsets[1], made.starts[1] = fragment_hash(words[:1], 4, 0, umis[0]), 4, 1
    # row 0 holds AAAA under the hash of ACGT
    fill_hash_table(made.slots, made.hashes, 1)
    assert assign(batch.codes, batch.offsets, shapes, umis, made, 1, assigned, new) == 3
    assert assigned.tolist() == [1, 2]
