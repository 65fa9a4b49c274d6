from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import build_index
from clonotrack.annotate.kernels.frame import settle_frame
from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.annotate.kernels.types import CALL
from clonotrack.germline import Reference, Segment
from clonotrack.sequences import encode
from tests.annotate.twins import frame as naive
from tests.annotate.twins.pieces import columns

LENGTH = 18
CODONS = st.lists(st.sampled_from(["TGT", "TGC", "TTT", "TGG", "TAA", "ACG", "GCA", "NAC"]), min_size=6, max_size=6)
ALLELE = CODONS.map("".join)


def laid_out(data: st.DataObject, start: int) -> tuple[list[tuple[int, int]], int, int]:
    """Pieces of an alignment of an allele, where it begins in the allele, and how many bases of the read it covers."""
    germline_start = data.draw(st.integers(0, 6))
    first, last = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    gap = data.draw(st.sampled_from([None, (INSERTION, 1), (DELETION, 1), (DELETION, 3)]))
    pieces = [(MATCH, first + last)] if gap is None else [(MATCH, first), gap, (MATCH, last)]
    covered = len({i for i, _ in columns(pieces, start, germline_start) if i is not None})
    return pieces, germline_start, covered


@settings(deadline=None, max_examples=300)
@given(ALLELE, ALLELE, st.data())
def test_anchors_frame_and_key_region(v: str, j: str, data: st.DataObject) -> None:
    anchors = [data.draw(st.one_of(st.none(), st.integers(0, LENGTH - 3))) for _ in range(2)]
    v_start = data.draw(st.integers(0, 8))
    v_pieces, v_germline, v_covered = laid_out(data, v_start)
    j_start = v_start + v_covered + data.draw(st.integers(0, 6))
    j_pieces, j_germline, j_covered = laid_out(data, j_start)
    rest = data.draw(st.integers(0, 6))
    length = j_start + j_covered + rest
    read = data.draw(st.lists(st.sampled_from(["TGT", "TTC", "TGG", "TAG", "CAG", "A"]), min_size=length).map("".join))
    read = read[:length]
    segments = (
        Segment("IGHV1*01", "IGHV1", "IGH", ("IGH",), "V", v, anchor=anchors[0]),
        Segment("IGHJ1*01", "IGHJ1", "IGH", ("IGH",), "J", j, anchor=anchors[1]),
    )
    index = build_index(Reference("made", segments, {}), ["IGH"])
    v_laid = naive.Laid(v, -1 if anchors[0] is None else anchors[0], columns(v_pieces, v_start, v_germline))
    j_laid = naive.Laid(j, -1 if anchors[1] is None else anchors[1], columns(j_pieces, j_start, j_germline))
    call = np.zeros(1, dtype=CALL)[0]
    for kind, laid, pieces in (("v", v_laid, v_pieces), ("j", j_laid, j_pieces)):
        call[f"{kind}_pieces"] = len(pieces)
        call[f"{kind}_start"], call[f"{kind}_germline_start"] = laid.start
        call[f"{kind}_end"], call[f"{kind}_germline_end"] = laid.end
    matches, mismatches = (data.draw(st.integers(0, 60)) for _ in range(2))
    call["v_matches"], call["v_mismatches"] = matches, mismatches
    arrays = [np.array(pieces, dtype=np.int32) for pieces in (v_pieces, j_pieces)]
    v_segments, j_segments = index.germline.v, index.germline.j
    on_alleles = [int(segments.alleles["anchor"][0]) for segments in (v_segments, j_segments)]
    settle_frame(encode(read), v_segments.codes, j_segments.codes, *on_alleles, *arrays, call)
    expected = naive.frame(read, v_laid, j_laid, matches, mismatches)
    assert {name: int(call[name]) for name in expected} == expected
