from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.cluster.qc import cluster_qc
from clonotrack.cluster.stage import clone_id, cluster, cluster_batches
from clonotrack.config import Cluster
from clonotrack.tables import CLONOTYPES
from tests.cluster.simulated_rearrangements import (
    Clone,
    random_region,
    reads_by_key_region,
    row,
    sequenced,
    substituted,
    table,
)

SETTINGS = Cluster()


def test_a_dominant_clone_gets_its_reads_back_and_a_sister_one_base_away_stays_separate(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    clones, rows = baseline
    reads = reads_by_key_region(cluster(rows, SETTINGS))
    for clone in clones[:2]:
        assert 0.99 * clone.reads <= reads[clone.key_region] <= 1.01 * clone.reads


def test_every_rare_clonotype_at_three_substitutions_or_more_is_kept(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    clones, rows = baseline
    reads = reads_by_key_region(cluster(rows, SETTINGS))
    assert {clone.key_region for clone in clones} <= set(reads)
    near = [Clone(substituted(clones[0].key_region, 12 + 4 * i, 14 + 4 * i, 15 + 4 * i), 10) for i in range(5)]
    kept = reads_by_key_region(cluster(pl.concat([rows, table([row(clone) for clone in near])]), SETTINGS))
    assert all(kept[clone.key_region] == 10 for clone in near)


def test_no_read_is_lost_and_qc_reports_where_each_went(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    _, rows = baseline
    nothing = table([{"sequence_id": "x", "sequence": "ACGT", "rev_comp": False, "duplicate_count": 7}])
    rows = pl.concat([rows, nothing])
    found = cluster_batches([rows], SETTINGS)
    clonotypes = found.clonotypes
    values = dict(cluster_qc(found, "dx").select("metric", "value").iter_rows())
    assert values["reads"] == rows["duplicate_count"].sum()
    assert values["reads"] == values["reads_in_clonotypes"] + values["reads_without_rearrangement"]
    assert values["reads_without_rearrangement"] == 7
    keys = set(clonotypes["key_region"])
    merged = rows.filter(pl.col("key_region").is_not_null() & ~pl.col("key_region").is_in(keys))
    assert values["reads_in_error_copies"] == merged["duplicate_count"].sum() > 3_000


def test_the_order_of_the_rows_does_not_matter(baseline: tuple[list[Clone], pl.DataFrame]) -> None:
    _, rows = baseline
    expected = cluster(rows, SETTINGS)
    for seed in (1, 2):
        assert_frame_equal(cluster(rows.sample(fraction=1, shuffle=True, seed=seed), SETTINGS), expected)


def test_deduplicated_reads_and_one_row_for_each_read_give_the_same() -> None:
    random = np.random.default_rng(8)
    clones = [Clone(random_region(random), 60), Clone(random_region(random), 30)]
    rows = sequenced(clones, random, error_rate=0.002)
    each = rows.select(pl.all().repeat_by("duplicate_count")).explode(pl.all()).with_columns(duplicate_count=1)
    assert_frame_equal(cluster(each, SETTINGS), cluster(rows, SETTINGS))


def test_clonotypes_are_sorted_by_reads_then_id(baseline: tuple[list[Clone], pl.DataFrame]) -> None:
    clonotypes = cluster(baseline[1], SETTINGS)
    order = list(clonotypes.select("duplicate_count", "clone_id").iter_rows())
    assert order == sorted(order, key=lambda item: (-item[0], item[1]))
    assert clonotypes.columns == CLONOTYPES.names
    assert clonotypes["fraction_of_locus"].sum() == pytest.approx(1)


def test_the_id_is_that_of_locus_and_key_region() -> None:
    clone = Clone("TGTGCGAAATTTGGGTGG", 5)
    assert cluster(table([row(clone)]), SETTINGS)["clone_id"][0] == clone_id("IGH", clone.key_region)
    assert clone_id("IGH", "TGTGCGAAATTTGGGTGG") == "7f1577c1cb3f90e9"


def test_no_rearrangement_gives_no_clonotype() -> None:
    rows = table([{"sequence_id": "x", "sequence": "ACGT", "rev_comp": False, "duplicate_count": 7}])
    assert_frame_equal(cluster(rows, SETTINGS), CLONOTYPES.empty())
