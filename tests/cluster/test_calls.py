from __future__ import annotations

import polars as pl

from clonotrack.cluster.stage import clone_id, cluster
from clonotrack.config import Cluster
from tests.cluster.made import Clone, row, table

REGION = "TGTGCGAGAGATTTACCCGGGTACTTTGACTACTGG"


def calls(*items: tuple[str | None, str | None, int]) -> pl.DataFrame:
    rows = [row(Clone(REGION, reads, v, j), sequence_id=str(i), d_call=None) for i, (v, j, reads) in enumerate(items)]
    return cluster(table(rows), Cluster())


def test_they_are_the_intersection_of_the_tie_sets() -> None:
    found = calls(("IGHV1-2*02,IGHV1-2*04", "IGHJ4*02", 5), ("IGHV1-2*04,IGHV1-3*01", "IGHJ4*02", 1))
    assert found.select("v_call", "d_call", "j_call").row(0) == ("IGHV1-2*04", None, "IGHJ4*02")


def test_they_are_the_best_supported_without_an_intersection() -> None:
    found = calls(
        ("IGHV1-2*02", "IGHJ4*02", 5), ("IGHV1-2*04,IGHV1-2*06", "IGHJ4*02", 4), ("IGHV1-2*06", "IGHJ4*02", 1)
    )
    assert found["v_call"].to_list() == ["IGHV1-2*02,IGHV1-2*06"]


def test_a_call_beats_no_call_up_to_the_same_number_of_reads() -> None:
    for reads, call in ((5, "IGHV1-2*02"), (6, None)):
        assert calls(("IGHV1-2*02", "IGHJ4*02", 5), (None, "IGHJ4*02", reads))["v_call"].to_list() == [call]


def test_disjoint_genes_are_another_clonotype_with_an_id_of_its_own() -> None:
    found = calls(("IGHV1-2*02", "IGHJ4*02", 50), ("IGHV3-7*01", "IGHJ4*02", 10))
    assert found.select("duplicate_count", "v_call").rows() == [(50, "IGHV1-2*02"), (10, "IGHV3-7*01")]
    assert found["clone_id"][0] == clone_id("IGH", REGION)
    assert found["clone_id"][1] == clone_id("IGH", REGION, "IGHV3-7/IGHJ4")


def test_disjoint_genes_at_a_twentieth_are_a_copy_with_a_moved_call() -> None:
    found = calls(("IGHV1-2*02", "IGHJ4*02", 200), ("IGHV3-7*01", "IGHJ4*02", 10))
    assert found.select("duplicate_count", "v_call").rows() == [(210, "IGHV1-2*02")]


def test_alleles_of_one_gene_do_not_set_apart() -> None:
    found = calls(("IGHV1-2*02", "IGHJ4*02", 50), ("IGHV1-2*04", "IGHJ4*02", 40))
    assert found.select("duplicate_count", "v_call").rows() == [(90, "IGHV1-2*02")]
