"""Nucleated cells of a tube: stated, or from reference loci amplified in the same tube."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from clonotrack.assay.cells import Cells, nucleated_cells, tube_cells
from clonotrack.assay.controls import TubeControls
from clonotrack.config import Config, parse
from clonotrack.errors import QuantityError
from clonotrack.tables import CONTROLS


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"input_cells": 1000.0, "input_ng": 650.0}, Cells(1000.0, "cells")),
        ({"input_cells": None, "input_ng": 650.0}, Cells(100_000.0, "dna", 6.5)),
        ({"input_cells": None, "input_ng": None}, None),
    ],
)
def test_counted_cells_take_precedence_over_the_mass_of_dna(
    row: dict[str, float | None], expected: Cells | None
) -> None:
    assert nucleated_cells(row | {"sample_id": "S"}, 6.5) == expected


AMOUNTS = [("input_cells", 0.0), ("input_ng", -3.0), ("input_ng", float("nan")), ("input_ng", float("inf"))]


@pytest.mark.parametrize(("column", "amount"), AMOUNTS)
def test_an_amount_that_is_not_positive_is_refused(column: str, amount: float) -> None:
    with pytest.raises(QuantityError, match=f"sample S has {column}"):
        nucleated_cells({"sample_id": "S", column: amount}, 6.5)


@pytest.mark.parametrize(("column", "amount"), [("input_cells", 0.5), ("input_ng", 1e-300), ("input_cells", 1e300)])
def test_an_impossible_number_of_cells_is_refused(column: str, amount: float) -> None:
    with pytest.raises(QuantityError, match="nucleated cells, and a tube holds 1 to"):
        nucleated_cells({"sample_id": "S", column: amount}, 6.5)


CONFIG = parse({"libraries": {"L": {"capture": 0.6, "dispersion": 0.5}}})
ROW = {"sample_id": "S", "library": "L"}


def table(calibrators: int = 9, references: int = 3, locus: str | None = "IGH") -> pl.DataFrame:
    rows = [("calibrator", f"C{i}", 40.0, locus) for i in range(calibrators)]
    rows += [("reference", f"R{i}", 2.0, None) for i in range(references)]
    named = [
        {"kind": kind, "control_id": name, "copies": copies, "locus": where, "sequence": "ACGT"}
        for kind, name, copies, where in rows
    ]
    return pl.DataFrame(named, schema=CONTROLS.schema())


def counts(calibrator: int, reference: int) -> dict[str, int]:
    return {f"C{i}": calibrator for i in range(9)} | {f"R{i}": reference for i in range(3)}


def cells(reads: Mapping[str, int], umis: Mapping[str, int] | None = None, config: Config = CONFIG) -> Cells | None:
    return tube_cells(ROW, TubeControls(table(), reads, umis or {}), config)


def test_reference_loci_give_cells_through_the_calibrators() -> None:
    """Count 72 reads of 40 copies, 1.8 a molecule; 36,000 reads are then 20,000 molecules, two a cell."""
    found = cells(counts(72, 36_000))
    assert found is not None
    assert (found.number, found.source, found.pg_per_cell) == (pytest.approx(10_000), "reference_locus", None)
    assert found.log_sd == pytest.approx(0.0874, rel=0.02)


def test_cells_stated_in_the_sheet_take_precedence() -> None:
    known = TubeControls(table(), counts(72, 36_000), {})
    assert tube_cells(ROW | {"input_ng": 650.0}, known, CONFIG) == Cells(100_000.0, "dna", 6.5)


def test_umis_give_cells_through_the_calibrators_umis() -> None:
    found = cells(counts(500, 10**6), counts(24, 12_000))
    assert found is not None
    assert found.number == pytest.approx(12_000 / 0.6 / 2)


def test_umis_without_calibrators_give_cells_through_the_capture_of_the_library() -> None:
    config = parse({"libraries": {"L": {"capture": [0.5, 0.6, 0.72], "strands_tagged": 2}}})
    counted = {f"R{i}": 12_000 for i in range(3)}
    found = tube_cells(ROW, TubeControls(table(calibrators=0), counted, counted), config)
    assert found is not None
    assert found.number == pytest.approx(12_000 / (0.6 * 2 * 2))
    assert found.log_sd == pytest.approx(np.log(0.72 / 0.5) / 3.92, rel=0.01)


def test_reads_without_calibrators_or_calibrators_without_reads_give_none() -> None:
    assert tube_cells(ROW, TubeControls(table(calibrators=0), counts(0, 500), {}), CONFIG) is None
    assert cells(counts(0, 500)) is None
    assert cells(counts(72, 0)) is None
    assert tube_cells(ROW, TubeControls(table(references=0), counts(72, 0), {}), CONFIG) is None


def test_an_outlier_among_the_reference_loci_is_left_out() -> None:
    found = cells(counts(72, 36_000) | {"R2": 9})
    assert found is not None
    assert found.number == pytest.approx(10_000)


def test_a_reference_locus_without_a_count_is_an_error() -> None:
    reads = {name: count for name, count in counts(72, 36_000).items() if name != "R1"}
    with pytest.raises(QuantityError, match="reference R1 was not searched in the reads of this tube"):
        cells(reads)


def test_the_error_agrees_with_the_spread_of_simulated_tubes() -> None:
    rng = np.random.default_rng(5)
    numbers, errors = [], []
    for _ in range(400):
        drawn = {f"C{i}": int(n) for i, n in enumerate(_reads(rng, 40, 9))}
        found = cells(drawn | {f"R{i}": int(n) for i, n in enumerate(_reads(rng, 20_000, 3))})
        assert found is not None
        numbers.append(np.log(found.number))
        errors.append(found.log_sd)
    assert 1.0 <= np.mean(errors) / np.std(numbers) <= 1.2
    assert np.mean(numbers) == pytest.approx(np.log(10_000), abs=0.02)


def _reads(rng: np.random.Generator, molecules: float, controls: int) -> list[int]:
    captured = rng.binomial(rng.poisson(molecules, controls), 0.6)
    return [int(rng.poisson(3 * np.exp(rng.normal(-0.125, 0.5, n)).sum())) for n in captured]
