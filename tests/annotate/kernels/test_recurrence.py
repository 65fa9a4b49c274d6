from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.recurrence import Kept, find, hash_rows, meet, unite
from clonotrack.reads.kernels.dedup import refill
from clonotrack.sequences import Ragged
from tests.annotate.twins import recurrence as naive

# Few letters and lengths, so that sequences repeat; 21 bases make a word of the hash
TEXT = st.text("AC", max_size=3) | st.text("ACGTN", min_size=20, max_size=22) | st.just("ACGTN" * 9)
TEXTS = st.lists(TEXT, min_size=1, max_size=20)


@settings(deadline=None)
@given(TEXTS)
def test_hashes_are_those_of_the_twin(texts: list[str]) -> None:
    reads = Ragged.from_strings(texts)
    assert hash_rows(reads.codes, reads.offsets).tolist() == naive.hash_rows(texts)


@settings(deadline=None)
@given(TEXTS, st.booleans())
def test_equal_sequences_have_one_number(texts: list[str], one_hash: bool) -> None:
    reads = Ragged.from_strings(texts)
    hashes = np.full(len(texts), 7, dtype=np.uint64) if one_hash else hash_rows(reads.codes, reads.offsets)
    numbers, first = unite(reads.codes, reads.offsets, hashes)
    assert (numbers.tolist(), first.tolist()) == naive.unite(texts)


@settings(deadline=None)
@given(TEXTS, st.lists(TEXT, unique=True, max_size=12), st.booleans())
def test_kept_sequences_are_found(texts: list[str], stored: list[str], one_hash: bool) -> None:
    reads, rows = Ragged.from_strings(texts), Ragged.from_strings(stored)
    hashes, stored_hashes = (
        np.full(len(some), 7, dtype=np.uint64) if one_hash else hash_rows(some.codes, some.offsets)
        for some in (reads, rows)
    )
    slots = np.full(32, -1, dtype=np.int64)
    refill(slots, stored_hashes, len(stored))
    which = np.arange(len(texts))[::-1].copy()
    found = find(reads.codes, reads.offsets, hashes, which, Kept(rows.codes, rows.offsets, stored_hashes, slots))
    assert found.tolist() == naive.find(texts[::-1], stored)


@settings(deadline=None)
@given(st.lists(st.integers(1, 12) | st.integers(2**64 - 3, 2**64 - 1)))
def test_a_hash_is_met_again_until_another_takes_its_place(hashes: list[int]) -> None:
    seen = np.zeros(4, dtype=np.uint64)
    assert meet(np.array(hashes, dtype=np.uint64), seen).tolist() == naive.meet(hashes, 4)
