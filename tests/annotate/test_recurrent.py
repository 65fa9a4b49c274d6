from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.annotate import recurrent
from clonotrack.annotate.recurrent import Recurrent
from clonotrack.sequences import DECODE, Ragged
from clonotrack.text_columns import strings
from tests.annotate.made import random_bases


class Counted:
    """What a row says, and how many rows were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, reads: Ragged) -> pl.DataFrame:
        self.asked += len(reads)
        text = strings(DECODE[reads.codes], reads.offsets)
        return pl.DataFrame(
            {"sequence": text, "length": reads.lengths, "long": text.set(pl.Series(reads.lengths < 35), None)}
        )


@pytest.fixture
def distinct() -> list[str]:
    rng = np.random.default_rng(3)
    return [random_bases(rng, 30 + i % 10) for i in range(40)]


def test_a_row_is_kept_from_the_second_time_on(distinct: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrent, "AT_ONCE", 1)
    counted = Counted()
    rows = Recurrent(counted)
    batches = (distinct, distinct[::-1], distinct[5:] + distinct[:5], distinct * 2)
    expected = (40, 80, 80, 80)
    for texts, asked in zip(batches, expected, strict=True):
        reads = Ragged.from_strings(texts)
        assert_frame_equal(rows.annotated(reads), Counted()(reads))
        assert counted.asked == asked


def test_rows_that_are_kept_take_no_more_than_they_may(distinct: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrent, "AT_ONCE", 1)
    monkeypatch.setattr(recurrent, "MOST_BYTES", 2_000)
    rng = np.random.default_rng(4)
    counted = Counted()
    rows = Recurrent(counted)
    most = 0
    for _ in range(60):
        reads = Ragged.from_strings([distinct[i] for i in rng.integers(0, len(distinct), 8)])
        assert_frame_equal(rows.annotated(reads), Counted()(reads))
        assert rows.bytes <= recurrent.MOST_BYTES
        most = max(most, rows.bytes)
    assert most > recurrent.MOST_BYTES / 2
    assert len(distinct) < counted.asked < 60 * 8 * 0.9
