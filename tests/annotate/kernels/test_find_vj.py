from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import Index, build_index, segments_of
from clonotrack.annotate.kernels.find_vj import Pairs, count_alleles_and_bases, find_pairs, propose_positions
from clonotrack.annotate.kernels.types import Limits
from clonotrack.germline import Reference, Segment
from clonotrack.sequences import Ragged, encode, reverse_complement
from tests.annotate.random_reads import mutate, random_bases
from tests.annotate.twins import find_vj as naive
from tests.annotate.twins.find_vj import best_pair_anywhere

ALLELE = st.text("ACGT", min_size=4, max_size=8).flatmap(
    lambda text: st.tuples(st.just(text), st.integers(0, len(text) - 3))
)
GROUPS = st.lists(st.lists(ALLELE, min_size=1, max_size=3), min_size=1, max_size=3)


@settings(deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=20), GROUPS, st.data())
def test_proposed_positions_have_the_most_matches(
    read: str, alleles: list[list[tuple[str, int]]], data: st.DataObject
) -> None:
    groups = data.draw(st.lists(st.integers(0, 1), min_size=len(alleles), max_size=len(alleles)))
    search_start = data.draw(st.integers(0, len(read) - 1))
    members = [
        tuple(
            Segment(f"J{g}-{i}*01", f"J{g}-{i}", "IGH", ("IGH",), "J", text, anchor=origin)
            for i, (text, origin) in enumerate(group)
        )
        for g, group in enumerate(alleles)
    ]
    segments, _ = segments_of(members, 3, 3)
    searched = np.array(groups, dtype=np.int64)
    candidates = np.zeros((3, 3), dtype=np.int64)
    selected = propose_positions(encode(read), search_start, searched, segments, candidates)
    scores = naive.score_overlap(read, search_start, groups, alleles)
    found = {(int(group), int(position)): int(score) for group, position, score in candidates[:selected]}
    assert all(scores[position] == score for position, score in found.items())
    assert [int(score) for score in candidates[:selected, 2]] == sorted(scores.values(), reverse=True)[:3]
    lengths = [len(text) for g, group in enumerate(alleles) for text, _ in group if groups[g]]
    assert count_alleles_and_bases(segments, searched) == (len(lengths), sum(lengths))


LIMITS = Limits(25, 12, 0.001, 0.2, 20)


@cache
def small() -> tuple[Reference, Index]:
    """Index two loci with three V (two of them similar) and two J each."""
    rng = np.random.default_rng(1)
    segments = []
    for locus in ("IGH", "TRB"):
        first = random_bases(rng, 60)
        for i, sequence in enumerate((first, mutate(rng, first, 0.05), random_bases(rng, 66))):
            gene = f"{locus}V{i + 1}"
            segments.append(Segment(f"{gene}*01", gene, locus, (locus,), "V", sequence, anchor=len(sequence) - 12))
        for i in range(2):
            gene = f"{locus}J{i + 1}"
            segments.append(Segment(f"{gene}*01", gene, locus, (locus,), "J", random_bases(rng, 40), anchor=10))
    reference = Reference("small", tuple(segments), {})
    return reference, build_index(reference, ("IGH", "TRB"))


def pair_up(reads: list[str]) -> Pairs:
    ragged = Ragged.from_strings(reads)
    return find_pairs(ragged.codes, ragged.offsets, small()[1].germline, LIMITS)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from(["IGH", "TRB"]), st.sampled_from([0.0, 0.02, 0.05]), st.booleans())
def test_v_and_j_are_the_best_of_all_positions(seed: int, locus: str, rate: float, is_reversed: bool) -> None:
    rng = np.random.default_rng(seed)
    reference, index = small()
    v, j = (reference.select(kind, locus)[rng.integers(2)].sequence for kind in ("V", "J"))
    read = v[rng.integers(10) : len(v) - rng.integers(5)] + random_bases(rng, int(rng.integers(12)))
    read = mutate(rng, read + j[rng.integers(6) :], rate)
    read = reverse_complement(read) if is_reversed else read
    expected_turned, expected_v, j_evalue = best_pair_anywhere(read, reference, locus)
    pairs = pair_up([read])
    call = pairs.calls[0]
    assert call["reversed"] == expected_turned == is_reversed
    assert (call["v_score"], call["j_score"]) == (expected_v.score, j_evalue.score)
    v_ties, j_ties = (pairs.ties[pairs.tie_offsets[i] : pairs.tie_offsets[i + 1]] for i in range(2))
    assert {index.v[allele].allele for allele in v_ties} == set(expected_v.alleles)
    assert {index.j[allele].allele for allele in j_ties} == set(j_evalue.alleles)
    assert (
        pairs.oriented.tolist()
        == Ragged.from_strings([reverse_complement(read) if is_reversed else read]).codes.tolist()
    )


def whole(kind: str, locus: str, which: int = 0) -> str:
    return small()[0].select(kind, locus)[which].sequence  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(whole("V", "IGH"), id="V alone"),
        pytest.param(whole("J", "IGH"), id="J alone"),
        pytest.param(whole("J", "IGH") + whole("V", "IGH"), id="J before V"),
        pytest.param(whole("V", "IGH") + whole("J", "TRB"), id="two loci"),
        pytest.param(whole("V", "IGH") + reverse_complement(whole("J", "IGH")), id="two strands"),
        pytest.param("", id="nothing"),
        pytest.param("ACGTACG", id="shorter than a k-mer"),
        pytest.param("N" * 80, id="unknown bases"),
    ],
)
def test_reads_without_rearrangement_have_no_pair(read: str) -> None:
    assert pair_up([read, read]).calls["v"].tolist() == [-1, -1]


def test_the_first_of_two_j_is_the_rearranged_one() -> None:
    first, second = whole("J", "IGH", 0), whole("J", "IGH", 1)
    read = whole("V", "IGH") + "ACC" + first[8:28] + random_bases(np.random.default_rng(2), 30) + second
    call = pair_up([read]).calls[0]
    assert small()[1].j[call["j"]].allele == "IGHJ1*01"
    assert call["j_score"] >= 20


def test_a_j_that_shares_no_kmer_with_its_germline_is_found() -> None:
    j = "".join(
        {"A": "C", "C": "A", "G": "T", "T": "G"}[b] if i % 5 == 4 else b for i, b in enumerate(whole("J", "IGH"))
    )
    v = mutate(np.random.default_rng(3), whole("V", "IGH"), 0.1)
    assert pair_up([v + "AC" + j]).calls["j_score"][0] >= 24
