"""Sixty tubes from reads to results: what is claimed of counts has to hold of reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack import quantify, track
from clonotrack.config import Config, parse
from clonotrack.germline import Reference
from clonotrack.io.germline import load_reference
from clonotrack.library.batches import Counts, Lane, batches
from clonotrack.simulate import Series, controls_table, markers_table, parse_plan, samples_table, settings, write_series
from clonotrack.tables import COMBINED

pytestmark = pytest.mark.slow

EACH = 20
LEVELS = (0.0, 2e-4, 2e-3)
CELLS = 100_000
LIBRARY = {
    "loci": ["IGH"],
    "capture": 0.6,
    "dispersion": 0.5,
    "reads_per_molecule": 3,
    "calibrators_per_locus": 9,
    "calibrator_copies": 40,
}


def plan() -> dict[str, object]:
    samples = [
        {
            "sample_id": f"s{level:g}-{i}",
            "subject_id": "p",
            "role": "followup",
            "cells": CELLS,
            "level": level,
            "b_fraction": 0.01,
            "run_id": f"r{i % 5}",
        }
        for level in LEVELS
        for i in range(EACH)
    ]
    samples.append({"sample_id": "pc", "role": "polyclonal_control", "cells": 500_000, "b_fraction": 0.01})
    subject = {"subject_id": "p", "disease": "CLL", "markers": [{"locus": "IGH"}]}
    return {"seed": 61, "libraries": {"l": LIBRARY}, "subjects": [subject], "samples": samples}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The combined result of each tube beside its truth."""
    reference = load_reference()
    series = Series(parse_plan(plan()), reference)
    folder = tmp_path_factory.mktemp("series")
    write_series(series, folder)
    config = parse(settings(series) | {"libraries": {"l": settings(series)["libraries"]["l"] | {"controls": None}}})
    hits = pl.concat(tracked(series, folder, reference, config))
    patients = hits.filter(pl.col("role") == "followup")
    known = {"l": controls_table(series, "l")}
    markers = markers_table(series)
    result = quantify.quantify(
        patients, samples_table(series), markers, known, config, hits.filter(pl.col("role") != "followup")
    )
    truth = pl.read_csv(folder / "truth.tsv", separator="\t").filter(pl.col("marker_id") == COMBINED)
    combined = result.mrd.filter(pl.col("marker_id") == COMBINED)
    return combined.join(truth.select("sample_id", "true_mrd", pl.col("molecules").alias("drawn")), on="sample_id")


def tracked(series: Series, folder: Path, reference: Reference, config: Config) -> list[pl.DataFrame]:
    """HITS of every tube."""
    tables = []
    for sample in series.plan.samples:
        counts = Counts()
        reads = batches([Lane(folder / f"{sample.sample_id}.fastq.gz")], config.reads, config.library("l"), counts)
        about = track.Sample(sample.sample_id, sample.subject_id, sample.role, sample.run_id, "l")
        tables.append(
            track.track(
                reads, counts, markers_table(series), controls_table(series, "l"), reference, config.track, about
            )
        )
    return tables


def test_sixty_tubes_have_a_result(compared: pl.DataFrame) -> None:
    assert compared.height == EACH * len(LEVELS)
    assert set(compared["counting"]) == {"spike_in"}


def test_no_tube_without_the_clone_is_positive_and_each_with_enough_of_it_is(compared: pl.DataFrame) -> None:
    calls = compared.with_columns(positive=pl.col("call").str.starts_with("positive"))
    found = dict(calls.group_by("true_mrd").agg(pl.col("positive").sum()).iter_rows())
    assert found == {0.0: 0, 2e-4: EACH, 2e-3: EACH}
    assert (compared["lod"] < LEVELS[1]).all()


def test_intervals_hold_the_truth(compared: pl.DataFrame) -> None:
    """Of 60 at 95 %, fewer than 53 would come up once in 4,000 times."""
    held = compared.filter(pl.col("true_mrd").is_between("mrd_low", "mrd_high"))
    assert held.height >= 53


def test_molecules_are_those_that_were_drawn(compared: pl.DataFrame) -> None:
    seen = compared.filter(pl.col("drawn") > 0)
    ratio = (seen["molecules"] / seen["drawn"]).to_numpy()
    assert np.median(ratio) == pytest.approx(1.0, abs=0.08)
    high = seen.filter(pl.col("true_mrd") == LEVELS[2])
    assert high["mrd"].mean() == pytest.approx(LEVELS[2], rel=0.1)
