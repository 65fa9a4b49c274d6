from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import ClonotrackError
from clonotrack.sequences import U64
from clonotrack.umi.collect import UmiTable
from clonotrack.umi.molecules import count_molecules
from tests.umi.simulated_umis import simulate_umis


def of_one_target(umis: U64, length: int) -> UmiTable:
    return UmiTable.collect(umis, np.zeros(len(umis), dtype=np.int64), length)


CASES = [
    pytest.param(number, length, depth, sd, marks=[pytest.mark.slow] if number == 100_000 else [])
    for length in (10, 12, 16)
    for sd in (0.0, 0.8)
    for number, depth in ((100, 30), (1_000, 10), (10_000, 3), (100_000, 10))
]


@pytest.mark.parametrize(("number", "length", "depth", "sd"), CASES)
def test_molecules_with_a_read_are_counted_within_3_percent_and_all_within_5(
    number: int, length: int, depth: float, sd: float
) -> None:
    umis, observed = simulate_umis(number, length, depth, sd, seed=number + length)
    found = count_molecules(of_one_target(umis, length), 1)
    assert found.observed[0] == pytest.approx(observed, rel=0.03)
    assert found.total[0] == pytest.approx(number, rel=0.05)
    assert found.error_rate == pytest.approx(0.01, rel=0.25)
    assert not found.saturated[0]


def test_plain_directional_merging_loses_6_percent_of_100_000_molecules_with_12_bases() -> None:
    umis, observed = simulate_umis(100_000, 12, 5, 0.8, seed=1)
    found = count_molecules(of_one_target(umis, 12), 1)
    assert found.directional_groups[0] < 0.94 * observed
    assert found.observed[0] == pytest.approx(observed, rel=0.01)


def test_a_saturated_umi_space_gives_a_flag_and_no_number() -> None:
    umis, _ = simulate_umis(20_000, 8, 10, 0.5, seed=2)
    targets = np.zeros(len(umis), dtype=np.int64)
    few, observed = simulate_umis(50, 8, 10, 0.5, seed=3)
    both = UmiTable.collect(
        np.concatenate([umis, few]), np.concatenate([targets, np.ones(len(few), dtype=np.int64)]), 8
    )
    found = count_molecules(both, 2)
    assert found.saturated.tolist() == [True, False]
    assert np.isnan(found.observed[0])
    assert np.isnan(found.total[0])
    assert found.observed[1] == pytest.approx(observed, abs=2)


def test_targets_are_counted_separately_and_a_target_without_umis_has_no_molecule() -> None:
    parts = [simulate_umis(number, 12, 8, 0.5, seed=number) for number in (5_000, 40, 3)]
    targets = np.repeat([0, 1, 3], [len(umis) for umis, _ in parts])
    found = count_molecules(UmiTable.collect(np.concatenate([umis for umis, _ in parts]), targets, 12), 4)
    assert found.observed[2] == 0
    for target, (_, observed) in zip((0, 1, 3), parts, strict=True):
        assert found.observed[target] == pytest.approx(observed, rel=0.03, abs=0.5)


def test_uneven_bases_make_the_umi_space_smaller() -> None:
    random = np.random.default_rng(4)
    bases = random.choice(4, (400, 10), p=[0.1, 0.1, 0.2, 0.6]).astype(np.uint64)
    umis = (bases << (2 * np.arange(10, dtype=np.uint64))).sum(axis=1).astype(np.uint64)
    found = count_molecules(of_one_target(np.repeat(umis, 6), 10), 1)
    assert found.umi_space == pytest.approx(0.42**-10, rel=0.1)
    assert len(np.unique(umis)) < 392 < found.observed[0] < 412


def test_the_order_of_reads_does_not_matter() -> None:
    umis, _ = simulate_umis(2_000, 10, 4, 0.5, seed=5)
    forward, backward = (count_molecules(of_one_target(order, 10), 1) for order in (umis, umis[::-1]))
    assert forward.observed.tolist() == backward.observed.tolist()
    assert forward.total.tolist() == backward.total.tolist()


def test_artefacts_of_few_reads_raise_the_threshold_and_are_left_out() -> None:
    umis, observed = simulate_umis(2_000, 12, 40, 0.4, seed=6)
    artefacts = np.random.default_rng(7).integers(0, 4**12, 600).astype(np.uint64)
    found = count_molecules(of_one_target(np.concatenate([umis, artefacts]), 12), 1)
    assert found.min_reads in (2, 3)
    assert found.observed[0] == pytest.approx(observed, rel=0.01)


def test_the_threshold_can_be_set() -> None:
    umis, observed = simulate_umis(2_000, 12, 6, 0.4, seed=8)
    found = count_molecules(of_one_target(umis, 12), 1, min_reads=4)
    assert found.min_reads == 4
    assert found.observed[0] == pytest.approx(observed, rel=0.03)


def test_without_umis_there_is_no_molecule() -> None:
    found = count_molecules(of_one_target(np.empty(0, dtype=np.uint64), 12), 2)
    assert found.observed.tolist() == found.total.tolist() == [0, 0]


def test_one_read_is_one_molecule() -> None:
    found = count_molecules(of_one_target(np.array([5], dtype=np.uint64), 12), 1)
    assert found.observed.tolist() == pytest.approx([1], abs=1e-4)
    assert np.isnan(found.total[0])


def test_umis_that_do_not_fit_64_bits_are_refused() -> None:
    with pytest.raises(ClonotrackError, match="UMIs of 32 nt"):
        of_one_target(np.zeros(1, dtype=np.uint64), 32)


@pytest.mark.parametrize("length", [8, 10, 12])
@pytest.mark.parametrize("extra", [[], [(1, 1)], [(1, 1), (2, 2), (3, 1)]])
def test_errors_in_its_umi_do_not_multiply_a_molecule(length: int, extra: list[tuple[int, int]]) -> None:
    umis = np.array([0, *(umi for umi, _ in extra)], dtype=np.uint64)
    reads = np.array([40, *(count for _, count in extra)])
    found = UmiTable.collect(umis, np.zeros(len(umis), dtype=np.int64), length, reads)
    assert round(float(count_molecules(found, 1).observed[0])) == 1


@pytest.mark.parametrize("truth", [2, 3, 5, 8])
def test_a_handful_of_molecules_is_counted(truth: int) -> None:
    rng = np.random.default_rng(truth)
    umis = rng.choice(4**10, truth, replace=False).astype(np.uint64)
    found = UmiTable.collect(umis, np.zeros(truth, dtype=np.int64), 10, rng.integers(1, 20, truth))
    assert float(count_molecules(found, 1).observed[0]) == pytest.approx(truth, abs=0.2)
