from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.germline import LOCI as LOCUS_NAMES
from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.track.kernels.locus_by_j import COVERED, LOCI, NO_LOCUS, STRANDED, loci, locus_of
from clonotrack.track.locus_counts import j_masks
from tests.track.made import REFERENCE, J, bases, either_strand, substituted
from tests.track.twins import locus_by_j as naive

MASKS = j_masks(REFERENCE)
SEGMENTS = [segment for segments in J.values() for segment in segments]


def names(reads: list[str]) -> list[str | None]:
    """The locus of each read, None where there is none."""
    ragged = Ragged.from_strings(reads)
    return [(*LOCUS_NAMES, None)[locus] for locus in loci(ragged.codes, ragged.offsets, MASKS)]


@st.composite
def pieces_of_j(draw: st.DrawFn) -> str:
    """Pieces of J segments of several loci, some with a substitution or an unknown base, with little in between."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    read = ""
    for _ in range(draw(st.integers(0, 4))):
        segment = SEGMENTS[int(rng.integers(len(SEGMENTS)))]
        start = int(rng.integers(len(segment) - 9))
        piece = segment[start : start + int(rng.integers(10, 50))]
        if rng.random() < 0.4:
            piece = substituted(piece, [int(rng.integers(len(piece)))])
        if rng.random() < 0.2:
            piece = piece[:12] + "N" + piece[13:]
        read += either_strand(rng, piece) + bases(rng, rng.integers(0, 6))
    return read


@settings(deadline=None, max_examples=300)
@given(st.lists(pieces_of_j(), max_size=6))
def test_the_locus_is_that_of_the_naive_twin(reads: list[str]) -> None:
    assert names(reads) == naive.loci(reads, J)


@pytest.mark.parametrize(
    ("piece", "locus"),
    [
        (J["IGH"][0][10:40], "IGH"),
        (J["IGH"][0][10 : 10 + COVERED], "IGH"),
        (J["IGH"][0][10 : 9 + COVERED], None),
        (J["IGK"][0], "IGK"),
        (J["IGL"][0], "IGL"),
        ("TTCGGCGGAGGGACCAAG", None),  # of IGKJ and IGLJ alike
        (J["TRG"][0][:13] + "AAA" + J["TRG"][0][20:33], "TRG"),
        ("", None),
    ],
)
def test_a_read_is_of_the_locus_whose_j_it_holds(piece: str, locus: str | None) -> None:
    reads = ["CC" + piece + "TT", reverse_complement(piece), "T" * 30]
    assert names(reads) == [locus, locus, None]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=STRANDED, max_size=STRANDED))
def test_most_bases_on_one_strand_decide_and_equal_loci_do_not(covered: list[int]) -> None:
    best = [max(covered[i], covered[i + LOCI]) for i in range(LOCI)]
    clear = max(best) >= COVERED and best.count(max(best)) == 1
    nt, added = np.array(covered), sum(1 << bit for bit, bases in enumerate(covered) if bases)
    assert locus_of(nt, added) == (best.index(max(best)) if clear else NO_LOCUS)
    assert not nt.any()
