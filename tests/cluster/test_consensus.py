from __future__ import annotations

import polars as pl

from clonotrack.cluster.stage import clone_id, cluster
from clonotrack.config import Cluster
from tests.cluster.simulated_rearrangements import V_END, Clone, row, substituted, table

REGION = "TGTGCGAGAGATTTACCCGGGTACTTTGACTACTGG"
CLONE = Clone(REGION, 1)


def calls(*items: tuple[str | None, str | None, int]) -> pl.DataFrame:
    rows = [row(Clone(REGION, reads, v, j), sequence_id=str(i), d_call=None) for i, (v, j, reads) in enumerate(items)]
    return cluster(table(rows), Cluster())


def test_calls_are_the_intersection_of_the_calls_of_the_reads() -> None:
    found = calls(("IGHV1-2*02,IGHV1-2*04", "IGHJ4*02", 5), ("IGHV1-2*04,IGHV1-3*01", "IGHJ4*02", 1))
    assert found.select("v_call", "d_call", "j_call").row(0) == ("IGHV1-2*04", None, "IGHJ4*02")


def test_calls_are_the_most_supported_alleles_without_an_intersection() -> None:
    found = calls(
        ("IGHV1-2*02", "IGHJ4*02", 5), ("IGHV1-2*04,IGHV1-2*06", "IGHJ4*02", 4), ("IGHV1-2*06", "IGHJ4*02", 1)
    )
    assert found["v_call"].to_list() == ["IGHV1-2*02,IGHV1-2*06"]


def test_a_call_wins_against_no_call_up_to_the_same_number_of_reads() -> None:
    for reads, call in ((5, "IGHV1-2*02"), (6, None)):
        assert calls(("IGHV1-2*02", "IGHJ4*02", 5), (None, "IGHJ4*02", reads))["v_call"].to_list() == [call]


def test_disjoint_genes_make_another_clonotype_with_another_id() -> None:
    found = calls(("IGHV1-2*02", "IGHJ4*02", 50), ("IGHV3-7*01", "IGHJ4*02", 10))
    assert found.select("duplicate_count", "v_call").rows() == [(50, "IGHV1-2*02"), (10, "IGHV3-7*01")]
    assert found["clone_id"][0] == clone_id("IGH", REGION)
    assert found["clone_id"][1] == clone_id("IGH", REGION, "IGHV3-7/IGHJ4")


def test_disjoint_genes_at_a_twentieth_are_copies_with_a_wrong_call() -> None:
    found = calls(("IGHV1-2*02", "IGHJ4*02", 200), ("IGHV3-7*01", "IGHJ4*02", 10))
    assert found.select("duplicate_count", "v_call").rows() == [(210, "IGHV1-2*02")]


def test_alleles_of_one_gene_make_no_other_clonotype() -> None:
    found = calls(("IGHV1-2*02", "IGHJ4*02", 50), ("IGHV1-2*04", "IGHJ4*02", 40))
    assert found.select("duplicate_count", "v_call").rows() == [(90, "IGHV1-2*02")]


def consensus(*items: tuple[str, int, str | None, int]) -> str:
    """Cluster rows of (sequence, reads, quality, key_region_start) of one clonotype."""
    rows = [
        row(CLONE, reads=reads)
        | {"sequence_id": str(i), "sequence": sequence, "quality": quality, "key_region_start": start}
        for i, (sequence, reads, quality, start) in enumerate(items)
    ]
    sequence: str = cluster(table(rows), Cluster())["sequence"][0]
    return sequence


def test_the_consensus_extends_as_far_as_half_of_the_reads() -> None:
    whole, start = CLONE.sequence, len(V_END) + 1
    assert consensus((whole, 2, None, start), (whole[10:-6], 2, None, start - 10)) == whole
    assert consensus((whole, 1, None, start), (whole[10:-6], 2, None, start - 10)) == whole[10:-6]


def test_quality_outweighs_number() -> None:
    whole, start = CLONE.sequence, len(V_END) + 1
    wrong = substituted(whole, 3)
    good, bad = "I" * len(whole), "+" * len(whole)
    assert consensus((whole, 1, good, start), (wrong, 3, bad, start)) == whole
    assert consensus((whole, 1, good, start), (wrong, 5, bad, start)) == wrong


def test_errors_are_outvoted_in_the_sequence_and_the_key_region_is_unchanged(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    clones, rows = baseline
    found = cluster(rows, Cluster())
    assert all(region in sequence for region, sequence in found.select("key_region", "sequence").iter_rows())
    sequences = dict(found.select("key_region", "sequence").iter_rows())
    assert all(sequences[clone.key_region] == clone.sequence for clone in clones)
