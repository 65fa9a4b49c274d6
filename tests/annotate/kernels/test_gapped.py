from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.gapped import MATCH, align_banded, make_table
from clonotrack.sequences import encode
from tests.annotate.kernels.test_score_alleles import germline_codes
from tests.annotate.twins import gapped as naive

TABLE = make_table(40, 40)
MOTIF = st.text("ACGT", min_size=9, max_size=14)


def align(read: str, germline: str, shift: int, band: int) -> tuple[int, list[tuple[int, int]], int, int]:
    operations = np.zeros((64, 2), dtype=np.int32)
    found = align_banded(encode(read), 0, len(read), germline_codes(germline), shift, band, operations, TABLE)
    score, count, on_read, on_germline = found
    return score, [(int(kind), int(length)) for kind, length in operations[:count]], on_read, on_germline


@settings(deadline=None, max_examples=60)
@given(MOTIF, MOTIF, st.text("ACGTN", max_size=4), st.text("ACGTN", max_size=4))
def test_score_is_the_best_and_the_operations_reach_it(left: str, right: str, a: str, b: str) -> None:
    read, germline = left + a + right, left + b + right
    score, operations, on_read, on_germline = align(read, germline, 0, 40)
    assert score == naive.best_score(read, germline)
    assert naive.score_of(operations, read, on_read, germline, on_germline) == score
    assert all(length > 0 for _, length in operations)
    assert operations[0][0] == operations[-1][0] == MATCH


@settings(deadline=None, max_examples=60)
@given(st.text("ACGTN", max_size=14), st.text("ACGTN", max_size=14))
def test_scores_of_any_two_sequences(read: str, germline: str) -> None:
    assert align(read, germline, 0, 20)[0] == naive.best_score(read, germline)


@settings(deadline=None, max_examples=60)
@given(MOTIF, MOTIF, st.text("ACGTN", max_size=6), st.text("ACGTN", max_size=6), st.data())
def test_the_alignment_in_a_band_is_that_of_the_naive_twin(
    left: str, right: str, a: str, b: str, data: st.DataObject
) -> None:
    read, germline = left + a + right, left + b + right
    start = data.draw(st.integers(0, 8))
    end = data.draw(st.integers(start, len(read)))
    shift, band = data.draw(st.integers(-6, 6)), data.draw(st.integers(0, 12))
    operations = np.zeros((64, 2), dtype=np.int32)
    score, count, *starts = align_banded(
        encode(read), start, end, germline_codes(germline), shift, band, operations, make_table(40, 40)
    )
    expected_score, expected_pieces, *expected_starts = naive.align_banded(read, start, end, germline, shift, band)
    assert score == expected_score
    assert [tuple(operation) for operation in operations[:count].tolist()] == expected_pieces
    assert not expected_pieces or starts == expected_starts


def test_an_alignment_stays_in_its_band_and_stretch() -> None:
    left, right = "ACGTTGCAAGCTTAGC", "GGATCCATTTCCGGAA"
    germline = left + right
    assert align(left + "AAAA" + right, germline, 0, 3)[1] == [(MATCH, 16)]
    assert len(align(left + "AAAA" + right, germline, 0, 4)[1]) == 3
    operations = np.zeros((64, 2), dtype=np.int32)
    assert align_banded(encode(germline), 4, 20, germline_codes(germline), 0, 4, operations, TABLE)[:3] == (
        16,
        1,
        4,
    )


def test_too_many_operations_are_reported() -> None:
    left, right = "ACGTTGCAAGCTTAGC", "GGATCCATTTCCGGAA"
    operations = np.zeros((2, 2), dtype=np.int32)
    score, count, _, _ = align_banded(
        encode(left + "T" + right), 0, 33, germline_codes(left + right), 0, 4, operations, make_table(40, 4)
    )
    assert score > 16
    assert count == -1
