"""The stage on small tables: reasons to fail, factors of a row, several tubes, order of rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.config import Config, parse
from clonotrack.errors import QuantityError
from clonotrack.quantify.stage import quantify
from clonotrack.tables import CONTROLS, FLAGS, HITS, MARKERS
from tests.quantify.one_followup import COUNTED, SCENARIO, assert_failed, only, run, sample_sheet, with_reads, with_umis
from tests.quantify.simulated_tables import Scenario, config, controls, hit, hits, markers, sheet, simulate


def test_a_row_has_every_factor() -> None:
    row = only(run())
    factors = ("reads", "counting", "capture", "copies_per_cell", "input_cells", "input_source", "pg_per_cell")
    assert [row[name] for name in factors] == [90, "spike_in", 0.6, 1.0, 500_000.0, "cells", None]
    # 90 reads at 3 reads a molecule, less the bias correction for the measured reads per molecule.
    assert 0.98 * 30 < row["molecules"] < 30
    assert (row["strands_tagged"], row["umis"], row["explanation"], row["flags"]) == (1.0, None, None, None)


FACTORS = ("molecules", "capture", "copies_per_cell", "strands_tagged", "clone_cells", "input_cells", "mrd")


@pytest.mark.parametrize("way", ["spike_in", "read_share", "umi", "umi_given"])
def test_a_result_can_be_recomputed_by_hand(way: str) -> None:
    settings = parse({"libraries": {"default": {"capture": [0.4, 0.5], "strands_tagged": 2 if "umi" in way else 1}}})
    counted = hits(COUNTED) if "umi" not in way else with_umis(hits(COUNTED), {"marker": 30, "control": 40})
    control_tables = {"default": controls(SCENARIO)} if way in ("spike_in", "umi") else {}
    marker_table = markers(SCENARIO).with_columns(copies_per_cell=pl.lit(2.0))
    row = only(
        run(
            counted=counted,
            control_tables=control_tables,
            settings=settings,
            marker_table=marker_table,
            samples=sample_sheet(b_fraction=0.1),
        )
    )
    assert row["counting"] == way.removesuffix("_given")
    molecules, capture, copies, strands, clone_cells, cells, mrd = (row[name] for name in FACTORS)
    assert (copies, strands) == (2.0, 2.0 if "umi" in way else 1.0)
    assert clone_cells == pytest.approx(molecules / (capture * copies * strands))
    assert mrd == pytest.approx(clone_cells / cells)


def test_cells_come_from_the_mass_of_dna_if_they_were_not_counted() -> None:
    row = only(run(samples=sample_sheet(input_cells=None, input_ng=3250.0)))
    assert [row[name] for name in ("input_cells", "input_source", "pg_per_cell")] == [500_000.0, "dna", 6.5]
    assert 0.98e-4 < row["mrd"] < 1e-4


def test_cells_come_from_reference_loci_if_the_sheet_states_none() -> None:
    """250,000 reads of a locus with two copies a cell, at 1.8 reads a copy."""
    one = {"control_id": "R", "kind": "reference", "sequence": "ACGT" * 10, "copies": 2.0}
    table = pl.concat([controls(SCENARIO), pl.DataFrame([one], schema=CONTROLS.schema())])
    seen = pl.DataFrame([hit("S0", "R", "control", 1_800_000, locus=None)], schema=HITS.schema())
    frame, control_tables = pl.concat([hits(COUNTED), seen]), {"default": table}
    row = only(run(counted=frame, control_tables=control_tables, samples=sample_sheet(input_cells=None)))
    assert (row["input_source"], row["pg_per_cell"]) == ("reference_locus", None)
    assert row["input_cells"] == pytest.approx(500_000)
    both = run(counted=frame, control_tables=control_tables)
    with_cells = only(both)
    assert with_cells["input_source"] == "cells"
    beside = both.qc.filter(pl.col("metric") == "nucleated_cells_by_reference").get_column("value").item()
    assert beside == pytest.approx(500_000)
    assert row["mrd_high"] / row["mrd_low"] > with_cells["mrd_high"] / with_cells["mrd_low"]


def test_without_cells_a_row_has_molecules_and_a_frequency_but_no_mrd() -> None:
    result = run(samples=sample_sheet(input_cells=None))
    row = only(result)
    assert_failed(row, "no_cells")
    assert (row["reads"], row["molecules"], row["input_cells"]) == (90, pytest.approx(30), None)
    assert row["explanation"] == "Frequency: 90 of 900,000 reads of IGH, 1.0e-4; no level follows from it."
    assert result.warnings == (f"Sample S0 failed. {FLAGS['no_cells']}",)


def test_calibrators_that_were_not_found_fail_the_row() -> None:
    result = run(counted=with_reads(hits(COUNTED), "control", 0))
    assert_failed(only(result), "calibrators_not_found")
    assert result.warnings == (f"Sample S0 failed. {FLAGS['calibrators_not_found']}",)


def test_calibrators_that_were_not_tracked_are_an_error() -> None:
    frame = hits(COUNTED).filter(pl.col("target_kind") != "control")
    with pytest.raises(QuantityError, match=r"^sample S0: calibrator C0 was not searched"):
        run(counted=frame)


def test_an_rna_library_fails() -> None:
    settings = parse({"libraries": {"default": {"template": "rna", "capture": 0.6}}})
    assert_failed(only(run(settings=settings)), "rna")


def test_a_sample_without_a_usable_read_fails() -> None:
    frame = with_reads(hits(COUNTED), "total", 0)
    assert_failed(only(run(counted=frame)), "no_reads")


def test_reads_that_the_filters_reject_are_not_usable() -> None:
    extra = pl.DataFrame([hit("S0", "low_quality", "total", 1_000_000)], schema=HITS.schema())
    assert_failed(only(run(counted=pl.concat([hits(COUNTED), extra]))), "no_reads")


@pytest.mark.parametrize("how", ["refused", "none"])
def test_a_patient_without_a_selected_marker_has_one_failed_row(how: str) -> None:
    frame = markers(SCENARIO).with_columns(selected=pl.lit(value=False)) if how == "refused" else MARKERS.empty()
    counted = hits(COUNTED).filter(pl.col("target_kind") != "marker")
    result = run(marker_table=frame, counted=counted)
    assert result.mrd.select("marker_id", "call", "flags", "reads").rows() == [("combined", "failed", "no_marker", 0)]


def test_a_locus_without_primers_fails() -> None:
    settings = parse({"libraries": {"default": {"loci": ["TRB"], "capture": 0.6}}})
    assert_failed(only(run(settings=settings)), "locus_not_amplified")


def test_a_marker_without_locus_in_a_library_of_stated_loci_is_flagged() -> None:
    nowhere = markers(SCENARIO).with_columns(locus=pl.lit(None, dtype=pl.String))
    settings = parse({"libraries": {"default": {"loci": ["IGH"], "capture": 0.6}}})
    assert "locus_not_stated" in only(run(marker_table=nowhere, settings=settings))["flags"]
    assert "locus_not_stated" not in (only(run(marker_table=nowhere))["flags"] or "")


def test_a_library_without_stated_capture_is_flagged() -> None:
    assert "capture_assumed" in only(run(settings=Config()))["flags"]


def test_a_locus_without_calibrators_uses_those_of_all_loci_and_is_flagged() -> None:
    elsewhere = controls(SCENARIO).with_columns(locus=pl.lit("TRB"))
    row = only(run(control_tables={"default": elsewhere}))
    assert "calibrators_pooled" in row["flags"]
    assert row["molecules"] == only(run())["molecules"]


def test_few_reads_per_molecule_are_flagged() -> None:
    frame = with_reads(hits(COUNTED), "control", 24)
    assert "shallow" in only(run(counted=frame))["flags"]
    assert "shallow" not in (only(run())["flags"] or "")


def test_the_target_of_the_disease_decides_between_negative_and_insufficient() -> None:
    frame = with_reads(hits(COUNTED), "marker", 0)
    few = {"input_cells": 30_000.0}
    calls = {
        disease: only(run(counted=frame, samples=sample_sheet(disease=disease, **few)))["call"]
        for disease in ("CLL", "MM", None)
    }
    assert calls == {"CLL": "insufficient", "MM": "insufficient", None: "insufficient"}
    enough = {
        disease: only(run(counted=frame, samples=sample_sheet(disease=disease)))["call"]
        for disease in ("CLL", "MM", None)
    }
    assert enough == {"CLL": "negative", "MM": "insufficient", None: "negative"}


def test_a_level_between_lod_and_loq_is_positive_below_loq() -> None:
    frame = with_reads(hits(COUNTED), "marker", 6)
    row = only(run(counted=frame))
    assert row["call"] == "positive_below_loq"
    assert row["mrd"] < row["loq"]


def test_ambiguous_and_evolved_reads_are_not_added() -> None:
    extra = [
        hit("S0", "P.M0", "marker", 500, match_class="ambiguous"),
        hit("S0", "P.M0", "marker", 40, match_class="evolved", edit_distance=5),
        hit("S0", "P.M0", "marker", 10, match_class="mismatch", edit_distance=1),
    ]
    result = run(counted=pl.concat([hits(COUNTED), pl.DataFrame(extra, schema=HITS.schema())]))
    assert only(result)["reads"] == 100
    assert result.qc.filter(pl.col("metric") == "ambiguous P.M0").get_column("value").item() == 500


def test_read_share_states_no_limit_below_1e_4() -> None:
    shared = {"b_fraction": 0.1}
    rows = {
        reads: only(
            run(counted=with_reads(hits(COUNTED), "marker", reads), control_tables={}, samples=sample_sheet(**shared))
        )
        for reads in (0, 90, 9000)
    }
    # 9,000 of 900,000 reads of the locus, which a tenth of the cells carries: 1e-3.
    assert rows[9000]["mrd"] == pytest.approx(1e-3)
    assert [rows[reads]["call"] for reads in rows] == ["negative", "positive_below_loq", "positive"]
    assert {row["counting"] for row in rows.values()} == {"read_share"}
    assert all(row["flags"].startswith("read_share") for row in rows.values())
    assert min(row["lod"] for row in rows.values()) == 1e-4
    low = only(
        run(
            counted=with_reads(hits(COUNTED), "marker", 0),
            control_tables={},
            samples=sample_sheet(disease="MM", **shared),
        )
    )
    assert (low["call"], low["reads_needed"]) == ("insufficient", None)


@pytest.mark.parametrize("column", ["b_fraction", "lymphoid_fraction", "t_fraction"])
def test_read_share_takes_the_fraction_of_the_lineage(column: str) -> None:
    row = only(run(control_tables={}, samples=sample_sheet(**{column: 0.5})))
    if column == "t_fraction":
        assert_failed(row, "no_molecules")
    else:
        assert row["mrd"] == pytest.approx(90 / 900_000 * 0.5)


def test_copies_per_cell_divide_the_molecules() -> None:
    row = only(run(marker_table=markers(SCENARIO).with_columns(copies_per_cell=pl.lit(3.0))))
    assert row["clone_cells"] == pytest.approx(only(run())["clone_cells"] / 3)


def test_tubes_of_a_sample_add_their_cells() -> None:
    two = pl.concat([sample_sheet(replicate="1"), sample_sheet(replicate="2", reads_1="other.fastq")])
    counted = pl.concat([hits(COUNTED).with_columns(replicate=pl.lit(tube)) for tube in ("1", "2")])
    row = only(run(samples=two, counted=counted))
    assert (row["reads"], row["input_cells"]) == (180, 1_000_000.0)
    assert 0.98e-4 < row["mrd"] < 1e-4
    with pytest.raises(QuantityError, match=r"sample S0 has a tube .* on the sample sheet without hits"):
        run(samples=two, counted=counted.filter(pl.col("replicate") == "1"))


def test_a_marker_is_measured_in_the_tubes_that_amplify_its_locus() -> None:
    settings = parse(
        {"libraries": {"b": {"loci": ["IGH"], "capture": 0.6}, "t": {"loci": ["TRB"], "capture": 0.6}}},
    )
    two = pl.concat([sample_sheet(library="b"), sample_sheet(library="t", reads_1="other.fastq")])
    counted = pl.concat([hits(COUNTED).with_columns(library=pl.lit(name)) for name in ("b", "t")])
    assert only(run(samples=two, counted=counted, settings=settings))["input_cells"] == 500_000.0


def test_the_result_does_not_depend_on_the_order_of_the_hits() -> None:
    scenario = Scenario(1e-4, markers=2)
    frame = hits(simulate(scenario, 3, np.random.default_rng(1)))
    rest = (sheet(scenario, 3), markers(scenario), {"default": controls(scenario)}, config(scenario))
    straight, shuffled = quantify(frame, *rest), quantify(frame.sample(fraction=1.0, shuffle=True, seed=4), *rest)
    for name in ("mrd", "kinetics", "cross_sample"):
        assert getattr(straight, name).equals(getattr(shuffled, name))


def test_a_baseline_with_many_reads_is_positive() -> None:
    frame = with_reads(hits(COUNTED), "marker", 700_000).with_columns(role=pl.lit("baseline"))
    row = only(run(counted=frame, samples=sample_sheet(role="baseline")))
    assert row["call"] == "positive"
    assert row["mrd_low"] < row["mrd"] < row["mrd_high"]


def test_an_insufficient_row_states_the_reads_needed_if_depth_can_reach_the_target() -> None:
    none = with_reads(hits(COUNTED), "marker", 0)
    few = only(run(counted=none, samples=sample_sheet(disease="MM", input_cells=30_000.0)))
    assert few["reads_needed"] is None
    shallow = with_reads(none, "control", 12)
    row = only(run(counted=shallow, samples=sample_sheet(disease="MM", input_cells=1e6)))
    assert row["call"] == "insufficient"
    assert 1_000_000 < row["reads_needed"] < 20_000_000
