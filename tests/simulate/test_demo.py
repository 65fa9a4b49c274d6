"""The demo data in the repository equal those that the command writes, and are consistent."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest
import yaml

from clonotrack.io.samples import read_samples
from clonotrack.io.settings import read_config
from clonotrack.io.tables import read_table, write_table
from clonotrack.simulate import analysis_settings, controls_table, markers_table, samples_table, write_series
from clonotrack.simulate.truth import detection_limit
from clonotrack.tables import CONTROLS, MARKERS, SAMPLES, TRUTH


@pytest.fixture
def truth(demo: Path) -> pl.DataFrame:
    return read_table(demo / "truth.tsv", TRUTH)


def uncompressed(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize("sample_id", ["p1-d120", "p2-d120", "no-template"])
def test_reads_equal_those_that_the_command_writes(demo, demo_series, tmp_path, sample_id):
    (sample,) = (s for s in demo_series.plan.samples if s.sample_id == sample_id)
    series = type(demo_series)(demo_series.plan.model_copy(update={"samples": (sample,)}), demo_series.reference)
    write_series(series, tmp_path)
    assert uncompressed(tmp_path / f"{sample_id}.fastq.gz") == uncompressed(demo / f"{sample_id}.fastq.gz")


def test_tables_equal_those_that_the_command_writes(demo, demo_series, tmp_path):
    tables = {
        "samples.tsv": (samples_table(demo_series), SAMPLES),
        "controls.tsv": (controls_table(demo_series, "multiplex"), CONTROLS),
        "true_markers.tsv": (markers_table(demo_series), MARKERS),
    }
    for name, (frame, table) in tables.items():
        write_table(frame, table, tmp_path / name)
        assert (tmp_path / name).read_text() == (demo / name).read_text()
    assert yaml.safe_load((demo / "config.yaml").read_text()) == analysis_settings(demo_series)


@pytest.mark.slow
def test_every_file_equals_the_one_that_the_command_writes(demo, demo_series, tmp_path):
    write_series(demo_series, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in demo.iterdir())
    for path in tmp_path.iterdir():
        assert uncompressed(path) == uncompressed(demo / path.name), path.name


def test_the_sheet_and_the_settings_are_valid(demo):
    config = read_config(demo / "config.yaml")
    sheet = read_samples(demo / "samples.tsv", config)
    assert sheet.height == 14
    assert sheet["role"].value_counts(sort=True)["count"].to_list() == [10, 2, 1, 1]
    assert read_table(Path(str(config.library("multiplex").controls)), CONTROLS).height == 12


def test_truth_lists_every_patient_sample_and_marker(demo, truth):
    sheet = read_table(demo / "samples.tsv", SAMPLES).filter(pl.col("subject_id").is_not_null())
    assert truth.height == 3 * sheet.height
    markers = read_table(demo / "true_markers.tsv", MARKERS)
    assert set(truth["marker_id"]) == {*markers["marker_id"], "combined"}
    assert sorted(truth["true_mrd"].unique()) == [0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.65, 0.8]


def test_expected_calls_are_clear(truth):
    """Estimates from molecules and from reads are both clearly on one side of the limit, or there is no read."""
    for row in truth.iter_rows(named=True):
        limit = detection_limit(row["cells"], 0.6, 1.0)
        by_reads = row["reads"] / 3 / (0.6 * row["cells"])
        if row["expected_call"] == "negative":
            assert row["reads"] == 0
            assert limit < 1e-4 / 5
        elif row["expected_call"] == "positive":
            assert min(row["realised"], by_reads) > 2 * limit
        else:
            assert row["reads"] >= 2 * 3
            assert max(row["realised"], by_reads) < 0.7 * limit
    assert set(truth["expected_call"]) == {"positive", "positive_below_loq", "negative"}


def test_no_healthy_cell_has_a_marker(demo_series):
    markers = {m.rearrangement.clone_id: m.subject_id for m in demo_series.markers}
    for sample in demo_series.plan.samples:
        for lineage in ("B", "T"):
            shared = {r.clone_id for r in demo_series.repertoire(sample, lineage).rearrangements} & set(markers)
            assert not shared, (sample.sample_id, shared)


def test_the_demo_data_are_below_10_mb(demo):
    assert sum(path.stat().st_size for path in demo.iterdir()) < 10_000_000
