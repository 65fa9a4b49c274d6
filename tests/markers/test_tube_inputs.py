from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from clonotrack.config import Config, Library
from clonotrack.errors import QuantityError
from clonotrack.markers.tube_inputs import tube_inputs
from clonotrack.tables import CONTROLS, HITS

CONFIG = Config(
    libraries={"b": Library(loci=("IGH", "IGK")), "t": Library(loci=("TRG",)), "rna": Library(template="rna")}
)


def tube(library: str, replicate: str | None = None, **amount: float) -> dict[str, Any]:
    return {
        "sample_id": "dx",
        "library": library,
        "replicate": replicate,
        "input_cells": None,
        "input_ng": None,
    } | amount


def hits(*rows: tuple[str, str | None, str, int]) -> pl.DataFrame:
    """Build HITS of controls from (library, replicate, control, reads)."""
    frame = [
        {
            "sample_id": "dx",
            "library": library,
            "replicate": replicate,
            "target_id": control,
            "target_kind": "control",
            "match_class": "exact",
            "edit_distance": 0,
            "reads": reads,
        }
        for library, replicate, control, reads in rows
    ]
    return pl.DataFrame(frame, schema=HITS.schema())


def controls(*rows: tuple[str, str, float]) -> dict[str, pl.DataFrame]:
    """Build CONTROLS of every library from (control, locus, copies)."""
    frame = [
        {"control_id": name, "kind": "calibrator", "locus": locus, "sequence": "ACGT", "copies": copies}
        for name, locus, copies in rows
    ]
    return dict.fromkeys(CONFIG.libraries, pl.DataFrame(frame, schema=CONTROLS.schema()))


def test_a_locus_has_the_cells_of_the_tubes_that_amplify_it_and_lanes_count_once() -> None:
    rows = [tube("b", "1", input_cells=1_000), tube("b", "1", input_cells=1_000), tube("b", "2", input_ng=6.5)]
    known = tube_inputs([*rows, tube("t", input_cells=300)], None, {}, CONFIG)
    assert known.input_cells == {"IGH": 2_000, "IGK": 2_000, "TRG": 300}
    assert known.reads_per_copy == {}


def test_a_tube_of_unknown_cells_leaves_its_loci_unknown() -> None:
    known = tube_inputs(
        [tube("b", "1", input_cells=1_000), tube("b", "2"), tube("t", input_cells=300)], None, {}, CONFIG
    )
    assert known.input_cells == {"TRG": 300}


def test_calibrators_give_reads_per_copy_by_locus_and_pooled_if_a_locus_has_none() -> None:
    found = hits(("b", None, "one", 400), ("t", None, "one", 50))
    known = tube_inputs([], found, controls(("one", "IGH", 40)), CONFIG)
    assert known.reads_per_copy == {"IGH": 10, "IGK": 10, "TRG": 1.25}


def test_several_tubes_have_the_mean_reads_per_copy() -> None:
    found = hits(("b", "1", "one", 400), ("b", "2", "one", 800))
    assert tube_inputs([], found, controls(("one", "IGH", 40)), CONFIG).reads_per_copy == {"IGH": 15, "IGK": 15}


@pytest.mark.parametrize(
    "found", [hits(("b", None, "one", 0)), hits(("rna", None, "one", 400)), hits(("b", None, "one", 9))]
)
def test_without_calibrator_reads_controls_or_dna_reads_per_copy_are_not_known(found: pl.DataFrame) -> None:
    put_in = controls(("one", "IGH", 40)) if found["reads"][0] != 9 else {}
    assert tube_inputs([], found, put_in, CONFIG).reads_per_copy == {}


def test_reference_loci_give_the_cells_of_a_tube_that_states_none() -> None:
    """Count 400 reads of 40 copies, 10 a copy; 20,000 reads of a locus with two copies a cell are then 1,000 cells."""
    table = controls(("one", "IGH", 40), ("two", "IGH", 2))
    as_reference = pl.when(pl.col("control_id") == "two").then(pl.lit("reference")).otherwise("kind")
    put_in = {name: frame.with_columns(kind=as_reference) for name, frame in table.items()}
    found = hits(("b", None, "one", 400), ("b", None, "two", 20_000))
    assert tube_inputs([tube("b")], found, put_in, CONFIG).input_cells == {"IGH": 1_000, "IGK": 1_000}
    assert tube_inputs([tube("b", input_cells=5)], found, put_in, CONFIG).input_cells == {"IGH": 5, "IGK": 5}


def test_an_impossible_amount_is_refused() -> None:
    with pytest.raises(QuantityError, match="sample dx has input_cells 0"):
        tube_inputs([tube("b", input_cells=0)], None, {}, CONFIG)


def test_umis_per_copy_come_from_calibrators_with_umis_or_are_capture_times_strands() -> None:
    config = CONFIG.model_copy(update={"libraries": CONFIG.libraries | {"b": Library(capture=0.4, strands_tagged=2)}})
    known = tube_inputs([tube("b")], None, {}, config)
    assert known.umis_per_copy["IGH"] == pytest.approx(0.8)
    assert not known.capture_assumed
    with_umis = hits(("b", None, "one", 900)).with_columns(umis=pl.lit(20, dtype=pl.Int64))
    known = tube_inputs([tube("b")], with_umis, controls(("one", "IGH", 40)), config)
    assert known.umis_per_copy["IGH"] == pytest.approx(0.5)
    assert tube_inputs([tube("t")], None, {}, config).capture_assumed
    assert tube_inputs([tube("rna")], None, {}, config).umis_per_copy == {}
