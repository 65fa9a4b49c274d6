"""Reference loci: a follow-up without `input_cells` and `input_ng`."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.io.target_tables import read_controls, read_markers
from clonotrack.pipeline import followup
from clonotrack.sequences import decode
from clonotrack.tables import CONTROLS

READS = 3600


@pytest.fixture
def reference() -> str:
    """Random DNA as a reference locus."""
    return decode(np.random.default_rng(3).integers(0, 4, 150).astype(np.uint8))


def test_reads_of_a_reference_locus_give_the_input_cells(demo: Path, tmp_path: Path, reference: str) -> None:
    with gzip.open(demo / "p1-d78.fastq.gz", "rt") as reads:
        text = reads.read()
    copies = "".join(f"@r{i}\n{reference}\n+\n{'I' * len(reference)}\n" for i in range(READS))
    mixed = tmp_path / "mixed.fastq"
    mixed.write_text(text + copies)
    row = {"control_id": "ALB", "kind": "reference", "sequence": reference, "copies": 2.0}
    controls = pl.concat([read_controls(demo / "controls.tsv"), pl.DataFrame([row], schema=CONTROLS.schema())])
    markers = read_markers([demo / "true_markers.tsv"])
    same = {"sample_id": "d78", "subject_id": "p1", "markers": markers, "controls": controls}
    result = followup(mixed, config=demo / "config.yaml", **same)
    combined = result.mrd.filter(pl.col("marker_id") == "combined").row(0, named=True)
    counted = result.hits.filter(pl.col("target_id") == "ALB").get_column("reads").sum()
    known = result.hits.filter(pl.col("target_kind") == "control", pl.col("target_id") != "ALB")
    per_copy = known.get_column("reads").sum() / (40 * known.get_column("target_id").n_unique())
    assert counted == READS
    assert combined["input_source"] == "reference_locus"
    assert combined["input_cells"] == pytest.approx(READS / 2 / per_copy, rel=0.1)
