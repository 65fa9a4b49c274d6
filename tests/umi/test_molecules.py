from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import ClonotrackError
from clonotrack.sequences import U64
from clonotrack.umi.collect import Umis
from clonotrack.umi.molecules import molecules
from tests.umi.tagged import sequenced


def of_one(umis: U64, length: int) -> Umis:
    return Umis.collect(umis, np.zeros(len(umis), dtype=np.int64), length)


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
    umis, seen = sequenced(number, length, depth, sd, seed=number + length)
    found = molecules(of_one(umis, length), 1)
    assert found.seen[0] == pytest.approx(seen, rel=0.03)
    assert found.total[0] == pytest.approx(number, rel=0.05)
    assert found.error_rate == pytest.approx(0.01, rel=0.25)
    assert not found.full[0]


def test_plain_directional_merging_loses_6_percent_of_100_000_molecules_with_12_bases() -> None:
    umis, seen = sequenced(100_000, 12, 5, 0.8, seed=1)
    found = molecules(of_one(umis, 12), 1)
    assert found.groups[0] < 0.94 * seen
    assert found.seen[0] == pytest.approx(seen, rel=0.01)


def test_a_space_that_is_too_full_gives_a_flag_and_no_number() -> None:
    umis, _ = sequenced(20_000, 8, 10, 0.5, seed=2)
    targets = np.zeros(len(umis), dtype=np.int64)
    few, seen = sequenced(50, 8, 10, 0.5, seed=3)
    both = Umis.collect(np.concatenate([umis, few]), np.concatenate([targets, np.ones(len(few), dtype=np.int64)]), 8)
    found = molecules(both, 2)
    assert found.full.tolist() == [True, False]
    assert np.isnan(found.seen[0])
    assert np.isnan(found.total[0])
    assert found.seen[1] == pytest.approx(seen, abs=2)


def test_targets_are_counted_apart_and_one_without_a_umi_has_none() -> None:
    parts = [sequenced(number, 12, 8, 0.5, seed=number) for number in (5_000, 40, 3)]
    targets = np.repeat([0, 1, 3], [len(umis) for umis, _ in parts])
    found = molecules(Umis.collect(np.concatenate([umis for umis, _ in parts]), targets, 12), 4)
    assert found.seen[2] == 0
    for place, (_, seen) in zip((0, 1, 3), parts, strict=True):
        assert found.seen[place] == pytest.approx(seen, rel=0.03, abs=0.5)


def test_uneven_bases_make_the_space_smaller() -> None:
    random = np.random.default_rng(4)
    bases = random.choice(4, (400, 10), p=[0.1, 0.1, 0.2, 0.6]).astype(np.uint64)
    umis = (bases << (2 * np.arange(10, dtype=np.uint64))).sum(axis=1).astype(np.uint64)
    found = molecules(of_one(np.repeat(umis, 6), 10), 1)
    assert found.space == pytest.approx(0.42**-10, rel=0.1)
    assert len(np.unique(umis)) < 392 < found.seen[0] < 412


def test_order_does_not_matter() -> None:
    umis, _ = sequenced(2_000, 10, 4, 0.5, seed=5)
    one, other = (molecules(of_one(order, 10), 1) for order in (umis, umis[::-1]))
    assert one.seen.tolist() == other.seen.tolist()
    assert one.total.tolist() == other.total.tolist()


def test_artefacts_of_few_reads_raise_the_threshold_and_are_left_out() -> None:
    umis, seen = sequenced(2_000, 12, 40, 0.4, seed=6)
    artefacts = np.random.default_rng(7).integers(0, 4**12, 600).astype(np.uint64)
    found = molecules(of_one(np.concatenate([umis, artefacts]), 12), 1)
    assert found.least in (2, 3)
    assert found.seen[0] == pytest.approx(seen, rel=0.01)


def test_the_threshold_can_be_set() -> None:
    umis, seen = sequenced(2_000, 12, 6, 0.4, seed=8)
    found = molecules(of_one(umis, 12), 1, min_reads=4)
    assert found.least == 4
    assert found.seen[0] == pytest.approx(seen, rel=0.03)


def test_no_umi_gives_no_molecule() -> None:
    found = molecules(of_one(np.empty(0, dtype=np.uint64), 12), 2)
    assert found.seen.tolist() == found.total.tolist() == [0, 0]


def test_one_read_is_one_molecule() -> None:
    found = molecules(of_one(np.array([5], dtype=np.uint64), 12), 1)
    assert found.seen.tolist() == pytest.approx([1], abs=1e-4)
    assert np.isnan(found.total[0])


def test_umis_that_do_not_fit_64_bits_are_refused() -> None:
    with pytest.raises(ClonotrackError, match="UMIs of 32 nt"):
        of_one(np.zeros(1, dtype=np.uint64), 32)


@pytest.mark.parametrize("length", [8, 10, 12])
@pytest.mark.parametrize("extra", [[], [(1, 1)], [(1, 1), (2, 2), (3, 1)]])
def test_one_molecule_is_one_whatever_errors_its_umi_has(length: int, extra: list[tuple[int, int]]) -> None:
    umis = np.array([0, *(umi for umi, _ in extra)], dtype=np.uint64)
    reads = np.array([40, *(count for _, count in extra)])
    found = Umis.collect(umis, np.zeros(len(umis), dtype=np.int64), length, reads)
    assert round(float(molecules(found, 1).seen[0])) == 1


@pytest.mark.parametrize("truth", [2, 3, 5, 8])
def test_a_handful_of_molecules_is_counted(truth: int) -> None:
    rng = np.random.default_rng(truth)
    umis = rng.choice(4**10, truth, replace=False).astype(np.uint64)
    found = Umis.collect(umis, np.zeros(truth, dtype=np.int64), 10, rng.integers(1, 20, truth))
    assert float(molecules(found, 1).seen[0]) == pytest.approx(truth, abs=0.2)
