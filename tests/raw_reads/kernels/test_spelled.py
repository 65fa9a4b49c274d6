import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels.umi import spelled_umis
from tests.raw_reads.twins import spelled as naive

text = st.one_of(st.text("ACGT+-:_Nx", max_size=8), st.text("AC", min_size=30, max_size=34).map("r:".__add__))


@pytest.mark.parametrize("last_field", [True, False])
@given(texts=st.lists(text, max_size=6))
@settings(deadline=None)
def test_agrees_with_the_twin(texts, last_field):
    letters = np.frombuffer("".join(texts).encode(), dtype=np.uint8)
    umis, lengths = spelled_umis(letters, np.cumsum([0, *map(len, texts)]), last_field)
    found = [
        "".join("ACGT"[umi >> 2 * (length - 1 - i) & 3] for i in range(length))
        for umi, length in zip(umis.tolist(), lengths.tolist(), strict=True)
    ]
    assert found == naive.spelled_umis(texts, last_field)
