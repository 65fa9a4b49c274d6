from __future__ import annotations

import random as shuffling

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.cluster.error_model import error_rate
from clonotrack.cluster.kernels.neighbours import neighbours
from clonotrack.cluster.qc import quality_control
from clonotrack.cluster.stage import clone_id, cluster, clustered
from clonotrack.config import Cluster
from clonotrack.sequences import Ragged
from clonotrack.tables import CLONOTYPES
from tests.cluster.made import V_END, Clone, random_region, row, sequenced, substituted, table

SETTINGS = Cluster()


@pytest.fixture(scope="module")
def baseline() -> tuple[list[Clone], pl.DataFrame]:
    """A dominant clone, its sister one base away at half its reads, and 200 others.

    Sequencing errors are 0.3 % a base; early PCR errors make four copies of the dominant clone of 0.1 to 1 %.
    """
    random = np.random.default_rng(2024)
    dominant = random_region(random, 54)
    clones = [Clone(dominant, 20_000), Clone(substituted(dominant, 25), 10_000)]
    clones += [Clone(random_region(random, 30 + 3 * int(random.integers(0, 11))), 20 + i) for i in range(200)]
    early = [Clone(substituted(dominant, place), reads) for place, reads in ((8, 200), (15, 100), (40, 50), (33, 20))]
    rows = sequenced([*clones, *early], random, error_rate=0.003)
    return [Clone(dominant, 20_370), *clones[1:]], rows


def reads_of(clonotypes: pl.DataFrame) -> dict[str, int]:
    return dict(clonotypes.select("key_region", "duplicate_count").iter_rows())


