from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.cluster.error_model import estimate_error_rate
from clonotrack.cluster.kernels.neighbours import neighbours
from clonotrack.cluster.stage import cluster
from clonotrack.config import Cluster
from clonotrack.sequences import Ragged
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
    found = reads_by_key_region(
        cluster(table([row(Clone(region, parent_reads)), row(Clone(copy, copy_reads))]), settings)
    )
    separate = {region: parent_reads, copy: copy_reads}
    assert found == ({region: parent_reads + copy_reads} if merged else separate)


def test_a_copy_read_with_low_quality_needs_a_smaller_parent() -> None:
    region = random_region(np.random.default_rng(4))
    copy = Clone(substituted(region, 20, 30), 3)
    for letter, merged in (("I", False), ("#", True), (None, False)):
        quality = letter and letter * len(copy.sequence)
        rows = table([row(Clone(region, 100), quality=None), row(copy, quality=quality)])
        assert len(reads_by_key_region(cluster(rows, Cluster(error_rate=0.003)))) == 2 - merged


def test_the_error_rate_is_estimated_from_copies_of_abundant_key_regions() -> None:
    random = np.random.default_rng(21)
    clones = [Clone(random_region(random), 20_000), Clone(random_region(random), 5_000)]
    for rate in (0.001, 0.008):
        rows = sequenced(clones, random, error_rate=rate)
        counts = rows.group_by("key_region").agg(pl.col("duplicate_count").sum())
        counts = counts.sort("duplicate_count", "key_region", descending=[True, False])
        regions, reads = Ragged.from_strings(counts["key_region"]), counts["duplicate_count"].to_numpy()
        max_child_reads = np.tile(reads, (2, 1))
        pairs = neighbours(regions.codes, regions.offsets, np.zeros(len(reads), dtype=np.int64), reads, max_child_reads)
        assert estimate_error_rate(reads, regions.lengths, pairs) == pytest.approx(rate, rel=0.15)


def test_an_early_pcr_error_explains_no_copy_of_a_copy() -> None:
    """Let an early PCR error explain a twentieth of a clonotype's reads, but not of its copies' reads."""
    region = random_region(np.random.default_rng(4))
    clones = [Clone(region, 40_000), Clone(substituted(region, 20), 400), Clone(substituted(region, 20, 30), 10)]
    found = reads_by_key_region(cluster(table([row(clone) for clone in clones]), Cluster(error_rate=0.003)))
    assert found == {region: 40_400, clones[2].key_region: 10}


def test_a_copy_with_one_base_inserted_or_deleted_goes_to_its_parent() -> None:
    parent = Clone(random_region(np.random.default_rng(5)), 100)
    shorter = Clone(parent.key_region[:20] + parent.key_region[21:], 5)
    longer = Clone(parent.key_region[:20] + "A" + parent.key_region[20:], 5)
    two = Clone(parent.key_region[:20] + "AC" + parent.key_region[20:], 5)
    rows = table([row(clone) for clone in (parent, shorter, longer, two)])
    assert reads_by_key_region(cluster(rows, SETTINGS)) == {parent.key_region: 110, two.key_region: 5}


def test_a_copy_goes_to_the_parent_with_most_expected_copies_and_follows_it() -> None:
    random = np.random.default_rng(6)
    near = random_region(random)
    far = substituted(near, 20, 21)
    copy, copy_of_copy = substituted(near, 20), substituted(near, 20, 30)
    clones = [Clone(near, 9_000), Clone(far, 30_000), Clone(copy, 400), Clone(copy_of_copy, 3)]
    settings = Cluster(error_rate=0.003)
    assert reads_by_key_region(cluster(table([row(clone) for clone in clones]), settings)) == {far: 30_403, near: 9_000}


def test_nothing_is_merged_at_distance_zero(baseline: tuple[list[Clone], pl.DataFrame]) -> None:
    _, rows = baseline
    clonotypes = cluster(rows, Cluster(max_distance=0))
    assert clonotypes.height == rows["key_region"].n_unique()


def test_key_regions_of_different_loci_are_never_merged() -> None:
    region = random_region(np.random.default_rng(7))
    clones = [Clone(region, 1_000), Clone(substituted(region, 20), 5, "TRBV2*01", "TRBJ1-1*01", "TRB")]
    clonotypes = cluster(table([row(clone) for clone in clones]), SETTINGS)
    assert clonotypes["fraction_of_locus"].to_list() == [1.0, 1.0]


def test_a_key_region_with_unknown_bases_goes_to_the_most_abundant_that_agrees_or_stays() -> None:
    random = np.random.default_rng(9)
    one = random_region(random)
    other, alone = substituted(one, 20), random_region(random)
    unknown = one[:20] + "NN" + one[22:]
    clones = [Clone(one, 50), Clone(other, 40), Clone(unknown, 90), Clone(alone[:9] + "N" + alone[10:], 3)]
    assert reads_by_key_region(cluster(table([row(clone) for clone in clones]), SETTINGS)) == {
        one: 140,
        other: 40,
        clones[3].key_region: 3,
    }
