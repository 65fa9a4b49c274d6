"""Cells of a tube, and reads per copy of its calibrators."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import polars as pl
import pytest

from clonotrack.config import Config, parse
from clonotrack.errors import QuantityError
from clonotrack.library.tubes import Cells, calibrate, control_reads, nucleated_cells, reads_per_copy
from clonotrack.tables import CONTROLS, HITS


def controls(*rows: tuple[str, str | None, float], kind: str = "calibrator") -> pl.DataFrame:
    named = [
        {"control_id": name, "kind": kind, "locus": locus, "sequence": "ACGT", "copies": copies}
        for name, locus, copies in rows
    ]
    return pl.DataFrame(named, schema=CONTROLS.schema())


NINE = controls(*((f"C{i}", "IGH", 40.0) for i in range(9)))


def fit(reads: dict[str, int], table: pl.DataFrame = NINE, locus: str | None = "IGH"):  # type: ignore[no-untyped-def]
    return calibrate(reads, table, capture=0.6, dispersion=0.5)[locus]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"input_cells": 1000.0, "input_ng": 650.0}, Cells(1000.0, "cells")),
        ({"input_cells": None, "input_ng": 650.0}, Cells(100_000.0, "dna", 6.5)),
        ({"input_cells": None, "input_ng": None}, None),
    ],
)
def test_counted_cells_go_before_the_mass_of_dna(row: dict[str, float | None], expected: Cells | None) -> None:
    assert nucleated_cells(row | {"sample_id": "S"}, 6.5) == expected


AMOUNTS = [("input_cells", 0.0), ("input_ng", -3.0), ("input_ng", float("nan")), ("input_ng", float("inf"))]


@pytest.mark.parametrize(("column", "amount"), AMOUNTS)
def test_an_amount_is_over_zero(column: str, amount: float) -> None:
    with pytest.raises(QuantityError, match=f"sample S has {column}"):
        nucleated_cells({"sample_id": "S", column: amount}, 6.5)


def test_reads_per_copy_are_all_reads_over_all_copies() -> None:
    reads = {f"C{i}": 60 + 3 * i for i in range(9)}
    found = fit(reads)
    assert found.reads_per_copy == pytest.approx(sum(reads.values()) / 360)
    assert (len(found.used), found.refused, found.pooled) == (9, (), False)


def test_the_error_is_that_of_poisson_many_molecules_of_uneven_yield() -> None:
    found = fit({f"C{i}": 72 for i in range(9)})
    assert found.log_sd == pytest.approx(sqrt((1 + 3 * exp(0.25)) / 648))


def test_the_stated_error_is_that_of_the_draws() -> None:
    rng = np.random.default_rng(8)
    drawn = rng.binomial(rng.poisson(40, (2000, 9)), 0.6)
    yields = [[rng.poisson(3 * np.exp(rng.normal(-0.125, 0.5, n)).sum()) for n in row] for row in drawn]
    fits = [fit({f"C{i}": int(count) for i, count in enumerate(row)}) for row in yields]
    spread = np.std([np.log(found.reads_per_copy) for found in fits])
    assert 1.0 <= np.mean([found.log_sd for found in fits]) / spread <= 1.15
    assert np.mean([found.reads_per_copy for found in fits]) == pytest.approx(1.8, rel=0.01)


def test_calibrators_that_scatter_more_widen_the_error() -> None:
    even, uneven = ({f"C{i}": 72 for i in range(9)}, {f"C{i}": 72 + 40 * (-1) ** i for i in range(8)} | {"C8": 72})
    assert fit(uneven).refused == ()
    assert fit(uneven).log_sd > 1.5 * fit(even).log_sd


@pytest.mark.parametrize("odd", [0, 900])
def test_a_calibrator_far_from_the_others_is_refused_and_named(odd: int) -> None:
    found = fit({f"C{i}": 72 for i in range(8)} | {"C8": odd})
    assert found.refused == ("C8",)
    assert found.reads_per_copy == pytest.approx(1.8)


def test_of_two_calibrators_none_is_judged() -> None:
    table = controls(("A", "IGH", 40.0), ("B", "IGH", 40.0))
    assert fit({"A": 0, "B": 900}, table).refused == ()


def test_without_a_read_there_is_no_coefficient() -> None:
    found = fit({f"C{i}": 0 for i in range(9)})
    assert (found.reads_per_copy, found.used) == (0.0, ())


def test_a_locus_uses_its_own_and_those_for_all_loci() -> None:
    table = controls(("A", "IGH", 10.0), ("B", "TRB", 10.0), ("X", None, 10.0))
    reads = {"A": 10, "B": 30, "X": 50}
    assert fit(reads, table).reads_per_copy == pytest.approx(60 / 20)
    assert fit(reads, table, "TRB").reads_per_copy == pytest.approx(80 / 20)
    assert not fit(reads, table, "TRG").pooled


@pytest.mark.parametrize("locus", ["TRG", None])
def test_a_locus_without_its_own_is_pooled(locus: str | None) -> None:
    table = controls(("A", "IGH", 10.0), ("B", "TRB", 30.0))
    found = fit({"A": 10, "B": 30}, table, locus)
    assert found.pooled
    assert found.reads_per_copy == pytest.approx(1.0)


def test_reference_loci_are_no_calibrators() -> None:
    assert calibrate({"R": 10}, controls(("R", None, 2.0), kind="reference"), capture=0.6, dispersion=0.5) == {}


@pytest.mark.parametrize(
    ("reads", "copies", "message"),
    [({"A": 1}, 0.0, "control A has 0 copies"), ({}, 10.0, "calibrator A was not looked for")],
)
def test_impossible_calibrators_are_refused(reads: dict[str, int], copies: float, message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        fit(reads, controls(("A", "IGH", copies)))


def hits(**reads: int) -> pl.DataFrame:
    rows = [
        {"sample_id": "S", "target_id": name, "target_kind": "control", "match_class": match, "reads": count}
        for name, count in reads.items()
        for match in ("exact", "mismatch", "ambiguous")
    ]
    return pl.DataFrame(rows, schema=HITS.schema())


def test_edited_reads_of_a_control_count_and_ambiguous_ones_do_not() -> None:
    assert control_reads(hits(A=7, B=0)) == {"A": 14, "B": 0}


def test_reads_per_copy_of_a_tube_by_locus() -> None:
    table = controls(("A", "IGH", 10.0), ("B", "TRB", 10.0))
    found = reads_per_copy(hits(A=10, B=0), table, Config(), None)
    assert found["IGH"] == pytest.approx(2.0)
    assert found["TRG"] == pytest.approx(1.0)
    assert "TRB" not in found


def test_rna_calibrators_say_nothing_of_cells() -> None:
    config = parse({"libraries": {"r": {"template": "rna"}}})
    assert reads_per_copy(hits(A=10), controls(("A", "IGH", 10.0)), config, "r") == {}


@pytest.mark.parametrize(("column", "amount"), [("input_cells", 0.5), ("input_ng", 1e-300), ("input_cells", 1e300)])
def test_a_tube_holds_a_number_of_cells_that_can_be(column: str, amount: float) -> None:
    with pytest.raises(QuantityError, match="nucleated cells, and a tube holds 1 to"):
        nucleated_cells({"sample_id": "S", column: amount}, 6.5)