def test_a_dominant_clone_gets_its_reads_back_and_a_sister_one_base_away_stays_apart(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    clones, rows = baseline
    reads = reads_of(cluster(rows, SETTINGS))
    for clone in clones[:2]:
        assert 0.99 * clone.reads <= reads[clone.key_region] <= 1.01 * clone.reads


def test_every_rare_clonotype_at_three_substitutions_or_more_is_kept(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    clones, rows = baseline
    reads = reads_of(cluster(rows, SETTINGS))
    assert {clone.key_region for clone in clones} <= set(reads)
    near = [Clone(substituted(clones[0].key_region, 12 + 4 * i, 14 + 4 * i, 15 + 4 * i), 10) for i in range(5)]
    kept = reads_of(cluster(pl.concat([rows, table([row(clone) for clone in near])]), SETTINGS))
    assert all(kept[clone.key_region] == 10 for clone in near)


def test_no_read_is_lost_and_quality_control_says_where_each_went(
    baseline: tuple[list[Clone], pl.DataFrame],
) -> None:
    _, rows = baseline
    nothing = table([{"sequence_id": "x", "sequence": "ACGT", "rev_comp": False, "duplicate_count": 7}])
    rows = pl.concat([rows, nothing])
    found = clustered([rows], SETTINGS)
    clonotypes = found.clonotypes
    values = dict(quality_control(found, "dx").select("metric", "value").iter_rows())
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


def test_copies_that_are_collapsed_or_one_row_each_give_the_same() -> None:
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


@pytest.mark.parametrize(
    ("distance", "parent_reads", "copy_reads", "merged"),
    [
        (1, 2, 1, True),
        (1, 10, 2, False),
        (1, 10, 1, True),
        (1, 20_000, 900, True),
        (1, 20_000, 1_100, False),
        (2, 20, 1, False),
        (2, 400, 1, True),
        (2, 400_000, 4, True),
        (2, 400_000, 10, False),
        (3, 100_000, 1, False),
    ],
)
def test_a_copy_has_no_more_reads_than_errors_of_its_parent_explain(
    distance: int, parent_reads: int, copy_reads: int, merged: bool
) -> None:
    region = random_region(np.random.default_rng(4))
    copy = substituted(region, *range(10, 10 + distance))
    settings = Cluster(error_rate=0.003)
    found = reads_of(cluster(table([row(Clone(region, parent_reads)), row(Clone(copy, copy_reads))]), settings))
    apart = {region: parent_reads, copy: copy_reads}
    assert found == ({region: parent_reads + copy_reads} if merged else apart)


def test_a_copy_read_with_low_quality_needs_a_smaller_parent() -> None:
    region = random_region(np.random.default_rng(4))
    copy = Clone(substituted(region, 20, 30), 3)
    for letter, merged in (("I", False), ("#", True), (None, False)):
        quality = letter and letter * len(copy.sequence)
        rows = table([row(Clone(region, 100), quality=None), row(copy, quality=quality)])
        assert len(reads_of(cluster(rows, Cluster(error_rate=0.003)))) == 2 - merged


def test_the_error_rate_is_that_of_the_copies_of_large_key_regions() -> None:
    random = np.random.default_rng(21)
    clones = [Clone(random_region(random), 20_000), Clone(random_region(random), 5_000)]
    for rate in (0.001, 0.008):
        rows = sequenced(clones, random, error_rate=rate)
        counts = rows.group_by("key_region").agg(pl.col("duplicate_count").sum())
        counts = counts.sort("duplicate_count", "key_region", descending=[True, False])
        regions, reads = Ragged.from_strings(counts["key_region"]), counts["duplicate_count"].to_numpy()
        limits = np.tile(reads, (2, 1))
        pairs = neighbours(regions.codes, regions.offsets, np.zeros(len(reads), dtype=np.int64), reads, limits)
        assert error_rate(reads, regions.lengths, pairs) == pytest.approx(rate, rel=0.15)


def test_a_small_relative_of_an_error_copy_is_no_early_error_of_it() -> None:
    """One error of early PCR explains a twentieth of a clonotype's reads, but not of its copies'."""
    region = random_region(np.random.default_rng(4))
    clones = [Clone(region, 40_000), Clone(substituted(region, 20), 400), Clone(substituted(region, 20, 30), 10)]
    found = reads_of(cluster(table([row(clone) for clone in clones]), Cluster(error_rate=0.003)))
    assert found == {region: 40_400, clones[2].key_region: 10}


def test_a_copy_with_one_base_inserted_or_deleted_is_put_under_its_parent() -> None:
    parent = Clone(random_region(np.random.default_rng(5)), 100)
    shorter = Clone(parent.key_region[:20] + parent.key_region[21:], 5)
    longer = Clone(parent.key_region[:20] + "A" + parent.key_region[20:], 5)
    two = Clone(parent.key_region[:20] + "AC" + parent.key_region[20:], 5)
    rows = table([row(clone) for clone in (parent, shorter, longer, two)])
    assert reads_of(cluster(rows, SETTINGS)) == {parent.key_region: 110, two.key_region: 5}


def test_a_copy_goes_to_the_parent_that_makes_most_of_it_and_follows_it() -> None:
    random = np.random.default_rng(6)
    near = random_region(random)
    far = substituted(near, 20, 21)
    copy, copy_of_copy = substituted(near, 20), substituted(near, 20, 30)
    clones = [Clone(near, 9_000), Clone(far, 30_000), Clone(copy, 400), Clone(copy_of_copy, 3)]
    settings = Cluster(error_rate=0.003)
    assert reads_of(cluster(table([row(clone) for clone in clones]), settings)) == {far: 30_403, near: 9_000}


def test_nothing_is_merged_at_distance_zero(baseline: tuple[list[Clone], pl.DataFrame]) -> None:
    _, rows = baseline
    clonotypes = cluster(rows, Cluster(max_distance=0))
    assert clonotypes.height == rows["key_region"].n_unique()


def test_loci_are_never_merged() -> None:
    region = random_region(np.random.default_rng(7))
    clones = [Clone(region, 1_000), Clone(substituted(region, 20), 5, "TRBV2*01", "TRBJ1-1*01", "TRB")]
    clonotypes = cluster(table([row(clone) for clone in clones]), SETTINGS)
    assert clonotypes["fraction_of_locus"].to_list() == [1.0, 1.0]


def test_a_key_region_with_unknown_bases_goes_to_the_most_abundant_that_it_can_be_else_stays() -> None:
    random = np.random.default_rng(9)
    one = random_region(random)
    other, alone = substituted(one, 20), random_region(random)
    unknown = one[:20] + "NN" + one[22:]
    clones = [Clone(one, 50), Clone(other, 40), Clone(unknown, 90), Clone(alone[:9] + "N" + alone[10:], 3)]
    assert reads_of(cluster(table([row(clone) for clone in clones]), SETTINGS)) == {
        one: 140,
        other: 40,
        clones[3].key_region: 3,
    }


def test_errors_are_outvoted_and_the_key_region_is_unchanged(baseline: tuple[list[Clone], pl.DataFrame]) -> None:
    clones, rows = baseline
    found = cluster(rows, SETTINGS)
    assert all(region in sequence for region, sequence in found.select("key_region", "sequence").iter_rows())
    sequences = dict(found.select("key_region", "sequence").iter_rows())
    assert all(sequences[clone.key_region] == clone.sequence for clone in clones)


def test_a_family_is_a_head_and_its_near_relatives_of_the_same_genes() -> None:
    head = random_region(np.random.default_rng(12), 48)
    clones = [
        Clone(head, 100),
        Clone(substituted(head, 10, 20, 30, 40), 60),
        Clone(substituted(head, 9, 10, 20, 30, 40), 50),
        Clone(substituted(head, 11), 40, v_call="IGHV3-7*01"),
        Clone(substituted(head, 12), 30, j_call="IGHJ4*01,IGHJ6*02"),
    ]
    shuffled = shuffling.Random(1).sample(clones, len(clones))
    found = cluster(table([row(clone) for clone in shuffled]), SETTINGS)
    ids = found["clone_id"].to_list()
    assert found["family_id"].to_list() == [ids[0], ids[0], ids[2], ids[3], ids[0]]


def test_another_v_on_the_same_d_n_j_stem_is_of_the_family() -> None:
    stem, j = "ATTACGATTTTTGGAGTGGTTATCC", "TACTTTGACTACTGG"
    ends = ("TGTGCGAGAGATC", "TGTGCGAAAGGG", "TGTACCACAGAT", "TGTGCGAGAG")
    regions = [end + stem + j for end in ends[:3]] + [ends[3] + "C".join(stem.rsplit("G", 1)) + j]
    calls = ["IGHV1-2*02", "IGHV3-23*01", "IGHV3-15*01", "IGHV4-34*01"]
    rows = [
        row(Clone(region, 100 - i, v_call=call), d_call=d_call, j_sequence_start=len(V_END) + len(region) - len(j) + 1)
        for i, (region, call, d_call) in enumerate(
            zip(regions, calls, ["IGHD3-3*01"] * 2 + [None, "IGHD3-3*01"], strict=True)
        )
    ]
    found = cluster(table(rows), SETTINGS)
    ids = found["clone_id"].to_list()
    assert found["v_call"].to_list() == calls
    assert found["family_id"].to_list() == [ids[0], ids[0], ids[2], ids[3]]
