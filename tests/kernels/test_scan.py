from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.credit import OWN
from clonotrack.kernels.jit import numba
from clonotrack.kernels.scan import WORD, Found
from clonotrack.sequence import Ragged, reverse_complement
from clonotrack.track.targets import PIECE, Target
from tests.reference import scan as naive
from tests.track.made import J, bases, either_strand, locus_names, searched, substituted, target

PATIENTS = ("p", "q", None)


@st.composite
def targets_and_reads(draw: st.DrawFn) -> tuple[list[Target], list[str]]:
    """Targets of two patients and the tube, some near each other; reads with, without and with pieces of them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    letters = draw(st.sampled_from(["ACGT", "ACGT", "AC", "A"]))
    parts = [bases(rng, draw(st.integers(PIECE, 70)), letters) for _ in range(draw(st.integers(1, 4)))]
    if draw(st.booleans()):
        parts.append(substituted(parts[0], rng.integers(0, len(parts[0]), 3).tolist()))
    targets = [
        target(part, f"m{i}", subject_id=PATIENTS[int(rng.integers(3))], edits=int(rng.integers(len(part) // PIECE)))
        for i, part in enumerate(parts)
    ]
    reads = []
    for _ in range(draw(st.integers(0, 12))):
        part = either_strand(rng, parts[int(rng.integers(len(parts)))])
        part = substituted(part, rng.integers(0, len(part), rng.integers(0, 6)).tolist())
        segment = either_strand(rng, J[str(rng.choice(list(J)))][0])
        inner = [part, part[int(rng.integers(9)) :], segment, part + segment[-30:], bases(rng, 30)]
        read = (
            bases(rng, rng.integers(0, 9), letters) + inner[rng.integers(5)] + bases(rng, rng.integers(0, 9), letters)
        )
        if read and rng.random() < 0.3:
            place = int(rng.integers(len(read)))
            read = read[:place] + "N" + read[place + 1 :]
        reads.append(read)
    return targets, reads


@settings(deadline=None, max_examples=200)
@given(targets_and_reads(), st.sampled_from(["p", "q", None]))
def test_reads_are_what_the_exhaustive_search_says(
    case: tuple[list[Target], list[str]], subject_id: str | None
) -> None:
    targets, reads = case
    search, found = searched(reads, targets, subject_id)
    agrees_with_twin(targets, reads, subject_id, search.counts, found)


def agrees_with_twin(
    targets: list[Target], reads: list[str], subject_id: str | None, counts: np.ndarray, found: Found
) -> None:
    patients = sorted({t.subject_id for t in targets if t.subject_id not in (None, subject_id)})
    group = [
        -1 if t.kind == "control" else OWN if t.subject_id == subject_id else 1 + patients.index(t.subject_id)
        for t in targets
    ]
    parts, edits = [t.part for t in targets], [t.edits for t in targets]
    expected, outcomes, loci = naive.scan(reads, parts, edits, group, J)
    assert {tuple(place): int(counts[tuple(place)]) for place in np.argwhere(counts).tolist()} == expected
    assert found.outcome.tolist() == outcomes
    assert locus_names(found) == loci


@pytest.mark.slow
def test_nothing_is_missed_in_many_reads() -> None:
    """20,000 reads (2,000 without compilation) with 0 to 3 substitutions anywhere in a target, and random ones."""
    rng = np.random.default_rng(5)
    parts = [bases(rng, int(rng.integers(PIECE * 3, 71))) for _ in range(9)]
    targets = [target(part, f"m{i}", subject_id=PATIENTS[i % 3]) for i, part in enumerate(parts)]
    reads = []
    for i in range(2_000 if numba.config.DISABLE_JIT else 20_000):
        part = parts[i % len(parts)]
        part = substituted(part, rng.choice(len(part), i % 4, replace=False).tolist())
        read = bases(rng, rng.integers(0, 60)) + part + bases(rng, rng.integers(0, 60))
        reads.append(either_strand(rng, read) if i % 5 else bases(rng, 100))
    search, found = searched(reads, targets)
    held = [1 <= i % 5 and i % 4 <= 2 for i in range(len(reads))]
    assert (found.outcome == 2).tolist() == held
    sample = slice(0, 1_000)
    part_search, part_found = searched(reads[sample], targets)
    agrees_with_twin(targets, reads[sample], "p", part_search.counts, part_found)
    assert search.counts.sum() == sum(held)


@settings(deadline=None, max_examples=60)
@given(targets_and_reads(), st.data())
def test_order_strand_and_chunks_change_nothing(case: tuple[list[Target], list[str]], data: st.DataObject) -> None:
    targets, reads = case
    search, found = searched(reads, targets)
    shuffled = data.draw(st.permutations(range(len(reads))))
    turned, found_turned = searched([reverse_complement(reads[i]) for i in shuffled], targets)
    assert np.array_equal(turned.counts, search.counts)
    assert found_turned.outcome.tolist() == [int(found.outcome[i]) for i in shuffled]
    assert found_turned.locus.tolist() == [int(found.locus[i]) for i in shuffled]
    cut = data.draw(st.integers(0, len(reads)))
    chunked, _ = searched(reads[:cut], targets)
    chunked.add(Ragged.from_strings(reads[cut:]))
    assert np.array_equal(chunked.counts, search.counts)
    assert np.array_equal(chunked.loci, search.loci)
    assert np.array_equal(chunked.outcomes, search.outcomes)


@pytest.mark.parametrize("shift", range(WORD + 1))
@pytest.mark.parametrize("strand", [0, 1])
def test_a_target_that_fills_its_read_is_found_wherever_the_read_lies(shift: int, strand: int) -> None:
    part = bases(np.random.default_rng(1), 40)
    read = (part, reverse_complement(part))[strand]
    for places in ([], [0, 39], [12, 26], [13, 25], [5, 20]):
        _, found = searched(["G" * shift, substituted(read, places), "C" * (WORD - shift)], [target(part)])
        assert found.outcome.tolist() == [0, 2, 0], places


def test_what_spans_two_reads_is_no_hit() -> None:
    part = bases(np.random.default_rng(2), 40)
    _, found = searched([part[:25], part[25:], part[:39], part[39:]], [target(part)])
    assert found.outcome.tolist() == [0, 0, 0, 0]


def test_an_unknown_base_is_a_mismatch() -> None:
    part = "A" * 13 + bases(np.random.default_rng(3), 30)
    read = "N" + part[1:]
    search, _ = searched([read, "NNN" + part[3:]], [target(part)])
    assert search.counts[0].tolist() == [[0, 1, 0], [0, 0, 0]]


def test_a_slice_of_a_larger_array_is_searched() -> None:
    part = bases(np.random.default_rng(4), 43)
    reads = Ragged.from_strings(["ACG", part, "T", part])
    inner = Ragged(reads.codes, reads.offsets[1:3])
    search, _ = searched([], [target(part)])
    assert search.add(inner).outcome.tolist() == [2]
    reads.codes.flags.writeable = False
    odd = Ragged(reads.codes[3:], reads.offsets[1:] - 3)
    assert search.add(odd).outcome.tolist() == [2, 0, 2]
