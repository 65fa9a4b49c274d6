"""Compare complete calls of the kernels with their naive twins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.cigar import align_to_germline
from clonotrack.annotate.kernels.complete_calls import complete_calls
from clonotrack.annotate.kernels.find_d import call_d
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.kernels.types import CALL, make_scores, make_scratch
from clonotrack.sequences import I64, Ragged, encode
from tests.annotate.kernels.small_germline import LIMITS, fused, recombined, small, small_germline_reads
from tests.annotate.random_reads import random_bases
from tests.annotate.twins import complete_calls as naive
from tests.annotate.twins import find_d as naive_d
from tests.annotate.twins import find_vj as naive_pairs
from tests.annotate.twins import germline_alignment as naive_rows
from tests.annotate.twins.types import alleles

EMPTY = naive.span("v", 0, 0, 0, 0)


def rows_of(values: np.ndarray, offsets: I64) -> list[list]:
    return [values[start:end].tolist() for start, end in pairwise(offsets)]


def check(reads: list[str]) -> list[naive.CompletedCall | None]:
    """Assert that calls, ties, operations and alignment rows are those of the twins; return the twins' calls."""
    germline, ragged = small().germline, Ragged.from_strings(reads)
    found = find_pairs(ragged.codes, ragged.offsets, germline, LIMITS)
    pairs = naive_pairs.find_pairs(reads, germline, LIMITS)
    for call, pair in zip(found.calls, pairs, strict=True):
        assert (call["v"] >= 0) == (pair is not None)
        if pair is not None:
            assert bool(call["reversed"]) == pair.is_reversed
            assert call["j_search_start"] == pair.search_start
            for kind, one in (("v", pair.v), ("j", pair.j)):
                expected = (one.ties[0].number, one.group, one.position, one.score)
                assert tuple(call[f"{kind}{field}"] for field in ("", "_group", "_position", "_score")) == expected
    ties = [[a.number for a in one.ties] if one else [] for p in pairs for one in ((p.v, p.j) if p else (None, None))]
    assert rows_of(found.ties, found.tie_offsets) == ties
    oriented = [read if pair is None else pair.read for read, pair in zip(reads, pairs, strict=True)]
    assert Ragged(found.oriented, ragged.offsets).to_strings() == oriented

    details = complete_calls(ragged.offsets, found, germline, LIMITS)
    completed = naive.complete_calls(pairs, germline, LIMITS)
    for call, one in zip(found.calls, completed, strict=True):
        expected = {"v": -1, "d": -1, "d2": -1, "j": -1, **EMPTY} if one is None else one.fields()
        assert {name: int(call[name]) for name in expected} == expected
    ties = [tied for one in completed for tied in (one.ties if one else [[]] * 4)]
    assert rows_of(details.ties, details.tie_offsets) == ties
    operations = [list(map(list, of_one)) for one in completed for of_one in (one.operations if one else [[], []])]
    assert rows_of(details.operations, details.operation_offsets) == operations

    read_row, germline_row, bounds = align_to_germline(
        found.oriented, ragged.offsets, found.calls, details.operations, details.operation_offsets, germline
    )
    rows = [
        tuple("".join("ACGTN-"[code] for code in codes[start:end]) for codes in (read_row, germline_row))
        for start, end in pairwise(bounds)
    ]
    assert rows == [naive_rows.align_to_germline(one, germline) for one in completed]
    return completed


@settings(deadline=None, max_examples=60)
@given(small_germline_reads())
def test_calls_are_those_of_the_naive_twins(reads: list[str]) -> None:
    check(reads)


def test_calls_of_many_reads_are_those_of_the_naive_twins() -> None:
    """A fixed set with every kind of call."""
    rng = np.random.default_rng(7)
    reads = [recombined(rng, (0.0, 0.04, 0.15)[i % 3], i % 2, junk=i % 20 == 0) for i in range(200)]
    completed = check([*reads, *(fused(rng) for _ in range(60))])
    called = [one for one in completed if one is not None]
    assert 160 < len(called) < len(completed)
    assert sum(bool(one.operations[0]) for one in called) >= 10
    assert sum(bool(one.operations[1]) for one in called) >= 3
    assert {len(one.d) for one in called} == {0, 1, 2}
    assert any(len(tied) > 1 for one in called for tied in one.ties)
    assert {len(one.v.allele.sequence) > 100 for one in called if one.operations[0]} == {True, False}


def test_an_empty_batch_has_no_calls() -> None:
    assert check([]) == []


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 5), st.integers(1, 3), st.integers(0, 40))
def test_both_d_are_those_of_the_naive_twin(seed: int, j: int, cost: int, length: int) -> None:
    index, rng = small(), np.random.default_rng(seed)
    germline, alignment = index.germline, alleles(index.germline.j)[j]
    stretch = ""
    while len(stretch) < length:
        d = index.d[rng.integers(len(index.d))].sequence
        stretch += d[rng.integers(6) : len(d) - rng.integers(6)] + random_bases(rng, int(rng.integers(5)))
    first, last = 4, 4 + length
    read = "ACGT" + stretch[:length] + "TTTT"
    call = np.zeros(1, dtype=CALL)[0]
    call["j"], call["j_group"], call["d"], call["d2"] = j, alignment.group, -1, -1
    call["v_end"], call["j_start"] = first, last
    votes = make_scratch(len(read), [(germline.d, germline.d_seeds)], 1).votes
    allowed, of_d = np.zeros(len(index.d), dtype=np.int64), make_scores(germline.d)
    v_order, d_joins_j, max_evalue = (
        alleles(germline.v)[0].order,
        germline.d_joins_j[alignment.group],
        LIMITS.max_d_evalue,
    )
    max_evalue *= germline.first_d_factor[alignment.group]
    bounds = d_joins_j, v_order, alignment.order, max_evalue, max_evalue * germline.second_d_factor[alignment.group]
    call_d(encode(read), germline.d, germline.d_seeds, *bounds, cost, allowed, of_d, votes, call)
    expected = naive_d.call_d(read, germline, LIMITS, cost, alleles(germline.v)[0], alignment, first, last)
    found = []
    for kind, scores in (("d", of_d.best), ("d2", of_d.last)):
        if call[kind] >= 0:
            ties = np.flatnonzero(scores == scores.max()).tolist()
            fields = ("start", "end", "germline_start", "germline_end")
            found.append(naive_d.Match(call[f"{kind}_score"], ties, *(call[f"{kind}_{field}"] for field in fields)))
    assert found == expected
    assert not votes.counts.any()
