"""Fragments by the locus of their J."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clonotrack.germline import LOCI
from clonotrack.germline.load import load_reference
from clonotrack.raw_reads.fastx import read_chunks
from clonotrack.raw_reads.fragments import Batch
from clonotrack.sequences import reverse_complement
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.track import locus_counts
from clonotrack.track.locus_counts import Loci, j_masks
from tests.track.made import REFERENCE, J, bases, batch, either_strand, substituted

IGH, TRG = LOCI.index("IGH"), LOCI.index("TRG")
LONGEST = 60


def counted(*batches: Batch) -> Loci:
    found = Loci(REFERENCE, LONGEST)
    for one in batches:
        found.add(one)
    return found


def test_either_mate_tells_the_locus_and_the_first_one_decides() -> None:
    other = "T" * 30
    first, second = [other, J["IGH"][0], other, J["TRG"][0]], [J["IGH"][0], other, other, J["IGH"][0]]
    found = counted(Batch(batch(first).reads, batch(second).reads))
    assert {LOCI[i]: n for i, n in enumerate(found.counts.tolist()) if n} == {"IGH": 2, "TRG": 1}
    assert found.lengths[IGH, len(J["IGH"][0])] == 2
    assert found.lengths[-1, 30] == 1


def test_lengths_beyond_the_longest_are_one() -> None:
    found = counted(batch(["A" * 59, "A" * 60, "A" * 200]))
    assert found.lengths[-1, -2:].tolist() == [1, 2]


@pytest.mark.parametrize("sizes", [[400], [1] * 400, [7, 90, 3, 200, 100]])
def test_a_large_tube_is_a_sample_that_batches_do_not_change(monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> None:
    """All of the first 100, then those with a number that 16 divides (112, 128, ... 384): 18 for 300 others."""
    monkeypatch.setattr(locus_counts, "ALL_OF", 100)
    monkeypatch.setattr(locus_counts, "ONE_IN", 16)
    reads = [J["IGH"][0] if i % 2 == 0 or i < 50 else J["TRG"][0] for i in range(400)]
    bounds = np.cumsum([0, *sizes])
    found = counted(*(batch(reads[a:b]) for a, b in pairwise(bounds.tolist())))
    assert found.counts[IGH] == 75 + 300
    assert found.counts[TRG] == 25


def test_counts_add_up_to_the_fragments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locus_counts, "ALL_OF", 32)
    monkeypatch.setattr(locus_counts, "ONE_IN", 16)
    for number in (0, 1, 31, 32, 33, 50, 61):
        assert counted(*([batch(["T" * 20] * number)] if number else [])).lengths.sum() == number


def test_keys_of_j_segments_of_both_strands_have_the_bit_of_their_locus() -> None:
    masks = j_masks(REFERENCE)
    seed = J["TRG"][0][5:15]
    for strand, shift in ((seed, 0), (reverse_complement(seed), len(LOCI))):
        key = sum("ACGT".index(base) << 2 * (9 - i) for i, base in enumerate(strand))
        assert masks[key] == 1 << (TRG + shift)


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
    found = Loci(reference, LONGEST)
    found.add(batch(reads))
    number = LOCI.index(locus)
    assert found.counts[number] >= 0.98 * len(reads)
    assert found.counts.sum() - found.counts[number] <= 0.002 * len(reads)


def test_random_reads_are_of_no_locus() -> None:
    found = Loci(load_reference(), LONGEST)
    found.add(batch([bases(np.random.default_rng(8), 250) for _ in range(4_000)]))
    assert found.counts.sum() < 5


@pytest.mark.external
@pytest.mark.parametrize(("name", "locus"), [("igh_merged.fastq.gz", "IGH"), ("rtcr_trb.fq.gz", "TRB")])
def test_real_reads_are_counted_under_their_locus(shared: Path, name: str, locus: str) -> None:
    found = Loci(load_reference(), LONGEST)
    for chunk in read_chunks(shared / "real_reads" / name):
        found.add(Batch(chunk))
    assert found.counts[LOCI.index(locus)] >= 0.99 * found.lengths.sum()
    assert found.counts.sum() == found.counts[LOCI.index(locus)]
