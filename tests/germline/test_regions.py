from __future__ import annotations

from dataclasses import replace

import pytest

from clonotrack.germline import Reference
from clonotrack.germline.load import load_reference
from clonotrack.germline.regions import region_starts
from clonotrack.sequences import translate


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference()


# Minimum share of alleles whose ungapped sequence gives the same four regions as the gapped one.
MIN_EQUAL_SHARE = {"IGH": 0.99, "IGK": 0.99, "IGL": 0.75}


@pytest.mark.parametrize("locus", MIN_EQUAL_SHARE)
def test_an_ungapped_v_gives_the_regions_of_the_gapped_one(reference: Reference, locus: str) -> None:
    gapped = [v for v in reference.select("V", locus) if v.gapped is not None]
    all_pairs = [(region_starts(v), region_starts(replace(v, gapped=None))) for v in gapped]
    pairs = [(a, b) for a, b in all_pairs if b is not None]
    assert len(pairs) > 0.96 * len(all_pairs)
    assert sum(a == b for a, b in pairs) >= MIN_EQUAL_SHARE[locus] * len(pairs)
    assert all(a[:3] == b[:3] for a, b in pairs[:50] if a is not None)


def test_regions_of_tr_v_fit_the_conserved_residues(reference: Reference) -> None:
    functional = [v for locus in ("TRA", "TRB", "TRG", "TRD") for v in reference.select("V", locus)]
    functional = [v for v in functional if v.functionality == "F" and v.anchor is not None]
    for v in functional:
        starts = region_starts(v)
        assert starts is not None, v.allele
        cdr1, fwr2, cdr2, fwr3 = starts
        assert translate(v.sequence[cdr1 - 12 : cdr1 - 9]) == "C", v.allele
        assert translate(v.sequence[fwr2 + 6 : fwr2 + 9]) == "W", v.allele
        assert cdr2 - fwr2 == 51
        assert cdr1 < fwr2 < cdr2 <= fwr3 < (v.anchor or 0)
        assert all((start - (v.anchor or 0)) % 3 == 0 for start in starts)


def test_a_v_without_anchor_or_conserved_residues_has_no_regions(reference: Reference) -> None:
    (intron,) = reference.alleles("Intron")
    assert region_starts(intron) is None
    v = reference.segment("TRBV2*01")
    assert region_starts(replace(v, sequence="ACG" * 100 + "TGTGCC", anchor=300)) is None
