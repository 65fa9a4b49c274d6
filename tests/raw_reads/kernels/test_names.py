import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels.fastx import disagreement
from tests.raw_reads.twins import names as naive

stem = st.text("a1/2", max_size=3)
pair = st.one_of(stem.map(lambda n: (n, n)), stem.map(lambda n: (f"{n}/1", f"{n}/2")), st.tuples(stem, stem))


def places(names):
    text = " ".join([*names, ""]).encode()
    return np.frombuffer(text, dtype=np.uint8), np.cumsum([0, *(len(name) + 1 for name in names)])[:-1]


@given(st.lists(pair, max_size=5))
@settings(deadline=None)
def test_agrees_with_the_twin(pairs):
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    assert disagreement(*places(first), *places(second)) == naive.disagreement(first, second)
