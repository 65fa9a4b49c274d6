from __future__ import annotations

import pytest

from clonotrack.annotate.index import build_index
from clonotrack.germline import LOCI, Reference


@pytest.fixture(scope="module")
def names(reference: Reference) -> tuple[list[set[str]], list[set[str]]]:
    """Loci of the alleles of every V group and every J group."""
    index = build_index(reference, LOCI)
    found = []
    for segments, alleles in ((index.germline.v, index.v), (index.germline.j, index.j)):
        groups = [alleles[group["first"] : group["end"]] for group in segments.groups]
        found.append([{s.gene if s.gene in ("KDE", "Intron") else s.locus for s in group} for group in groups])
    return found[0], found[1]


def test_alleles_that_share_a_locus_form_one_group(names: tuple[list[set[str]], list[set[str]]]) -> None:
    assert names[0] == [{"IGH"}, {"IGK"}, {"IGL"}, {"TRA", "TRD"}, {"TRB"}, {"TRG"}, {"Intron"}]
    assert names[1] == [{"IGH"}, {"IGK"}, {"IGL"}, {"TRA"}, {"TRB"}, {"TRG"}, {"TRD"}, {"KDE"}]


def test_v_and_j_groups_that_recombine(reference: Reference, names: tuple[list[set[str]], list[set[str]]]) -> None:
    v_joins_j = build_index(reference, LOCI).germline.v_joins_j
    pairs = {(min(v), min(j)) for a, v in enumerate(names[0]) for b, j in enumerate(names[1]) if v_joins_j[a, b]}
    expected = {(locus, locus) for locus in LOCI if locus != "TRD"}
    assert pairs == expected | {("TRA", "TRD"), ("IGK", "KDE"), ("Intron", "KDE")}


def test_d_genes_of_a_locus(reference: Reference, names: tuple[list[set[str]], list[set[str]]]) -> None:
    index = build_index(reference, LOCI)
    d_joins_j = {
        min(group): {index.d[d].locus for d in range(len(index.d)) if index.germline.d_joins_j[g, d]}
        for g, group in enumerate(names[1])
    }
    with_d = {"IGH": {"IGH"}, "TRB": {"TRB"}, "TRD": {"TRD"}, "TRA": {"TRD"}}
    assert d_joins_j == {name: with_d.get(name, set()) for name in (*LOCI, "KDE")}
    order = {index.j[j].gene[:5]: int(index.germline.j.alleles["order"][j]) for j in range(len(index.j))}
    order |= {index.d[d].gene: int(index.germline.d.alleles["order"][d]) for d in range(len(index.d))}
    assert order["TRBD1"] < order["TRBJ1"] < order["TRBD2"] < order["TRBJ2"]
    assert order["TRDD1"] < order["TRDD2"] < order["TRDD3"] < order["TRDJ1"]
    assert order["IGHD1-1"] < order["IGHD6-6"] < order["IGHD5-12"] < order["IGHD7-27"] < order["IGHJ4"]


def test_every_allele_of_the_reference_is_indexed(reference: Reference) -> None:
    index = build_index(reference, ("IGH",))
    assert (len(index.v), len(index.d), len(index.j)) == tuple(len(reference.select(kind)) for kind in ("V", "D", "J"))
    assert index.reported.tolist() == [True] + [False] * 7
