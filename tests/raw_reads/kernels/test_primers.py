import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels.primers import find_primers
from clonotrack.sequences import Ragged
from tests.raw_reads.twins import primers as naive

primer = st.lists(st.sampled_from(["A", "C", "G", "AG", "ACGTN"]), min_size=1, max_size=5)


@given(
    st.lists(st.text("ACGTN", max_size=10), max_size=5),
    st.lists(st.tuples(primer, st.integers(0, 2)), min_size=1, max_size=4),
    st.integers(0, 4),
)
@settings(deadline=None)
def test_agrees_with_the_twin(texts, primers, reach):
    reads = Ragged.from_strings(texts)
    masks = [sum(1 << "ACGTN".index(b) for b in letters) for one, _ in primers for letters in one]
    offsets = np.cumsum([0, *(len(one) for one, _ in primers)])
    allowed = [wrong for _, wrong in primers]
    found, ends = find_primers(
        reads.codes, reads.offsets, np.array(masks, np.uint8), offsets, np.array(allowed, np.int64), reach
    )
    expected = naive.find_primers(texts, [one for one, _ in primers], allowed, reach)
    assert list(zip(found.tolist(), ends.tolist(), strict=True)) == expected
