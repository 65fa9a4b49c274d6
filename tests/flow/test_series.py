"""Sixty simulated tubes from reads to results: calls, intervals and estimates agree with the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.germline.load import load_reference
from clonotrack.io.tables import read_table
from clonotrack.simulate import Series, parse_plan, write_series
from clonotrack.tables import COMBINED, MRD, TRUTH

pytestmark = pytest.mark.slow

EACH = 20
LEVELS = (0.0, 2e-4, 2e-3)
CELLS, CAPTURE = 100_000, 0.6
LIBRARY = {"loci": ["IGH"], "calibrators_per_locus": 9, "capture": CAPTURE}


def plan(umi_length: int) -> dict[str, object]:
    """A plan with twenty follow-ups at each level, a baseline and a polyclonal control."""
    common = {"cells": CELLS, "b_fraction": 0.01, "run_id": "r"}
    samples: list[dict[str, object]] = [
        common | {"sample_id": f"s{level:g}-{i}", "subject_id": "p", "role": "followup", "level": level}
        for level in LEVELS
        for i in range(EACH)
    ]
    first = {"sample_id": "baseline", "subject_id": "p", "role": "baseline", "level": 0.02, "run_id": "b"}
    samples.append(common | first)
    samples.append(common | {"sample_id": "polyclonal", "role": "polyclonal_control", "cells": 500_000})
    subject = {"subject_id": "p", "disease": "CLL", "markers": [{"locus": "IGH"}]}
    library = LIBRARY | {"umi_length": umi_length}
    return {"seed": 61, "libraries": {"l": library}, "subjects": [subject], "samples": samples}


@pytest.fixture(scope="module", params=[0, 12], ids=["calibrators", "umis"])
def compared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The combined result of each tube with its truth, counted by calibrators or by UMI."""
    folder = tmp_path_factory.mktemp("series")
    series = Series(parse_plan(plan(request.param)), load_reference())
    write_series(series, folder)
    common = ["--samples", f"{folder}/samples.tsv", "--config", f"{folder}/config.yaml"]
    common += ["--markers", f"{folder}/true_markers.tsv"]
    for sample in series.plan.samples:
        name = sample.sample_id
        assert main(["track", *common, "--sample-id", name, "-o", f"{folder}/{name}.hits.tsv"]) == 0
    patients = [f"{folder}/{s.sample_id}.hits.tsv" for s in series.plan.samples if s.subject_id]
    more = ["--background", f"{folder}/polyclonal.hits.tsv", "-o", f"{folder}/out/mrd.tsv"]
    assert main(["quantify", *patients, *common, *more]) == 0
    return join_truth(folder)


def join_truth(folder: Path) -> pl.DataFrame:
    """Join the combined rows of the follow-ups with their true level and drawn molecules."""
    truth = read_table(folder / "truth.tsv", TRUTH).filter(pl.col("marker_id") == COMBINED)
    true = truth.filter(pl.col("role") == "followup").select("sample_id", "true_mrd", drawn="molecules")
    mrd = read_table(folder / "out" / "mrd.tsv", MRD).filter(pl.col("marker_id") == COMBINED)
    return mrd.join(true, on="sample_id")


def test_sixty_tubes_have_a_result(compared: pl.DataFrame) -> None:
    assert compared.height == EACH * len(LEVELS)
    assert compared["counting"].n_unique() == 1
    assert compared["umis"].is_null().all() == (compared["counting"][0] == "spike_in")


def test_tubes_with_the_clone_are_positive_and_those_without_are_not(compared: pl.DataFrame) -> None:
    calls = compared.with_columns(positive=pl.col("call").str.starts_with("positive"))
    positives = dict(calls.group_by("true_mrd").agg(pl.col("positive").sum()).iter_rows())
    assert positives == {0.0: 0, 2e-4: EACH, 2e-3: EACH}
    assert (compared["lod"] < LEVELS[1]).all()


def test_intervals_contain_the_truth(compared: pl.DataFrame) -> None:
    """With a coverage of 95 %, fewer than 53 of 60 intervals contain the truth once in 4,000 times."""
    covered = compared.filter(pl.col("true_mrd").is_between("mrd_low", "mrd_high"))
    assert covered.height >= 53


def test_clone_cells_agree_with_the_drawn_molecules(compared: pl.DataFrame) -> None:
    with_molecules = compared.filter(pl.col("drawn") > 0)
    ratio = (with_molecules["clone_cells"] / (with_molecules["drawn"] / CAPTURE)).to_numpy()
    assert np.median(ratio) == pytest.approx(1.0, abs=0.08)
    high = with_molecules.filter(pl.col("true_mrd") == LEVELS[2])
    assert high["mrd"].mean() == pytest.approx(LEVELS[2], rel=0.1)
