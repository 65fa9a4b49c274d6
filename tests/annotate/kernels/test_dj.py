"""Compare incomplete rearrangements, with and without flanks of the D, with the naive twins."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.dj import ExtendedGermline, extend_germline
from clonotrack.annotate.kernels.complete_calls import complete_calls
from clonotrack.annotate.kernels.dj import convert_incomplete, find_dj_at_start
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.kernels.types import Limits
from clonotrack.sequences import I64, Ragged
from tests.annotate.kernels.small_germline import incomplete, recombined, small
from tests.annotate.twins import complete_calls as naive_calls
from tests.annotate.twins import dj as naive
from tests.annotate.twins import find_vj as naive_pairs

LIMITS = Limits(20, 12, 0.001, 0.01, 1)


@cache
def extended() -> ExtendedGermline:
    found = extend_germline(small())
    assert found is not None
    return found


def rows_of(values: np.ndarray, offsets: I64) -> list[list]:
    return [values[start:end].tolist() for start, end in pairwise(offsets)]


def check(reads: list[str], *, at_start: bool) -> list[naive.ConvertedCall | None]:
    """Assert that pairs, calls, ties and operations are those of the twins; return the twins' calls."""
    parts, ragged = extended(), Ragged.from_strings(reads)
    if at_start:
        found = find_dj_at_start(
            ragged.codes,
            ragged.offsets,
            parts.germline,
            parts.short_flank_d,
            parts.short_flank_seeds,
            parts.left,
            LIMITS,
        )
        both = naive.find_dj_at_start(reads, parts.germline, parts.short_flank_d, parts.left, LIMITS)
        pairs = [None if one is None else one.pair for one in both]
        for call, one in zip(found.calls, both, strict=True):
            assert one is None or np.isclose(call["v_evalue"], one.evalue)
    else:
        found = find_pairs(ragged.codes, ragged.offsets, parts.germline, LIMITS)
        pairs = naive_pairs.find_pairs(reads, parts.germline, LIMITS)
    for call, pair in zip(found.calls, pairs, strict=True):
        assert (call["v"] >= 0) == (pair is not None)
        if pair is not None:
            assert (bool(call["reversed"]), call["j_search_start"]) == (pair.is_reversed, pair.search_start)
            for kind, one in (("v", pair.v), ("j", pair.j)):
                expected = (one.ties[0].number, one.group, one.position, one.score)
                assert tuple(call[f"{kind}{field}"] for field in ("", "_group", "_position", "_score")) == expected

    details = complete_calls(ragged.offsets, found, parts.germline, LIMITS)
    completed = naive_calls.complete_calls(pairs, parts.germline, LIMITS)
    calls, converted = convert_incomplete(ragged.offsets, found, details, parts.left, parts.right)
    expected = naive.convert_incomplete(completed, parts.left, parts.right)
    for call, one in zip(calls, expected, strict=True):
        assert bool(call["called"]) == (one is not None)
        if one is None:
            assert {call[kind] for kind in ("v", "d", "d2", "j")} == {-1}
            continue
        assert (call["v"], call["j"]) == (one.v, one.j)
        assert call["key_start"] == one.key[0]
        assert call["key_start"] < 0 or call["key_end"] == one.key[1]
        assert [kind for kind in ("d", "d2") if call[kind] >= 0] == ["d", "d2"][: len(one.d)]
        for kind, d in zip(("d", "d2"), one.d, strict=False):
            fields = ("start", "end", "germline_start", "germline_end")
            assert tuple(call[f"{kind}_{field}"] for field in fields) == (
                d.start,
                d.end,
                d.germline_start,
                d.germline_end,
            )
            assert call[kind] == d.ties[0]
    ties = [tied for one in expected for tied in (one.ties if one else [[]] * 4)]
    assert rows_of(converted.ties, converted.tie_offsets) == ties
    operations = [list(map(list, of_one)) for one in expected for of_one in (one.operations if one else [[], []])]
    assert rows_of(converted.operations, converted.operation_offsets) == operations
    return expected


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.06]), st.booleans())
def test_calls_are_those_of_the_naive_twins(seed: int, rate: float, at_start: bool) -> None:
    rng = np.random.default_rng(seed)
    check([incomplete(rng, rate) for _ in range(3)] + [recombined(rng, rate, 0, junk=False), ""], at_start=at_start)


def test_calls_of_many_reads_are_those_of_the_naive_twins() -> None:
    """A fixed set with every kind of call."""
    rng = np.random.default_rng(4)
    reads = [incomplete(rng, (0.0, 0.03)[i % 2]) for i in range(200)]
    converted = [one for one in check(reads, at_start=False) if one is not None]
    assert len(converted) > 80
    kinds = {(one.v >= 0, len(one.d), one.j >= 0) for one in converted}
    assert kinds >= {(False, 1, True), (False, 2, True), (False, 2, False), (True, 1, False)}
    assert any(d.start == d.end for one in converted for d in one.d)
    at_start = [one for one in check(reads, at_start=True) if one is not None]
    assert len(at_start) > 10
    assert any(one.key[0] < 0 for one in at_start)
