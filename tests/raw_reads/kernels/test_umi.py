"""UMIs in bases and in text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels.umi import umis_from_bases, umis_from_text
from clonotrack.sequences import Ragged
from tests.raw_reads.twins import umi as naive

reads = st.lists(st.text("ACGTN", max_size=8), max_size=6)
position = st.tuples(st.sampled_from(["A", "C", "AG", "ACGT", "ACGTN"]), st.booleans(), st.booleans())


@given(reads, st.lists(position, max_size=6), st.lists(st.integers(0, 2), min_size=7, max_size=7))
@settings(deadline=None)
def test_umis_from_bases_agree_with_the_twin(texts, positions, limits):
    groups = np.cumsum([0, *(new for *_, new in positions)])[1:].astype(np.int64)
    umi = [is_umi and "N" not in letters for letters, is_umi, _ in positions]
    limits = np.array(limits, dtype=np.int64)
    limits[[g for g, is_umi in zip(groups, umi, strict=True) if is_umi]] = 0
    masks = np.array([sum(1 << "ACGTN".index(b) for b in letters) for letters, *_ in positions], dtype=np.uint8)
    ragged = Ragged.from_strings(texts)
    packed, fits = umis_from_bases(ragged.codes, ragged.offsets, masks, np.array(umi, dtype=np.bool_), groups, limits)
    expected = naive.umis_from_bases(
        texts, [letters for letters, *_ in positions], umi, groups.tolist(), limits.tolist()
    )
    assert fits.tolist() == [found is not None for found in expected]
    length = sum(umi)
    for number, found in zip(packed.tolist(), expected, strict=True):
        letters = "".join("ACGT"[number >> 2 * (length - 1 - i) & 3] for i in range(length))
        assert number == 0 if found is None else letters == found


text = st.one_of(st.text("ACGT+-:_Nx", max_size=8), st.text("AC", min_size=30, max_size=34).map("r:".__add__))


@pytest.mark.parametrize("last_field", [True, False])
@given(texts=st.lists(text, max_size=6))
@settings(deadline=None)
def test_umis_from_text_agree_with_the_twin(texts, last_field):
    letters = np.frombuffer("".join(texts).encode(), dtype=np.uint8)
    umis, lengths = umis_from_text(letters, np.cumsum([0, *map(len, texts)]), last_field)
    found = [
        "".join("ACGT"[umi >> 2 * (length - 1 - i) & 3] for i in range(length))
        for umi, length in zip(umis.tolist(), lengths.tolist(), strict=True)
    ]
    assert found == naive.umis_from_text(texts, last_field)
