"""Counts of the controls of a tube, and reads per copy of its calibrators."""

from __future__ import annotations

import polars as pl
import pytest

from clonotrack.assay.controls import control_counts, reads_per_copy
from clonotrack.config import Config, parse
from clonotrack.tables import CONTROLS, HITS


def controls(*rows: tuple[str, str | None, float], kind: str = "calibrator") -> pl.DataFrame:
    named = [
        {"control_id": name, "kind": kind, "locus": locus, "sequence": "ACGT", "copies": copies}
        for name, locus, copies in rows
    ]
    return pl.DataFrame(named, schema=CONTROLS.schema())


def hits(**reads: int) -> pl.DataFrame:
    rows = [
        {"sample_id": "S", "target_id": name, "target_kind": "control", "match_class": match, "reads": count}
        for name, count in reads.items()
        for match in ("exact", "mismatch", "ambiguous")
    ]
    return pl.DataFrame(rows, schema=HITS.schema())


def test_reads_with_edits_are_counted_and_ambiguous_reads_are_not() -> None:
    assert control_counts(hits(A=7, B=0), "reads") == {"A": 14, "B": 0}


def test_reads_per_copy_of_a_tube_by_locus() -> None:
    table = controls(("A", "IGH", 10.0), ("B", "TRB", 10.0))
    found = reads_per_copy(hits(A=10, B=0), table, Config(), None)
    assert found["IGH"] == pytest.approx(2.0)
    assert found["TRG"] == pytest.approx(1.0)
    assert "TRB" not in found


def test_calibrators_of_rna_give_no_reads_per_copy() -> None:
    config = parse({"libraries": {"r": {"template": "rna"}}})
    assert reads_per_copy(hits(A=10), controls(("A", "IGH", 10.0)), config, "r") == {}
