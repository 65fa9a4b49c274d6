"""Incomplete rearrangements, with D that have their flanks and D that have not, against the naive twins."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.dj import Extended, extend
from clonotrack.annotate.kernels.complete_calls import settle_pairs
from clonotrack.annotate.kernels.dj import find_bare, tell_incomplete
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.kernels.types import Limits
from clonotrack.sequences import I64, Ragged
from tests.annotate.kernels.made import incomplete, recombined, small
from tests.annotate.twins import bare as naive_bare
from tests.annotate.twins import complete_calls as naive_settlement
from tests.annotate.twins import incomplete as naive
from tests.annotate.twins import pairing as naive_pairing

LIMITS = Limits(20, 12, 0.001, 0.01, 1)


@cache
def extended() -> Extended:
    found = extend(small())
    assert found is not None
    return found


def of_each(values: np.ndarray, offsets: I64) -> list[list]:
    return [values[start:end].tolist() for start, end in pairwise(offsets)]


def check(reads: list[str], *, bare: bool) -> list[naive.Told | None]:
    """Pairs, calls, ties and pieces are those of the twins."""
    parts, ragged = extended(), Ragged.from_strings(reads)
    if bare:
        found = find_bare(
            ragged.codes, ragged.offsets, parts.germline, parts.near, parts.near_seeds, parts.left, LIMITS
        )
        both = naive_bare.find_bare(reads, parts.germline, parts.near, parts.left, LIMITS)
        pairs = [None if one is None else one.pair for one in both]
        for call, one in zip(found.calls, both, strict=True):
            assert one is None or np.isclose(call["v_expected"], one.expected)
    else:
        found = find_pairs(ragged.codes, ragged.offsets, parts.germline, LIMITS)
        pairs = naive_pairing.find_pairs(reads, parts.germline, LIMITS)
    for call, pair in zip(found.calls, pairs, strict=True):
        assert (call["v"] >= 0) == (pair is not None)
        if pair is not None:
            assert (bool(call["reversed"]), call["earliest_j"]) == (pair.turned, pair.earliest)
            for kind, one in (("v", pair.v), ("j", pair.j)):
                expected = (one.ties[0].number, one.group, one.place, one.score)
                assert tuple(call[f"{kind}{field}"] for field in ("", "_group", "_place", "_score")) == expected

    details = settle_pairs(ragged.offsets, found, parts.germline, LIMITS)
    settled = naive_settlement.settle_pairs(pairs, parts.germline, LIMITS)
    calls, told = tell_incomplete(ragged.offsets, found, details, parts.left, parts.right)
    expected = naive.tell_incomplete(settled, parts.left, parts.right)
    for call, one in zip(calls, expected, strict=True):
        assert bool(call["found"]) == (one is not None)
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
    assert of_each(told.ties, told.tie_offsets) == ties
    pieces = [list(map(list, of_one)) for one in expected for of_one in (one.pieces if one else [[], []])]
    assert of_each(told.pieces, told.piece_offsets) == pieces
    return expected


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.06]), st.booleans())
def test_calls_are_those_of_the_naive_twins(seed: int, rate: float, bare: bool) -> None:
    rng = np.random.default_rng(seed)
    check([incomplete(rng, rate) for _ in range(3)] + [recombined(rng, rate, 0, junk=False), ""], bare=bare)


def test_calls_of_many_reads_are_those_of_the_naive_twins() -> None:
    """A fixed set, which has every kind of call in it."""
    rng = np.random.default_rng(4)
    reads = [incomplete(rng, (0.0, 0.03)[i % 2]) for i in range(200)]
    told = [one for one in check(reads, bare=False) if one is not None]
    assert len(told) > 80
    kinds = {(one.v >= 0, len(one.d), one.j >= 0) for one in told}
    assert kinds >= {(False, 1, True), (False, 2, True), (False, 2, False), (True, 1, False)}
    assert any(d.start == d.end for one in told for d in one.d)
    bare = [one for one in check(reads, bare=True) if one is not None]
    assert len(bare) > 10
    assert any(one.key[0] < 0 for one in bare)
