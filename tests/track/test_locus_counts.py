"""Fragments by the locus of their J and by length; markers that are longer than the reads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clonotrack.germline import LOCI
from clonotrack.germline.load import load_reference
from clonotrack.raw_reads.batches import FragmentBatch
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.sequences import reverse_complement
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.track import locus_counts
from clonotrack.track.locus_counts import LocusCounts, is_too_long, j_kmer_masks
from tests.track.small_inputs import REFERENCE, J, bases, batch, either_strand, substituted, target

IGH, TRG = LOCI.index("IGH"), LOCI.index("TRG")
MAX_LENGTH = 60


def counted(*batches: FragmentBatch) -> LocusCounts:
    found = LocusCounts(REFERENCE, MAX_LENGTH)
    for one in batches:
        found.add(one)
    return found


def test_the_first_mate_with_a_locus_decides() -> None:
    other = "T" * 30
    first, second = [other, J["IGH"][0], other, J["TRG"][0]], [J["IGH"][0], other, other, J["IGH"][0]]
    found = counted(FragmentBatch(batch(first).reads, batch(second).reads))
    assert {LOCI[i]: n for i, n in enumerate(found.by_locus.tolist()) if n} == {"IGH": 2, "TRG": 1}
    assert found.by_length[IGH, len(J["IGH"][0])] == 2
    assert found.by_length[-1, 30] == 1


def test_lengths_beyond_the_maximum_are_counted_together() -> None:
    found = counted(batch(["A" * 59, "A" * 60, "A" * 200]))
    assert found.by_length[-1, -2:].tolist() == [1, 2]


@pytest.mark.parametrize("sizes", [[400], [1] * 400, [7, 90, 3, 200, 100]])
def test_the_sample_of_a_large_tube_does_not_depend_on_batches(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int]
) -> None:
    """The first 100 are all counted, then those whose number is a multiple of 16 (112, 128, ... 384): 18 of 300."""
    monkeypatch.setattr(locus_counts, "COUNT_ALL", 100)
    monkeypatch.setattr(locus_counts, "SAMPLE_STEP", 16)
    reads = [J["IGH"][0] if i % 2 == 0 or i < 50 else J["TRG"][0] for i in range(400)]
    bounds = np.cumsum([0, *sizes])
    found = counted(*(batch(reads[a:b]) for a, b in pairwise(bounds.tolist())))
    assert found.by_locus[IGH] == 75 + 300
    assert found.by_locus[TRG] == 25


def test_counts_add_up_to_the_fragments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locus_counts, "COUNT_ALL", 32)
    monkeypatch.setattr(locus_counts, "SAMPLE_STEP", 16)
    for number in (0, 1, 31, 32, 33, 50, 61):
        assert counted(*([batch(["T" * 20] * number)] if number else [])).by_length.sum() == number


def test_j_kmers_of_both_strands_have_the_bit_of_their_locus() -> None:
    masks = j_kmer_masks(REFERENCE)
    kmer = J["TRG"][0][5:15]
    for strand, shift in ((kmer, 0), (reverse_complement(kmer), len(LOCI))):
        value = sum("ACGT".index(base) << 2 * (9 - i) for i, base in enumerate(strand))
        assert masks[value] == 1 << (TRG + shift)


@pytest.mark.slow
@pytest.mark.parametrize("locus", LOCI)
def test_rearrangements_are_counted_under_their_locus(locus: str) -> None:
    """Four in ten B-cell rearrangements hypermutated by 4 % (IGH) or 2 %; 0.3 % errors; both strands."""
    reference = load_reference()
    rng = np.random.default_rng(7)
    reads = []
    for number, rearrangement in enumerate(draw_rearrangements(draw_genotype(reference, locus, rng), 2_000, rng)):
        if locus.startswith("IG") and number % 10 < 4:
            rearrangement = hypermutate(rearrangement, 0.04 if locus == "IGH" else 0.02, rng)
        sequence = rearrangement.amplicon(150)
        reads.append(
            either_strand(rng, substituted(sequence, np.flatnonzero(rng.random(len(sequence)) < 0.003).tolist()))
        )
    found = LocusCounts(reference, MAX_LENGTH)
    found.add(batch(reads))
    number = LOCI.index(locus)
    assert found.by_locus[number] >= 0.98 * len(reads)
    assert found.by_locus.sum() - found.by_locus[number] <= 0.002 * len(reads)


def test_random_reads_have_no_locus() -> None:
    found = LocusCounts(load_reference(), MAX_LENGTH)
    found.add(batch([bases(np.random.default_rng(8), 250) for _ in range(4_000)]))
    assert found.by_locus.sum() < 5


@pytest.mark.external
@pytest.mark.parametrize(("name", "locus"), [("igh_merged.fastq.gz", "IGH"), ("rtcr_trb.fq.gz", "TRB")])
def test_real_reads_are_counted_under_their_locus(shared: Path, name: str, locus: str) -> None:
    found = LocusCounts(load_reference(), MAX_LENGTH)
    for chunk in read_fastx(shared / "real_reads" / name):
        found.add(FragmentBatch(chunk))
    assert found.by_locus[LOCI.index(locus)] >= 0.99 * found.by_length.sum()
    assert found.by_locus.sum() == found.by_locus[LOCI.index(locus)]


MARKER = target("A" * 40, "m1")


def lengths(*reads: tuple[int, int, int]) -> np.ndarray:
    """A table as `LocusCounts.by_length` makes it, from (row, length, reads)."""
    table = np.zeros((len(LOCI) + 1, 61), dtype=np.int64)
    for row, length, count in reads:
        table[row, length] += count
    return table


@pytest.mark.parametrize(
    ("locus", "reads", "too_long"),
    [
        ("IGH", [(0, 39, 1000)], True),
        ("IGH", [(0, 40, 1000)], False),
        ("IGH", [(0, 39, 951), (0, 40, 49)], True),
        ("IGH", [(0, 39, 950), (0, 40, 50)], False),
        ("IGH", [(0, 39, 10), (1, 60, 1000)], True),  # its own locus decides
        ("IGH", [(1, 60, 1000)], False),  # if that has no read, the others do
        (None, [(0, 39, 1000), (1, 60, 1000)], False),
        (None, [(0, 39, 1000), (1, 60, 50)], True),  # a locus with few reads is not considered
        (None, [(len(LOCI), 39, 1000)], True),
        (None, [], False),  # a tube without reads has its own flag
    ],
)
def test_a_marker_longer_than_nearly_all_reads_of_its_locus_is_too_long(
    locus: str | None, reads: list[tuple[int, int, int]], too_long: bool
) -> None:
    assert is_too_long(replace(MARKER, locus=locus), lengths(*reads)) is too_long
