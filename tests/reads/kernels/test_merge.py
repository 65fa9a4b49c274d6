from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.reads.kernels.merge import merge_mates
from clonotrack.sequences import Ragged
from tests.reads.twins import merge as naive

CYCLES = 8


def mate(length):
    return st.tuples(
        st.text("ACGTN", min_size=length, max_size=length),
        st.lists(st.integers(0, 93), min_size=length, max_size=length),
    )


one_mate = st.integers(0, 12).flatmap(mate)


def arrays(mates):
    ragged = Ragged.from_strings([text for text, _ in mates])
    return ragged.codes, np.array([q for _, scores in mates for q in scores], dtype=np.uint8), ragged.offsets


@given(st.lists(st.tuples(one_mate, one_mate), max_size=5), st.data())
@settings(deadline=None)
def test_agrees_with_the_twin(pairs, data):
    lengths = [data.draw(st.integers(0, len(a) + len(b))) for (a, _), (b, _) in pairs]
    cycles, phred = np.zeros((2, CYCLES, 2), dtype=np.int64), np.zeros((94, 2), dtype=np.int64)
    sides = *arrays([a for a, _ in pairs]), *arrays([b for _, b in pairs])
    codes, scores, offsets = merge_mates(*sides, np.array(lengths, dtype=np.int64), cycles, phred)
    expected_cycles, expected_phred = np.zeros_like(cycles), np.zeros_like(phred)
    expected = []
    for (a, b), length in zip(pairs, lengths, strict=True):
        text, row, seen = naive.merge_mates(*a, *b, length)
        expected.append((text, row))
        for which, cycle, score, wrong in seen:
            expected_cycles[which, min(cycle, CYCLES - 1)] += (1, wrong)
            expected_phred[score] += (1, wrong)
    found = Ragged(codes, offsets).to_strings()
    split = [scores[start:end].tolist() for start, end in pairwise(offsets)]
    assert list(zip(found, split, strict=True)) == expected
    assert np.array_equal(cycles, expected_cycles)
    assert np.array_equal(phred, expected_phred)
