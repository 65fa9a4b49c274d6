from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.germline import LOCI
from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.track.kernels.locus_by_j import LOCUS_STRANDS, MIN_COVERED, N_LOCI, NO_LOCUS, best_locus, loci_by_j
from clonotrack.track.locus_counts import j_kmer_masks
from tests.track.small_inputs import REFERENCE, J, bases, either_strand, substituted
from tests.track.twins import locus_by_j as naive

MASKS = j_kmer_masks(REFERENCE)
SEGMENTS = [segment for segments in J.values() for segment in segments]


def names(reads: list[str]) -> list[str | None]:
    """The locus of each read; None if it has none."""
    ragged = Ragged.from_strings(reads)
    return [(*LOCI, None)[locus] for locus in loci_by_j(ragged.codes, ragged.offsets, MASKS)]


@st.composite
def reads_with_j(draw: st.DrawFn) -> str:
    """Stretches of J segments of several loci, a few bases apart, some with a substitution or an unknown base."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    read = ""
    for _ in range(draw(st.integers(0, 4))):
        segment = SEGMENTS[int(rng.integers(len(SEGMENTS)))]
        start = int(rng.integers(len(segment) - 9))
        stretch = segment[start : start + int(rng.integers(10, 50))]
        if rng.random() < 0.4:
            stretch = substituted(stretch, [int(rng.integers(len(stretch)))])
        if rng.random() < 0.2:
            stretch = stretch[:12] + "N" + stretch[13:]
        read += either_strand(rng, stretch) + bases(rng, rng.integers(0, 6))
    return read


@settings(deadline=None, max_examples=300)
@given(st.lists(reads_with_j(), max_size=6))
def test_the_locus_is_that_of_the_naive_twin(reads: list[str]) -> None:
    assert names(reads) == naive.loci_by_j(reads, J)


@pytest.mark.parametrize(
    ("stretch", "locus"),
    [
        (J["IGH"][0][10:40], "IGH"),
        (J["IGH"][0][10 : 10 + MIN_COVERED], "IGH"),
        (J["IGH"][0][10 : 9 + MIN_COVERED], None),
        (J["IGK"][0], "IGK"),
        (J["IGL"][0], "IGL"),
        ("TTCGGCGGAGGGACCAAG", None),  # in both IGKJ and IGLJ
        (J["TRG"][0][:13] + "AAA" + J["TRG"][0][20:33], "TRG"),
        ("", None),
    ],
)
def test_a_read_belongs_to_the_locus_of_its_j(stretch: str, locus: str | None) -> None:
    reads = ["CC" + stretch + "TT", reverse_complement(stretch), "T" * 30]
    assert names(reads) == [locus, locus, None]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=LOCUS_STRANDS, max_size=LOCUS_STRANDS))
def test_the_most_bases_on_one_strand_decide_and_equal_loci_do_not(covered: list[int]) -> None:
    best = [max(covered[i], covered[i + N_LOCI]) for i in range(N_LOCI)]
    clear = max(best) >= MIN_COVERED and best.count(max(best)) == 1
    nt, added = np.array(covered), sum(1 << bit for bit, count in enumerate(covered) if count)
    assert best_locus(nt, added) == (best.index(max(best)) if clear else NO_LOCUS)
    assert not nt.any()
