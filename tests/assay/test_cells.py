"""Cells of a tube, and reads per copy of its calibrators."""

from __future__ import annotations

import polars as pl
import pytest

from clonotrack.assay.cells import Cells, control_counts, nucleated_cells, reads_per_copy
from clonotrack.config import Config, parse
from clonotrack.errors import QuantityError
from clonotrack.tables import CONTROLS, HITS


def controls(*rows: tuple[str, str | None, float], kind: str = "calibrator") -> pl.DataFrame:
    named = [
        {"control_id": name, "kind": kind, "locus": locus, "sequence": "ACGT", "copies": copies}
        for name, locus, copies in rows
    ]
    return pl.DataFrame(named, schema=CONTROLS.schema())


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


def hits(**reads: int) -> pl.DataFrame:
    rows = [
        {"sample_id": "S", "target_id": name, "target_kind": "control", "match_class": match, "reads": count}
        for name, count in reads.items()
        for match in ("exact", "mismatch", "ambiguous")
    ]
    return pl.DataFrame(rows, schema=HITS.schema())


def test_edited_reads_of_a_control_count_and_ambiguous_ones_do_not() -> None:
    assert control_counts(hits(A=7, B=0), "reads") == {"A": 14, "B": 0}


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
