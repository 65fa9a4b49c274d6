from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import build_index
from clonotrack.annotate.kernels.complete_calls import complete_calls
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.kernels.frame import annotate_junction, locate_regions
from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.annotate.kernels.types import CALL
from clonotrack.germline import Reference, Segment
from clonotrack.sequences import Ragged, encode
from tests.annotate.kernels.small_germline import LIMITS, small, small_germline_reads
from tests.annotate.twins import complete_calls as naive_calls
from tests.annotate.twins import find_vj as naive_pairs
from tests.annotate.twins import frame as naive
from tests.annotate.twins import regions as naive_regions
from tests.annotate.twins.cigar import columns


@settings(deadline=None, max_examples=40)
@given(small_germline_reads(), st.integers(0, 2**32))
def test_regions_are_those_of_the_naive_twin(reads: list[str], seed: int) -> None:
    rng, index = np.random.default_rng(seed), small()
    inside = [np.sort(rng.choice(np.arange(1, len(v.sequence) - 12), 4, replace=False)) for v in index.v]
    starts = np.array([[0, *(one if rng.random() < 0.8 else [-1] * 4)] for one in inside], dtype=np.int64)
    ragged = Ragged.from_strings(reads)
    found = find_pairs(ragged.codes, ragged.offsets, index.germline, LIMITS)
    details = complete_calls(ragged.offsets, found, index.germline, LIMITS)
    first, last = locate_regions(found.calls, details.operations, details.operation_offsets, index.germline, starts)
    pairs = naive_pairs.find_pairs(reads, index.germline, LIMITS)
    expected = naive_regions.locate_regions(naive_calls.complete_calls(pairs, index.germline, LIMITS), starts.tolist())
    assert [list(zip(a, b, strict=True)) for a, b in zip(first.T.tolist(), last.T.tolist(), strict=True)] == expected


LENGTH = 18
CODONS = st.lists(st.sampled_from(["TGT", "TGC", "TTT", "TGG", "TAA", "ACG", "GCA", "NAC"]), min_size=6, max_size=6)
ALLELE = CODONS.map("".join)


def draw_alignment(data: st.DataObject, start: int) -> tuple[list[tuple[int, int]], int, int]:
    """Draw operations, first base of the allele and number of covered bases of the read of an alignment."""
    germline_start = data.draw(st.integers(0, 6))
    first, last = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    gap = data.draw(st.sampled_from([None, (INSERTION, 1), (DELETION, 1), (DELETION, 3)]))
    operations = [(MATCH, first + last)] if gap is None else [(MATCH, first), gap, (MATCH, last)]
    covered = len({i for i, _ in columns(operations, start, germline_start) if i is not None})
    return operations, germline_start, covered


@settings(deadline=None, max_examples=300)
@given(ALLELE, ALLELE, st.data())
def test_anchors_frame_and_key_region(v: str, j: str, data: st.DataObject) -> None:
    anchors = [data.draw(st.one_of(st.none(), st.integers(0, LENGTH - 3))) for _ in range(2)]
    v_start = data.draw(st.integers(0, 8))
    v_operations, v_germline, v_covered = draw_alignment(data, v_start)
    j_start = v_start + v_covered + data.draw(st.integers(0, 6))
    j_operations, j_germline, j_covered = draw_alignment(data, j_start)
    rest = data.draw(st.integers(0, 6))
    length = j_start + j_covered + rest
    read = data.draw(st.lists(st.sampled_from(["TGT", "TTC", "TGG", "TAG", "CAG", "A"]), min_size=length).map("".join))
    read = read[:length]
    segments = (
        Segment("IGHV1*01", "IGHV1", "IGH", ("IGH",), "V", v, anchor=anchors[0]),
        Segment("IGHJ1*01", "IGHJ1", "IGH", ("IGH",), "J", j, anchor=anchors[1]),
    )
    index = build_index(Reference("made", segments, {}), ["IGH"])
    v_alignment = naive.AlignedSegment(
        v, -1 if anchors[0] is None else anchors[0], columns(v_operations, v_start, v_germline)
    )
    j_alignment = naive.AlignedSegment(
        j, -1 if anchors[1] is None else anchors[1], columns(j_operations, j_start, j_germline)
    )
    call = np.zeros(1, dtype=CALL)[0]
    for kind, alignment, operations in (("v", v_alignment, v_operations), ("j", j_alignment, j_operations)):
        call[f"{kind}_operation_count"] = len(operations)
        call[f"{kind}_start"], call[f"{kind}_germline_start"] = alignment.start
        call[f"{kind}_end"], call[f"{kind}_germline_end"] = alignment.end
    matches, mismatches = (data.draw(st.integers(0, 60)) for _ in range(2))
    call["v_matches"], call["v_mismatches"] = matches, mismatches
    arrays = [np.array(operations, dtype=np.int32) for operations in (v_operations, j_operations)]
    v_segments, j_segments = index.germline.v, index.germline.j
    on_alleles = [int(segments.alleles["anchor"][0]) for segments in (v_segments, j_segments)]
    annotate_junction(encode(read), v_segments.codes, j_segments.codes, *on_alleles, *arrays, call)
    expected = naive.frame(read, v_alignment, j_alignment, matches, mismatches)
    assert {name: int(call[name]) for name in expected} == expected
