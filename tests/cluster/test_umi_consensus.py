from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.cluster.qc import cluster_qc
from clonotrack.cluster.stage import cluster, cluster_batches
from clonotrack.config import Cluster
from clonotrack.errors import ClonotrackError
from clonotrack.sequences import decode, encode
from tests.cluster.simulated_rearrangements import Clone, random_region, row, substituted, table

DEPTH = 8


def sequenced_with_umis(
    clones: list[Clone], random: np.random.Generator, *, length: int = 12, error_rate: float = 0.005
) -> tuple[pl.DataFrame, list[int]]:
    """Simulate reads of clones with `Clone.reads` molecules, with errors also in the UMIs.

    Returns:
        REARRANGEMENTS, and the molecules of each clone with at least one read.
    """
    rows: dict[tuple[str, str], dict[str, object]] = {}
    observed = []
    for clone in clones:
        depth = random.poisson(DEPTH, clone.reads)
        observed.append(int((depth > 0).sum()))
        umis = np.repeat(random.integers(0, 4, (clone.reads, length), dtype=np.uint8), depth, axis=0)
        whole = np.tile(encode(clone.sequence), (len(umis), 1))
        for codes in (umis, whole):
            wrong = random.random(codes.shape) < error_rate
            codes[wrong] = (codes[wrong] + random.integers(1, 4, wrong.sum(), dtype=np.uint8)) % 4
        for umi, codes in zip(umis, whole, strict=True):
            key = decode(umi), decode(codes)
            if key not in rows:
                rows[key] = row(clone, key[1], 0, umi=key[0], sequence_id="".join(key))
            rows[key]["duplicate_count"] += 1  # type: ignore[operator]
    return table(list(rows.values())), observed


@pytest.fixture(scope="module")
def sample() -> tuple[list[Clone], pl.DataFrame, list[int]]:
    """Simulate a large clone, a sister one base away with a hundredth of it, and 40 others of 1 to 40 molecules."""
    random = np.random.default_rng(5)
    large = random_region(random, 54)
    clones = [Clone(large, 1_500), Clone(substituted(large, 25), 15)]
    clones += [Clone(random_region(random, 48), number) for number in range(1, 41)]
    return clones, *sequenced_with_umis(clones, random)


def test_molecules_are_counted_and_a_rare_sister_stays_separate(
    sample: tuple[list[Clone], pl.DataFrame, list[int]],
) -> None:
    clones, rows, observed = sample
    found = cluster(rows, Cluster())
    counts = dict(found.select("key_region", "umi_count").iter_rows())
    for clone, number in zip(clones, observed, strict=True):
        assert counts[clone.key_region] == pytest.approx(number, rel=0.03, abs=1)
    assert found.filter(pl.col("umi_count") > 0).height == len(clones)
    assert found.height < len(clones) + 30
    assert found["duplicate_count"].sum() == rows["duplicate_count"].sum()
    by_reads = cluster(rows.with_columns(umi=pl.lit(None, dtype=pl.String)), Cluster())
    assert clones[1].key_region not in by_reads["key_region"]
    assert by_reads["umi_count"].null_count() == by_reads.height


def test_shares_and_ranks_are_of_molecules(sample: tuple[list[Clone], pl.DataFrame, list[int]]) -> None:
    found = cluster(sample[1], Cluster())
    counts = found["umi_count"]
    assert counts.to_list() == sorted(counts, reverse=True)
    assert found["fraction_of_locus"].to_list() == pytest.approx((counts / counts.sum()).to_list())
    assert (found["consensus_count"] <= found["duplicate_count"]).all()


def test_the_order_of_the_rows_does_not_matter(sample: tuple[list[Clone], pl.DataFrame, list[int]]) -> None:
    rows = sample[1]
    assert cluster(rows.sample(fraction=1, shuffle=True, seed=1), Cluster()).equals(cluster(rows, Cluster()))


def test_qc_reports_how_molecules_were_counted(sample: tuple[list[Clone], pl.DataFrame, list[int]]) -> None:
    _, rows, observed = sample
    values = dict(cluster_qc(cluster_batches([rows], Cluster()), "dx").select("metric", "value").iter_rows())
    assert values["molecules"] == pytest.approx(sum(observed), rel=0.02)
    assert values["umi_error_rate"] == pytest.approx(0.005, rel=0.3)
    assert values["reads_per_molecule"] == pytest.approx(DEPTH, rel=0.05)
    of_reads = sum(value for name, value in values.items() if name.startswith("umis_of_"))
    assert of_reads == pytest.approx(sum(observed), rel=0.03)
    assert values["clonotypes_with_full_umi_space"] == 0


def test_umis_below_the_set_threshold_are_no_molecules(
    sample: tuple[list[Clone], pl.DataFrame, list[int]],
) -> None:
    _, rows, _ = sample
    found = cluster(rows, Cluster(min_umi_reads=3))
    assert found["consensus_count"].sum() < found["duplicate_count"].sum()
    assert found["umi_count"][0] == pytest.approx(cluster(rows, Cluster())["umi_count"][0], rel=0.02)


def test_reads_are_counted_if_the_umi_space_is_saturated() -> None:
    random = np.random.default_rng(6)
    rows, _ = sequenced_with_umis(
        [Clone(random_region(random), 600), Clone(random_region(random), 5)], random, length=5
    )
    found = cluster(rows, Cluster())
    assert found["umi_count"][0] is None
    assert found["fraction_of_locus"][0] == found["duplicate_count"][0] / found["duplicate_count"].sum()


def test_a_molecule_has_the_key_region_of_most_of_its_reads() -> None:
    region = random_region(np.random.default_rng(7))
    near = substituted(region, 20)
    reads = [
        ("A" * 12, region, 3),
        ("A" * 12, near, 1),
        ("C" * 12, near, 4),
        ("G" * 12, near, 5),
        ("T" * 12, region, 2),
    ]
    rows = [row(Clone(r, n), umi=umi, sequence_id=f"{umi}{r}") for umi, r, n in reads]
    found = cluster(table(rows), Cluster())
    assert found.select("key_region", "umi_count", "duplicate_count").rows() == [(near, 2, 9), (region, 2, 6)]


def test_umis_of_two_lengths_are_an_error() -> None:
    clone = Clone(random_region(np.random.default_rng(8)), 1)
    rows = [row(clone, umi="A" * n, sequence_id=str(n)) for n in (10, 12)]
    with pytest.raises(ClonotrackError, match="UMIs of 10 and 12 nt"):
        cluster(table(rows), Cluster())
