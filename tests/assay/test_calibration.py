"""Reads per copy from calibrators: by V family, by locus, or pooled."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import polars as pl
import pytest

from clonotrack.assay.calibration import Calibration, Calibrators, v_family
from clonotrack.assay.controls import controls_of_kind
from clonotrack.errors import QuantityError
from clonotrack.tables import CONTROLS


def controls(*rows: tuple[str, str | None, float], kind: str = "calibrator", family: str | None = None) -> pl.DataFrame:
    named = [
        {
            "control_id": name,
            "kind": kind,
            "locus": locus,
            "sequence": "ACGT",
            "copies": copies,
            "v_family": family,
        }
        for name, locus, copies in rows
    ]
    return pl.DataFrame(named, schema=CONTROLS.schema())


NINE = controls(*((f"C{i}", "IGH", 40.0) for i in range(9)))


def fit(
    reads: dict[str, int], table: pl.DataFrame = NINE, locus: str | None = "IGH", family: str | None = None
) -> Calibration:
    return Calibrators(controls_of_kind(table, "calibrator", reads), exp(0.25) / 0.6).calibration(locus, family)


def test_reads_per_copy_are_all_reads_over_all_copies() -> None:
    reads = {f"C{i}": 60 + 3 * i for i in range(9)}
    found = fit(reads)
    assert found.counts_per_copy == pytest.approx(sum(reads.values()) / 360)
    assert (len(found.used), found.failed, found.pooled) == (9, (), False)


def test_the_error_is_that_of_poisson_molecules_with_uneven_yield() -> None:
    found = fit({f"C{i}": 72 for i in range(9)})
    assert found.log_sd == pytest.approx(sqrt((1 + 3 * exp(0.25)) / 648))


def test_the_error_agrees_with_the_spread_of_simulated_tubes() -> None:
    rng = np.random.default_rng(8)
    drawn = rng.binomial(rng.poisson(40, (2000, 9)), 0.6)
    yields = [[rng.poisson(3 * np.exp(rng.normal(-0.125, 0.5, n)).sum()) for n in row] for row in drawn]
    fits = [fit({f"C{i}": int(count) for i, count in enumerate(row)}) for row in yields]
    spread = np.std([np.log(found.counts_per_copy) for found in fits])
    assert 1.0 <= np.mean([found.log_sd for found in fits]) / spread <= 1.15
    assert np.mean([found.counts_per_copy for found in fits]) == pytest.approx(1.8, rel=0.01)


def test_calibrators_that_scatter_more_widen_the_error() -> None:
    even, uneven = ({f"C{i}": 72 for i in range(9)}, {f"C{i}": 72 + 40 * (-1) ** i for i in range(8)} | {"C8": 72})
    assert fit(uneven).failed == ()
    assert fit(uneven).log_sd == fit(even).log_sd == fit(even).log_sd_with_scatter
    assert fit(uneven).log_sd_with_scatter > 1.5 * fit(even).log_sd_with_scatter


@pytest.mark.parametrize("odd", [0, 900])
def test_an_outlier_among_the_calibrators_is_left_out_and_named(odd: int) -> None:
    found = fit({f"C{i}": 72 for i in range(8)} | {"C8": odd})
    assert found.failed == ("C8",)
    assert found.counts_per_copy == pytest.approx(1.8)


def test_of_two_calibrators_none_is_an_outlier() -> None:
    table = controls(("A", "IGH", 40.0), ("B", "IGH", 40.0))
    assert fit({"A": 0, "B": 900}, table).failed == ()


def test_without_reads_there_is_no_coefficient() -> None:
    found = fit({f"C{i}": 0 for i in range(9)})
    assert (found.counts_per_copy, found.used) == (0.0, ())


def test_a_locus_uses_its_own_calibrators_and_those_for_all_loci() -> None:
    table = controls(("A", "IGH", 10.0), ("B", "TRB", 10.0), ("X", None, 10.0))
    reads = {"A": 10, "B": 30, "X": 50}
    assert fit(reads, table).counts_per_copy == pytest.approx(60 / 20)
    assert fit(reads, table, "TRB").counts_per_copy == pytest.approx(80 / 20)
    assert not fit(reads, table, "TRG").pooled


@pytest.mark.parametrize("locus", ["TRG", None])
def test_a_locus_without_calibrators_uses_those_of_the_tube(locus: str | None) -> None:
    table = controls(("A", "IGH", 10.0), ("B", "TRB", 30.0))
    found = fit({"A": 10, "B": 30}, table, locus)
    assert found.pooled
    assert found.counts_per_copy == pytest.approx(1.0)


def test_reference_loci_are_no_calibrators() -> None:
    assert controls_of_kind(controls(("R", None, 2.0), kind="reference"), "calibrator", {"R": 10}) == ()


@pytest.mark.parametrize(
    ("reads", "copies", "message"),
    [({"A": 1}, 0.0, "control A has 0 copies"), ({}, 10.0, "calibrator A was not searched")],
)
def test_impossible_calibrators_are_refused(reads: dict[str, int], copies: float, message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        fit(reads, controls(("A", "IGH", copies)))


def families() -> pl.DataFrame:
    """Build three calibrators of IGHV1, two of IGHV3, and four of the locus without a family."""
    parts = (("A", 3, "IGHV1"), ("B", 2, "IGHV3"), ("X", 4, None))
    return pl.concat([controls(*((f"{n}{i}", "IGH", 40.0) for i in range(k)), family=f) for n, k, f in parts])


def test_a_v_family_with_three_calibrators_has_its_own_coefficient() -> None:
    reads = {f"A{i}": 200 for i in range(3)} | {f"B{i}": 20 for i in range(2)} | {f"X{i}": 80 for i in range(4)}
    own = fit(reads, families(), family="IGHV1")
    assert (own.counts_per_copy, own.scope, own.used) == (5.0, "family", ("A0", "A1", "A2"))
    assert fit(reads, families(), family="IGHV3").scope == "locus"
    assert fit(reads, families(), family="IGHV3") == fit(reads, families())


@pytest.mark.parametrize(
    ("call", "family"),
    [
        ("IGHV3-23*01,IGHV3-23D*01", "IGHV3"),
        ("TRBV20-1*01", "TRBV20"),
        ("IGHV3-23*01,IGHV1-2*01", None),
        ("Intron", None),
        (None, None),
    ],
)
def test_a_call_has_a_v_family_if_all_its_ties_have_the_same(call: str | None, family: str | None) -> None:
    assert v_family(call) == family
