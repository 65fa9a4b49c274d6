from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import segments_of
from clonotrack.annotate.kernels.find_vj import propose_places, sizes_of
from clonotrack.germline import Segment
from clonotrack.sequences import encode
from tests.annotate.twins import jsegment as naive

ALLELE = st.text("ACGT", min_size=4, max_size=8).flatmap(
    lambda text: st.tuples(st.just(text), st.integers(0, len(text) - 3))
)
GROUPS = st.lists(st.lists(ALLELE, min_size=1, max_size=3), min_size=1, max_size=3)


@settings(deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=20), GROUPS, st.data())
def test_places_are_those_with_most_matches(
    read: str, alleles: list[list[tuple[str, int]]], data: st.DataObject
) -> None:
    groups = data.draw(st.lists(st.integers(0, 1), min_size=len(alleles), max_size=len(alleles)))
    earliest = data.draw(st.integers(0, len(read) - 1))
    members = [
        tuple(
            Segment(f"J{g}-{i}*01", f"J{g}-{i}", "IGH", ("IGH",), "J", text, anchor=origin)
            for i, (text, origin) in enumerate(group)
        )
        for g, group in enumerate(alleles)
    ]
    segments, _ = segments_of(members, 3, 3)
    wanted = np.array(groups, dtype=np.int64)
    elected = np.zeros((3, 3), dtype=np.int64)
    taken = propose_places(encode(read), earliest, wanted, segments, elected)
    scores = naive.rough_scores(read, earliest, groups, alleles)
    found = {(int(group), int(place)): int(score) for group, place, score in elected[:taken]}
    assert all(scores[place] == score for place, score in found.items())
    assert [int(score) for score in elected[:taken, 2]] == sorted(scores.values(), reverse=True)[:3]
    lengths = [len(text) for g, group in enumerate(alleles) for text, _ in group if groups[g]]
    assert sizes_of(segments, wanted) == (len(lengths), sum(lengths))
